"""Prepaid hours in a line each."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from tests.factories import Credit, Instructor, World


def left(world: World, learner: UUID) -> int:
    """The minutes that credit_balance shows."""
    return sum(row["minutes_left"] for row in world.ask(learner, "public.credit_balance"))


def later(world: World) -> None:
    """Lets a minute pass, so that what was bought before is older."""
    world.travel(by=timedelta(minutes=1))


def lots(world: World, learner: UUID, instructor: Instructor, *rates: int) -> list[Credit]:
    """An hour bought at each of these rates, one after the other."""
    bought = []
    for rate in rates:
        world.connection.execute(
            "update public.instructors set hourly_rate_cents = %s where id = %s",
            [rate, instructor.id],
        )
        bought.append(world.hours(learner, instructor, 1))
        later(world)
    return bought


def moves(world: World) -> list[tuple[str, int, int]]:
    rows = world.rows(
        "select entry.kind::text, entry.minutes, entry.share_cents"
        " from public.credit_entries entry"
        " join public.learner_credits lot on lot.id = entry.credit_id"
        " where entry.kind <> 'purchase' order by entry.kind::text, lot.activated_at, lot.id"
    )
    return [(row["kind"], row["minutes"], row["share_cents"]) for row in rows]
