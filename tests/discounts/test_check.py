"""A code that cannot be used is answered like one that does not exist, and guessing is slow."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.factories import MARKETPLACE, Booking, World

NOTHING = {"is_valid": False, "discount_cents": 0, "total_cents": 5310, "currency": "gbp"}


@pytest.mark.parametrize(
    ("columns", "discount"),
    [
        ({"discount_bps": 1000}, 450),
        ({"discount_bps": 1}, 0),
        ({"discount_bps": 2}, 1),
        ({"discount_bps": 10000}, 810),
        ({"discount_bps": 10000, "may_exceed_fee": True}, 4500),
        ({"amount_cents": 500, "currency": "gbp"}, 500),
        ({"amount_cents": 811, "currency": "gbp"}, 810),
        ({"amount_cents": 811, "currency": "gbp", "may_exceed_fee": True}, 811),
        ({"amount_cents": 6000, "currency": "gbp", "may_exceed_fee": True}, 5310),
    ],
)
def test_a_code_says_what_it_takes_off(
    world: World, columns: dict[str, Any], discount: int
) -> None:
    _, service_id = world.hourly()
    world.discount_code(code="Spring", **columns)
    assert world.check_code(world.person(), "Spring", service_id) == {
        "is_valid": discount > 0,
        "discount_cents": discount,
        "total_cents": 5310 - discount,
        "currency": "gbp",
    }


@pytest.mark.parametrize("typed", ["spring", "SPRING", "  Spring "])
def test_case_and_spaces_make_no_difference(world: World, typed: str) -> None:
    _, service_id = world.hourly()
    world.discount_code(code="Spring")
    assert world.check_code(world.person(), typed, service_id)["is_valid"]


@pytest.mark.parametrize(
    "columns",
    [
        {"amount_cents": 500, "currency": "eur"},
        {"is_active": False},
        {"max_uses": 1, "uses_count": 1},
    ],
    ids=["another currency", "ended", "used up"],
)
def test_a_code_that_cannot_be_used_looks_like_none(world: World, columns: dict[str, Any]) -> None:
    _, service_id = world.hourly()
    ben = world.person("Ben")
    with world.connection.transaction(force_rollback=True):
        world.discount_code(code="Spring", **columns)
        assert world.check_code(ben, "Spring", service_id) == NOTHING
    assert world.check_code(ben, "Spring", service_id) == NOTHING


@pytest.mark.parametrize("typed", ["", " ", "%", "Spring'--", "x" * 10_000, None])
def test_nonsense_is_a_wrong_guess(world: World, typed: str | None) -> None:
    _, service_id = world.hourly()
    world.discount_code(code="Spring")
    assert world.ask(
        world.person(), "public.check_discount_code", p_code=typed, p_service_id=service_id
    ) == [NOTHING]


@pytest.mark.parametrize(
    ("moment", "is_valid"),
    [
        (timedelta(hours=1, microseconds=-1), False),
        (timedelta(hours=1), True),
        (timedelta(hours=2, microseconds=-1), True),
        (timedelta(hours=2), False),
    ],
)
def test_a_code_begins_and_ends_at_the_instant_it_says(
    world: World, moment: timedelta, is_valid: bool
) -> None:
    _, service_id = world.hourly()
    ben, now = world.person("Ben"), world.now()
    starts_at, expires_at = now + timedelta(hours=1), now + timedelta(hours=2)
    world.discount_code(code="Spring", starts_at=starts_at, expires_at=expires_at)
    world.travel(to=now + moment)
    assert world.check_code(ben, "Spring", service_id)["is_valid"] is is_valid


def test_a_code_is_of_its_organization_or_of_the_platform(world: World) -> None:
    _, service_id = world.hourly()
    ben = world.person("Ben")
    world.discount_code(code="Theirs", org_id=world.organization())
    world.discount_code(code="Ours", org_id=MARKETPLACE, amount_cents=100, currency="gbp")
    world.discount_code(code="OURS", amount_cents=200, currency="gbp")
    assert world.check_code(ben, "Theirs", service_id) == NOTHING
    assert world.check_code(ben, "ours", service_id)["discount_cents"] == 100


def test_a_learner_uses_a_code_as_often_as_it_says(world: World) -> None:
    _, service_id = world.hourly()
    ben = world.person("Ben")
    world.discount_code(code="Twice", max_uses_per_learner=2)
    for day in (2, 3):
        assert world.check_code(ben, "Twice", service_id)["is_valid"]
        world.book(ben, world.slot(service_id, world.in_days(day)), p_discount_code="Twice")
    assert world.check_code(ben, "Twice", service_id) == NOTHING
    assert world.check_code(world.person("Cleo"), "Twice", service_id)["is_valid"]


def test_a_code_for_the_first_lesson_is_for_nobody_who_has_learnt_anywhere(world: World) -> None:
    ben, school = world.person("Ben"), world.organization()
    world.learner(school, ben)
    theirs = world.instructor(org_id=school)
    slot_id = world.slot(world.service(theirs))
    booked = world.book(ben, slot_id)
    booking = Booking(world, booked["booking_id"], ben, theirs, slot_id)
    booking.pay()
    booking.complete()
    _, service_id = world.hourly()
    world.discount_code(code="First", is_first_lesson_only=True)
    assert world.check_code(ben, "First", service_id) == NOTHING
    assert world.check_code(world.person("Cleo"), "First", service_id)["is_valid"]


def test_ten_wrong_guesses_are_all_within_an_hour(world: World) -> None:
    _, service_id = world.hourly()
    ben = world.person("Ben")
    world.discount_code(code="Spring")
    for number in range(9):
        world.check_code(ben, f"Guess{number}", service_id)
    for _ in range(12):
        assert world.check_code(ben, "Spring", service_id)["is_valid"]
    world.check_code(ben, "Guess9", service_id)
    with world.unchanged(), world.refusing("PT429", "too_many_guesses"):
        world.check_code(ben, "Spring", service_id)
    assert world.check_code(world.person("Cleo"), "Spring", service_id)["is_valid"]
    world.travel(by=timedelta(hours=1))
    assert world.check_code(ben, "Spring", service_id)["is_valid"]


def test_a_guess_is_recorded_without_what_was_guessed(world: World) -> None:
    _, service_id = world.hourly()
    ben = world.person("Ben")
    code_id = world.discount_code(code="Spring")
    world.check_code(ben, "Winter", service_id)
    world.check_code(ben, "Spring", service_id)
    assert world.rows(
        "select user_id, discount_code_id, referral_code_id from private.code_checks order by id"
    ) == [
        {"user_id": ben, "discount_code_id": None, "referral_code_id": None},
        {"user_id": ben, "discount_code_id": code_id, "referral_code_id": None},
    ]


def test_visitors_and_strangers_may_not_guess(world: World) -> None:
    _, service_id = world.hourly()
    child = world.child(MARKETPLACE)
    world.discount_code(code="Spring")
    asked = {"p_code": "Spring", "p_service_id": service_id}
    with world.unchanged():
        with world.refusing("42501"):
            world.ask(None, "public.check_discount_code", **asked)
        with world.refusing("42501", "not_yourself"):
            world.ask(world.person(), "public.check_discount_code", p_learner_id=child, **asked)


@pytest.mark.parametrize("status", ["inactive", "unknown", "another instructor's"])
def test_a_code_is_checked_for_what_is_on_offer(world: World, status: str) -> None:
    _, service_id = world.hourly(is_active=status != "inactive")
    asked: dict[str, Any] = {"p_code": "Spring", "p_service_id": service_id}
    if status == "unknown":
        asked["p_service_id"] = MARKETPLACE
    if status == "another instructor's":
        asked["p_instructor_id"] = world.instructor().id
    with world.unchanged(), world.refusing("PT404", "service_not_found"):
        world.ask(world.person(), "public.check_discount_code", **asked)
