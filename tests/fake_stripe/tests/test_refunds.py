from __future__ import annotations

import threading

import pytest
import stripe
from stripe import StripeClient

from .. import ControlError, FakeStripe
from .conftest import Pay


def test_a_refund_in_parts_never_exceeds_the_payment(
    fake: FakeStripe, client: StripeClient, pay: Pay
) -> None:
    intent = pay(10_000)
    part = client.v1.refunds.create(
        {"payment_intent": intent.id, "amount": 4000, "reason": "requested_by_customer"}
    )
    assert (part.status, part.amount, part.charge) == ("succeeded", 4000, intent.latest_charge)

    with pytest.raises(stripe.InvalidRequestError) as too_much:
        client.v1.refunds.create({"payment_intent": intent.id, "amount": 6001})
    assert (too_much.value.param, too_much.value.code) == ("amount", None)
    assert "£60.01" in str(too_much.value)

    rest = client.v1.refunds.create({"charge": str(intent.latest_charge)})
    assert rest.amount == 6000
    charge = client.v1.charges.retrieve(str(intent.latest_charge))
    assert (charge.amount_refunded, charge.refunded) == (10_000, True)
    with pytest.raises(stripe.InvalidRequestError) as twice:
        client.v1.refunds.create({"payment_intent": intent.id})
    assert twice.value.code == "charge_already_refunded"
    listed = client.v1.refunds.list({"payment_intent": intent.id})
    assert [refund.id for refund in listed.data] == [rest.id, part.id]
    assert fake.funds() == -170


def test_a_refund_announces_itself_and_its_charge(
    fake: FakeStripe, client: StripeClient, pay: Pay
) -> None:
    intent = pay()
    client.v1.refunds.create({"payment_intent": intent.id, "amount": 10})

    created, refunded, updated, also = fake.events()[-4:]

    assert [event["type"] for event in (created, refunded, updated, also)] == [
        "refund.created",
        "charge.refunded",
        "refund.updated",
        "charge.refund.updated",
    ]
    assert refunded["data"]["previous_attributes"] == {"amount_refunded": 0}
    assert updated["data"]["previous_attributes"].keys() == {"destination_details"}


def test_a_refund_can_fail_after_it_succeeded(
    fake: FakeStripe, client: StripeClient, pay: Pay
) -> None:
    intent = pay(10_000, card="pm_card_refundFail")
    before = fake.funds()
    refund = client.v1.refunds.create({"payment_intent": intent.id})
    assert refund.status == "succeeded"

    fake.advance(hours=1)

    failed = client.v1.refunds.retrieve(refund.id)
    assert (failed.status, failed.failure_reason) == ("failed", "unknown")
    assert failed.failure_balance_transaction
    assert fake.funds() == before
    charge = client.v1.charges.retrieve(str(intent.latest_charge))
    assert (charge.amount_refunded, charge.refunded) == (0, False)
    assert [event["type"] for event in fake.events()[-3:]] == [
        "refund.failed",
        "refund.updated",
        "charge.refund.updated",
    ]
    again = client.v1.refunds.create({"payment_intent": intent.id, "amount": 1})
    fake.fail_refund(again.id, "lost_or_stolen_card")
    assert client.v1.refunds.retrieve(again.id).failure_reason == "lost_or_stolen_card"


def test_a_pending_refund_succeeds_later(fake: FakeStripe, client: StripeClient, pay: Pay) -> None:
    intent = pay(card="pm_card_pendingRefund")
    refund = client.v1.refunds.create({"payment_intent": intent.id})
    assert refund.status == "pending"
    fake.advance(hours=1)
    assert client.v1.refunds.retrieve(refund.id).status == "succeeded"
    assert fake.events("refund.updated")[-1]["data"]["previous_attributes"] == {"status": "pending"}


def test_a_refund_waits_for_funds_when_the_balance_may_not_be_overdrawn(
    fake: FakeStripe, client: StripeClient, pay: Pay
) -> None:
    fake.configure(refunds_may_overdraw=False)
    refund = client.v1.refunds.create({"payment_intent": pay(1000).id})
    assert (refund.status, refund.pending_reason) == ("pending", "insufficient_funds")
    assert refund.balance_transaction is None

    fake.add_funds(500)
    fake.finish_refund(refund.id)

    done = client.v1.refunds.retrieve(refund.id)
    assert done.status == "succeeded"
    assert done.balance_transaction
    assert fake.funds() == 1000 - 35 + 500 - 1000


def test_what_was_not_paid_is_not_refunded(
    fake: FakeStripe, client: StripeClient, pay: Pay
) -> None:
    unpaid = client.v1.payment_intents.create({"amount": 1000, "currency": "gbp"})
    with pytest.raises(stripe.InvalidRequestError, match="successful charge"):
        client.v1.refunds.create({"payment_intent": unpaid.id})
    with pytest.raises(stripe.InvalidRequestError, match="One of the following params"):
        client.v1.refunds.create({"amount": 5})
    with pytest.raises(stripe.InvalidRequestError, match="No such charge: 'ch_nope'") as missing:
        client.v1.refunds.create({"charge": "ch_nope"})
    assert (missing.value.http_status, missing.value.param) == (404, "id")

    reserved = pay(capture_method="manual")
    with pytest.raises(stripe.InvalidRequestError, match="must cancel the PaymentIntent"):
        client.v1.refunds.create({"payment_intent": reserved.id})
    with pytest.raises(ControlError, match="must cancel the PaymentIntent"):
        fake.refund_in_dashboard(reserved.id)
    assert fake.objects("refund") == []


