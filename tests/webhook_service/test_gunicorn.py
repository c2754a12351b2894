"""The service as a real server: many at once, slow and broken clients, kills and outages."""

from __future__ import annotations

import json
import os
import signal
import socket
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from tests.factories import Booking
from tests.jobs.payday import wait_until
from tests.patience import PATIENCE
from tests.webhook_service.deployment import Deployment, Server, bearer, listen
from tests.webhook_service.settings import PLATFORM_SECRET, an_event, sign

pytestmark = pytest.mark.slow


MIGRATED_UNDER = 170  # requests


@pytest.fixture
def server(deployment: Deployment) -> Iterator[Server]:
    with Server(deployment) as server:
        yield server


def post(server: Server, signed: dict[str, Any]) -> httpx.Response:
    url = f"{server.url}/stripe/webhooks"
    return httpx.post(
        url, content=signed["data"], headers=signed["headers"], timeout=PATIENCE, trust_env=False
    )


def post_together(server: Server, deliveries: list[dict[str, Any]]) -> list[httpx.Response]:
    with ThreadPoolExecutor(len(deliveries)) as pool:
        return list(pool.map(lambda signed: post(server, signed), deliveries))


def test_twenty_deliveries_of_one_event_at_once_have_one_effect(
    deployment: Deployment, server: Server
) -> None:
    booking = deployment.world.booking()
    signed = sign(an_event(data={"object": booking.intent()}))
    answers = post_together(server, [signed] * 20)
    assert [answer.status_code for answer in answers] == [200] * 20
    outcomes = Counter(answer.json()["outcome"] for answer in answers)
    assert outcomes == {"processed": 1, "duplicate": 19}
    assert booking.status == "confirmed"
    assert deployment.world.count("private.ledger_transactions") == 1
    assert deployment.world.violations() == []


def test_money_finds_its_way_from_the_browser_to_the_books(
    deployment: Deployment, server: Server
) -> None:
    listen(deployment, server)
    instructor = deployment.world.instructor()
    urls = {"refresh_url": "https://app.example.com/a", "return_url": "https://app.example.com/b"}
    link = server.http.post(
        "/connect/onboarding-links", json=urls, headers=bearer(instructor.user_id)
    )
    assert link.status_code == 200
    [account] = deployment.fake.objects("account")
    deployment.fake.complete_onboarding(account["id"])

    booking = deployment.world.booking(instructor)
    intent = server.http.post(
        "/payment-intents", json={"booking_id": str(booking.id)}, headers=bearer(booking.learner)
    ).json()
    deployment.fake.stripe().v1.payment_intents.confirm(
        intent["payment_intent_id"],
        {"payment_method": "pm_card_visa", "return_url": "https://app.example.com"},
    )
    deliveries = deployment.fake.deliver_all()
    assert {delivery["status"] for delivery in deliveries} == {200}
    assert booking.status == "confirmed"
    ready = "select status::text from public.stripe_connect_accounts"
    assert deployment.world.value(ready) == "ready"
    assert not [note for status, note in deployment.events() if status == "parked"]
    assert deployment.world.violations() == []


def test_a_secret_can_be_rolled_without_losing_an_event(deployment: Deployment) -> None:
    new = "whsec_new_0123456789abcdef"
    both = f"{PLATFORM_SECRET},{new}"
    with Server(deployment, STRIPE_WEBHOOK_SECRETS=both) as server:
        endpoint = deployment.fake.add_webhook(f"{server.url}/stripe/webhooks", PLATFORM_SECRET)
        statuses = []
        for secrets in ([PLATFORM_SECRET], [PLATFORM_SECRET, new], [new]):
            deployment.fake.set_webhook_secrets(endpoint, *secrets)
            deployment.fake.stripe().v1.customers.create({"name": "Somebody"})
            statuses += [delivery["status"] for delivery in deployment.fake.deliver_all()]
        assert statuses == [200] * 3


def chunked(parts: Iterator[bytes] | list[bytes]) -> Iterator[bytes]:
    yield from parts


def test_a_body_without_a_length_is_cut_at_the_limit(
    deployment: Deployment, server: Server
) -> None:
    signed = sign(json.dumps(an_event(type="foo.bar")))
    small = server.http.post(
        "/stripe/webhooks", content=chunked([signed["data"]]), headers=signed["headers"]
    )
    assert small.json()["outcome"] == "ignored"
    large = httpx.post(
        f"{server.url}/stripe/webhooks",
        content=chunked([b"x" * 65_536] * 12),
        headers=signed["headers"],
        timeout=PATIENCE,
        trust_env=False,
    )
    assert large.status_code == 413


