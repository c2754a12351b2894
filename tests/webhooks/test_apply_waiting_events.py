"""What came before its payment or account was known is applied soon after that is known."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from tests.factories import Booking, World, account_object, refund_object
from tests.webhooks.test_admin_replay_event import deliver_account, event, maintain, park

MINUTE = timedelta(minutes=1)


def park_refund(world: World, booking: Booking) -> None:
    """Stripe tells of a refund before it tells of the payment."""
    booking.open_payment()
    intent = booking.intent()
    refund = refund_object(booking.payment, 1000) | {"payment_intent": intent["id"]}
    assert world.deliver("refund.updated", refund, event_id="evt_refund") == "parked"


def test_an_account_that_is_known_by_now_gets_its_news(world: World) -> None:
    event_id = park(world, world.instructor())
    world.travel(by=2 * MINUTE)
    assert maintain(world) == 1
    assert event(world, event_id)["status"] == "processed"
    with world.unchanged():
        assert maintain(world) == 0


def test_a_refund_that_came_before_its_payment_is_booked(world: World) -> None:
    booking = world.booking()
    park_refund(world, booking)
    assert booking.pay() == "processed"
    world.travel(by=2 * MINUTE)
    assert maintain(world) == 1
    assert booking.payment["refunded_cents"] == 1000


def test_it_is_tried_later_and_later_for_three_days(world: World) -> None:
    account = account_object({"connect_account_id": str(uuid4())}, ready=True)
    deliver_account(world, account, "evt_1")
    attempts = []
    for _ in range(24):
        world.travel(by=timedelta(hours=4))
        assert maintain(world) == 0
        attempts.append(event(world, "evt_1")["attempts"])
    assert attempts[:9] == [2, 3, 4, 5, 6, 7, 8, 8, 9]
    assert attempts[16:] == [attempts[16]] * 8


def test_an_event_is_not_tried_again_at_once(world: World) -> None:
    park(world, world.instructor())
    with world.unchanged():
        assert maintain(world) == 0


def test_what_needs_a_person_is_left_alone(world: World) -> None:
    """Another version may mean something else, and money of an unknown payment is in suspense."""
    maintain(world)
    world.deliver("charge.succeeded", {"id": "ch_1"}, api_version="2019-01-01")
    booking = world.booking()
    intent = booking.intent() | {"id": "pi_strange", "metadata": {}}
    assert world.deliver("payment_intent.succeeded", intent) == "parked"
    world.travel(by=5 * MINUTE)
    with world.unchanged():
        assert maintain(world) == 0


def test_one_whose_body_is_gone_is_left_alone(world: World) -> None:
    park(world, world.instructor())
    world.connection.execute("delete from private.webhook_event_bodies")
    world.travel(by=2 * MINUTE)
    with world.unchanged():
        assert maintain(world) == 0
