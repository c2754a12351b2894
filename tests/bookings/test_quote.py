"""A quote says line by line what a booking then charges, and a booking keeps its price."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.rows import DictRow

from tests.factories import World, refusal
from tests.schools.conftest import School


def quote(world: World, service_id: UUID | None, **arguments: Any) -> dict[str, int]:
    """The lines of a quote, as a visitor gets them."""
    lines = world.ask(None, "public.quote_booking", p_service_id=service_id, **arguments)
    return {line["line_item"]: line["amount_cents"] for line in lines}


def test_a_fee_on_top_is_a_line_of_its_own(school: School) -> None:
    service = school.world.service(school.instructor)
    assert quote(school.world, service) == {"lesson": 4500, "platform_fee": 810}


def test_a_fee_that_is_included_is_not_the_learners(school: School) -> None:
    world = school.world
    world.connection.execute("update public.organizations set fee_mode = 'included'")
    assert quote(world, world.service(school.instructor)) == {"lesson": 4500}


def test_a_free_lesson_is_quoted_as_free(school: School) -> None:
    world = school.world
    assert quote(world, world.service(school.instructor, price_cents=0)) == {"lesson": 0}


def test_the_lines_name_their_currency(school: School) -> None:
    world = school.world
    service = world.service(school.instructor, price_cents=4525, currency="dkk")
    lines = world.ask(school.learner, "public.quote_booking", p_service_id=service)
    assert lines == [
        {"line_item": "lesson", "amount_cents": 4525, "currency": "dkk"},
        {"line_item": "platform_fee", "amount_cents": 815, "currency": "dkk"},
    ]


def test_the_day_of_the_lesson_chooses_the_card(school: School) -> None:
    world, service = school.world, school.world.service(school.instructor)
    starts = world.in_days(10)
    card = world.call(
        school.owner,
        "public.create_rate_card",
        p_org_id=school.id,
        p_name="Later",
        p_valid_from=starts.date(),
    )
    world.call(
        school.owner,
        "public.set_rate",
        p_rate_card_id=card,
        p_service_id=service,
        p_price_cents=10_000,
    )
    assert quote(world, service)["lesson"] == 4500
    assert quote(world, service, p_start_at=starts)["lesson"] == 10_000
    assert quote(world, service, p_start_at="2100-01-01 00:00+00")["lesson"] == 10_000
    assert quote(world, service, p_start_at="1900-01-01 00:00+00")["lesson"] == 4500


@pytest.mark.parametrize("start", ["infinity", "-infinity", "294276-12-31", "4714-11-24 BC"])
def test_a_time_at_the_ends_of_what_there_is_has_no_price(school: School, start: str) -> None:
    service = school.world.service(school.instructor)
    with school.world.refusing("PT422", "time_is_plausible"):
        quote(school.world, service, p_start_at=start)


def test_a_schools_lesson_needs_its_instructor(school: School) -> None:
    world = school.world
    service = world.service(school.instructor, instructor_id=None)
    with world.refusing("PT404", "service_not_found"):
        quote(world, service)
    dear = world.instructor(org_id=school.id, hourly_rate_cents=9000)
    assert quote(world, service, p_instructor_id=school.instructor.id)["lesson"] == 4500
    assert quote(world, service, p_instructor_id=dear.id)["lesson"] == 9000


def test_what_is_not_on_offer_is_not_found(school: School) -> None:
    world, service = school.world, school.world.service(school.instructor)
    colleague = world.instructor(org_id=school.id)
    for service_id, instructor_id in (
        (uuid4(), None),
        (None, None),
        (service, uuid4()),
        (service, colleague.id),
        (service, world.instructor().id),
        (world.service(school.instructor, is_active=False), None),
        (world.service(school.instructor, instructor_id=None), world.instructor().id),
    ):
        with world.refusing("PT404", "service_not_found"):
            quote(world, service_id, p_instructor_id=instructor_id)


@pytest.mark.parametrize(
    ("service", "sqlstate", "code"),
    [
        ({"currency": "eur"}, "PT409", "price_missing"),
        ({"price_cents": 1}, "PT422", "amount_too_small"),
        ({"price_cents": 24}, "PT422", "amount_too_small"),
        ({"price_cents": 250, "currency": "dkk"}, None, None),
        ({"price_cents": 25}, None, None),
        ({"duration_minutes": 1440}, None, None),
    ],
)
def test_what_cannot_be_charged_is_refused_in_the_quote_and_the_booking(
    school: School, service: dict[str, Any], sqlstate: str | None, code: str | None
) -> None:
    world = school.world
    service_id = world.service(school.instructor, **service)
    slot = world.slot(service_id)
    if sqlstate and code:
        with world.unchanged():
            with world.refusing(sqlstate, code):
                quote(world, service_id)
            with world.refusing(sqlstate, code):
                world.book(school.learner, slot)
    else:
        assert (
            sum(quote(world, service_id).values())
            == (world.book(school.learner, slot)["amount_cents"])
        )


def test_the_largest_amount_is_a_limit(school: School) -> None:
    world = school.world
    world.connection.execute("update public.instructors set hourly_rate_cents = 99999999")
    service_id = world.service(school.instructor)
    with world.refusing("PT422", "amount_too_large"):
        quote(world, service_id)


amounts = st.one_of(st.none(), st.integers(0, 200), st.integers(0, 50_000_000))


@pytest.mark.slow
@settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    service_cents=amounts,
    default_cents=amounts,
    card_cents=amounts,
    hourly_cents=st.integers(0, 99_999_999),
    quarters=st.integers(1, 96),
    fee_mode=st.sampled_from(["on_top", "included"]),
    fee_bps=st.integers(0, 10_000),
    own_bps=st.one_of(st.none(), st.integers(0, 10_000)),
    days_ahead=st.integers(1, 6),
)
def test_the_lines_sum_to_what_is_charged(
    school: School,
    service_cents: int | None,
    default_cents: int | None,
    card_cents: int | None,
    hourly_cents: int,
    quarters: int,
    fee_mode: str,
    fee_bps: int,
    own_bps: int | None,
    days_ahead: int,
) -> None:
    world = school.world
    with world.connection.transaction(force_rollback=True):
        world.connection.execute(
            "update public.organizations set fee_mode = %s, fee_bps = %s", [fee_mode, fee_bps]
        )
        world.connection.execute("update public.instructor_details set fee_bps = %s", [own_bps])
        world.connection.execute(
            "update public.instructors set hourly_rate_cents = %s", [hourly_cents]
        )
        service_id = world.service(
            school.instructor, price_cents=service_cents, duration_minutes=15 * quarters
        )
        list_on_cards(school, service_id, default_cents, card_cents)
        slot = world.slot(service_id, world.in_days(days_ahead))
        start_at = world.value("select start_at from public.bookable_slots where id = %s", slot)
        expected = quoted(world, service_id, start_at)
        assert booked(world, school.learner, slot) == expected


def list_on_cards(
    school: School, service_id: UUID, default_cents: int | None, card_cents: int | None
) -> None:
    """Prices on the default card, and on one that begins in three days."""
    later = school.world.in_days(3).date()
    for price_cents, validity in (
        (default_cents, {"p_is_default": True}),
        (card_cents, {"p_valid_from": later}),
    ):
        card_id = school.world.call(
            school.owner,
            "public.create_rate_card",
            p_org_id=school.id,
            p_name=str(validity),
            **validity,
        )
        school.world.call(
            school.owner,
            "public.set_rate",
            p_rate_card_id=card_id,
            p_service_id=service_id,
            p_price_cents=price_cents,
        )


def quoted(world: World, service_id: UUID, start_at: Any) -> int | str:
    """The sum of the lines, or the code of a refusal."""
    try:
        with world.connection.transaction():
            return sum(quote(world, service_id, p_start_at=start_at).values())
    except psycopg.Error as error:
        return refusal(error).code


def booked(world: World, learner: UUID, slot_id: UUID) -> int | str:
    """What a booking charges, or the code of a refusal."""
    try:
        with world.connection.transaction():
            booking: DictRow = world.book(learner, slot_id)
    except psycopg.Error as error:
        return refusal(error).code
    amount_cents: int = booking["amount_cents"]
    row = world.row("select * from public.bookings where id = %s", booking["booking_id"])
    assert row["total_cents"] == row["instructor_share_cents"] + row["platform_fee_cents"]
    assert amount_cents == row["total_cents"]
    return amount_cents


@pytest.mark.parametrize(
    "change",
    [
        "update public.services set price_cents = 9900",
        "update public.instructors set hourly_rate_cents = 9900",
        "update public.rate_card_items set price_cents = 9900",
        "delete from public.rate_card_items",
        "update public.organizations set fee_bps = 100, fee_mode = 'included'",
        "update public.instructor_details set fee_bps = 100, fee_mode = 'included'",
        "update public.services set is_active = false",
    ],
)
def test_what_is_booked_keeps_its_price(school: School, change: str) -> None:
    world, instructor = school.world, school.instructor
    listed, hourly = world.service(instructor), world.service(instructor)
    card = world.call(
        school.owner,
        "public.create_rate_card",
        p_org_id=school.id,
        p_name="Usual",
        p_is_default=True,
    )
    world.call(
        school.owner,
        "public.set_rate",
        p_rate_card_id=card,
        p_service_id=listed,
        p_price_cents=5000,
    )
    priced = world.service(instructor, price_cents=6000)
    bookings = [
        world.book(school.learner, world.slot(service, world.in_days(day)))
        for day, service in enumerate((listed, hourly, priced), start=2)
    ]
    before = world.rows("select * from public.bookings order by id")
    assert sorted(row["price_cents"] for row in before) == [4500, 5000, 6000]
    world.connection.execute(change)
    world.travel(by=timedelta(minutes=1))
    assert world.rows("select * from public.bookings order by id") == before
    for booking in bookings:
        (opened,) = world.serve(
            "webhook_service",
            "private.open_payment",
            p_user_id=school.learner,
            p_ordered_id=booking["booking_id"],
        )
        assert opened["amount_cents"] == booking["amount_cents"]


def test_a_quote_needs_no_login_and_changes_nothing(school: School) -> None:
    world, service = school.world, school.world.service(school.instructor)
    with world.unchanged():
        assert quote(world, service)
