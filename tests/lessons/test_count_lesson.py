"""An instructor's public total counts the lessons that took place."""

from __future__ import annotations

from tests.factories import World


def test_completed_lessons_are_counted_for_their_instructor_alone(world: World) -> None:
    ann, zoe = world.instructor(name="Ann"), world.instructor(name="Zoe")
    world.lesson(ann)
    world.lesson(ann)
    assert world.booking(zoe).pay() == "processed"
    counts = world.rows("select display_name, lesson_count from public.instructors order by 1")
    assert [tuple(count.values()) for count in counts] == [("Ann", 2), ("Zoe", 0)]


def test_an_instructor_cannot_set_the_total(world: World) -> None:
    ann = world.instructor()
    with world.unchanged(), world.refusing("42501"), world.acting_as(ann.user_id):
        world.rows("update public.instructors set lesson_count = 99")
