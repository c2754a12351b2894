"""What a person has at Stripe as a customer: saved cards, subscriptions, invoices."""

from typing import Any
from uuid import UUID

from flask import Blueprint
from pydantic import HttpUrl
from stripe import StripeClient
from stripe.params import CustomerCreateParams

from lplate.stripe_client import as_dict
from webhook_service.auth import Authenticator
from webhook_service.bodies import Body, parse_body
from webhook_service.config import Config
from webhook_service.database import Database, OpenCustomer


class SetupIntentRequest(Body):
    """Nothing is asked: a card is saved for the caller."""


class CheckoutSessionRequest(Body):
    """Which plan to subscribe to, for which organization of the caller's, and where to go then."""

    plan_id: UUID
    organization_id: UUID | None = None
    success_url: HttpUrl
    cancel_url: HttpUrl


class PortalSessionRequest(Body):
    """Where to go after the customer's own page at Stripe."""

    return_url: HttpUrl


def make_blueprint(
    config: Config, database: Database, stripe: StripeClient, auth: Authenticator
) -> Blueprint:
    """Make the endpoints for those who pay again and again."""
    blueprint = Blueprint("billing", __name__)

    @blueprint.route("/setup-intents", methods=["POST", "OPTIONS"], provide_automatic_options=True)
    def create_setup_intent() -> dict[str, Any]:
        """Return what a browser needs to save a card without paying.

        {setup_intent_id, client_secret, publishable_key}: `setup_intent_id` is the id of the row
        of setup_intents, which says how it went; payment_methods has the card then.
        """
        user_id = auth.user_id()
        parse_body(SetupIntentRequest)
        setup = database.open_setup_intent(_customer_of(user_id).customer_id)
        intent = as_dict(
            stripe.v1.setup_intents.create(
                {
                    "customer": setup.stripe_customer_id,
                    "usage": "off_session",
                    "automatic_payment_methods": {"enabled": True},
                    "metadata": setup.metadata,
                },
                {"idempotency_key": setup.idempotency_key},
            ),
            "setup_intent",
        )
        # Whoever holds the client secret can use it, so it is passed on and never stored.
        client_secret = intent.pop("client_secret", None)
        database.record_setup_intent(setup.setup_intent_id, intent)
        return {
            "setup_intent_id": str(setup.setup_intent_id),
            "client_secret": client_secret,
            "publishable_key": config.stripe_publishable_key,
        }

    @blueprint.route(
        "/subscriptions/checkout-sessions",
        methods=["POST", "OPTIONS"],
        provide_automatic_options=True,
    )
    def create_checkout_session() -> dict[str, str]:
        """Return {url}: Stripe's page on which the caller subscribes to a plan."""
        user_id = auth.user_id()
        body = parse_body(CheckoutSessionRequest)
        customer = _customer_of(user_id)
        wanted = database.open_subscription(
            user_id, customer.customer_id, body.plan_id, body.organization_id
        )
        subscription: Any = {"metadata": wanted.metadata, "billing_mode": {"type": "flexible"}}
        if wanted.trial_days:
            subscription["trial_period_days"] = wanted.trial_days
        session = stripe.v1.checkout.sessions.create(
            {
                "mode": "subscription",
                "customer": str(customer.stripe_customer_id),
                "line_items": [{"price": wanted.stripe_price_id, "quantity": 1}],
                "subscription_data": subscription,
                "success_url": str(body.success_url),
                "cancel_url": str(body.cancel_url),
            }
        )
        return {"url": as_dict(session, "checkout.session")["url"]}

    @blueprint.route(
        "/billing-portal-sessions", methods=["POST", "OPTIONS"], provide_automatic_options=True
    )
    def create_portal_session() -> dict[str, str]:
        """Return {url}: Stripe's page on which the caller changes cards, plans and invoices."""
        user_id = auth.user_id()
        body = parse_body(PortalSessionRequest)
        customer = _customer_of(user_id)
        database.open_portal(customer.customer_id)
        session = stripe.v1.billing_portal.sessions.create(
            {
                "customer": str(customer.stripe_customer_id),
                "return_url": str(body.return_url),
            }
        )
        return {"url": as_dict(session, "billing_portal.session")["url"]}

    def _customer_of(user_id: UUID) -> OpenCustomer:
        """Return the person's customer, made and recorded at Stripe."""
        customer = database.open_customer(user_id, livemode=config.is_live)
        if customer.stripe_customer_id:
            return customer
        made = create_customer(stripe, customer)
        database.record_customer(customer.customer_id, made)
        return database.open_customer(user_id, livemode=config.is_live)

    return blueprint


def create_customer(stripe: StripeClient, customer: OpenCustomer) -> dict[str, Any]:
    """Make a person's customer under its idempotency key."""
    wishes: CustomerCreateParams = {"metadata": customer.metadata}
    if customer.email:
        wishes["email"] = customer.email
    if customer.name:
        wishes["name"] = customer.name
    made = stripe.v1.customers.create(wishes, {"idempotency_key": customer.idempotency_key})
    return as_dict(made, "customer")
