"""What is due is claimed by one worker, and only if it is still true, wanted and deliverable."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.factories import Booking, Refusal, World
from tests.messages.conftest import LEASE, Post
from tests.races import Racers
from tools.cluster import Cluster

DAY = timedelta(days=1)


def only(messages: list[dict[str, Any]], address: str) -> dict[str, Any]:
    (message,) = [message for message in messages if message["to_address"] == address]
    return message


@pytest.fixture
def confirmed(world: World) -> Booking:
    """A lesson that was just paid; both sides are to be told."""
    booking = world.booking(start_at=world.in_days(5))
    booking.pay()
    return booking


# Leases


def test_a_claimed_message_is_nobody_elses_until_its_lease_ends(
    world: World, post: Post, confirmed: Booking
) -> None:
    first = post.claim()
    assert len(first) == 2
    assert post.claim() == []
    world.travel(by=LEASE)
    again = post.claim()
    assert {m["message_id"] for m in again} == {m["message_id"] for m in first}
    assert {(m["attempts"], m["must_look_up"]) for m in again} == {(2, False)}


def test_a_sent_message_is_never_claimed_again(
    world: World, post: Post, confirmed: Booking
) -> None:
    post.send()
    world.travel(by=10 * LEASE)
    assert post.claim() == []


def test_a_late_worker_records_what_it_sent(world: World, post: Post, confirmed: Booking) -> None:
    first = post.claim()
    world.travel(by=LEASE)
    post.claim()
    for message in first:
        post.record_sent(message["message_id"])
    world.travel(by=LEASE)
    assert post.claim() == []


def test_what_a_late_worker_sent_is_not_sent_again_after_another_could_not(
    world: World, post: Post, confirmed: Booking
) -> None:
    first, other = post.claim(), uuid4()
    world.travel(by=LEASE)
    for message in post.claim(other):
        assert post.fail(message["message_id"], other) == "queued"
    for message in first:
        post.record_sent(message["message_id"])
    world.travel(by=LEASE)
    assert post.claim() == []


@pytest.mark.slow
def test_a_backlog_that_is_too_late_is_dropped_piece_by_piece(world: World, post: Post) -> None:
    booking = world.booking(start_at=world.in_days(20))
    booking.pay()
    world.connection.execute(
        "insert into public.messages (org_id, kind, channel, recipient_id, learner_id,"
        " related_type, related_id, dedupe_key, send_after, available_at)"
        " select org_id, kind, channel, recipient_id, learner_id, related_type, related_id,"
        " number::text, send_after, available_at from public.messages"
        " cross join generate_series(1, 600) number"
        " where recipient_id = %s and channel = 'email'",
        [booking.learner],
    )
    world.travel(by=4 * DAY)
    left = "select count(*) from public.messages where status = 'queued' and channel = 'email'"
    before = world.value(left)
    assert post.claim(limit=1) == []
    assert world.value(left) == before - 500
    post.claim(limit=1)
    assert world.value(left) == 0


def test_two_workers_claim_a_message_once(cluster: Cluster, committed_world: World) -> None:
    booking = committed_world.booking()
    booking.pay()
    database = committed_world.connection.info.dbname

    with Racers(cluster.admin_url(database), 4) as racers:
        for _ in range(2):
            outcomes = racers.race(lambda connection, _: Post(World(connection)).claim(limit=1))
            assert not any(isinstance(outcome, Refusal) for outcome in outcomes)
            taken = [m["message_id"] for o in outcomes if isinstance(o, list) for m in o]
            assert len(taken) == len(set(taken))


def test_what_was_not_sent_is_tried_again_later(
    world: World, post: Post, confirmed: Booking
) -> None:
    worker = uuid4()
    for message in post.claim(worker):
        assert post.fail(message["message_id"], worker) == "queued"
    assert post.claim() == []
    world.travel(by=timedelta(seconds=20))
    assert len(post.claim()) == 2


def test_a_poison_message_ends_dead_and_blocks_nobody(
    world: World, post: Post, confirmed: Booking
) -> None:
    worker, poison = uuid4(), world.email(confirmed.learner)
    for _ in range(12):
        for message in post.claim(worker):
            if message["to_address"] == poison:
                post.fail(message["message_id"], worker)
            else:
                post.record_sent(message["message_id"])
        (waiting,) = post.of(confirmed.learner, "booking_confirmed")
        world.travel(to=waiting["available_at"])
    (dead,) = post.of(confirmed.learner, "booking_confirmed")
    assert (dead["status"], dead["error"]) == ("failed", "error")
    (other,) = post.of(confirmed.instructor.user_id, "booking_confirmed")
    assert other["status"] == "sent"


def test_a_text_that_cannot_be_filled_blocks_nobody(
    world: World, post: Post, confirmed: Booking
) -> None:
    world.connection.execute(
        "update public.messages set related_id = gen_random_uuid(), related_type = 'refunds',"
        " learner_id = null where recipient_id = %s",
        [confirmed.learner],
    )
    assert [m["to_address"] for m in post.send()]


# M3: an outcome that is not known


def test_an_unknown_outcome_is_looked_up_before_anything_is_sent_again(
    world: World, post: Post
) -> None:
    booking = world.booking(start_at=world.in_days(5))
    number = post.phone(booking.learner)
    booking.pay()
    worker = uuid4()
    message = only(post.claim(worker, channels=["sms"]), number)
    assert message["must_look_up"] is False
    assert post.fail(message["message_id"], worker, "unknown") == "unknown"
    assert post.claim(channels=["sms"]) == []
    world.travel(by=timedelta(minutes=2))
    again = only(post.claim(channels=["sms"]), number)
    assert again["must_look_up"] is True
    assert again["body"] == message["body"]


def test_a_mail_whose_outcome_is_unknown_is_repeated_as_it_was(
    world: World, post: Post, confirmed: Booking
) -> None:
    worker = uuid4()
    first = {m["message_id"]: m["body"] for m in post.claim(worker)}
    for message_id in first:
        post.fail(message_id, worker, "unknown")
    world.connection.execute("update public.learners set full_name = 'Another'")
    world.travel(by=timedelta(minutes=2))
    assert {m["message_id"]: m["body"] for m in post.claim()} == first


def test_a_mail_that_is_repeated_goes_to_the_address_of_today(
    world: World, post: Post, confirmed: Booking
) -> None:
    worker, old = uuid4(), world.email(confirmed.learner)
    message = only(post.claim(worker), old)
    post.fail(message["message_id"], worker, "unknown")
    world.connection.execute(
        "update auth.users set email = 'new@example.org' where id = %s", [confirmed.learner]
    )
    world.travel(by=timedelta(minutes=2))
    again = [m["to_address"] for m in post.claim() if m["message_id"] == message["message_id"]]
    assert again == ["new@example.org"]


def test_what_was_not_sent_for_certain_is_not_looked_up(world: World, post: Post) -> None:
    booking = world.booking(start_at=world.in_days(5))
    number = post.phone(booking.learner)
    booking.pay()
    worker = uuid4()
    message = only(post.claim(worker, channels=["sms"]), number)
    assert post.fail(message["message_id"], worker, "not_sent") == "queued"
    world.travel(by=timedelta(minutes=1))
    assert only(post.claim(worker, channels=["sms"]), number)["must_look_up"] is False
    post.fail(message["message_id"], worker, "unknown")
    world.travel(by=timedelta(minutes=2))
    assert only(post.claim(worker, channels=["sms"]), number)["must_look_up"] is True
    assert post.fail(message["message_id"], worker, "not_found") == "queued"
    assert only(post.claim(worker, channels=["sms"]), number)["must_look_up"] is False


def test_what_stays_unknown_waits_for_an_admin(world: World, post: Post) -> None:
    booking = world.booking(start_at=world.in_days(20))
    number = post.phone(booking.learner)
    booking.pay()
    worker, admin = uuid4(), world.admin()
    for _ in range(14):
        for message in post.claim(worker, channels=["sms"]):
            post.fail(message["message_id"], worker, "unknown")
        world.travel(by=timedelta(minutes=3))
    (unknown,) = post.of(booking.learner, "booking_confirmed", "sms")
    assert (unknown["status"], unknown["attempts"]) == ("unknown", 12)
    with world.refusing("42501", "not_an_admin"):
        world.call(
            booking.learner,
            "public.admin_resend_message",
            p_message_id=unknown["id"],
            p_reason="Please.",
        )
    world.call(
        admin, "public.admin_resend_message", p_message_id=unknown["id"], p_reason="Not there."
    )
    assert only(post.claim(channels=["sms"]), number)["must_look_up"] is False


# M5: language


def test_a_text_comes_in_the_recipients_language_and_falls_back(world: World, post: Post) -> None:
    world.connection.execute(
        "insert into public.message_templates (org_id, kind, channel, locale, subject, body)"
        " values"
        " (private.platform_id(), 'booking_confirmed', 'email', 'de', 'Gebucht', 'Am {{start_at}}')"
    )
    booking = world.booking(start_at=world.in_days(5))
    post.profile(booking.learner, locale="de-AT")
    post.profile(booking.instructor.user_id, locale="pl")
    booking.pay()
    sent = post.send()
    german = only(sent, world.email(booking.learner))
    assert german["subject"] == "Gebucht"
    assert german["body"].strip().endswith("(Europe/London)")
    english = only(sent, world.email(booking.instructor.user_id))
    assert english["subject"].startswith("Your lesson on")


# M4: the zone


def test_times_are_those_of_the_lesson_and_name_its_zone(world: World, post: Post) -> None:
    instructor = world.instructor(time_zone="Asia/Tokyo")
    booking = world.booking(instructor, start_at=world.in_days(5, hour=1))
    post.profile(booking.learner, time_zone="America/New_York")
    booking.pay()
    mail = only(post.send(), world.email(booking.learner))
    assert ", 10:00 (Asia/Tokyo)" in mail["subject"]


@pytest.mark.parametrize(
    ("zone", "at", "shown"),
    [
        # The clocks of London and New York are put back; Lord Howe's by half an hour.
        ("Europe/London", "2026-10-25T00:30Z", "01:30 (Europe/London, UTC+01:00)"),
        ("Europe/London", "2026-10-25T01:30Z", "01:30 (Europe/London, UTC+00:00)"),
        ("Europe/London", "2026-10-24T23:59Z", "00:59 (Europe/London)"),
        ("Europe/London", "2026-10-25T02:00Z", "02:00 (Europe/London)"),
        ("Europe/London", "2027-03-28T01:30Z", "02:30 (Europe/London)"),
        ("America/New_York", "2026-11-01T05:30Z", "01:30 (America/New_York, UTC-04:00)"),
        ("America/New_York", "2026-11-01T06:30Z", "01:30 (America/New_York, UTC-05:00)"),
        ("Australia/Lord_Howe", "2027-04-03T14:45Z", "01:45 (Australia/Lord_Howe, UTC+11:00)"),
        ("Australia/Lord_Howe", "2027-04-03T15:15Z", "01:45 (Australia/Lord_Howe, UTC+10:30)"),
        ("Asia/Kolkata", "2026-10-25T00:30Z", "06:00 (Asia/Kolkata)"),
    ],
)
def test_the_hour_that_comes_twice_is_named_with_its_offset(
    world: World, zone: str, at: str, shown: str
) -> None:
    text = world.value("select private.time_text(%s, %s, 'en')", at, zone)
    assert text.endswith(f", {shown}")


# M6: suppression


@pytest.mark.parametrize("cause", ["hard_bounce", "stop"])
def test_an_address_that_takes_nothing_gets_nothing_more(
    world: World, post: Post, confirmed: Booking, cause: str
) -> None:
    worker = uuid4()
    message = only(post.claim(worker), world.email(confirmed.learner))
    status = post.fail(message["message_id"], worker, "refused", cause)
    assert status == ("bounced" if cause == "hard_bounce" else "failed")
    world.cancel(confirmed.learner, confirmed.id)
    assert world.email(confirmed.learner) not in {m["to_address"] for m in post.send()}
    (dropped,) = post.of(confirmed.learner, "booking_cancelled")
    assert (dropped["status"], dropped["error"]) == ("dropped", "suppressed")


def test_another_address_of_the_same_person_is_free(
    world: World, post: Post, confirmed: Booking
) -> None:
    worker = uuid4()
    message = only(post.claim(worker), world.email(confirmed.learner))
    post.fail(message["message_id"], worker, "refused", "hard_bounce")
    world.connection.execute(
        "update auth.users set email = 'new@example.org' where id = %s", [confirmed.learner]
    )
    world.cancel(confirmed.learner, confirmed.id)
    assert "new@example.org" in {m["to_address"] for m in post.send()}


def test_a_refusal_for_another_cause_suppresses_nothing(
    world: World, post: Post, confirmed: Booking
) -> None:
    worker = uuid4()
    for message in post.claim(worker):
        assert post.fail(message["message_id"], worker, "refused") == "failed"
    world.cancel(confirmed.learner, confirmed.id)
    assert len(post.send()) == 2


# M9: preferences


def test_optional_kinds_can_be_switched_off_over_a_channel(
    world: World, post: Post, booking: Booking
) -> None:
    post.prefer(booking.learner, "email", is_on=False, kind="lesson_reminder")
    world.travel(to=booking.columns["start_at"] - DAY)
    assert [m["to_address"] for m in post.send()] == [world.email(booking.instructor.user_id)]
    assert len(post.of(booking.learner, "lesson_reminder", "app")) == 1


def test_a_choice_counts_also_for_what_is_queued(
    world: World, post: Post, booking: Booking
) -> None:
    world.travel(to=booking.columns["start_at"] - DAY)
    post.claim(channels=["whatsapp"])
    post.prefer(booking.learner, "email", is_on=False)
    assert [m["to_address"] for m in post.send()] == [world.email(booking.instructor.user_id)]
    (dropped,) = post.of(booking.learner, "lesson_reminder")
    assert (dropped["status"], dropped["error"]) == ("dropped", "not_wanted")


def test_what_is_essential_cannot_be_switched_off(
    world: World, post: Post, confirmed: Booking
) -> None:
    post.prefer(confirmed.learner, "email", is_on=False)
    post.prefer(confirmed.learner, "email", is_on=False, kind="booking_confirmed")
    assert len(post.send()) == 2


def test_no_sms_without_having_asked_for_it(world: World, post: Post) -> None:
    booking = world.booking()
    post.profile(booking.learner, phone="+44 7700 900123")
    booking.pay()
    assert post.of(booking.learner, "booking_confirmed", "sms") == []


def test_a_number_without_its_country_gets_no_sms(world: World, post: Post) -> None:
    booking = world.booking()
    post.phone(booking.learner, "07700 900123")
    booking.pay()
    assert {m["channel"] for m in post.send()} == {"email"}
    (dropped,) = post.of(booking.learner, "booking_confirmed", "sms")
    assert dropped["error"] == "no_address"


def test_marketing_is_for_who_has_asked_for_it(world: World, post: Post) -> None:
    instructor, _ = world.hourly()
    wanting, other = world.person("Wim"), world.person("Ola")
    post.prefer(wanting, "email", kind="buy_hours")
    for learner in (wanting, other):
        world.hours(learner, instructor, 1).book(
            world.service(instructor, price_cents=None), world.in_days(5 if learner is other else 6)
        )
    assert len(post.of(wanting, "buy_hours")) == 1
    assert post.of(other, "buy_hours") == []
    mail = [m for m in post.send() if m["unsubscribe_token"]]
    assert [m["to_address"] for m in mail] == [world.email(wanting)]


# M10: hours of the day


@pytest.mark.parametrize(("hour", "is_sent"), [(7, False), (8, True), (20, True), (21, False)])
def test_reminders_by_sms_keep_the_recipients_hours(
    world: World, post: Post, hour: int, is_sent: bool
) -> None:
    booking = world.booking(start_at=world.in_days(6, hour=hour))
    number = post.phone(booking.learner)
    post.profile(booking.learner, time_zone="UTC")
    booking.pay()
    post.send()
    world.travel(to=booking.columns["start_at"] - DAY)
    sent = {m["to_address"] for m in post.send() if m["channel"] == "sms"}
    assert (number in sent) is is_sent
    if not is_sent:
        world.travel(by=timedelta(hours=11))
        assert number in {m["to_address"] for m in post.send()}


def test_a_reminder_that_its_hours_would_make_too_late_is_dropped(world: World, post: Post) -> None:
    booking = world.booking(start_at=world.in_days(6, hour=7))
    post.phone(booking.learner)
    post.profile(booking.learner, time_zone="UTC")
    booking.pay()
    world.travel(to=booking.columns["start_at"] - timedelta(hours=2))
    post.send()
    errors = {m["error"] for m in post.of(booking.learner, "lesson_reminder", "sms")}
    assert "window_missed" in errors


def test_what_cannot_wait_comes_at_any_hour(world: World, post: Post) -> None:
    world.travel(to=world.in_days(1, hour=3))
    booking = world.booking(start_at=world.in_days(6))
    number = post.phone(booking.learner)
    booking.pay()
    assert number in {m["to_address"] for m in post.send()}


def test_what_waited_for_days_is_not_sent_any_more(
    world: World, post: Post, confirmed: Booking
) -> None:
    world.travel(by=timedelta(hours=72, seconds=1))
    assert post.send() == []
    (dropped,) = post.of(confirmed.learner, "booking_confirmed")
    assert dropped["error"] == "too_late"


# M11: WhatsApp


def approve(world: World, status: str = "approved") -> None:
    world.connection.execute(
        "insert into public.message_templates"
        " (org_id, kind, channel, locale, body, content_sid, content_status, content_variables)"
        " values (private.platform_id(), 'booking_confirmed', 'whatsapp', 'en',"
        " 'Booked: {{start_at}}.', %s, %s, '{start_at,instructor_name}')",
        [f"HX{'0' * 32}", status],
    )


def test_whatsapp_sends_an_approved_text_with_its_variables(world: World, post: Post) -> None:
    approve(world)
    booking = world.booking(start_at=world.in_days(5))
    number = post.phone(booking.learner)
    post.prefer(booking.learner, "sms", is_on=False)
    post.prefer(booking.learner, "whatsapp")
    booking.pay()
    (message,) = [m for m in post.send() if m["to_address"] == number]
    assert message["channel"] == "whatsapp"
    assert message["content_sid"] == f"HX{'0' * 32}"
    assert message["content_variables"]["2"] == "Ann"


def test_what_whatsapp_has_not_approved_comes_as_sms(world: World, post: Post) -> None:
    approve(world, "pending")
    booking = world.booking(start_at=world.in_days(5))
    number = post.phone(booking.learner)
    post.prefer(booking.learner, "sms", is_on=False)
    post.prefer(booking.learner, "whatsapp")
    booking.pay()
    (message,) = [m for m in post.send() if m["to_address"] == number]
    assert message["channel"] == "sms"


def test_an_approval_that_ends_before_the_sending_makes_it_an_sms(world: World, post: Post) -> None:
    approve(world)
    booking = world.booking(start_at=world.in_days(5))
    number = post.phone(booking.learner)
    post.prefer(booking.learner, "sms", is_on=False)
    post.prefer(booking.learner, "whatsapp")
    booking.pay()
    world.serve(
        "jobs",
        "private.record_template_status",
        p_content_sid=f"HX{'0' * 32}",
        p_status="paused",
    )
    (message,) = [m for m in post.send() + post.send() if m["to_address"] == number]
    assert message["channel"] == "sms"
