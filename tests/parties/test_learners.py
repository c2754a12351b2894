"""How one becomes a learner, and when the date of birth can be set."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from psycopg.rows import DictRow

from tests.factories import World
from tests.schools.conftest import School


def add(school: School, caller: UUID, **arguments: Any) -> DictRow:
    given = {"p_org_id": school.id, "p_full_name": "Kit"}
    learner_id = school.world.call(caller, "public.add_learner", **(given | arguments))
    return school.world.row(
        "select * from public.learners learner"
        " join public.learner_details details on details.learner_id = learner.id"
        " join public.learner_contacts contacts on contacts.learner_id = learner.id"
        " where learner.id = %s",
        learner_id,
    )


@pytest.mark.parametrize("caller", ["owner", "admin", "platform admin"])
def test_who_administers_the_school_adds_a_learner(school: School, caller: str) -> None:
    given = {
        "full_name": "Kit <i>Smith</i>",
        "email": "kit@example.org",
        "phone": "+44 1632 960000",
        "date_of_birth": date(2015, 6, 1),
        "notes": "<script>",
    }
    arguments = {f"p_{name}": value for name, value in given.items()}
    added = add(school, school.who(caller), **arguments)
    assert given.items() <= added.items()
    assert (added["org_id"], added["user_id"]) == (school.id, None)


def test_a_name_is_enough(school: School) -> None:
    added = add(school, school.owner, p_full_name=" Kit ")
    assert (added["full_name"], added["email"], added["date_of_birth"]) == ("Kit", None, None)


@pytest.mark.parametrize("caller", ["instructor", "learner", "stranger", "owner of another"])
def test_nobody_else_does(school: School, caller: str) -> None:
    person = school.who(caller)
    with school.world.unchanged(), school.world.refusing("PT404", "organization_not_found"):
        add(school, person)


def test_a_visitor_is_asked_to_sign_in(school: School) -> None:
    world, call = school.world, "select public.add_learner(%s, 'Kit')"
    with world.unchanged():
        with world.refusing("42501", "sign_in_required"), world.acting_as(None):
            world.value(call, school.id)
        with world.refusing("42501"), world.acting_as(None, "anon"):
            world.value(call, school.id)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"p_full_name": None}, "value_missing"),
        ({"p_full_name": " "}, "full_name_is_short"),
        ({"p_full_name": "x" * 201}, "full_name_is_short"),
        ({"p_full_name": "x" * 1_000_000}, "full_name_is_short"),
        ({"p_email": "x" * 321}, "contact_is_short"),
        ({"p_phone": "x" * 41}, "contact_is_short"),
        ({"p_date_of_birth": "1899-12-31"}, "birth_is_plausible"),
        ({"p_date_of_birth": "infinity"}, "birth_is_plausible"),
        ({"p_notes": "x" * 10_001}, "notes_are_short"),
        ({"p_notes": "x" * 1_000_000}, "notes_are_short"),
    ],
)
def test_a_bad_value_adds_nobody(school: School, arguments: dict[str, Any], code: str) -> None:
    with school.world.unchanged(), school.world.refusing("PT422", code):
        add(school, school.owner, **arguments)


def test_nobody_is_born_tomorrow(school: School) -> None:
    today = school.world.value("select (private.clock() at time zone 'UTC')::date")
    with school.world.unchanged(), school.world.refusing("PT422", "birth_is_plausible"):
        add(school, school.owner, p_date_of_birth=today + timedelta(days=1))
    assert add(school, school.owner, p_date_of_birth=today)["date_of_birth"] == today


BORN = date(2001, 2, 3)


def set_date(world: World, caller: UUID, learner_id: UUID, on: date | str | None = BORN) -> None:
    world.call(caller, "public.set_date_of_birth", p_learner_id=learner_id, p_date_of_birth=on)


def date_of(world: World, learner_id: UUID) -> date | None:
    found: date | None = world.value(
        "select date_of_birth from public.learner_details where learner_id = %s", learner_id
    )
    return found


@pytest.fixture
def ben(school: School) -> UUID:
    """The learner's id."""
    found: UUID = school.world.value(
        "select id from public.learners where user_id = %s", school.learner
    )
    return found


def test_a_learner_gives_it_once(school: School, ben: UUID) -> None:
    world = school.world
    set_date(world, school.learner, ben)
    assert date_of(world, ben) == BORN
    for again in (BORN, date(1990, 1, 1)):
        with world.unchanged(), world.refusing("PT409", "date_of_birth_is_set"):
            set_date(world, school.learner, ben, again)


