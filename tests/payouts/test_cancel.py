"""What comes back of a transfer is owed to the payee again, to the cent and once."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from psycopg.rows import DictRow

from tests.factories import Instructor, World, transfer_object
from tests.ledger.balances import account_balance_cents
from tests.payouts.paydays import NOON, WEEK, claim, open_run, owe, payable, transfer

INBOX = ("private.webhook_events", "private.webhook_event_bodies")


@pytest.fixture
def instructor(world: World) -> Instructor:
    instructor = payable(world, 3000)
    owe(world, instructor, 1500)
    return instructor


@pytest.fixture
def claimed(world: World, instructor: Instructor) -> DictRow:
    """A payout of 45.00 that is being sent."""
    world.travel(to=NOON)
    return claim(world, open_run(world))


def tell_reversed(world: World, claimed: DictRow, cents: int) -> str:
    made = transfer_object(claimed, amount_reversed=cents, reversed=cents == 4500)
    return world.deliver("transfer.reversed", made)


def owed(world: World, instructor: Instructor) -> int:
    return -account_balance_cents(world, "payee_payable", instructor.id)


def payout(world: World) -> tuple[str, int]:
    row = world.row("select status, reversed_cents from public.payouts")
    return row["status"], row["reversed_cents"]


def test_a_whole_reversal_is_owed_again(
    world: World, instructor: Instructor, claimed: DictRow
) -> None:
    transfer(world, claimed)
    assert tell_reversed(world, claimed, 4500) == "processed"
    assert payout(world) == ("reversed", 4500)
    assert owed(world, instructor) == 4500
    assert world.ledger().get("stripe_balance", 0) == 0
    again = world.row("select * from public.earnings where reversed_payout_id is not null")
    assert (again["kind"], again["status"], again["amount_cents"]) == (
        "adjustment",
        "available",
        4500,
    )
    world.travel(by=WEEK)
    assert world.run_payouts()[-1]["amount_paid_cents"] == 4500


def test_a_reversal_in_parts_is_owed_in_parts(
    world: World, instructor: Instructor, claimed: DictRow
) -> None:
    transfer(world, claimed)
    tell_reversed(world, claimed, 1000)
    assert payout(world) == ("paid", 1000)
    assert owed(world, instructor) == 1000
    tell_reversed(world, claimed, 4500)
    assert payout(world) == ("reversed", 4500)
    assert owed(world, instructor) == 4500


@pytest.mark.parametrize("order", list(permutations([0, 1000, 4500])))
def test_parts_told_in_any_order_end_the_same(
    world: World, instructor: Instructor, claimed: DictRow, order: tuple[int, ...]
) -> None:
    for cents in order:
        assert tell_reversed(world, claimed, cents) == "processed"
    assert payout(world) == ("reversed", 4500)
    assert owed(world, instructor) == 4500


def test_the_same_reversal_again_changes_nothing(
    world: World, instructor: Instructor, claimed: DictRow
) -> None:
    transfer(world, claimed)
    tell_reversed(world, claimed, 1000)
    with world.unchanged(leaving_out=INBOX):
        tell_reversed(world, claimed, 1000)
        tell_reversed(world, claimed, 0)


def test_a_reversal_may_be_told_before_the_transfer(
    world: World, instructor: Instructor, claimed: DictRow
) -> None:
    tell_reversed(world, claimed, 1000)
    with world.unchanged():
        transfer(world, claimed, amount_reversed=0)
    assert payout(world) == ("paid", 1000)
    assert owed(world, instructor) == 1000


@pytest.mark.parametrize("cents", [4501, 10**12])
def test_more_than_was_sent_cannot_come_back(world: World, claimed: DictRow, cents: int) -> None:
    transfer(world, claimed)
    with world.unchanged(leaving_out=INBOX):
        assert tell_reversed(world, claimed, cents) == "parked"


def test_a_reversal_is_the_largest_earnings_instructors(
    world: World, instructor: Instructor, claimed: DictRow
) -> None:
    transfer(world, claimed)
    tell_reversed(world, claimed, 4500)
    world.travel(by=timedelta(hours=1))
    balance: dict[str, Any] = world.row(
        "select total_cents, available_cents, paid_cents from public.instructor_balances"
    )
    assert balance == {"total_cents": 4500, "available_cents": 4500, "paid_cents": 0}
