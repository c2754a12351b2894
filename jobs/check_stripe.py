"""The doctor's checks of Stripe: its account, its webhook endpoints, its money and ours."""

import math
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

import stripe

from jobs.config import Config
from jobs.database import BalanceDifference, Database, MissingFunds
from jobs.findings import CheckFailed
from lplate.stripe_client import API_VERSION, StripeDict, as_dict
from lplate.stripe_events import EVENTS, PATHS


def check_account(config: Config, client: stripe.StripeClient) -> str:
    """Ask Stripe for the balance: it answers, in the key's mode."""
    balance = as_dict(client.v1.balance.retrieve(), "balance")
    if balance["livemode"] != config.is_live:
        raise CheckFailed(
            "the account's mode is not that of the key", "Set the right STRIPE_SECRET_KEY."
        )
    return f"answers in {'live' if config.is_live else 'test'} mode"


def check_currencies(database: Database, client: stripe.StripeClient) -> str:
    """Find currencies that are sold and that the platform's account does not settle in."""
    balance = as_dict(client.v1.balance.retrieve(), "balance")
    settled = {funds["currency"] for funds in balance["available"]}
    missing = sorted(set(database.traded_currencies()) - settled)
    if missing:
        raise CheckFailed(
            f"the platform's account does not settle in {', '.join(missing)}",
            "Add a bank account in that currency in Stripe's Dashboard, or payments are converted.",
        )
    return "the platform's account settles in what is sold"


def check_mode(config: Config, database: Database) -> str:
    """Find a key of another mode than the money in the books."""
    booked = database.latest_livemode()
    if booked is not None and booked != config.is_live:
        key, events = ("live", "test") if config.is_live else ("test", "live")
        raise CheckFailed(
            f"the key is for {key} mode, and the newest event that was booked is of {events} mode",
            "Set the STRIPE_SECRET_KEY of the mode in which payments are made, or the database of"
            " the key's mode: one database holds one mode.",
        )
    return "the books are of the key's mode"


ENDPOINTS_ADVICE = (
    "Set the endpoints right in Stripe's Dashboard (docs/operations.md, At Stripe), then run"
    " python -m jobs replay-events for what was not sent."
)


def check_webhooks(config: Config, client: stripe.StripeClient) -> str:
    """Find endpoints that are not sent every event that is needed, in the right version."""
    listed = client.v1.webhook_endpoints.list({"limit": 100}).auto_paging_iter()
    endpoints = [as_dict(endpoint, "webhook_endpoint") for endpoint in listed]
    if not endpoints and not config.is_live:
        return "no endpoint is registered: in test mode, stripe listen brings events as well"
    problems = [
        problem for kind in ("platform", "connect") for problem in _problems_of(kind, endpoints)
    ]
    if problems:
        raise CheckFailed("; ".join(problems), ENDPOINTS_ADVICE)
    return "both endpoints are sent what is needed"


def check_thin_webhooks(config: Config, database: Database, client: stripe.StripeClient) -> str:
    """Find that nobody is told of accounts of Accounts API v2."""
    if not database.uses_accounts_v2():
        return "no payee has an account whose events are thin"
    endpoints = _thin_endpoints(client)
    if not endpoints and not config.is_live:
        return "no endpoint is registered: in test mode, stripe listen brings events as well"
    problems = list(_problems_of("thin", endpoints))
    if problems:
        raise CheckFailed("; ".join(problems), ENDPOINTS_ADVICE)
    return "the endpoint for thin events is sent what is needed"


def _thin_endpoints(client: stripe.StripeClient) -> list[StripeDict]:
    """Return the event destinations that get thin events at a URL, in the shape of endpoints."""
    listed = client.v2.core.event_destinations.list(
        {"include": ["webhook_endpoint.url"], "limit": 100}
    )
    found = [as_dict(one, "v2.core.event_destination") for one in listed.auto_paging_iter()]
    return [
        {
            "url": destination["webhook_endpoint"]["url"],
            "status": destination["status"],
            "api_version": API_VERSION,  # thin events have none
            "enabled_events": destination["enabled_events"],
        }
        for destination in found
        if destination["type"] == "webhook_endpoint" and destination["event_payload"] == "thin"
    ]


