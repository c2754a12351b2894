"""The updates of a week, and which of them write indexes: an update that is HOT writes none.

An index may name what events change only if it is a worklist. What a row enters or leaves by such
an update is said below; every other update has to be HOT.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from tests.cancellations.steps import follow, move
from tests.factories import Booking, World, intent_object

COUNTS = """
    select
        relid::regclass::text as table,
        n_tup_upd as updated,
        n_tup_upd - n_tup_hot_upd as indexed
    from pg_stat_user_tables
    where n_tup_upd > 0
"""

# An entry's xmin is the transaction that wrote it, and here each event is one.
TOLD_TWICE = """
    select xmin::text as event, entity_type, entity_id, count(*) as entries
    from public.audit_logs
    where action = 'update'
    group by xmin::text, entity_type, entity_id
    having count(*) > 1
"""

LESSONS = 6

# The updates that write indexes, by table.
INDEXED = {
    # One seat is freed by a cancellation, one by a move and one by a hold that expires.
    "bookings": 3,
    # A booking's deadline leaves the worklist of holds when it is paid: each lesson, the moved one
    # and the one that hours pay.
    "private.open_bookings": LESSONS + 2,
    # A payout takes an earning from the worklist of those that are unpaid.
    "earnings": LESSONS,
    # The moved lesson's item gets another booking, and a refund leaves its id with an item.
    "order_items": 3,
    # Hours that are paid enter the worklists of hours that can be spent and expire.
    "learner_credits": 1,
    # The worklists of a payday: one payout is claimed and paid.
    "payouts": 2,
}


@pytest.fixture(name="week")
def told_week(committed_world: World) -> World:
    """A week: six lessons are paid, and one of them is cancelled, one moved, one refunded in part.

    Hours are bought and spent, a hold expires, and a payday pays.
    """
    world = committed_world
    instructor = world.instructor()
    world.onboard(instructor)
    world.connection.execute("select pg_stat_force_next_flush(), pg_stat_reset()")
    lessons = [
        world.booking(instructor, start_at=world.in_days(3, hour=8 + hour))
        for hour in range(LESSONS)
    ]
    for lesson in lessons:
        lesson.open_payment()
        record_intent(world, lesson.payment)
        assert lesson.pay() == "processed"
    cancelled, moved, refunded, *_ = lessons
    world.cancel(cancelled.learner, cancelled.id)
    world.carry_refunds("pending")
    world.carry_refunds()
    follow(moved, move(world, moved, world.in_days(4)))
    refunded.refund(1000)
    hours = world.buy_hours(refunded.learner, instructor)
    hours.open_payment()
    record_intent(world, hours.payment)
    hours.pay()
    hours.book(refunded.columns["service_id"], world.in_days(2, hour=9))
    for lesson in ahead(world, lessons[0]):
        lesson.complete()
    world.booking(instructor, start_at=world.now() + timedelta(days=5))
    world.travel(by=timedelta(days=1))
    world.maintain()
    world.travel(by=timedelta(days=10))
    world.run_payouts()
    world.maintain()
    world.connection.execute("select pg_stat_force_next_flush()")
    return world


def record_intent(world: World, payment: DictRow) -> None:
    """Records the PaymentIntent that Stripe made for a payment."""
    world.serve(
        "webhook_service",
        "private.record_payment_intent",
        p_payment_id=payment["id"],
        p_payment_intent=Jsonb(intent_object(payment, "requires_payment_method")),
    )


def ahead(world: World, example: Booking) -> list[Booking]:
    """The lessons ahead with the example's instructor, the next one first."""
    return [
        Booking(world, row["id"], row["learner_person_id"], example.instructor, row["slot_id"])
        for row in world.rows(
            "select * from public.bookings where status = 'confirmed' order by start_at"
        )
    ]


def test_only_worklists_write_indexes(week: World) -> None:
    counts = {row["table"]: row for row in week.rows(COUNTS)}
    indexed = {table: row["indexed"] for table, row in counts.items() if row["indexed"]}
    assert indexed == INDEXED
    # The week has updated what the money path updates.
    assert counts["bookings"]["updated"] >= 4 * LESSONS
    assert counts["payments"]["updated"] >= 3 * LESSONS
    assert counts["bookable_slots"]["updated"] >= 2 * LESSONS
    assert {"lessons", "refunds", "private.person_calendar", "private.webhook_events"} <= set(
        counts
    )


def test_an_event_is_told_once_of_each_row(week: World) -> None:
    assert week.rows(TOLD_TWICE) == []
    assert (
        week.value("select count(*) from public.audit_logs where action = 'update'") > 4 * LESSONS
    )
