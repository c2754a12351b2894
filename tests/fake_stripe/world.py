"""What Stripe remembers: objects, balances, events, and the clock they live by."""

from __future__ import annotations

import heapq
import random
import string
import threading
import time
from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
import stripe

from .errors import missing, no_access
from .shapes import PREFIXES, fill
from .webhooks import Webhooks

Json = dict[str, Any]
API_VERSION = stripe.api_version

# Stripe's word for an object in "No such …", and the parameter it blames for a bad id in a path.
LABELS = {"balance_transaction": "balance transaction", "payment_method": "PaymentMethod"}
PATH_PARAM = {"dispute": "dispute", "payment_intent": "intent", "transfer": "transfer"}


class Clock:
    """Seconds since 1970: frozen at a moment, or running from one on, or with real time."""

    def __init__(self, frozen_at: float | None = None, starts_at: float | None = None) -> None:
        self._frozen = frozen_at
        self.ahead = 0.0
        if starts_at is not None:
            self.ahead = starts_at - self.now()

    def now(self) -> float:
        real = time.time()  # noqa: TID251  (a clock of its own, which tests start where they like)
        return (real if self._frozen is None else self._frozen) + self.ahead

    def advance(self, seconds: float) -> None:
        self.ahead += seconds


@dataclass
class Settings:
    """What a test may choose about the platform; times in seconds, money in minor units."""

    country: str = "GB"
    default_currency: str = "gbp"
    fee_bps: int = 150
    fee_fixed: int = 20
    funds_delay: float = 0.0
    balance_transaction_delay: float = 0.0
    refund_delay: float = 3600.0
    refunds_may_overdraw: bool = True
    refunds_wait: bool = False  # new ones are pending until the test decides
    payments_wait: bool = False  # confirmed ones are `processing` until the test decides
    authorization_lasts: float = 7 * 24 * 3600.0
    dispute_fee: int = 2000


@dataclass
class Request:
    """The call being answered; events name it as their cause."""

    id: str | None = None
    idempotency_key: str | None = None
    account: str | None = None


@dataclass
class Ledger:
    """One Stripe account's money. Balance transactions mature from pending to available."""

    available: Counter[str] = field(default_factory=Counter)
    pending: Counter[str] = field(default_factory=Counter)


@dataclass(order=True)
class Appointment:
    due: float
    number: int
    act: Callable[..., object] = field(compare=False)
    arguments: tuple[Any, ...] = field(compare=False)


