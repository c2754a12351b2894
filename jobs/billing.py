"""Sends to Stripe what SQL decided about customers, and fetches what its news leave open."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import stripe

from jobs.database import Collection, Database
from jobs.stripe_calls import CallFailed, Lease, StripeCalls
from jobs.stripe_failures import Outcome
from lplate.stripe_client import as_dict, make_payment_intent

Payload = dict[str, Any]

# Stripe asks whoever confirms for a page to come back to. A charge in the payer's absence leads
# nobody anywhere.
RETURN_URL = "https://stripe.com/"


class BillingCommands:
    """The outbox's commands about billing. What Stripe then did, its events say."""

    def __init__(self, client: stripe.StripeClient, database: Database, calls: StripeCalls) -> None:
        self._client = client
        self._stripe = client.v1
        self._database = database
        self._calls = calls
        self.handlers: dict[str, Callable[[Payload, Lease], None]] = {
            "collect_lesson": self._collect_lesson,
            "delete_customer": self._delete_customer,
            "set_default_payment_method": self._set_default_payment_method,
            "detach_payment_method": self._detach_payment_method,
            "withdraw_subscription": self._withdraw_subscription,
            "fetch_billing_object": self._fetch_billing_object,
        }
        self._retrieve: dict[str, Callable[[str], Any]] = {
            "customer": self._stripe.customers.retrieve,
            "payment_method": self._stripe.payment_methods.retrieve,
            "setup_intent": self._stripe.setup_intents.retrieve,
            "product": self._stripe.products.retrieve,
            "price": self._stripe.prices.retrieve,
            "subscription": self._stripe.subscriptions.retrieve,
            "invoice": self._stripe.invoices.retrieve,
            "invoice_payment": self._stripe.invoice_payments.retrieve,
        }

    def _collect_lesson(self, payload: Payload, lease: Lease) -> None:
        """Charge a lesson to the saved card of its payer, who is not there.

        A decline is an answer too, and so is that the payer was first: the intent tells it.
        """
        booking_id, number = UUID(payload["booking_id"]), payload["number"]
        due = self._database.open_collection(booking_id, number)
        if due is None:
            return
        intent_id = due.stripe_payment_intent_id or self._make_intent(due, lease)
        try:
            intent = self._calls.make(
                lease, lambda: self._charge(intent_id, due, payload["idempotency_key"])
            )
        except CallFailed as error:
            if error.failure.outcome is not Outcome.REFUSED:
                raise
            intent = self._calls.make(
                lease,
                lambda: as_dict(self._stripe.payment_intents.retrieve(intent_id), "payment_intent"),
            )
        intent.pop("client_secret", None)
        self._database.record_collection(booking_id, number, due.payment_id, intent)

    def _make_intent(self, due: Collection, lease: Lease) -> str:
        intent = self._calls.make(
            lease, lambda: make_payment_intent(self._client, due.intent, due.intent_key)
        )
        id: str = intent["id"]
        return id

    def _charge(self, intent_id: str, due: Collection, key: str) -> dict[str, Any]:
        payer: Any = {"customer": due.stripe_customer_id}
        if due.receipt_email:
            payer["receipt_email"] = due.receipt_email
        self._stripe.payment_intents.update(intent_id, payer)
        confirmed = self._stripe.payment_intents.confirm(
            intent_id,
            {
                "payment_method": due.stripe_payment_method_id,
                "off_session": True,
                "return_url": RETURN_URL,
            },
            {"idempotency_key": f"{key}:{due.payment_id}"},
        )
        return as_dict(confirmed, "payment_intent")

    def _delete_customer(self, payload: Payload, lease: Lease) -> None:
        """Delete a customer, unless an earlier try did."""
        try:
            self._calls.make(lease, lambda: self._stripe.customers.delete(payload["customer"]))
        except CallFailed as error:
            if error.failure.code != "resource_missing":
                raise

    def _set_default_payment_method(self, payload: Payload, lease: Lease) -> None:
        """Have invoices paid with a card, unless it, or what they are for, ended meanwhile."""

        def change() -> object:
            return self._stripe.customers.update(
                payload["customer"],
                {"invoice_settings": {"default_payment_method": payload["payment_method"]}},
            )

        self._unless_gone(lease, change)
        for subscription in payload["subscriptions"]:

            def change_subscription(id: str = subscription) -> object:
                return self._stripe.subscriptions.update(
                    id, {"default_payment_method": payload["payment_method"]}
                )

            self._unless_gone(lease, change_subscription)

    def _detach_payment_method(self, payload: Payload, lease: Lease) -> None:
        """Remove a card, unless an earlier try did."""
        method = payload["payment_method"]
        self._unless_gone(lease, lambda: self._stripe.payment_methods.detach(method))

    def _withdraw_subscription(self, payload: Payload, lease: Lease) -> None:
        """End a subscription at once, and refund what was paid for it, unless that was done."""
        subscription = payload["subscription"]
        try:
            self._calls.make(lease, lambda: self._stripe.subscriptions.cancel(subscription))
        except CallFailed as error:
            if error.failure.code != "resource_missing":
                raise
        for refund in payload["refunds"]:
            if not self._is_refunded(refund, lease):
                self._refund(refund, lease)

    def _is_refunded(self, refund: Payload, lease: Lease) -> bool:
        def look() -> list[dict[str, Any]]:
            page = self._stripe.refunds.list(
                {"payment_intent": refund["payment_intent"], "limit": 100}
            )
            return [as_dict(made, "refund") for made in page.auto_paging_iter()]

        made = self._calls.make(lease, look)
        return any(one["metadata"] == _named(refund) for one in made)

    def _refund(self, refund: Payload, lease: Lease) -> None:
        def make() -> object:
            return self._stripe.refunds.create(
                {
                    "payment_intent": refund["payment_intent"],
                    "amount": refund["amount_cents"],
                    "metadata": _named(refund),
                },
                {"idempotency_key": ":".join(["withdraw", *_named(refund).values()])},
            )

        self._calls.make(lease, make)

    def _unless_gone(self, lease: Lease, act: Callable[[], object]) -> None:
        """Do something, for which it is as well if Stripe says that there is nothing to do."""
        try:
            self._calls.make(lease, act)
        except CallFailed as error:
            if error.failure.outcome is not Outcome.REFUSED:
                raise

    def _fetch_billing_object(self, payload: Payload, lease: Lease) -> None:
        """Settle which news of an object was the last of its second, unless it is gone by now."""
        kind, id = payload["kind"], payload["id"]
        try:
            found = self._calls.make(lease, lambda: as_dict(self._retrieve[kind](id), kind))
        except CallFailed as error:
            if error.failure.code != "resource_missing":
                raise
            return
        found.pop("client_secret", None)
        self._database.record_billing_object(found, datetime.fromisoformat(payload["settles_at"]))


def _named(refund: Payload) -> dict[str, str]:
    """Name the payment that goes back and, if a dispute gave it back first, the dispute."""
    named = {"withdrawn_invoice_payment_id": refund["invoice_payment_id"]}
    return named | ({"reinstated_by": refund["dispute"]} if "dispute" in refund else {})
