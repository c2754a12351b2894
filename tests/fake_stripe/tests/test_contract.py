"""The stand-in cannot drift into fiction: every object is held against Stripe's own shapes."""

from __future__ import annotations

import json
from typing import Any

import pytest
import stripe
from stripe.params import DisputeUpdateParamsEvidence

from .. import FakeStripe
from ..params import names_in_package
from ..routes import ENDPOINTS
from ..shapes import sample
from .conftest import Pay
from .shape_check import CLASSES, SOMETIMES, complaints

Json = dict[str, Any]


@pytest.fixture
def everything(
    fake: FakeStripe, client: stripe.StripeClient, pay: Pay, account: stripe.Account
) -> list[Json]:
    """Objects of every type, in as many states as they have, and every event's snapshot."""
    answers: list[Json] = []

    def get(path: str) -> None:
        raw = client.raw_request("get", path)
        answers.append(raw.data)

    customer = client.v1.customers.create({"email": "learner@example.com"})
    paid = pay(10_000, customer=customer.id, transfer_group="lesson-1", metadata={"a": "b"})
    with pytest.raises(stripe.CardError):
        pay(card="pm_card_chargeDeclined")
    challenged = pay(card="pm_card_authenticationRequired")
    pay(card="pm_card_authenticationRequired")
    fake.authenticate(challenged.id, succeeds=False)
    held = pay(capture_method="manual")
    client.v1.payment_intents.capture(held.id, {"amount_to_capture": 1000})
    client.v1.payment_intents.cancel(
        pay(capture_method="manual").id, {"cancellation_reason": "abandoned"}
    )
    client.v1.payment_intents.create({"amount": 1000, "currency": "gbp"})
    client.v1.refunds.create({"payment_intent": paid.id, "amount": 100})
    for card in ("pm_card_pendingRefund", "pm_card_refundFail"):
        client.v1.refunds.create({"payment_intent": pay(card=card).id, "reason": "duplicate"})
    fake.configure(refunds_may_overdraw=False)
    poor = pay(currency="eur")
    client.v1.refunds.create({"payment_intent": poor.id})
    fake.configure(refunds_may_overdraw=True)
    fake.advance(hours=2)
    money_comes_back(fake, client, pay)
    fake.add_funds(10_000)
    transfer = client.v1.transfers.create(
        {"amount": 900, "currency": "gbp", "destination": account.id, "transfer_group": "g"}
    )
    client.v1.transfers.reversals.create(transfer.id, {"amount": 100})
    fake.cancel_payout(fake.pay_out(account.id)["id"])
    fake.fail_payout(fake.pay_out(account.id)["id"])
    fake.pay_out(account.id, arrives_in=3600)
    fake.advance(hours=0.6)
    in_transit = fake.objects("payout")[-1]
    fake.advance(hours=0.5)
    by_controller = client.v1.accounts.create(
        {
            "controller": {
                "fees": {"payer": "application"},
                "losses": {"payments": "application"},
                "stripe_dashboard": {"type": "express"},
            },
            "capabilities": {"transfers": {"requested": True}},
        }
    )
    fake.restrict(by_controller.id)
    for path in ("/v1/balance", f"/v1/charges/{paid.latest_charge}?expand[]=refunds"):
        get(path)
    link = client.v1.account_links.create(
        {
            "account": account.id,
            "refresh_url": "https://example.com/again",
            "return_url": "https://example.com/done",
            "type": "account_onboarding",
        }
    )
    login = client.v1.accounts.login_links.create(account.id)
    answers += [link.to_dict(), login.to_dict(), in_transit]
    subscribers_come_and_go(fake, client, customer.id)
    for kind in CLASSES:
        answers += fake.objects(kind)
    answers += [event["data"]["object"] for event in fake.events()]
    plain: list[Json] = json.loads(json.dumps(answers))
    return [thing for thing in plain if thing["object"] != "application"]


