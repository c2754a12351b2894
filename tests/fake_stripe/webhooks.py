"""Signed webhook deliveries: queued with each event, sent now, later, twice or out of order."""

from __future__ import annotations

import hashlib
import hmac
import json
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

Json = dict[str, Any]


@dataclass
class Endpoint:
    """A receiver. `connect` ones get connected accounts' events, `thin` ones thin events, and the
    others the platform's."""

    id: str
    url: str
    secrets: list[str]
    connect: bool = False
    enabled_events: list[str] = field(default_factory=lambda: ["*"])
    api_version: str | None = None
    created: int = 0
    status: str = "enabled"
    thin: bool = False

    def wants(self, event: Json) -> bool:
        types = self.enabled_events
        if self.status != "enabled" or not ("*" in types or event["type"] in types):
            return False
        is_thin = event["object"] == "v2.core.event"
        return self.thin == is_thin and (is_thin or self.connect == ("account" in event))


@dataclass
class Delivery:
    event: Json
    endpoint: Endpoint
    due: float
    attempt: int = 1

    def line(self) -> Json:
        return {
            "event": self.event["id"],
            "type": self.event["type"],
            "endpoint": self.endpoint.id,
            "attempt": self.attempt,
        }


@dataclass
class Options:
    """`duplicates` is the chance that a delivery is queued twice; times are in seconds.

    A failed delivery is due again after `retry_after`, doubled each time.
    """

    duplicates: float = 0.0
    shuffle: bool = False
    delay: float = 0.0
    retry_after: float = 0.0
    max_attempts: int = 16
    paused: bool = False
    background: bool = False
    timestamp_skew: float = 0.0


class Webhooks:
    """The queue and the log of deliveries. `send` runs without the world's lock."""

    def __init__(self, random: random.Random, http: httpx.Client) -> None:
        self.endpoints: dict[str, Endpoint] = {}
        self.options = Options()
        self.queue: list[Delivery] = []
        self.log: list[Json] = []
        self._random = random
        self._given_up: set[str] = set()
        self._waiting: Counter[str] = Counter()
        self._http = http

    def enqueue(self, event: Json, now: float, only: str | None = None) -> int:
        """Queues an event for every endpoint that wants it (or one); how many deliveries."""
        before = len(self.queue)
        for endpoint in self.endpoints.values():
            if only in (None, endpoint.id) and endpoint.wants(event):
                copies = 2 if self._random.random() < self.options.duplicates else 1
                due = now + self.options.delay
                for _ in range(copies):
                    self._add(Delivery(event, endpoint, due))
        return len(self.queue) - before

    def _add(self, delivery: Delivery) -> None:
        self.queue.append(delivery)
        self._waiting[delivery.event["id"]] += 1

    def take(self, now: float, limit: int | None = None) -> list[Delivery]:
        """Takes due deliveries off the queue, in order or shuffled."""
        if self.options.paused:
            return []
        due = [delivery for delivery in self.queue if delivery.due <= now]
        if self.options.shuffle:
            self._random.shuffle(due)
        due = due[:limit]
        taken = {id(delivery) for delivery in due}
        self.queue = [delivery for delivery in self.queue if id(delivery) not in taken]
        self._waiting.subtract(delivery.event["id"] for delivery in due)
        return due

    def payload(self, delivery: Delivery) -> tuple[bytes, str]:
        """The body as Stripe prints it, and its `Stripe-Signature` (real time, plus skew)."""
        event = delivery.event
        if not delivery.endpoint.thin:
            event = event | {"pending_webhooks": self._waiting[event["id"]] + 1}
        body = json.dumps(event, indent=2, ensure_ascii=False).encode()
        now = time.time()  # noqa: TID251  (a signature is checked against the real time)
        timestamp = int(now + self.options.timestamp_skew)
        return body, sign(body, delivery.endpoint.secrets, timestamp)

    def send(self, delivery: Delivery, body: bytes, signature: str) -> Json:
        """Posts one delivery; its line for the log. A status of 2xx is a success."""
        result = delivery.line() | {"status": None, "error": None}
        headers = {"Content-Type": "application/json; charset=utf-8", "Stripe-Signature": signature}
        try:
            answer = self._http.post(delivery.endpoint.url, content=body, headers=headers)
            result["status"] = answer.status_code
        except httpx.HTTPError as error:
            result["error"] = f"{type(error).__name__}: {error}"
        return result

    def record(self, delivery: Delivery, result: Json, now: float) -> None:
        """Logs an attempt, and queues the next one after a failure."""
        self.log.append(result)
        delivered = result["status"] is not None and 200 <= result["status"] < 300
        if not delivered and delivery.attempt < self.options.max_attempts:
            delivery.due = now + self.options.retry_after * 2 ** (delivery.attempt - 1)
            delivery.attempt += 1
            self._add(delivery)
        elif not delivered:
            self._given_up.add(delivery.event["id"])

    def drop(self) -> int:
        """Gives up everything in the queue; how many deliveries."""
        self._given_up |= {delivery.event["id"] for delivery in self.queue}
        dropped, self.queue = len(self.queue), []
        self._waiting.clear()
        return dropped

    def is_delivered(self, event: Json) -> bool:
        return not self._waiting[event["id"]] and event["id"] not in self._given_up


def sign(body: bytes, secrets: list[str], timestamp: int) -> str:
    """`t=…,v1=…`, with one `v1` for each secret that is valid while a secret is being rolled."""
    signed = f"{timestamp}.".encode() + body
    signatures = [hmac.new(s.encode(), signed, hashlib.sha256).hexdigest() for s in secrets]
    return ",".join([f"t={timestamp}", *(f"v1={signature}" for signature in signatures)])


def deliver(
    webhooks: Webhooks, lock: Any, present: Callable[[], float], limit: int | None = None
) -> list[Json]:
    """One pass over what is due: sends it, one after another, and returns the attempts."""
    with lock:
        due = webhooks.take(present(), limit)
    results = []
    for delivery in due:
        with lock:
            body, signature = webhooks.payload(delivery)
        result = webhooks.send(delivery, body, signature)
        with lock:
            webhooks.record(delivery, result, present())
        results.append(result)
    return results
