"""A service is changed by who gives it or administers it, and never moves to another tenant.
An instructor offers their own lessons, a school's admins any of the school's.
A text is cut at a word where it can be, and says that it was.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.rows import DictRow

from tests.factories import MARKETPLACE, World
from tests.schools.conftest import School


def change(world: World, person: UUID | None, service_id: UUID, column: str, value: Any) -> int:
    """Updates a service as a signed-in person; how many rows that changed."""
    with world.acting_as(person):
        return world.connection.execute(
            f"update public.services set {column} = %s where id = %s", [value, service_id]
        ).rowcount


def test_who_gives_or_administers_it_changes_it(world: World) -> None:
    ann = world.instructor()
    service_id = world.service(ann)
    for number, person in enumerate(
        (ann.user_id, world.member(ann.org_id, "owner"), world.member(ann.org_id, "admin"))
    ):
        assert change(world, person, service_id, "price_cents", number) == 1
        assert world.value("select price_cents from public.services") == number


def test_whoever_gives_it_says_how_its_payments_are_captured(world: World) -> None:
    ann = world.instructor()
    service_id = world.service(ann)
    for mode in ("manual", "automatic"):
        assert change(world, ann.user_id, service_id, "capture_mode", mode) == 1
        assert world.value("select capture_mode from public.services") == mode
    assert change(world, world.person(), service_id, "capture_mode", "manual") == 0
    with world.refusing("22P02"):
        change(world, ann.user_id, service_id, "capture_mode", "later")
    assert world.value("select capture_mode from public.services") == "automatic"


def test_what_is_booked_keeps_how_its_payment_is_captured(world: World) -> None:
    booking = world.booking(capture_mode="manual")
    booking.open_payment()
    world.connection.execute("update public.services set capture_mode = 'automatic'")
    assert booking.open_payment()["capture_method"] == "manual"
    assert booking.payment["capture_method"] == "manual"


def test_nobody_else_does(world: World) -> None:
    ann = world.instructor()
    service_id = world.service(ann, price_cents=4500)
    strangers = (
        world.person(),
        world.instructor().user_id,
        world.member(ann.org_id, "instructor"),
        world.member(world.organization(), "owner"),
        None,
    )
    for person in strangers:
        assert change(world, person, service_id, "price_cents", 1) == 0
    assert world.value("select price_cents from public.services") == 4500


@pytest.mark.parametrize(
    ("column", "value"),
    [("currency", "dkk"), ("org_id", None), ("instructor_id", None), ("id", None)],
)
def test_whose_and_in_which_currency_it_is_stays(world: World, column: str, value: Any) -> None:
    ann = world.instructor()
    service_id = world.service(ann)
    with world.refusing("42501"):
        change(world, ann.user_id, service_id, column, value)


def test_a_service_is_not_inserted_or_deleted_through_the_api(world: World) -> None:
    ann = world.instructor()
    world.service(ann)
    for statement in (
        "insert into public.services (org_id, title, duration_minutes, currency)"
        " select org_id, 'x', 60, 'gbp' from public.services",
        "delete from public.services",
    ):
        with world.refusing("42501"), world.acting_as(ann.user_id):
            world.connection.execute(statement)
    assert world.count("public.services") == 1


def test_another_tenants_instructor_gives_no_lessons_here(world: World) -> None:
    school, ann = world.organization(), world.instructor()
    with world.refusing("23503", "services_org_id_instructor_id_fkey"):
        world.service(ann, org_id=school)


def test_a_schools_title_is_unique_too(world: World) -> None:
    ann = world.instructor()
    world.service(ann, instructor_id=None, title="Theory")
    with world.refusing("23505", "title_is_unique_per_instructor"):
        world.service(ann, instructor_id=None, title="THEORY")
    world.service(ann, title="Theory")


@pytest.mark.parametrize(
    ("columns", "constraint"),
    [
        ({"short_description": "x" * 501}, "short_description_is_short"),
        ({"topic_tags": ["x"] * 51}, "tags_are_short"),
        ({"prerequisites": "x" * 5001}, "prerequisites_are_short"),
        ({"max_participants": 0}, "group_is_of_reasonable_size"),
        ({"max_participants": 501}, "group_is_of_reasonable_size"),
    ],
)
def test_a_column_out_of_range_is_refused(
    world: World, columns: dict[str, Any], constraint: str
) -> None:
    with world.refusing("23514", constraint):
        world.service(world.instructor(), **columns)


def test_visitors_see_what_is_offered(world: World) -> None:
    ann = world.instructor()
    offered = world.service(ann)
    world.service(ann, is_active=False)
    with world.acting_as(None, "anon"):
        assert [row["id"] for row in world.rows("select id from public.services")] == [offered]
    with world.acting_as(ann.user_id):
        assert world.count("public.services") == 2


@pytest.mark.parametrize(
    "columns",
    [{"verification_status": "pending"}, {"verification_status": "rejected"}, {"is_active": False}],
    ids=str,
)
def test_visitors_see_nothing_of_who_is_not_listed(world: World, columns: dict[str, Any]) -> None:
    ann = world.instructor(org_id=world.organization(), **columns)
    world.slot(world.service(ann))
    world.service(ann, instructor_id=None, title="Given by anybody")
    for person in (None, world.person()):
        with world.acting_as(person, "authenticated" if person else "anon"):
            assert world.count("public.services") == 0
            assert world.count("public.bookable_slots") == 0
        assert world.ask(person, "public.search_services") == []
    with world.acting_as(ann.user_id):
        assert world.count("public.services") == 2
        assert world.count("public.bookable_slots") == 1
    world.instructor(org_id=ann.org_id)
    with world.acting_as(None, "anon"):
        assert [row["title"] for row in world.rows("select title from public.services")] == [
            "Given by anybody"
        ]


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
    materials = school.world.row(
        "select materials_url from public.service_materials where service_id = %s", service["id"]
    )
    assert given.items() <= (service | materials).items()
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


def shorten(world: World, text: str | None, length: int) -> str | None:
    short: str | None = world.value("select private.shorten(%s, %s)", text, length)
    return short


@pytest.mark.parametrize(
    ("text", "short"),
    [
        (None, None),
        ("", ""),
        ("ten chars.", "ten chars."),
        ("eleven char", "eleven…"),
        ("onelongwordalone", "onelongwo…"),
        ("a b c d e f g", "a b c d…"),
        ("line\nbreak here", "line…"),
        ("éééé éééé éééé", "éééé…"),
    ],
)
def test_a_text_is_cut_at_a_word(world: World, text: str | None, short: str | None) -> None:
    assert shorten(world, text, 10) == short


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=st.text(st.sampled_from("ab é\n\t😀.…"), max_size=60), length=st.integers(1, 50))
def test_a_short_text_is_a_beginning_that_fits(world: World, text: str, length: int) -> None:
    short = shorten(world, text, length)
    assert short is not None
    assert len(short) <= length
    if len(text) <= length:
        assert short == text
    else:
        assert short.endswith("…")
        assert text.startswith(short[:-1])
