from __future__ import annotations

import pytest
import stripe
from stripe import Charge, StripeClient

from .. import ControlError, FakeStripe
from .conftest import NOW, Pay


def types(fake: FakeStripe) -> list[str]:
    return [event["type"] for event in fake.events()]


def test_a_payment_is_created_confirmed_and_read_back_as_typed_objects(
    fake: FakeStripe, client: StripeClient
) -> None:
    created = client.v1.payment_intents.create(
        {
            "amount": 5310,
            "currency": "GBP",
            "automatic_payment_methods": {"enabled": True},
            "description": "Driving lesson",
            "metadata": {"booking_id": "b1"},
            "transfer_group": "booking-b1",
        }
    )
    assert (created.status, created.currency) == ("requires_payment_method", "gbp")

    client.v1.payment_intents.confirm(created.id, {"payment_method": "pm_card_visa"})

    read = client.v1.payment_intents.retrieve(
        created.id, {"expand": ["latest_charge.balance_transaction"]}
    )
    assert (read.status, read.amount_received, read.created) == ("succeeded", 5310, NOW)
    assert isinstance(read.latest_charge, Charge)
    assert read.latest_charge.metadata["booking_id"] == "b1"
    assert read.latest_charge.transfer_group == "booking-b1"
    funds = read.latest_charge.balance_transaction
    assert isinstance(funds, stripe.BalanceTransaction)
    assert (funds.amount, funds.fee, funds.net) == (5310, 100, 5210)
    assert [(fee.type, fee.amount) for fee in funds.fee_details] == [("stripe_fee", 100)]
    assert fake.funds() == 5210
    assert types(fake) == [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "charge.updated",
    ]


def test_the_balance_transaction_follows_after_the_payment(fake: FakeStripe, pay: Pay) -> None:
    pay()

    succeeded, updated = fake.events("charge.*")

    assert succeeded["data"]["object"]["balance_transaction"] is None
    assert updated["data"]["previous_attributes"] == {"balance_transaction": None}
    assert updated["data"]["object"]["balance_transaction"].startswith("txn_")


def test_the_balance_transaction_can_take_its_time(
    fake: FakeStripe, client: StripeClient, pay: Pay
) -> None:
    fake.configure(balance_transaction_delay=60)
    intent = pay()
    path = {"expand": ["latest_charge.balance_transaction"]}

    def funds() -> object:
        charge = client.v1.payment_intents.retrieve(intent.id, path).latest_charge  # type: ignore[arg-type]
        assert isinstance(charge, Charge)
        return charge.balance_transaction

    assert funds() is None
    fake.advance(seconds=60)
    assert isinstance(funds(), stripe.BalanceTransaction)
    assert fake.events("charge.updated")[0]["request"]["id"] is None


def test_a_declined_card_leaves_the_intent_for_a_second_try(
    fake: FakeStripe, client: StripeClient
) -> None:
    intent = client.v1.payment_intents.create({"amount": 1000, "currency": "gbp"})

    with pytest.raises(stripe.CardError) as declined:
        client.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_chargeDeclined"})

    error = declined.value
    assert (error.http_status, error.code) == (402, "card_declined")
    assert error.error is not None
    assert error.error.decline_code == "generic_decline"
    assert error.error.payment_intent is not None
    assert error.error.payment_intent.status == "requires_payment_method"
    read = client.v1.payment_intents.retrieve(intent.id)
    assert read.last_payment_error is not None
    assert read.last_payment_error.code == "card_declined"
    assert fake.funds() == 0
    assert types(fake)[-2:] == ["charge.failed", "payment_intent.payment_failed"]

    second = client.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
    assert (second.status, second.last_payment_error) == ("succeeded", None)
    assert len(fake.objects("charge")) == 2


@pytest.mark.parametrize(
    ("card", "code", "decline_code"),
    [
        ("pm_card_visa_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", None),
        ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", None),
    ],
)
def test_cards_are_declined_for_their_own_reasons(
    pay: Pay, card: str, code: str, decline_code: str | None
) -> None:
    with pytest.raises(stripe.CardError) as declined:
        pay(card=card)
    assert declined.value.error is not None
    assert (declined.value.code, declined.value.error.to_dict().get("decline_code")) == (
        code,
        decline_code,
    )


def test_a_bank_may_ask_for_authentication(
    fake: FakeStripe, client: StripeClient, pay: Pay
) -> None:
    intent = pay(card="pm_card_authenticationRequired")
    assert intent.status == "requires_action"
    assert intent.next_action is not None
    assert types(fake)[-1] == "payment_intent.requires_action"

    fake.authenticate(intent.id, succeeds=False)
    failed = client.v1.payment_intents.retrieve(intent.id)
    assert failed.status == "requires_payment_method"
    assert failed.last_payment_error is not None
    assert failed.last_payment_error.code == "payment_intent_authentication_failure"

    again = client.v1.payment_intents.confirm(
        intent.id, {"payment_method": "pm_card_authenticationRequired"}
    )
    assert again.status == "requires_action"
    fake.authenticate(intent.id)
    assert client.v1.payment_intents.retrieve(intent.id).status == "succeeded"


