"""The dry run shows what the run then decides, and writes nothing."""

from __future__ import annotations

from datetime import timedelta

from psycopg.rows import DictRow

from tests.factories import MARKETPLACE, World
from tests.payouts.paydays import DAY, FRIDAY, NOON, open_run, owe, payable, results

Decisions = dict[object, tuple[int, str, str | None]]


def preview(world: World) -> list[DictRow]:
    return world.serve(
        "jobs",
        "private.preview_payout_run",
        p_org_id=MARKETPLACE,
        p_schedule="weekly",
        p_period_on=FRIDAY,
    )


def decisions(world: World) -> Decisions:
    return {
        row["instructor_id"]: (row["amount_cents"], row["outcome"], row["reason"])
        for row in preview(world)
    }


def test_the_preview_is_what_the_run_decides(world: World) -> None:
    """Payable, released and not; netted, negative, nothing, below a minimum, with no account."""
    paid, netted, negative, nothing, small = (payable(world, 4500) for _ in range(5))
    owe(world, netted, -1500)
    owe(world, negative, -4501)
    owe(world, nothing, -4500)
    world.connection.execute(
        "update public.instructor_details set minimum_payout_cents = 4501 where instructor_id = %s",
        [small.id],
    )
    homeless, later = world.instructor(), payable(world, 4500)
    owe(world, homeless)
    owe(world, later, 999, available_at=NOON + timedelta(hours=1))
    owe(world, paid, 7, available_at=NOON + 2 * DAY)
    world.travel(to=NOON)
    world.maintain()
    owe(world, later, 1)

    with world.unchanged():
        previewed = decisions(world)
    assert previewed == results(world, open_run(world))
    assert previewed == {
        paid.id: (4500, "payout", None),
        netted.id: (3000, "payout", None),
        negative.id: (-1, "skipped", "negative_balance"),
        nothing.id: (0, "skipped", "nothing_due"),
        small.id: (4500, "skipped", "below_minimum"),
        homeless.id: (4500, "skipped", "no_account"),
        later.id: (4501, "payout", None),
    }


def test_the_preview_counts_released_money_that_stripe_keeps_as_the_run_does(
    world: World,
) -> None:
    instructor = world.instructor()
    world.onboard(instructor)
    world.travel(to=NOON - 10 * DAY)
    first = world.lesson(instructor)
    world.lesson(instructor)
    world.travel(to=NOON)
    world.maintain()
    world.connection.execute(
        "update public.payments set funds_available_at = %s where id = %s",
        [NOON + DAY, first.payment["id"]],
    )
    with world.unchanged():
        previewed = decisions(world)
    assert previewed == results(world, open_run(world)) == {instructor.id: (4500, "payout", None)}
    assert world.value("select amount_cents from public.payouts") == 4500


def test_the_preview_names_whom_it_is_about(world: World) -> None:
    payable(world, name="Zoe")
    payable(world, name="Ann")
    world.travel(to=NOON)
    assert [(row["display_name"], row["currency"]) for row in preview(world)] == [
        ("Ann", "gbp"),
        ("Zoe", "gbp"),
    ]
