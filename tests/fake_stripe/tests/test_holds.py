from __future__ import annotations

import pytest
import stripe
from stripe import StripeClient

from .. import FakeStripe
from .conftest import NOW, Pay

DAY = 24 * 3600


def types(fake: FakeStripe) -> list[str]:
    return [event["type"] for event in fake.events()]


def test_an_amount_is_reserved_and_captured_whole(
    fake: FakeStripe, client: StripeClient, pay: Pay
) -> None:
    intent = pay(5000, capture_method="manual")
    assert (intent.status, intent.amount_capturable) == ("requires_capture", 5000)
    charge = client.v1.charges.retrieve(str(intent.latest_charge))
    assert (charge.paid, charge.captured, charge.amount_captured) == (True, False, 0)
    assert charge.payment_method_details is not None
    assert charge.payment_method_details.card is not None
    assert charge.payment_method_details.card.capture_before == NOW + 7 * DAY
    assert fake.funds() == 0
    assert types(fake) == [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.amount_capturable_updated",
    ]

    captured = client.v1.payment_intents.capture(intent.id)

    assert (captured.status, captured.amount_received) == ("succeeded", 5000)
    charge = client.v1.charges.retrieve(str(intent.latest_charge))
    assert (charge.captured, charge.amount_captured, charge.amount_refunded) == (True, 5000, 0)
    assert fake.objects("refund") == []
    assert fake.funds() == 5000 - 75 - 20
    with pytest.raises(stripe.InvalidRequestError) as twice:
        client.v1.payment_intents.capture(intent.id)
    assert twice.value.code == "payment_intent_unexpected_state"


def test_part_of_a_reserved_amount_is_captured_and_the_rest_released(
    fake: FakeStripe, client: StripeClient, pay: Pay
) -> None:
    intent = pay(5000, capture_method="manual")
    with pytest.raises(stripe.InvalidRequestError) as too_much:
        client.v1.payment_intents.capture(intent.id, {"amount_to_capture": 5001})
    assert (too_much.value.code, too_much.value.param) == ("amount_too_large", "amount_to_capture")

    captured = client.v1.payment_intents.capture(intent.id, {"amount_to_capture": 3000})

    assert (captured.status, captured.amount_received) == ("succeeded", 3000)
    assert (captured.amount, captured.amount_capturable) == (5000, 0)
    charge = client.v1.charges.retrieve(str(captured.latest_charge), {"expand": ["refunds"]})
    assert (charge.amount_captured, charge.amount_refunded) == (3000, 2000)
    assert not charge.refunded
    assert charge.refunds is not None
    assert charge.refunds.data[0].balance_transaction is None
    assert fake.funds() == 3000 - 45 - 20
    assert types(fake)[-2:] == ["charge.captured", "payment_intent.succeeded"]
    with pytest.raises(stripe.InvalidRequestError, match=r"unrefunded amount on charge \(£30"):
        client.v1.refunds.create({"payment_intent": intent.id, "amount": 3001})
    assert client.v1.refunds.create({"payment_intent": intent.id}).amount == 3000


def test_a_cancelled_hold_gives_everything_back(
    fake: FakeStripe, client: StripeClient, pay: Pay
) -> None:
    intent = pay(5000, capture_method="manual")

    cancelled = client.v1.payment_intents.cancel(
        intent.id, {"cancellation_reason": "requested_by_customer"}
    )

    assert (cancelled.status, cancelled.amount_capturable) == ("canceled", 0)
    assert (cancelled.cancellation_reason, cancelled.canceled_at) == ("requested_by_customer", NOW)
    charge = client.v1.charges.retrieve(str(intent.latest_charge))
    assert (charge.captured, charge.refunded, charge.amount_refunded) == (False, True, 5000)
    assert types(fake)[-2:] == ["charge.refunded", "payment_intent.canceled"]
    assert fake.funds() == 0


