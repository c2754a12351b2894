"""For payees: onboarding at Stripe, the Stripe dashboard, and a refresh of the account."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import stripe
from flask import Blueprint
from pydantic import Field, HttpUrl
from stripe import StripeClient
from stripe.params import AccountCreateParams
from stripe.params.v2.core import AccountCreateParams as AccountOfV2CreateParams

from lplate.stripe_client import ACCOUNT_PARTS, as_dict, retrieve_account
from webhook_service.auth import Authenticator
from webhook_service.bodies import Body, parse_body
from webhook_service.config import Config
from webhook_service.database import Caller, Database, OpenConnectAccount
from webhook_service.problems import Problem


class PayeeRequest(Body):
    """Who is paid: the caller as an instructor, unless an organization of the caller's is named."""

    instructor_id: UUID | None = None
    organization_id: UUID | None = None


class AccountSessionRequest(PayeeRequest):
    """Whom to onboard, and in which country: the platform's, unless said."""

    country: Annotated[str, Field(pattern="^[A-Za-z]{2}$")] | None = None


class OnboardingLinkRequest(AccountSessionRequest):
    """Whom to onboard, and where to go after it."""

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
        account_id, accounts_api = account_of(caller, body)
        link = create_link(stripe, account_id, accounts_api, body)
        return {"url": link["url"], "expires_at": link["expires_at"]}

    @blueprint.route(
        "/connect/account-sessions", methods=["POST", "OPTIONS"], provide_automatic_options=True
    )
    def create_account_session() -> dict[str, Any]:
        """Return {client_secret, expires_at, publishable_key} for Stripe's embedded onboarding."""
        caller = auth.caller()
        body = parse_body(AccountSessionRequest)
        account_id, _ = account_of(caller, body)
        session = as_dict(
            stripe.v1.account_sessions.create(
                {
                    "account": account_id,
                    "components": {
                        "account_onboarding": {"enabled": True},
                        "notification_banner": {"enabled": True},
                    },
                }
            ),
            "account_session",
        )
        # Whoever holds the client secret can onboard the payee, so it is passed on, never stored.
        return {
            "client_secret": session["client_secret"],
            "expires_at": _iso(session["expires_at"]),
            "publishable_key": config.stripe_publishable_key,
        }

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
        account = retrieve_account(stripe, sync.stripe_account_id, sync.accounts_api)
        database.record_connect_account(sync.connect_account_id, account, is_fetched=True)
        return {"connect_account_id": str(sync.connect_account_id)}

    def account_of(caller: Caller, body: AccountSessionRequest) -> tuple[str, str]:
        """Return the id of a payee's account, made if there is none, and the API it is of."""
        account = database.open_connect_account(
            caller.user_id,
            body.instructor_id,
            body.organization_id,
            body.country or config.stripe_platform_country,
            config.stripe_platform_country,
            has_second_factor=caller.has_second_factor,
            accounts_api=config.stripe_accounts_api,
        )
        if account.stripe_account_id:
            return account.stripe_account_id, account.accounts_api
        made = create_account(stripe, account)
        database.record_connect_account(account.connect_account_id, made, is_fetched=False)
        return made["id"], account.accounts_api

    return blueprint


def create_account(client: StripeClient, account: OpenConnectAccount) -> dict[str, Any]:
    """Make an account like Stripe's Express: Stripe onboards, the platform pays fees and losses.

    Answers 422 for a country that Stripe does not serve.
    """
    create = create_account_of_v2 if account.accounts_api == "v2" else create_account_of_v1
    try:
        return create(client, account)
    except stripe.InvalidRequestError as error:
        if error.param != "country" and error.code != "country_unsupported":
            raise
        raise Problem(
            422,
            "country_not_served",
            "Stripe cannot pay anybody in this country.",
            hint="Ask again with the country of the payee's bank account.",
        ) from None


def create_account_of_v1(client: StripeClient, account: OpenConnectAccount) -> dict[str, Any]:
    """Make an account by Accounts API v1."""
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
    made = client.v1.accounts.create(wishes, {"idempotency_key": account.idempotency_key})
    return as_dict(made, "account")


def create_account_of_v2(client: StripeClient, account: OpenConnectAccount) -> dict[str, Any]:
    """Make the same account by Accounts API v2: one that receives transfers."""
    wishes: AccountOfV2CreateParams = {
        "identity": {"country": account.country},
        "dashboard": "express",
        "defaults": {
            "responsibilities": {
                "fees_collector": "application",
                "losses_collector": "application",
            }
        },
        "configuration": {
            "recipient": {
                "capabilities": {"stripe_balance": {"stripe_transfers": {"requested": True}}}
            }
        },
        "metadata": account.metadata,
        "include": list(ACCOUNT_PARTS),
    }
    if account.email:
        wishes["contact_email"] = account.email
    made = client.v2.core.accounts.create(wishes, {"idempotency_key": account.idempotency_key})
    return as_dict(made, "v2.core.account")


def create_link(
    client: StripeClient, account_id: str, accounts_api: str, body: OnboardingLinkRequest
) -> dict[str, str]:
    """Make {url, expires_at} of a link to Stripe's own pages for onboarding."""
    urls: Any = {"refresh_url": str(body.refresh_url), "return_url": str(body.return_url)}
    wishes: Any = {"account": account_id}
    if accounts_api == "v2":
        wishes["use_case"] = {"type": "account_onboarding", "account_onboarding": urls}
        made = as_dict(client.v2.core.account_links.create(wishes), "v2.core.account_link")
        return {"url": made["url"], "expires_at": made["expires_at"]}
    wishes |= {"type": "account_onboarding"} | urls
    link = as_dict(client.v1.account_links.create(wishes), "account_link")
    return {"url": link["url"], "expires_at": _iso(link["expires_at"])}


def _iso(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()
