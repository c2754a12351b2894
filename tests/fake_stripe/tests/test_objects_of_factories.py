"""What the factories and the stories let Stripe say is shaped as Stripe's own objects are."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from tests.factories import (
    account_object,
    charge_transaction,
    dispute_object,
    dispute_transaction,
    intent_object,
    refund_object,
    transfer_object,
)
from tests.instant import INSTANT

from .shape_check import complaints

ID = UUID(int=1)
PAYMENT = {
    "id": ID,
    "amount_cents": 5310,
    "captured_cents": 5310,
    "currency": "gbp",
    "stripe_payment_intent_id": "pi_1",
    "stripe_charge_id": "ch_1",
}
CLAIMED = {
    "payout_id": ID,
    "attempt": 1,
    "amount_cents": 4500,
    "currency": "gbp",
    "destination": "acct_1",
    "transfer_group": str(ID),
    "metadata": {"payout_id": ID, "attempt": 1},
}
ACCOUNT = {"connect_account_id": str(ID)}
DECLINED = {"type": "card_error", "code": "card_declined", "message": "No."}
DUE = {"disabled_reason": "requirements.past_due", "currently_due": ["external_account"]}


@pytest.mark.parametrize(
    "thing",
    [
        intent_object(PAYMENT, "succeeded"),
        intent_object(PAYMENT, "requires_capture"),
        intent_object(PAYMENT, "requires_payment_method", last_payment_error=DECLINED),
        refund_object(PAYMENT, 1000),
        refund_object(PAYMENT, 1000, "failed", failure_reason="lost_or_stolen_card"),
        *(dispute_object(PAYMENT, status) for status in ("warning_needs_response", "won", "lost")),
        dispute_transaction("txn_1", "gbp", -5310, fee_cents=2000),
        charge_transaction("txn_1", "gbp", 5310, 20, INSTANT),
        account_object(ACCOUNT, ready=True),
        account_object(ACCOUNT, ready=False, requirements=DUE),
        transfer_object(CLAIMED),
    ],
    ids=lambda thing: f"{thing['object']} {thing.get('status')}",
)
def test_an_object_is_shaped_as_stripes_own(thing: dict[str, Any]) -> None:
    inner = thing.get("balance_transactions", [])
    assert [complaint for each in (thing, *inner) for complaint in complaints(each)] == []


def test_a_field_that_stripe_does_not_have_is_noticed() -> None:
    with pytest.raises(KeyError, match="colour"):
        intent_object(PAYMENT, "succeeded", colour="red")
