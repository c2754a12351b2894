"""Each kind of message reaches those whom it is for, by the act that causes it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.factories import Booking, Instructor, World, account_object
from tests.factories.bookings import Credit
from tests.messages.conftest import Post
from tests.schools.conftest import School, school

__all__ = ["school"]


def test_a_lesson_that_the_school_proposes_is_told_to_the_learner(
    school: School, post: Post
) -> None:
    world = school.world
    slot_id = world.slot(world.service(school.instructor), world.in_days(9))
    learner_id = world.value("select id from public.learners where user_id = %s", school.learner)
    world.book(school.admin, slot_id, p_learner_user_id=None, p_learner_id=learner_id)
    assert post.kinds_for(school.learner) == ["lesson_proposed"]
    assert post.kinds_for(school.instructor.user_id) == []


def test_a_kind_is_essential_only_if_somebody_says_so(world: World) -> None:
    with world.refusing("23502"):
        world.connection.execute(
            "insert into private.message_kinds (key, about) values ('news', 'bookings')"
        )


def test_a_hold_that_ended_is_told(world: World, post: Post) -> None:
    booking = world.booking()
    world.travel(by=timedelta(minutes=15))
    world.maintain()
    assert booking.status == "expired"
    assert "booking_expired" in post.kinds_for(booking.learner)


def test_a_move_is_told_once_and_as_no_cancellation(
    world: World, post: Post, booking: Booking
) -> None:
    world.slot(booking.columns["service_id"], world.in_days(7))
    world.ask(
        booking.learner,
        "public.reschedule_booking",
        p_booking_id=booking.id,
        p_start_at=world.in_days(7),
    )
    for person in (booking.learner, booking.instructor.user_id):
        assert post.kinds_for(person) == ["booking_confirmed", "booking_moved"]
    assert {m["subject"][:24] for m in post.send()} == {"Your lesson is moved to "}


def test_a_move_that_the_instructor_proposes_is_told(
    world: World, post: Post, booking: Booking
) -> None:
    world.slot(booking.columns["service_id"], world.in_days(7))
    world.ask(
        booking.instructor.user_id,
        "public.reschedule_booking",
        p_booking_id=booking.id,
        p_start_at=world.in_days(7),
    )
    assert "move_proposed" in post.kinds_for(booking.learner)
    assert "move_proposed" not in post.kinds_for(booking.instructor.user_id)


@pytest.mark.parametrize("end", ["declined", "expired"])
def test_a_move_that_is_not_made_leaves_the_lesson_where_it_is(
    world: World, post: Post, booking: Booking, end: str
) -> None:
    world.slot(booking.columns["service_id"], world.in_days(7))
    (proposed,) = world.ask(
        booking.instructor.user_id,
        "public.reschedule_booking",
        p_booking_id=booking.id,
        p_start_at=world.in_days(7),
    )
    post.send()
    if end == "declined":
        world.call(booking.learner, "public.decline_proposal", p_booking_id=proposed["booking_id"])
    else:
        deadline = "select hold_expires_at from public.bookings where id = %s"
        world.travel(to=world.value(deadline, proposed["booking_id"]))
        world.maintain()
    assert booking.status == "confirmed"
    for person in (booking.learner, booking.instructor.user_id):
        assert not {"booking_declined", "booking_expired"} & set(post.kinds_for(person))
        assert "move_not_made" in post.kinds_for(person)
    (mail, _) = [m for m in post.send() if m["subject"].startswith("Your lesson stays on")]
    assert "It is not moved to" in mail["body"]


def test_a_proposed_move_that_nobody_answers_is_not_said_to_give_up_the_lesson(
    world: World, post: Post, booking: Booking
) -> None:
    world.slot(booking.columns["service_id"], world.in_days(7))
    world.ask(
        booking.instructor.user_id,
        "public.reschedule_booking",
        p_booking_id=booking.id,
        p_start_at=world.in_days(7),
    )
    post.send()
    (planned,) = world.rows(
        "select due_at from private.planned_messages where kind like '%%_expiring'"
    )
    world.travel(to=planned["due_at"])
    (mail,) = [m for m in post.send() if "kept until" in m["body"]]
    assert mail["to_address"] == world.email(booking.learner)
    assert mail["subject"].startswith("Is your lesson to move to")
    assert "given up" not in mail["subject"] + mail["body"]
    assert "stays as it was booked" in mail["body"]


def test_who_did_not_come_is_told_how_it_was_settled(
    world: World, post: Post, booking: Booking
) -> None:
    world.travel(to=booking.columns["start_at"] + timedelta(minutes=15))
    booking.miss("learner")
    assert "no_show_settled" in post.kinds_for(booking.learner)


def test_a_dispute_is_told_to_the_admins(world: World, post: Post, booking: Booking) -> None:
    admin = world.admin()
    world.dispute(booking.payment)
    assert "dispute_opened" in post.kinds_for(admin)


def test_an_account_that_stripe_does_not_pay_is_told(world: World, post: Post) -> None:
    instructor = world.instructor()
    world.onboard(instructor)
    opened = world.row("select * from public.stripe_connect_accounts")
    account = account_object({"connect_account_id": str(opened["id"])}, ready=False)
    account["id"] = opened["stripe_account_id"]
    world.travel(by=timedelta(minutes=1))
    world.deliver("account.updated", account, endpoint="connect", account=account["id"])
    assert "account_needs_attention" in post.kinds_for(instructor.user_id)


def test_hours_that_run_out_are_told(world: World, post: Post) -> None:
    instructor, _ = world.hourly()
    credit: Credit = world.hours(world.person("Ben"), instructor, 3)
    service_id = world.service(instructor, price_cents=None)
    credit.book(service_id, world.in_days(3))
    assert "hours_running_out" not in post.kinds_for(credit.learner)
    credit.book(service_id, world.in_days(4))
    assert post.kinds_for(credit.learner).count("hours_running_out") == 1


@pytest.mark.parametrize("wants", [True, False])
def test_who_has_asked_for_it_may_recommend_the_school(
    world: World, post: Post, wants: bool
) -> None:
    world.connection.execute("update public.organizations set referral_discount_bps = 100")
    booking = world.booking()
    post.prefer(booking.learner, "email", is_on=wants, kind="recommend")
    booking.pay()
    booking.complete()
    assert ("recommend" in post.kinds_for(booking.learner)) is wants


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("lesson_reassigned", "lesson_reassigned"),
        ("payout_held", "payout_held"),
        ("payout_reversed", "payout_changed"),
        ("bank_payout_failed", "payout_changed"),
        ("account_replaced", "account_changed"),
        ("payee_changed", "account_changed"),
        ("document_expiring", "attention"),
    ],
)
def test_an_alert_is_told_to_whom_it_addresses(
    world: World, post: Post, code: str, kind: str
) -> None:
    instructor: Instructor = world.instructor()
    world.insert(
        "public.alerts",
        {
            "org_id": instructor.org_id,
            "instructor_id": instructor.id,
            "code": code,
            "message": "Something has changed.",
            "related_type": "instructors",
            "related_id": instructor.id,
            "idempotency_key": "1",
        },
    )
    assert post.kinds_for(instructor.user_id) == [kind]
    (mail,) = [m for m in post.send() if m["to_address"] == world.email(instructor.user_id)]
    assert "Something has changed." in mail["body"]


def test_every_alert_that_is_raised_has_a_kind(world: World) -> None:
    """But for those of which their booking tells."""
    codes = world.rows(
        "select distinct found[1] as code from pg_catalog.pg_proc routine"
        " cross join regexp_matches("
        "  routine.prosrc, 'raise_alert\\(\\s*[^'';]*''([a-z_]+)''', 'g') found"
    )
    assert len(codes) > 15
    untold = [
        row["code"]
        for row in codes
        if not world.rows(
            "select key from private.message_kinds where key = private.kind_of_alert(%s)",
            row["code"],
        )
    ]
    assert sorted(untold) == ["lesson_cancelled", "time_offered"]
