"""An event changes each row once, and the change of a payment writes no index."""

from __future__ import annotations

import pytest
from psycopg.types.json import Jsonb

from tests.factories import Booking, World
from tests.payments.steps import succeed

UPDATED = """
    select
        pg_stat_get_xact_tuples_updated(oid) as updated,
        pg_stat_get_xact_tuples_hot_updated(oid) as hot
    from pg_class
    where oid = %s::regclass
"""


def updates(world: World, table: str) -> dict[str, int]:
    """How many rows this transaction has updated, and how many of those without their indexes."""
    return dict(world.row(UPDATED, table))


def create_intent(booking: Booking) -> None:
    intent = booking.intent("requires_payment_method")
    booking.world.serve(
        "webhook_service",
        "private.record_payment_intent",
        p_payment_id=booking.payment["id"],
        p_payment_intent=Jsonb(intent),
    )


def test_the_updates_of_a_payments_life_write_no_index(world: World) -> None:
    booking = world.booking()
    create_intent(booking)
    booking.pay()
    booking.complete()
    booking.refund(1000)
    payments = updates(world, "public.payments")
    assert payments["updated"] >= 4
    assert payments["hot"] == payments["updated"]


def test_a_success_updates_the_item_without_its_indexes(world: World) -> None:
    booking = world.booking()
    create_intent(booking)
    before = updates(world, "public.order_items")
    succeed(booking)
    after = updates(world, "public.order_items")
    assert after["updated"] == before["updated"] + 1
    assert after["hot"] == before["hot"] + 1


@pytest.mark.parametrize("is_recorded", [True, False], ids=["recorded", "new"])
def test_a_success_changes_each_row_once(world: World, is_recorded: bool) -> None:
    """So the audit has one entry for each, even if the success is the first news of the intent."""
    booking = world.booking()
    if is_recorded:
        create_intent(booking)
    else:
        booking.open_payment()
    tables = ("public.payments", "public.bookings", "public.order_items")
    before = {table: updates(world, table)["updated"] for table in tables}
    known = {entry["id"] for entry in world.rows("select id from public.audit_logs")}
    succeed(booking)
    changes = {table: updates(world, table)["updated"] - before[table] for table in tables}
    assert changes == dict.fromkeys(tables, 1)
    entries = world.rows("select id, entity_type, entity_id from public.audit_logs")
    told = [
        (entry["entity_type"], entry["entity_id"]) for entry in entries if entry["id"] not in known
    ]
    assert ("payments", str(booking.payment["id"])) in told
    assert len(told) == len(set(told))


def test_payments_that_have_ended_are_not_open(world: World) -> None:
    first, second = world.booking(), world.booking()
    create_intent(first)
    create_intent(second)
    assert world.count("private.open_payments") == 2
    succeed(first)
    (left,) = world.rows("select payment_id, order_id from private.open_payments")
    waiting = second.payment
    assert left == {"payment_id": waiting["id"], "order_id": waiting["order_id"]}
    world.deliver("payment_intent.canceled", second.intent("canceled"))
    assert world.count("private.open_payments") == 0
