"""Watching, maintaining, and looking for what is wrong."""

from __future__ import annotations

import signal
from datetime import timedelta

from tests.jobs.payday import Payday, finish
from tests.jobs.test_outbox import office, pay_at_stripe
from tests.jobs.test_payouts import wait_until

__all__ = ["office"]


def test_watching_goes_on_through_an_outage_until_it_is_told_to_stop(office: Payday) -> None:
    watcher = office.start("outbox", "--watch", DATABASE_POOL_TIMEOUT_SECONDS="0.5")
    pay_at_stripe(office, office.world.booking())
    done = "select count(*) from private.outbox where processed_at is not null"
    wait_until(lambda: office.world.value(done) == 1)
    office.cut_off_database()
    pay_at_stripe(office, office.world.booking())
    office.restore_database()
    wait_until(lambda: office.world.value(done) == 2)
    watcher.send_signal(signal.SIGTERM)
    assert finish(watcher, timeout=10).status == 0


def test_maintenance_says_what_it_did(office: Payday) -> None:
    office.world.booking()
    office.world.travel(by=timedelta(hours=1))
    finished = office.run("maintain")
    assert (finished.status, finished.stderr) == (0, "")
    done = {event["task"]: event["affected"] for event in finished.events("task_done")}
    assert done["holds_expired"] == 1


def test_the_doctor_finds_nothing_in_health(office: Payday) -> None:
    finished = office.run("doctor")
    assert (finished.status, finished.stderr) == (0, "")
    assert {event["check"] for event in finished.events("check") if event["is_well"]} == {
        "configuration",
        "database",
        "invariants",
        "stripe",
    }


def test_the_doctor_finds_broken_books_and_a_revoked_key(payday: Payday) -> None:
    payday.world.rows("alter table public.earnings disable trigger all")
    payday.world.rows("update public.earnings set status = 'available'")
    payday.fake.set_api_keys()
    finished = payday.run("doctor")
    assert finished.status == 1
    assert {event["check"] for event in finished.events("check") if not event["is_well"]} == {
        "invariants",
        "stripe",
    }
