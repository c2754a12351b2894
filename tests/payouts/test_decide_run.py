"""A run is paid as a whole or not at all."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from tests.factories import World
from tests.payouts.paydays import NOON, claim, open_run, payable, transfer

Funds = list[dict[str, Any]]


@pytest.fixture
def run_id(world: World) -> UUID:
    """A run with two payouts of 45.00 each."""
    payable(world, name="Ann")
    payable(world, name="Ben")
    world.travel(to=NOON)
    return open_run(world)


def decide(world: World, run_id: UUID, available: Funds | None) -> DictRow:
    [decision] = world.serve(
        "jobs",
        "private.decide_payout_run",
        p_run_id=run_id,
        p_available=None if available is None else Jsonb(available),
    )
    return decision


def pounds(cents: int) -> Funds:
    return [{"amount": 10**6, "currency": "eur"}, {"amount": cents, "currency": "gbp"}]


def test_a_run_that_is_covered_is_payable(world: World, run_id: UUID) -> None:
    assert decide(world, run_id, pounds(9000)) == {"is_payable": True, "shortfalls": []}


@pytest.mark.parametrize(
    ("available", "cents"), [(pounds(8999), 8999), (pounds(9000)[:1], 0), ([], 0)]
)
def test_a_run_that_is_not_covered_in_every_currency_is_left_alone(
    world: World, run_id: UUID, available: Funds, cents: int
) -> None:
    shortfall = {
        "currency": "gbp",
        "needed_cents": 9000,
        "available_cents": cents,
        "shortfall_cents": 9000 - cents,
    }
    decision = decide(world, run_id, available)
    assert decision == {"is_payable": False, "shortfalls": [shortfall]}


def test_a_run_whose_cover_is_unknown_is_left_alone(world: World, run_id: UUID) -> None:
    assert decide(world, run_id, None) == {"is_payable": False, "shortfalls": []}


def test_only_what_is_still_to_be_sent_needs_cover(world: World, run_id: UUID) -> None:
    transfer(world, claim(world, run_id))
    assert decide(world, run_id, pounds(4500))["is_payable"]