def test_a_guardian_who_may_book_gives_that_of_a_learner_without_a_login_once(
    school: School,
) -> None:
    world = school.world
    kit = world.learner(school.id)
    guardian = world.guardian(kit, book=True)
    set_date(world, guardian, kit, world.now().date() - timedelta(days=4000))
    with world.unchanged(), world.refusing("PT409", "date_of_birth_is_set"):
        set_date(world, guardian, kit)


def test_a_guardian_who_may_not_book_does_not(school: School) -> None:
    world = school.world
    kit = world.learner(school.id)
    guardian = world.guardian(kit, view=True, pay=True)
    with world.unchanged(), world.refusing("PT404", "learner_not_found"):
        set_date(world, guardian, kit)


def test_who_has_a_login_is_made_no_child_by_a_guardian(school: School, ben: UUID) -> None:
    world = school.world
    guardian = world.guardian(ben, view=True, book=True, pay=True)
    with world.unchanged(), world.refusing("PT404", "learner_not_found"):
        set_date(world, guardian, ben, world.now().date() - timedelta(days=4000))
    link_id = world.value("select id from public.learner_guardians")
    world.call(school.learner, "public.revoke_guardian", p_learner_guardian_id=link_id)


def test_only_the_learner_gives_it_as_their_own_word(school: School, ben: UUID) -> None:
    world = school.world
    declared = "select is_birth_self_declared from public.learner_details where learner_id = %s"
    set_date(world, school.learner, ben)
    assert world.value(declared, ben) is True
    set_date(world, school.owner, ben)
    assert world.value(declared, ben) is False


@pytest.mark.parametrize("caller", ["owner", "admin", "platform admin"])
def test_an_admin_corrects_it(school: School, ben: UUID, caller: str) -> None:
    set_date(school.world, school.learner, ben, date(1990, 1, 1))
    set_date(school.world, school.who(caller), ben)
    assert date_of(school.world, ben) == BORN


@pytest.mark.parametrize("caller", ["instructor", "stranger", "owner of another"])
def test_nobody_else_gives_it(school: School, ben: UUID, caller: str) -> None:
    world, person = school.world, school.who(caller)
    world.book(school.learner, world.slot(world.service(school.instructor)))
    with world.unchanged(), world.refusing("PT404", "learner_not_found"):
        set_date(world, person, ben)


def test_an_unknown_learner_is_not_found(school: School) -> None:
    with school.world.unchanged(), school.world.refusing("PT404", "learner_not_found"):
        set_date(school.world, school.owner, uuid4())


@pytest.mark.parametrize(
    ("on", "code"),
    [
        (None, "value_missing"),
        ("1899-12-31", "birth_is_plausible"),
        ("infinity", "birth_is_plausible"),
        ("-infinity", "birth_is_plausible"),
        ("2999-01-01", "birth_is_plausible"),
    ],
)
def test_what_is_no_date_of_birth_is_refused(
    school: School, ben: UUID, on: str | None, code: str
) -> None:
    for caller in (school.learner, school.owner):
        with school.world.unchanged(), school.world.refusing("PT422", code):
            set_date(school.world, caller, ben, on)


@pytest.mark.parametrize("caller", ["learner", "owner", "admin", "platform admin"])
def test_nobody_changes_the_row_itself(school: School, ben: UUID, caller: str) -> None:
    world, person = school.world, school.who(caller)
    with world.unchanged(), world.refusing("42501"), world.acting_as(person):
        world.connection.execute("update public.learner_details set date_of_birth = '1990-01-01'")


def test_it_never_enters_the_log(school: School, ben: UUID) -> None:
    set_date(school.world, school.learner, ben)
    entry = school.world.row("select * from public.audit_logs order by id desc limit 1")
    assert (entry["entity_type"], entry["new_values"]) == (
        "learner_details",
        {"date_of_birth": "(personal)", "is_birth_self_declared": True},
    )


def test_a_visitor_who_sets_a_date_is_asked_to_sign_in(school: School, ben: UUID) -> None:
    world, call = school.world, "select public.set_date_of_birth(%s, '2001-02-03')"
    with world.unchanged():
        with world.refusing("42501", "sign_in_required"), world.acting_as(None):
            world.value(call, ben)
        with world.refusing("42501"), world.acting_as(None, "anon"):
            world.value(call, ben)
