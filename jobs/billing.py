"""Sends to Stripe what SQL decided about customers, and fetches what its news leave open."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import stripe

from jobs.database import Database
from jobs.stripe_calls import CallFailed, Lease, StripeCalls
from jobs.stripe_failures import Outcome
from lplate.stripe_client import as_dict

Payload = dict[str, Any]


class BillingCommands:
    """The outbox's commands about billing. What Stripe then did, its events say."""

    def __init__(self, client: stripe.StripeClient, database: Database, calls: StripeCalls) -> None:
        self._stripe = client.v1
        self._database = database
        self._calls = calls
        self.handlers: dict[str, Callable[[Payload, Lease], None]] = {
            "delete_customer": self._delete_customer,
            "set_default_payment_method": self._set_default_payment_method,
            "detach_payment_method": self._detach_payment_method,
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
