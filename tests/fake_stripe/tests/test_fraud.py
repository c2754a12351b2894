from __future__ import annotations

import pytest
import stripe
from stripe import StripeClient

from .. import FakeStripe
from .conftest import Pay

KIND = "radar.early_fraud_warning"


def test_an_issuer_warns_of_a_payment_without_moving_money(
    fake: FakeStripe, client: StripeClient, pay: Pay
) -> None:
    intent, other = pay(), pay()
    before = fake.funds()

    made = fake.warn_of_fraud(str(intent.latest_charge))

    warning = client.v1.radar.early_fraud_warnings.retrieve(made["id"])
    assert (warning.charge, warning.payment_intent) == (intent.latest_charge, intent.id)
    assert (warning.actionable, warning.fraud_type) == (True, "unauthorized_use_of_card")
    assert fake.funds() == before
    (event,) = fake.events(KIND + ".*")
    assert (event["type"], event["data"]["object"]) == (KIND + ".created", made)
    assert isinstance(
        stripe.Event.construct_from(event, None).data.object, stripe.radar.EarlyFraudWarning
    )
    warnings = client.v1.radar.early_fraud_warnings
    assert [it.id for it in warnings.list({"payment_intent": intent.id}).data] == [warning.id]
    assert warnings.list({"charge": str(other.latest_charge)}).data == []


@pytest.mark.parametrize("ends_by", ["dispute", "inquiry", "refund"])
def test_a_warning_lapses_with_its_cause(
    fake: FakeStripe, client: StripeClient, pay: Pay, ends_by: str
) -> None:
    intent = pay(1000)
    charge = str(intent.latest_charge)
    warning = fake.warn_of_fraud(charge)
    client.v1.refunds.create({"payment_intent": intent.id, "amount": 1})
    assert fake.events(KIND + ".updated") == []

    if ends_by == "refund":
        client.v1.refunds.create({"payment_intent": intent.id})
    else:
        inquires = ends_by == "inquiry"
        fake.open_dispute(charge, status="warning_needs_response" if inquires else "needs_response")

    assert not client.v1.radar.early_fraud_warnings.retrieve(warning["id"]).actionable
    (updated,) = fake.events(KIND + ".updated")
    assert updated["data"]["previous_attributes"] == {"actionable": True}
    assert not fake.warn_of_fraud(charge)["actionable"]
