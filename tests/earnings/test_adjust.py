"""A refund after the lesson is taken from what the instructor is paid, together with the lesson."""

from __future__ import annotations

from datetime import timedelta

from tests.factories import Booking, World, refund_object
from tests.ledger.balances import account_balance_cents


def earnings(world: World) -> list[tuple[str, int, str]]:
    rows = world.rows(
        "select kind, amount_cents, status from public.earnings order by created_at, kind"
    )
    return [(row["kind"], row["amount_cents"], row["status"]) for row in rows]


def payable(world: World, booking: Booking) -> int:
    """What the books say is owed to the instructor and payable: negative where they owe."""
    return -account_balance_cents(world, "payee_payable", booking.instructor.id)


def hold_over(world: World) -> None:
    world.travel(by=timedelta(hours=25))
    world.maintain()


def test_a_refund_after_the_lesson_is_a_negative_earning(world: World) -> None:
    booking = world.lesson()
    booking.refund(2655)
    assert earnings(world) == [("lesson", 4500, "pending"), ("refund", -2250, "pending")]
    hold_over(world)
    assert payable(world, booking) == 2250


def test_a_refund_within_the_hold_waits_for_the_lessons_earning(world: World) -> None:
    """Else another lesson's payout would be short of a refund whose lesson is not paid yet."""
    booking = world.lesson()
    booking.refund(2655)
    world.maintain()
    assert {status for _, _, status in earnings(world)} == {"pending"}
    assert payable(world, booking) == 0
    hold_over(world)
    assert {status for _, _, status in earnings(world)} == {"available"}


def test_a_refund_waits_for_the_charges_funds_as_the_lesson_does(world: World) -> None:
    booking = world.lesson()
    booking.refund(2655)
    world.connection.execute(
        "update public.payments set funds_available_at = private.clock() + interval '5 days'"
    )
    hold_over(world)
    assert {status for _, _, status in earnings(world)} == {"pending"}
    world.travel(by=timedelta(days=5))
    world.maintain()
    assert payable(world, booking) == 2250


def test_a_refund_after_the_release_is_netted_at_once(world: World) -> None:
    booking = world.lesson()
    hold_over(world)
    booking.refund(2655)
    world.maintain()
    assert payable(world, booking) == 2250


def test_a_refund_before_the_lesson_is_no_earning(world: World) -> None:
    booking = world.booking()
    booking.pay()
    booking.refund(2655)
    assert earnings(world) == []
    assert world.ledger()["instructor_pending"] == -2250


def test_a_refund_that_fails_later_is_given_back(world: World) -> None:
    booking = world.lesson()
    refund = refund_object(booking.payment, 2655)
    world.deliver("refund.updated", refund)
    world.deliver("refund.failed", refund | {"status": "failed"})
    assert {(kind, cents) for kind, cents, _ in earnings(world)} == {
        ("lesson", 4500),
        ("refund", -2250),
        ("adjustment", 2250),
    }
    hold_over(world)
    assert payable(world, booking) == 4500


def test_where_the_fee_stays_all_of_the_refund_is_the_instructors(world: World) -> None:
    world.connection.execute("update public.organizations set fee_refundable = false")
    booking = world.lesson()
    booking.refund(2655)
    assert [cents for _, cents, _ in earnings(world)] == [4500, -2655]


def test_a_refund_of_cents_that_are_all_fee_is_no_earning(world: World) -> None:
    """Of 0.01, nothing rounds to the share of a lesson that costs mostly a fee."""
    world.connection.execute("update public.organizations set fee_bps = 9900")
    booking = world.lesson(price_cents=100)
    world.connection.execute("update public.organizations set fee_bps = 1800")
    assert world.value("select amount_cents from public.earnings") == 100
    booking.refund(1)
    booking.refund(1)
    assert sum(cents for _, cents, _ in earnings(world)) == 99


def test_the_next_lessons_pay_for_a_refund_after_the_payout(world: World) -> None:
    instructor = world.instructor()
    world.onboard(instructor)
    first = world.lesson(instructor)
    world.travel(by=timedelta(days=8))
    assert world.run_payouts()[0]["amount_paid_cents"] == 4500

    first.refund(5310)
    world.travel(by=timedelta(days=7))
    (closed,) = world.run_payouts()
    assert closed["total"] == 0
    assert world.value("select reason from public.payout_run_results where reason is not null") == (
        "negative_balance"
    )
    for _ in range(2):
        world.lesson(instructor)
    world.travel(by=timedelta(days=8))
    assert world.run_payouts()[0]["amount_paid_cents"] == 4500
    assert payable(world, first) == 0


def test_half_of_a_discounted_lesson_refunded_after_its_payout_is_netted_from_the_next(
    world: World,
) -> None:
    """45.00, 18 % on top, 10 % off: 48.60; half back after the payout leaves -22.50."""
    instructor = world.instructor()
    world.onboard(instructor)
    first = world.booking(instructor, discount_cents=450)
    first.pay()
    first.complete()
    world.travel(by=timedelta(days=8))
    assert world.run_payouts()[0]["amount_paid_cents"] == 4500

    first.refund(2430)
    books = world.row("select (private.item_books(item)).* from public.order_items item")
    assert (books["share_cents"], books["fee_cents"], books["discount_cents"]) == (2250, 405, 225)
    hold_over(world)
    assert payable(world, first) == -2250
    world.lesson(instructor)
    world.travel(by=timedelta(days=8))
    assert world.run_payouts()[0]["amount_paid_cents"] == 2250
    assert payable(world, first) == 0