def test_off_session_a_card_that_needs_authentication_is_declined(pay: Pay) -> None:
    with pytest.raises(stripe.CardError) as declined:
        pay(card="pm_card_authenticationRequired", off_session=True)
    assert declined.value.code == "authentication_required"


def test_a_payment_can_be_processing_until_the_bank_answers(
    fake: FakeStripe, client: StripeClient, pay: Pay
) -> None:
    fake.configure(payments_wait=True)
    good, bad = pay(1000), pay(1000)
    assert (good.status, good.amount_received) == ("processing", 0)
    charge = client.v1.charges.retrieve(str(good.latest_charge))
    assert (charge.status, charge.paid) == ("pending", False)
    assert types(fake)[-2:] == ["charge.pending", "payment_intent.processing"]
    with pytest.raises(stripe.InvalidRequestError, match="has a status of processing"):
        client.v1.payment_intents.confirm(good.id, {"payment_method": "pm_card_visa"})

    fake.finish_payment(good.id)
    assert types(fake)[-3:] == ["charge.succeeded", "payment_intent.succeeded", "charge.updated"]
    fake.finish_payment(bad.id, succeeds=False)
    assert types(fake)[-2:] == ["charge.failed", "payment_intent.payment_failed"]

    charge = client.v1.charges.retrieve(str(good.latest_charge))
    assert (charge.status, charge.paid, charge.amount_captured) == ("succeeded", True, 1000)
    failed = client.v1.payment_intents.retrieve(bad.id)
    assert (failed.status, failed.amount_received) == ("requires_payment_method", 0)
    assert failed.last_payment_error is not None
    assert failed.last_payment_error.code == "card_declined"
    charge = client.v1.charges.retrieve(str(bad.latest_charge))
    assert (charge.status, charge.paid) == ("failed", False)
    assert fake.funds() == 1000 - 15 - 20
    with pytest.raises(ControlError, match="nothing to finish: succeeded"):
        fake.finish_payment(good.id)


def test_a_cancelled_intent_cannot_be_paid(
    fake: FakeStripe, client: StripeClient, pay: Pay
) -> None:
    intent = client.v1.payment_intents.create({"amount": 1000, "currency": "gbp"})
    cancelled = client.v1.payment_intents.cancel(intent.id, {"cancellation_reason": "abandoned"})
    assert (cancelled.status, cancelled.cancellation_reason) == ("canceled", "abandoned")

    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
    assert refused.value.code == "payment_intent_unexpected_state"
    assert fake.objects("charge") == []

    paid = pay()
    with pytest.raises(stripe.InvalidRequestError) as too_late:
        client.v1.payment_intents.cancel(paid.id)
    assert too_late.value.code == "payment_intent_unexpected_state"


def test_a_paid_intent_is_not_paid_twice(fake: FakeStripe, client: StripeClient, pay: Pay) -> None:
    intent = pay()
    with pytest.raises(stripe.InvalidRequestError, match="already succeeded"):
        client.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
    assert len(fake.objects("charge")) == 1


def test_metadata_is_merged_and_removed(client: StripeClient) -> None:
    intent = client.v1.payment_intents.create(
        {"amount": 1000, "currency": "gbp", "metadata": {"a": "1", "b": "2"}}
    )
    changed = client.v1.payment_intents.update(intent.id, {"metadata": {"a": "", "c": "3"}})
    assert changed.metadata.to_dict() == {"b": "2", "c": "3"}
    assert client.v1.payment_intents.update(intent.id, {"metadata": ""}).metadata.to_dict() == {}


def test_a_saved_payment_method_pays_again(client: StripeClient, pay: Pay) -> None:
    first = pay()
    again = pay(card=str(first.payment_method))
    assert (again.status, again.payment_method) == ("succeeded", first.payment_method)


def test_a_browser_confirms_with_the_publishable_key(
    fake: FakeStripe, client: StripeClient
) -> None:
    intent = client.v1.payment_intents.create({"amount": 1000, "currency": "gbp"})
    browser = fake.stripe(api_key=fake.publishable_key)
    path = f"/v1/payment_intents/{intent.id}"

    with pytest.raises(stripe.PermissionError):
        browser.v1.payment_intents.retrieve(intent.id)
    with pytest.raises(stripe.PermissionError):
        browser.raw_request("post", f"{path}/cancel", client_secret=intent.client_secret)
    browser.raw_request(
        "post",
        f"{path}/confirm",
        client_secret=intent.client_secret,
        payment_method="pm_card_visa",
    )

    assert client.v1.payment_intents.retrieve(intent.id).status == "succeeded"


def test_funds_are_pending_until_their_day(
    fake: FakeStripe, client: StripeClient, pay: Pay
) -> None:
    fake.configure(funds_delay=2 * 24 * 3600)
    pay(10_000)
    pay(1000, card="pm_card_bypassPending")
    balance = client.v1.balance.retrieve()
    assert (balance.available[0].amount, balance.pending[0].amount) == (965, 9830)
    later = client.v1.balance_transactions.list({"type": "charge"}).data[-1]
    assert (later.status, later.available_on) == ("pending", NOW + 2 * 24 * 3600)

    fake.advance(days=2)

    balance = client.v1.balance.retrieve()
    assert (balance.available[0].amount, balance.pending[0].amount) == (10_795, 0)
    assert client.v1.balance_transactions.retrieve(later.id).status == "available"