def money_comes_back(fake: FakeStripe, client: stripe.StripeClient, pay: Pay) -> None:
    fake.configure(refunds_wait=True)
    for _ in range(2):
        refund = client.v1.refunds.create({"payment_intent": pay().id, "metadata": {"a": "b"}})
        fake.ask_customer(refund.id)
    fake.cancel_refund(refund.id)
    fake.configure(refunds_wait=False, payments_wait=True)
    pay()
    fake.finish_payment(pay().id, succeeds=False)
    fake.configure(payments_wait=False)

    def dispute(**options: Any) -> str:
        charge = str(pay().latest_charge)
        fake.warn_of_fraud(charge)
        return str(fake.open_dispute(charge, **options)["id"])

    evidence: DisputeUpdateParamsEvidence = {"uncategorized_text": "He drove."}
    fake.end_dispute(dispute(), "won", returns_fee=True)
    fake.end_dispute(dispute(reason="general"), "lost", 10)
    client.v1.disputes.update(dispute(), {"evidence": evidence, "metadata": {"a": "b"}})
    dispute(status="prevented")
    fake.escalate_dispute(dispute(status="warning_needs_response"))
    inquiries = [dispute(status="warning_needs_response") for _ in range(3)]
    client.v1.disputes.update(inquiries[0], {"evidence": evidence})
    fake.end_dispute(inquiries[1], "warning_closed")
    pay(capture_method="manual")
    fake.advance(days=7)


def subscribers_come_and_go(fake: FakeStripe, client: stripe.StripeClient, customer: str) -> None:
    """Cards are saved, renewed and removed; subscriptions paid, unpaid, changed and ended."""
    asked, saved, refused = (
        client.v1.setup_intents.create({"customer": customer}).id for _ in range(3)
    )
    card = "pm_card_authenticationRequired"
    client.v1.setup_intents.confirm(asked, {"payment_method": card})
    fake.save_card(saved)
    with pytest.raises(stripe.CardError):
        client.v1.setup_intents.confirm(refused, {"payment_method": "pm_card_chargeDeclined"})
    method = fake.objects("setup_intent")[1]["payment_method"]
    fake.renew_card(method)
    client.v1.payment_methods.detach(method)
    product = client.v1.products.create({"name": "Pro", "metadata": {"features": "reports"}})
    month, year = (
        client.v1.prices.create(
            {
                "product": product.id,
                "currency": "gbp",
                "unit_amount": amount,
                "recurring": {"interval": interval},
            }
        )
        for interval, amount in (("month", 900), ("year", 9000))
    )
    client.v1.products.update(product.id, {"description": "For schools."})
    for trial in (None, 14):
        wishes: Any = {"billing_mode": {"type": "flexible"}, "metadata": {"a": "b"}}
        session = client.v1.checkout.sessions.create(
            {
                "mode": "subscription",
                "customer": customer,
                "line_items": [{"price": month.id, "quantity": 1}],
                "subscription_data": wishes | ({"trial_period_days": trial} if trial else {}),
                "success_url": "https://example.com/done",
                "cancel_url": "https://example.com/again",
            }
        )
        subscription = fake.complete_checkout(session.id)
        fake.renew_subscription(subscription["id"])
        fake.alter_subscription(subscription["id"], "change_plan", price=year.id)
        for wish in ("pause", "resume", "cancel_at_period_end", "keep", "warn_of_trial_end"):
            fake.alter_subscription(subscription["id"], wish)
    card = subscription["default_payment_method"]
    for outcome in ("void", "uncollectible", "outside", "in part"):
        fake.spoil_card(card, "pm_card_chargeDeclined")
        invoice = fake.renew_subscription(subscription["id"])["latest_invoice"]
        fake.spoil_card(card, "pm_card_visa")
        if outcome == "outside":
            fake.pay_invoice_outside(invoice)
        elif outcome == "in part":
            fake.pay_invoice_in_part(invoice, card, 100)
            fake.pay_invoice_in_part(invoice, card, 10_000)
        else:
            fake.close_invoice(invoice, outcome)
    fake.alter_subscription(subscription["id"], "pause_for_want_of_a_card")
    fake.alter_subscription(subscription["id"], "cancel")
    client.v1.billing_portal.sessions.create(
        {"customer": customer, "return_url": "https://example.com/account"}
    )


