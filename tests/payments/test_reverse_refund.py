"""A refund that the bank sends back after it had succeeded is as if it had never been."""

from __future__ import annotations

from datetime import timedelta

from tests.factories import World, refund_object
from tests.ledger.balances import account_balance_cents
from tests.payments.steps import paid

INBOX = ("private.webhook_events", "private.webhook_event_bodies")


def test_a_refund_that_failed_later_is_reversed_once(world: World) -> None:
    booking = paid(world)
    before = world.ledger()
    refund = refund_object(booking.payment, 2655)
    world.deliver("refund.updated", refund)
    failed = refund | {"status": "failed", "failure_reason": "lost_or_stolen_card"}
    assert world.deliver("refund.failed", failed) == "processed"

    assert world.ledger() == before
    assert booking.payment["refunded_cents"] == 0
    assert world.value("select status from public.refunds") == "failed"
    with world.unchanged(leaving_out=INBOX):
        assert world.deliver("refund.failed", failed) == "processed"
        assert world.deliver("refund.updated", refund) == "processed"


def test_the_money_can_be_refunded_again(world: World) -> None:
    booking = paid(world)
    refund = refund_object(booking.payment, 5310)
    world.deliver("refund.updated", refund)
    world.deliver("refund.failed", refund | {"status": "failed"})
    assert booking.refund(5310) == "processed"
    assert world.ledger() == {}


def test_what_is_left_of_two_refunds_is_split_as_if_the_other_had_never_been(
    world: World,
) -> None:
    """0.10 of 53.10 is 0.08 of the share; the second 0.10 made it 0.17, so was 0.09."""
    booking, alone = paid(world), paid(world)
    first, second = refund_object(booking.payment, 10), refund_object(booking.payment, 10)
    world.deliver("refund.updated", first)
    world.deliver("refund.updated", second)
    world.deliver("refund.failed", first | {"status": "failed"})
    alone.refund(10)

    pending = {
        instructor.id: account_balance_cents(world, "instructor_pending", instructor.id)
        for instructor in (booking.instructor, alone.instructor)
    }
    assert pending == {booking.instructor.id: -4492, alone.instructor.id: -4492}


def test_the_instructor_earns_a_lesson_whose_refund_failed_before_it(world: World) -> None:
    booking = paid(world)
    refund = refund_object(booking.payment, 5310)
    world.deliver("refund.updated", refund)
    world.deliver("refund.failed", refund | {"status": "failed"})
    booking.complete()
    assert world.value("select sum(amount_cents) from public.earnings") == 4500


def test_the_instructor_earns_a_lesson_whose_refund_failed_after_it(world: World) -> None:
    booking = paid(world)
    refund = refund_object(booking.payment, 5310)
    world.deliver("refund.updated", refund)
    booking.complete()
    assert world.count("public.earnings") == 0
    world.deliver("refund.failed", refund | {"status": "failed"})

    earning = world.row("select kind, amount_cents, payee_id from public.earnings")
    assert earning == {
        "kind": "adjustment",
        "amount_cents": 4500,
        "payee_id": booking.instructor.id,
    }
    world.travel(by=timedelta(days=2))
    world.serve("jobs", "private.maintain")
    assert account_balance_cents(world, "payee_payable", booking.instructor.id) == -4500
