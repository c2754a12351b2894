"""What an ending gives back is decided under the locks that it depends on, then carried out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.rows import DictRow

from tests.cancellations.steps import authorized, follow, move, refunds
from tests.discounts.steps import referral_code, referrer_of_the_marketplace, rewarding
from tests.factories import Booking, Refusal, World, intent_object, refund_object, refusal
from tests.patience import PATIENCE
from tests.races import wait_for_lock
from tools.cluster import Cluster

Act = Callable[[World, Booking], Any]


@pytest.fixture
def booking(committed_world: World) -> Booking:
    """A lesson of 53.10 that is paid, and half of which a learner gets back who cancels it now."""
    booking = committed_world.booking()
    booking.pay()
    committed_world.travel(to=booking.columns["start_at"] - timedelta(hours=20))
    return booking


@pytest.fixture
def other(cluster: Cluster, fresh_database: str) -> Iterator[World]:
    """The same marketplace over a second connection."""
    with psycopg.connect(cluster.admin_url(fresh_database), autocommit=True) as connection:
        yield World(connection)


def held_up(
    booking: Booking,
    other: World,
    hold: Callable[[], Any],
    act: Act,
    then: Callable[[], Any] | None = None,
) -> Any:
    """What somebody else's act comes to, who has to wait until `hold` is committed.

    While they wait, `then` happens.
    """
    world = booking.world
    with ThreadPoolExecutor(1) as threads:
        with world.connection.transaction():
            hold()
            acting = threads.submit(act, other, booking)
            wait_for_lock(other.connection, world)
            if then:
                then()
        try:
            return acting.result(timeout=PATIENCE)
        except psycopg.Error as error:
            return error


def cancel(world: World, booking: Booking, expected_cents: int = 2655) -> DictRow:
    return world.cancel(booking.learner, booking.id, p_expected_refund_cents=expected_cents)


def cancel_directly(world: World, booking: Booking) -> None:
    with world.acting_as(booking.learner, "service_role"):
        world.connection.execute("set local role postgres")
        world.connection.execute(
            "update public.bookings set status = 'cancelled', cancelled_by = 'learner',"
            " cancelled_at = private.clock() where id = %s",
            [booking.id],
        )


def miss(world: World, booking: Booking) -> None:
    world.call(
        booking.instructor.user_id,
        "public.mark_no_show",
        p_booking_id=booking.id,
        p_who="instructor",
    )


def complete(world: World, booking: Booking) -> None:
    world.call(booking.instructor.user_id, "public.complete_lesson", p_booking_id=booking.id)


def is_refund_changed(outcome: Any) -> bool:
    return isinstance(outcome, psycopg.Error) and refusal(outcome) == Refusal(
        "PT409", "refund_changed"
    )


def test_a_refund_that_comes_while_a_cancellation_waits_for_the_slot_comes_on_top(
    booking: Booking, other: World, cluster: Cluster, fresh_database: str
) -> None:
    """The cancellation has the order's lock: it gives back what it answers."""
    world = booking.world
    with psycopg.connect(cluster.admin_url(fresh_database), autocommit=True) as connection:
        third = World(connection)
        with ThreadPoolExecutor(1) as threads:

            def refund_in_the_dashboard() -> None:
                waiting.append(threads.submit(replace(booking, world=third).refund, 1000))
                wait_for_lock(third.connection, world)

            waiting: list[Any] = []
            cancelled = held_up(
                booking,
                other,
                lambda: world.connection.execute("select from public.bookable_slots for update"),
                cancel,
                refund_in_the_dashboard,
            )
            assert waiting[0].result(timeout=PATIENCE) == "processed"
    assert cancelled["refund_cents"] == 2655
    assert (booking.status, refunds(world)) == ("cancelled", [1000, 2655])


def test_a_refund_that_is_under_way_is_waited_for(booking: Booking, other: World) -> None:
    cancelled = held_up(booking, other, lambda: booking.refund(1000), cancel)
    assert is_refund_changed(cancelled)
    assert "2155" in cancelled.diag.message_hint
    assert (booking.status, refunds(booking.world)) == ("confirmed", [1000])
    assert cancel(other, booking, 2155)["refund_cents"] == 2155
    assert refunds(booking.world) == [1000, 2155]


def test_a_dispute_that_is_under_way_is_waited_for(booking: Booking, other: World) -> None:
    """What is owed waits until the dispute is won."""
    cancelled = held_up(booking, other, lambda: booking.world.dispute(booking.payment), cancel)
    assert cancelled["refund_cents"] == 2655
    assert (booking.status, refunds(booking.world)) == ("cancelled", [])
    booking.world.dispute(booking.payment, "won")
    assert refunds(booking.world) == [2655]


def test_a_direct_edit_waits_for_nobody(booking: Booking, other: World) -> None:
    with booking.world.connection.transaction():
        booking.refund(1000)
        with other.refusing("PT409", "order_busy"):
            cancel_directly(other, booking)
    cancel_directly(other, booking)
    assert booking.columns["cancellation_refund_cents"] == 2155
    assert refunds(booking.world) == [1000, 2155]


def test_a_no_show_gives_back_what_is_left(booking: Booking, other: World) -> None:
    booking.world.travel(to=booking.columns["start_at"] + timedelta(minutes=20))
    assert held_up(booking, other, lambda: booking.refund(1000), miss) is None
    assert booking.columns["cancellation_refund_cents"] == 4310
    assert refunds(booking.world) == [1000, 4310]


