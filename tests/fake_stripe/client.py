"""The stand-in as tests use it: `with FakeStripe() as fake:`, then `fake.stripe()` and controls.

In this process or, with `process=True`, in one of its own; the controls are the same.
"""

from __future__ import annotations

import json
import subprocess
import sys
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Self, cast

import httpx
from stripe import StripeClient

from .faults import Kind, When
from .server import Running

Json = dict[str, Any]
PACKAGE = __name__.rpartition(".")[0]


class ControlError(Exception):
    """The stand-in refused a control call: the message says why."""


class Control:
    """Typed controls of a running stand-in at `url`. Money in minor units, time in seconds."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.api_key = "sk_test_fake"
        self.publishable_key = "pk_test_fake"
        self._http = httpx.Client(base_url=url + "/_control/", timeout=60, trust_env=False)

    def stripe(self, **options: Any) -> StripeClient:
        """Stripe's own client, pointed here; without retries unless asked for."""
        options = {"api_key": self.api_key, "max_network_retries": 0, **options}
        return StripeClient(base_addresses={"api": self.url}, **options)

    def _call(self, name: str, **arguments: Any) -> Any:
        answer = self._http.post(name, json=arguments)
        if answer.status_code != 200:
            raise ControlError(f"{name}: {answer.text}")
        return answer.json()

    def close(self) -> None:
        self._http.close()

    # Time, settings, keys

    def reset(self, *, seed: int = 0, now: float | None = None) -> None:
        """Forgets everything: objects, keys, faults, webhooks. `now` freezes the clock."""
        self._call("reset", seed=seed, now=now)

    def now(self) -> float:
        return cast(float, self._call("now"))

    def advance(self, *, days: float = 0, hours: float = 0, seconds: float = 0) -> float:
        """Moves the clock; what falls due happens. Returns the new time."""
        return cast(float, self._call("advance", seconds=seconds + 3600 * (hours + 24 * days)))

    def configure(self, **settings: Any) -> Json:
        """Changes fields of `world.Settings`: fees, delays, country, currency."""
        return cast(Json, self._call("configure", **settings))

    def set_api_keys(self, *keys: str) -> None:
        """The secret keys that are valid from now on: none revokes them all."""
        self._call("set_api_keys", keys=list(keys))

    # Money, customers, accounts

    def add_funds(self, amount: int, currency: str = "gbp") -> str:
        """Tops up the platform's available balance; the balance transaction's id."""
        return cast(str, self._call("add_funds", amount=amount, currency=currency))

    def available(self, currency: str = "gbp", account: str | None = None) -> int:
        return int(self._call("ledger", account=account)["available"].get(currency, 0))

    def pending_funds(self, currency: str = "gbp", account: str | None = None) -> int:
        return int(self._call("ledger", account=account)["pending"].get(currency, 0))

    def authenticate(self, payment_intent: str, *, succeeds: bool = True) -> Json:
        """The customer's part after `requires_action`."""
        return cast(
            Json,
            self._call("authenticate", payment_intent=payment_intent, succeeds=succeeds),
        )

    def finish_refund(self, refund: str) -> Json:
        return cast(Json, self._call("finish_refund", refund=refund))

    def fail_refund(self, refund: str, reason: str = "unknown") -> Json:
        return cast(Json, self._call("fail_refund", refund=refund, reason=reason))

    def complete_onboarding(self, account: str) -> Json:
        """Details submitted and verified: capabilities active, payouts enabled."""
        return cast(Json, self._call("complete_onboarding", account=account))

    def restrict(
        self,
        account: str,
        due: tuple[str, ...] = ("individual.verification.document",),
        disabled_reason: str = "requirements.past_due",
    ) -> Json:
        """Capabilities inactive until `complete_onboarding`."""
        return cast(
            Json,
            self._call("restrict", account=account, due=list(due), disabled_reason=disabled_reason),
        )

    def reject(self, account: str, reason: str = "rejected.fraud") -> Json:
        return self.restrict(account, (), reason)

    def deauthorize(self, account: str) -> None:
        """The owner disconnects the account: calls about it are answered with 403."""
        self._call("deauthorize", account=account)

    # What there is

    def objects(self, kind: str) -> list[Json]:
        """All objects of a type, oldest first, of the platform and of connected accounts."""
        return cast(list[Json], self._call("objects", kind=kind))

    def events(self, type: str = "*") -> list[Json]:
        return [event for event in self.objects("event") if fnmatchcase(event["type"], type)]

    def requests(self, method: str = "*", path: str = "/*") -> list[Json]:
        """Requests that arrived, with their outcome; also those that a fault swallowed."""
        return [
            line
            for line in cast(list[Json], self._call("requests"))
            if method in ("*", line["method"]) and fnmatchcase(line["path"], path)
        ]

    def count(self, method: str = "*", path: str = "/*") -> int:
        return len(self.requests(method, path))

    def clear_requests(self) -> None:
        self._call("clear_requests")

    # Faults

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
        self._call(
            "add_fault",
            method=method,
            path=path,
            kind=kind,
            when=when,
            nth=nth,
            times=times,
            status=status,
            seconds=seconds,
        )

    def faults(self) -> list[Json]:
        """The script, with how often each was `seen` and `struck`."""
        return cast(list[Json], self._call("faults"))

    def clear_faults(self) -> None:
        self._call("clear_faults")

    # Webhooks

    def add_webhook(
        self,
        url: str,
        *secrets: str,
        connect: bool = False,
        enabled_events: list[str] | None = None,
    ) -> str:
        """Registers a receiver, for the platform's events or connected accounts'; its id."""
        return cast(
            str,
            self._call(
                "add_webhook",
                url=url,
                secrets=list(secrets),
                connect=connect,
                enabled_events=enabled_events,
            ),
        )

    def set_webhook_secrets(self, endpoint: str, *secrets: str) -> None:
        """Rolls the secret: with two, every delivery carries two signatures."""
        self._call("set_webhook_secrets", endpoint=endpoint, secrets=list(secrets))

    def set_webhooks(self, **options: Any) -> Json:
        """Changes fields of `webhooks.Options`: duplicates, shuffle, delay, retries, skew …"""
        return cast(Json, self._call("set_webhooks", **options))

    def deliver_in_background(self, *, retry_after: float = 0.5) -> None:
        """From now on events are delivered by themselves, as they happen."""
        self.set_webhooks(background=True, retry_after=retry_after)

    def pause(self) -> None:
        self.set_webhooks(paused=True)

    def resume(self) -> None:
        self.set_webhooks(paused=False)

    def pending(self) -> list[Json]:
        """Deliveries in the queue, due or not."""
        return cast(list[Json], self._call("pending"))

    def deliver_pending(self, limit: int | None = None) -> list[Json]:
        """Makes the deliveries that are due, once each; the attempts with their status."""
        return cast(list[Json], self._call("deliver_pending", limit=limit))

    def deliver_all(self, rounds: int = 20) -> list[Json]:
        """`deliver_pending` until nothing is due, or `rounds` are over."""
        attempts: list[Json] = []
        for _ in range(rounds):
            made = self.deliver_pending()
            if not made:
                break
            attempts += made
        return attempts

    def flush(self) -> list[Json]:
        """Ends a pause and delivers what it held back."""
        self.resume()
        return self.deliver_all()

    def collect(self, limit: int | None = None) -> list[Json]:
        """Takes due deliveries (`url`, `signature`, `body` …) for the test to make itself."""
        return cast(list[Json], self._call("collect", limit=limit))

    def redeliver(self, event: str, endpoint: str | None = None) -> int:
        """Queues an event once more; how many deliveries."""
        return cast(int, self._call("redeliver", event=event, endpoint=endpoint))

    def drop_pending(self) -> int:
        """Loses what is in the queue; List Events still has it."""
        return cast(int, self._call("drop_pending"))

    def delivery_log(self) -> list[Json]:
        return cast(list[Json], self._call("delivery_log"))


class FakeStripe(Control):
    """A stand-in that starts with this object and ends with `stop` or its `with` block."""

    def __init__(
        self,
        *,
        process: bool = False,
        port: int = 0,
        seed: int = 0,
        now: float | None = None,
    ) -> None:
        self._running: Running | None = None
        self._process: subprocess.Popen[str] | None = None
        if process:
            super().__init__(self._start_process(port, seed, now))
        else:
            self._running = Running(port, seed, now)
            self._running.start()
            super().__init__(self._running.url)

    def _start_process(self, port: int, seed: int, now: float | None) -> str:
        command = [sys.executable, "-m", PACKAGE, "--json", "--watch-parent"]
        command += ["--port", str(port), "--seed", str(seed)]
        command += ["--now", str(now)] if now is not None else []
        root = Path(__file__).parents[PACKAGE.count(".") + 1]
        self._process = subprocess.Popen(
            command, cwd=root, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{PACKAGE} ended with status {self._process.wait()}")
        return cast(str, json.loads(line)["url"])

    def stop(self) -> None:
        self.close()
        if self._running:
            self._running.stop()
        if self._process:
            self._process.terminate()
            self._process.communicate(timeout=10)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
