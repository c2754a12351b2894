from __future__ import annotations

from collections.abc import Iterable

import pytest
import stripe
from stripe import PaymentIntent, StripeClient

from .. import ControlError, FakeStripe
from .conftest import NOW, Pay

DAY = 24 * 3600


@pytest.fixture
def paid(pay: Pay) -> PaymentIntent:
    """10000 pence, of which 9830 reach the balance."""
    return pay(10_000)


def charge_of(intent: PaymentIntent) -> str:
    return str(intent.latest_charge)


def types(events: Iterable[dict[str, object]]) -> list[object]:
    return [event["type"] for event in events]


def test_a_chargeback_takes_the_amount_and_a_fee(
    fake: FakeStripe, client: StripeClient, paid: PaymentIntent
) -> None:
    before = len(fake.events())

    opened = fake.open_dispute(charge_of(paid), reason="product_not_received")

    dispute = client.v1.disputes.retrieve(opened["id"])
    assert (dispute.status, dispute.reason) == ("needs_response", "product_not_received")
    assert (dispute.amount, dispute.currency) == (10_000, "gbp")
    assert (dispute.charge, dispute.payment_intent) == (paid.latest_charge, paid.id)
    assert not dispute.is_charge_refundable
    assert dispute.payment_method_details is not None
    card = dispute.payment_method_details.card
    assert card is not None
    assert (card.case_type, card.network_reason_code) == ("chargeback", "13.1")
    (taken,) = dispute.balance_transactions
    assert (taken.type, taken.reporting_category) == ("adjustment", "dispute")
    assert (taken.amount, taken.fee, taken.net) == (-10_000, 2000, -12_000)
    assert [(fee.description, fee.amount) for fee in taken.fee_details] == [("Dispute fee", 2000)]
    assert client.v1.balance_transactions.retrieve(taken.id).source == dispute.id
    assert fake.funds() == 9830 - 12_000
    assert client.v1.charges.retrieve(charge_of(paid)).disputed
    created, withdrawn = fake.events()[before:]
    assert types([created, withdrawn]) == [
        "charge.dispute.created",
        "charge.dispute.funds_withdrawn",
    ]
    assert withdrawn["data"]["object"] == opened


def test_the_cardholder_decides_on_the_amount_and_the_platform_on_the_fee(
    fake: FakeStripe, paid: PaymentIntent
) -> None:
    fake.configure(dispute_fee=1500)
    assert fake.open_dispute(charge_of(paid), 12_345)["balance_transactions"][0]["net"] == -13_845
    assert fake.funds() == 9830 - 13_845


def test_there_is_a_week_and_the_rest_of_a_day_to_answer(
    fake: FakeStripe, paid: PaymentIntent
) -> None:
    details = fake.open_dispute(charge_of(paid))["evidence_details"]
    assert 8 * DAY <= details["due_by"] - NOW < 9 * DAY
    assert (details["due_by"] + 1) % DAY == 0
    assert not details["has_evidence"]
    assert not details["past_due"]
    assert details["submission_count"] == 0


def test_evidence_is_staged_and_then_submitted(
    fake: FakeStripe, client: StripeClient, paid: PaymentIntent
) -> None:
    id = fake.open_dispute(charge_of(paid))["id"]

    staged = client.v1.disputes.update(
        id, {"evidence": {"uncategorized_text": "He drove."}, "submit": False}
    )
    assert (staged.status, staged.evidence_details.has_evidence) == ("needs_response", True)
    assert staged.evidence_details.submission_count == 0
    before = len(fake.events())
    submitted = client.v1.disputes.update(id, {"evidence": {"service_date": "1 May"}})

    assert submitted.status == "under_review"
    assert (submitted.evidence.uncategorized_text, submitted.evidence.service_date) == (
        "He drove.",
        "1 May",
    )
    assert submitted.evidence_details.submission_count == 1
    assert not submitted.evidence_details.past_due
    updated, charge_updated = fake.events()[before:]
    assert types([updated, charge_updated]) == ["charge.dispute.updated", "charge.updated"]
    assert updated["data"]["previous_attributes"]["status"] == "needs_response"
    assert charge_updated["data"]["previous_attributes"] == {}