def test_a_lesson_earns_what_a_refund_under_way_leaves(booking: Booking, other: World) -> None:
    booking.world.travel(to=booking.columns["end_at"])
    assert held_up(booking, other, lambda: booking.refund(5310), complete) is None
    assert booking.status == "completed"
    assert booking.world.value("select sum(amount_cents) from public.earnings") is None


def test_a_replacement_gives_back_what_its_original_has_left(
    committed_world: World, other: World
) -> None:
    original = committed_world.booking(requires_approval=True)
    committed_world.call(
        original.instructor.user_id, "public.confirm_booking", p_booking_id=original.id
    )
    original.pay()
    there = follow(original, move(committed_world, original, committed_world.in_days(3)))
    cancelled = held_up(
        there,
        other,
        lambda: original.refund(1000),
        lambda world, booking: cancel(world, booking, 5310),
    )
    assert is_refund_changed(cancelled)
    assert cancel(other, there, 4310)["refund_cents"] == 4310
    assert refunds(committed_world) == [1000, 4310]


def test_a_refund_of_hours_under_way_takes_nothing_of_the_reward(
    committed_world: World, other: World
) -> None:
    """A refund takes the unused hour: the lesson that is given is rewarded whole.

    By at most what the platform earns of it, which is 8.10 less 4.50.
    """
    world = committed_world
    rewarding(world)
    code = referral_code(world, referrer_of_the_marketplace(world))
    instructor, service_id = world.hourly()
    learner = world.person("Ben")
    world.check_code(learner, code, service_id)
    credit = world.hours(learner, instructor, 2, p_discount_code=code)
    booking = credit.book(service_id)
    world.travel(to=booking.columns["end_at"])
    half = credit.payment["captured_cents"] // 2
    refund = refund_object(credit.payment, half)
    assert (
        held_up(booking, other, lambda: world.deliver("refund.updated", refund), complete) is None
    )
    reward = world.row("select amount_cents, clawed_back_cents from public.referral_rewards")
    assert reward == {"amount_cents": 360, "clawed_back_cents": 0}


def lock_order(world: World, order_id: UUID) -> None:
    """Locks an order as the first step of somebody who then acts."""
    world.connection.execute("select private.lock_orders(%s)", [[order_id]])


def offboard(world: World, booking: Booking) -> None:
    world.ask(world.admin(), "public.offboard_instructor", p_instructor_id=booking.instructor.id)


def void(world: World, _: Booking) -> None:
    world.rows("select private.void_ageing_authorizations(private.marketplace_id())")


def age_authorizations(world: World) -> None:
    """Lets authorizations end before their lessons, as after a change in Studio."""
    with world.connection.transaction():
        world.connection.execute("set local session_replication_role = replica")
        world.connection.execute(
            "update public.payments set authorized_at = authorized_at - interval '7 days'"
        )


def two_of_a_group(world: World, order: str, **columns: Any) -> list[Booking]:
    """Two authorized bookings of one time, in the order of a query's column."""
    instructor = world.instructor()
    service_id = world.service(instructor, max_participants=2, capture_mode="manual")
    slot_id = world.slot(service_id, **columns)
    bookings = []
    for name in ("Ben", "Eve"):
        learner = world.person(name)
        booked = world.book(learner, slot_id)
        booking = Booking(world, booked["booking_id"], learner, instructor, slot_id)
        booking.open_payment()
        world.deliver(
            "payment_intent.amount_capturable_updated", booking.intent("requires_capture")
        )
        bookings.append(booking)
    return sorted(bookings, key=lambda booking: booking.payment[order])


def test_a_cancellation_and_the_loss_of_its_authorization_do_not_deadlock(
    committed_world: World, other: World
) -> None:
    world = committed_world
    booking = authorized(world)
    lapsed = intent_object(booking.payment, "canceled")
    lost = held_up(
        booking,
        other,
        lambda: lock_order(world, booking.columns["order_id"]),
        lambda world, _: world.deliver("payment_intent.canceled", lapsed),
        lambda: cancel(world, booking, 5310),
    )
    assert (lost, booking.status) == ("processed", "cancelled")
    assert booking.columns["cancelled_by"] == "learner"
    assert booking.payment["status"] == "cancelled"


@pytest.mark.parametrize("end_all", [offboard, void])
def test_a_cancellation_and_the_end_of_the_whole_group_do_not_deadlock(
    committed_world: World, other: World, end_all: Act
) -> None:
    world = committed_world
    order = "order_id" if end_all is offboard else "id"
    first, second = two_of_a_group(world, order, start_at=world.in_days(5))
    age_authorizations(world)
    ended = held_up(
        second,
        other,
        lambda: lock_order(world, second.columns["order_id"]),
        end_all,
        lambda: world.cancel(second.instructor.user_id, second.id),
    )
    assert ended is None
    assert (first.columns["cancelled_by"], second.columns["cancelled_by"]) == (
        "system",
        "instructor",
    )


def test_offboarding_and_a_refund_of_hours_do_not_deadlock(
    committed_world: World, other: World
) -> None:
    world = committed_world
    instructor, service_id = world.hourly()
    credit = world.hours(world.person("Ben"), instructor, 2)
    booking = credit.book(service_id)
    half = refund_object(credit.payment, credit.payment["captured_cents"] // 2)
    offboarded = held_up(
        booking,
        other,
        lambda: lock_order(world, credit.payment["order_id"]),
        offboard,
        lambda: world.deliver("refund.updated", half),
    )
    assert offboarded is None
    assert booking.status == "cancelled"
    assert sum(refunds(world)) == credit.payment["captured_cents"]
