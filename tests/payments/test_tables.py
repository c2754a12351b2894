"""The rules that a payment and a refund keep on their own."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories import World


@pytest.mark.parametrize(
    ("columns", "rule"),
    [
        ({"status": "succeeded", "captured_cents": 0}, "a_success_captured_money"),
        ({"status": "processing", "captured_cents": 5310}, "a_success_captured_money"),
        ({"status": "processing", "captured_cents": 0}, ""),
        ({"captured_cents": 5311}, "a_success_captured_the_rest"),
        ({"authorized_cents": 5311}, "money_taken_is_at_most_the_amount"),
        ({"authorized_cents": -1}, "money_taken_is_at_most_the_amount"),
        ({"refunded_cents": 5311}, "money_returned_is_at_most_the_amount"),
        ({"refunded_cents": -1}, "money_returned_is_at_most_the_amount"),
        ({"refunded_cents": 5310}, ""),
        ({"amount_cents": 5309, "captured_cents": 5309}, "amount_is_share_plus_fee_minus_discount"),
        ({"share_cents": -1, "fee_cents": 5311}, "amounts_are_not_negative"),
        (
            {
                "amount_cents": 100_000_000,
                "captured_cents": 100_000_000,
                "share_cents": 100_000_000,
                "fee_cents": 0,
            },
            "amount_can_be_charged",
        ),
        ({"refunded_cents": 5000, "lost_cents": 311}, "money_returned_is_at_most_the_amount"),
        ({"refunded_cents": 5000, "lost_cents": 310}, ""),
        ({"lost_cents": -1}, "money_returned_is_at_most_the_amount"),
        ({"absorbed_share_cents": -1}, "money_returned_is_at_most_the_amount"),
        (
            {"captured_cents": 5309, "uncaptured_cents": 1},
            "only_an_authorization_is_left_uncaptured",
        ),
        ({"captured_cents": 5309}, "a_success_captured_the_rest"),
        ({"captured_cents": 5309, "capture_method": "manual"}, "a_success_captured_the_rest"),
        ({"captured_cents": 5309, "uncaptured_cents": 1, "capture_method": "manual"}, ""),
        ({"booking_id": None}, "kind_agrees_with_booking_or_credit"),
        ({"kind": "credits"}, "kind_agrees_with_booking_or_credit"),
        ({"kind": "subscription"}, "kind_agrees_with_booking_or_credit"),
        ({"kind": "subscription", "booking_id": None}, ""),
        ({"minutes": 0}, "minutes_are_positive"),
        ({"currency": "GBP"}, "currency_is_lower_case_iso"),
        ({"stripe_payment_intent_id": "ch_1"}, "intent_id_is_stripes"),
        ({"processing_fee_cents": -1}, "processing_fee_is_not_negative"),
    ],
)
def test_a_paid_payment_makes_sense(world: World, columns: dict[str, Any], rule: str) -> None:
    world.booking().pay()
    assert world.broken_rule("public.payments", **columns) == rule


@pytest.mark.parametrize(
    ("columns", "rule"),
    [
        ({"amount_cents": 0}, "amount_is_positive"),
        ({"amount_cents": 1001}, "amount_is_share_plus_fee_minus_discount"),
        ({"fee_cents": None}, "the_split_is_whole"),
        ({"discount_cents": None}, "the_split_is_whole"),
        (
            {"share_cents": None, "fee_cents": None, "discount_cents": None},
            "a_success_is_split",
        ),
        (
            {
                "share_cents": None,
                "fee_cents": None,
                "discount_cents": None,
                "status": "failed",
            },
            "",
        ),
        ({"unmatched_cents": 1}, "amount_is_share_plus_fee_minus_discount"),
        ({"unmatched_cents": 1, "amount_cents": 1001}, ""),
        ({"client_key": ""}, "client_key_is_short"),
        ({"reason": ""}, "reason_is_short"),
        ({"stripe_refund_id": "ch_1"}, "refund_id_is_stripes"),
        ({"stripe_refund_id": "pyr_1"}, ""),
    ],
)
def test_a_refund_that_succeeded_makes_sense(
    world: World, columns: dict[str, Any], rule: str
) -> None:
    booking = world.booking()
    booking.pay()
    booking.refund(1000)
    assert world.broken_rule("public.refunds", **columns) == rule


def test_a_booking_has_one_open_payment(world: World) -> None:
    booking = world.booking()
    booking.open_payment()
    copied = (
        "insert into public.payments (org_id, booking_id, payer_id, learner_id, instructor_id,"
        " currency, list_cents, discount_cents, fee_cents, share_cents, amount_cents, minutes)"
        " select org_id, booking_id, payer_id, learner_id, instructor_id, currency, list_cents,"
        " discount_cents, fee_cents, share_cents, amount_cents, minutes from public.payments"
    )
    claims = """select set_config('request.jwt.claims', '{"role": "service_role"}', true)"""
    with world.unchanged(), world.refusing("23505", "one_open_payment_a_booking"):
        world.connection.execute(claims)
        world.connection.execute(copied)