def test_a_refund_in_the_dashboard_says_nothing_of_ours(
    fake: FakeStripe, client: StripeClient, pay: Pay
) -> None:
    intent = pay(10_000, metadata={"booking_id": "b1"})

    part = fake.refund_in_dashboard(intent.id, 2500)
    rest = fake.refund_in_dashboard(intent.id, reason=None)

    assert (part["amount"], part["metadata"], part["reason"]) == (
        2500,
        {},
        "requested_by_customer",
    )
    assert (rest["amount"], rest["reason"]) == (7500, None)
    created = fake.events("refund.created")
    assert [event["data"]["object"]["id"] for event in created] == [part["id"], rest["id"]]
    assert {event["request"]["id"] for event in created} == {None}
    charge = client.v1.charges.retrieve(str(intent.latest_charge))
    assert (charge.amount_refunded, charge.refunded) == (10_000, True)
    with pytest.raises(ControlError, match="already been refunded"):
        fake.refund_in_dashboard(intent.id)


def test_a_test_decides_what_becomes_of_a_refund(
    fake: FakeStripe, client: StripeClient, pay: Pay
) -> None:
    fake.configure(refunds_wait=True)
    intent = pay(10_000)
    paid = fake.funds()
    first, second, third = (
        client.v1.refunds.create({"payment_intent": intent.id, "amount": amount})
        for amount in (1000, 2000, 3000)
    )
    assert {refund.status for refund in (first, second, third)} == {"pending"}
    assert fake.funds() == paid - 6000

    fake.finish_refund(first.id)
    fake.fail_refund(second.id, "expired_or_canceled_card")
    fake.cancel_refund(third.id)

    read = [client.v1.refunds.retrieve(refund.id) for refund in (first, second, third)]
    assert [refund.status for refund in read] == ["succeeded", "failed", "canceled"]
    assert read[1].failure_reason == "expired_or_canceled_card"
    assert read[2].failure_reason == "merchant_request"
    for gone in read[1:]:
        back = client.v1.balance_transactions.retrieve(str(gone.failure_balance_transaction))
        assert (back.amount, back.type) == (gone.amount, "refund_failure")
    assert fake.funds() == paid - 1000
    charge = client.v1.charges.retrieve(str(intent.latest_charge))
    assert (charge.amount_refunded, charge.refunded) == (1000, False)
    assert [event["type"] for event in fake.events("refund.*")[3:]] == [
        "refund.updated",
        "refund.failed",
        "refund.updated",
        "refund.updated",
    ]
    with pytest.raises(ControlError, match="has a status of canceled"):
        fake.finish_refund(third.id)


def test_a_refund_may_have_to_wait_for_the_customer(
    fake: FakeStripe, client: StripeClient, pay: Pay
) -> None:
    fake.configure(refunds_wait=True)
    intent = pay(10_000)
    paid = fake.funds()
    refund = client.v1.refunds.create({"payment_intent": intent.id, "amount": 1000})
    with pytest.raises(stripe.InvalidRequestError, match="Canceling this refund is unsupported"):
        client.v1.refunds.cancel(refund.id)

    fake.ask_customer(refund.id)

    waiting = client.v1.refunds.retrieve(refund.id)
    assert waiting.status == "requires_action"
    assert waiting.next_action is not None
    cancelled = client.v1.refunds.cancel(refund.id)
    assert (cancelled.status, cancelled.failure_reason) == ("canceled", "merchant_request")
    assert "next_action" not in cancelled.to_dict()
    assert fake.funds() == paid

    answered = client.v1.refunds.create({"payment_intent": intent.id, "amount": 1000})
    fake.ask_customer(answered.id)
    fake.finish_refund(answered.id)
    assert client.v1.refunds.retrieve(answered.id).status == "succeeded"
    assert fake.funds() == paid - 1000


def test_the_banks_own_time_does_not_undo_what_a_test_decided(
    fake: FakeStripe, client: StripeClient, pay: Pay
) -> None:
    refund = client.v1.refunds.create({"payment_intent": pay(card="pm_card_pendingRefund").id})
    fake.fail_refund(refund.id)
    fake.advance(hours=2)
    assert client.v1.refunds.retrieve(refund.id).status == "failed"


def test_a_refunds_metadata_can_be_changed(
    fake: FakeStripe, client: StripeClient, pay: Pay
) -> None:
    refund = client.v1.refunds.create({"payment_intent": pay().id, "metadata": {"a": "1"}})

    changed = client.v1.refunds.update(refund.id, {"metadata": {"b": "2"}})

    assert changed.metadata is not None
    assert changed.metadata.to_dict() == {"a": "1", "b": "2"}
    updated = fake.events("refund.updated")[-1]
    assert updated["data"]["previous_attributes"] == {"metadata": {"a": "1"}}


def test_concurrent_refunds_cannot_exceed_the_payment(fake: FakeStripe, pay: Pay) -> None:
    intent = pay(10_000)
    outcomes: list[str] = []

    def refund() -> None:
        try:
            fake.stripe().v1.refunds.create({"payment_intent": intent.id, "amount": 6000})
            outcomes.append("refunded")
        except stripe.InvalidRequestError:
            outcomes.append("refused")

    threads = [threading.Thread(target=refund) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["refunded"] + ["refused"] * 7
