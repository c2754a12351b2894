"""What a test may do to the stand-in that Stripe's API cannot.

Each method is written once: in the server it acts, in a client it calls the server.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import asdict, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Literal

from flask import Blueprint, Response, jsonify, request
from stripe import StripeClient

from . import accounts_v2, bank_payouts, connect, payments
from .billing_controls import BillingControls
from .errors import StripeError
from .faults import Fault, Kind, When
from .money_back import MoneyBack
from .remote import REMOTE, remote
from .webhooks import Endpoint, deliver
from .world import API_VERSION, Json

if TYPE_CHECKING:
    from .server import Server


class Control(MoneyBack, BillingControls):
    """The controls of a stand-in at `url`. Money in minor units, time in seconds."""

    api_key = "sk_test_fake"
    publishable_key = "pk_test_fake"

    def stripe(self, **options: Any) -> StripeClient:
        """Stripe's own client, pointed here; without retries unless asked for."""
        options = {"api_key": self.api_key, "max_network_retries": 0, **options}
        return StripeClient(base_addresses={"api": self.url}, **options)

    # Time, settings, keys

    @remote
    def reset(
        self, *, seed: int = 0, now: float | None = None, starts_at: float | None = None
    ) -> None:
        """Forgets everything: objects, keys, faults, webhooks.

        The clock stands still at `now`, or runs from `starts_at` on, or with real time.
        """
        self.here.reset(seed, now, starts_at)

    @remote
    def now(self) -> float:
        return self.world.clock.now()

    @remote
    def advance(self, *, days: float = 0, hours: float = 0, seconds: float = 0) -> float:
        """Moves the clock; what falls due happens. Returns the new time."""
        self.world.advance(seconds + 3600 * (hours + 24 * days))
        return self.world.clock.now()

    @remote
    def configure(self, **settings: Any) -> Json:
        """Changes fields of `world.Settings`: fees, delays, country, currency."""
        self.world.settings = replace(self.world.settings, **settings)
        return asdict(self.world.settings)

    @remote
    def set_api_keys(self, *keys: str) -> None:
        """The secret keys that are valid from now on: none revokes them all."""
        self.here.api_keys = set(keys)

    @remote
    def restrict_key(self, key: str, permissions: dict[str, str]) -> None:
        """Makes a restricted key: `read` or `write` by resource, see `permissions`."""
        self.here.restricted_keys[key] = permissions

    # Money, customers, accounts

    @remote
    def add_funds(
        self,
        amount: int,
        currency: str = "gbp",
        *,
        available_in: float = 0,
        source: str | None = None,
    ) -> str:
        """Tops up the platform's balance, pending at first; the balance transaction's id.

        `source` is the id of the top-up, of which only what a list expands is kept.
        """
        if source:
            top_up = {"id": source, "object": "topup", "amount": amount, "currency": currency}
            self.world.objects.setdefault("topup", {})[source] = top_up
            self.world.owners[source] = None
        return self.world.post("topup", amount, currency, source, available_in=available_in)

    @remote
    def spend(self, amount: int, currency: str = "gbp") -> str:
        """Takes from the platform's balance, as its own bank payouts do."""
        return self.world.post("payout", -amount, currency, None)

    @remote
    def move_balance(self, category: str, amount: int, currency: str = "gbp") -> str:
        """Moves the platform's balance in a category of Stripe's that no method is for."""
        return self.world.post("adjustment", amount, currency, None, category=category)

    @remote
    def hide_balance_transaction(self, id: str) -> None:
        """Leaves a balance transaction out of Stripe's list, as a list that lags behind does."""
        del self.world.objects["balance_transaction"][id]

    @remote
    def charge_fee(self, amount: int, currency: str = "gbp") -> str:
        """Takes a fee that belongs to no payment, as for Connect or Radar."""
        return self.world.post("stripe_fee", -amount, currency, None, category="fee")

    @remote
    def funds(
        self,
        currency: str = "gbp",
        account: str | None = None,
        part: Literal["available", "pending"] = "available",
    ) -> int:
        """What the platform, or a connected account, holds."""
        ledger = self.world.ledger(account)
        return (ledger.available if part == "available" else ledger.pending)[currency]

    @remote
    def pay_out(self, account: str, currency: str = "gbp", *, arrives_in: float = 172_800) -> Json:
        """A connected account's available balance leaves for its bank; the payout.

        It is pending, halfway there in transit, and paid when it arrives.
        """
        return bank_payouts.pay_out(self.world, account, currency, arrives_in)

    @remote
    def fail_payout(self, payout: str, reason: str = "account_closed") -> Json:
        """The bank sends a payout back, even a paid one: the account has the money again."""
        return bank_payouts.fail(self.world, payout, reason)

    @remote
    def cancel_payout(self, payout: str) -> Json:
        """A pending payout does not leave."""
        return bank_payouts.cancel(self.world, payout)

    @remote
    def authenticate(self, payment_intent: str, *, succeeds: bool = True) -> Json:
        """The customer's part after `requires_action`."""
        return payments.authenticate(self.world, payment_intent, succeeds)

    @remote
    def finish_payment(self, payment_intent: str, *, succeeds: bool = True) -> Json:
        """The bank's answer about a payment that is `processing`."""
        return payments.finish_payment(self.world, payment_intent, succeeds)

    @remote
    def open_accounts(self, count: int) -> list[str]:
        """Makes connected accounts that can be paid, many at once and without events; their ids."""
        return [connect.open_account(self.world)["id"] for _ in range(count)]

    @remote
    def complete_onboarding(self, account: str) -> Json:
        """Details submitted and verified: capabilities active, payouts enabled."""
        return connect.set_account(self.world, account, status="active")

    @remote
    def restrict(
        self,
        account: str,
        due: Sequence[str] = ("individual.verification.document",),
        disabled_reason: str = "requirements.past_due",
    ) -> Json:
        """Capabilities inactive until `complete_onboarding`."""
        return connect.set_account(
            self.world, account, status="inactive", due=due, disabled_reason=disabled_reason
        )

    def reject(self, account: str, reason: str = "rejected.fraud") -> Json:
        return self.restrict(account, (), reason)

    @remote
    def close_account(self, account: str) -> None:
        """Ends an account that was made by v2: it can be read, and no longer be used."""
        accounts_v2.close(self.world, account)

    @remote
    def deauthorize(self, account: str) -> None:
        """The owner disconnects the account: calls about it are answered with 403."""
        connect.deauthorize(self.world, account)

    # What there is

    @remote
    def objects(self, kind: str) -> list[Json]:
        """All objects of a type, oldest first, of the platform and of connected accounts."""
        return list(self.world.objects.get(kind, {}).values())

    def events(self, type: str = "*") -> list[Json]:
        return [event for event in self.objects("event") if fnmatchcase(event["type"], type)]

    @remote
    def requests(self, method: str = "*", path: str = "/*") -> list[Json]:
        """Requests that arrived, with their outcome; also those that a fault swallowed."""
        return [
            line
            for line in self.here.requests
            if method in ("*", line["method"]) and fnmatchcase(line["path"], path)
        ]

    def count(self, method: str = "*", path: str = "/*") -> int:
        return len(self.requests(method, path))

    @remote
    def clear_requests(self) -> None:
        self.here.requests.clear()

    # Faults

    @remote
    def fault(
        self,
        method: str,
        path: str,
        kind: Kind,
        when: When = "before",
        *,
        nth: int = 1,
        times: int | None = 1,
        status: int = 500,
        seconds: float = 0.0,
    ) -> None:
        """Adds to the script of faults; see `faults.Fault`. `times=None`: from the nth on."""
        self.here.faults.script.append(Fault(method, path, kind, when, nth, times, status, seconds))

    @remote
    def faults(self) -> list[Json]:
        """The script, with how often each was `seen` and `struck`."""
        return [asdict(fault) for fault in self.here.faults.script]

    @remote
    def clear_faults(self) -> None:
        self.here.faults.script.clear()

    @remote
    def held(self) -> int:
        """How many requests the fault `hold` has brought to a stand."""
        return self.here.gate.held

    @remote
    def release(self, *, is_lost: bool = False) -> None:
        """Lets what `hold` holds go on, or lose its connection; later ones pass."""
        self.here.gate.release(is_lost=is_lost)

    # Webhooks

    @remote
    def add_webhook(
        self,
        url: str,
        *secrets: str,
        connect: bool = False,
        thin: bool = False,
        enabled_events: Sequence[str] = ("*",),
    ) -> str:
        """Registers a receiver, for the platform's events, connected accounts' or thin ones; its
        id."""
        id = self.world.new_id("we_")
        endpoint = Endpoint(
            id,
            url,
            list(secrets),
            connect,
            list(enabled_events),
            api_version=None if thin else API_VERSION,
            created=self.world.now(),
            thin=thin,
        )
        self.world.webhooks.endpoints[id] = endpoint
        return id

    @remote
    def webhooks(self) -> list[Json]:
        """The registered receivers: `id`, `url`, and whether they are for connected accounts."""
        return [
            {"id": endpoint.id, "url": endpoint.url, "connect": endpoint.connect}
            for endpoint in self.world.webhooks.endpoints.values()
        ]

    @remote
    def set_webhook_secrets(self, endpoint: str, *secrets: str) -> None:
        """Rolls the secret: with two, every delivery carries two signatures."""
        self.world.webhooks.endpoints[endpoint].secrets = list(secrets)

    @remote
    def change_webhook(self, endpoint: str, **fields: Any) -> None:
        """Changes fields of a receiver: status (enabled, disabled), api_version, events, url."""
        receivers = self.world.webhooks.endpoints
        receivers[endpoint] = replace(receivers[endpoint], **fields)

    @remote
    def set_webhooks(self, **options: Any) -> Json:
        """Changes fields of `webhooks.Options`: duplicates, shuffle, delay, retries, skew …"""
        webhooks = self.world.webhooks
        webhooks.options = replace(webhooks.options, **options)
        return asdict(webhooks.options)

    def deliver_in_background(self, *, retry_after: float = 0.5) -> None:
        """From now on events are delivered by themselves, as they happen."""
        self.set_webhooks(background=True, retry_after=retry_after)

    @remote
    def pending(self) -> list[Json]:
        """Deliveries in the queue, due or not."""
        return [delivery.line() for delivery in self.world.webhooks.queue]

    @remote
    def deliver_pending(self, limit: int | None = None) -> list[Json]:
        """Makes the deliveries that are due, once each; the attempts with their status."""
        with self.world.lock:
            self.world.tick()
        return deliver(self.world.webhooks, self.world.lock, self.world.clock.now, limit)

    def deliver_all(self, rounds: int = 20) -> list[Json]:
        """`deliver_pending` until nothing is due, or `rounds` are over."""
        attempts: list[Json] = []
        for _ in range(rounds):
            made = self.deliver_pending()
            if not made:
                break
            attempts += made
        return attempts

    def pause(self) -> None:
        self.set_webhooks(paused=True)

    def flush(self) -> list[Json]:
        """Ends a pause and delivers what it held back."""
        self.set_webhooks(paused=False)
        return self.deliver_all()

    @remote
    def collect(self, limit: int | None = None) -> list[Json]:
        """Takes due deliveries for the test to make itself; they count as delivered.

        Each has `event` (its id), `type`, `endpoint`, `attempt`, `url`, `signature` and `body`.
        """
        collected = []
        for delivery in self.world.webhooks.take(self.world.clock.now(), limit):
            body, signature = self.world.webhooks.payload(delivery)
            signed = {"signature": signature, "body": body.decode()}
            collected.append(delivery.line() | {"url": delivery.endpoint.url} | signed)
        return collected

    @remote
    def redeliver(self, event: str, endpoint: str | None = None) -> int:
        """Queues an event once more; how many deliveries."""
        thin = self.world.objects.get("v2.core.event", {})
        known = thin.get(event) or self.world.objects["event"][event]
        return self.world.webhooks.enqueue(known, self.world.clock.now(), endpoint)

    @remote
    def drop_pending(self) -> int:
        """Loses what is in the queue; List Events still has it."""
        return self.world.webhooks.drop()

    @remote
    def delivery_log(self) -> list[Json]:
        return self.world.webhooks.log


def control_blueprint(control: Control, server: Server) -> Blueprint:
    blueprint = Blueprint("control", __name__, url_prefix="/_control")

    @blueprint.post("/<name>")
    def call(name: str) -> Response:
        if name not in REMOTE:
            return refuse(f"no control {name!r}")
        body = request.get_json()
        act = getattr(control, name)
        try:
            if name == "deliver_pending":  # its receivers may call the API before they answer
                return jsonify(act(*body["args"], **body["kwargs"]))
            with server.world.lock:
                return jsonify(deepcopy(act(*body["args"], **body["kwargs"])))
        except (StripeError, KeyError, TypeError, ValueError) as error:
            return refuse(f"{type(error).__name__}: {error}")

    def refuse(message: str) -> Response:
        response = jsonify(error=message)
        response.status_code = 400
        return response

    return blueprint
