"""Stripe's books and ours are compared every day, transaction by transaction."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.jobs.payday import Payday
from tests.jobs.test_outbox import pay_at_stripe


def test_every_balance_transaction_of_a_day_is_matched(office: Payday) -> None:
    pay_at_stripe(office, office.world.booking())
    pay_at_stripe(office, office.world.booking())
    assert office.run("outbox").status == 0
    office.later(timedelta(days=1))
    finished = office.run("reconcile")
    assert (finished.status, finished.stderr) == (0, "")
    (reconciled,) = finished.events("reconciled")
    held = office.fake.funds()
    assert reconciled["stripe_cents"] == reconciled["ledger_cents"] == held
    assert reconciled["remainder_cents"] == reconciled["waiting_cents"] == 0
    (report,) = finished.events("report_written")
    assert report["closing_cents"] == held
    assert office.world.count("private.unmatched_objects") == 0


@pytest.mark.slow
def test_a_reversal_is_matched_by_its_transfer(payday: Payday) -> None:
    assert payday.pay().status == 0
    transfer = payday.fake.objects("transfer")[0]
    payday.fake.stripe().v1.transfers.reversals.create(transfer["id"], {"amount": 100})
    reversed_transfer = payday.fake.stripe().v1.transfers.retrieve(transfer["id"]).to_dict()
    payday.world.deliver("transfer.reversed", reversed_transfer)
    payday.run("reconcile")
    matched = payday.world.rows(
        "select moved.reporting_category, posted.kind from private.balance_transactions moved"
        " join private.ledger_transactions posted on posted.id = moved.ledger_transaction_id"
    )
    pairs = {(row["reporting_category"], row["kind"]) for row in matched}
    assert pairs == {("transfer", "payout_paid"), ("transfer_reversal", "payout_reversed")}


@pytest.mark.slow
def test_a_difference_fails_the_run_until_it_is_decided(office: Payday) -> None:
    office.fake.move_balance("moon_reserve", -700)
    office.later(timedelta(days=1))
    finished = office.run("reconcile")
    assert finished.status == 1
    (found,) = finished.events("exceptions_open")
    assert found["count"] == 1
    doctor = office.run("doctor")
    assert "reconciliation_exception" in doctor.stdout
    (exception,) = office.world.rows("select id from private.reconciliation_exceptions")
    office.world.call(
        office.world.admin(),
        "public.admin_resolve_exception",
        p_exception_id=exception["id"],
        p_resolution="processor_fees",
        p_reason="A fee of the moon.",
    )
    assert office.run("reconcile").status == 0
    assert office.run("doctor").status == 0


def test_a_remainder_without_a_name_fails_the_run(office: Payday) -> None:
    """Stripe holds money that its list does not explain."""
    office.fake.hide_balance_transaction(office.fake.add_funds(900))
    office.later(timedelta(days=1))
    finished = office.run("reconcile")
    assert finished.status == 1
    (remainder,) = finished.events("remainder_without_a_name")
    assert (remainder["currency"], remainder["remainder_cents"]) == ("gbp", 900)


def test_a_reconciliation_that_does_not_run_is_late(office: Payday) -> None:
    def is_late() -> bool:
        late = office.world.rows("select command from private.late_commands()")
        return {"command": "reconcile"} in late

    office.world.rows("select private.record_heartbeat('doctor')")
    office.later(timedelta(days=3))
    assert is_late()
    assert office.run("reconcile").status == 0
    assert not is_late()


def test_a_day_that_is_not_over_is_refused(office: Payday) -> None:
    finished = office.run("reconcile", "--date", "2999-01-01")
    assert finished.status == 1
    assert "A day is reported when it is over" in finished.stderr


def test_the_job_fails_when_stripe_does_not_answer(office: Payday) -> None:
    office.fake.set_api_keys()
    finished = office.run("reconcile")
    assert finished.status == 1
    assert finished.events("stripe_failed")
