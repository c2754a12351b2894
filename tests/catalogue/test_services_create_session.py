"""An instructor offers lessons of their own, in the organization where they are one."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from psycopg.rows import DictRow

from tests.factories import MARKETPLACE, Instructor, World

PYTHON = {
    "p_title": "Python Basics",
    "p_description": "Learn Python fundamentals",
    "p_duration_minutes": 60,
    "p_price_cents": 50_000,
    "p_currency": "DKK",
}


def create_session(world: World, instructor: Instructor, **arguments: Any) -> DictRow:
    """Offers a lesson as its instructor, as seed frontends call it; returns the service."""
    given = {"p_expert_user_id": instructor.user_id} | PYTHON | arguments
    service_id = world.call(instructor.user_id, "public.create_session", **given)
    return world.row("select * from public.services where id = %s", service_id)


@pytest.fixture
def ann(world: World) -> Instructor:
    return world.instructor(currency="dkk")


def test_an_instructor_offers_a_lesson(world: World, ann: Instructor) -> None:
    service = create_session(world, ann)
    assert (service["org_id"], service["instructor_id"]) == (MARKETPLACE, ann.id)
    assert (service["title"], service["description"], service["short_description"]) == (
        "Python Basics",
        "Learn Python fundamentals",
        "Learn Python fundamentals",
    )
    assert (service["duration_minutes"], service["price_cents"], service["currency"]) == (
        60,
        50_000,
        "dkk",
    )
    assert (service["is_active"], service["max_participants"]) == (True, 1)


def test_the_currency_is_dkk_unless_named(world: World, ann: Instructor) -> None:
    with world.acting_as(ann.user_id):
        service_id = world.value(
            "select public.create_session(%s, 'Yoga', null, 60, 100)", ann.user_id
        )
    assert world.value("select currency from public.services where id = %s", service_id) == "dkk"


def test_a_long_description_is_shortened(world: World, ann: Instructor) -> None:
    service = create_session(world, ann, p_description="word " * 1000, p_title="  Yoga ")
    assert service["title"] == "Yoga"
    assert 490 < len(service["short_description"]) <= 500
    assert service["short_description"].endswith("word…")


def test_a_school_is_named(world: World) -> None:
    school = world.organization()
    here = world.instructor(org_id=school)
    there = world.instructor(user_id=here.user_id)
    assert create_session(world, here, p_org_id=school)["instructor_id"] == here.id
    assert create_session(world, there)["instructor_id"] == there.id


def test_an_hourly_lesson_is_in_the_instructors_currency(world: World, ann: Instructor) -> None:
    assert create_session(world, ann, p_price_cents=None)["price_cents"] is None
    with world.refusing("PT422", "currency_differs"):
        create_session(world, ann, p_title="In pounds", p_price_cents=None, p_currency="gbp")
    assert create_session(world, ann, p_title="In pounds", p_currency="gbp")["currency"] == "gbp"


def test_nobody_offers_lessons_as_somebody_else(world: World, ann: Instructor) -> None:
    bob = world.instructor()
    for expert in (ann.user_id, uuid4(), None):
        with world.refusing("42501", "not_yourself"):
            create_session(world, bob, p_expert_user_id=expert)
    with world.refusing("42501", "not_yourself"):
        create_session(world, Instructor(ann.id, world.admin()), p_expert_user_id=ann.user_id)
    assert world.count("public.services") == 0


def test_a_visitor_is_asked_to_sign_in(world: World, ann: Instructor) -> None:
    call = "select public.create_session(%s, 'Yoga', null, 60, 100, 'dkk')"
    with world.refusing("42501", "sign_in_required"), world.acting_as(None):
        world.value(call, ann.user_id)
    with world.refusing("42501"), world.acting_as(None, "anon"):
        world.value(call, ann.user_id)
    assert world.count("public.services") == 0


def test_who_is_no_instructor_here_is_told_so(world: World, ann: Instructor) -> None:
    school = world.organization()
    world.member(school, "owner", ann.user_id)
    with world.refusing("PT404", "not_an_instructor"):
        create_session(world, ann, p_org_id=school)
    with world.refusing("PT404", "not_an_instructor"):
        create_session(world, ann, p_org_id=uuid4())
    with world.refusing("PT404", "not_an_instructor"):
        create_session(world, Instructor(uuid4(), world.person()))
    assert world.count("public.services") == 0


@pytest.mark.parametrize("title", ["Python Basics", " PYTHON basics "])
def test_a_title_is_offered_once_an_instructor(world: World, ann: Instructor, title: str) -> None:
    create_session(world, ann)
    with world.refusing("PT409", "service_exists"):
        create_session(world, ann, p_title=title)
    assert world.count("public.services") == 1
    assert create_session(world, world.instructor(), p_title=title)["title"] == title.strip()


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"p_currency": "xyz"}, "unknown_currency"),
        ({"p_currency": None}, "unknown_currency"),
        ({"p_title": "  "}, "title_is_short"),
        ({"p_title": "x" * 201}, "title_is_short"),
        ({"p_title": None}, "value_missing"),
        ({"p_description": "x" * 20_001}, "description_is_short"),
        ({"p_duration_minutes": 50}, "duration_is_in_quarters"),
        ({"p_duration_minutes": 0}, "duration_is_in_quarters"),
        ({"p_duration_minutes": -60}, "duration_is_in_quarters"),
        ({"p_duration_minutes": 1455}, "duration_is_in_quarters"),
        ({"p_duration_minutes": None}, "value_missing"),
        ({"p_price_cents": -1}, "price_can_be_charged"),
        ({"p_price_cents": 50_000_001}, "price_can_be_charged"),
    ],
)
def test_a_bad_offer_is_refused(
    world: World, ann: Instructor, arguments: dict[str, Any], code: str
) -> None:
    with world.refusing("PT422", code):
        create_session(world, ann, **arguments)
    assert world.count("public.services") == 0


def test_an_offer_is_audited(world: World, ann: Instructor) -> None:
    service = create_session(world, ann)
    entry = world.row("select * from public.audit_logs where entity_type = 'services'")
    assert (entry["entity_id"], entry["action"]) == (str(service["id"]), "insert")
    assert (entry["user_id"], entry["actor_kind"]) == (ann.user_id, "user")
