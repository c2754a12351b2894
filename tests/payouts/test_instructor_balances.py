"""What an instructor sees of their money on its way from the lesson to the bank."""

from __future__ import annotations

from tests.factories import World
from tests.payouts.paydays import (
    DAY,
    WEEK,
    open_run,
)


def test_an_instructor_sees_balance_turn_into_transit_and_into_pay(world: World) -> None:
    instructor = world.instructor()
    world.onboard(instructor)
    world.lesson(instructor)

    def balance() -> list[int]:
        row = world.row("select * from public.instructor_balances")
        names = ("total", "pending", "available", "in_transit", "paid")
        return [row[f"{name}_cents"] for name in names]

    assert balance() == [4500, 4500, 0, 0, 0]
    world.travel(by=2 * DAY)
    world.serve("jobs", "private.maintain")
    assert balance() == [4500, 0, 4500, 0, 0]
    world.travel(by=WEEK)
    (due,) = world.serve("jobs", "private.due_payout_runs", p_date=None, p_org_id=None)
    open_run(world, due["period_on"])
    assert balance() == [4500, 0, 0, 4500, 0]
    world.run_payouts()
    assert balance() == [4500, 0, 0, 0, 4500]
