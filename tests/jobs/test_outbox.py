"""Refunds and questions about fees: carried to Stripe once, whatever happens on the way."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.factories import Booking
from tests.jobs.payday import Payday
from tests.patience import PATIENCE


def pay_at_stripe(office: Payday, booking: Booking) -> None:
    """Pays with a card, as a learner would, and tells the marketplace."""
    opened = booking.open_payment()
    intent = office.fake.stripe().v1.payment_intents.create(
        {
            "amount": opened["amount_cents"],
            "currency": opened["currency"],
            "metadata": opened["metadata"],
            "payment_method": "pm_card_visa",
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
            "confirm": True,
        },
        {"idempotency_key": opened["idempotency_key"]},
    )
    assert office.world.deliver("payment_intent.succeeded", intent.to_dict()) == "processed"


def a_refund(office: Payday) -> Booking:
    """A payment that comes after its time was given to somebody else goes back."""
    booking = office.world.booking()
    booking.open_payment()
    office.world.travel(by=timedelta(hours=1))
    office.world.book(office.world.person("Cleo"), booking.slot_id)
    opened = booking.payment
    intent = office.fake.stripe().v1.payment_intents.create(
        {
            "amount": opened["amount_cents"],
            "currency": opened["currency"],
            "metadata": {"payment_id": str(opened["id"])},
            "payment_method": "pm_card_visa",
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
            "confirm": True,
        }
    )
    assert office.world.deliver("payment_intent.succeeded", intent.to_dict()) == "processed"
    return booking


def refunds(office: Payday) -> list[str]:
    rows = office.world.rows("select status::text from public.refunds")
    return [row["status"] for row in rows]


def commands(office: Payday) -> dict[str, str]:
    rows = office.world.rows(
        "select topic, case when processed_at is not null then 'done'"
        " when dead_at is not null then 'dead' else 'waiting' end as outcome from private.outbox"
    )
    return {row["topic"]: row["outcome"] for row in rows}


def test_the_fee_of_a_payment_is_booked(office: Payday) -> None:
    booking = office.world.booking()
    pay_at_stripe(office, booking)
    finished = office.run("outbox")
    assert (finished.status, finished.stderr) == (0, "")
    assert commands(office) == {"fetch_processing_fee": "done"}
    [transaction] = [
        one
        for one in office.fake.objects("balance_transaction")
        if one["reporting_category"] == "charge"
    ]
    assert booking.payment["processing_fee_cents"] == transaction["fee"] > 0
    assert office.world.violations() == []


def test_a_fee_that_stripe_does_not_know_yet_is_asked_for_again(office: Payday) -> None:
    office.fake.configure(balance_transaction_delay=3600.0)
    pay_at_stripe(office, office.world.booking())
    assert office.run("outbox").status == 0
    assert commands(office) == {"fetch_processing_fee": "waiting"}
    office.later(timedelta(hours=2))
    assert office.run("outbox").status == 0
    assert commands(office) == {"fetch_processing_fee": "done"}


def test_a_refund_is_made_once(office: Payday) -> None:
    booking = a_refund(office)
    assert office.run("outbox").status == 0
    assert office.run("outbox").status == 0
    [made] = office.fake.objects("refund")
    assert made["amount"] == booking.payment["amount_cents"]
    assert commands(office)["refund_payment"] == "done"
    assert office.world.violations() == []


LOST: dict[str, dict[str, Any]] = {
    "no answer": {"kind": "timeout", "when": "after", "seconds": 0.3},
    "reset": {"kind": "reset", "when": "after"},
    "500": {"kind": "error", "when": "after"},
    "a page with 200": {"kind": "html", "when": "after"},
}


@pytest.mark.slow
@pytest.mark.parametrize("fault", LOST.values(), ids=LOST)
def test_a_refund_whose_answer_was_lost_is_found_a_day_later(
    office: Payday, fault: dict[str, Any]
) -> None:
    """By then Stripe has forgotten the idempotency key."""
    a_refund(office)
    office.fake.fault("POST", "/v1/refunds", times=None, **fault)
    assert office.run("outbox").status == 1
    assert commands(office)["refund_payment"] == "waiting"
    office.fake.clear_faults()
    office.later(timedelta(hours=25))
    assert office.run("outbox").status == 0
    [made] = office.fake.objects("refund")
    recorded = office.world.row("select stripe_refund_id, status::text from public.refunds")
    assert recorded == {"stripe_refund_id": made["id"], "status": made["status"]}
    assert commands(office)["refund_payment"] == "done"
    assert office.world.violations() == []


def test_a_refund_that_stripe_refuses_is_noted(office: Payday) -> None:
    booking = a_refund(office)
    office.fake.open_dispute(office.fake.objects("charge")[0]["id"])
    finished = office.run("outbox")
    assert [event["code"] for event in finished.events("refund_refused")] == ["charge_disputed"]
    assert refunds(office) == ["failed"]
    assert commands(office)["refund_payment"] == "done"
    assert booking.payment["refunded_cents"] == 0


def test_a_refund_that_the_books_do_not_know_stops_the_one_decided_without_it(
    office: Payday,
) -> None:
    """Somebody was faster in the Dashboard, and the webhook is still on its way."""
    booking = a_refund(office)
    office.fake.stripe().v1.refunds.create(
        {"charge": office.fake.objects("charge")[0]["id"], "amount": 2000}
    )
    finished = office.run("outbox")
    assert [event["code"] for event in finished.events("refund_refused")] == [
        "refunds_not_in_books"
    ]
    assert sorted(refunds(office)) == ["failed", "succeeded"]
    assert commands(office)["refund_payment"] == "done"
    assert booking.payment["refunded_cents"] == 2000
    assert len(office.fake.objects("refund")) == 1


def test_a_command_that_nobody_can_carry_out_waits_and_then_dies(office: Payday) -> None:
    office.world.rows(
        "select private.enqueue_command(private.platform_id(), 'paint_it_blue', 'blue', '{}')"
    )
    assert office.run("outbox").status == 1
    assert commands(office) == {"paint_it_blue": "waiting"}
    office.world.rows("update private.outbox set attempts = 11, available_at = private.clock()")
    assert office.run("outbox").status == 1
    assert commands(office) == {"paint_it_blue": "dead"}


def test_a_malformed_command_dies_and_the_others_are_carried_out(office: Payday) -> None:
    office.world.rows(
        "select private.enqueue_command(private.platform_id(), 'refund_payment', 'bad',"
        """ '{"refund_id": "no uuid"}')"""
    )
    pay_at_stripe(office, office.world.booking())
    finished = office.run("outbox")
    assert finished.status == 1
    assert commands(office) == {"refund_payment": "dead", "fetch_processing_fee": "done"}


@pytest.mark.slow
def test_two_workers_carry_out_a_command_once(office: Payday) -> None:
    a_refund(office)
    office.fake.fault("GET", "/v1/refunds", "delay", "after", seconds=0.5)
    started = [office.start("outbox") for _ in range(3)]
    assert [process.wait(PATIENCE) for process in started] == [0, 0, 0]
    for process in started:
        process.communicate()
    assert len(office.fake.objects("refund")) == 1
    assert office.fake.count("POST", "/v1/refunds") == 1


def test_a_wrong_key_fails_the_run_and_uses_up_no_tries(office: Payday) -> None:
    for _ in range(3):
        pay_at_stripe(office, office.world.booking())
    office.fake.set_api_keys("sk_test_other")
    finished = office.run("outbox")
    assert finished.status == 1
    [postponed] = finished.events("topic_postponed")
    assert postponed["topic"] == "fetch_processing_fee"
    assert "Invalid API Key" in postponed["reason"]
    assert office.world.value("select max(attempts) from private.outbox") == 0
    office.fake.set_api_keys(office.fake.api_key)
    office.later(timedelta(minutes=1))
    assert office.run("outbox").status == 0
    assert commands(office) == {"fetch_processing_fee": "done"}


def test_a_missing_permission_holds_up_no_other_topic(office: Payday) -> None:
    a_refund(office)
    key = "rk_test_restricted"
    permissions = {"payment_intents": "write", "charges and refunds": "read", "balance": "read"}
    office.fake.restrict_key(key, permissions)
    finished = office.run("outbox", STRIPE_SECRET_KEY=key)
    assert finished.status == 1
    assert [event["topic"] for event in finished.events("topic_postponed")] == ["refund_payment"]
    assert commands(office)["fetch_processing_fee"] == "done"
    assert refunds(office) == ["pending"]


def test_a_school_with_much_to_do_holds_up_no_other(office: Payday) -> None:
    busy, quiet = office.world.organization(), office.world.organization()
    for org_id, count in ((busy, 5), (quiet, 1)):
        for number in range(count):
            office.world.value(
                "select private.enqueue_command(%s, 'dance', %s, '{}')", org_id, str(number)
            )
    last_id = office.world.value("select id from private.outbox where org_id = %s", quiet)
    tried = [line["command_id"] for line in office.run("outbox").events("command_failed")]
    assert len(tried) == 6
    assert last_id in tried[:2]
