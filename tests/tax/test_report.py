"""The yearly report of sellers: what each was paid, by quarter, recomputed from the story."""

from __future__ import annotations

from collections import Counter
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from psycopg.rows import DictRow

from jobs.database import SellerReport
from tests.factories import MARKETPLACE, Booking, Instructor, World
from tests.tax.steps import lesson_at_school, save, terms

YEAR = 2027


def report(world: World, year: int = YEAR) -> list[DictRow]:
    world.maintain()
    return world.serve("jobs", "private.platform_report", p_year=year)


def quarters(row: DictRow, what: str) -> list[int]:
    return [row[f"q{quarter}_{what}"] for quarter in (1, 2, 3, 4)]


def at(month: int, day: int, hour: int = 10) -> datetime:
    return datetime(YEAR, month, day, hour, tzinfo=UTC)


def booked(world: World, instructor: Instructor, start_at: datetime) -> Booking:
    world.travel(to=start_at - timedelta(days=3))
    if instructor.org_id == MARKETPLACE:
        return world.booking(instructor, start_at=start_at)
    return lesson_at_school(world, instructor, start_at)


def given(world: World, instructor: Instructor, start_at: datetime) -> Booking:
    booking = booked(world, instructor, start_at)
    booking.pay()
    booking.complete()
    return booking


@pytest.mark.slow
def test_a_story_of_a_year(world: World) -> None:
    """Counted here from what is done, with the prices of the marketplace: 45.00 and 18 %."""
    paid: Counter[tuple[UUID, int]] = Counter()
    fees: Counter[tuple[UUID, int]] = Counter()
    lessons: Counter[tuple[UUID, int]] = Counter()
    world.travel(to=at(1, 4))
    on_top, included = world.instructor(name="Ann"), world.instructor(name="Bea")
    world.connection.execute(
        "update public.instructor_details set fee_mode = 'included' where instructor_id = %s",
        [included.id],
    )

    refunded = given(world, on_top, at(2, 1))
    paid[on_top.id, 1] += 4500
    lessons[on_top.id, 1] += 1
    given(world, included, at(2, 2))
    paid[included.id, 1] += 3690
    fees[included.id, 1] += 810
    lessons[included.id, 1] += 1

    # Half an hour before midnight in London, when it is the next quarter nowhere else.
    given(world, on_top, at(6, 30, 21))
    paid[on_top.id, 2] += 4500
    lessons[on_top.id, 2] += 1

    # What goes back of February's lesson counts in the quarter in which it does.
    world.travel(to=at(7, 10))
    refunded.refund(531)
    paid[on_top.id, 3] -= 450

    # Cancelled an hour before: half is kept.
    late = booked(world, included, at(8, 9))
    late.pay()
    world.travel(to=at(8, 9, 9))
    world.cancel(late.learner, late.id)
    world.carry_refunds()
    paid[included.id, 3] += 1845
    fees[included.id, 3] += 405
    lessons[included.id, 3] += 1

    # In cash: the price, less the fee that is owed for it.
    in_cash = booked(world, on_top, at(9, 6))
    world.call(on_top.user_id, "public.record_payment_outside", p_booking_id=in_cash.id)
    in_cash.complete()
    paid[on_top.id, 3] += 4500
    fees[on_top.id, 3] += 810
    lessons[on_top.id, 3] += 1

    # Cancelled in time, which pays nobody.
    early = booked(world, on_top, at(10, 9))
    early.pay()
    world.cancel(early.learner, early.id)
    world.carry_refunds()

    rows = {row["payee_id"]: row for row in report(world)}
    assert set(rows) == {on_top.id, included.id}
    for payee_id, row in rows.items():
        numbers = (1, 2, 3, 4)
        assert quarters(row, "consideration_cents") == [paid[payee_id, n] for n in numbers]
        assert quarters(row, "fees_cents") == [fees[payee_id, n] for n in numbers]
        assert quarters(row, "activities") == [lessons[payee_id, n] for n in numbers]
    assert report(world, YEAR - 1) == report(world, YEAR + 1) == []


