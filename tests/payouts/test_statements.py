"""A statement tells a payee line by line what a payout pays, and nobody else."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from psycopg.types.json import Jsonb

from tests.factories import Booking, World
from tests.payouts.paydays import owe, payable


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


def statement(world: World, lesson: Booking, id: object) -> list[dict[str, Any]]:
    return world.ask(lesson.instructor.user_id, "public.payout_statement", p_payout_id=id)


def test_what_is_taken_off_is_explained(world: World, lesson: Booking) -> None:
    lines = statement(world, lesson, payout_id(world))
    assert [(line["line_group"], line["explanation"]) for line in lines] == [
        ("lessons", None),
        ("refunds", "Taken off for a refund to the payer."),
    ]


def test_what_an_earlier_payout_had_paid_is_named(world: World, lesson: Booking) -> None:
    paid_on = world.value("select payout_date from public.payouts")
    world.lesson(lesson.instructor)
    lesson.refund(1062)
    world.travel(by=timedelta(days=10))
    world.run_payouts()
    later = world.value("select id from public.payouts order by payout_date desc limit 1")
    (refund,) = [
        line for line in statement(world, lesson, later) if line["line_group"] == "refunds"
    ]
    assert refund["explanation"] == (
        f"Taken off for a refund to the payer, of what the payout of {paid_on} had paid."
    )


def test_every_kind_of_earning_has_its_group_and_its_reason(world: World) -> None:
    kinds = world.rows(
        """
        select
            kind::text,
            private.group_of_earning(kind) as line_group,
            private.place_of_group(private.group_of_earning(kind)) as place,
            private.explanation_of_earning(
                jsonb_populate_record(null::public.earnings, jsonb_build_object(
                    'kind', kind, 'amount_cents', amount
                )),
                null, null
            ) as explanation
        from unnest(enum_range(null::public.earning_kind)) kind
        cross join unnest(array[1, -1]) amount
        """
    )
    assert [row for row in kinds if row["place"] is None] == []
    assert {row["kind"] for row in kinds if row["explanation"] is None} == {"lesson"}


def test_an_agreed_fee_is_named_with_its_period(world: World) -> None:
    said = world.value(
        "select private.explanation_of_earning(jsonb_populate_record(null::public.earnings, %s),"
        " null, null)",
        Jsonb(
            {
                "kind": "adjustment",
                "amount_cents": -2000,
                "fee_plan_id": str(uuid4()),
                "fee_period_on": "2026-06-01",
            }
        ),
    )
    assert said == "The agreed fee of the period from 2026-06-01."


def test_the_groups_of_the_document_sum_to_the_payout(world: World, lesson: Booking) -> None:
    (document,) = world.serve(
        "jobs", "private.payout_statement_document", p_payout_id=payout_id(world)
    )
    (contents,) = document.values()
    assert contents["groups"] == [
        {"line_group": "lessons", "lines": 1, "amount_cents": 4500},
        {"line_group": "refunds", "lines": 1, "amount_cents": -450},
    ]
    assert contents["amount_cents"] == 4050


# One line a payout


def listed(world: World, caller: UUID, days: int = 400) -> list[dict[str, Any]]:
    until = world.now().date() + timedelta(days=1)
    return world.ask(
        caller, "public.list_payouts", p_from=until - timedelta(days=days), p_until=until
    )


def test_a_payout_is_one_line_that_adds_up(world: World, lesson: Booking) -> None:
    (line,) = listed(world, lesson.instructor.user_id)
    groups = [value for name, value in line.items() if name.endswith("s_cents")]
    assert len(groups) == 7
    assert (line["lessons_cents"], line["refunds_cents"]) == (4500, -450)
    assert sum(groups) == line["amount_cents"] == 4050
    assert line["stripe_transfer_id"].startswith("tr_")
    assert line["paid_at"] is not None


def test_payees_list_their_own_payouts_and_admins_their_schools(
    world: World, lesson: Booking
) -> None:
    assert len(listed(world, world.admin())) == 1
    for other in (lesson.learner, world.instructor().user_id, world.person()):
        assert listed(world, other) == []
    owner = world.member(world.organization(), "owner")
    assert listed(world, owner) == []


def test_payouts_of_other_days_are_not_listed(world: World, lesson: Booking) -> None:
    ann, paid_on = lesson.instructor.user_id, world.value("select payout_date from public.payouts")
    day = timedelta(days=1)
    for first, until, count in (
        (paid_on, paid_on + day, 1),
        (paid_on - day, paid_on, 0),
        (paid_on + day, paid_on + 2 * day, 0),
    ):
        lines = world.ask(ann, "public.list_payouts", p_from=first, p_until=until)
        assert len(lines) == count
    strange = ((paid_on, paid_on), (paid_on, paid_on + 401 * day), (None, paid_on))
    for first, until in (*strange, ("-infinity", paid_on), (paid_on, "infinity")):
        with world.refusing("PT422", "bad_time_range"):
            world.ask(ann, "public.list_payouts", p_from=first, p_until=until)


def test_payouts_come_in_pages(world: World) -> None:
    ann = payable(world)
    for _ in range(3):
        owe(world, ann)
        world.travel(by=timedelta(days=8))
        world.run_payouts()
    until = world.now().date() + timedelta(days=1)
    asked = {"p_from": until - timedelta(days=400), "p_until": until}
    whole = world.ask(ann.user_id, "public.list_payouts", **asked)
    assert len(whole) == 3
    paged: list[dict[str, Any]] = []
    while page := world.ask(
        ann.user_id,
        "public.list_payouts",
        p_limit=1,
        p_after_date=paged[-1]["payout_date"] if paged else None,
        p_after_id=paged[-1]["payout_id"] if paged else None,
        **asked,
    ):
        assert len(page) == 1
        paged += page
    assert paged == whole


# A year


def test_a_years_statement_has_the_lines_of_its_payouts(world: World, lesson: Booking) -> None:
    ann, id = lesson.instructor, payout_id(world)
    paid_at = world.value("select paid_at from public.payouts")
    year = {"p_instructor_id": ann.id, "p_year": paid_at.year}
    lines = world.ask(ann.user_id, "public.year_statement", **year)
    told = [(line["line"], line["amount_cents"], line["explanation"]) for line in lines]
    assert told == [
        (line["line"], line["amount_cents"], line["explanation"])
        for line in statement(world, lesson, id)
    ]
    assert {line["payout_id"] for line in lines} == {id}
    assert {line["paid_on"] for line in lines} == {paid_at.date()}
    assert world.ask(ann.user_id, "public.year_statement", **year | {"p_year": 2050}) == []


def test_a_year_begins_where_the_organization_is(world: World, lesson: Booking) -> None:
    """A payout of New Year's Eve in London was paid next year in Auckland."""
    ann = lesson.instructor
    with world.connection.transaction():
        world.connection.execute("set local session_replication_role = replica")
        world.connection.execute("update public.payouts set paid_at = '2027-12-31 15:00+00'")
        world.connection.execute("update public.organizations set time_zone = 'Pacific/Auckland'")
    for year, days in ((2027, []), (2028, [date(2028, 1, 1)] * 2)):
        lines = world.ask(ann.user_id, "public.year_statement", p_instructor_id=ann.id, p_year=year)
        assert [line["paid_on"] for line in lines] == days


def test_nobody_else_reads_a_year(world: World, lesson: Booking) -> None:
    for person in (lesson.learner, world.instructor().user_id, world.person()):
        with world.refusing("PT404", "instructor_not_found"):
            world.ask(
                person,
                "public.year_statement",
                p_instructor_id=lesson.instructor.id,
                p_year=2026,
            )
    for year in (None, 1999, 20260):
        with world.refusing("PT422", "bad_year"):
            world.ask(
                lesson.instructor.user_id,
                "public.year_statement",
                p_instructor_id=lesson.instructor.id,
                p_year=year,
            )
