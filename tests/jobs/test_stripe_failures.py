"""What is made of each way in which a call to Stripe can fail, measured on the SDK itself."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import stripe

from jobs.database import Database
from jobs.stripe_calls import CallFailed, Lease, LeaseExpired, StripeCalls
from jobs.stripe_failures import Failure, Outcome, may_be_repeated
from tests.fake_stripe import FakeStripe
from tests.instant import INSTANT
from tests.patience import PATIENCE
from tools.cluster import Cluster

REFUSED, UNKNOWN, NOT_SENT = Outcome.REFUSED, Outcome.UNKNOWN, Outcome.NOT_SENT


@pytest.fixture(scope="module")
def shared_fake() -> Iterator[FakeStripe]:
    with FakeStripe() as fake:
        yield fake


@pytest.fixture
def fake(shared_fake: FakeStripe) -> FakeStripe:
    """A stand-in in which nothing has happened."""
    shared_fake.reset(starts_at=INSTANT.timestamp())
    shared_fake.add_funds(100_000)
    return shared_fake


def client_of(fake: FakeStripe, **options: Any) -> stripe.StripeClient:
    return fake.stripe(http_client=stripe.RequestsClient(timeout=0.5), **options)


def sender(fake: FakeStripe, **options: Any) -> Callable[..., str]:
    """Makes transfers to one account that can take them."""
    client = client_of(fake, **options)
    account = fake.stripe().v1.accounts.create(
        {"country": "GB", "capabilities": {"transfers": {"requested": True}}}
    )
    fake.complete_onboarding(account.id)

    def send(key: str = "key", amount: int = 1000) -> str:
        params: Any = {"amount": amount, "currency": "gbp", "destination": account.id}
        return client.v1.transfers.create(params, {"idempotency_key": key}).id

    return send


@pytest.fixture(scope="module")
def jobs(cluster: Cluster, database: str) -> Iterator[Database]:
    """The database as the jobs see it."""
    url = cluster.url("jobs", database)
    with Database(url, login="jobs", size=1, timeout=PATIENCE) as jobs:
        yield jobs


@pytest.fixture
def make_calls(jobs: Database) -> Callable[..., StripeCalls]:
    """Makes StripeCalls that do not wait for long, or as the options say."""

    def make(
        *,
        per_second: int = 1000,
        backoff: float = 0.05,
        stop: threading.Event | None = None,
    ) -> StripeCalls:
        return StripeCalls(
            classify=jobs.classify_stripe_failure,
            per_second=per_second,
            backoff=backoff,
            stop=stop or threading.Event(),
        )

    return make


@pytest.fixture
def calls(make_calls: Callable[..., StripeCalls]) -> StripeCalls:
    return make_calls()


@pytest.fixture
def single_tries(make_calls: Callable[..., StripeCalls]) -> StripeCalls:
    """Calls that are not repeated."""
    stop = threading.Event()
    stop.set()
    return make_calls(stop=stop)


def failure_of(calls: StripeCalls, call: Callable[[], object]) -> Failure:
    with pytest.raises(CallFailed) as caught:
        calls.make(Lease(60), call)
    return caught.value.failure


def is_repeated(call: Callable[[], object]) -> bool:
    with pytest.raises(stripe.StripeError) as caught:
        call()
    return may_be_repeated(caught.value)


FAULTS: dict[str, tuple[dict[str, Any], Outcome, int]] = {
    "no answer, nothing done": ({"kind": "timeout", "when": "before"}, UNKNOWN, 0),
    "no answer, done": ({"kind": "timeout", "when": "after"}, UNKNOWN, 1),
    "reset, nothing done": ({"kind": "reset", "when": "before"}, UNKNOWN, 0),
    "reset, done": ({"kind": "reset", "when": "after"}, UNKNOWN, 1),
    "half an answer": ({"kind": "truncated", "when": "after"}, UNKNOWN, 1),
    "500, nothing done": ({"kind": "error", "when": "before"}, UNKNOWN, 0),
    "500, done": ({"kind": "error", "when": "after"}, UNKNOWN, 1),
    "500, kept under the key": ({"kind": "error", "when": "kept"}, UNKNOWN, 0),
    "502": ({"kind": "error", "status": 502}, UNKNOWN, 0),
    "503": ({"kind": "error", "status": 503}, UNKNOWN, 0),
    "a page with 200": ({"kind": "html", "when": "after"}, UNKNOWN, 1),
    "429": ({"kind": "rate_limit"}, NOT_SENT, 0),
    "409": ({"kind": "conflict"}, UNKNOWN, 0),
    "balance too low": ({"kind": "balance_insufficient"}, REFUSED, 0),
    "account restricted": ({"kind": "destination_restricted"}, REFUSED, 0),
}


@pytest.mark.parametrize(("fault", "outcome", "transfers"), FAULTS.values(), ids=FAULTS)
def test_an_outcome_never_claims_more_than_is_known(
    fake: FakeStripe,
    single_tries: StripeCalls,
    fault: dict[str, Any],
    outcome: Outcome,
    transfers: int,
) -> None:
    send = sender(fake)
    fake.fault("POST", "/v1/transfers", seconds=1.0, **fault)
    assert failure_of(single_tries, send).outcome == outcome
    assert len(fake.objects("transfer")) == transfers


def test_a_key_used_with_other_parameters_is_no_refusal(
    fake: FakeStripe, single_tries: StripeCalls
) -> None:
    send = sender(fake)
    send(amount=1000)
    failure = failure_of(single_tries, lambda: send(amount=2000))
    assert (failure.outcome, failure.code) == (UNKNOWN, "idempotency_error")
    assert not is_repeated(lambda: send(amount=2000))


def test_an_unknown_destination_is_a_refusal(fake: FakeStripe, single_tries: StripeCalls) -> None:
    params: Any = {"amount": 1, "currency": "gbp", "destination": "acct_none"}
    failure = failure_of(single_tries, lambda: client_of(fake).v1.transfers.create(params))
    assert failure.outcome is REFUSED


@pytest.mark.parametrize("key", ["sk_test_revoked", "pk_test_fake"])
def test_a_key_that_may_not_do_this_stops_everything(
    fake: FakeStripe, single_tries: StripeCalls, key: str
) -> None:
    failure = failure_of(single_tries, sender(fake, api_key=key))
    assert (failure.outcome, failure.is_systemic) == (NOT_SENT, True)


def test_nobody_listening_means_not_sent(single_tries: StripeCalls) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        base = f"http://127.0.0.1:{closed.getsockname()[1]}"
        client = stripe.StripeClient("sk_test_x", base_addresses={"api": base})
        failure = failure_of(single_tries, client.v1.balance.retrieve)
        assert is_repeated(client.v1.balance.retrieve)
    assert failure.outcome is NOT_SENT


def test_an_unknown_host_means_not_sent(single_tries: StripeCalls) -> None:
    client = stripe.StripeClient("sk_test_x", base_addresses={"api": "http://nowhere.invalid"})
    assert failure_of(single_tries, client.v1.balance.retrieve).outcome is NOT_SENT


@pytest.mark.parametrize("fault", ["rate_limit", "conflict", "error", "reset"])
def test_a_passing_trouble_is_waited_out(fake: FakeStripe, calls: StripeCalls, fault: Any) -> None:
    send = sender(fake)
    fake.fault("POST", "/v1/transfers", fault)
    transfer = calls.make(Lease(60), send)
    assert [made["id"] for made in fake.objects("transfer")] == [transfer]


def test_a_refusal_is_not_repeated(fake: FakeStripe, calls: StripeCalls) -> None:
    send = sender(fake)
    with pytest.raises(CallFailed) as caught:
        calls.make(Lease(60), lambda: send(amount=10**9))
    assert caught.value.failure.outcome is REFUSED
    assert fake.count("POST", "/v1/transfers") == 1


@pytest.mark.slow
def test_a_doubt_is_not_taken_away_by_a_later_certainty(
    fake: FakeStripe, calls: StripeCalls
) -> None:
    """The answer to the first try was lost; that the others were not sent says nothing of it."""
    send = sender(fake)
    fake.fault("POST", "/v1/transfers", "reset", "after")
    fake.fault("POST", "/v1/transfers", "rate_limit", nth=2, times=None)
    with pytest.raises(CallFailed) as caught:
        calls.make(Lease(60), send)
    assert caught.value.failure.outcome is UNKNOWN
    assert len(fake.objects("transfer")) == 1


def test_nothing_is_sent_after_the_lease(fake: FakeStripe, calls: StripeCalls) -> None:
    send = sender(fake)
    lease = Lease(0.01)
    time.sleep(0.02)
    with pytest.raises(LeaseExpired):
        calls.make(lease, send)
    assert fake.count("POST", "/v1/transfers") == 0


def test_waiting_ends_when_the_job_is_told_to_stop(
    fake: FakeStripe, make_calls: Callable[..., StripeCalls]
) -> None:
    stop = threading.Event()
    send = sender(fake)
    fake.fault("POST", "/v1/transfers", "rate_limit", times=None)
    threading.Timer(0.2, stop.set).start()
    with pytest.raises(CallFailed):
        make_calls(backoff=2, stop=stop).make(Lease(60), send)
    assert fake.count("POST", "/v1/transfers") < 6


def test_a_destination_that_cut_us_off_is_a_refusal(
    fake: FakeStripe, single_tries: StripeCalls
) -> None:
    send = sender(fake)
    fake.deauthorize(fake.objects("account")[0]["id"])
    failure = failure_of(single_tries, send)
    assert (failure.outcome, failure.code) == (REFUSED, "account_invalid")
    assert not failure.is_systemic


@pytest.mark.slow
def test_the_calls_of_all_threads_draw_from_one_bucket(
    make_calls: Callable[..., StripeCalls],
) -> None:
    """100 a second, of which 20 may come at once: 60 calls of 8 threads take 40 hundredths."""
    calls = make_calls(per_second=100)
    began = time.monotonic()
    with ThreadPoolExecutor(8) as threads:
        made = list(
            threads.map(lambda _: calls.make(Lease(60), lambda: time.monotonic()), range(60))
        )
    assert max(made) - began >= 0.39
    assert sum(1 for moment in made if moment - began < 0.1) <= 20 + 10


@pytest.mark.slow
def test_a_bucket_of_one_call_a_second_holds_one(
    make_calls: Callable[..., StripeCalls],
) -> None:
    calls = make_calls(per_second=1)
    began = time.monotonic()
    calls.make(Lease(60), lambda: None)
    calls.make(Lease(60), lambda: None)
    assert time.monotonic() - began >= 0.99
