"""Stripe's fees without an object of ours are posted to the day on which Stripe took them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from tests.factories import World
from tests.payments.steps import paid

DAY = timedelta(days=1)


def maintain(world: World) -> int:
    return world.maintain()["stripe_fees_queued"]


def record(world: World, *fees: dict[str, Any]) -> None:
    world.serve("jobs", "private.record_stripe_fees", p_balance_transactions=Jsonb(list(fees)))


def fee(id: str, net: int, **fields: Any) -> dict[str, Any]:
    return {"id": id, "currency": "gbp", "net": net, "created": 1_770_000_000} | fields


def test_a_day_is_asked_for_once_when_it_is_over(world: World) -> None:
    paid(world)
    assert maintain(world) == 0
    midnight = world.now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + DAY
    world.travel(to=midnight + timedelta(minutes=59))
    assert maintain(world) == 0
    world.travel(to=midnight + timedelta(minutes=61))
    assert (maintain(world), maintain(world)) == (1, 0)
    (asked,) = world.commands("fetch_stripe_fees")
    assert datetime.fromtimestamp(asked["until"], UTC) == midnight
    assert asked["until"] - asked["from"] == 24 * 60 * 60
    assert "stripe_fee" in asked["types"]


@pytest.mark.parametrize(("away", "asked"), [(3, 3), (30, 7)])
def test_days_that_were_missed_are_asked_for_up_to_a_week(
    world: World, away: int, asked: int
) -> None:
    paid(world)
    world.travel(by=away * DAY)
    assert maintain(world) == asked


def test_who_sells_nothing_is_asked_nothing(world: World) -> None:
    world.travel(by=3 * DAY)
    assert maintain(world) == 0


def test_fees_are_posted_once_to_their_day(world: World) -> None:
    for _ in range(2):
        record(world, fee("txn_1", -300), fee("txn_2", 50))
    assert world.ledger() == {"stripe_balance": -250, "processor_fees": 250}
    posted = world.rows("select distinct org_id, effective_at from private.ledger_transactions")
    assert [tuple(row.values()) for row in posted] == [
        (world.value("select private.platform_id()"), datetime.fromtimestamp(1_770_000_000, UTC))
    ]


def test_no_fees_are_none(world: World) -> None:
    record(world)
    assert world.ledger() == {}
