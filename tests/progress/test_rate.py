"""Who had a lesson rates it once; the instructor's average is that of the ratings that count."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
import pytest

from tests.factories import MARKETPLACE, Booking, Instructor, Refusal, World
from tests.races import Racers
from tools.cluster import Cluster


def rate(booking: Booking, rating: object = 4, by: UUID | None = None, **more: Any) -> UUID:
    rating_id: UUID = booking.world.call(
        by or booking.learner,
        "public.rate_lesson",
        p_booking_id=booking.id,
        p_rating=rating,
        **more,
    )
    return rating_id


def average(world: World, instructor: Instructor) -> tuple[Decimal | None, int]:
    row = world.row("select * from public.instructors where id = %s", instructor.id)
    return row["rating"], row["rating_count"]


def test_a_rating_is_the_lessons_and_counts_for_the_instructor(world: World) -> None:
    instructor = world.instructor()
    ratings = (5, 4, 4)
    for nth, rating in enumerate(ratings, 1):
        booking = world.lesson(instructor)
        rating_id = rate(booking, rating, p_review="She explains well.")
        row = world.row("select * from public.lesson_ratings where id = %s", rating_id)
        assert (row["rating"], row["review"], row["is_counted"]) == (
            rating,
            "She explains well.",
            True,
        )
        assert row["rated_by"] == booking.learner
        lesson = "select rating from public.lessons where booking_id = %s"
        assert world.value(lesson, booking.id) == rating
        assert average(world, instructor)[1] == nth
    assert average(world, instructor) == (Decimal("4.33"), 3)


def test_visitors_see_the_average_and_how_many_it_is_of(world: World) -> None:
    instructor = world.instructor()
    booking = world.lesson(instructor)
    rate(booking, 3)
    (found,) = [
        row
        for row in world.ask(None, "public.search_directory", p_instructor_id=instructor.id)
        if row["service_id"] == booking.columns["service_id"]
    ]
    assert (found["rating"], found["rating_count"]) == (Decimal("3.00"), 1)


def test_a_lesson_is_rated_once(world: World) -> None:
    booking = world.lesson()
    rate(booking, 1)
    with world.unchanged(), world.refusing("PT409", "already_rated"):
        rate(booking, 5)


def test_two_at_once_rate_a_lesson_once(cluster: Cluster, committed_world: World) -> None:
    world = committed_world
    booking = world.lesson()

    def give(connection: psycopg.Connection[Any], nth: int) -> str:
        World(connection).call(
            booking.learner, "public.rate_lesson", p_booking_id=booking.id, p_rating=nth + 1
        )
        return "rated"

    with Racers(cluster.admin_url(world.connection.info.dbname), 4) as racers:
        came_of = Counter(racers.race(give))
    assert came_of == {"rated": 1, Refusal("PT409", "already_rated"): 3}
    assert average(world, booking.instructor)[1] == 1


@pytest.mark.slow
def test_ratings_at_once_are_all_counted(cluster: Cluster, committed_world: World) -> None:
    world = committed_world
    instructor = world.instructor()
    bookings = [world.lesson(instructor) for _ in range(4)]

    def give(connection: psycopg.Connection[Any], nth: int) -> None:
        booking = bookings[nth]
        World(connection).call(
            booking.learner, "public.rate_lesson", p_booking_id=booking.id, p_rating=nth + 1
        )

    with Racers(cluster.admin_url(world.connection.info.dbname), 4) as racers:
        racers.race(give)
    assert average(world, instructor) == (Decimal("2.50"), 4)


@pytest.mark.parametrize(
    ("rating", "code"),
    [
        (0, "rating_is_one_to_five"),
        (6, "rating_is_one_to_five"),
        (-1, "rating_is_one_to_five"),
        (70_000, "value_out_of_range"),
        (None, "value_missing"),
    ],
)
def test_a_rating_is_from_one_to_five(world: World, rating: int | None, code: str) -> None:
    booking = world.lesson()
    with world.unchanged(), world.refusing("PT422", code):
        rate(booking, rating)


@pytest.mark.parametrize(
    ("review", "code"), [("x" * 5001, "texts_are_short"), ("\u200b ", "texts_show_something")]
)
def test_a_review_is_something_to_read(world: World, review: str, code: str) -> None:
    booking = world.lesson()
    with world.unchanged(), world.refusing("PT422", code):
        rate(booking, p_review=review)


def test_a_rating_needs_no_words(world: World) -> None:
    booking = world.lesson()
    rate(booking, p_review="")
    assert world.value("select review from public.lesson_ratings") is None


def test_a_lesson_is_rated_within_fourteen_days(world: World) -> None:
    booking, late = world.lesson(), world.lesson()
    world.travel(to=late.columns["end_at"] + timedelta(days=14))
    rate(late)
    world.travel(by=timedelta(microseconds=1))
    with world.unchanged(), world.refusing("PT422", "too_late_to_rate"):
        rate(booking)


def test_a_lesson_that_did_not_begin_is_not_rated(world: World) -> None:
    booking = world.booking()
    booking.pay()
    with world.unchanged(), world.refusing("PT409", "lesson_not_begun"):
        rate(booking)
    world.cancel(booking.learner, booking.id)
    with world.unchanged(), world.refusing("PT409", "lesson_not_begun"):
        rate(booking)


def test_a_lesson_is_rated_when_it_is_over(world: World) -> None:
    booking = world.booking()
    booking.pay()
    booking.start()
    with world.unchanged(), world.refusing("PT409", "lesson_not_begun"):
        rate(booking)
    world.travel(to=booking.columns["end_at"])
    rate(booking)


def test_a_lesson_that_was_broken_off_is_rated(world: World) -> None:
    booking = world.booking()
    booking.pay()
    booking.start()
    world.cancel(booking.instructor.user_id, booking.id)
    rate(booking, 1)
    assert average(world, booking.instructor) == (Decimal("1.00"), 1)


def test_a_refund_takes_no_rating_away(world: World) -> None:
    before, after = world.lesson(), world.lesson()
    rate(before, 1)
    for booking in (before, after):
        booking.refund(booking.payment["amount_cents"])
    rate(after, 1)
    assert average(world, before.instructor) == (Decimal("1.00"), 1)
    assert average(world, after.instructor) == (Decimal("1.00"), 1)


def test_free_lessons_make_nobody_famous(world: World) -> None:
    instructor = world.instructor()
    booking = world.booking(instructor, price_cents=0)
    booking.complete()
    rate(booking, 5)
    assert average(world, instructor) == (None, 0)
    assert world.ask(None, "public.list_reviews", p_instructor_id=instructor.id) == []


def test_nobody_else_rates_a_lesson(world: World) -> None:
    booking = world.lesson()
    learner_id = booking.columns["learner_id"]
    viewer = world.guardian(learner_id, view=True)
    for stranger in (booking.instructor.user_id, world.person(), world.admin(), viewer):
        with world.unchanged(), world.refusing("PT404", "booking_not_found"):
            rate(booking, by=stranger)


def test_a_guardian_who_may_book_rates_for_a_child(world: World) -> None:
    child = world.child(MARKETPLACE, world.person("Kit"))
    guardian = world.guardian(child, book=True, pay=True)
    instructor = world.instructor()
    slot_id = world.slot(world.service(instructor))
    booked = world.book(guardian, slot_id, p_learner_user_id=None, p_learner_id=child)
    booking = Booking(world, booked["booking_id"], guardian, instructor, slot_id)
    booking.pay()
    booking.complete()
    rate(booking, 5, by=guardian)
    assert average(world, instructor) == (Decimal("5.00"), 1)


def test_who_teaches_their_own_ward_does_not_rate_it(world: World) -> None:
    child = world.child(MARKETPLACE, world.person("Kit"))
    guardian = world.guardian(child, book=True, pay=True)
    instructor = world.instructor(user_id=guardian)
    slot_id = world.slot(world.service(instructor))
    booked = world.book(guardian, slot_id, p_learner_user_id=None, p_learner_id=child)
    booking = Booking(world, booked["booking_id"], guardian, instructor, slot_id)
    booking.pay()
    booking.complete()
    with world.unchanged(), world.refusing("PT422", "own_lesson"):
        rate(booking, 5, by=guardian)


def test_an_edit_in_studio_is_counted(world: World) -> None:
    booking = world.lesson()
    rate(booking, 2)
    with world.in_studio():
        world.connection.execute("update public.lesson_ratings set rating = 5")
    assert average(world, booking.instructor) == (Decimal("5.00"), 1)
    with world.in_studio():
        world.connection.execute("delete from public.lesson_ratings")
    assert average(world, booking.instructor) == (None, 0)


def test_the_rating_of_a_learner_who_was_erased_still_counts_as_one_voice(world: World) -> None:
    instructor = world.instructor()
    leaving, staying = world.lesson(instructor), world.lesson(instructor)
    rate(leaving, 1, p_review="I am Ben Miller, and he was late.")
    rate(staying, 4)
    world.travel(by=timedelta(days=30))
    world.maintain()
    world.call(leaving.learner, "public.erase_person", p_user_id=leaving.learner)
    assert average(world, instructor) == (Decimal("2.50"), 2)
    row = world.row("select * from public.lesson_ratings where rating = 1")
    assert (row["rating"], row["review"], row["rated_by"]) == (1, None, None)
    rate(world.lesson(instructor), 4)
    assert average(world, instructor) == (Decimal("3.00"), 3)
    assert world.violations() == []
