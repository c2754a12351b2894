"""What instructors are charged by the week or the month, besides the fee for each lesson."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from psycopg.rows import DictRow

from tests.factories import Instructor, World


def agree(world: World, org_id: UUID, cents: int | None = 5000, **arguments: Any) -> UUID | None:
    plan_id: UUID | None = world.call(
        world.admin(),
        "public.admin_set_instructor_fee",
        p_org_id=org_id,
        p_amount_cents=cents,
        p_reason="Agreed by letter.",
        **arguments,
    )
    return plan_id


def fees(world: World) -> list[DictRow]:
    return world.rows(
        "select * from public.earnings where fee_plan_id is not null order by fee_period_on, id"
    )


def starts(world: World) -> list[date]:
    plans = world.rows("select starts_on from public.instructor_fee_plans order by starts_on")
    return [plan["starts_on"] for plan in plans]


def first_of_next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def monday_after(day: date) -> date:
    return day + timedelta(days=7 - day.weekday())


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


@pytest.fixture
def instructor(world: World) -> Instructor:
    return world.instructor(org_id=world.organization())


def test_each_active_instructor_is_charged_once_a_month(
    world: World, instructor: Instructor
) -> None:
    other = world.instructor(org_id=instructor.org_id)
    world.instructor(org_id=instructor.org_id, is_active=False)
    world.instructor(org_id=instructor.org_id, verification_status="pending")
    world.instructor()
    agree(world, instructor.org_id)
    world.maintain()
    assert fees(world) == []
    (begins,) = starts(world)
    assert begins == first_of_next_month(world.now().date())
    world.travel(to=noon(begins))
    world.maintain()
    world.maintain()
    charged = fees(world)
    assert {fee["instructor_id"] for fee in charged} == {instructor.id, other.id}
    for fee in charged:
        assert (fee["kind"], fee["amount_cents"], fee["status"]) == (
            "adjustment",
            -5000,
            "available",
        )
        assert (fee["fee_period_on"], fee["payee_id"]) == (begins, fee["instructor_id"])
    assert world.ledger() == {"payee_payable": 10_000, "platform_fees": -10_000}
    world.travel(to=noon(first_of_next_month(begins)))
    world.maintain()
    assert len(fees(world)) == 4


def test_a_week_begins_on_monday(world: World, instructor: Instructor) -> None:
    agree(world, instructor.org_id, p_period="week")
    assert starts(world) == [monday_after(world.now().date())]
    for _ in range(3):
        world.travel(to=noon(monday_after(world.now().date())))
        world.maintain()
    periods = [fee["fee_period_on"] for fee in fees(world)]
    assert periods == [starts(world)[0] + timedelta(days=7 * number) for number in range(3)]


def test_the_school_owes_it_where_the_school_is_paid(world: World, instructor: Instructor) -> None:
    world.connection.execute(
        "update public.instructor_details set payee = 'organization' where instructor_id = %s",
        [instructor.id],
    )
    agree(world, instructor.org_id)
    world.travel(to=noon(starts(world)[0]))
    world.maintain()
    assert [fee["payee_id"] for fee in fees(world)] == [instructor.org_id]


def test_it_is_deducted_from_the_next_payout(world: World) -> None:
    instructor = world.instructor()
    world.onboard(instructor)
    agree(world, instructor.org_id, 1000)
    world.travel(to=noon(starts(world)[0]))
    world.maintain()
    world.lesson(instructor)
    world.travel(by=timedelta(days=8))
    world.run_payouts()
    assert world.value("select amount_cents from public.payouts") == 4500 - 1000


def test_another_fee_begins_when_what_was_charged_is_over(
    world: World, instructor: Instructor
) -> None:
    agree(world, instructor.org_id)
    (begins,) = starts(world)
    world.travel(to=noon(begins))
    world.maintain()
    agree(world, instructor.org_id, 1500, p_period="week")
    month_after = first_of_next_month(begins)
    assert starts(world) == [begins, monday_after(month_after - timedelta(days=1))]
    world.travel(to=noon(monday_after(month_after)))
    world.maintain()
    assert [fee["amount_cents"] for fee in fees(world)] == [-5000, -1500]


def test_a_fee_that_has_not_begun_is_replaced(world: World, instructor: Instructor) -> None:
    agree(world, instructor.org_id)
    agree(world, instructor.org_id, 4000)
    agree(world, instructor.org_id, 3000)
    assert world.value("select amount_cents from public.instructor_fee_plans") == 3000


def test_it_ends_with_the_period_that_was_charged(world: World, instructor: Instructor) -> None:
    agree(world, instructor.org_id)
    (begins,) = starts(world)
    world.travel(to=noon(begins))
    assert agree(world, instructor.org_id, None) is None
    world.maintain()
    assert len(fees(world)) == 1
    world.travel(to=noon(first_of_next_month(begins)))
    world.maintain()
    assert len(fees(world)) == 1


@pytest.mark.parametrize(
    ("cents", "period", "code"),
    [
        (0, "month", "fee_is_plausible"),
        (1_000_001, "month", "fee_is_plausible"),
        (5000, None, "value_missing"),
    ],
)
def test_what_is_no_fee_is_refused(
    world: World, instructor: Instructor, cents: int, period: str | None, code: str
) -> None:
    with world.unchanged(), world.refusing("PT422", code):
        agree(world, instructor.org_id, cents, p_period=period)


def test_only_the_platform_sets_it(world: World, instructor: Instructor) -> None:
    owner = world.member(instructor.org_id, "owner")
    with world.unchanged(), world.refusing("42501", "not_an_admin"):
        world.call(
            owner,
            "public.admin_set_instructor_fee",
            p_org_id=instructor.org_id,
            p_amount_cents=1,
            p_reason="Why not.",
        )
    with world.refusing("PT404", "organization_not_found"):
        agree(world, instructor.id)
