"""What no webhook has brought is fetched from Stripe's own log, and applied once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.factories import Booking
from tests.jobs.payday import Payday, open_account

pytestmark = pytest.mark.slow


def pay_unheard(office: Payday) -> Booking:
    """A payment at Stripe whose events reach nobody."""
    booking = office.world.booking()
    opened = booking.open_payment()
    office.fake.stripe().v1.payment_intents.create(
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
    return booking


def test_a_payment_that_nobody_heard_of_confirms_its_booking(office: Payday) -> None:
    booking = pay_unheard(office)
    finished = office.run("replay-events")
    assert (finished.status, finished.stderr) == (0, "")
    assert booking.status == "confirmed"
    [done] = finished.events("events_replayed")
    assert done["found"] == len(finished.events("event_replayed")) > 0
    assert office.world.violations() == []


def test_a_second_replay_finds_nothing(office: Payday) -> None:
    pay_unheard(office)
    office.run("replay-events")
    before = office.world.rows("select * from private.webhook_events order by event_id")
    [done] = office.run("replay-events").events("events_replayed")
    assert done["found"] == 0
    assert office.world.rows("select * from private.webhook_events order by event_id") == before


def test_an_account_is_known_by_the_events_of_its_own_log(office: Payday) -> None:
    instructor = office.world.instructor()
    opened = office.world.open_account(instructor.user_id, instructor.id)
    account = open_account(office.fake, opened["metadata"])
    office.world.rows(
        "update public.stripe_connect_accounts set stripe_account_id = %s", account["id"]
    )
    assert office.run("replay-events").status == 0
    assert office.world.value("select status::text from public.stripe_connect_accounts") == "ready"


def test_only_what_came_since_is_asked_for(office: Payday) -> None:
    booking = pay_unheard(office)
    office.later(timedelta(days=2))
    since = (office.world.now() - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%S")
    assert office.run("replay-events", "--since", since).events("events_replayed")[0]["found"] == 0
    assert booking.status == "held"


def test_what_cannot_be_applied_is_parked_and_fails_the_run(office: Payday) -> None:
    account = open_account(office.fake, {})
    lost = {"payout_id": "00000000-0000-4000-8000-000000000001"}
    office.fake.stripe().v1.transfers.create(
        {"amount": 1000, "currency": "gbp", "destination": account["id"], "metadata": lost}
    )
    finished = office.run("replay-events")
    [done] = finished.events("events_replayed")
    assert done.get("parked", 0) > 0
    assert finished.status == 1


def test_a_stripe_that_does_not_answer_ends_with_status_1(office: Payday) -> None:
    office.fake.set_api_keys("sk_test_other")
    finished = office.run("replay-events")
    assert finished.status == 1
    assert "Stripe did not say what happened" in finished.stderr
