"""Ending a booking gives back exactly what was previewed, once, by whatever way it was paid."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.factories import World


@pytest.mark.parametrize(
    ("notice", "bps", "refund", "kept_share"),
    [
        (timedelta(hours=24), 10000, 5310, 0),
        (timedelta(hours=24, seconds=-1), 5000, 2655, 2250),
        (timedelta(seconds=1), 5000, 2655, 2250),
        (timedelta(0), 0, 0, 4500),
    ],
)
def test_a_learner_gets_back_what_the_notice_is_worth(
    world: World, notice: timedelta, bps: int, refund: int, kept_share: int
) -> None:
    booking = world.booking()
    booking.pay()
    world.travel(to=booking.columns["start_at"] - notice)
    preview = world.ending(booking.learner, booking.id)
    ended = world.cancel(booking.learner, booking.id)
    world.carry_refunds()
    assert (preview["refund_bps"], preview["refund_cents"]) == (bps, refund)
    assert (ended["refund_bps"], ended["refund_cents"], ended["cancelled_by"]) == (
        bps,
        refund,
        "learner",
    )
    assert booking.payment["refunded_cents"] == refund
    earned = world.value("select coalesce(sum(amount_cents), 0) from public.earnings")
    assert earned == kept_share


@pytest.mark.parametrize("party", ["instructor", "admin"])
def test_anybody_elses_cancellation_gives_everything_back(world: World, party: str) -> None:
    booking = world.booking()
    booking.pay()
    world.travel(to=booking.columns["start_at"])
    who = booking.instructor.user_id if party == "instructor" else world.admin()
    ended = world.cancel(who, booking.id)
    world.carry_refunds()
    assert (ended["cancelled_by"], ended["refund_cents"]) == (party, 5310)
    assert world.ledger() == {}


def test_cancelling_twice_is_cancelling_once(world: World) -> None:
    booking = world.booking()
    booking.pay()
    first = world.cancel(booking.learner, booking.id)
    world.travel(to=booking.columns["start_at"])
    assert world.cancel(booking.learner, booking.id) == first
    assert world.count("public.refunds") == 1


def test_a_hold_that_is_cancelled_calls_its_payment_off(world: World) -> None:
    booking = world.booking()
    booking.open_payment()
    ended = world.cancel(booking.learner, booking.id)
    assert ended["refund_cents"] == 0
    (command,) = world.commands("cancel_payment_intent")
    assert command["payment_id"] == str(booking.payment["id"])
    assert command["create"]["amount"] == 5310


def test_a_refund_that_has_changed_is_asked_again(world: World) -> None:
    booking = world.booking()
    booking.pay()
    world.travel(to=booking.columns["start_at"] - timedelta(hours=23))
    with world.unchanged(), world.refusing("PT409", "refund_changed"):
        world.cancel(booking.learner, booking.id, p_expected_refund_cents=5310)


@pytest.mark.parametrize("who", ["stranger", "other learner", "other instructor"])
def test_a_foreign_booking_is_unknown(world: World, who: str) -> None:
    booking = world.booking()
    booking.pay()
    stranger = {
        "stranger": lambda: world.person("Eve"),
        "other learner": lambda: world.booking().learner,
        "other instructor": lambda: world.instructor().user_id,
    }[who]()
    with world.unchanged():
        with world.refusing("PT404", "booking_not_found"):
            world.cancel(stranger, booking.id)
        with world.refusing("PT404", "booking_not_found"):
            world.ending(stranger, booking.id)


def test_a_lesson_that_was_given_cannot_be_cancelled(world: World) -> None:
    booking = world.lesson()
    with world.unchanged(), world.refusing("PT409", "booking_not_cancellable"):
        world.cancel(booking.learner, booking.id)


def test_a_partial_refund_before_counts(world: World) -> None:
    booking = world.booking()
    booking.pay()
    booking.refund(1000)
    world.travel(to=booking.columns["start_at"] - timedelta(hours=2))
    ended = world.cancel(booking.learner, booking.id)
    world.carry_refunds()
    assert ended["refund_cents"] == 2155
    assert booking.payment["refunded_cents"] == 3155
    assert world.value("select sum(amount_cents) from public.earnings") == 1826


def test_a_fee_that_stays_is_no_part_of_the_refund(world: World) -> None:
    world.connection.execute("update public.organizations set fee_refundable = false")
    booking = world.booking()
    booking.pay()
    ended = world.cancel(booking.learner, booking.id)
    world.carry_refunds()
    assert ended["refund_cents"] == 4500
    assert world.ledger() == {"stripe_balance": 810, "platform_fees": -810}


def test_a_policy_changed_later_does_not_touch_what_is_booked(world: World) -> None:
    owner = world.admin()
    booking = world.booking()
    booking.pay()
    world.call(
        owner,
        "public.set_cancellation_policy",
        p_org_id=booking.columns["org_id"],
        p_tiers='[{"notice_minutes": 0, "refund_bps": 0}]',
    )
    assert world.ending(booking.learner, booking.id)["refund_bps"] == 10000
    later = world.booking()
    later.pay()
    assert world.ending(later.learner, later.id)["refund_bps"] == 0


def test_a_code_is_free_again_when_all_is_given_back(world: World) -> None:
    booking = world.booking(discount_cents=450)
    booking.pay()
    assert world.value("select sum(uses_count) from public.discount_codes") == 1
    world.cancel(booking.learner, booking.id)
    world.carry_refunds()
    assert world.value("select status from public.code_redemptions") == "released"
    assert world.value("select sum(uses_count) from public.discount_codes") == 0
    assert world.ledger() == {}
