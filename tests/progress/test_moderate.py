"""A review is answered once, reported by who reads it, and hidden for listed reasons alone."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from tests.factories import Booking, World
from tests.progress.test_rate import average, rate

FAULTS = ["off_topic", "not_genuine", "personal_data", "abusive", "unlawful"]


@pytest.fixture
def booking(world: World) -> Booking:
    return world.lesson()


@pytest.fixture
def review(booking: Booking) -> UUID:
    return rate(booking, 1, p_review="He shouts.")


def listed(world: World, booking: Booking) -> list[dict[str, object]]:
    return world.ask(None, "public.list_reviews", p_instructor_id=booking.instructor.id)


def reply(world: World, by: UUID, review: UUID, text: str | None = "I am sorry.") -> None:
    world.call(by, "public.reply_to_review", p_rating_id=review, p_reply=text)


def report(world: World, by: UUID, review: UUID, fault: str | None = "abusive") -> None:
    world.call(by, "public.report_review", p_rating_id=review, p_fault=fault, p_statement="Read!")


def hide(world: World, review: UUID, fault: str | None, by: UUID | None = None) -> None:
    world.call(
        by or world.admin(),
        "public.admin_hide_review",
        p_rating_id=review,
        p_fault=fault,
        p_reason="As the policy has it.",
    )


def keep(world: World, review: UUID, by: UUID | None = None) -> None:
    world.call(
        by or world.admin(),
        "public.admin_keep_review",
        p_rating_id=review,
        p_reason="It is about the lesson.",
    )


def test_everybody_reads_reviews_and_nobodys_name(
    world: World, booking: Booking, review: UUID
) -> None:
    assert listed(world, booking) == [
        {
            "rating_id": review,
            "rating": 1,
            "review": "He shouts.",
            "rated_at": world.now(),
            "reply": None,
            "replied_at": None,
        }
    ]


def test_reviews_of_who_is_not_listed_are_not_shown(
    world: World, booking: Booking, review: UUID
) -> None:
    world.connection.execute("update public.instructors set verification_status = 'pending'")
    assert listed(world, booking) == []
    with world.unchanged(), world.refusing("PT404", "review_not_found"):
        report(world, world.person(), review)


def test_there_is_one_reply(world: World, booking: Booking, review: UUID) -> None:
    reply(world, booking.instructor.user_id, review)
    assert listed(world, booking)[0]["reply"] == "I am sorry."
    with world.unchanged(), world.refusing("PT409", "already_replied"):
        reply(world, booking.instructor.user_id, review, "And I mean it.")


@pytest.mark.parametrize(
    ("text", "code"),
    [(None, "value_missing"), ("", "texts_are_short"), ("\u200b", "texts_show_something")],
)
def test_a_reply_says_something(
    world: World, booking: Booking, review: UUID, text: str | None, code: str
) -> None:
    with world.unchanged(), world.refusing("PT422", code):
        reply(world, booking.instructor.user_id, review, text)


def test_nobody_else_replies(world: World, booking: Booking, review: UUID) -> None:
    for stranger in (booking.learner, world.instructor().user_id, world.person()):
        with world.unchanged(), world.refusing("PT404", "review_not_found"):
            reply(world, stranger, review)


def test_a_report_is_for_the_platform_and_is_made_once(
    world: World, booking: Booking, review: UUID
) -> None:
    reporter = booking.instructor.user_id
    report(world, reporter, review)
    with world.unchanged():
        report(world, reporter, review, "unlawful")
    alert = world.row("select * from public.alerts where code = 'review_reported'")
    assert alert["org_id"] == world.value("select private.platform_id()")
    assert (alert["related_id"], alert["learner_id"]) == (review, None)
    assert len(listed(world, booking)) == 1
    report(world, world.person(), review)
    assert world.count("public.review_reports") == 2


def test_a_report_names_its_reason(world: World, review: UUID) -> None:
    with world.unchanged(), world.refusing("PT422", "value_missing"):
        report(world, world.person(), review, None)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_hidden_review_is_shown_no_more_and_its_author_is_told_why(
    world: World, booking: Booking, review: UUID, fault: str
) -> None:
    """The rating counts on, unless it was no rating of this lesson."""
    report(world, booking.instructor.user_id, review)
    hide(world, review, fault)
    assert listed(world, booking) == []
    counts = fault not in ("off_topic", "not_genuine")
    assert average(world, booking.instructor)[1] == int(counts)
    with world.acting_as(booking.learner):
        (told,) = world.rows("select * from public.alerts where code = 'review_hidden'")
        (own,) = world.rows("select hidden_for, review from public.lesson_ratings")
    assert told["learner_id"] == booking.columns["learner_id"]
    assert (own["hidden_for"], own["review"]) == (fault, "He shouts.")
    assert world.count("public.review_reports where resolved_at is null") == 0
    open_reports = "public.alerts where code = 'review_reported' and resolved_at is null"
    assert world.count(open_reports) == 0


def test_hiding_again_tells_nothing_more(world: World, booking: Booking, review: UUID) -> None:
    hide(world, review, "abusive")
    hide(world, review, "abusive")
    assert world.count("public.alerts where code = 'review_hidden'") == 1


def test_what_is_kept_is_shown_again(world: World, booking: Booking, review: UUID) -> None:
    hide(world, review, "not_genuine")
    keep(world, review)
    assert len(listed(world, booking)) == 1
    assert average(world, booking.instructor)[1] == 1


def test_only_the_platform_hides_and_says_why(world: World, booking: Booking, review: UUID) -> None:
    for stranger in (booking.instructor.user_id, booking.learner, world.person()):
        with world.unchanged(), world.refusing("42501", "not_an_admin"):
            hide(world, review, "abusive", stranger)
        with world.unchanged(), world.refusing("42501", "not_an_admin"):
            keep(world, review, stranger)
    with world.unchanged(), world.refusing("PT422", "value_missing"):
        hide(world, review, None)
    with world.unchanged(), world.refusing("PT404", "review_not_found"):
        hide(world, booking.id, "abusive")


def test_reviews_come_in_pages(world: World) -> None:
    """Also those of one instant, of which a page may take some and leave the others."""
    instructor = world.instructor()
    for rating in (1, 2, 3, 4, 5):
        rate(world.lesson(instructor), rating)
    moment = world.value("select max(created_at) from public.lesson_ratings where rating = 1")
    world.connection.execute(
        "update public.lesson_ratings set created_at = %s where rating between 2 and 4", [moment]
    )
    seen: list[int] = []
    page: list[dict[str, Any]] = [{"rated_at": None, "rating_id": None}]
    while page := world.ask(
        None,
        "public.list_reviews",
        p_instructor_id=instructor.id,
        p_limit=2,
        p_after_rated_at=page[-1]["rated_at"],
        p_after_id=page[-1]["rating_id"],
    ):
        seen += [row["rating"] for row in page]
    assert seen[0] == 5
    assert sorted(seen) == [1, 2, 3, 4, 5]
