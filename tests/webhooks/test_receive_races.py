"""One event delivered twenty times at once is twenty answers and one effect."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import Any

import psycopg
import pytest

from tests.factories import World, refund_object
from tests.races import Racers
from tools.cluster import Cluster

DELIVERIES = 20
ROUNDS = 10


def deliver(
    type: str, object: dict[str, Any], event_id: str, connection: psycopg.Connection[Any], _: int
) -> str:
    return World(connection).deliver(type, object, event_id=event_id)


def tell(
    told: list[tuple[str, dict[str, Any]]], connection: psycopg.Connection[Any], number: int
) -> str:
    return World(connection).deliver(*told[number])


@pytest.mark.slow
def test_twenty_deliveries_of_one_payment_are_one_effect(
    cluster: Cluster, fresh_database: str, committed_world: World
) -> None:
    world = committed_world
    instructor = world.instructor()
    with Racers(cluster.admin_url(fresh_database), DELIVERIES) as racers:
        for number in range(ROUNDS):
            booking = world.booking(instructor, start_at=world.in_days(2 + number))
            race = partial(deliver, "payment_intent.succeeded", booking.intent(), f"evt_{number}")
            answers = Counter(racers.race(race))
            assert answers == {"processed": 1, "duplicate": DELIVERIES - 1}
            assert booking.status == "confirmed"
    assert world.count("private.webhook_events") == ROUNDS
    assert world.ledger() == {
        "stripe_balance": 5310 * ROUNDS,
        "instructor_pending": -4500 * ROUNDS,
        "platform_fees": -810 * ROUNDS,
    }


@pytest.mark.slow
def test_twenty_deliveries_of_one_refund_and_its_failure_are_one_effect_each(
    cluster: Cluster, fresh_database: str, committed_world: World
) -> None:
    world = committed_world
    booking = world.booking()
    booking.pay()
    before = world.ledger()
    refund = refund_object(booking.payment, 2655)
    with Racers(cluster.admin_url(fresh_database), DELIVERIES) as racers:
        race = partial(deliver, "refund.updated", refund, "evt_refund")
        assert Counter(racers.race(race))["processed"] == 1
        assert booking.payment["refunded_cents"] == 2655
        failed = refund | {"status": "failed"}
        race = partial(deliver, "refund.failed", failed, "evt_failed")
        assert Counter(racers.race(race))["processed"] == 1
    assert world.ledger() == before


def test_twenty_deliveries_of_money_that_matches_nothing_are_set_aside_once(
    cluster: Cluster, fresh_database: str, committed_world: World
) -> None:
    world = committed_world
    foreign = world.booking().intent(id="pi_unknown", metadata={"payment_id": "?"})
    with Racers(cluster.admin_url(fresh_database), DELIVERIES) as racers:
        race = partial(deliver, "payment_intent.succeeded", foreign, "evt_1")
        assert Counter(racers.race(race)) == {"processed": 1, "duplicate": DELIVERIES - 1}
    assert world.ledger() == {"stripe_balance": 5310, "suspense": -5310}


@pytest.mark.slow
def test_twenty_deliveries_of_a_parked_event_that_makes_sense_by_now_are_one_effect(
    cluster: Cluster, fresh_database: str, committed_world: World
) -> None:
    world = committed_world
    booking = world.booking()
    intent = booking.intent()
    refund = refund_object(booking.payment, 10) | {"payment_intent": intent["id"]}
    assert world.deliver("refund.updated", refund, event_id="evt_1") == "parked"
    assert booking.pay() == "processed"
    with Racers(cluster.admin_url(fresh_database), DELIVERIES) as racers:
        answers = Counter(racers.race(partial(deliver, "refund.updated", refund, "evt_1")))
    assert answers == {"processed": 1, "duplicate": DELIVERIES - 1}
    assert booking.payment["refunded_cents"] == 10


@pytest.mark.slow
def test_a_payment_and_its_refund_at_once_are_both_booked(
    cluster: Cluster, fresh_database: str, committed_world: World
) -> None:
    world = committed_world
    instructor = world.instructor()
    with Racers(cluster.admin_url(fresh_database), 2) as racers:
        for number in range(ROUNDS):
            booking = world.booking(instructor, start_at=world.in_days(2 + number))
            world.deliver("payment_intent.created", booking.intent("requires_payment_method"))
            told = [
                ("payment_intent.succeeded", booking.intent()),
                ("refund.created", refund_object(booking.payment, 5310)),
            ]
            assert racers.race(partial(tell, told)) == ["processed"] * 2
    assert world.ledger() == {}
