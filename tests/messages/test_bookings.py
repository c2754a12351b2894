"""Both sides are told what becomes of a lesson, once, and are reminded of it as it is then."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.factories import Booking, World
from tests.messages.conftest import Post

DAY, HOURS = timedelta(days=1), timedelta(hours=2)


def move(booking: Booking, days: int = 1) -> Booking:
    """Move a lesson; the replacement."""
    world = booking.world
    start_at = booking.columns["start_at"] + timedelta(days=days)
    world.slot(booking.columns["service_id"], start_at)
    (moved,) = world.ask(
        booking.learner, "public.reschedule_booking", p_booking_id=booking.id, p_start_at=start_at
    )
    replacement = moved["booking_id"]
    slot_id = world.value("select slot_id from public.bookings where id = %s", replacement)
    return Booking(world, replacement, booking.learner, booking.instructor, slot_id)


def test_both_sides_are_told_of_a_confirmed_lesson(world: World, post: Post) -> None:
    booking = world.booking()
    assert post.kinds_for(booking.learner) == []
    booking.pay()
    for person in (booking.learner, booking.instructor.user_id):
        for channel in ("app", "email"):
            assert post.kinds_for(person, channel) == ["booking_confirmed"]
    assert {message["status"] for message in post.of(booking.learner)} == {"queued"}


def test_a_message_says_what_it_is_about(world: World, post: Post) -> None:
    booking = world.booking(start_at=world.in_days(5), title="Motorways")
    booking.pay()
    sent = {message["to_address"]: message for message in post.send()}
    mail = sent[world.email(booking.learner)]
    assert "Motorways for Ben with Ann" in mail["body"]
    assert "(Europe/London)" in mail["subject"]
    assert mail["sender_name"] == "Marketplace"
    assert "{{" not in mail["subject"] + mail["body"]
    assert set(sent) == {world.email(booking.learner), world.email(booking.instructor.user_id)}


def test_reminders_are_planned_as_the_organization_says(post: Post, booking: Booking) -> None:
    assert post.planned(booking) == [
        ("lesson_reminder", DAY),
        ("lesson_reminder", HOURS),
        ("lesson_not_completed", -timedelta(minutes=75)),
    ]


def test_another_lead_is_a_setting(world: World, post: Post) -> None:
    instructor = world.instructor(org_id=(school := world.organization()))
    owner, ben = world.member(school, "owner"), world.person("Ben")
    world.learner(school, ben)
    world.call(owner, "public.update_organization", p_org_id=school, p_reminder_minutes=[60])
    slot_id = world.slot(world.service(instructor), world.in_days(5))
    booked = world.book(ben, slot_id)
    booking = Booking(world, booked["booking_id"], ben, instructor, slot_id)
    booking.pay()
    assert post.planned(booking)[0] == ("lesson_reminder", timedelta(hours=1))


def test_another_lead_counts_for_lessons_that_are_booked_already(
    world: World, post: Post, booking: Booking
) -> None:
    start_at = booking.columns["start_at"]
    world.travel(to=start_at - timedelta(hours=30))
    world.connection.execute(
        "update public.organizations set reminder_minutes = '{2880,60}' where is_marketplace"
    )
    leads = [lead for kind, lead in post.planned(booking) if kind == "lesson_reminder"]
    assert leads == [timedelta(hours=1)]  # two days before has passed
    for lead in (DAY, HOURS):
        world.travel(to=start_at - lead)
        assert post.send() == []
    world.travel(to=start_at - timedelta(hours=1))
    assert len(post.send()) == 2


def test_another_lead_is_planned_for_no_lesson_that_does_not_take_place(
    world: World, post: Post, booking: Booking
) -> None:
    world.cancel(booking.learner, booking.id)
    world.connection.execute("update public.organizations set reminder_minutes = '{60}'")
    assert post.planned(booking) == []


def test_both_sides_are_reminded_at_each_lead_once(
    world: World, post: Post, booking: Booking
) -> None:
    reminders = []
    for lead in (DAY, HOURS):
        world.travel(to=booking.columns["start_at"] - lead - timedelta(seconds=1))
        assert post.send() == []
        world.travel(by=timedelta(seconds=1))
        reminders += post.send()
        assert post.send() == []
    assert len(reminders) == 4
    assert len(post.of(booking.learner, "lesson_reminder")) == 2


@pytest.mark.parametrize("was_queued", [False, True])
def test_after_an_outage_one_reminder_of_a_lesson_comes(
    world: World, post: Post, booking: Booking, was_queued: bool
) -> None:
    if was_queued:  # mails alone were not sent
        world.travel(to=booking.columns["start_at"] - DAY)
        post.claim(channels=["whatsapp"])
    world.travel(to=booking.columns["start_at"] - HOURS)
    assert len(post.send()) == 2
    assert post.send() == []
    for person in (booking.learner, booking.instructor.user_id):
        outcomes = [(m["status"], m["error"]) for m in post.of(person, "lesson_reminder")]
        assert sorted(outcomes) == [("dropped", "superseded"), ("sent", None)]


def test_reminders_of_two_lessons_supersede_each_other_not(
    world: World, post: Post, booking: Booking
) -> None:
    start_at = booking.columns["start_at"] + timedelta(hours=3)
    slot_id = world.slot(booking.columns["service_id"], start_at)
    booked = world.book(booking.learner, slot_id)
    other = Booking(world, booked["booking_id"], booking.learner, booking.instructor, slot_id)
    other.pay()
    post.send()
    world.travel(to=start_at - DAY)
    assert len(post.send()) == 4


def test_a_cancelled_lesson_reminds_nobody(world: World, post: Post, booking: Booking) -> None:
    start_at = booking.columns["start_at"]
    world.cancel(booking.learner, booking.id)
    assert post.planned(booking) == []
    assert "booking_cancelled" in post.kinds_for(booking.instructor.user_id)
    post.send()
    world.travel(to=start_at - HOURS)
    assert post.send() == []


def test_a_reminder_that_is_queued_is_dropped_when_the_lesson_is_cancelled(
    world: World, post: Post, booking: Booking
) -> None:
    world.travel(to=booking.columns["start_at"] - DAY)
    post.claim(channels=["whatsapp"])  # queues what was planned, and sends no mail
    assert [m["status"] for m in post.of(booking.learner, "lesson_reminder")] == ["queued"]
    world.cancel(booking.learner, booking.id)
    assert "lesson_reminder" not in {m["subject"] for m in post.send()}
    (reminder,) = post.of(booking.learner, "lesson_reminder")
    assert (reminder["status"], reminder["error"]) == ("dropped", "no_longer_true")


def test_a_moved_lesson_is_reminded_of_at_its_new_time(
    world: World, post: Post, booking: Booking
) -> None:
    world.travel(to=booking.columns["start_at"] - DAY)
    post.claim(channels=["whatsapp"])
    moved = move(booking, days=2)
    assert post.planned(booking) == []
    assert [kind for kind, _ in post.planned(moved)][:2] == ["lesson_reminder"] * 2
    sent = post.send()
    assert len(sent) == 2
    assert all(message["subject"].startswith("Your lesson is moved to") for message in sent)
    (old,) = post.of(booking.learner, "lesson_reminder")
    assert (old["status"], old["error"]) == ("dropped", "no_longer_true")
    world.travel(to=moved.columns["start_at"] - DAY)
    assert len(post.send()) == 2


def test_the_calendar_entry_keeps_its_uid_and_its_sequence_rises(
    world: World, post: Post, booking: Booking
) -> None:
    entries = []
    moved = move(booking)
    entries += [message["calendar"] for message in post.send()]
    world.cancel(booking.instructor.user_id, moved.id)
    entries += [m["calendar"] for m in post.send() if m["calendar"] is not None]
    assert {entry["uid"] for entry in entries} == {str(booking.id)}
    methods = [(entry["sequence"], entry["method"]) for entry in entries]
    assert methods == [(2, "PUBLISH")] * 2 + [(3, "CANCEL")] * 2


def test_a_hold_about_to_expire_is_said(world: World, post: Post) -> None:
    booking = world.booking()
    world.travel(to=booking.columns["hold_expires_at"] - timedelta(minutes=5))
    (warning,) = post.send()
    assert warning["to_address"] == world.email(booking.learner)
    booking.pay()
    assert post.planned(booking)[0][0] == "lesson_reminder"


def test_a_hold_that_was_paid_is_not_about_to_expire(world: World, post: Post) -> None:
    booking = world.booking()
    world.travel(to=booking.columns["hold_expires_at"] - timedelta(minutes=5))
    post.claim(channels=["whatsapp"])
    booking.pay()
    post.send()
    (warning,) = post.of(booking.learner, "hold_expiring")
    assert warning["status"] == "dropped"


def test_a_request_and_its_answer_are_told(world: World, post: Post) -> None:
    booking = world.booking(requires_approval=True)
    assert post.kinds_for(booking.instructor.user_id) == ["booking_requested"]
    world.call(booking.instructor.user_id, "public.confirm_booking", p_booking_id=booking.id)
    assert post.kinds_for(booking.learner) == ["booking_accepted"]
    declined = world.booking(booking.instructor, start_at=world.in_days(3), requires_approval=True)
    world.call(booking.instructor.user_id, "public.decline_booking", p_booking_id=declined.id)
    assert post.kinds_for(declined.learner) == ["booking_declined"]


def test_who_waits_for_an_answer_is_told_that_the_lesson_is_cancelled(
    world: World, post: Post
) -> None:
    held = world.booking()
    ann = held.instructor
    world.cancel(ann.user_id, held.id)
    assert post.kinds_for(held.learner) == ["booking_cancelled"]
    assert post.kinds_for(ann.user_id) == []
    requested = world.booking(ann, start_at=world.in_days(3), requires_approval=True)
    world.cancel(requested.learner, requested.id)
    assert post.kinds_for(requested.learner) == []
    assert post.kinds_for(ann.user_id) == ["booking_cancelled", "booking_requested"]
    post.send()
    (told,) = post.of(held.learner, "booking_cancelled")
    assert told["status"] == "sent"
    given_up = world.booking(ann, start_at=world.in_days(4))
    world.cancel(given_up.learner, given_up.id)
    assert post.kinds_for(given_up.learner) == []
    assert len(post.of(ann.user_id)) == 2


def test_a_cancelled_day_is_told_to_who_has_not_paid_yet(world: World, post: Post) -> None:
    held = world.booking()
    world.ask(
        held.instructor.user_id,
        "public.cancel_day",
        p_instructor_id=held.instructor.id,
        p_on=held.columns["start_at"].date(),
        p_reason="Ill",
    )
    (told,) = post.of(held.learner, "booking_cancelled")
    assert "Ill" in next(m["body"] for m in post.send() if m["message_id"] == told["id"])


def test_guardians_get_a_minors_messages(world: World, post: Post) -> None:
    school = world.organization()
    owner, kit = world.member(school, "owner"), world.person("Kit")
    learner_id = world.child(school, kit)
    guardian = world.guardian(learner_id, view=True, book=True, pay=True)
    instructor = world.instructor(org_id=school)
    slot_id = world.slot(world.service(instructor), world.in_days(5))
    booked = world.book(guardian, slot_id, p_learner_user_id=None, p_learner_id=learner_id)
    booking = Booking(world, booked["booking_id"], guardian, instructor, slot_id)
    booking.pay()
    assert "booking_confirmed" in post.kinds_for(guardian)
    assert "booking_confirmed" in post.kinds_for(kit)
    (link,) = world.rows("select id from public.learner_guardians")
    world.call(owner, "public.revoke_guardian", p_learner_guardian_id=link["id"])
    sent_to = {message["to_address"] for message in post.send()}
    assert world.email(guardian) not in sent_to
    (dropped,) = post.of(guardian, "booking_confirmed")
    assert (dropped["status"], dropped["error"]) == ("dropped", "no_longer_true")


def test_a_learner_without_a_login_is_told_at_the_schools_address(world: World, post: Post) -> None:
    school = world.organization()
    owner = world.member(school, "owner")
    learner_id = world.learner(school, name="Mo")
    world.connection.execute(
        "update public.learner_contacts set email = 'Mo@example.org' where learner_id = %s",
        [learner_id],
    )
    slot_id = world.slot(world.service(world.instructor(org_id=school), price_cents=0))
    world.book(owner, slot_id, p_learner_user_id=None, p_learner_id=learner_id)
    assert "mo@example.org" in {message["to_address"] for message in post.send()}


def test_a_lesson_that_nobody_completed_is_asked_about(
    world: World, post: Post, booking: Booking
) -> None:
    world.travel(to=booking.columns["end_at"] + timedelta(minutes=15))
    post.send()
    for person in (booking.learner, booking.instructor.user_id):
        assert len(post.of(person, "lesson_not_completed")) == 1


def test_a_completed_lesson_is_not_asked_about(world: World, post: Post, booking: Booking) -> None:
    booking.complete()
    world.travel(by=timedelta(hours=1))
    post.send()
    assert post.of(booking.learner, "lesson_not_completed") == []
    assert [m["status"] for m in post.of(booking.learner, "rating_invited")] == ["sent"]


def test_a_missing_text_fails_no_booking(world: World, post: Post) -> None:
    world.connection.execute("delete from public.message_templates")
    booking = world.booking()
    booking.pay()
    assert booking.status == "confirmed"
    assert post.kinds_for(booking.learner) == []
