"""POST /payment-intents: what a browser needs to pay for an order, or the order paid by a card."""

from typing import Any, Self
from uuid import UUID

import stripe
from flask import Blueprint
from pydantic import HttpUrl, model_validator
from stripe import StripeClient

from lplate.stripe_client import as_dict, make_payment_intent
from webhook_service.auth import Authenticator
from webhook_service.bodies import Body, parse_body
from webhook_service.database import Database, OpenPayment, SavedCard

# The steps at which a card can be tried.
TO_BE_PAID = ("pay", "authenticate", "another_card")
# What Stripe says of a PaymentIntent that has been paid or cancelled meanwhile.
UNEXPECTED_STATE = "payment_intent_unexpected_state"


class PaymentIntentRequest(Body):
    """What the caller wants to pay: an order, named by its id or by a booking or hours of it."""

    order_id: UUID | None = None
    booking_id: UUID | None = None
    credit_id: UUID | None = None
    payment_method_id: UUID | None = None
    """A saved card to pay with now."""
    off_session: bool = False
    """Whether the payer is not there to confirm at their bank."""
    return_url: HttpUrl | None = None
    """Where their bank leads them back to."""

    @model_validator(mode="after")
    def says_where_to_return(self) -> Self:
        """Refuse a saved card without the page that the payer's bank leads back to."""
        if self.payment_method_id and not self.return_url:
            raise ValueError("send return_url with payment_method_id")
        return self

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
    database: Database, client: StripeClient, auth: Authenticator, publishable_key: str | None
) -> Blueprint:
    """Make the endpoint that opens a payment and its PaymentIntent."""
    blueprint = Blueprint("payment_intents", __name__)

    @blueprint.route(
        "/payment-intents", methods=["POST", "OPTIONS"], provide_automatic_options=True
    )
    def create_payment_intent() -> dict[str, Any]:
        """Return what a browser needs to pay: the client secret, and whose key it goes with.

        {payment_intent_id, client_secret, publishable_key, status, next_step, amount_cents,
        currency, hold_expires_at}: `status` is Stripe's; `next_step` says what the payer has to do:
        pay, authenticate (at their bank, with the client secret), another_card, wait, start_again
        or none. `publishable_key` is null if the service has not been told it.

        Repeating the request finds the same payment and the same PaymentIntent. With a
        `payment_method_id` it is tried with that saved card; until hold_expires_at the time is
        kept, whatever the bank says.
        """
        user_id = auth.user_id()
        body = parse_body(PaymentIntentRequest)
        card = (
            database.open_saved_card(user_id, body.payment_method_id)
            if body.payment_method_id
            else None
        )
        payment = database.open_payment(user_id, body.ordered_id)
        intent = create_or_retrieve(client, payment)
        # Whoever holds the client secret can pay with it, so it is passed on and never stored.
        client_secret = intent.pop("client_secret", None)
        next_step = database.next_payment_step(intent)
        if next_step in TO_BE_PAID:
            intent = try_to_pay(client, intent, payment, card, body)
            intent.pop("client_secret", None)
            next_step = database.next_payment_step(intent)
        database.record_payment_intent(payment.payment_id, intent)
        return {
            "payment_intent_id": intent["id"],
            "client_secret": client_secret,
            "publishable_key": publishable_key,
            "status": intent["status"],
            "next_step": next_step,
            "amount_cents": payment.amount_cents,
            "currency": payment.currency,
            "hold_expires_at": payment.hold_expires_at.isoformat(),
        }

    return blueprint


def create_or_retrieve(client: StripeClient, payment: OpenPayment) -> dict[str, Any]:
    """Make the PaymentIntent under the payment's idempotency key, or fetch the one it has."""
    if payment.stripe_payment_intent_id:
        intent = client.v1.payment_intents.retrieve(payment.stripe_payment_intent_id)
        return as_dict(intent, "payment_intent")
    fields = {
        "amount": payment.amount_cents,
        "currency": payment.currency,
        "capture_method": payment.capture_method,
        "description": payment.description,
        "transfer_group": payment.transfer_group,
        "metadata": payment.metadata,
    }
    return make_payment_intent(client, fields, payment.idempotency_key)


def try_to_pay(
    client: StripeClient,
    intent: dict[str, Any],
    payment: OpenPayment,
    card: SavedCard | None,
    body: PaymentIntentRequest,
) -> dict[str, Any]:
    """Say who pays, and try the saved card if there is one.

    A decline is an answer too, and so is that another request was first: the intent tells it.
    """
    try:
        intent = name_payer(client, intent, payment, card)
        return pay(client, intent, card, body) if card else intent
    except (stripe.CardError, stripe.InvalidRequestError) as error:
        if isinstance(error, stripe.InvalidRequestError) and error.code != UNEXPECTED_STATE:
            raise
        return as_dict(client.v1.payment_intents.retrieve(intent["id"]), "payment_intent")


def name_payer(
    client: StripeClient, intent: dict[str, Any], payment: OpenPayment, card: SavedCard | None
) -> dict[str, Any]:
    """Tell Stripe who gets the receipt, and whose saved card it is, unless it knows.

    It is no part of making the intent, which must be the same to the byte if it is made again.
    """
    wishes: Any = {
        "receipt_email": payment.receipt_email,
        "customer": card.stripe_customer_id if card else None,
    }
    news = {name: value for name, value in wishes.items() if value and intent[name] != value}
    if not news:
        return intent
    changed = client.v1.payment_intents.update(intent["id"], news)  # type: ignore[arg-type]
    return as_dict(changed, "payment_intent")


def pay(
    client: StripeClient, intent: dict[str, Any], card: SavedCard, body: PaymentIntentRequest
) -> dict[str, Any]:
    """Pay with a saved card."""
    confirmed = client.v1.payment_intents.confirm(
        intent["id"],
        {
            "payment_method": card.stripe_payment_method_id,
            "off_session": body.off_session,
            "return_url": str(body.return_url),
        },
    )
    return as_dict(confirmed, "payment_intent")
