"""Bounces and complaints reach the list of addresses that get nothing more."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from tests.factories import Booking, World
from tests.messages.conftest import Post


@pytest.fixture
def mail(world: World, post: Post, booking: Booking) -> tuple[UUID, str]:
    """A mail that was sent, and its Message-ID."""
    (message,) = post.of(booking.learner, "booking_confirmed")
    return message["id"], post.mail_id(message["id"])


def report(world: World, provider_id: str, type_: str, status: str | None = None) -> str:
    (row,) = world.serve(
        "jobs",
        "private.record_mail_report",
        p_provider_id=provider_id,
        p_type=type_,
        p_status=status,
    )
    outcome: str = row["record_mail_report"]
    return outcome


def suppressed(world: World) -> dict[str, str]:
    rows = world.rows("select address, cause from private.suppressed_addresses")
    return {row["address"]: row["cause"] for row in rows}


@pytest.mark.parametrize(
    ("status", "is_hard"),
    [
        ("5.1.1", True),
        ("5.1.10", True),
        ("5.2.1", True),
        ("5.2.2", False),
        ("5.7.1", False),
        ("5.1.15", False),
    ],
)
def test_a_bounce_says_whether_the_address_is_gone(
    world: World, booking: Booking, mail: tuple[UUID, str], status: str, is_hard: bool
) -> None:
    message_id, provider_id = mail
    assert report(world, provider_id, "bounce", status) == "recorded"
    row = world.row("select status, error from public.messages where id = %s", message_id)
    assert (row["status"], row["error"]) == ("bounced", f"smtp_{status}")
    address = world.email(booking.learner).lower()
    assert suppressed(world) == ({address: "hard_bounce"} if is_hard else {})


def test_nothing_more_is_sent_to_who_complained(
    world: World, post: Post, booking: Booking, mail: tuple[UUID, str]
) -> None:
    message_id, provider_id = mail
    assert report(world, provider_id, "complaint") == "recorded"
    assert world.value("select status from public.messages where id = %s", message_id) == "sent"
    assert suppressed(world) == {world.email(booking.learner).lower(): "complaint"}
    world.cancel(booking.learner, booking.id)
    sent = {message["to_address"] for message in post.send()}
    assert world.email(booking.learner).lower() not in sent


def test_a_report_that_comes_twice_changes_nothing(world: World, mail: tuple[UUID, str]) -> None:
    report(world, mail[1], "bounce", "5.1.1")
    with world.unchanged():
        assert report(world, mail[1], "bounce", "5.1.1") == "duplicate"


def test_reports_of_other_mails_change_nothing(world: World, booking: Booking) -> None:
    (shown,) = Post(world).of(booking.learner, "booking_confirmed", "app")
    (mail,) = Post(world).of(booking.learner, "booking_confirmed")
    key = Post(world).mail_id(mail["id"]).partition(".")[2]
    guessed = (f"<{mail['id']}@lplate.example>", f"<{mail['id']}.{'0' * 32}@lplate.example>")
    other = (f"<{uuid4()}.{key}", "<x@y.z>", "", Post(world).mail_id(shown["id"]))
    for provider_id in guessed + other:
        with world.unchanged():
            assert report(world, provider_id, "bounce", "5.1.1") == "unknown_message"


def test_a_report_may_be_faster_than_the_worker(world: World, post: Post) -> None:
    booking = world.booking(start_at=world.in_days(5))
    booking.pay()
    worker = uuid4()
    (message,) = [
        m for m in post.claim(worker) if m["to_address"] == world.email(booking.learner).lower()
    ]
    report(world, post.mail_id(message["message_id"]), "bounce", "5.1.1")
    post.record_sent(message["message_id"])
    assert post.fail(message["message_id"], worker) == "bounced"


def test_an_admin_of_the_platform_closes_an_address_and_opens_it_again(world: World) -> None:
    admin, person = world.admin(), world.person("Ben")
    address = world.email(person)
    ask = {"p_channel": "email", "p_address": address, "p_reason": "Asked by letter"}
    for cause, listed in (("complaint", {address.lower(): "complaint"}), (None, {})):
        world.call(admin, "public.admin_suppress_address", **ask, p_cause=cause)
        assert suppressed(world) == listed
    with world.refusing("42501", "not_an_admin"):
        world.call(person, "public.admin_suppress_address", **ask)
    logged = world.rows(
        "select new_values, reason from public.audit_logs"
        " where entity_type = 'suppressed_addresses' order by id"
    )
    assert logged == [
        {"new_values": {"cause": cause}, "reason": "Asked by letter"}
        for cause in ("complaint", None)
    ]
