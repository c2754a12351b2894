"""Refunds and their reversals split cumulatively; the last one closes every account."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.factories import World, refund_object
from tests.ledger.balances import account_balance_cents
from tests.payments.steps import paid, refund_of

NOTHING_LEFT: dict[str, int] = {}


def test_half_of_a_discounted_lesson_goes_back_in_proportion(world: World) -> None:
    booking = paid(world, discount=450)
    assert booking.refund(2430) == "processed"
    assert refund_of(world) == {"status": "succeeded", "amount_cents": 2430}
    assert world.ledger() == {
        "stripe_balance": 2430,
        "promotions": 225,
        "instructor_pending": -2250,
        "platform_fees": -405,
    }
    assert booking.payment["refunded_cents"] == 2430


def test_half_and_half_again_leave_nothing(world: World) -> None:
    booking = paid(world, discount=450)
    booking.refund(2430)
    booking.refund(2430)
    assert world.ledger() == NOTHING_LEFT
    assert booking.payment["refunded_cents"] == booking.payment["captured_cents"] == 4860


def test_a_refund_of_a_price_that_includes_the_fee(world: World) -> None:
    instructor = world.instructor()
    world.connection.execute("update public.instructor_details set fee_mode = 'included'")
    booking = world.booking(instructor, discount_cents=450)
    booking.pay()
    assert booking.refund(2025) == "processed"
    assert world.ledger() == {
        "stripe_balance": 2025,
        "promotions": 225,
        "instructor_pending": -1845,
        "platform_fees": -405,
    }


def test_where_the_fee_stays_the_instructors_share_goes_back(world: World) -> None:
    world.connection.execute("update public.organizations set fee_refundable = false")
    booking = paid(world)
    world.connection.execute("update public.organizations set fee_refundable = true")
    assert booking.refund(4500) == "processed"
    assert world.ledger() == {"stripe_balance": 810, "platform_fees": -810}


@pytest.mark.slow
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40
)
@given(data=st.data())
def test_any_number_of_parts_and_failures_closes_every_account(
    world: World, data: st.DataObject
) -> None:
    """Parts of a payment come back in any sizes; some fail, and what is left comes last."""
    with world.connection.transaction(force_rollback=True):
        instructor = world.instructor()
        fee_mode = data.draw(st.sampled_from(["on_top", "included"]), "fee mode")
        is_fee_refundable = data.draw(st.booleans(), "fee is refundable")
        fee_bps = data.draw(st.integers(0, 5000), "fee")
        world.connection.execute(
            "update public.organizations set fee_mode = %s, fee_bps = %s, fee_refundable = %s",
            [fee_mode, fee_bps, is_fee_refundable],
        )
        price = data.draw(st.integers(50, 20_000), "price")
        fee = (price * fee_bps + 5000) // 10_000
        discount = data.draw(st.integers(0, max(0, fee - 1)), "discount")
        booking = world.booking(instructor, price_cents=price, discount_cents=discount)
        assert booking.columns["platform_fee_cents"] == fee
        booking.pay()
        left = booking.payment["amount_cents"]

        while left > 0 and data.draw(st.booleans(), "another part"):
            part = data.draw(st.integers(1, left), "part")
            refund = refund_object(booking.payment, part)
            assert world.deliver("refund.updated", refund) == "processed"
            if data.draw(st.booleans(), "fails later"):
                failed = refund | {"status": "failed"}
                assert world.deliver("refund.failed", failed) == "processed"
            else:
                left -= part
        assert world.violations() == []
        if left > 0:
            assert booking.refund(left) == "processed"
        assert world.ledger() == NOTHING_LEFT
        assert world.violations() == []


def test_a_refund_of_a_lesson_that_was_paid_out_leaves_a_debt(world: World) -> None:
    """45.00 at 10 % off: half of it goes back after the payout."""
    instructor = world.instructor()
    world.onboard(instructor)
    booking = world.booking(instructor, discount_cents=450)
    booking.pay()
    booking.complete()
    world.travel(by=timedelta(days=8))
    assert [run["amount_paid_cents"] for run in world.run_payouts()] == [4500]

    assert booking.refund(2430) == "processed"
    world.maintain()
    balance = world.row("select total_cents, available_cents from public.instructor_balances")
    assert balance == {"total_cents": 2250, "available_cents": -2250}
    assert account_balance_cents(world, "payee_payable", instructor.id) == 2250


def test_money_that_bought_nothing_goes_back_from_suspense(world: World) -> None:
    booking = world.booking()
    booking.open_payment()
    wrong = booking.intent(amount_received=5000)
    assert world.deliver("payment_intent.succeeded", wrong) == "processed"
    assert world.ledger() == {"stripe_balance": 5000, "suspense": -5000}
    refund = refund_object(booking.payment, 5000)
    assert world.deliver("refund.updated", refund) == "processed"
    assert world.ledger() == NOTHING_LEFT
    world.deliver("refund.failed", refund | {"status": "failed"})
    assert world.ledger() == {"stripe_balance": 5000, "suspense": -5000}
    assert booking.payment["refunded_cents"] == 0


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
        "kind": "lesson",
        "amount_cents": 4500,
        "payee_id": booking.instructor.id,
    }
    world.travel(by=timedelta(days=2))
    world.maintain()
    assert account_balance_cents(world, "payee_payable", booking.instructor.id) == -4500