def test_what_was_staged_can_be_submitted_by_itself_and_late(
    fake: FakeStripe, client: StripeClient, paid: PaymentIntent
) -> None:
    id = fake.open_dispute(charge_of(paid))["id"]
    client.v1.disputes.update(id, {"evidence": {"receipt": "file_1"}, "submit": False})
    noted = client.v1.disputes.update(id, {"metadata": {"case": "7"}})
    assert (noted.status, noted.evidence_details.submission_count) == ("needs_response", 0)
    fake.advance(days=10)

    late = client.v1.disputes.update(id, {"submit": True})

    assert late.status == "under_review"
    assert late.evidence_details.past_due


def test_metadata_alone_is_no_answer(
    fake: FakeStripe, client: StripeClient, paid: PaymentIntent
) -> None:
    id = fake.open_dispute(charge_of(paid))["id"]
    noted = client.v1.disputes.update(id, {"metadata": {"case": "7"}})
    assert (noted.status, noted.metadata.to_dict()) == ("needs_response", {"case": "7"})
    with pytest.raises(stripe.InvalidRequestError) as unknown:
        client.raw_request("post", f"/v1/disputes/{id}", evidence={"alibi": "none"})
    assert (unknown.value.code, unknown.value.param) == ("parameter_unknown", "evidence[alibi]")


def test_a_won_dispute_brings_the_money_back_but_not_the_fee(
    fake: FakeStripe, client: StripeClient, paid: PaymentIntent
) -> None:
    id = fake.open_dispute(charge_of(paid))["id"]
    client.v1.disputes.update(id, {"evidence": {"uncategorized_text": "He drove."}})
    before = len(fake.events())

    fake.end_dispute(id, "won")

    dispute = client.v1.disputes.retrieve(id)
    assert (dispute.status, dispute.is_charge_refundable) == ("won", True)
    taken, returned = dispute.balance_transactions
    assert (returned.amount, returned.fee, returned.net) == (10_000, 0, 10_000)
    assert (returned.type, returned.reporting_category) == ("adjustment", "dispute_reversal")
    assert taken.net + returned.net == -2000
    assert fake.funds() == 9830 - 2000
    reinstated, closed, _ = fake.events()[before:]
    assert types(fake.events()[before:]) == [
        "charge.dispute.funds_reinstated",
        "charge.dispute.closed",
        "charge.updated",
    ]
    assert closed["data"]["object"]["status"] == "won"
    assert len(reinstated["data"]["previous_attributes"]["balance_transactions"]) == 1
    assert client.v1.charges.retrieve(charge_of(paid)).disputed
    assert client.v1.refunds.create({"payment_intent": paid.id}).amount == 10_000


def test_the_fee_can_come_back_too(fake: FakeStripe, paid: PaymentIntent) -> None:
    id = fake.open_dispute(charge_of(paid))["id"]
    won = fake.end_dispute(id, "won", returns_fee=True)
    assert won["balance_transactions"][1]["net"] == 12_000
    assert fake.funds() == 9830


def test_a_lost_dispute_keeps_the_money(fake: FakeStripe, paid: PaymentIntent) -> None:
    id = fake.open_dispute(charge_of(paid))["id"]
    before = len(fake.events())

    lost = fake.end_dispute(id, "lost")

    assert (lost["status"], lost["is_charge_refundable"]) == ("lost", False)
    assert len(lost["balance_transactions"]) == 1
    assert fake.funds() == 9830 - 12_000
    assert types(fake.events()[before:]) == ["charge.dispute.closed", "charge.updated"]


def test_a_dispute_can_be_accepted(
    fake: FakeStripe, client: StripeClient, paid: PaymentIntent
) -> None:
    id = fake.open_dispute(charge_of(paid))["id"]
    assert client.v1.disputes.close(id).status == "lost"
    assert types(fake.events())[-2:] == ["charge.dispute.closed", "charge.updated"]


def test_a_dispute_ends_once(fake: FakeStripe, client: StripeClient, paid: PaymentIntent) -> None:
    id = fake.open_dispute(charge_of(paid))["id"]
    fake.end_dispute(id, "lost")
    before = (fake.events(), fake.funds())

    with pytest.raises(stripe.InvalidRequestError, match="This dispute is already closed"):
        client.v1.disputes.close(id)
    with pytest.raises(stripe.InvalidRequestError, match="This dispute is already closed"):
        client.v1.disputes.update(id, {"metadata": {"a": "b"}})
    with pytest.raises(ControlError, match="already closed"):
        fake.end_dispute(id, "won")

    assert (fake.events(), fake.funds()) == before


