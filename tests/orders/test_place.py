"""What is ordered at once is paid at once, whatever becomes of its parts."""

from __future__ import annotations

from uuid import UUID

import psycopg
import pytest

from tests.cancellations.steps import follow, move, pay_difference, payments, price_on
from tests.factories import Booking, World
from tests.orders.steps import refunds, series, statuses, succeed
from tools.cluster import Cluster


def test_a_series_is_one_order_and_one_payment(world: World) -> None:
    lessons = series(world)
    (order_id,) = {lesson.columns["order_id"] for lesson in lessons}
    opened = lessons[1].open_payment()
    assert opened["amount_cents"] == 3 * 5310
    assert opened["metadata"]["order_id"] == str(order_id)
    for ordered_id in (order_id, lessons[0].id, lessons[2].id):
        assert open_payment(world, lessons[0].learner, ordered_id) == opened["payment_id"]
    succeed(world, lessons[0].payment)
    assert statuses(lessons) == ["confirmed"] * 3
    assert world.ledger() == {
        "stripe_balance": 15930,
        "instructor_pending": -13500,
        "platform_fees": -2430,
    }
    parts = world.rows("select booking_id, amount_cents from public.payment_items")
    assert {row["booking_id"]: row["amount_cents"] for row in parts} == {
        lesson.id: 5310 for lesson in lessons
    }


def open_payment(world: World, learner: UUID, ordered_id: UUID) -> UUID:
    (opened,) = world.serve(
        "webhook_service", "private.open_payment", p_user_id=learner, p_ordered_id=ordered_id
    )
    payment_id: UUID = opened["payment_id"]
    return payment_id


def test_an_item_keeps_what_the_booking_froze(world: World) -> None:
    booking = world.booking(discount_cents=450)
    item = world.row("select * from public.order_items")
    frozen = ("list_cents", "discount_cents", "fee_cents", "share_cents", "total_cents", "minutes")
    assert [item[name] for name in frozen] == [4500, 450, 810, 4500, 4860, 60]
    assert (item["kind"], item["booking_id"], item["is_paid"]) == ("booking", booking.id, False)
    booking.pay()
    assert world.value("select is_paid from public.order_items")


def test_one_lesson_of_a_series_goes_back_alone(world: World) -> None:
    lessons = series(world)
    lessons[0].open_payment()
    succeed(world, lessons[0].payment)
    ended = world.cancel(lessons[1].learner, lessons[1].id)
    assert (ended["refund_cents"], refunds(world)) == (5310, [(5310, "pending")])
    world.carry_refunds()
    assert statuses(lessons) == ["confirmed", "cancelled", "confirmed"]
    assert world.ledger() == {
        "stripe_balance": 10620,
        "instructor_pending": -9000,
        "platform_fees": -1620,
    }


def test_a_lesson_cancelled_before_the_payment_is_paid_for_no_more(world: World) -> None:
    lessons = series(world)
    first_id = lessons[0].open_payment()["payment_id"]
    world.cancel(lessons[1].learner, lessons[1].id)
    first = world.row("select * from public.payments")
    (command,) = world.commands("cancel_payment_intent")
    assert (first["is_replaced"], command["payment_id"]) == (True, str(first_id))

    opened = lessons[0].open_payment()
    assert (opened["payment_id"] != first_id, opened["amount_cents"]) == (True, 10620)
    second = world.row("select * from public.payments where id = %s", opened["payment_id"])
    succeed(world, second)
    assert statuses(lessons) == ["confirmed", "cancelled", "confirmed"]
    assert refunds(world) == []
    assert world.ledger()["instructor_pending"] == -9000


def test_of_a_replaced_payment_that_is_paid_first_the_cancelled_lesson_goes_back(
    world: World,
) -> None:
    lessons = series(world, mode="skip_conflicts")
    lessons[0].open_payment()
    first = world.row("select * from public.payments")
    world.cancel(lessons[1].learner, lessons[1].id)
    succeed(world, first)
    assert statuses(lessons) == ["confirmed", "cancelled", "confirmed"]
    assert refunds(world) == [(5310, "pending")]
    world.carry_refunds()
    assert world.ledger() == {
        "stripe_balance": 10620,
        "instructor_pending": -9000,
        "platform_fees": -1620,
    }


@pytest.mark.parametrize("last", [0, 1])
def test_of_two_payments_for_one_order_the_second_goes_back(world: World, last: int) -> None:
    lessons = series(world)
    first_id = lessons[0].open_payment()["payment_id"]
    world.cancel(lessons[1].learner, lessons[1].id)
    second_id = lessons[0].open_payment()["payment_id"]
    for payment_id in ((second_id, first_id), (first_id, second_id))[last]:
        succeed(world, world.row("select * from public.payments where id = %s", payment_id))
    world.carry_refunds()
    standing = [status for status in statuses(lessons) if status == "confirmed"]
    assert sum(cents for cents, _ in refunds(world)) == 15930 + 10620 - 5310 * len(standing)
    ledger = world.ledger()
    assert ledger.pop("instructor_pending", 0) == -4500 * len(standing)
    assert ledger.pop("platform_fees", 0) == -810 * len(standing)
    assert ledger.pop("stripe_balance", 0) == 5310 * len(standing)
    assert ledger == {}


