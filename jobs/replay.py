"""Fetches from Stripe's log the events that no webhook has brought, and applies each of them once.

Stripe keeps events for thirty days. Those of connected accounts are in logs of their own, and so
are thin events.
"""

import json
import math
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import stripe

from jobs.config import Config
from jobs.database import Database, created_at
from jobs.output import Output
from jobs.stripe_calls import CallFailed, Lease, StripeCalls
from lplate.stripe_client import API_VERSION, as_dict
from lplate.stripe_events import EVENTS

KEPT = timedelta(days=30)
# As many ids as one question to the database holds.
BATCH = 500
# As many types as Stripe lists events of at once.
TYPES = 20

Event = dict[str, Any]


class Replay:
    """Compares Stripe's log with the inbox."""

    def __init__(
        self,
        config: Config,
        database: Database,
        client: stripe.StripeClient,
        calls: StripeCalls,
        output: Output,
    ) -> None:
        self._config = config
        self._database = database
        self._client = client
        self._stripe = client.v1
        self._calls = calls
        self._output = output

    def run(self, since: datetime | None) -> bool:
        """Apply what was never stored, oldest first; return whether all of it could be applied.

        `since` is the newest event that is stored of each endpoint, less an hour, unless it is
        given.
        """
        missing = self._missing("platform", since, None)
        is_settled = True
        for account in self._database.list_stripe_accounts():
            try:
                missing += self._missing("connect", since, account)
            except CallFailed as error:
                code = error.failure.code
                self._output.error("account_unreachable", account=account, code=code)
                is_settled = False
        if self._database.uses_accounts_v2():
            missing += self._missing_thin(since)
        missing.sort(key=created_at)  # stable: Stripe's order in a second
        outcomes = [self._apply(event) for event in missing]
        counts = {outcome: outcomes.count(outcome) for outcome in sorted(set(outcomes))}
        self._output.event("events_replayed", found=len(outcomes), **counts)
        return is_settled and "parked" not in outcomes

    def _missing(self, endpoint: str, since: datetime | None, account: str | None) -> list[Event]:
        """Return the events of a log that were never stored, oldest first."""
        begin = self._begin(endpoint, since)
        types = EVENTS[endpoint]
        listed: list[Event] = []
        for start in range(0, len(types), TYPES):
            listed += self._list(begin, types[start : start + TYPES], account)
        if account:
            listed = [event | {"account": account} for event in listed]
        return list(self._unstored(listed))

    def _list(self, begin: datetime, types: tuple[str, ...], account: str | None) -> list[Event]:
        """Return the events of some types since an instant, oldest first."""
        parameters: Any = {
            "created": {"gte": math.floor(begin.timestamp())},
            "types": list(types),
            "limit": 100,
        }
        options: Any = {"stripe_account": account} if account else {}

        def look() -> list[Event]:
            page = self._stripe.events.list(parameters, options)
            return [as_dict(event, "event") for event in page.auto_paging_iter()]

        return self._calls.make(Lease(), look)[::-1]

    def _missing_thin(self, since: datetime | None) -> list[Event]:
        """Return the thin events that were never stored, oldest first."""
        parameters: Any = {
            "created": {"gte": self._begin("thin", since).isoformat()},
            "types": list(EVENTS["thin"]),
            "limit": 100,
        }

        def look() -> list[Event]:
            page = self._client.v2.core.events.list(parameters)
            return [as_dict(event, "v2.core.event") for event in page.auto_paging_iter()]

        listed = self._calls.make(Lease(), look)
        listed.reverse()
        return list(self._unstored([event | {"account": _account_of(event)} for event in listed]))

    def _begin(self, endpoint: str, since: datetime | None) -> datetime:
        """Return from when on a log is read."""
        known_until = since or self._database.events_known_until(endpoint)
        return known_until or self._database.clock() - KEPT

    def _unstored(self, events: list[Event]) -> Iterator[Event]:
        for start in range(0, len(events), BATCH):
            batch = events[start : start + BATCH]
            unstored = set(self._database.find_unstored_events([event["id"] for event in batch]))
            yield from (event for event in batch if event["id"] in unstored)

    def _apply(self, event: Event) -> str:
        endpoint = _endpoint_of(event)
        outcome = self._database.receive_stripe_event(
            endpoint,
            event,
            json.dumps(event),
            expected_livemode=self._config.is_live,
            expected_api_version=API_VERSION,
        )
        self._output.event(
            "event_replayed", event_id=event["id"], type=event["type"], outcome=outcome
        )
        return outcome


def _endpoint_of(event: Event) -> str:
    if event["object"] == "v2.core.event":
        return "thin"
    return "connect" if event.get("account") else "platform"


def _account_of(event: Event) -> str | None:
    """Return the account that a thin event is about."""
    about = event.get("related_object") or {}
    return about["id"] if about.get("type") == "v2.core.account" else None
