"""For payees: onboarding at Stripe, the Stripe dashboard, and a refresh of the account."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import stripe
from flask import Blueprint
from pydantic import Field, HttpUrl
from stripe import StripeClient
from stripe.params import AccountCreateParams

from lplate.stripe_client import as_dict
from webhook_service.auth import Authenticator
from webhook_service.bodies import Body, parse_body
from webhook_service.config import Config
from webhook_service.database import Database, OpenConnectAccount
from webhook_service.problems import Problem


class PayeeRequest(Body):
    """Who is paid: the caller as an instructor, unless an organization of the caller's is named."""

    instructor_id: UUID | None = None
    organization_id: UUID | None = None


class OnboardingLinkRequest(PayeeRequest):
    """Whom to onboard, in which country (the platform's, unless said), and where to go after it."""

    country: Annotated[str, Field(pattern="^[A-Za-z]{2}$")] | None = None
    refresh_url: HttpUrl
    return_url: HttpUrl


def make_blueprint(
    config: Config, database: Database, stripe: StripeClient, auth: Authenticator
) -> Blueprint:
    """Make the endpoints for those who are paid."""
    blueprint = Blueprint("connect", __name__)

    @blueprint.route(
        "/connect/onboarding-links", methods=["POST", "OPTIONS"], provide_automatic_options=True
    )
    def create_onboarding_link() -> dict[str, str]:
        """Return {url, expires_at}: a link that works once, so every click asks for a new one."""
        caller = auth.caller()
        body = parse_body(OnboardingLinkRequest)
        account = database.open_connect_account(
            caller.user_id,
            body.instructor_id,
            body.organization_id,
            body.country or config.stripe_platform_country,
            config.stripe_platform_country,
            has_second_factor=caller.has_second_factor,
        )
        account_id = account.stripe_account_id
        if account_id is None:
            made = create_account(stripe, account)
            database.record_connect_account(account.connect_account_id, made, is_fetched=False)
            account_id = made["id"]
        link = stripe.v1.account_links.create(
            {
                "account": account_id,
                "type": "account_onboarding",
                "refresh_url": str(body.refresh_url),
                "return_url": str(body.return_url),
            }
        )
        fields = as_dict(link, "account_link")
        expires_at = datetime.fromtimestamp(fields["expires_at"], UTC)
        return {"url": fields["url"], "expires_at": expires_at.isoformat()}

    @blueprint.route(
        "/connect/dashboard-links", methods=["POST", "OPTIONS"], provide_automatic_options=True
    )
    def create_dashboard_link() -> dict[str, str]:
        """Return {url}: a link into the payee's dashboard at Stripe, which works once."""
        caller = auth.caller()
        body = parse_body(PayeeRequest)
        account_id = database.open_dashboard_link(
            caller.user_id,
            body.instructor_id,
            body.organization_id,
            has_second_factor=caller.has_second_factor,
        )
        link = stripe.v1.accounts.login_links.create(account_id)
        return {"url": as_dict(link, "login_link")["url"]}

    @blueprint.route("/connect/sync", methods=["POST", "OPTIONS"], provide_automatic_options=True)
    def sync_account() -> dict[str, str]:
        """Return {connect_account_id} of the account that was fetched from Stripe and recorded."""
        user_id = auth.user_id()
        body = parse_body(PayeeRequest)
        sync = database.open_account_sync(user_id, body.instructor_id, body.organization_id)
        account = as_dict(stripe.v1.accounts.retrieve(sync.stripe_account_id), "account")
        database.record_connect_account(sync.connect_account_id, account, is_fetched=True)
        return {"connect_account_id": str(sync.connect_account_id)}

    return blueprint


def create_account(client: StripeClient, account: OpenConnectAccount) -> dict[str, Any]:
    """Make an account like Stripe's Express: Stripe onboards, the platform pays fees and losses.

    Under the recipient agreement, for payees abroad, it can only receive. Answers 422 for a country
    that Stripe does not serve.
    """
    wishes: AccountCreateParams = {
        "country": account.country,
        "controller": {
            "fees": {"payer": "application"},
            "losses": {"payments": "application"},
            "requirement_collection": "stripe",
            "stripe_dashboard": {"type": "express"},
        },
        "capabilities": {"transfers": {"requested": True}},
        "metadata": account.metadata,
    }
    if account.email:
        wishes["email"] = account.email
    if account.service_agreement == "recipient":
        wishes["tos_acceptance"] = {"service_agreement": "recipient"}
    try:
        made = client.v1.accounts.create(wishes, {"idempotency_key": account.idempotency_key})
    except stripe.InvalidRequestError as error:
        if error.param != "country":
            raise
        raise Problem(
            422,
            "country_not_served",
            "Stripe cannot pay anybody in this country.",
            hint="Ask again with the country of the payee's bank account.",
        ) from None
    return as_dict(made, "account")