def _problems_of(kind: str, endpoints: Sequence[StripeDict]) -> Iterator[str]:
    path = PATHS[kind]
    ours = [endpoint for endpoint in endpoints if urlsplit(endpoint["url"]).path.endswith(path)]
    if not ours:
        yield f"no endpoint has a URL that ends with {path}"
        return
    enabled = [endpoint for endpoint in ours if endpoint["status"] == "enabled"]
    if not enabled:
        yield f"{ours[0]['url']} is disabled"
        return
    readable = [endpoint for endpoint in enabled if _is_readable(endpoint["api_version"])]
    if not readable:
        version = enabled[0]["api_version"] or "the account's default version"
        yield f"{enabled[0]['url']} is sent {version} instead of {API_VERSION}"
        return
    sent = {event for endpoint in readable for event in endpoint["enabled_events"]}
    missing = [] if "*" in sent else [event for event in EVENTS[kind] if event not in sent]
    if missing:
        yield f"{readable[0]['url']} is not sent {', '.join(missing)}"


def _is_readable(version: str | None) -> bool:
    """Whether events of a version are applied: the pinned one, or a later one of its name."""
    name = API_VERSION.rpartition(".")[2]
    return version is not None and version >= API_VERSION and version.endswith(f".{name}")


def check_transfers(database: Database, client: stripe.StripeClient) -> str:
    """Find transfers that Stripe has made and the books lack."""
    known_until = database.transfers_known_until()
    if known_until is None:
        return "nobody can be paid yet"
    parameters: Any = {"created": {"gte": math.floor(known_until.timestamp())}, "limit": 100}
    made = client.v1.transfers.list(parameters).auto_paging_iter()
    unbooked = database.find_unbooked_transfers([as_dict(one, "transfer") for one in made])
    if unbooked:
        raise CheckFailed(
            f"Stripe has made {len(unbooked)} that the books lack, such as {unbooked[0]['id']}",
            "Was the database restored? Before python -m jobs payouts pays, it books what it can."
            " Each of those that it cannot book is then listed here: call admin_adopt_transfer.",
        )
    return "all that Stripe has made are booked"


def check_balance(database: Database, client: stripe.StripeClient) -> str:
    """Find a balance at Stripe that is not that of the books."""
    balance = as_dict(client.v1.balance.retrieve(), "balance")
    differences = database.compare_stripe_balance(balance)
    if differences:
        raise CheckFailed(
            "; ".join(map(_describe_difference, differences)),
            "Compare Stripe's balance transactions with the ledger's stripe_balance: look for"
            " events that did not come (python -m jobs replay-events), and for fees and payouts"
            " that nobody booked.",
        )
    return "Stripe holds what the books say"


def _describe_difference(difference: BalanceDifference) -> str:
    return (
        f"Stripe holds {difference.stripe_cents} {difference.currency}, the books say"
        f" {difference.ledger_cents}, and at most {difference.on_the_way_cents} is on its way"
    )


def check_funds(database: Database, client: stripe.StripeClient) -> str:
    """Find currencies in which less is held than is owed."""
    balance = as_dict(client.v1.balance.retrieve(), "balance")
    missing = database.find_missing_funds(balance)
    if missing:
        raise CheckFailed(
            "; ".join(map(_describe_missing, missing)),
            "Top up Stripe's balance before the next payday, and find in the ledger what the"
            " platform has lost: promotions, processor_fees, dispute_losses, write_offs.",
        )
    return "what is owed is covered"


def _describe_missing(missing: MissingFunds) -> str:
    return (
        f"{missing.owed_cents} {missing.currency} is owed, Stripe holds {missing.stripe_cents} and"
        f" {missing.bank_cents} went to the bank"
    )
