"""How LPlate talks to Stripe, and what it accepts as an answer."""

from collections.abc import Mapping
from typing import Any, Literal

import requests
import stripe

from lplate.settings import StripeSettings

# Snapshot events must be sent in this version too: it is chosen on the webhook endpoint at Stripe.
API_VERSION: str = stripe.api_version

StripeDict = Mapping[str, Any]

stripe.enable_telemetry = False

INTENT_FIELDS = (
    "amount",
    "currency",
    "capture_method",
    "description",
    "transfer_group",
    "metadata",
)


def make_stripe_client(
    settings: StripeSettings, *, retries: int, session: requests.Session | None = None
) -> stripe.StripeClient:
    """Make a client that repeats a failed call `retries` times under the same idempotency key."""
    base = settings.stripe_api_base
    return stripe.StripeClient(
        settings.stripe_secret_key.get_secret_value(),
        stripe_version=API_VERSION,
        base_addresses={"api": base} if base else None,
        max_network_retries=retries,
        http_client=stripe.RequestsClient(timeout=settings.stripe_timeout_seconds, session=session),
    )


def as_dict(answer: object, kind: str) -> dict[str, Any]:
    """Return Stripe's answer as plain JSON; raise APIError if it is no object of this `kind`.

    A proxy on the way can answer 200 with a page of its own.
    """
    fields = answer.to_dict(for_json=True) if isinstance(answer, stripe.StripeObject) else {}
    if fields.get("object") != kind:
        raise stripe.APIError(f"The answer is not a {kind}.", http_status=200)
    return fields


# What v2 leaves out of an account unless it is asked for.
ACCOUNT_PARTS: tuple[
    Literal["configuration.recipient", "defaults", "identity", "requirements"], ...
] = ("configuration.recipient", "defaults", "identity", "requirements")


def retrieve_account(
    client: stripe.StripeClient, account_id: str, accounts_api: str
) -> dict[str, Any]:
    """Fetch a connected account by the version of the Accounts API that it was made by."""
    if accounts_api == "v2":
        account = client.v2.core.accounts.retrieve(account_id, {"include": list(ACCOUNT_PARTS)})
        return as_dict(account, "v2.core.account")
    return as_dict(client.v1.accounts.retrieve(account_id), "account")


def make_payment_intent(
    client: stripe.StripeClient, fields: dict[str, Any], idempotency_key: str
) -> dict[str, Any]:
    """Make a PaymentIntent of INTENT_FIELDS.

    The same fields under the same key are the same intent, whoever asks: they are sent in one
    order, so that the repetition is the same to the byte.
    """
    parameters: Any = {name: fields[name] for name in INTENT_FIELDS}
    parameters["automatic_payment_methods"] = {"enabled": True}
    made = client.v1.payment_intents.create(parameters, {"idempotency_key": idempotency_key})
    return as_dict(made, "payment_intent")
