"""Money, people and alerts are told to whom they concern."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.cancellations.steps import authorized
from tests.factories import Booking, World
from tests.messages.conftest import Post


def test_a_declined_payment_is_told(world: World, post: Post) -> None:
    booking = world.booking()
    declined = booking.intent(
        "requires_payment_method",
        last_payment_error={"code": "card_declined", "message": "Declined."},
    )
    world.deliver("payment_intent.payment_failed", declined)
    (message,) = [m for m in post.send() if "did not go through" in m["subject"]]
    assert message["to_address"] == world.email(booking.learner)
    assert "GBP 53.10" in message["subject"]


def test_a_declined_payment_that_succeeded_since_is_not_told(world: World, post: Post) -> None:
    booking = world.booking()
    declined = booking.intent(
        "requires_payment_method",
        last_payment_error={"code": "card_declined", "message": "Declined."},
    )
    world.deliver("payment_intent.payment_failed", declined)
    world.travel(by=timedelta(seconds=1))
    booking.pay()
    post.send()
    (message,) = post.of(booking.learner, "payment_failed")
    assert (message["status"], message["error"]) == ("dropped", "no_longer_true")


def test_a_refund_is_told(world: World, post: Post) -> None:
    booking = world.lesson()
    booking.refund(1000)
    subjects = [
        m["subject"] for m in post.send() if m["to_address"] == world.email(booking.learner)
    ]
    assert "GBP 10.00 goes back to you" in subjects


def test_a_payout_is_told(world: World, post: Post) -> None:
    instructor = world.instructor()
    world.onboard(instructor)
    world.lesson(instructor)
    world.travel(by=timedelta(days=14))
    assert world.run_payouts()
    assert "payout_sent" in post.kinds_for(instructor.user_id)
    sent = [m["subject"] for m in post.send() if "is on its way" in m["subject"]]
    assert sent == ["GBP 45.00 is on its way to you"]


def test_a_payday_without_a_payout_says_why(world: World, post: Post) -> None:
    instructor = world.instructor()
    world.connection.execute(
        "update public.instructor_details set minimum_payout_cents = 100000"
        " where instructor_id = %s",
        [instructor.id],
    )
    world.onboard(instructor)
    world.lesson(instructor)
    world.travel(by=timedelta(days=14))
    world.run_payouts()
    assert "payout_skipped" in post.kinds_for(instructor.user_id)
    world.travel(to=world.in_days(1, hour=12))
    bodies = [m["body"] for m in post.send() if m["subject"].startswith("No payout")]
    assert len(bodies) == 1
    assert "{{" not in bodies[0]


def test_a_problem_is_told_when_it_is_reported_and_when_it_is_decided(
    world: World, post: Post
) -> None:
    booking, admin = world.lesson(), world.admin()
    report = world.call(
        booking.learner,
        "public.report_problem",
        p_booking_id=booking.id,
        p_description="Too short.",
    )
    everybody = (booking.learner, booking.instructor.user_id, admin)
    assert all("problem_reported" in post.kinds_for(person) for person in everybody)
    world.call(
        admin,
        "public.admin_resolve_problem",
        p_problem_report_id=report,
        p_unfreezes_earning=True,
        p_reason="It was an hour.",
    )
    assert all("problem_decided" in post.kinds_for(person) for person in everybody)
    assert any("It was an hour." in m["body"] for m in post.send())


def test_a_claim_is_told_to_the_other_side(world: World, post: Post, booking: Booking) -> None:
    world.travel(to=booking.columns["start_at"] + timedelta(minutes=15))
    booking.say_missing("learner")
    assert "no_show_claimed" in post.kinds_for(booking.learner)
    assert "no_show_claimed" not in post.kinds_for(booking.instructor.user_id)


def test_who_is_invited_gets_a_mail_until_they_accept(world: World, post: Post) -> None:
    school = world.organization(name="Elm")
    owner, nia = world.member(school, "owner"), world.person("Nia")
    (invited,) = world.ask(
        owner,
        "public.invite_member",
        p_org_id=school,
        p_email=world.email(nia),
        p_role="instructor",
    )
    (mail,) = post.send()
    assert (mail["to_address"], mail["subject"]) == (world.email(nia), "Elm invites you")
    world.ask(
        owner, "public.invite_member", p_org_id=school, p_email=world.email(nia), p_role="learner"
    )
    world.connection.execute(
        "update public.invitations set revoked_at = private.clock() where id <> %s",
        [invited["invitation_id"]],
    )
    assert post.send() == []


def test_a_guardians_consent_is_asked_for(world: World, post: Post) -> None:
    school = world.organization()
    owner, learner_id = world.member(school, "owner"), world.child(school)
    world.call(
        owner,
        "public.link_guardian",
        p_learner_id=learner_id,
        p_guardian_email="Gil@example.org",
    )
    (mail,) = post.send()
    assert mail["to_address"] == "gil@example.org"
    assert mail["subject"] == "Your consent is wanted for Kit"


def test_hours_that_end_are_told_60_30_and_7_days_before(world: World, post: Post) -> None:
    instructor, _ = world.hourly()
    learner = world.person("Ben")
    world.connection.execute("update public.organizations set credit_validity_months = 12")
    credit = world.hours(learner, instructor, 10)
    for days in (60, 30, 7):
        world.travel(to=credit.columns["expires_at"] - timedelta(days=days))
        for _ in range(2):
            world.maintain()
        subjects = [m["subject"] for m in post.send() if "hours" in m["subject"]]
        assert len(subjects) == 1


def test_the_admins_of_a_school_get_its_alerts(world: World, post: Post) -> None:
    school = world.organization()
    owner, instructor = world.member(school, "owner"), world.instructor(org_id=school)
    world.insert(
        "public.alerts",
        {
            "org_id": school,
            "code": "refund_failed",
            "message": "A refund failed.",
            "related_type": "refunds",
            "related_id": school,
            "idempotency_key": "1",
        },
    )
    assert post.kinds_for(owner) == ["attention"]
    assert post.kinds_for(instructor.user_id) == []
    (alert,) = world.rows("select id from public.alerts")
    world.call(owner, "public.resolve_alert", p_alert_id=alert["id"])
    assert post.send() == []


@pytest.mark.parametrize("code", ["payout_held", "account_replaced", "dispute_needs_response"])
def test_every_alert_has_a_kind(world: World, code: str) -> None:
    kind = world.value("select private.kind_of_alert(%s)", code)
    assert world.value("select count(*) from private.message_kinds where key = %s", kind) == 1


def test_an_erased_person_leaves_no_message(world: World, post: Post) -> None:
    booking = world.booking(price_cents=0)
    post.phone(booking.learner)
    post.send()
    booking.complete()
    post.send()
    world.travel(by=timedelta(days=10))
    world.call(booking.learner, "public.erase_person", p_user_id=booking.learner, p_reason=None)
    remaining = world.value(
        "select count(*) from public.message_contents where body like '%%Ben%%'"
        " or recipient_id = %s",
        booking.learner,
    )
    assert remaining == 0
    assert world.count("private.message_preferences") == 0


def test_manual_capture_is_told_as_confirmed(world: World, post: Post) -> None:
    booking = authorized(world)
    assert post.kinds_for(booking.learner) == ["booking_confirmed"]
