"""A person's lessons behind a secret: theirs and as of now, until the secret is replaced."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from tests.factories import Booking, World
from tests.messages.conftest import Post


def open_feed(world: World, person: UUID) -> str:
    token: str = world.call(person, "public.replace_calendar_feed")
    return token


def entries(world: World, token: str) -> list[dict[str, Any]] | None:
    (row,) = world.serve("webhook_service", "private.calendar_of_feed", p_token=token)
    found: list[dict[str, Any]] | None = row["calendar_of_feed"]
    return found


def times(world: World, token: str) -> list[datetime]:
    return [datetime.fromisoformat(entry["start"]) for entry in entries(world, token) or []]


def test_both_sides_see_the_lesson_under_the_uid_of_their_mails(
    world: World, post: Post, booking: Booking
) -> None:
    (message,) = post.of(booking.learner, "booking_confirmed")
    mailed = world.value(
        "select calendar from public.message_contents where message_id = %s", message["id"]
    )
    for person in (booking.learner, booking.instructor.user_id):
        (entry,) = entries(world, open_feed(world, person)) or []
        assert {name: entry[name] for name in entry if name != "stamp"} == {
            name: mailed[name] for name in mailed if name != "stamp"
        }
    assert entries(world, open_feed(world, world.person())) == []


def test_a_moved_lesson_is_one_entry_with_a_higher_sequence(world: World, booking: Booking) -> None:
    token = open_feed(world, booking.learner)
    (before,) = entries(world, token) or []
    world.slot(booking.columns["service_id"], world.in_days(7))
    world.ask(
        booking.learner,
        "public.reschedule_booking",
        p_booking_id=booking.id,
        p_start_at=world.in_days(7),
    )
    (after,) = entries(world, token) or []
    assert after["uid"] == before["uid"]
    assert after["sequence"] > before["sequence"]
    assert times(world, token) == [world.in_days(7)]


def test_what_is_cancelled_old_or_far_away_is_not_shown(world: World, booking: Booking) -> None:
    token = open_feed(world, booking.learner)
    world.travel(to=booking.columns["start_at"] + timedelta(days=30))
    assert len(times(world, token)) == 1
    world.travel(by=timedelta(seconds=1))
    assert times(world, token) == []
    world.travel(to=booking.columns["start_at"] - timedelta(days=1))
    world.cancel(booking.learner, booking.id)
    assert times(world, token) == []


def test_a_new_secret_ends_the_one_before(world: World, booking: Booking) -> None:
    first = open_feed(world, booking.learner)
    second = open_feed(world, booking.learner)
    assert first != second
    assert entries(world, first) is None
    assert len(times(world, second)) == 1
    stored = world.value("select token_hash from private.calendar_feeds")
    assert second not in stored
    world.call(booking.learner, "public.end_calendar_feed")
    assert entries(world, second) is None
    assert entries(world, "") is None


def test_who_leaves_sees_nothing_more(world: World) -> None:
    instructor = world.instructor()
    booking = world.booking(instructor, start_at=world.in_days(5), price_cents=0)
    token = open_feed(world, instructor.user_id)
    assert len(times(world, token)) == 1
    world.connection.execute(
        "delete from public.organization_members where user_id = %s and role = 'instructor'",
        [instructor.user_id],
    )
    assert times(world, token) == []
    assert booking.status == "confirmed"


def test_guardians_see_a_childs_lessons_and_tests(world: World) -> None:
    org_id = world.organization()
    child = world.child(org_id, world.person())
    guardian, blind = world.guardian(child, view=True, book=True), world.guardian(child, pay=True)
    world.call(
        guardian,
        "public.add_test",
        p_learner_id=child,
        p_kind="theory",
        p_start_at=world.in_days(2),
        p_end_at=world.in_days(2, 11),
    )
    (entry,) = entries(world, open_feed(world, guardian)) or []
    assert entry["summary"].startswith("theory: ")
    assert entries(world, open_feed(world, blind)) == []


def test_erasure_ends_it(world: World, booking: Booking) -> None:
    token = open_feed(world, booking.learner)
    world.connection.execute("select private.erase_messages_to(%s)", [booking.learner])
    assert entries(world, token) is None