def test_an_inquiry_moves_no_money(
    fake: FakeStripe, client: StripeClient, paid: PaymentIntent
) -> None:
    opened = fake.open_dispute(charge_of(paid), status="warning_needs_response")

    assert opened["payment_method_details"]["card"]["case_type"] == "inquiry"
    assert (opened["balance_transactions"], opened["is_charge_refundable"]) == ([], True)
    assert types(fake.events())[-1] == "charge.dispute.created"
    answered = client.v1.disputes.update(opened["id"], {"evidence": {"receipt": "file_1"}})
    assert answered.status == "warning_under_review"
    with pytest.raises(ControlError, match="has a status of warning_under_review"):
        fake.end_dispute(opened["id"], "won")
    closed = fake.end_dispute(opened["id"], "warning_closed")
    assert (closed["status"], closed["balance_transactions"]) == ("warning_closed", [])
    assert fake.funds() == 9830


def test_an_inquiry_can_become_a_chargeback(fake: FakeStripe, paid: PaymentIntent) -> None:
    id = fake.open_dispute(charge_of(paid), status="warning_needs_response")["id"]
    before = len(fake.events())

    escalated = fake.escalate_dispute(id)

    assert (escalated["status"], escalated["is_charge_refundable"]) == ("needs_response", False)
    assert escalated["payment_method_details"]["card"]["case_type"] == "chargeback"
    assert fake.funds() == 9830 - 12_000
    assert types(fake.events()[before:]) == [
        "charge.dispute.updated",
        "charge.updated",
        "charge.dispute.funds_withdrawn",
    ]
    with pytest.raises(ControlError, match="has a status of needs_response"):
        fake.escalate_dispute(id)
    with pytest.raises(ControlError, match="has a status of needs_response"):
        fake.end_dispute(id, "warning_closed")


def test_a_full_refund_answers_an_inquiry(
    fake: FakeStripe, client: StripeClient, paid: PaymentIntent
) -> None:
    id = fake.open_dispute(charge_of(paid), status="warning_needs_response")["id"]

    client.v1.refunds.create({"payment_intent": paid.id, "amount": 4000})
    assert client.v1.disputes.retrieve(id).status == "warning_needs_response"
    client.v1.refunds.create({"payment_intent": paid.id})

    closed = client.v1.disputes.retrieve(id)
    assert (closed.status, closed.is_charge_refundable) == ("warning_closed", False)
    assert [event["data"]["object"]["id"] for event in fake.events("charge.dispute.closed")] == [id]


def test_a_dispute_can_be_prevented(fake: FakeStripe, paid: PaymentIntent) -> None:
    at_once = fake.open_dispute(charge_of(paid), status="prevented")
    assert at_once["payment_method_details"]["card"]["case_type"] == "resolution"
    assert at_once["balance_transactions"] == []
    later = fake.open_dispute(charge_of(paid))
    assert fake.end_dispute(later["id"], "prevented")["status"] == "prevented"
    assert fake.funds() == 9830 - 2000


def test_a_charged_back_payment_is_not_refunded(
    fake: FakeStripe, client: StripeClient, paid: PaymentIntent
) -> None:
    id = fake.open_dispute(charge_of(paid), 1000)["id"]
    before = fake.funds()

    def refuse() -> None:
        with pytest.raises(stripe.InvalidRequestError) as refused:
            client.v1.refunds.create({"payment_intent": paid.id, "amount": 1})
        assert refused.value.code == "charge_disputed"
        assert "has been charged back; cannot issue a refund." in str(refused.value)

    refuse()
    fake.end_dispute(id, "lost")
    refuse()
    with pytest.raises(ControlError, match="charged back"):
        fake.refund_in_dashboard(paid.id)
    assert (fake.objects("refund"), fake.funds()) == ([], before)


