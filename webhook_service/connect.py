"""POST /connect/onboarding-links: where an instructor enters what Stripe must know to pay them."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import Blueprint
from pydantic import HttpUrl
from stripe import StripeClient

from webhook_service.auth import Authenticator
from webhook_service.bodies import Body, parse_body
from webhook_service.database import Database, OpenConnectAccount
from webhook_service.stripe_client import as_dict


class OnboardingLinkRequest(Body):
    """Whom to onboard (the caller, unless said otherwise) and where Stripe sends them back to."""

    instructor_id: UUID | None = None
    refresh_url: HttpUrl
    return_url: HttpUrl


def make_blueprint(database: Database, stripe: StripeClient, auth: Authenticator) -> Blueprint:
    """Make the endpoint that opens a payee's account and links to its onboarding."""
    blueprint = Blueprint("connect", __name__)

    @blueprint.route(
        "/connect/onboarding-links", methods=["POST", "OPTIONS"], provide_automatic_options=True
    )
    def create_onboarding_link() -> dict[str, str]:
        """Return {url, expires_at}: a link that works once, so every click asks for a new one."""
        user_id = auth.user_id()
        body = parse_body(OnboardingLinkRequest)
        account = database.open_connect_account(user_id, body.instructor_id)
        account_id = account.stripe_account_id
        if account_id is None:
            made = create_account(stripe, account)
            database.record_connect_account(account.connect_account_id, made)
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

    return blueprint


def create_account(stripe: StripeClient, account: OpenConnectAccount) -> dict[str, Any]:
    """Make an account like Stripe's Express: Stripe onboards, the platform pays fees and losses."""
    made = stripe.v1.accounts.create(
        {
            "country": account.country,
            "controller": {
                "fees": {"payer": "application"},
                "losses": {"payments": "application"},
                "requirement_collection": "stripe",
                "stripe_dashboard": {"type": "express"},
            },
            "capabilities": {"transfers": {"requested": True}},
            "metadata": account.metadata,
            **({"email": account.email} if account.email else {}),
        },
        {"idempotency_key": account.idempotency_key},
    )
    return as_dict(made, "account")
