"""Accounts API v2: the same connected accounts, made and seen by /v2/core, and their thin events.

An account of v2 is kept as v1 keeps it, with what only v2 knows beside it: both APIs show it. What
is not asked for (`include`) is null.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import stripe.params.v2.core  # noqa: F401  (so that `stripe.params.v2.core` can be looked up)

from . import connect
from .errors import invalid, missing
from .params import Spec, flag, integer, metadata, nested, one_of, strings, text
from .routes import endpoint
from .webhooks import Endpoint
from .world import Json, World, iso

KIND = "v2.core.account"
RECIPIENT = "configuration.recipient"
# Why a capability is not active, for the reason that v1 has, and what can be done about it.
CODES = {
    "platform_paused": ("rejected_platform_other", "contact_stripe"),
    "rejected.fraud": ("rejected_fraud", "no_resolution"),
    "rejected.other": ("rejected_other", "no_resolution"),
    "requirements.past_due": ("requirements_past_due", "provide_info"),
    "requirements.pending_verification": ("requirements_pending_verification", "no_resolution"),
    "under_review": ("determining_status", "no_resolution"),
}
TRANSFERS: Spec = {"stripe_transfers": nested({"requested": flag(required=True)})}
CAPABILITIES: Spec = {"capabilities": nested({"stripe_balance": nested(TRANSFERS)})}
RESPONSIBILITIES: Spec = {
    "fees_collector": one_of("application", "stripe", required=True),
    "losses_collector": one_of("application", "stripe", required=True),
}


@endpoint(
    "POST",
    "/v2/core/accounts",
    "v2.core.AccountCreateParams",
    {
        "configuration": nested({"recipient": nested(CAPABILITIES)}),
        "contact_email": text(),
        "dashboard": one_of("express", "full", "none"),
        "defaults": nested({"responsibilities": nested(RESPONSIBILITIES)}),
        "identity": nested({"country": text()}),
        "include": strings(),
        "metadata": metadata(),
    },
)
def create(world: World, params: Json) -> Json:
    responsibilities = params["defaults"]["responsibilities"]
    account = connect.create_account(
        world,
        {
            "controller": {
                "fees": {"payer": responsibilities["fees_collector"]},
                "losses": {"payments": responsibilities["losses_collector"]},
                "stripe_dashboard": {"type": params["dashboard"]},
            },
            "country": params["identity"]["country"],
            "metadata": params.get("metadata", {}),
        },
    )
    world.objects.setdefault(KIND, {})[account["id"]] = {
        "id": account["id"],
        "object": KIND,
        "applied_configurations": ["recipient"],
        "closed": False,
        "contact_email": params.get("contact_email"),
        "contact_phone": None,
        "created": iso(account["created"]),
        "dashboard": params["dashboard"],
        "display_name": None,
        "future_requirements": None,
        "livemode": False,
        "metadata": account["metadata"],
    }
    world.notify("v2.core.account.created", account["id"])
    balance = params["configuration"]["recipient"]["capabilities"]["stripe_balance"]
    connect.apply(world, account, {"capabilities": {"transfers": balance["stripe_transfers"]}})
    return view(world, account["id"], params.get("include", []))


@endpoint("GET", "/v2/core/accounts/<id>", "v2.core.AccountRetrieveParams", {"include": strings()})
def retrieve(world: World, params: Json, id: str) -> Json:
    return view(world, id, params.get("include", []))


def view(world: World, id: str, include: list[str]) -> Json:
    """An account as v2 shows it, with the parts that were asked for."""
    account, known = world.account(id), world.objects.get(KIND, {}).get(id)
    if known is None:
        raise missing("account", id, "id")
    parts = {
        "configuration": recipient(account) if RECIPIENT in include else None,
        "defaults": defaults(account),
        "identity": {
            "attestations": None,
            "business_details": None,
            "country": account["country"],
            "entity_type": account["business_type"],
            "individual": None,
        },
        "requirements": requirements(account),
    }
    asked = {"configuration", *include}
    return known | {name: part if name in asked else None for name, part in parts.items()}


def recipient(account: Json) -> Json:
    """The configuration by which the account receives transfers, and pays them out."""
    status = account["capabilities"].get("transfers", "inactive")
    balance = {
        "payouts": capability(account, status),
        "stripe_transfers": capability(account, status),
    }
    capabilities = {"bank_accounts": None, "cards": None, "stripe_balance": balance}
    return {
        "customer": None,
        "merchant": None,
        "recipient": {"applied": True, "capabilities": capabilities},
    }


def capability(account: Json, status: str) -> Json:
    if status == "active":
        return {"status": "active", "status_details": []}
    reason = account["requirements"]["disabled_reason"] or "requirements.past_due"
    code, resolution = CODES[reason]
    stopped = "rejected" if code.startswith("rejected") else "restricted"
    return {
        "status": "pending" if code == "determining_status" else stopped,
        "status_details": [{"code": code, "resolution": resolution}],
    }


def defaults(account: Json) -> Json:
    asked = account["controller"]
    return {
        "currency": account["default_currency"],
        "locales": None,
        "profile": {"business_url": None, "doing_business_as": None, "product_description": None},
        "responsibilities": {
            "fees_collector": asked["fees"]["payer"],
            "losses_collector": asked["losses"]["payments"],
            "requirements_collector": asked["requirement_collection"],
        },
    }


def requirements(account: Json) -> Json:
    """What Stripe asks of the payee."""
    needs = account["requirements"]
    due = "past_due" if needs["disabled_reason"] == "requirements.past_due" else "currently_due"
    reason = "routine_verification" if account["details_submitted"] else "routine_onboarding"
    impact = {
        "capability": "stripe_balance.stripe_transfers",
        "configuration": "recipient",
        "deadline": {"status": due},
    }
    entries = [
        {
            "awaiting_action_from": "user",
            "description": wanted,
            "errors": [],
            "impact": {"restricts_capabilities": [impact]},
            "minimum_deadline": {"status": due},
            "reference": None,
            "requested_reasons": [{"code": reason}],
        }
        for wanted in needs["currently_due"]
    ]
    summary = {"minimum_deadline": {"status": due, "time": None}} if entries else None
    return {"alternatives": None, "entries": entries, "summary": summary}


def close(world: World, id: str) -> None:
    """An account ends: it can still be read."""
    world.objects[KIND][id]["closed"] = True
    account = world.account(id)
    account["capabilities"] = dict.fromkeys(account["capabilities"], "inactive")
    world.notify("v2.core.account.closed", id)


URLS: Spec = {"refresh_url": text(required=True), "return_url": text()}


@endpoint(
    "POST",
    "/v2/core/account_links",
    "v2.core.AccountLinkCreateParams",
    {
        "account": text(required=True),
        "use_case": nested(
            {
                "type": one_of("account_onboarding", "account_update", required=True),
                "account_onboarding": nested(URLS),
                "account_update": nested(URLS),
            }
        ),
    },
)
def create_link(world: World, params: Json) -> Json:
    account, use_case = world.account(params["account"]), params["use_case"]
    if use_case.keys() != {"type", use_case["type"]}:
        raise invalid("The use case's options must be those of its type.", param="use_case")
    token = world.new_id("")
    world.secrets[token] = use_case[use_case["type"]]
    return {
        "object": "v2.core.account_link",
        "account": account["id"],
        "created": iso(world.clock.now()),
        "expires_at": iso(world.now() + 300),
        "livemode": False,
        "url": f"{world.url}/setup/e/{account['id']}/{token}",
        "use_case": use_case,
    }


BOUNDS: dict[str, Any] = {
    "gt": lambda one, other: one > other,
    "gte": lambda one, other: one >= other,
    "lt": lambda one, other: one < other,
    "lte": lambda one, other: one <= other,
}
PAGE: Spec = {"limit": integer(1), "page": integer(0)}


@endpoint(
    "GET",
    "/v2/core/events",
    "v2.core.EventListParams",
    {
        **PAGE,
        "created": nested(dict.fromkeys(BOUNDS, text())),
        "object_id": text(),
        "types": strings(),
    },
)
def list_events(world: World, params: Json) -> Json:
    """The log of thin events, newest first: each in full, with what its type adds."""
    bounds = {name: datetime.fromisoformat(at) for name, at in params.get("created", {}).items()}
    found = [
        in_full(event)
        for event in reversed(world.objects.get("v2.core.event", {}).values())
        if event["type"] in params.get("types", [event["type"]])
        and params.get("object_id") in (None, event["related_object"]["id"])
        and all(
            BOUNDS[name](datetime.fromisoformat(event["created"]), bound)
            for name, bound in bounds.items()
        )
    ]
    return page(found, params, "/v2/core/events")


def in_full(event: Json) -> Json:
    """An event as the API shows it, which is more than what is delivered."""
    more: Json = {"changes": None, "snapshot_event": None}
    if event["type"].endswith("].capability_status_updated"):
        more["data"] = {"updated_capability": "stripe_balance.stripe_transfers"}
    return event | more


@endpoint(
    "GET",
    "/v2/core/event_destinations",
    "v2.core.EventDestinationListParams",
    {**PAGE, "include": strings()},
)
def list_event_destinations(world: World, params: Json) -> Json:
    """The receivers of thin events; those of snapshots have a list of their own."""
    receivers = [one for one in world.webhooks.endpoints.values() if one.thin]
    shows_url = "webhook_endpoint.url" in params.get("include", [])
    found = [as_destination(one, shows_url=shows_url) for one in receivers]
    return page(found, params, "/v2/core/event_destinations")


def as_destination(receiver: Endpoint, *, shows_url: bool) -> Json:
    url = receiver.url if shows_url else None
    return {
        "id": receiver.id,
        "object": "v2.core.event_destination",
        "amazon_eventbridge": None,
        "azure_event_grid": None,
        "created": iso(receiver.created),
        "description": "",
        "enabled_events": receiver.enabled_events,
        "event_payload": "thin",
        "events_from": ["self"],
        "livemode": False,
        "metadata": {},
        "name": "Thin events",
        "snapshot_api_version": None,
        "status": receiver.status,
        "status_details": None,
        "type": "webhook_endpoint",
        "updated": iso(receiver.created),
        "webhook_endpoint": {"signing_secret": None, "url": url},
    }


def page(found: list[Json], params: Json, path: str) -> Json:
    """A page of a list of v2, which names the next one by its address."""
    limit, start = min(params.get("limit", 20), 100), params.get("page", 0)
    end = start + limit
    more = f"{path}?limit={limit}&page={end}" if end < len(found) else None
    return {"data": found[start:end], "next_page_url": more, "previous_page_url": None}
