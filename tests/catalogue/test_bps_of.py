"""The fee is a share of the list price in basis points, rounded half up, without a float."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.factories import World


def fee_cents(world: World, list_cents: int | None, fee_bps: int | None) -> int | None:
    fee: int | None = world.value("select private.bps_of(%s, %s)", list_cents, fee_bps)
    return fee


@pytest.mark.parametrize(
    ("list_cents", "fee_bps", "fee"),
    [
        (4525, 1800, 815),  # 8.145
        (4500, 1800, 810),
        (4522, 1800, 814),  # 8.1396
        (5, 1000, 1),  # 0.005
        (4, 1000, 0),  # 0.004
        (1, 5000, 1),  # 0.005
        (1, 4999, 0),
        (0, 1800, 0),
        (4525, 0, 0),
        (4525, 10_000, 4525),
        (50_000_000, 10_000, 50_000_000),
    ],
)
def test_the_fee_is_rounded_half_up(world: World, list_cents: int, fee_bps: int, fee: int) -> None:
    assert fee_cents(world, list_cents, fee_bps) == fee


@pytest.mark.parametrize(("list_cents", "fee_bps"), [(None, 1800), (4500, None)])
def test_an_unknown_price_has_no_fee(
    world: World, list_cents: int | None, fee_bps: int | None
) -> None:
    assert fee_cents(world, list_cents, fee_bps) is None


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(list_cents=st.integers(0, 50_000_000), fee_bps=st.integers(0, 10_000))
def test_the_fee_is_what_a_person_would_reckon(world: World, list_cents: int, fee_bps: int) -> None:
    exact = Decimal(list_cents) * fee_bps / 10_000
    fee = fee_cents(world, list_cents, fee_bps)
    assert fee == int(exact.quantize(Decimal(1), ROUND_HALF_UP))
    assert 0 <= fee <= list_cents
