"""Trouble that passes is raised, so that Stripe retries; an event that breaks a rule is parked."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from tests.factories import Booking, World
from tools.cluster import Cluster

INBOX = ("private.webhook_events", "private.webhook_event_bodies")


@pytest.fixture
def booking(world: World) -> Booking:
    booking = world.booking()
    booking.open_payment()
    return booking


def break_with(world: World, sqlstate: str) -> None:
    """Lets every payment intent fail with an error of this class, after a half of its effect."""
    world.connection.execute(
        "create or replace function private.apply_payment_intent(p_intent jsonb,"
        " p_occurred_at timestamptz) returns private.stripe_outcome language plpgsql as $$"
        " begin update public.payments set failure_code = 'half';"
        f" raise exception 'broken' using errcode = '{sqlstate}'; end $$"
    )


@pytest.mark.parametrize(
    "sqlstate",
    ["08006", "40001", "40P01", "53100", "53200", "53300", "55P03", "57014", "57P01", "58030"],
)
def test_trouble_that_passes_is_raised_and_nothing_is_stored(
    world: World, booking: Booking, sqlstate: str
) -> None:
    break_with(world, sqlstate)
    intent = booking.intent()
    with world.unchanged(), world.refusing(sqlstate):
        world.deliver("payment_intent.succeeded", intent)


@pytest.mark.parametrize(
    "sqlstate",
    ["22003", "22P02", "23502", "23503", "23505", "23514", "42883", "54001", "P0002", "PT409"],
)
def test_an_event_that_breaks_a_rule_is_parked_with_the_reason(
    world: World, booking: Booking, sqlstate: str
) -> None:
    break_with(world, sqlstate)
    intent = booking.intent()
    with world.unchanged(leaving_out=INBOX):
        assert world.deliver("payment_intent.succeeded", intent) == "parked"
    assert world.value("select note from private.webhook_events") == f"{sqlstate} broken"


def test_a_payment_that_somebody_locks_is_left_to_stripes_retry(
    cluster: Cluster, fresh_database: str, committed_world: World
) -> None:
    world = committed_world
    booking = world.booking()
    intent = booking.intent()
    with psycopg.connect(cluster.admin_url(fresh_database), autocommit=True) as connection:
        webhook = World(connection)
        connection.execute("set lock_timeout = '50ms'")
        with world.connection.transaction():
            world.connection.execute("select from public.payments for update")
            with webhook.refusing("55P03"):
                webhook.deliver("payment_intent.succeeded", intent, event_id="evt_1")
        assert world.count("private.webhook_events") == 0
        assert webhook.deliver("payment_intent.succeeded", intent, event_id="evt_1") == "processed"
    assert booking.status == "confirmed"


def test_a_statement_that_takes_too_long_is_left_to_stripes_retry(
    cluster: Cluster, fresh_database: str, committed_world: World
) -> None:
    world = committed_world
    booking = world.booking()
    intent: dict[str, Any] = booking.intent()
    with psycopg.connect(cluster.admin_url(fresh_database), autocommit=True) as connection:
        webhook = World(connection)
        connection.execute("set statement_timeout = '50ms'")
        with world.connection.transaction():
            world.connection.execute("select from public.bookings for update")
            with webhook.refusing("57014"):
                webhook.deliver("payment_intent.succeeded", intent)
    assert world.count("private.webhook_events") == 0
    assert booking.payment["status"] == "requires_payment"
