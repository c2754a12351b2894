"""One function prices every lesson: total = share + fee - discount, in one currency.
The fee is a share of the list price in basis points, rounded half up, without a float.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.rows import DictRow

from tests.factories import Instructor, World

examples = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def price(world: World, service_id: Any, instructor: Instructor) -> DictRow:
    """What a lesson that begins tomorrow costs."""
    return world.row(
        "select * from private.price_service(%s, %s, %s)",
        service_id,
        instructor.id,
        world.in_days(1),
    )


def terms(world: World, instructor: Instructor, table: str = "organizations", **fee: Any) -> None:
    """Sets the fee of an instructor's organization, or of the instructor alone."""
    columns = ", ".join(f"{name} = %s" for name in fee)
    key, id = (
        ("id", instructor.org_id) if table == "organizations" else ("instructor_id", instructor.id)
    )
    world.connection.execute(
        f"update public.{table} set {columns} where {key} = %s", [*fee.values(), id]
    )


def amounts(priced: DictRow) -> tuple[int, int, int, int]:
    """What the learner pays, and who gets it."""
    return (
        priced["total_cents"],
        priced["share_cents"],
        priced["fee_cents"],
        priced["discount_cents"],
    )


# The two fee modes


def test_on_top_the_learner_pays_the_fee(world: World) -> None:
    ann = world.instructor()
    priced = price(world, world.service(ann, price_cents=4525), ann)
    assert amounts(priced) == (5340, 4525, 815, 0)
    assert (priced["list_cents"], priced["currency"]) == (4525, "gbp")
    assert (priced["fee_mode"], priced["fee_bps"]) == ("on_top", 1800)


def test_included_the_fee_comes_out_of_the_price(world: World) -> None:
    ann = world.instructor()
    terms(world, ann, fee_mode="included")
    priced = price(world, world.service(ann, price_cents=4525), ann)
    assert amounts(priced) == (4525, 3710, 815, 0)


def test_a_free_lesson_costs_nothing(world: World) -> None:
    ann = world.instructor()
    for mode in ("on_top", "included"):
        terms(world, ann, fee_mode=mode)
        priced = price(world, world.service(ann, price_cents=0), ann)
        assert amounts(priced) == (0, 0, 0, 0)


@pytest.mark.slow
@examples
@given(
    list_cents=st.integers(0, 50_000_000),
    mode=st.sampled_from(["on_top", "included"]),
    bps=st.integers(0, 10_000),
)
def test_the_total_is_always_share_plus_fee_minus_discount(
    world: World, list_cents: int, mode: str, bps: int
) -> None:
    with world.connection.transaction(force_rollback=True):
        ann = world.instructor()
        terms(world, ann, fee_mode=mode, fee_bps=bps)
        total, share, fee, discount = amounts(
            price(world, world.service(ann, price_cents=list_cents), ann)
        )
    assert total == share + fee - discount
    assert fee == int((Decimal(list_cents) * bps / 10_000).quantize(Decimal(1), ROUND_HALF_UP))
    assert (share if mode == "on_top" else total) == list_cents
    assert min(total, share, fee, discount) >= 0


def test_every_rate_splits_an_awkward_price_whole(world: World) -> None:
    ann = world.instructor()
    service_id = world.service(ann, price_cents=4525)
    for mode in ("on_top", "included"):
        broken = world.rows(
            """
            with terms as (select generate_series(0, 10000) as fee_bps)
            select terms.fee_bps
            from terms
            cross join lateral (select private.bps_of(4525, terms.fee_bps) as fee_cents) fee
            where fee.fee_cents <> round(4525::numeric * terms.fee_bps / 10000)
            """
        )
        assert broken == []
        for bps in range(0, 10_001, 97):
            terms(world, ann, fee_mode=mode, fee_bps=bps)
            total, share, fee, discount = amounts(price(world, service_id, ann))
            assert total == share + fee - discount


# Whose terms


