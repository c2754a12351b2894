"""What Stripe sent goes a month after its month; events stay, and what waits keeps its body."""

from __future__ import annotations

from datetime import UTC, datetime

import psycopg
import pytest

from tests.factories import World
from tests.webhooks.test_retry import event, park, replay
from tools.cluster import Cluster

BODIES = (
    "select event.event_id from private.webhook_event_bodies body"
    " join private.webhook_events event on event.org_id = body.org_id and event.id = body.event_id"
    " order by 1"
)
REMOVED = "bodies_removed"


def bodies(world: World) -> list[str]:
    return [row["event_id"] for row in world.rows(BODIES)]


def hear(world: World, event_id: str) -> None:
    """An event that concerns nobody is ignored at once; its body is kept all the same."""
    assert world.deliver("charge.succeeded", {}, event_id=event_id) == "ignored"


@pytest.fixture
def october(world: World) -> World:
    """One event on the first of October 2031, and one at its end."""
    world.travel(to=datetime(2031, 10, 1, tzinfo=UTC))
    world.maintain()
    hear(world, "evt_first")
    world.travel(to=datetime(2031, 10, 31, 23, 59, 59, tzinfo=UTC))
    hear(world, "evt_last")
    return world


def test_a_month_goes_as_a_whole_thirty_days_after_its_end(october: World) -> None:
    october.travel(to=datetime(2031, 11, 30, 23, 59, 59, tzinfo=UTC))
    assert october.maintain()[REMOVED] == 0
    hear(october, "evt_november")
    october.travel(to=datetime(2031, 12, 1, tzinfo=UTC))
    assert october.maintain()[REMOVED] == 2
    assert bodies(october) == ["evt_november"]
    assert event(october, "evt_first")["status"] == "ignored"
    assert october.maintain()[REMOVED] == 0


def test_an_event_that_waits_keeps_its_body_until_it_is_applied(october: World) -> None:
    event_id, admin = park(october, october.instructor()), october.admin()
    october.travel(to=datetime(2031, 12, 1, tzinfo=UTC))
    assert october.maintain()[REMOVED] == 2
    assert bodies(october) == [event_id]
    replay(october, admin, event_id)
    assert october.maintain()[REMOVED] == 0
    assert event(october, event_id)["status"] == "processed"
    assert october.maintain()[REMOVED] == 1
    assert bodies(october) == []


def test_what_fell_into_the_default_partition_goes_as_well(world: World) -> None:
    world.travel(to=datetime(2031, 10, 31, 23, 59, 59, tzinfo=UTC))
    hear(world, "evt_default")
    assert world.count("private.webhook_event_bodies_default") == 1
    world.travel(to=datetime(2031, 11, 30, 23, 59, 59, tzinfo=UTC))
    assert world.maintain()[REMOVED] == 0
    world.travel(to=datetime(2031, 12, 1, tzinfo=UTC))
    assert world.maintain()[REMOVED] == 1


def test_a_month_that_is_being_read_is_left_to_the_next_run(
    cluster: Cluster, committed_world: World
) -> None:
    world = committed_world
    world.travel(to=datetime(2031, 10, 31, tzinfo=UTC))
    world.maintain()
    hear(world, "evt_read")
    world.travel(to=datetime(2031, 12, 1, tzinfo=UTC))
    with psycopg.connect(cluster.admin_url(world.connection.info.dbname)) as reader:
        reader.execute("select from private.webhook_event_bodies_2031_10")
        assert world.maintain()[REMOVED] == 0
    assert world.maintain()[REMOVED] == 1
