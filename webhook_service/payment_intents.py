"""POST /payment-intents: what a browser needs to pay for an order."""

from typing import Any, Self
from uuid import UUID

from flask import Blueprint
from pydantic import model_validator
from stripe import StripeClient

from lplate.stripe_client import as_dict, make_payment_intent
from webhook_service.auth import Authenticator
from webhook_service.bodies import Body, parse_body
from webhook_service.database import Database, OpenPayment


class PaymentIntentRequest(Body):
    """What the caller wants to pay: an order, named by its id or by a booking or hours of it."""

    order_id: UUID | None = None
    booking_id: UUID | None = None
    credit_id: UUID | None = None

    @model_validator(mode="after")
    def names_one_thing(self) -> Self:
        """Refuse a request that names several things, or nothing."""
        if [self.order_id, self.booking_id, self.credit_id].count(None) != 2:
            raise ValueError("send one of order_id, booking_id and credit_id")
        return self

    @property
    def ordered_id(self) -> UUID:
        """The id of the order, booking or purchase of hours that is to be paid."""
        (ordered_id,) = filter(None, [self.order_id, self.booking_id, self.credit_id])
        return ordered_id


def make_blueprint(
    database: Database, stripe: StripeClient, auth: Authenticator, publishable_key: str | None
) -> Blueprint:
    """Make the endpoint that opens a payment and its PaymentIntent."""
    blueprint = Blueprint("payment_intents", __name__)

    @blueprint.route(
        "/payment-intents", methods=["POST", "OPTIONS"], provide_automatic_options=True
    )
    def create_payment_intent() -> dict[str, Any]:
        """Return what a browser needs to pay: the client secret, and whose key it goes with.

        {payment_intent_id, client_secret, publishable_key, status, amount_cents, currency,
        hold_expires_at}: `status` is Stripe's, such as requires_action; `publishable_key` is null
        if the service has not been told it.

        Repeating the request finds the same payment and the same PaymentIntent.
        """
        user_id = auth.user_id()
        body = parse_body(PaymentIntentRequest)
        payment = database.open_payment(user_id, body.ordered_id)
        intent = create_or_retrieve(stripe, payment)
        # Whoever holds the client secret can pay with it, so it is passed on and never stored.
        client_secret = intent.pop("client_secret", None)
        database.record_payment_intent(payment.payment_id, intent)
        return {
            "payment_intent_id": intent["id"],
            "client_secret": client_secret,
            "publishable_key": publishable_key,
            "status": intent["status"],
            "amount_cents": payment.amount_cents,
            "currency": payment.currency,
            "hold_expires_at": payment.hold_expires_at.isoformat(),
        }

    return blueprint


def create_or_retrieve(stripe: StripeClient, payment: OpenPayment) -> dict[str, Any]:
    """Make the PaymentIntent under the payment's idempotency key, or fetch the one it has."""
    if payment.stripe_payment_intent_id:
        intent = stripe.v1.payment_intents.retrieve(payment.stripe_payment_intent_id)
        return as_dict(intent, "payment_intent")
    fields = {
        "amount": payment.amount_cents,
        "currency": payment.currency,
        "capture_method": payment.capture_method,
        "description": payment.description,
        "transfer_group": payment.transfer_group,
        "metadata": payment.metadata,
    }
    return make_payment_intent(stripe, fields, payment.idempotency_key)
