"""Everything that a frontend needs: somebody signs in, books, pays and cancels, as a page would."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from rich.console import Console

from demo.up import LABELS, show
from tests.patience import PATIENCE
from tools.cluster import ROOT

pytestmark = pytest.mark.slow

PAGE = {"Origin": "http://localhost:5173"}


@pytest.fixture
def data_dir() -> Iterator[Path]:
    # Not below pytest's own folder, which only its owner may enter.
    with tempfile.TemporaryDirectory(prefix="lplate-up-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@contextmanager
def running(data_dir: Path) -> Iterator[dict[str, Any]]:
    """`make up` on free ports; what it prints. Ends as by Ctrl-C."""
    with printing("demo.up", "--json", LPLATE_DATA_DIR=str(data_dir)) as lines:
        yield json.loads(next(lines))


@contextmanager
def printing(*command: str, **environment: str) -> Iterator[Iterator[str]]:
    """What a command prints while it runs on free ports. Ends as by Ctrl-C."""
    ports = ("API", "DB", "SERVICE", "STRIPE", "CLOCK", "EXAMPLE")
    process = subprocess.Popen(
        [sys.executable, "-m", *command],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environment}
        | {f"LPLATE_{name}_PORT": "0" for name in ports},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    try:
        yield iter(process.stdout.readline, "")
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=PATIENCE) == 0
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def printed_facts(lines: Iterator[str]) -> dict[str, Any]:
    """The addresses and the password that were printed for people."""
    names = {label: name for name, (label, _) in LABELS.items()}
    facts = {}
    for line in lines:
        label, _, value = line.strip().partition(": ")
        if label in names:
            facts[names[label]] = value.split()[0]
        elif line.startswith("Everybody's password is "):
            facts["password"] = line.strip().removeprefix("Everybody's password is ").rstrip(":")
        elif line.startswith("The week, with every step"):
            break
    return facts


class Browser:
    """What a page of another origin may do, as one person."""

    def __init__(self, up: dict[str, Any], email: str) -> None:
        self.up = up
        key = {"apikey": up["publishable_key"]} | PAGE
        self.api = httpx.Client(base_url=up["api_url"], headers=key, timeout=PATIENCE)
        answer = self.api.post(
            "/auth/v1/token?grant_type=password", json={"email": email, "password": up["password"]}
        )
        self.token = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        self.api.headers.update(self.token)

    def call(self, function: str, **arguments: Any) -> Any:
        answer = self.api.post(f"/rest/v1/rpc/{function}", json=arguments)
        assert answer.is_success, answer.text
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        return answer.json()

    def read(self, path: str) -> Any:
        return self.api.get(f"/rest/v1/{path}").json()

    def pay(self, booking_id: str, card: str) -> httpx.Response:
        opened = httpx.post(
            f"{self.up['service_url']}/payment-intents",
            headers=PAGE | self.token,
            json={"booking_id": booking_id},
            timeout=PATIENCE,
        )
        assert opened.headers["Access-Control-Allow-Origin"] == PAGE["Origin"], opened.text
        intent = opened.json()
        return httpx.post(
            f"{self.up['stripe_url']}/v1/payment_intents/{intent['payment_intent_id']}/confirm",
            headers=PAGE | {"Authorization": f"Bearer {self.up['stripe_publishable_key']}"},
            data={"payment_method": card, "client_secret": intent["client_secret"]},
            timeout=PATIENCE,
        )

    def sees(self, booking_id: str, column: str, value: Any) -> bool:
        """Whether a column of the booking has come to a value before patience ends."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            (row,) = self.read(f"booking_details?id=eq.{booking_id}&select={column}")
            if row[column] == value:
                return True
            time.sleep(0.1)
        return False


def test_what_is_printed_names_every_address_and_login() -> None:
    login = {"email": "ada@example.com", "name": "Ada Quinn", "role": "learner, new here"}
    facts: dict[str, Any] = {name: f"of {name}" for name in LABELS}
    screen = StringIO()
    known = {**facts, "home": "/data", "password": "secret words", "logins": [login]}
    show(known, Console(file=screen, highlight=False))
    printed = screen.getvalue()
    for name, (label, _) in LABELS.items():
        assert f"{label}: of {name}" in printed
    for told in (*login.values(), "secret words", '{"by": {"days": 1}}', "/data"):
        assert told in printed


def test_the_played_week_stays_for_a_frontend() -> None:
    with printing("demo", "--keep") as lines:
        up = printed_facts(lines)
        iris = Browser(up, "iris@example.com")
        statuses = [booking["booking_status"] for booking in iris.call("my_bookings")]
        assert "cancelled" in statuses
        assert move_clock(up, by={"minutes": 1}).status_code == 200


def move_clock(up: dict[str, Any], **move: Any) -> httpx.Response:
    return httpx.post(up["clock_url"], json=move, timeout=PATIENCE)


def test_somebody_books_pays_and_cancels_and_it_is_all_there_after_a_restart(
    data_dir: Path,
) -> None:
    with running(data_dir) as up:
        assert {login["email"].split("@")[0] for login in up["logins"]} >= {
            *("ada", "ben", "ivy", "nora", "pip", "ruth", "grace"),
        }
        ada = Browser(up, "ada@example.com")
        (ivy,) = ada.call("search_instructors", p_query="Ivy")
        (lesson,) = ada.read(f"services?instructor_id=eq.{ivy['id']}&select=id,duration_minutes")
        now = datetime.fromisoformat(httpx.get(up["clock_url"]).json()["now"])
        times = ada.call(
            "list_open_slots",
            p_instructor_id=ivy["id"],
            p_service_id=lesson["id"],
            p_from=(now + timedelta(days=3)).isoformat(),
            p_to=(now + timedelta(days=10)).isoformat(),
        )
        first, second = (
            ada.call(
                "request_booking",
                p_instructor_id=ivy["id"],
                p_service_id=lesson["id"],
                p_start_at=found["start_at"],
            )[0]["booking_id"]
            for found in (times[0], times[-1])
        )
        assert ada.pay(first, "pm_card_visa_chargeDeclinedInsufficientFunds").status_code == 402
        assert ada.pay(first, "pm_card_visa").status_code == 200
        assert ada.pay(second, "pm_card_visa").status_code == 200
        assert ada.sees(first, "booking_status", "confirmed")
        assert ada.sees(second, "booking_status", "confirmed")

    with running(data_dir) as up:
        ada = Browser(up, "ada@example.com")
        ada.call("cancel_booking", p_booking_id=second)
        assert ada.sees(second, "payment_status", "refunded")

        held = ada.call(
            "request_booking",
            p_instructor_id=ivy["id"],
            p_service_id=lesson["id"],
            p_start_at=times[1]["start_at"],
        )[0]["booking_id"]
        assert move_clock(up, by={"minutes": -1}).status_code == 422
        assert move_clock(up, to="tomorrow").status_code == 422
        assert move_clock(up, by={"minutes": 16}).status_code == 200
        assert ada.sees(held, "booking_status", "expired")

        assert move_clock(up, to=times[0]["start_at"]).status_code == 200
        teacher = Browser(up, "ivy@example.com")
        teacher.call("start_lesson", p_booking_id=first)
        move_clock(up, by={"minutes": lesson["duration_minutes"]})
        teacher.call("complete_lesson", p_booking_id=first)
        move_clock(up, by={"days": 8})
        payouts = teacher.read("payouts?select=amount_cents,status")
        # Ada's lesson, and Ben's, which nobody completed and so completed by itself.
        assert [(row["amount_cents"], row["status"]) for row in payouts] == [(2 * 4525, "paid")]
