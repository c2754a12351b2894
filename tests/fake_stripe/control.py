"""What a test may do to the stand-in that Stripe's API cannot: one method, one call.

`client.py` has the same methods with their types, for tests.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, jsonify, request

from . import connect, payments, refunds
from .errors import StripeError
from .faults import Fault
from .webhooks import Endpoint, deliver
from .world import Json

if TYPE_CHECKING:
    from .server import Server


class Control:
    def __init__(self, server: Server) -> None:
        self._server = server

    # Time, settings, keys

    def reset(self, seed: int = 0, now: float | None = None) -> None:
        self._server.reset(seed, now)

    def now(self) -> float:
        return self._server.world.clock.now()

    def advance(self, seconds: float) -> float:
        self._server.world.advance(seconds)
        return self.now()

    def configure(self, **settings: Any) -> Json:
        world = self._server.world
        world.settings = replace(world.settings, **settings)
        return asdict(world.settings)

    def set_api_keys(self, keys: list[str]) -> None:
        self._server.api_keys = set(keys)

    # Money, customers, accounts

    def add_funds(self, amount: int, currency: str) -> str:
        return self._server.world.post("topup", amount, currency, None)

    def ledger(self, account: str | None = None) -> Json:
        ledger = self._server.world.ledger(account)
        return {"available": dict(ledger.available), "pending": dict(ledger.pending)}

    def authenticate(self, payment_intent: str, succeeds: bool = True) -> Json:
        return payments.authenticate(self._server.world, payment_intent, succeeds)

    def finish_refund(self, refund: str) -> Json:
        thing = self._server.world.get("refund", refund)
        refunds.finish_refund(self._server.world, thing)
        return thing

    def fail_refund(self, refund: str, reason: str = "unknown") -> Json:
        thing = self._server.world.get("refund", refund)
        refunds.fail_refund(self._server.world, thing, reason)
        return thing

    def complete_onboarding(self, account: str) -> Json:
        return connect.set_account(self._server.world, account, status="active")

    def restrict(self, account: str, due: list[str], disabled_reason: str) -> Json:
        return connect.set_account(
            self._server.world, account, status="inactive", due=due, disabled_reason=disabled_reason
        )

    def deauthorize(self, account: str) -> None:
        connect.deauthorize(self._server.world, account)

    # What there is

    def objects(self, kind: str) -> list[Json]:
        return list(self._server.world.objects.get(kind, {}).values())

    def requests(self) -> list[Json]:
        return self._server.requests

    def clear_requests(self) -> None:
        self._server.requests.clear()

    # Faults

    def add_fault(self, **fault: Any) -> None:
        self._server.faults.script.append(Fault(**fault))

    def faults(self) -> list[Json]:
        return [asdict(fault) for fault in self._server.faults.script]

    def clear_faults(self) -> None:
        self._server.faults.script.clear()

    # Webhooks

    def add_webhook(
        self,
        url: str,
        secrets: list[str],
        connect: bool = False,
        enabled_events: list[str] | None = None,
    ) -> str:
        world = self._server.world
        endpoint = Endpoint(world.new_id("we_"), url, secrets, connect, enabled_events or ["*"])
        world.webhooks.endpoints[endpoint.id] = endpoint
        return endpoint.id

    def set_webhook_secrets(self, endpoint: str, secrets: list[str]) -> None:
        self._server.world.webhooks.endpoints[endpoint].secrets = secrets

    def set_webhooks(self, **options: Any) -> Json:
        webhooks = self._server.world.webhooks
        webhooks.options = replace(webhooks.options, **options)
        return asdict(webhooks.options)

    def pending(self) -> list[Json]:
        return [
            {
                "event": delivery.event["id"],
                "type": delivery.event["type"],
                "endpoint": delivery.endpoint.id,
                "attempt": delivery.attempt,
                "due": delivery.due,
            }
            for delivery in self._server.world.webhooks.queue
        ]

    def collect(self, limit: int | None = None) -> list[Json]:
        """Takes due deliveries for the test to make itself; they count as delivered."""
        webhooks = self._server.world.webhooks
        collected = []
        for delivery in webhooks.take(self.now(), limit):
            body, signature = webhooks.payload(delivery)
            collected.append(
                {
                    "event": delivery.event["id"],
                    "type": delivery.event["type"],
                    "endpoint": delivery.endpoint.id,
                    "url": delivery.endpoint.url,
                    "signature": signature,
                    "body": body.decode(),
                }
            )
        return collected

    def redeliver(self, event: str, endpoint: str | None = None) -> int:
        world = self._server.world
        return world.webhooks.enqueue(world.objects["event"][event], self.now(), endpoint)

    def drop_pending(self) -> int:
        webhooks = self._server.world.webhooks
        dropped, webhooks.queue = len(webhooks.queue), []
        return dropped

    def delivery_log(self) -> list[Json]:
        return self._server.world.webhooks.log


def control_blueprint(control: Control, server: Server) -> Blueprint:
    blueprint = Blueprint("control", __name__, url_prefix="/_control")

    @blueprint.post("/deliver_pending")
    def deliver_pending() -> Response:
        """Outside the lock: a receiver may call the API before it answers."""
        world = server.world
        world.tick()
        limit = (request.get_json() or {}).get("limit")
        return jsonify(deliver(world.webhooks, world.lock, world.clock.now, limit))

    @blueprint.post("/<name>")
    def call(name: str) -> Response:
        method = None if name.startswith("_") else getattr(control, name, None)
        if method is None:
            return _refuse(f"no control {name!r}")
        try:
            with server.world.lock:
                return jsonify(deepcopy(method(**request.get_json())))
        except (StripeError, KeyError, TypeError, ValueError) as error:
            return _refuse(f"{type(error).__name__}: {error}")

    def _refuse(message: str) -> Response:
        response = jsonify(error=message)
        response.status_code = 400
        return response

    return blueprint