def test_a_chargeback_stops_a_refund_that_is_under_way(
    fake: FakeStripe, client: StripeClient, paid: PaymentIntent
) -> None:
    fake.configure(refunds_wait=True)
    refund = client.v1.refunds.create({"payment_intent": paid.id, "amount": 4000})

    fake.open_dispute(charge_of(paid))

    stopped = client.v1.refunds.retrieve(refund.id)
    assert (stopped.status, stopped.failure_reason) == (
        "failed",
        "charge_for_pending_refund_disputed",
    )
    assert fake.funds() == 9830 - 12_000


def test_a_fully_refunded_payment_is_not_taken_again(
    fake: FakeStripe, client: StripeClient, paid: PaymentIntent
) -> None:
    client.v1.refunds.create({"payment_intent": paid.id})

    dispute = fake.open_dispute(charge_of(paid))

    assert (dispute["status"], dispute["balance_transactions"]) == ("needs_response", [])
    assert not dispute["is_charge_refundable"]
    assert fake.funds() == -170
    assert types(fake.events())[-1] == "charge.dispute.created"
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.refunds.create({"payment_intent": paid.id})
    assert refused.value.code == "charge_already_refunded"
    won = fake.end_dispute(dispute["id"], "won")
    assert (won["balance_transactions"], won["is_charge_refundable"]) == ([], False)
    assert fake.events("charge.dispute.funds_reinstated") == []
    assert fake.funds() == -170


def test_a_bank_may_take_what_was_refunded_all_the_same(
    fake: FakeStripe, client: StripeClient, paid: PaymentIntent
) -> None:
    client.v1.refunds.create({"payment_intent": paid.id})
    dispute = fake.open_dispute(charge_of(paid), takes_money=True)
    assert fake.funds() == -170 - 12_000
    fake.end_dispute(dispute["id"], "won")
    assert fake.funds() == -170 - 2000


def test_a_lost_dispute_returns_what_was_refunded_before(
    fake: FakeStripe, client: StripeClient, paid: PaymentIntent
) -> None:
    client.v1.refunds.create({"payment_intent": paid.id, "amount": 4000})
    id = fake.open_dispute(charge_of(paid))["id"]
    with pytest.raises(ControlError, match="10001 cannot come back of 10000"):
        fake.end_dispute(id, "lost", 10_001)

    lost = fake.end_dispute(id, "lost", 4000)

    assert [moved["amount"] for moved in lost["balance_transactions"]] == [-10_000, 4000]
    assert (lost["status"], fake.funds()) == ("lost", 9830 - 4000 - 12_000 + 4000)
    assert types(fake.events())[-3:-1] == [
        "charge.dispute.funds_reinstated",
        "charge.dispute.closed",
    ]


def test_disputes_are_found_by_their_payment(
    fake: FakeStripe, client: StripeClient, pay: Pay, paid: PaymentIntent
) -> None:
    other = pay()
    first, second = (fake.open_dispute(charge_of(intent))["id"] for intent in (paid, other))
    disputes = client.v1.disputes
    assert [it.id for it in disputes.list().data] == [second, first]
    assert [it.id for it in disputes.list({"charge": charge_of(paid)}).data] == [first]
    assert [it.id for it in disputes.list({"payment_intent": other.id}).data] == [second]
    expanded = disputes.retrieve(first, {"expand": ["charge", "payment_intent"]})
    assert isinstance(expanded.charge, stripe.Charge)
    assert isinstance(expanded.payment_intent, PaymentIntent)
    with pytest.raises(stripe.InvalidRequestError) as missing:
        disputes.retrieve("du_nope")
    assert (missing.value.http_status, missing.value.param) == (404, "dispute")
    assert "No such dispute: 'du_nope'" in str(missing.value)


def test_only_what_was_captured_is_disputed(fake: FakeStripe, pay: Pay) -> None:
    held = pay(capture_method="manual")
    with pytest.raises(ControlError, match="has not been captured"):
        fake.open_dispute(charge_of(held))
    paid = pay()
    with pytest.raises(ControlError, match="No dispute opens as 'won'"):
        fake.open_dispute(charge_of(paid), status="won")  # type: ignore[arg-type]
    with pytest.raises(ControlError, match="for 'boredom'"):
        fake.open_dispute(charge_of(paid), reason="boredom")
    id = fake.open_dispute(charge_of(paid))["id"]
    with pytest.raises(ControlError, match="No dispute ends as 'open'"):
        fake.end_dispute(id, "open")  # type: ignore[arg-type]
