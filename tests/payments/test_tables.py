"""The rules that a payment and a refund keep on their own."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories import World
from tests.payments.steps import copy_payment


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
        (
            {"captured_cents": 5309, "uncaptured_cents": 1},
            "only_an_authorization_is_left_uncaptured",
        ),
        ({"captured_cents": 5309}, "a_success_captured_the_rest"),
        ({"captured_cents": 5309, "capture_method": "manual"}, "a_success_captured_the_rest"),
        ({"captured_cents": 5309, "uncaptured_cents": 1, "capture_method": "manual"}, ""),
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
        ({"unmatched_cents": 1001}, "at_most_the_amount_is_unmatched"),
        ({"unmatched_cents": -1}, "at_most_the_amount_is_unmatched"),
        ({"unmatched_cents": 1000}, ""),
        ({"currency": "GBP"}, "currency_is_lower_case_iso"),
        ({"is_made_elsewhere": True}, "what_is_made_elsewhere_is_not_at_stripe"),
        ({"is_made_elsewhere": True, "stripe_refund_id": None}, ""),
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


@pytest.mark.parametrize(
    ("columns", "rule"),
    [
        ({"amount_cents": 5309}, "amount_is_share_plus_fee_minus_discount"),
        ({"amount_cents": 0, "share_cents": 0, "fee_cents": 0}, "amount_is_positive"),
        # Of a dearer move only the difference is paid, so that a part of it may be negative.
        ({"fee_cents": -90, "share_cents": 5400}, ""),
    ],
)
def test_what_a_payment_pays_of_an_item_makes_sense(
    world: World, columns: dict[str, Any], rule: str
) -> None:
    world.booking().open_payment()
    assert world.broken_rule("public.payment_items", **columns) == rule


@pytest.mark.parametrize("table", ["public.payment_items", "private.return_items"])
@pytest.mark.parametrize("statement", ["update {} set amount_cents = 1", "delete from {}"])
def test_what_was_paid_and_returned_is_append_only(
    world: World, table: str, statement: str
) -> None:
    booking = world.booking()
    booking.pay()
    booking.refund(1000)
    with world.unchanged(), world.refusing("PT409", "append_only"):
        world.connection.execute(statement.format(table))


def test_an_order_has_one_open_payment(world: World) -> None:
    booking = world.booking()
    booking.open_payment()
    with world.unchanged(), world.refusing("23505", "one_open_payment_an_order"):
        copy_payment(world)
