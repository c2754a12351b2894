from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from stripe import StripeClient

from tests.patience import PATIENCE

from .. import ControlError, FakeStripe
from ..client import PACKAGE

ROOT = Path(__file__).parents[3]


@pytest.mark.slow
def test_a_process_of_its_own_has_the_same_controls() -> None:
    with FakeStripe(process=True, seed=3, now=1_790_000_000) as fake:
        intent = fake.stripe().v1.payment_intents.create({"amount": 1000, "currency": "gbp"})
        assert fake.now() == 1_790_000_000
        assert [it["id"] for it in fake.objects("payment_intent")] == [intent.id]
        fake.fault("GET", "/v1/balance", "delay", seconds=0)
        assert fake.count("POST") == 1
        address = fake.url.rpartition(":")
    with socket.socket() as probe, pytest.raises(ConnectionRefusedError):
        probe.connect(("127.0.0.1", int(address[2])))


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_runs_until_it_is_told_to_end(number: signal.Signals) -> None:
    command = [sys.executable, "-m", PACKAGE, "--port", "0", "--json"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        url = json.loads(process.stdout.readline())["url"]
        client = StripeClient("sk_test_fake", base_addresses={"api": url})
        assert client.v1.balance.retrieve().object == "balance"
        process.send_signal(number)
        assert process.wait(timeout=PATIENCE) == 0


@pytest.mark.slow
def test_it_ends_with_its_parent() -> None:
    command = [sys.executable, "-m", PACKAGE, "--json", "--watch-parent"]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin
        assert process.stdout
        process.stdout.readline()
        process.stdin.close()
        assert process.wait(timeout=PATIENCE) == 0


def test_it_listens_on_this_machine_only(fake: FakeStripe) -> None:
    assert fake.url.startswith("http://127.0.0.1:")


def test_the_same_seed_makes_the_same_ids(fake: FakeStripe) -> None:
    def ids() -> list[str]:
        fake.reset(seed=5, now=0)
        fake.stripe().v1.customers.create()
        return [it["id"] for kind in ("customer", "event") for it in fake.objects(kind)]

    assert ids() == ids()


def test_a_control_that_does_not_exist_or_fit_is_refused(fake: FakeStripe) -> None:
    with pytest.raises(ControlError, match="acct_no"):
        fake.complete_onboarding("acct_no")
    with pytest.raises(ControlError, match="sorcery"):
        fake.configure(sorcery=True)
    assert fake.http.post(f"{fake.url}/_control/__init__", json={}).status_code == 400
