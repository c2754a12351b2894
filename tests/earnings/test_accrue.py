"""A completed lesson earns the instructor's share, payable after the organization's hold."""

from __future__ import annotations

from datetime import timedelta

from tests.factories import World


def test_a_lesson_earns_the_share_after_the_hold(world: World) -> None:
    booking = world.lesson()
    earning = world.row("select * from public.earnings")
    assert (earning["kind"], earning["status"]) == ("lesson", "pending")
    assert (earning["amount_cents"], earning["currency"]) == (4500, "gbp")
    assert earning["available_at"] == world.now() + timedelta(hours=24)
    assert earning["payee_id"] == earning["instructor_id"] == booking.instructor.id
    assert (earning["booking_id"], earning["payment_id"]) == (booking.id, booking.payment["id"])


def test_the_organization_sets_the_hold(world: World) -> None:
    world.connection.execute("update public.organizations set payout_hold = '3 days'")
    world.lesson()
    earned = world.value("select available_at from public.earnings")
    assert earned == world.now() + timedelta(days=3)


def test_a_discount_does_not_shrink_what_is_earned(world: World) -> None:
    booking = world.booking(discount_cents=450)
    booking.pay()
    booking.complete()
    assert world.value("select amount_cents from public.earnings") == 4500


def test_what_was_refunded_before_the_lesson_is_not_earned(world: World) -> None:
    booking = world.booking(discount_cents=450)
    booking.pay()
    booking.refund(2430)
    booking.complete()
    assert world.value("select amount_cents from public.earnings") == 2250


def test_a_lesson_that_was_refunded_in_full_before_earns_nothing(world: World) -> None:
    booking = world.booking()
    booking.pay()
    booking.refund(5310)
    booking.complete()
    assert world.count("public.earnings") == 0
    assert world.ledger() == {}


def test_where_the_school_is_the_payee_it_earns(world: World) -> None:
    school = world.organization()
    instructor = world.instructor(org_id=school)
    world.connection.execute("update public.instructor_details set payee = 'organization'")
    learner = world.person()
    world.learner(school, learner)
    world.book(learner, world.slot(world.service(instructor, price_cents=0)))
    payee = world.value("select private.payee_id(%s)", instructor.id)
    assert payee == school


def test_an_instructor_without_login_is_paid_through_the_school(world: World) -> None:
    instructor = world.instructor(org_id=world.organization())
    assert world.value("select private.payee_id(%s)", instructor.id) == instructor.id
    world.connection.execute("update public.instructors set user_id = null")
    assert world.value("select private.payee_id(%s)", instructor.id) == instructor.org_id


def test_no_booking_is_earned_twice(world: World) -> None:
    world.lesson()
    with world.unchanged(), world.refusing("23505", "one_earning_a_booking"):
        world.connection.execute(
            "insert into public.earnings (org_id, instructor_id, payee_id, kind, booking_id,"
            " currency, amount_cents, available_at)"
            " select org_id, instructor_id, payee_id, 'no_show', booking_id, currency, 1,"
            " available_at from public.earnings"
        )