@pytest.mark.parametrize(
    ("mode", "after", "back"),
    [
        ("all_or_nothing", {"expired", "cancelled"}, [15930]),
        ("skip_conflicts", {"confirmed", "expired"}, [5310]),
    ],
)
def test_a_late_payment_books_what_is_still_free_or_nothing(
    world: World, mode: str, after: set[str], back: list[int]
) -> None:
    lessons = series(world, mode=mode)
    lessons[0].open_payment()
    payment = lessons[0].payment
    world.travel(to=lessons[0].columns["hold_expires_at"])
    world.maintain()
    assert statuses(lessons) == ["expired"] * 3
    second = lessons[1].columns
    world.request(
        world.person("Cleo"), lessons[1].instructor, second["service_id"], second["start_at"]
    )
    succeed(world, payment)
    assert set(statuses(lessons)) <= after
    assert sum(cents for cents, _ in refunds(world)) == sum(back)
    world.carry_refunds()
    kept = 3 - sum(back) // 5310
    assert statuses(lessons).count("confirmed") == kept
    right = {
        "stripe_balance": 5310 * kept,
        "instructor_pending": -4500 * kept,
        "platform_fees": -810 * kept,
    }
    assert world.ledger() == {kind: cents for kind, cents in right.items() if cents}


def test_a_late_payment_of_a_series_whose_times_are_all_free_books_them_again(
    world: World,
) -> None:
    lessons = series(world)
    lessons[0].open_payment()
    payment = lessons[0].payment
    world.travel(to=lessons[0].columns["hold_expires_at"])
    world.maintain()
    succeed(world, payment)
    assert (statuses(lessons), refunds(world)) == (["confirmed"] * 3, [])


def test_a_refund_is_spread_over_the_payments_of_a_lesson(world: World) -> None:
    """53.10 were paid first, and 17.70 more for a dearer time; 60.00 go back."""
    booking = world.booking(price_cents=None)
    price_on(world, booking, world.in_days(3), 6000)
    booking.pay()
    there = follow(booking, move(world, booking, world.in_days(3)))
    pay_difference(there)
    first, second = payments(there)
    refund_id = world.call(
        there.learner,
        "public.request_refund",
        p_booking_id=there.id,
        p_amount_cents=6000,
        p_reason="Late",
    )
    asked = "select id, payment_id, amount_cents, status::text, request_id from public.refunds"
    parts = {row["payment_id"]: row for row in world.rows(asked)}
    assert (parts[second["id"]]["id"], parts[second["id"]]["amount_cents"]) == (refund_id, 1770)
    assert parts[first["id"]]["amount_cents"] == 4230
    assert parts[first["id"]]["request_id"] == refund_id
    assert {part["status"] for part in parts.values()} == {"requested"}

    owner = world.member(there.instructor.org_id, "owner")
    world.call(owner, "public.decide_refund", p_refund_id=refund_id, p_is_granted=True)
    world.carry_refunds()
    assert refunds(world) == [(1770, "succeeded"), (4230, "succeeded")]
    # 10.80 of 70.80 are left: 9.15 of the share of 60.00, and 1.65 of the fee.
    assert world.ledger() == {
        "stripe_balance": 1080,
        "instructor_pending": -915,
        "platform_fees": -165,
    }


def test_a_direct_edit_waits_for_nobody_who_changes_the_order(
    cluster: Cluster, fresh_database: str, committed_world: World
) -> None:
    world = committed_world
    booking = world.booking()
    edit = (
        "update public.bookings set status = 'cancelled', cancelled_by = 'system',"
        " cancelled_at = private.clock() where id = %s"
    )
    with psycopg.connect(cluster.admin_url(fresh_database)) as other:
        other.execute("select from public.orders for no key update")
        with world.unchanged(), world.refusing("PT409", "order_busy"), world.in_studio():
            world.connection.execute(edit, [booking.id])
    with world.in_studio():
        world.connection.execute(edit, [booking.id])
    assert booking.status == "cancelled"


def test_orders_are_never_changed(world: World, booking: Booking) -> None:
    for statement in ("update public.orders set currency = 'eur'", "delete from public.orders"):
        with world.unchanged(), world.refusing("PT409", "append_only"):
            world.connection.execute(statement)


@pytest.fixture
def booking(world: World) -> Booking:
    return world.booking()


@pytest.mark.parametrize(
    ("columns", "rule"),
    [
        ({"credit_id": None, "booking_id": None}, "kind_says_what_it_is"),
        ({"kind": "credits"}, "kind_says_what_it_is"),
        ({"minutes": 0}, "minutes_are_positive"),
        ({"share_cents": -1}, "amounts_are_not_negative"),
        ({"discount_cents": 5311}, "amounts_are_not_negative"),
        ({"credit_share_cents": 4501}, "credit_pays_a_part"),
        ({"refunded_cents": 5311}, "at_most_the_total_is_refunded"),
        ({"refunded_cents": 5310}, ""),
        ({"liable_cents": 1}, "liability_is_for_what_is_lost"),
        ({"liable_cents": 1, "lost_cents": 1}, ""),
        ({"refund_bps": 10001}, "refund_is_a_fraction"),
    ],
)
def test_an_item_makes_sense(
    world: World, booking: Booking, columns: dict[str, object], rule: str
) -> None:
    assert world.broken_rule("public.order_items", **columns) == rule


def test_strangers_see_no_order(world: World, booking: Booking) -> None:
    for table in ("orders", "order_items"):
        seen = {
            name: count(world, user_id, table)
            for name, user_id in {
                "learner": booking.learner,
                "instructor": booking.instructor.user_id,
                "stranger": world.person("Eve"),
            }.items()
        }
        assert seen == {"learner": 1, "instructor": 1, "stranger": 0}


def count(world: World, user_id: UUID, table: str) -> int:
    with world.acting_as(user_id):
        number: int = world.value(f"select count(*) from public.{table}")
    return number
