"""An earning can be paid past its hold, once Stripe lets the money be transferred."""

from __future__ import annotations

from tests.factories import World
from tests.payouts.paydays import (
    DAY,
    NOON,
    WEEK,
    open_run,
    owe,
    payable,
    payouts,
)


def test_money_that_stripe_has_not_made_available_waits(world: World) -> None:
    """Also where it was released before Stripe had said until when it keeps it."""
    instructor = world.instructor()
    world.onboard(instructor)
    early, late = world.lesson(instructor), world.lesson(instructor)
    world.travel(by=2 * DAY)
    world.serve("jobs", "private.maintain")
    assert world.value("select array_agg(distinct status::text) from public.earnings") == [
        "available"
    ]
    for booking, days in ((early, 0), (late, 30)):
        world.connection.execute(
            "update public.payments set funds_available_at = %s where id = %s",
            [world.now() + days * DAY, booking.payment["id"]],
        )
    world.travel(by=WEEK)
    (run,) = world.run_payouts()
    assert (run["total"], run["amount_paid_cents"]) == (1, 4500)
    result = world.row("select amount_cents from public.payout_run_results")
    assert result == {"amount_cents": 4500}
    world.travel(by=30 * DAY)
    (run,) = world.run_payouts()
    assert (run["total"], run["amount_paid_cents"]) == (1, 4500)


def test_a_frozen_earning_is_not_paid(world: World) -> None:
    instructor = payable(world, 1000)
    frozen = owe(world, instructor, 4500)
    world.connection.execute("update public.earnings set status = 'frozen' where id = %s", [frozen])
    world.travel(to=NOON)
    open_run(world)
    assert payouts(world) == [("pending", 1000)]
