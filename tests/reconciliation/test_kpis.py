"""How a school, and the platform, does, month by month."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from psycopg.rows import DictRow

from tests.factories import Booking, Instructor, World

JUNE, JULY = date(2026, 6, 1), date(2026, 7, 1)


@pytest.fixture(autouse=True)
def in_june(world: World) -> None:
    world.travel(to=datetime(2026, 6, 10, 10, tzinfo=UTC))


def kpis(world: World, caller: UUID, org_id: UUID | None, **more: Any) -> list[DictRow]:
    asked = {"p_from": JUNE, "p_months": 2} | more
    return world.ask(caller, "public.organization_kpis", p_org_id=org_id, **asked)


def revenue(world: World, caller: UUID, org_id: UUID | None) -> list[DictRow]:
    return world.ask(
        caller,
        "public.organization_learner_revenue",
        p_org_id=org_id,
        p_from=JUNE,
        p_months=2,
    )


def book(world: World, ann: Instructor, ben: UUID, days: int) -> Booking:
    service = world.value("select id from public.services where instructor_id = %s", ann.id)
    slot_id = world.slot(service, world.in_days(days))
    booked = world.book(ben, slot_id)
    booking = Booking(world, booked["booking_id"], ben, ann, slot_id)
    booking.pay()
    return booking


@pytest.fixture
def school(world: World) -> UUID:
    """In June Ben has two lessons and Cho misses one; in July Ben has one more."""
    school = world.organization()
    ann = world.instructor(org_id=school)
    world.service(ann)
    world.window(ann)
    ben, cho = world.person("Ben"), world.person("Cho")
    for person in (ben, cho):
        world.learner(school, person)
    for days in (3, 2):
        book(world, ann, ben, days).complete()
    missed = book(world, ann, cho, 2)
    world.travel(to=missed.columns["end_at"])
    missed.miss("learner")
    world.cancel(cho, book(world, ann, cho, 5).id)
    world.cancel(ann.user_id, book(world, ann, cho, 6).id)
    world.travel(to=datetime(2026, 7, 3, 10, tzinfo=UTC))
    book(world, ann, ben, 2).complete()
    return school


def test_the_numbers_of_a_school_are_told_by_month(world: World, school: UUID) -> None:
    june, july = kpis(world, world.member(school, "admin"), school)
    assert (june["month"], july["month"]) == (JUNE, JULY)
    assert (june["active_learners"], june["lessons"], june["new_learners"]) == (1, 2, 1)
    assert (july["active_learners"], july["lessons"], july["new_learners"]) == (1, 1, 0)
    assert (june["no_shows"], june["no_show_bps"]) == (1, 3333)
    assert (june["cancelled_by_learner"], june["cancelled_by_instructor"]) == (1, 1)
    assert (july["cancelled_by_others"], july["no_shows"], july["no_show_bps"]) == (0, 0, 0)
    assert (june["repeat_bps"], july["repeat_bps"]) == (10000, 10000)
    assert (june["hours_to_first_lesson"], july["hours_to_first_lesson"]) == (72, None)
    assert june["sold_minutes"] == 180
    assert june["utilisation_bps"] == round(10000 * 180 / june["offered_minutes"])


def test_a_first_lesson_is_no_repeat(world: World) -> None:
    lesson = world.lesson()
    (june, _) = kpis(world, world.admin(), None)
    assert (june["active_learners"], june["repeat_bps"]) == (1, 0)
    another = book(world, lesson.instructor, lesson.learner, 2)
    another.complete()
    (june, _) = kpis(world, world.admin(), None)
    assert (june["active_learners"], june["repeat_bps"]) == (1, 10000)


def test_revenue_is_told_per_active_learner(world: World, school: UUID) -> None:
    june, july = revenue(world, world.member(school, "admin"), school)
    assert (june["revenue_cents"], june["revenue_per_learner_cents"]) == (10620, 10620)
    assert (july["revenue_cents"], july["active_learners"], july["currency"]) == (5310, 1, "gbp")


def test_the_platform_is_the_sum_of_its_schools(world: World, school: UUID) -> None:
    world.lesson()
    platform = kpis(world, world.admin(), None)
    shares = [
        kpis(world, world.member(org["id"], "admin"), org["id"])
        for org in world.rows("select id from public.organizations where not is_platform")
    ]
    for name in ("lessons", "active_learners", "sold_minutes", "no_shows", "cancelled_by_learner"):
        for month, row in enumerate(platform):
            assert row[name] == sum(share[month][name] for share in shares), name


def test_nothing_has_no_rates(world: World) -> None:
    (month,) = kpis(world, world.admin(), None, p_from=date(2020, 1, 15), p_months=1)
    assert month["month"] == date(2020, 1, 1)
    rates = ("repeat_bps", "no_show_bps", "hours_to_first_lesson")
    assert [month[name] for name in rates] == [None] * 3
    assert (month["lessons"], month["active_learners"]) == (0, 0)


def test_only_admins_see_them(world: World, school: UUID) -> None:
    for person, org_id, refused in (
        (world.person(), school, ("PT404", "organization_not_found")),
        (world.member(school, "instructor"), school, ("PT404", "organization_not_found")),
        (world.member(school, "owner"), None, ("42501", "not_an_admin")),
        (world.member(world.organization(), "owner"), school, ("PT404", "organization_not_found")),
    ):
        for ask in (kpis, revenue):
            with world.refusing(*refused):
                ask(world, person, org_id)


@pytest.mark.parametrize(
    "months",
    [
        {"p_months": 0},
        {"p_months": 25},
        {"p_months": None},
        {"p_from": None},
        {"p_from": "infinity"},
        {"p_from": date(1800, 1, 1)},
    ],
)
def test_months_that_are_none_are_refused(world: World, months: dict[str, Any]) -> None:
    with world.refusing("PT422", "bad_time_range"):
        kpis(world, world.admin(), None, **months)


def test_the_clock_does_not_matter(world: World, school: UUID) -> None:
    admin = world.member(school, "admin")
    before = kpis(world, admin, school, p_months=1)
    world.travel(by=timedelta(days=60))
    after = kpis(world, admin, school, p_months=1)
    assert [row["lessons"] for row in before] == [row["lessons"] for row in after]
