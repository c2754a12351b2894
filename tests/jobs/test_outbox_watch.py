"""The outbox's worker as a process: it looks again and again, and ends between two commands."""

from __future__ import annotations

import signal
from uuid import uuid4

import pytest

from tests.jobs.payday import Payday, finish, wait_until
from tests.jobs.test_outbox import a_refund, commands, pay_at_stripe

DONE = "select count(*) from private.outbox where processed_at is not null"
CONNECTED = (
    "select count(*) from pg_stat_activity"
    " where datname = current_database() and application_name = 'jobs'"
)


@pytest.fixture
def watching() -> dict[str, str]:
    """A worker that looks again and again."""
    return {"OUTBOX_POLL_SECONDS": "0.1", "DATABASE_POOL_TIMEOUT_SECONDS": "0.5"}


@pytest.mark.slow
def test_a_new_command_is_carried_out(office: Payday, watching: dict[str, str]) -> None:
    watcher = office.start("outbox", "--watch", **watching)
    pay_at_stripe(office, office.world.booking())
    wait_until(lambda: office.world.value(DONE) == 1)
    pay_at_stripe(office, office.world.booking())
    wait_until(lambda: office.world.value(DONE) == 2)
    watcher.send_signal(signal.SIGTERM)
    finished = finish(watcher)
    assert (finished.status, finished.stderr) == (0, "")


@pytest.mark.slow
def test_a_worker_that_lost_its_database_goes_on(office: Payday, watching: dict[str, str]) -> None:
    watcher = office.start("outbox", "--watch", **watching)
    wait_until(lambda: office.world.value(CONNECTED) >= 1)
    office.cut_off_database()
    wait_until(lambda: office.world.value(CONNECTED) == 0)
    pay_at_stripe(office, office.world.booking())
    office.restore_database()
    wait_until(lambda: office.world.value(DONE) == 1)
    watcher.send_signal(signal.SIGINT)
    finished = finish(watcher)
    assert finished.status == 0
    assert len(finished.events("database_unavailable")) >= 1


@pytest.mark.slow
@pytest.mark.parametrize("broken", ["claim_messages", "claim_commands"])
def test_a_worker_without_messages_or_without_commands_ends_as_a_whole(
    office: Payday, watching: dict[str, str], broken: str
) -> None:
    """So that whatever keeps it running starts it again, and sees that it failed."""
    watcher = office.start("outbox", "--watch", **watching)
    wait_until(lambda: office.world.value(CONNECTED) >= 1)
    office.world.connection.execute(f"revoke execute on function private.{broken} from jobs")
    finished = finish(watcher)
    assert finished.status == 1
    assert "42501" in finished.stderr


@pytest.mark.slow
@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_the_command_in_hand_is_finished_and_no_other_begun(
    office: Payday, watching: dict[str, str], stop: signal.Signals
) -> None:
    a_refund(office)
    office.fake.fault("POST", "/v1/refunds", "hold", "after")
    watching["STRIPE_TIMEOUT_SECONDS"] = "30"
    watcher = office.start("outbox", "--watch", **watching)
    wait_until(office.fake.held)
    waiting = office.world.value(
        "insert into private.outbox (org_id, topic, idempotency_key, payload)"
        " values (private.platform_id(), 'sync_account', %s, '{}') returning id",
        str(uuid4()),
    )
    watcher.send_signal(stop)
    office.fake.release()
    assert finish(watcher).status == 0
    assert commands(office)["refund_payment"] == "done"
    assert len(office.fake.objects("refund")) == 1
    left = office.world.row(
        "select attempts, leased_by, processed_at from private.outbox where id = %s", waiting
    )
    assert left == {"attempts": 0, "leased_by": None, "processed_at": None}


@pytest.mark.slow
def test_a_command_that_kills_its_worker_takes_no_other_with_it(office: Payday) -> None:
    a_refund(office)
    pay_at_stripe(office, office.world.booking())
    office.fake.fault("POST", "/v1/refunds", "hold", "before", times=None)
    worker = office.start("outbox", STRIPE_TIMEOUT_SECONDS="30", OUTBOX_LEASE_SECONDS="300")
    wait_until(office.fake.held)
    worker.kill()
    finish(worker)
    assert office.run("outbox").status == 0
    assert commands(office) == {
        "cancel_payment_intent": "done",
        "refund_payment": "waiting",
        "fetch_processing_fee": "done",
    }


def test_a_record_that_breaks_a_rule_fails_its_command_and_not_the_worker(office: Payday) -> None:
    pay_at_stripe(office, office.world.booking())
    office.world.connection.execute(
        "alter table public.payments add constraint no_fees check (processing_fee_cents = 0)"
        " not valid"
    )
    finished = office.run("outbox")
    assert (finished.status, finished.stderr) == (1, "")
    [failed] = finished.events("command_failed")
    assert failed["outcome"] == "retry"
    assert failed["reason"].startswith("23514 no_fees")
    assert commands(office) == {"fetch_processing_fee": "waiting"}
