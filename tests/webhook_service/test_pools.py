"""Which threads serve which requests, and how long a request may wait for Stripe."""

from __future__ import annotations

import time
from typing import Any

import pytest
import requests
from flask import Flask, g

from webhook_service.deadline import DeadlineSession
from webhook_service.gunicorn_worker import kind_of

WEBHOOK = b"POST /stripe/webhooks HTTP/1.1\r\nHost: x\r\n"


@pytest.mark.parametrize(
    ("beginning", "kind"),
    [
        (b"GET /healthz HTTP/1.1\r\n\r\n", "probes"),
        (b"GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n", "probes"),
        (b"GET /metrics HTTP/1.1\r\n\r\n", "probes"),
        (b"GET /healthzz HTTP/1.1\r\n\r\n", "people"),
        (b"GET /healthz HTTP/1.1\r\nHost:", "arriving"),
        (WEBHOOK + b"Content-Length: 2\r\n\r\n{}", "webhooks"),
        (WEBHOOK + b"content-length:2\r\n\r\n{}", "webhooks"),
        (WEBHOOK + b"Content-Length: 3\r\n\r\n{}", "arriving"),
        (WEBHOOK + b"Content-Length: 65536\r\n\r\n{}", "streamed"),
        (WEBHOOK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "streamed"),
        (WEBHOOK + b"Content-Length: many\r\n\r\n", "streamed"),
        (WEBHOOK + b"Stripe-Signature: " + b"v" * 65_536, "streamed"),
        (b"POST /payment-intents HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}", "people"),
        (None, "arriving"),
        (b"", "streamed"),
        (b"\x16\x03\x01\x02\x00", "streamed"),
    ],
)
def test_a_request_is_sorted_by_what_has_come_of_it(beginning: bytes | None, kind: str) -> None:
    assert kind_of(beginning) == kind


@pytest.fixture
def timeouts(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What each call would have waited at most."""
    asked: list[float] = []

    def note(self: requests.Session, *args: Any, timeout: float, **kwargs: Any) -> None:
        asked.append(timeout)

    monkeypatch.setattr(requests.Session, "request", note)
    return asked


def test_every_call_of_a_request_has_what_is_left_of_its_time(timeouts: list[float]) -> None:
    session = DeadlineSession(10)
    with Flask("x").test_request_context():
        for passed in (0, 6, 9):
            g.started = time.perf_counter() - passed
            session.request("GET", "https://api.stripe.com")
        g.started = time.perf_counter() - 9.9
        with pytest.raises(requests.exceptions.Timeout):
            session.request("GET", "https://api.stripe.com")
    assert [round(timeout) for timeout in timeouts] == [10, 4, 1]


def test_outside_of_a_request_there_is_the_whole_time(timeouts: list[float]) -> None:
    DeadlineSession(10).request("GET", "https://api.stripe.com")
    assert timeouts == [10]