def speak(server: Server, *parts: bytes, seconds: float = 30) -> bytes:
    """Sends bytes as they are and returns the first line of the answer."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=seconds) as raw:
        for part in parts:
            raw.sendall(part)
        return raw.recv(65_536).split(b"\r\n")[0]


HEAD = b"POST /stripe/webhooks HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
RAW = {
    "a header of 64 KB": [HEAD + b"Stripe-Signature: " + b"v" * 65_536 + b"\r\n\r\n"],
    "NUL in the header": [HEAD + b"Stripe-Signature: t=1,v1=\0\r\nContent-Length: 0\r\n\r\n"],
    "bytes in the header": [HEAD + b"Stripe-Signature: t=1,v1=\xff\r\nContent-Length: 0\r\n\r\n"],
    "two lengths": [HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx"],
    "a length that is a word": [HEAD + b"Content-Length: ten\r\n\r\n"],
    "chunks that are none": [HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n"],
    "chunk and length": [
        HEAD + b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n"
    ],
    "no HTTP at all": [b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n"],
}


def test_a_broken_request_is_refused_and_the_service_lives_on(
    deployment: Deployment, server: Server
) -> None:
    answers = {name: speak(server, *parts).split(b" ")[1] for name, parts in RAW.items()}
    assert {name for name, status in answers.items() if status not in (b"400", b"431")} == set()
    assert server.is_alive()
    assert deployment.events() == []


def test_slow_clients_delay_only_themselves(deployment: Deployment) -> None:
    """Many more than there are threads have sent a part of their request, and nothing since."""
    with Server(deployment, WEBHOOK_SERVICE_THREADS="2") as server:
        slow = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(12)]
        for number, connection in enumerate(slow):
            connection.sendall(HEAD + (b"Content-Length: 1000\r\n\r\n{" if number % 2 else b""))
        for path in ("/healthz", "/readyz"):
            assert server.http.get(path).status_code == 200
        assert post(server, sign(an_event(type="foo.bar"))).status_code == 200
        for connection in slow:
            connection.setblocking(False)
            with pytest.raises(BlockingIOError):  # neither answered nor cut off
                connection.recv(1)
            connection.close()


def test_slow_clients_are_let_go(deployment: Deployment) -> None:
    """More than there are threads send a byte a second, and delay nobody; then they are let go."""
    with Server(
        deployment, WEBHOOK_SERVICE_THREADS="2", WEBHOOK_SERVICE_READING_SECONDS="2"
    ) as server:
        began = time.monotonic()
        slow = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(4)]
        for number, connection in enumerate(slow):
            head = HEAD + (b"Content-Length: 1000\r\n\r\n{" if number % 2 else b"")
            connection.sendall(head)
        answered = False
        while not answered and time.monotonic() - began < PATIENCE:
            for connection in slow:
                try:
                    connection.sendall(b"x")
                except OSError:
                    continue
            try:
                answered = server.http.get("/healthz", timeout=1).status_code == 200
            except httpx.TransportError:
                continue
        for connection in slow:
            connection.close()
        assert answered


def test_a_held_lock_silences_no_probe_and_no_other_event(deployment: Deployment) -> None:
    """More events about a locked row than there are threads; nobody gives the lock back."""
    booking = deployment.world.booking()
    about_it = [
        sign(an_event(id=f"evt_{number}", data={"object": booking.intent()})) for number in range(6)
    ]
    with (
        Server(deployment, WEBHOOK_SERVICE_THREADS="2") as server,
        psycopg.connect(deployment.cluster.admin_url(deployment.database)) as studio,
        ThreadPoolExecutor(6) as pool,
    ):
        studio.execute("select from public.orders for update")
        waiting = [pool.submit(post, server, signed) for signed in about_it]
        probes = [server.http.get(path).status_code for path in ("/healthz", "/readyz")]
        other = post(server, sign(an_event(id="evt_other", type="foo.bar")))
        answered = [one.result().status_code for one in waiting]
        assert probes == [200, 200]
        assert other.status_code == 200
        assert answered == [503] * 6
        studio.rollback()
        assert post(server, about_it[0]).status_code == 200
    assert booking.status == "confirmed"


def test_a_stripe_that_hangs_holds_up_no_webhook_and_no_probe(deployment: Deployment) -> None:
    """More people than there are threads wait for Stripe."""
    bookings = [deployment.world.booking() for _ in range(3)]
    deployment.fake.fault("POST", "/v1/payment_intents", "hold", times=None)
    with (
        Server(deployment, WEBHOOK_SERVICE_THREADS="2", STRIPE_TIMEOUT_SECONDS="4") as server,
        ThreadPoolExecutor(3) as pool,
    ):

        def pay(booking: Booking) -> httpx.Response:
            return httpx.post(
                f"{server.url}/payment-intents",
                json={"booking_id": str(booking.id)},
                headers=bearer(booking.learner),
                timeout=PATIENCE,
                trust_env=False,
            )

        waiting = [pool.submit(pay, booking) for booking in bookings]
        while deployment.fake.held() < 2:
            time.sleep(0.01)
        assert server.http.get("/healthz").status_code == 200
        assert post(server, sign(an_event(id="evt_other", type="foo.bar"))).status_code == 200
        assert not any(one.done() for one in waiting)
        answers = [one.result() for one in waiting]
    assert {answer.json()["code"] for answer in answers} == {"stripe_unavailable"}


def test_an_absent_database_is_answered_with_503_and_its_return_is_noticed(
    deployment: Deployment, server: Server
) -> None:
    booking = deployment.world.booking()
    signed = sign(an_event(data={"object": booking.intent()}))
    assert post(server, sign(an_event(id="evt_0", type="foo.bar"))).status_code == 200
    deployment.cut_off_database()
    for _ in range(2):
        answers = post_together(server, [signed] * 4)
        assert [answer.status_code for answer in answers] == [503] * 4
        assert {answer.headers["Retry-After"] for answer in answers} == {"5"}
    assert server.http.get("/readyz").status_code == 503
    assert server.http.get("/healthz").status_code == 200
    deployment.restore_database()
    began = time.monotonic()
    while post(server, signed).status_code != 200:
        assert time.monotonic() - began < PATIENCE
    assert booking.status == "confirmed"
    assert deployment.world.violations() == []


def test_a_killed_worker_loses_no_acknowledged_event(deployment: Deployment) -> None:
    acknowledged: set[str] = set()
    with Server(deployment, "--workers", "2") as server, ThreadPoolExecutor(4) as pool:

        def deliver(number: int) -> None:
            event = an_event(id=f"evt_{number}", type="foo.bar")
            for _ in range(100):
                try:
                    answer = post(server, sign(event))
                except httpx.TransportError:
                    time.sleep(0.05)
                    continue
                if answer.status_code == 200:
                    acknowledged.add(event["id"])
                    return

        working = [pool.submit(deliver, number) for number in range(200)]
        for _ in range(4):
            time.sleep(0.2)
            while not (workers := server.workers()):
                pass
            os.kill(workers[0], signal.SIGKILL)
        for one in working:
            one.result()
    stored = deployment.world.rows("select event_id from private.webhook_events")
    assert acknowledged == {row["event_id"] for row in stored}
    assert len(acknowledged) == 200


def test_a_service_that_is_told_to_stop_answers_what_it_has_begun(deployment: Deployment) -> None:
    bookings = [deployment.world.booking() for _ in range(6)]
    deployment.fake.fault("POST", "/v1/payment_intents", "delay", times=None, seconds=1)
    with Server(deployment) as server, ThreadPoolExecutor(6) as pool:

        def pay(booking: Booking) -> int:
            return httpx.post(
                f"{server.url}/payment-intents",
                json={"booking_id": str(booking.id)},
                headers=bearer(booking.learner),
                timeout=PATIENCE,
                trust_env=False,
            ).status_code

        paying = [pool.submit(pay, booking) for booking in bookings]
        while deployment.fake.count("POST", "/v1/payment_intents") < 6:
            time.sleep(0.01)
        server.process.send_signal(signal.SIGTERM)
        assert [one.result() for one in paying] == [200] * 6
    assert server.process.returncode == 0


def test_two_services_that_are_sent_every_event_apply_each_once(deployment: Deployment) -> None:
    bookings = [deployment.world.booking() for _ in range(20)]
    with (
        Server(deployment) as one,
        Server(deployment) as other,
        ThreadPoolExecutor(8) as pool,
    ):
        sent = [
            pool.submit(
                post, server, sign(an_event(id=f"evt_{number}", data={"object": booking.intent()}))
            )
            for number, booking in enumerate(bookings)
            for server in (one, other)
        ]
        outcomes = Counter(answer.result().json()["outcome"] for answer in sent)
    assert outcomes == {"processed": 20, "duplicate": 20}
    assert {booking.status for booking in bookings} == {"confirmed"}
    assert deployment.world.violations() == []


@pytest.mark.parametrize(
    "events", [1000, pytest.param(20_000, marks=pytest.mark.faults)], ids="{} events".format
)
def test_memory_does_not_grow_with_events(
    deployment: Deployment, server: Server, events: int
) -> None:
    def deliver(numbers: range) -> None:
        with ThreadPoolExecutor(4) as pool:
            signed = (sign(an_event(id=f"evt_{number}", type="foo.bar")) for number in numbers)
            assert {answer.status_code for answer in pool.map(partial(post, server), signed)} == {
                200
            }

    deliver(range(events // 2))
    before = resident_kilobytes(server)
    deliver(range(events // 2, events))
    assert resident_kilobytes(server) < before * 1.1


def resident_kilobytes(server: Server) -> int:
    """The memory of the service's processes."""
    lines = [
        line
        for worker in server.workers()
        for line in Path(f"/proc/{worker}/status").read_text().splitlines()
    ]
    return sum(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))


