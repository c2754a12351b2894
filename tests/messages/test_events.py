"""Callbacks move a message only forwards; STOP ends messages to a number, and cancels no lesson."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from tests.factories import Booking, World
from tests.messages.conftest import Post


@pytest.fixture
def texted(world: World, post: Post) -> tuple[Booking, UUID, str]:
    """A lesson, the SMS that said so, and the number that it went to."""
    booking = world.booking(start_at=world.in_days(5))
    number = post.phone(booking.learner)
    booking.pay()
    (message,) = post.claim(channels=["sms"])
    post.record_sent(message["message_id"], "SM1")
    return booking, message["message_id"], number


def status(world: World, message_id: UUID) -> str:
    found: str = world.value("select status from public.messages where id = %s", message_id)
    return found


def test_a_callback_is_recorded_once(
    world: World, post: Post, texted: tuple[Booking, UUID, str]
) -> None:
    _, message_id, _ = texted
    assert post.call_back("delivered", "SM1") == "recorded"
    assert status(world, message_id) == "delivered"
    with world.unchanged():
        assert post.call_back("delivered", "SM1") == "duplicate"


def test_a_late_callback_takes_nothing_back(
    world: World, post: Post, texted: tuple[Booking, UUID, str]
) -> None:
    _, message_id, _ = texted
    post.call_back("delivered", "SM1")
    for late in ("sent", "queued", "failed"):
        post.call_back(late, "SM1")
    assert status(world, message_id) == "delivered"


def test_the_first_error_is_kept(
    world: World, post: Post, texted: tuple[Booking, UUID, str]
) -> None:
    _, message_id, _ = texted
    post.call_back("undelivered", "SM1", error="30005")
    post.call_back("failed", "SM1", error="30008")
    row = world.row("select status, error from public.messages where id = %s", message_id)
    assert (row["status"], row["error"]) == ("bounced", "30005")


def test_a_callback_may_be_faster_than_the_answer(world: World, post: Post) -> None:
    booking = world.booking(start_at=world.in_days(5))
    post.phone(booking.learner)
    booking.pay()
    worker = uuid4()
    (message,) = post.claim(worker, channels=["sms"])
    assert post.call_back("delivered", "SM2", message["message_id"]) == "recorded"
    post.record_sent(message["message_id"], "SM2")
    assert status(world, message["message_id"]) == "delivered"
    assert post.fail(message["message_id"], worker) == "delivered"


def test_a_callback_for_an_unknown_message_changes_nothing(world: World, post: Post) -> None:
    assert post.call_back("delivered", "SM9", uuid4()) == "unknown_message"


@pytest.mark.parametrize("words", ["STOP", "stop", "Stop.", "CANCEL", "Unsubscribe", " quit "])
def test_stop_ends_messages_to_a_number_and_cancels_no_lesson(
    world: World, post: Post, texted: tuple[Booking, UUID, str], words: str
) -> None:
    booking, _, number = texted
    assert post.answer(number, words) == "stop"
    assert booking.status == "confirmed"
    world.cancel(booking.learner, booking.id)
    sent = post.send()
    assert number not in {message["to_address"] for message in sent}
    assert world.email(booking.learner) in {message["to_address"] for message in sent}


def test_start_takes_stop_back(world: World, post: Post, texted: tuple[Booking, UUID, str]) -> None:
    booking, _, number = texted
    post.answer(number, "STOP")
    assert post.answer(number, "START") == "start"
    world.cancel(booking.learner, booking.id)
    assert number in {message["to_address"] for message in post.send()}


def test_the_error_that_somebody_has_said_stop_counts_as_stop(
    world: World, post: Post, texted: tuple[Booking, UUID, str]
) -> None:
    booking, _, number = texted
    post.call_back("failed", "SM1", error="21610")
    world.cancel(booking.learner, booking.id)
    assert number not in {message["to_address"] for message in post.send()}


@pytest.mark.parametrize(("words", "meaning"), [("HELP", "help"), ("Do not stop!", "other")])
def test_other_answers_are_stored_and_change_nothing(
    world: World, post: Post, texted: tuple[Booking, UUID, str], words: str, meaning: str
) -> None:
    _, _, number = texted
    assert post.answer(number, words) == meaning
    assert world.count("private.suppressed_addresses") == 0


def test_an_answer_is_taken_once(post: Post, texted: tuple[Booking, UUID, str]) -> None:
    _, _, number = texted
    assert post.answer(number, "STOP", id="SM7") == "stop"
    assert post.answer(number, "STOP", id="SM7") == "duplicate"


def unsubscribe(world: World, token: UUID) -> bool:
    (row,) = world.serve("webhook_service", "private.unsubscribe", p_token=token)
    known: bool = row["unsubscribe"]
    return known


def test_the_link_in_a_message_switches_its_kind_off(
    world: World, post: Post, booking: Booking
) -> None:
    booking.complete()
    (invited,) = [m for m in post.send() if m["to_address"] == world.email(booking.learner)]
    assert unsubscribe(world, invited["unsubscribe_token"])
    wanted = world.ask(booking.learner, "public.my_message_preferences")
    off = {(w["kind"], w["channel"]) for w in wanted if not w["is_on"] and w["channel"] == "email"}
    assert ("rating_invited", "email") in off
    assert ("lesson_reminder", "email") not in off


def test_a_choice_is_kept_with_its_way_and_its_moment(
    world: World, post: Post, booking: Booking
) -> None:
    post.prefer(booking.learner, "sms")
    agreed_at = world.now()
    booking.complete()
    (invited,) = [m for m in post.send() if m["to_address"] == world.email(booking.learner)]
    unsubscribe(world, invited["unsubscribe_token"])
    choices = world.rows(
        "select channel, kind, is_on, source, changed_at from private.message_preferences"
        " order by changed_at"
    )
    assert [tuple(choice.values()) for choice in choices] == [
        ("sms", None, True, "person", agreed_at),
        ("email", "rating_invited", False, "link", world.now()),
    ]


def test_an_unknown_link_does_nothing(world: World) -> None:
    with world.unchanged():
        assert not unsubscribe(world, uuid4())
