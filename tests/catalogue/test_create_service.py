"""An instructor offers their own lessons, a school's admins any of the school's."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from psycopg.rows import DictRow

from tests.factories import MARKETPLACE
from tests.schools.conftest import School

HUGE = "x" * 1_000_000


def create(school: School, caller: UUID, **arguments: Any) -> DictRow:
    given = {"p_org_id": school.id, "p_title": "Parking", "p_duration_minutes": 60} | arguments
    service_id = school.world.call(caller, "public.create_service", **given)
    return school.world.row("select * from public.services where id = %s", service_id)


@pytest.mark.parametrize("caller", ["owner", "admin", "platform admin"])
def test_a_schools_lesson_is_given_by_any_instructor(school: School, caller: str) -> None:
    service = create(school, school.who(caller))
    assert (service["org_id"], service["instructor_id"]) == (school.id, None)
    assert (service["title"], service["duration_minutes"]) == ("Parking", 60)
    assert (service["price_cents"], service["currency"]) == (None, "gbp")
    assert (service["max_participants"], service["is_active"], service["requires_approval"]) == (
        1,
        True,
        False,
    )
    assert service["capture_mode"] == "automatic"


@pytest.mark.parametrize("caller", ["instructor", "owner", "admin", "platform admin"])
def test_a_lesson_of_one_instructor(school: School, caller: str) -> None:
    service = create(school, school.who(caller), p_instructor_id=school.instructor.id)
    assert service["instructor_id"] == school.instructor.id


def test_an_admin_offers_lessons_of_an_instructor_without_a_login(school: School) -> None:
    managed = school.world.managed_instructor(school.id)
    assert create(school, school.admin, p_instructor_id=managed)["instructor_id"] == managed


def test_every_field_is_kept_as_it_was_typed(school: School) -> None:
    given = {
        "description": "<b>Bay</b> & 'parallel'",
        "short_description": "<i>Bay</i>",
        "topic_tags": ["parking", "<script>", "城市"],
        "price_cents": 5000,
        "level": "advanced",
        "prerequisites": "A licence; drop table x",
        "materials_url": "https://example.org/?q=<a>",
        "max_participants": 5,
        "requires_approval": True,
        "approval_hours": 48,
        "capture_mode": "manual",
    }
    arguments = {f"p_{name}": value for name, value in given.items()}
    service = create(
        school, school.owner, p_title=" <b>Parking</b> ", p_currency="EUR", **arguments
    )
    assert given.items() <= service.items()
    assert (service["title"], service["currency"]) == ("<b>Parking</b>", "eur")


def test_a_short_description_is_made_of_a_long_one(school: School) -> None:
    service = create(school, school.owner, p_description="word " * 500)
    assert len(service["short_description"]) <= 500
    assert service["short_description"].endswith("word…")


def test_no_tags_are_none(school: School) -> None:
    assert create(school, school.owner, p_topic_tags=None)["topic_tags"] == []


@pytest.mark.parametrize("caller", ["instructor", "learner", "stranger", "owner of another"])
def test_nobody_else_offers_a_schools_lesson(school: School, caller: str) -> None:
    person = school.who(caller)
    with school.world.unchanged(), school.world.refusing("PT404", "organization_not_found"):
        create(school, person)


@pytest.mark.parametrize("caller", ["learner", "stranger", "owner of another"])
def test_nobody_offers_lessons_of_somebody_else(school: School, caller: str) -> None:
    person = school.who(caller)
    with school.world.unchanged(), school.world.refusing("PT404", "organization_not_found"):
        create(school, person, p_instructor_id=school.instructor.id)


def test_a_colleague_offers_none_of_anothers_lessons(school: School) -> None:
    colleague = school.world.instructor(org_id=school.id)
    with school.world.unchanged(), school.world.refusing("PT404", "organization_not_found"):
        create(school, colleague.user_id, p_instructor_id=school.instructor.id)


def test_an_instructor_is_one_of_the_organization(school: School) -> None:
    world = school.world
    elsewhere = world.instructor(user_id=school.instructor.user_id)
    for caller, org_id, instructor_id in (
        (school.owner, school.id, elsewhere.id),
        (school.owner, school.id, uuid4()),
        (school.instructor.user_id, school.id, elsewhere.id),
        (school.instructor.user_id, MARKETPLACE, school.instructor.id),
        (school.instructor.user_id, uuid4(), school.instructor.id),
        (school.instructor.user_id, None, school.instructor.id),
    ):
        with world.unchanged(), world.refusing("PT404", "instructor_not_found"):
            create(school, caller, p_org_id=org_id, p_instructor_id=instructor_id)


def test_a_visitor_is_asked_to_sign_in(school: School) -> None:
    world, call = school.world, "select public.create_service(%s, 'Parking', 60)"
    with world.unchanged():
        with world.refusing("42501", "sign_in_required"), world.acting_as(None):
            world.value(call, school.id)
        with world.refusing("42501"), world.acting_as(None, "anon"):
            world.value(call, school.id)


@pytest.mark.parametrize("of_one", [False, True])
def test_a_title_is_offered_once(school: School, of_one: bool) -> None:
    bound = {"p_instructor_id": school.instructor.id} if of_one else {}
    create(school, school.owner, **bound)
    with school.world.unchanged(), school.world.refusing("PT409", "service_exists"):
        create(school, school.owner, p_title=" PARKING ", **bound)
    others = {} if of_one else {"p_instructor_id": school.instructor.id}
    assert create(school, school.owner, **others)["title"] == "Parking"


def test_an_hourly_lesson_is_in_the_instructors_currency(school: School) -> None:
    bound = {"p_instructor_id": school.instructor.id, "p_currency": "dkk"}
    with school.world.unchanged(), school.world.refusing("PT422", "currency_differs"):
        create(school, school.owner, **bound)
    assert create(school, school.owner, p_price_cents=5000, **bound)["currency"] == "dkk"
    # Which instructor gives a school's lesson is not known yet.
    assert create(school, school.owner, p_title="Any", p_currency="dkk")["currency"] == "dkk"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"p_title": None}, "value_missing"),
        ({"p_title": "  "}, "title_is_short"),
        ({"p_title": "x" * 201}, "title_is_short"),
        ({"p_title": HUGE}, "title_is_short"),
        ({"p_duration_minutes": None}, "value_missing"),
        ({"p_duration_minutes": 0}, "duration_is_in_quarters"),
        ({"p_duration_minutes": 20}, "duration_is_in_quarters"),
        ({"p_duration_minutes": -15}, "duration_is_in_quarters"),
        ({"p_duration_minutes": 1455}, "duration_is_in_quarters"),
        ({"p_description": "x" * 20_001}, "description_is_short"),
        ({"p_description": HUGE}, "description_is_short"),
        ({"p_short_description": "x" * 501}, "short_description_is_short"),
        ({"p_topic_tags": ["x"] * 51}, "tags_are_short"),
        ({"p_topic_tags": ["x" * 101]}, "tags_are_short"),
        ({"p_topic_tags": [""]}, "tags_are_short"),
        ({"p_topic_tags": [None]}, "tags_are_short"),
        ({"p_topic_tags": [HUGE]}, "tags_are_short"),
        ({"p_price_cents": -1}, "price_can_be_charged"),
        ({"p_price_cents": 50_000_001}, "price_can_be_charged"),
        ({"p_price_cents": 2**62}, "price_can_be_charged"),
        ({"p_currency": "xyz"}, "unknown_currency"),
        ({"p_currency": ""}, "unknown_currency"),
        ({"p_prerequisites": "x" * 5001}, "prerequisites_are_short"),
        ({"p_materials_url": "javascript:alert(1)"}, "materials_url_is_a_link"),
        ({"p_materials_url": "https://example.org/" + HUGE}, "materials_url_is_a_link"),
        ({"p_max_participants": 0}, "group_is_of_reasonable_size"),
        ({"p_max_participants": 501}, "group_is_of_reasonable_size"),
        ({"p_max_participants": None}, "value_missing"),
        ({"p_requires_approval": None}, "value_missing"),
        ({"p_approval_hours": 0}, "approval_takes_at_most_two_weeks"),
        ({"p_approval_hours": 337}, "approval_takes_at_most_two_weeks"),
    ],
)
def test_a_bad_value_offers_nothing(school: School, arguments: dict[str, Any], code: str) -> None:
    for caller, bound in (
        (school.owner, {}),
        (school.instructor.user_id, {"p_instructor_id": school.instructor.id}),
    ):
        with school.world.unchanged(), school.world.refusing("PT422", code):
            create(school, caller, **bound, **arguments)
