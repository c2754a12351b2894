"""A run is paid as a whole or not at all, and is over when nobody has to look at it any more."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from tests.factories import World
from tests.payouts.paydays import NOON, claim, close_run, fail, open_run, payable, transfer


@pytest.fixture
def run_id(world: World) -> UUID:
    """A run with one payout."""
    payable(world)
    world.travel(to=NOON)
    return open_run(world)


def test_a_run_with_a_payout_to_send_is_neither_completed_nor_settled(
    world: World, run_id: UUID
) -> None:
    closed = close_run(world, run_id)
    assert (closed["is_completed"], closed["is_settled"]) == (False, False)


def test_a_run_that_is_paid_is_settled(world: World, run_id: UUID) -> None:
    transfer(world, claim(world, run_id))
    closed = close_run(world, run_id)
    assert (closed["is_completed"], closed["is_settled"]) == (True, True)


def test_a_run_with_a_payout_on_hold_is_completed_and_not_settled(
    world: World, run_id: UUID
) -> None:
    fail(world, claim(world, run_id), "refused", "account_closed")
    closed = close_run(world, run_id)
    assert (closed["is_completed"], closed["held"], closed["is_settled"]) == (True, 1, False)


Funds = list[dict[str, Any]]


@pytest.fixture
def run_of_two(world: World) -> UUID:
    """A run with two payouts of 45.00 each."""
    payable(world, name="Ann")
    payable(world, name="Ben")
    world.travel(to=NOON)
    return open_run(world)


def decide(world: World, run_of_two: UUID, available: Funds | None) -> DictRow:
    [decision] = world.serve(
        "jobs",
        "private.decide_payout_run",
        p_run_id=run_of_two,
        p_available=None if available is None else Jsonb(available),
    )
    return decision


def pounds(cents: int) -> Funds:
    return [{"amount": 10**6, "currency": "eur"}, {"amount": cents, "currency": "gbp"}]


def test_a_run_that_is_covered_is_payable(world: World, run_of_two: UUID) -> None:
    assert decide(world, run_of_two, pounds(9000)) == {
        "is_payable": True,
        "shortfalls": [],
        "unbooked_transfers": [],
    }


@pytest.mark.parametrize(
    ("available", "cents"), [(pounds(8999), 8999), (pounds(9000)[:1], 0), ([], 0)]
)
def test_a_run_that_is_not_covered_in_every_currency_is_left_alone(
    world: World, run_of_two: UUID, available: Funds, cents: int
) -> None:
    shortfall = {
        "currency": "gbp",
        "needed_cents": 9000,
        "available_cents": cents,
        "shortfall_cents": 9000 - cents,
    }
    decision = decide(world, run_of_two, available)
    assert (decision["is_payable"], decision["shortfalls"]) == (False, [shortfall])


def test_a_run_whose_cover_is_unknown_is_left_alone(world: World, run_of_two: UUID) -> None:
    decision = decide(world, run_of_two, None)
    assert (decision["is_payable"], decision["shortfalls"]) == (False, [])


def test_only_what_is_still_to_be_sent_needs_cover(world: World, run_of_two: UUID) -> None:
    transfer(world, claim(world, run_of_two))
    assert decide(world, run_of_two, pounds(4500))["is_payable"]