def test_the_quarter_is_that_of_the_organizations_time_zone(world: World) -> None:
    school = world.organization(time_zone="Pacific/Auckland")
    instructor = world.instructor(org_id=school, time_zone="Pacific/Auckland")
    given(world, instructor, at(12, 31, 13))
    assert report(world) == []
    (row,) = report(world, YEAR + 1)
    assert quarters(row, "activities") == [1, 0, 0, 0]


def test_a_school_that_is_paid_is_the_seller(world: World) -> None:
    school = world.organization(name="Elm")
    owner = world.member(school, "owner")
    instructor = world.instructor(org_id=school)
    world.connection.execute("update public.instructor_details set payee = 'organization'")
    save(world, owner, p_org_id=school, p_legal_name="Elm Driving Ltd")
    given(world, instructor, at(3, 1))
    (row,) = report(world)
    assert (row["payee_id"], row["legal_name"], row["missing"]) == (
        *(school, "Elm Driving Ltd", None),
    )
    (own,) = world.ask(owner, "public.my_platform_report", p_year=YEAR)
    assert own == row
    assert world.ask(instructor.user_id, "public.my_platform_report", p_year=YEAR) == []


def test_what_a_seller_has_not_said_is_named(world: World) -> None:
    ann = world.instructor()
    given(world, ann, at(3, 1))
    assert [(row["legal_name"], row["missing"]) for row in report(world)] == [
        ("Ann", "seller_details")
    ]
    save(world, ann.user_id, p_tax_ids="{}")
    assert [row["missing"] for row in report(world)] == ["tax_ids"]
    save(world, ann.user_id)
    account = world.onboard(ann)
    (row,) = report(world)
    assert row["missing"] is None
    assert (row["legal_name"], row["kind"], row["stripe_account_id"]) == (
        *("Ann Mary Lee", "individual", account),
    )


def test_each_seller_gets_their_own_copy(world: World) -> None:
    ann, bea = world.instructor(), world.instructor()
    for instructor, day in ((ann, 1), (bea, 8)):
        given(world, instructor, at(3, day))
    everything = report(world)
    assert len(everything) == 2
    for instructor in (ann, bea):
        own = world.ask(instructor.user_id, "public.my_platform_report", p_year=YEAR)
        assert own == [row for row in everything if row["payee_id"] == instructor.id]
    assert world.ask(world.person(), "public.my_platform_report", p_year=YEAR) == []


def test_payouts_are_no_consideration(world: World) -> None:
    """Corrections between the platform and a payee change what is transferred, not the sale."""
    ann = world.instructor()
    world.onboard(ann)
    given(world, ann, at(3, 1))
    before: list[Any] = report(world)
    world.travel(to=at(3, 9))
    world.run_payouts()
    terms(world, MARKETPLACE, p_fee_bps=1000)
    assert report(world) == before


@pytest.mark.parametrize("year", [None, 1999, 2101])
def test_what_is_no_year_is_refused(world: World, year: int | None) -> None:
    with world.refusing("PT422", "bad_year"):
        world.ask(world.person(), "public.my_platform_report", p_year=year)


def test_both_reports_have_the_same_columns(world: World) -> None:
    """Those of the public function are a promise of their own, and stand there a second time."""
    told = world.row(
        "select array_agg(name order by place) as names, array_agg(type order by place) as types"
        " from pg_proc, unnest(proargnames, proallargtypes, proargmodes)"
        " with ordinality given (name, type, mode, place)"
        " where oid = 'public.my_platform_report'::regproc and mode = 't'"
    )
    kept = world.row(
        "select array_agg(attname::text order by attnum) as names,"
        " array_agg(atttypid order by attnum) as types from pg_attribute"
        " where attrelid = 'private.seller_report'::regclass and attnum > 0"
    )
    assert told == kept
    assert [field.name for field in fields(SellerReport)] == kept["names"]
