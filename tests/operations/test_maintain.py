"""The chores: what expires, what is let go, what is released, and the next months' partitions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.factories import World


def partitions(world: World, table: str) -> set[str]:
    rows = world.rows(
        "select inhrelid::regclass::text as name from pg_inherits where inhparent = %s::regclass",
        table,
    )
    return {row["name"] for row in rows}


def test_a_house_in_order_is_left_as_it_is(world: World) -> None:
    world.booking()
    world.maintain()
    with world.unchanged():
        assert world.maintain() == {
            "events_assigned": 0,
            "events_applied": 0,
            "stripe_fees_queued": 0,
            "suspense_paid": 0,
            "refunds_recorded": 0,
            "holds_expired": 0,
            "lessons_collected": 0,
            "purchases_expired": 0,
            "credits_expired": 0,
            "fees_invoiced": 0,
            "sellers_removed": 0,
            "texts_removed": 0,
            "reports_removed": 0,
            "setup_intents_removed": 0,
            "news_removed": 0,
            "codes_removed": 0,
            "bodies_removed": 0,
            "claims_settled": 0,
            "resold_times_refunded": 0,
            "lessons_completed": 0,
            "hours_expiring": 0,
            "authorizations_voided": 0,
            "trips_finished": 0,
            "trips_cleared": 0,
            "times_offered": 0,
            "addresses_forgotten": 0,
            "plan_fees_set": 0,
            "instructor_fees_charged": 0,
            "reports_kept": 0,
            "documents_told_of": 0,
            "earnings_made_available": 0,
            "partitions_created": 0,
        }


def test_every_chore_tells_how_much_it_did(world: World) -> None:
    first, second = world.lesson(), world.lesson()
    world.travel(by=timedelta(hours=25))
    world.booking()
    world.booking()
    world.travel(by=timedelta(minutes=15))
    done = world.maintain()
    assert (done["holds_expired"], done["earnings_made_available"]) == (2, 2)
    balances = world.rows("select available_cents, instructor_id from public.instructor_balances")
    assert {row["instructor_id"]: row["available_cents"] for row in balances} == {
        first.instructor.id: 4500,
        second.instructor.id: 4500,
    }
    assert world.violations() == []


def test_earnings_are_released_at_the_end_of_their_hold_and_not_before(world: World) -> None:
    world.lesson()
    world.travel(by=timedelta(hours=24) - timedelta(seconds=1))
    assert world.maintain()["earnings_made_available"] == 0
    world.travel(by=timedelta(seconds=1))
    assert world.maintain()["earnings_made_available"] == 1
    assert world.ledger()["payee_payable"] == -4500
    assert "instructor_pending" not in world.ledger()


def test_hours_that_nobody_pays_are_kept_for_a_day(world: World) -> None:
    instructor, _ = world.hourly()
    credit = world.buy_hours(world.person(), instructor)
    credit.open_payment()
    world.travel(by=timedelta(hours=24) - timedelta(seconds=1))
    assert world.maintain()["purchases_expired"] == 0
    world.travel(by=timedelta(seconds=1))
    assert world.maintain()["purchases_expired"] == 1
    assert credit.columns["status"] == "cancelled"
    assert world.maintain()["purchases_expired"] == 0
    assert world.violations() == []


def test_hours_expire_at_the_end_of_their_validity(world: World) -> None:
    world.connection.execute("update public.organizations set credit_validity_months = 1")
    instructor, _ = world.hourly()
    credit = world.hours(world.person(), instructor)
    expires_at = credit.columns["expires_at"]
    world.travel(to=expires_at - timedelta(seconds=1))
    assert world.maintain()["credits_expired"] == 0
    world.travel(to=expires_at)
    assert world.maintain()["credits_expired"] == 1
    assert credit.columns["minutes_left"] == 0
    assert world.maintain()["credits_expired"] == 0
    assert world.violations() == []


def test_an_authorization_is_captured_before_the_bank_lets_it_lapse(world: World) -> None:
    booking = world.booking(capture_mode="manual", start_at=world.in_days(5))
    intent = booking.intent("requires_capture")
    world.deliver("payment_intent.amount_capturable_updated", intent)
    assert (booking.status, booking.payment["status"]) == ("confirmed", "authorized")
    world.travel(to=booking.columns["end_at"] + timedelta(hours=24) - timedelta(seconds=1))
    assert world.maintain()["lessons_completed"] == 0
    world.travel(by=timedelta(seconds=1))
    assert world.maintain()["lessons_completed"] == 1
    assert booking.status == "completed"
    assert len(world.commands("capture_payment")) == 1
    done = world.maintain()
    assert (done["lessons_completed"], done["authorizations_voided"]) == (0, 0)
    assert world.violations() == []


@pytest.mark.parametrize("table", ["public.audit_logs", "private.webhook_event_bodies"])
def test_this_month_and_the_next_three_have_their_partitions(world: World, table: str) -> None:
    name = table.partition(".")[2]
    world.travel(to=datetime(2031, 11, 30, 23, 30, tzinfo=UTC))
    world.maintain()
    expected = {f"private.{name}_{month}" for month in ("2031_11", "2031_12", "2032_01", "2032_02")}
    assert expected <= partitions(world, table)
    closed = world.rows(
        "select relname from pg_class"
        " where relkind = 'r' and relname like %s and not relrowsecurity",
        f"{name}_203%",
    )
    assert closed == []


def test_a_month_that_the_default_partition_took_stays_there(world: World) -> None:
    """A forgotten job stops nothing: rows are kept, and other months get their partitions."""
    world.travel(to=datetime(2031, 11, 15, tzinfo=UTC))
    world.booking()
    assert world.count("private.audit_logs_default") > 0
    world.maintain()
    names = partitions(world, "public.audit_logs")
    assert "private.audit_logs_2031_11" not in names
    assert "private.audit_logs_2031_12" in names


@pytest.mark.parametrize("caller", ["anon", "authenticated", "service_role", "webhook_service"])
@pytest.mark.parametrize(
    "call",
    [
        "maintain_platform()",
        "list_organizations()",
        "maintain_organization(null)",
        "check_invariants()",
    ],
)
def test_only_the_jobs_keep_the_house(world: World, caller: str, call: str) -> None:
    with world.unchanged(), world.refusing("42501"), world.connection.transaction():
        world.connection.execute(f"set local role {caller}")
        world.connection.execute(f"select private.{call}")