def test_a_hold_expires_after_seven_days(fake: FakeStripe, client: StripeClient, pay: Pay) -> None:
    intent = pay(5000, capture_method="manual")
    fake.advance(seconds=7 * DAY - 1)
    assert client.v1.payment_intents.retrieve(intent.id).status == "requires_capture"

    fake.advance(seconds=1)

    expired = client.v1.payment_intents.retrieve(intent.id, {"expand": ["latest_charge.refunds"]})
    assert (expired.status, expired.cancellation_reason) == ("canceled", "automatic")
    assert (expired.amount_capturable, expired.amount_received) == (0, 0)
    charge = expired.latest_charge
    assert isinstance(charge, stripe.Charge)
    assert (charge.refunded, charge.amount_captured) == (True, 0)
    assert charge.refunds is not None
    assert charge.refunds.data[0].reason == "expired_uncaptured_charge"
    assert types(fake)[-2:] == ["charge.expired", "payment_intent.canceled"]
    assert fake.events("payment_intent.canceled")[0]["request"]["id"] is None
    with pytest.raises(stripe.InvalidRequestError) as too_late:
        client.v1.payment_intents.capture(intent.id)
    error = too_late.value.error
    assert error is not None
    assert (too_late.value.code, fake.funds()) == ("payment_intent_unexpected_state", 0)
    assert error.payment_intent is not None
    assert error.payment_intent.status == "canceled"


@pytest.mark.parametrize("ends_by", ["capture", "cancel"])
def test_a_hold_that_has_ended_does_not_expire(
    fake: FakeStripe, client: StripeClient, pay: Pay, ends_by: str
) -> None:
    intent = pay(5000, capture_method="manual")
    end = getattr(client.v1.payment_intents, ends_by)
    ended = end(intent.id)
    before = types(fake)

    fake.advance(days=8)

    assert client.v1.payment_intents.retrieve(intent.id).to_dict() == ended.to_dict()
    assert types(fake) == before


def test_how_long_a_hold_lasts_is_a_setting(fake: FakeStripe, pay: Pay) -> None:
    fake.configure(authorization_lasts=2 * DAY)
    pay(capture_method="manual")
    fake.advance(days=2)
    assert types(fake)[-1] == "payment_intent.canceled"


@pytest.mark.parametrize("status", ["requires_payment_method", "requires_confirmation"])
def test_an_intent_without_a_payment_is_cancelled(
    fake: FakeStripe, client: StripeClient, status: str
) -> None:
    chosen = {"payment_method": "pm_card_visa"} if status == "requires_confirmation" else {}
    intent = client.v1.payment_intents.create({"amount": 1000, "currency": "gbp", **chosen})  # type: ignore[typeddict-item]
    assert intent.status == status
    assert client.v1.payment_intents.cancel(intent.id).status == "canceled"
    assert types(fake)[-1] == "payment_intent.canceled"


def test_a_payment_that_waits_for_the_customer_is_cancelled(client: StripeClient, pay: Pay) -> None:
    intent = pay(card="pm_card_authenticationRequired")
    cancelled = client.v1.payment_intents.cancel(intent.id)
    assert (cancelled.status, cancelled.next_action) == ("canceled", None)


@pytest.mark.parametrize("status", ["succeeded", "processing", "canceled"])
def test_what_has_ended_or_is_with_the_bank_is_not_cancelled(
    fake: FakeStripe, client: StripeClient, pay: Pay, status: str
) -> None:
    fake.configure(payments_wait=status == "processing")
    intent = pay(capture_method="manual" if status == "canceled" else "automatic")
    if status == "canceled":
        client.v1.payment_intents.cancel(intent.id, {"cancellation_reason": "abandoned"})
    before = (client.v1.payment_intents.retrieve(intent.id).to_dict(), fake.events())

    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.payment_intents.cancel(intent.id)

    error = refused.value.error
    assert error is not None
    assert (refused.value.http_status, error.code) == (400, "payment_intent_unexpected_state")
    assert error.payment_intent is not None
    assert (error.payment_intent.id, error.payment_intent.status) == (intent.id, status)
    assert (client.v1.payment_intents.retrieve(intent.id).to_dict(), fake.events()) == before