class World:
    """All state of the stand-in. Whoever reads or changes it holds `lock`."""

    def __init__(
        self,
        url: str,
        http: httpx.Client,
        seed: int = 0,
        now: float | None = None,
        starts_at: float | None = None,
    ) -> None:
        self.lock = threading.RLock()
        self.clock = Clock(now, starts_at)
        self.random = random.Random(seed)
        self.url = url
        self.settings = Settings()
        self.request = Request()
        self.objects: dict[str, dict[str, Json]] = {}
        self.owners: dict[str, str | None] = {}
        self.secrets: dict[str, Any] = {}
        self.ledgers: dict[str | None, Ledger] = {}
        self.webhooks = Webhooks(self.random, http)
        self.agenda: list[Appointment] = []
        self._appointments = 0

    # Objects

    def now(self) -> int:
        return int(self.clock.now())

    def new_id(self, prefix: str) -> str:
        alphabet = string.ascii_letters + string.digits
        return prefix + "".join(self.random.choices(alphabet, k=24))

    def new(self, kind: str, values: Json, account: str | None = None) -> Json:
        """Makes and keeps an object, in the platform's account or in a connected one.

        Fields that `values` does not name are null, or the usual: `created` now, not live.
        """
        usual: Json = {"created": self.now(), "livemode": False, "metadata": {}}
        thing = fill(kind, {"id": self.new_id(PREFIXES[kind]), "object": kind} | values)
        for name in usual.keys() & thing.keys() - values.keys():
            thing[name] = usual[name]
        self.objects.setdefault(kind, {})[thing["id"]] = thing
        self.owners[thing["id"]] = account
        return thing

    def get(self, kind: str, id: str, param: str | None = None) -> Json:
        """The object, or Stripe's 404 (its 400, when `param` names the parameter with the id)."""
        thing = self.objects.get(kind, {}).get(id)
        if thing is None or self.owners[id] != self.request.account:
            label, path_param = LABELS.get(kind, kind), PATH_PARAM.get(kind, "id")
            raise missing(label, id, param or path_param, 400 if param else 404)
        return thing

    def find(self, id: str) -> Json | None:
        """Any object by its id alone."""
        return next((kept[id] for kept in self.objects.values() if id in kept), None)

    def all(self, kind: str) -> list[Json]:
        """Objects of the account that the request is about, oldest first."""
        kept = self.objects.get(kind, {}).values()
        return [thing for thing in kept if self.owners[thing["id"]] == self.request.account]

    def account(self, id: str) -> Json:
        """A connected account that the platform's key can reach, or Stripe's 403."""
        thing = self.objects.get("account", {}).get(id)
        if thing is None or self.secrets.get(id) == "deauthorized":
            raise no_access(id)
        return thing

    # Time

    def later(self, seconds: float, act: Callable[..., object], *arguments: Any) -> None:
        """Does something when the clock gets there. `act` is a function of a module: it is saved by
        its name."""
        self._appointments += 1
        due = self.clock.now() + seconds
        heapq.heappush(self.agenda, Appointment(due, self._appointments, act, arguments))

    def tick(self) -> None:
        """Does what has fallen due. Nothing of it belongs to a request."""
        request, self.request = self.request, Request()
        while self.agenda and self.agenda[0].due <= self.clock.now():
            appointment = heapq.heappop(self.agenda)
            appointment.act(*appointment.arguments)
        self.request = request

    def advance(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.tick()

    # Money

    def ledger(self, account: str | None = None) -> Ledger:
        return self.ledgers.setdefault(account, Ledger())

    def post(
        self,
        kind: str,
        amount: int,
        currency: str,
        source: str | None,
        *,
        category: str | None = None,
        fee: int = 0,
        fee_description: str = "Stripe processing fees",
        available_in: float = 0.0,
        description: str | None = None,
        account: str | None = None,
    ) -> str:
        """Moves money into (or, negative, out of) an account; the balance transaction's id."""
        fees = {
            "amount": fee,
            "application": None,
            "currency": currency,
            "description": fee_description,
            "type": "stripe_fee",
        }
        transaction = self.new(
            "balance_transaction",
            {
                "amount": amount,
                "available_on": self.now() + int(available_in),
                "balance_type": "payments",
                "currency": currency,
                "description": description,
                "fee": fee,
                "fee_details": [fees] if fee else [],
                "net": amount - fee,
                "reporting_category": category or kind,
                "source": source,
                "status": "pending" if available_in > 0 else "available",
                "type": kind,
            },
            account,
        )
        ledger, net = self.ledger(account), amount - fee
        if available_in > 0:
            ledger.pending[currency] += net
            self.later(available_in, mature, ledger, transaction)
        else:
            ledger.available[currency] += net
        return str(transaction["id"])

    # Events

    def emit(
        self,
        type: str,
        thing: Json,
        before: Json | None = None,
        account: str | None = None,
    ) -> None:
        """Logs an event with a snapshot of the object, and queues its deliveries.

        `before` is an earlier copy of the object: what differs becomes `previous_attributes`.
        """
        data: Json = {"object": deepcopy(thing)}
        if before is not None:
            changed = {key: value for key, value in before.items() if thing.get(key) != value}
            data["previous_attributes"] = changed
        cause = {"id": self.request.id, "idempotency_key": self.request.idempotency_key}
        event = self.new(
            "event",
            {
                "api_version": API_VERSION,
                "data": data,
                "pending_webhooks": 0,
                "request": cause,
                "type": type,
            },
            account,
        )
        if account:
            event["account"] = account
        self.webhooks.enqueue(event, self.clock.now())

    def notify(self, type: str, account: str) -> None:
        """Logs a thin event about an account, and queues its deliveries."""
        cause = None
        if self.request.id:
            key = self.request.idempotency_key or ""
            cause = {"type": "request", "request": {"id": self.request.id, "idempotency_key": key}}
        event: Json = {
            "id": self.new_id("evt_"),
            "object": "v2.core.event",
            "context": None,
            "created": iso(self.clock.now()),
            "livemode": False,
            "reason": cause,
            "related_object": {
                "id": account,
                "type": "v2.core.account",
                "url": f"/v2/core/accounts/{account}",
            },
            "type": type,
        }
        self.objects.setdefault("v2.core.event", {})[event["id"]] = event
        self.owners[event["id"]] = None
        self.webhooks.enqueue(event, self.clock.now())


def iso(seconds: float) -> str:
    """A time as API v2 writes it."""
    at = datetime.fromtimestamp(seconds, UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def mature(ledger: Ledger, transaction: Json) -> None:
    """Pending money becomes available."""
    currency, net = transaction["currency"], transaction["net"]
    transaction["status"] = "available"
    ledger.pending[currency] -= net
    ledger.available[currency] += net
