"""What can still be used is shown to the learner and to guardians who may see it."""

from __future__ import annotations

from decimal import Decimal

from tests.factories import MARKETPLACE, World


def test_hours_are_shown_by_instructor_and_by_what_they_pay_for(world: World) -> None:
    instructor, hourly_id = world.hourly()
    service_id = world.service(instructor, price_cents=2000)
    ben = world.person("Ben")
    credit = world.hours(ben, instructor, Decimal("1.5"))
    world.hours(ben, instructor, 1)
    world.hours(ben, instructor, 2, p_service_id=service_id)
    world.buy_hours(ben, instructor, 7)
    credit.book(hourly_id)
    shown = world.ask(ben, "public.credit_balance", p_instructor_id=instructor.id)
    assert [
        (row["service_id"], row["minutes_left"], row["hours_left"], row["minutes_reserved"])
        for row in shown
    ] == [(None, 90, Decimal("1.50"), 60), (service_id, 120, Decimal("2.00"), 0)]
    assert world.ask(ben, "public.credit_balance", p_instructor_id=world.instructor().id) == []


def test_others_see_nothing(world: World) -> None:
    instructor, _ = world.hourly()
    world.hours(world.person("Ben"), instructor, 1)
    for user_id in (world.person("Eve"), instructor.user_id, world.admin()):
        assert world.ask(user_id, "public.credit_balance") == []
    with world.refusing("42501"):
        world.ask(None, "public.credit_balance")


def test_a_guardian_who_may_see_a_child_sees_its_hours(world: World) -> None:
    instructor, _ = world.hourly()
    child = world.child(MARKETPLACE)
    gil = world.guardian(child, view=True, book=True, pay=True)
    payer = world.guardian(child, pay=True)
    world.hours(gil, instructor, 1, p_learner_id=child)
    (shown,) = world.ask(gil, "public.credit_balance")
    assert (shown["learner_id"], shown["minutes_left"]) == (child, 60)
    assert world.ask(payer, "public.credit_balance") == []
