"""An organization defines what it teaches; at each lesson a learner's level may rise and fall."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from psycopg.types.json import Jsonb

from tests.factories import Booking
from tests.schools.conftest import School

TITLES = ["Moving off", "Mirrors", "Bay parking"]


def define(
    school: School, skills: object, by: UUID | None = None, syllabus: str | None = "Driving"
) -> int:
    count: int = school.world.call(
        by or school.owner,
        "public.define_syllabus",
        p_org_id=school.id,
        p_syllabus=syllabus,
        p_skills=Jsonb(skills),
    )
    return count


def lesson(school: School, learner: UUID, **service: Any) -> Booking:
    world = school.world
    slot_id = world.slot(world.service(school.instructor, **service))
    booked = world.book(learner, slot_id)
    booking = Booking(world, booked["booking_id"], learner, school.instructor, slot_id)
    booking.pay()
    booking.complete()
    return booking


@pytest.fixture
def learner(school: School) -> UUID:
    person = school.world.member(school.id, "learner")
    school.world.learner(school.id, person)
    return person


@pytest.fixture
def skills(school: School) -> dict[str, UUID]:
    assert define(school, [{"area": "Basics", "title": title} for title in TITLES]) == 3
    rows = school.world.rows("select title, id from public.skills where is_active")
    return {row["title"]: row["id"] for row in rows}


def assess(booking: Booking, levels: object, by: UUID | None = None) -> int:
    noted: int = booking.world.call(
        by or booking.instructor.user_id,
        "public.assess_skills",
        p_booking_id=booking.id,
        p_levels=Jsonb(levels),
    )
    return noted


def level(skill_id: UUID, level: object, **more: object) -> dict[str, object]:
    return {"skill_id": str(skill_id), "level": level, **more}


def progress(booking: Booking, by: UUID) -> dict[str, tuple[int | None, int | None]]:
    rows = booking.world.ask(
        by, "public.learner_progress", p_learner_id=booking.columns["learner_id"]
    )
    return {row["title"]: (row["level"], row["previous_level"]) for row in rows}


def test_levels_rise_and_fall(school: School, learner: UUID, skills: dict[str, UUID]) -> None:
    first = lesson(school, learner)
    assert assess(first, [level(skills["Mirrors"], 2), level(skills["Moving off"], 4)]) == 2
    second = lesson(school, learner)
    assess(second, [level(skills["Moving off"], 3, note="Look over your shoulder.")])
    assert progress(second, learner) == {
        "Moving off": (3, 4),
        "Mirrors": (2, None),
        "Bay parking": (None, None),
    }
    with school.world.acting_as(learner):
        notes = school.world.rows("select note from public.skill_assessments where level = 3")
    assert notes == [{"note": "Look over your shoulder."}]


def test_a_lesson_has_one_level_of_a_skill(
    school: School, learner: UUID, skills: dict[str, UUID]
) -> None:
    booking = lesson(school, learner)
    assess(booking, [level(skills["Mirrors"], 2)])
    assess(booking, [level(skills["Mirrors"], 5)])
    assert progress(booking, learner)["Mirrors"] == (5, None)


def test_who_reads_how_far_a_learner_is(
    school: School, learner: UUID, skills: dict[str, UUID]
) -> None:
    world = school.world
    booking = lesson(school, learner)
    assess(booking, [level(skills["Mirrors"], 2)])
    world.connection.execute(
        "update public.learner_details set date_of_birth = private.clock() - interval '16 years'"
    )
    guardian = world.guardian(booking.columns["learner_id"], view=True)
    for reader in (learner, guardian, school.instructor.user_id, school.owner):
        assert progress(booking, reader)["Mirrors"] == (2, None)
    world.travel(by=timedelta(days=91))
    strangers = [world.person(), world.instructor(org_id=school.id).user_id]
    for stranger in (*strangers, school.instructor.user_id):
        with world.refusing("PT404", "learner_not_found"):
            progress(booking, stranger)


def test_what_is_left_out_is_taught_no_more_and_stays_with_who_learned_it(
    school: School, learner: UUID, skills: dict[str, UUID]
) -> None:
    booking = lesson(school, learner)
    assess(booking, [level(skills["Mirrors"], 2)])
    assert define(school, [{"title": "Bay parking"}, {"title": "Motorway"}]) == 2
    assert progress(booking, learner) == {
        "Bay parking": (None, None),
        "Motorway": (None, None),
        "Mirrors": (2, None),
    }
    with school.world.unchanged(), school.world.refusing("PT422", "bad_levels"):
        assess(booking, [level(skills["Mirrors"], 3)])
    assert define(school, [{"title": "Mirrors"}]) == 1
    again = school.world.value("select id from public.skills where title = 'Mirrors'")
    assert again == skills["Mirrors"]


@pytest.mark.parametrize(
    "given",
    [
        {},
        None,
        ["Mirrors"],
        [{"title": "Mirrors"}, {"title": "Mirrors"}],
        [{"title": str(nth)} for nth in range(201)],
    ],
)
def test_what_is_no_list_of_skills_is_refused(school: School, given: object) -> None:
    with school.world.unchanged(), school.world.refusing("PT422", "bad_skills"):
        define(school, given)


@pytest.mark.parametrize(
    ("given", "syllabus", "code"),
    [
        ([{"area": "Basics"}], "Driving", "bad_skills"),
        ([{"title": ""}], "Driving", "texts_are_short"),
        ([{"title": "x" * 201}], "Driving", "texts_are_short"),
        ([{"title": "a\nb"}], "Driving", "texts_are_readable"),
        ([{"title": "Mirrors"}], None, "value_missing"),
        ([{"title": "Mirrors"}], "", "texts_are_short"),
    ],
)
def test_a_skill_has_a_title_in_a_syllabus(
    school: School, given: object, syllabus: str | None, code: str
) -> None:
    with school.world.unchanged(), school.world.refusing("PT422", code):
        define(school, given, syllabus=syllabus)


def test_only_the_schools_admins_say_what_it_teaches(school: School) -> None:
    for stranger in (school.instructor.user_id, school.world.person()):
        with school.world.unchanged(), school.world.refusing("PT404", "organization_not_found"):
            define(school, [{"title": "Mirrors"}], stranger)


@pytest.mark.parametrize("wrong", [0, 6, "x", None, 2.5, [], True])
def test_a_level_is_from_one_to_five(
    school: School, learner: UUID, skills: dict[str, UUID], wrong: object
) -> None:
    booking = lesson(school, learner)
    with school.world.unchanged(), school.world.refusing("PT422", "bad_levels"):
        assess(booking, [level(skills["Bay parking"], 3), level(skills["Mirrors"], wrong)])


@pytest.mark.parametrize("wrong", [{}, None, "x", [3], [{"level": 3}], [{"skill_id": "x"}]])
def test_what_is_no_list_of_levels_is_refused(
    school: School, learner: UUID, skills: dict[str, UUID], wrong: object
) -> None:
    booking = lesson(school, learner)
    with school.world.unchanged(), school.world.refusing("PT422", "bad_levels"):
        assess(booking, wrong)


def test_a_skill_of_another_school_is_none_of_ours(
    school: School, learner: UUID, skills: dict[str, UUID]
) -> None:
    world = school.world
    elsewhere = world.insert(
        "public.skills",
        {"org_id": world.organization(), "syllabus": "S", "title": "T", "position": 1},
    )
    booking = lesson(school, learner)
    with world.unchanged(), world.refusing("PT422", "bad_levels"):
        assess(booking, [level(elsewhere, 3)])
    with world.unchanged(), world.refusing("PT422", "bad_levels"):
        assess(booking, [level(skills["Mirrors"], 3), level(skills["Mirrors"], 4)])


def test_a_lesson_that_has_not_begun_shows_nothing(
    school: School, learner: UUID, skills: dict[str, UUID]
) -> None:
    world = school.world
    slot_id = world.slot(world.service(school.instructor))
    booked = world.book(learner, slot_id)
    booking = Booking(world, booked["booking_id"], learner, school.instructor, slot_id)
    booking.pay()
    with world.unchanged(), world.refusing("PT409", "lesson_not_begun"):
        assess(booking, [level(skills["Mirrors"], 3)])
    with world.unchanged(), world.refusing("PT404", "booking_not_found"):
        assess(booking, [level(skills["Mirrors"], 3)], learner)