def test_every_object_is_as_stripe_shapes_it(everything: list[Json]) -> None:
    found = {complaint for thing in everything for complaint in complaints(thing)}
    assert not found, "\n".join(sorted(found))


def test_every_type_and_every_optional_field_was_seen(everything: list[Json]) -> None:
    assert {thing["object"] for thing in everything} == set(CLASSES)
    for kind, names in SOMETIMES.items():
        seen = {name for thing in everything if thing["object"] == kind for name in thing}
        assert names <= seen


def test_every_state_was_seen(everything: list[Json]) -> None:
    def states(kind: str, field: str = "status") -> set[str]:
        return {thing[field] for thing in everything if thing["object"] == kind}

    assert states("payment_intent") == {
        "requires_payment_method",
        "requires_confirmation",
        "requires_action",
        "requires_capture",
        "processing",
        "succeeded",
        "canceled",
    }
    assert states("charge") == {"pending", "succeeded", "failed"}
    assert states("refund") == {"pending", "requires_action", "succeeded", "failed", "canceled"}
    assert states("dispute") == {
        "warning_needs_response",
        "warning_under_review",
        "warning_closed",
        "needs_response",
        "under_review",
        "won",
        "lost",
        "prevented",
    }
    assert states("setup_intent") == {
        "requires_action",
        "requires_payment_method",
        "succeeded",
    }
    assert states("subscription") == {
        "incomplete",
        "trialing",
        "active",
        "past_due",
        "paused",
        "canceled",
    }
    assert states("invoice") == {"draft", "open", "paid", "uncollectible", "void"}
    assert states("invoice_payment") == {"open", "paid"}
    assert states("capability") == {"active", "inactive"}
    assert states("payout") == {"pending", "in_transit", "paid", "failed", "canceled"}


@pytest.mark.parametrize(
    ("damage", "complaint"),
    [
        ({"status": 3}, "refund.status is int, not str"),
        ({"invented": None}, "refund.invented is not in Stripe's fixture"),
        ({"amount": "12"}, "refund.amount is str, not int"),
        ({"reason": "because"}, "refund.reason is 'because'"),
        ({"destination_details": {"crypt": {}}}, "refund.destination_details.crypt is not"),
    ],
)
def test_an_object_that_is_not_stripes_is_noticed(damage: Json, complaint: str) -> None:
    found = complaints(sample("refund") | damage)
    assert any(line.startswith(complaint) for line in found), found


def test_a_missing_field_is_noticed() -> None:
    refund = sample("refund")
    del refund["charge"]
    assert complaints(refund) == ["refund.charge is missing"]


def test_every_parameter_is_one_that_the_package_knows() -> None:
    for endpoint in ENDPOINTS:
        more = {"client_secret"} if endpoint.path.endswith("/confirm") else set()
        if endpoint.path.startswith("/v2/"):
            more = {"page"}  # in the address of the next page, which the package only follows
        known = names_in_package(endpoint.params_class) | more
        unknown = endpoint.spec.keys() - known
        assert not unknown, f"{endpoint.method} {endpoint.path}: {unknown}"


def test_every_event_type_is_one_that_the_package_knows(
    fake: FakeStripe, everything: list[Json]
) -> None:
    del everything
    declared = str(stripe.Event.__annotations__["type"])
    emitted = {event["type"] for event in fake.events()}
    assert len(emitted) >= 15
    assert {type for type in emitted if f"'{type}'" not in declared} == set()
    assert {event["api_version"] for event in fake.events()} == {stripe.api_version}
