"""Watching, maintaining, and looking for what is wrong."""

from __future__ import annotations

import signal
from datetime import datetime, timedelta

from tests.jobs.payday import Finished, Payday, finish, wait_until
from tests.jobs.test_outbox import pay_at_stripe


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
    assert finish(watcher).status == 0


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
    assert {event["check"] for event in finished.events("check") if event["ok"]} == {
        "configuration",
        "database",
        "invariants",
        "paydays",
        "stripe",
        "transfers",
        "attention",
    }


def test_the_doctor_finds_broken_books_and_a_revoked_key(payday: Payday) -> None:
    payday.world.rows("alter table public.earnings disable trigger all")
    payday.world.rows("update public.earnings set status = 'available'")
    payday.fake.set_api_keys()
    finished = payday.run("doctor")
    assert finished.status == 1
    assert {"invariants", "stripe"} <= failed_checks(finished)


def test_the_doctor_finds_a_payday_that_nobody_has_worked_on(payday: Payday) -> None:
    """The dead-man switch: the schedule of the job itself may be broken."""
    payday.world.travel(to=last_friday(payday, hour=11))
    assert failed_checks(payday.run("doctor")) == set()
    payday.world.travel(by=timedelta(hours=2))
    finished = payday.run("doctor")
    assert finished.status == 1
    assert failed_checks(finished) == {"paydays"}
    assert payday.pay().status == 0
    assert failed_checks(payday.run("doctor")) == set()


def test_the_doctor_finds_a_run_without_a_heartbeat(payday: Payday) -> None:
    payday.fake.fault("POST", "/v1/transfers", "rate_limit", times=None)
    payday.pay("--workers", "5")
    assert failed_checks(payday.run("doctor")) == set()
    payday.later(timedelta(hours=2))
    finished = payday.run("doctor")
    assert finished.status == 1
    assert failed_checks(finished) == {"paydays"}
    payday.fake.clear_faults()
    assert payday.pay().status == 0
    assert failed_checks(payday.run("doctor")) == set()


def test_the_doctor_names_what_waits_and_the_next_step(office: Payday) -> None:
    office.world.deliver("charge.succeeded", {}, event_id="evt_1", api_version="2019-01-01")
    finished = office.run("doctor")
    assert (finished.status, finished.stderr) == (1, "")
    assert failed_checks(finished) == {"attention", "event_parked"}
    [parked] = [event for event in finished.events("check") if event["check"] == "event_parked"]
    assert parked["reference"] == "evt_1"
    assert parked["finding"] == "charge.succeeded, api_version_differs"
    assert "admin_replay_event" in parked["next_step"]


def test_the_doctor_finds_a_platform_that_settles_in_another_currency(office: Payday) -> None:
    pay_at_stripe(office, office.world.booking())
    office.run("outbox")
    assert failed_checks(office.run("doctor")) == set()
    school = office.world.organization(currency="eur")
    instructor = office.world.instructor(org_id=school, currency="eur")
    learner = office.world.person()
    office.world.learner(school, learner)
    slot_id = office.world.slot(office.world.service(instructor, currency="eur"))
    booked = office.world.book(learner, slot_id)
    office.world.serve(
        "webhook_service",
        "private.open_payment",
        p_user_id=learner,
        p_booking_id=booked["booking_id"],
    )
    finished = office.run("doctor")
    assert failed_checks(finished) == {"stripe"}
    [stripe] = [event for event in finished.events("check") if event["check"] == "stripe"]
    assert stripe["finding"] == "the platform's account does not settle in eur"


def failed_checks(finished: Finished) -> set[str]:
    return {event["check"] for event in finished.events("check") if not event["ok"]}


def last_friday(payday: Payday, hour: int) -> datetime:
    """A time of the marketplace's latest payday, in its own zone."""
    moment: datetime = payday.world.value(
        "select (due.period_on + make_time(%s, 0, 0)) at time zone organization.time_zone"
        " from private.due_payout_runs(null, null) due"
        " join public.organizations organization on organization.id = due.org_id",
        hour,
    )
    return moment