@pytest.mark.parametrize(
    ("own", "mode", "bps"),
    [
        ({}, "on_top", 1800),
        ({"fee_bps": 1000}, "on_top", 1000),
        ({"fee_bps": 0}, "on_top", 0),
        ({"fee_mode": "included"}, "included", 1800),
        ({"fee_mode": "included", "fee_bps": 1}, "included", 1),
    ],
)
def test_an_instructors_own_terms_come_before_the_organizations(
    world: World, own: dict[str, Any], mode: str, bps: int
) -> None:
    ann, other = world.instructor(), world.instructor()
    if own:
        terms(world, ann, "instructor_details", **own)
    priced = price(world, world.service(ann, price_cents=4500), ann)
    assert (priced["fee_mode"], priced["fee_bps"]) == (mode, bps)
    unchanged = price(world, world.service(other, price_cents=4500), other)
    assert (unchanged["fee_mode"], unchanged["fee_bps"]) == ("on_top", 1800)


def test_each_organization_has_its_own_terms(world: World) -> None:
    school = world.organization(fee_bps=500, fee_mode="included")
    ann = world.instructor(org_id=school)
    assert amounts(price(world, world.service(ann, price_cents=4500), ann)) == (4500, 4275, 225, 0)


# The hourly rate


@pytest.mark.parametrize(
    ("rate_cents", "minutes", "list_cents"),
    [
        (4500, 60, 4500),
        (4500, 90, 6750),
        (4525, 45, 3394),  # 33.9375
        (4501, 30, 2251),  # 22.505
        (4499, 15, 1125),  # 11.2475
        (1, 15, 0),  # 0.0025
        (1, 30, 1),  # 0.005
        (0, 60, 0),
        (99_999_999, 1440, 2_399_999_976),
    ],
)
def test_without_a_price_it_is_the_hourly_rate_times_the_duration(
    world: World, rate_cents: int, minutes: int, list_cents: int
) -> None:
    ann = world.instructor(hourly_rate_cents=rate_cents)
    service_id = world.service(ann, duration_minutes=minutes)
    assert price(world, service_id, ann)["list_cents"] == list_cents


@pytest.mark.slow
@examples
@given(rate_cents=st.integers(0, 99_999_999), quarters=st.integers(1, 96))
def test_the_hourly_rate_is_rounded_half_up(world: World, rate_cents: int, quarters: int) -> None:
    with world.connection.transaction(force_rollback=True):
        ann = world.instructor(hourly_rate_cents=rate_cents)
        priced = price(world, world.service(ann, duration_minutes=15 * quarters), ann)
    exact = Decimal(rate_cents) * quarters / 4
    assert priced["list_cents"] == int(exact.quantize(Decimal(1), ROUND_HALF_UP))


def test_a_price_of_its_own_comes_before_the_hourly_rate(world: World) -> None:
    ann = world.instructor(hourly_rate_cents=4500)
    assert price(world, world.service(ann, price_cents=100), ann)["list_cents"] == 100
    assert price(world, world.service(ann, price_cents=0), ann)["list_cents"] == 0


def test_a_schools_lesson_costs_what_its_instructor_does(world: World) -> None:
    school = world.organization()
    ann = world.instructor(org_id=school, hourly_rate_cents=4500)
    bob = world.instructor(org_id=school, hourly_rate_cents=6000)
    service_id = world.service(ann, instructor_id=None)
    assert price(world, service_id, ann)["list_cents"] == 4500
    assert price(world, service_id, bob)["list_cents"] == 6000


def test_an_hourly_rate_is_no_price_in_another_currency(world: World) -> None:
    ann = world.instructor(hourly_rate_cents=4500, currency="gbp")
    priced = price(world, world.service(ann, currency="dkk"), ann)
    assert {priced[name] for name in ("list_cents", "fee_cents", "total_cents")} == {None}
    fixed = price(world, world.service(ann, currency="dkk", price_cents=50_000), ann)
    assert (fixed["list_cents"], fixed["currency"]) == (50_000, "dkk")


def test_a_lesson_without_a_price_in_its_currency_is_not_booked(world: World) -> None:
    ann = world.instructor(currency="gbp")
    slot_id = world.slot(world.service(ann, currency="dkk"))
    with world.refusing("PT409", "price_missing"):
        world.book(world.person(), slot_id)
    assert world.count("public.bookings") == 0


# What has no price


def test_another_organizations_instructor_has_no_price_here(world: World) -> None:
    ann, bob = world.instructor(), world.instructor(org_id=world.organization())
    service_id = world.service(ann)
    assert set(price(world, service_id, bob).values()) == {None}


def test_an_unknown_lesson_has_no_price(world: World) -> None:
    assert set(price(world, uuid4(), world.instructor()).values()) == {None}


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
