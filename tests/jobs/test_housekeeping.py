"""Watching, maintaining, and looking for what is wrong."""

from __future__ import annotations

import signal
from datetime import datetime, timedelta

import pytest

from lplate.stripe_client import as_dict
from tests.jobs.payday import Finished, Payday, finish, wait_until
from tests.jobs.test_outbox import pay_at_stripe

pytestmark = pytest.mark.slow


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
    finished = office.examine()
    assert (finished.status, finished.stderr) == (0, "")
    assert {event["check"] for event in finished.events("check") if event["ok"]} == {
        "configuration",
        "connection",
        "stripe",
        "webhooks",
        "database",
        "clock",
        "schema",
        "privileges",
        "schedules",
        "writing",
        "invariants",
        "paydays",
        "mode",
        "thin_webhooks",
        "currencies",
        "transfers",
        "balance",
        "funds",
        "attention",
    }


def test_the_doctor_finds_broken_books_and_a_revoked_key(payday: Payday) -> None:
    payday.world.rows("alter table public.earnings disable trigger all")
    payday.world.rows("update public.earnings set status = 'available'")
    payday.fake.set_api_keys()
    finished = payday.examine()
    assert finished.status == 1
    assert {"invariants", "stripe"} <= failed_checks(finished)


def test_the_doctor_finds_a_payday_that_nobody_has_worked_on(payday: Payday) -> None:
    """The dead-man switch: the schedule of the job itself may be broken."""
    payday.world.travel(to=last_friday(payday, hour=11))
    assert failed_checks(payday.examine()) == set()
    payday.world.travel(by=timedelta(hours=2))
    finished = payday.examine()
    assert finished.status == 1
    assert failed_checks(finished) == {"paydays"}
    assert payday.pay().status == 0
    assert failed_checks(payday.examine()) == set()


def test_the_doctor_finds_a_run_without_a_heartbeat(payday: Payday) -> None:
    payday.fake.fault("POST", "/v1/transfers", "rate_limit", times=None)
    payday.pay("--workers", "5")
    assert failed_checks(payday.examine()) == set()
    payday.later(timedelta(hours=2))
    finished = payday.examine()
    assert finished.status == 1
    assert failed_checks(finished) == {"paydays"}
    payday.fake.clear_faults()
    assert payday.pay().status == 0
    assert failed_checks(payday.examine()) == set()


def test_the_doctor_names_what_waits_and_the_next_step(office: Payday) -> None:
    office.world.deliver("charge.succeeded", {}, event_id="evt_1", api_version="2019-01-01")
    finished = office.examine()
    assert (finished.status, finished.stderr) == (1, "")
    assert failed_checks(finished) == {"attention", "event_parked"}
    [parked] = [event for event in finished.events("check") if event["check"] == "event_parked"]
    assert parked["reference"] == "evt_1"
    assert parked["finding"] == "charge.succeeded, api_version_differs"
    assert "admin_replay_event" in parked["next_step"]


def test_the_doctor_finds_money_that_only_stripe_knows_of(office: Payday) -> None:
    office.fake.add_funds(20000)
    finished = office.examine()
    assert failed_checks(finished) == {"balance"}
    [balance] = [event for event in finished.events("check") if event["check"] == "balance"]
    booked = office.world.ledger()["stripe_balance"]
    assert balance["finding"] == (
        f"Stripe holds {booked + 20000} gbp, the books say {booked}, and at most 0 is on its way"
    )
    top_up = {"id": "tu_1", "amount": 20000, "currency": "gbp", "status": "succeeded"}
    assert office.world.deliver("topup.succeeded", top_up) == "processed"
    assert failed_checks(office.examine()) == set()


def test_the_doctor_finds_that_less_is_held_than_is_owed(office: Payday) -> None:
    """Stripe took more than the platform has earned, and the books know it."""
    pay_at_stripe(office, office.world.booking())
    office.run("outbox")
    booked = office.world.ledger()["stripe_balance"]
    office.fake.charge_fee(booked)
    office.later(timedelta(days=2))
    assert office.run("maintain").status == 0
    assert office.run("outbox").status == 0
    finished = office.examine()
    assert failed_checks(finished) == {"funds"}
    [funds] = [event for event in finished.events("check") if event["check"] == "funds"]
    assert funds["finding"] == "4500 gbp is owed, Stripe holds 0 and 0 went to the bank"
    top_up = {"id": "tu_1", "amount": booked, "currency": "gbp", "status": "succeeded"}
    office.fake.add_funds(booked)
    assert office.world.deliver("topup.succeeded", top_up) == "processed"
    assert failed_checks(office.examine()) == set()


def test_what_went_to_the_platforms_bank_is_held(office: Payday) -> None:
    pay_at_stripe(office, office.world.booking())
    office.run("outbox")
    booked = office.world.ledger()["stripe_balance"]
    office.fake.charge_fee(booked)
    sent = {"id": "po_1", "amount": booked, "currency": "gbp", "status": "paid"}
    assert office.world.deliver("payout.paid", sent) == "processed"
    assert failed_checks(office.examine()) == set()


def test_a_fee_on_its_way_is_no_difference(office: Payday) -> None:
    pay_at_stripe(office, office.world.booking())
    assert failed_checks(office.examine()) == set()
    office.run("outbox")
    assert failed_checks(office.examine()) == set()


def test_fees_that_stripe_takes_for_itself_are_booked_the_day_after(office: Payday) -> None:
    pay_at_stripe(office, office.world.booking())
    office.run("outbox")
    office.fake.charge_fee(300)
    assert failed_checks(office.examine()) == {"balance"}
    before = office.world.ledger()
    office.later(timedelta(days=2))
    assert office.run("maintain").status == 0
    assert office.run("outbox").status == 0
    after = office.world.ledger()
    assert after["processor_fees"] == before["processor_fees"] + 300
    assert after["stripe_balance"] == before["stripe_balance"] - 300
    assert failed_checks(office.examine()) == set()


def test_unknown_money_is_refunded_in_the_dashboard_and_the_balance_is_stripes(
    office: Payday,
) -> None:
    """What the guide says: its fee is booked as well, and nothing waits for anybody."""
    before = office.world.ledger()
    intent = office.fake.stripe().v1.payment_intents.create(
        {
            "amount": 5310,
            "currency": "gbp",
            "payment_method": "pm_card_visa",
            "confirm": True,
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
            "metadata": {"payment_id": "unknown"},
        }
    )
    paid = as_dict(office.fake.stripe().v1.payment_intents.retrieve(intent.id), "payment_intent")
    office.world.deliver("payment_intent.succeeded", paid)
    office.run("outbox")
    assert failed_checks(office.examine()) == {"attention", "money_in_suspense"}
    refund = office.fake.refund_in_dashboard(intent.id)
    assert office.world.deliver("refund.created", refund) == "processed"
    assert failed_checks(office.examine()) == set()
    after = office.world.ledger()
    fee = after.pop("processor_fees") - before.pop("processor_fees", 0)
    assert fee > 0
    assert after == before | {"stripe_balance": before["stripe_balance"] - fee}


def test_the_doctor_finds_a_platform_that_settles_in_another_currency(office: Payday) -> None:
    pay_at_stripe(office, office.world.booking())
    office.run("outbox")
    assert failed_checks(office.examine()) == set()
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
        p_ordered_id=booked["booking_id"],
    )
    finished = office.examine()
    assert failed_checks(finished) == {"currencies"}
    [settled] = [event for event in finished.events("check") if event["check"] == "currencies"]
    assert settled["finding"] == "the platform's account does not settle in eur"


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