def test_counters_are_those_of_all_workers(deployment: Deployment) -> None:
    with Server(deployment, "--workers", "2") as server:
        for number in range(12):
            post(server, sign(an_event(id=f"evt_{number}", type="foo.bar")))
        metrics = httpx.get(f"{server.url}/metrics", timeout=PATIENCE, trust_env=False).text
        assert 'lplate_stripe_events_total{endpoint="platform",outcome="ignored"} 12.0' in metrics
        log = server.stop()
    assert server.process.returncode == 0
    lines = [json.loads(line) for line in log.splitlines()]
    assert {line.get("logger") for line in lines} == {None, "gunicorn.error"}
    assert all(line["level"] and line["timestamp"] for line in lines)
    received = [line for line in log.splitlines() if "stripe_event_received" in line]
    assert len(received) == 12
    assert all(json.loads(line)["request_id"] for line in received)


# As `make migration` writes one: a column, an index, and a function that events go through.
MIGRATION = """
    begin;
    set local lock_timeout = '3s';
    alter table public.payments add column later text;
    create index payments_later_idx on public.payments (later);
    create or replace function private.platform_id() returns uuid
        language sql immutable set search_path = '', pg_temp
        as $$ select '00000000-0000-4000-8000-000000000000'::uuid $$;
    commit;
"""


