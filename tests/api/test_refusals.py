"""A refusal reaches a frontend with a status, a sentence, the next step and a code to decide by."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import UUID, uuid4

import httpx
import pytest

from tests.api.conftest import Frontend


@pytest.fixture
def ben(frontend: Frontend) -> UUID:
    return frontend.world.person("Ben")


@pytest.fixture
def slot_id(frontend: Frontend) -> UUID:
    """A free time of an instructor of the marketplace."""
    world = frontend.world
    return world.slot(world.service(world.instructor()))


def book(frontend: Frontend, caller: UUID | None, learner: UUID, slot_id: UUID) -> httpx.Response:
    return frontend.call(
        caller, "create_booking_with_payment", p_learner_user_id=learner, p_slot_id=slot_id
    )


def assert_refused(answer: httpx.Response, status: int, code: str, sqlstate: str) -> None:
    error = answer.json()
    assert answer.status_code == status
    assert error["code"] == sqlstate
    assert json.loads(error["details"]) == {"code": code}
    assert error["message"].endswith(".")
    assert error["hint"].endswith(".")


def test_a_taken_time_is_a_conflict(frontend: Frontend, ben: UUID, slot_id: UUID) -> None:
    assert book(frontend, ben, ben, slot_id).status_code == 200
    other = frontend.world.person()
    with frontend.world.unchanged():
        answer = book(frontend, other, other, slot_id)
    assert_refused(answer, 409, "slot_taken", "PT409")


def test_an_unknown_time_is_not_found(frontend: Frontend, ben: UUID) -> None:
    with frontend.world.unchanged():
        answer = book(frontend, ben, ben, uuid4())
    assert_refused(answer, 404, "slot_not_found", "PT404")


def test_a_time_that_has_passed_cannot_be_processed(frontend: Frontend, ben: UUID) -> None:
    world = frontend.world
    past = world.slot(world.service(world.instructor()), world.now() - timedelta(seconds=1))
    with world.unchanged():
        answer = book(frontend, ben, ben, past)
    assert_refused(answer, 422, "slot_in_the_past", "PT422")


def test_booking_for_somebody_else_is_forbidden(
    frontend: Frontend, ben: UUID, slot_id: UUID
) -> None:
    other = frontend.world.person()
    with frontend.world.unchanged():
        answer = book(frontend, ben, other, slot_id)
    assert_refused(answer, 403, "not_yourself", "42501")


def test_a_visitor_is_asked_to_sign_in(frontend: Frontend, ben: UUID, slot_id: UUID) -> None:
    with frontend.world.unchanged():
        answer = book(frontend, None, ben, slot_id)
        read = frontend.send(None, "GET", "/bookings?select=id")
    assert_refused(answer, 401, "sign_in_required", "42501")
    assert_refused(read, 401, "sign_in_required", "42501")


def test_a_foreign_lesson_is_as_unknown_as_one_that_does_not_exist(
    frontend: Frontend, ben: UUID
) -> None:
    foreign = frontend.world.booking()
    assert foreign.pay() == "processed"
    with frontend.world.unchanged():
        answers = [
            frontend.call(ben, function, p_booking_id=booking_id)
            for function in ("start_lesson", "complete_lesson")
            for booking_id in (foreign.id, uuid4())
        ]
    for answer in answers:
        assert_refused(answer, 404, "booking_not_found", "PT404")
    assert answers[0].text == answers[1].text


def test_a_value_that_breaks_a_rule_is_refused_with_the_rules_name(frontend: Frontend) -> None:
    """By a function with the rule as its code, by a table with the rule in its message."""
    world = frontend.world
    ann = world.instructor()
    service_id = world.service(ann)
    created = frontend.call(
        ann.user_id,
        "create_session",
        p_expert_user_id=ann.user_id,
        p_title="Parking",
        p_description="",
        p_duration_minutes=50,
        p_price_cents=4500,
        p_currency="gbp",
    )
    changed = frontend.send(
        ann.user_id, "PATCH", f"/services?id=eq.{service_id}", json={"duration_minutes": 50}
    )
    assert_refused(created, 422, "duration_is_in_quarters", "PT422")
    assert (changed.status_code, changed.json()["code"]) == (400, "23514")
    assert "duration_is_in_quarters" in changed.json()["message"]
    assert (
        world.value("select duration_minutes from public.services where id = %s", service_id) == 60
    )


def test_a_title_that_is_taken_is_a_conflict_either_way(frontend: Frontend) -> None:
    world = frontend.world
    ann = world.instructor()
    world.service(ann, title="Parking")
    other_id = world.service(ann, title="Motorways")
    created = frontend.call(
        ann.user_id,
        "create_session",
        p_expert_user_id=ann.user_id,
        p_title="PARKING",
        p_description="",
        p_duration_minutes=60,
        p_price_cents=4500,
        p_currency="gbp",
    )
    assert_refused(created, 409, "service_exists", "PT409")
    renamed = frontend.send(
        ann.user_id, "PATCH", f"/services?id=eq.{other_id}", json={"title": "parking"}
    )
    assert (renamed.status_code, renamed.json()["code"]) == (409, "23505")
