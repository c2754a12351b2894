"""What follows from a change is on one page per table, and each trigger says what it calls."""

from __future__ import annotations

import psycopg
import pytest

EFFECTS = {
    "public.bookings": "on_booking_changed",
    "public.payments": "on_payment_changed",
    "public.refunds": "on_refund_changed",
    "public.disputes": "on_dispute_changed",
    "public.credit_entries": "on_credit_entry_added",
}
AUDIT = {"record_insert", "record_update", "record_delete"}
# What they keep says where a row is found. It decides nothing, as an index does.
FINDERS = {"register_stripe_object", "keep_open_payments", "keep_open_bookings"}


def triggers(db: psycopg.Connection, table: str, *, before: bool) -> dict[str, str]:
    """The functions of a table's triggers, by trigger."""
    rows = db.execute(
        "select trigger.tgname as name, function.proname as function"
        " from pg_trigger trigger join pg_proc function on function.oid = trigger.tgfoid"
        " where trigger.tgrelid = %s::regclass and not trigger.tgisinternal"
        " and (trigger.tgtype & 2 <> 0) = %s",
        [table, before],
    ).fetchall()
    return dict(rows)


@pytest.mark.parametrize("table", EFFECTS)
def test_one_trigger_says_what_follows(db: psycopg.Connection, table: str) -> None:
    after = {
        name: function
        for name, function in triggers(db, table, before=False).items()
        if function not in FINDERS
    }
    effects = {name: function for name, function in after.items() if function != "record_change"}
    assert effects == {EFFECTS[table]: EFFECTS[table]}
    assert after.keys() - effects.keys() in (AUDIT, set())


def test_credit_entries_are_the_only_ones_without_an_audit(db: psycopg.Connection) -> None:
    """They are a journal themselves."""
    unaudited = [table for table in EFFECTS if not AUDIT & triggers(db, table, before=False).keys()]
    assert unaudited == ["public.credit_entries"]


@pytest.mark.parametrize("table", EFFECTS)
def test_a_guard_bears_the_name_of_its_function(db: psycopg.Connection, table: str) -> None:
    guards = triggers(db, table, before=True)
    assert guards.pop("forbid_truncate", "forbid_change") == "forbid_change"
    assert {name for name, function in guards.items() if name != function} == set()


def test_the_outcome_is_decided_after_the_transition_is_found_legal(db: psycopg.Connection) -> None:
    """Triggers before a change fire in the order of their names."""
    guards = sorted(triggers(db, "public.bookings", before=True))
    assert guards.index("enforce_status_transition") < guards.index("set_cancellation_outcome")