def test_a_migration_in_the_midst_of_events_loses_none(
    deployment: Deployment, server: Server
) -> None:
    """Each is tried until it is taken, as Stripe does."""
    world = deployment.world
    booking = world.booking()
    booking.open_payment()
    intent = booking.intent()
    events = [
        an_event(id=f"evt_{number}", type="payment_intent.processing", data={"object": intent})
        for number in range(MIGRATED_UNDER - 1)
    ]
    events.append(an_event(id="evt_paid", data={"object": intent}))
    answers: Counter[int] = Counter()

    def send(event: dict[str, Any]) -> None:
        while (status := server.deliver(event)) != 200:
            answers[status] += 1
            time.sleep(0.05)
        answers[status] += 1

    url = deployment.cluster.admin_url(deployment.database)
    with ThreadPoolExecutor(8) as clients, psycopg.connect(url, autocommit=True) as migration:
        sending = [clients.submit(send, event) for event in events]
        wait_until(lambda: answers[200] >= MIGRATED_UNDER // 4)
        migration.execute(MIGRATION)
        taken_before = answers[200]
        for sent in sending:
            sent.result(PATIENCE)
    assert taken_before < MIGRATED_UNDER
    assert set(answers) <= {200, 503}
    assert answers[200] == MIGRATED_UNDER
    done = "private.webhook_events where status in ('processed', 'ignored')"
    assert world.count(done) == MIGRATED_UNDER
    assert booking.status == "confirmed"
    assert world.violations() == []
