"""A statement tells a payee line by line what a payout pays, and nobody else."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from tests.factories import Booking, World


@pytest.fixture
def lesson(world: World) -> Booking:
    """A lesson of which a part was refunded, paid out."""
    lesson = world.lesson(title="Parking")
    world.connection.execute("update public.learners set full_name = 'Ben O. King'")
    world.onboard(lesson.instructor)
    lesson.refund(531)
    world.travel(by=timedelta(days=10))
    assert len(world.run_payouts()) == 1
    return lesson


def payout_id(world: World) -> object:
    return world.value("select id from public.payouts")


def test_the_lines_sum_to_the_payout_with_refunds_netted(world: World, lesson: Booking) -> None:
    lines = world.ask(
        lesson.instructor.user_id, "public.payout_statement", p_payout_id=payout_id(world)
    )
    assert [(line["line"], line["kind"], line["amount_cents"]) for line in lines] == [
        (1, "lesson", 4500),
        (2, "refund", -450),
    ]
    assert sum(line["amount_cents"] for line in lines) == world.value(
        "select amount_cents from public.payouts"
    )
    assert {line["booking_id"] for line in lines} == {lesson.id}
    assert {line["lesson_at"] for line in lines} == {lesson.columns["start_at"]}
    assert {(line["service"], line["currency"]) for line in lines} == {("Parking", "gbp")}


def test_learners_are_named_by_their_initials(world: World, lesson: Booking) -> None:
    lines = world.ask(
        lesson.instructor.user_id, "public.payout_statement", p_payout_id=payout_id(world)
    )
    assert {line["learner_initials"] for line in lines} == {"B. O. K."}


def test_nobody_else_reads_it(world: World, lesson: Booking) -> None:
    id = payout_id(world)
    strangers = (lesson.learner, world.instructor().user_id, world.person())
    for person in strangers:
        with world.refusing("PT404", "payout_not_found"):
            world.ask(person, "public.payout_statement", p_payout_id=id)
    with world.refusing("PT404", "payout_not_found"):
        world.ask(lesson.instructor.user_id, "public.payout_statement", p_payout_id=uuid4())
