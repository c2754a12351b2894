"""Messages reach a real SMTP server and a stand-in for Twilio; what fails is told apart."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from socket import socket
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from icalendar import Calendar

from tests.factories import Booking
from tests.fake_twilio import FakeTwilio
from tests.jobs.payday import Payday
from tests.jobs.texts import status, texted, twilio
from tests.messages.conftest import Post

__all__ = ["twilio"]


class Inbox:
    """What the SMTP server took, and what it answers to the next mails instead."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.answers: list[str] = []

    async def handle_RCPT(  # noqa: N802 (aiosmtpd's own name)
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if self.answers:
            return self.answers.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        mail = BytesParser(policy=default).parsebytes(envelope.content)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        return "250 OK"

    def to(self, address: str) -> list[EmailMessage]:
        return [mail for mail in self.mails if mail["To"] == address]


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def smtp(inbox: Inbox) -> Iterator[dict[str, str]]:
    """A real SMTP server on this machine; the jobs' settings for it."""
    with socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = Controller(inbox, hostname="127.0.0.1", port=port)
    server.start()
    yield {
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": str(port),
        "SMTP_SECURITY": "none",
        "MAIL_FROM": "lessons@lplate.example",
        "SERVICE_URL": "https://service.example.com",
    }
    server.stop()


@pytest.fixture
def booking(office: Payday) -> Booking:
    """A lesson that was just paid for."""
    booking = office.world.booking(start_at=office.world.in_days(5))
    booking.pay()
    office.world.connection.execute("update private.outbox set processed_at = private.clock()")
    return booking


# Mail


def test_a_mail_arrives_with_its_calendar_entry(
    office: Payday, booking: Booking, inbox: Inbox, smtp: dict[str, str]
) -> None:
    finished = office.run("outbox", **smtp)
    assert finished.status == 0
    address = office.world.email(booking.learner)
    (mail,) = inbox.to(address)
    assert mail["From"] == "Marketplace <lessons@lplate.example>"
    assert str(mail["Subject"]).startswith("Your lesson on")
    body = mail.get_body(("plain",))
    assert body is not None
    assert "(Europe/London)" in body.get_content()
    (attached,) = list(mail.iter_attachments())
    assert attached.get_content_type() == "text/calendar"
    (event,) = Calendar.from_ical(attached.get_content()).walk("VEVENT")
    assert event["UID"] == f"{booking.id}@lplate"
    assert event["SEQUENCE"] == 0
    assert event.decoded("DTSTART") == booking.columns["start_at"]
    assert status(booking) == "sent"
    assert address not in finished.stdout
    assert office.run("outbox", **smtp).status == 0
    assert len(inbox.mails) == 2


def test_a_name_ends_no_header(office: Payday, inbox: Inbox, smtp: dict[str, str]) -> None:
    world = office.world
    world.connection.execute("alter table public.learners disable trigger user")
    world.connection.execute("alter table public.learners drop constraint full_name_is_readable")
    booking = world.booking(requires_approval=True, start_at=world.in_days(5))
    world.connection.execute(
        "update public.learners set full_name = %s", ["Bob\r\nBcc: all@example.org"]
    )
    office.run("outbox", **smtp)
    (mail,) = inbox.to(world.email(booking.instructor.user_id))
    assert mail["Bcc"] is None
    assert "Bob Bcc: all@example.org" in mail["Subject"]


@pytest.mark.parametrize(
    ("answer", "expected", "is_suppressed"),
    [
        ("450 4.2.1 Later", "queued", False),
        ("550 5.1.1 <x@example.org> No such user", "bounced", True),
        ("554 5.7.1 Looks like spam", "failed", False),
    ],
)
def test_a_refusal_is_for_now_or_for_good(
    office: Payday,
    booking: Booking,
    inbox: Inbox,
    smtp: dict[str, str],
    answer: str,
    expected: str,
    is_suppressed: bool,
) -> None:
    office.world.connection.execute(
        "delete from public.messages where recipient_id = %s", [booking.instructor.user_id]
    )
    inbox.answers = [answer]
    finished = office.run("outbox", **smtp)
    assert status(booking) == expected
    assert (office.world.count("private.suppressed_addresses") == 1) is is_suppressed
    assert "example.org" not in finished.stdout
    assert finished.status == (0 if expected == "queued" else 1)


def test_a_server_that_is_away_is_tried_later(office: Payday, booking: Booking) -> None:
    office.run(
        "outbox",
        SMTP_HOST="127.0.0.1",
        SMTP_PORT="1",
        SMTP_SECURITY="none",
        MAIL_FROM="a@b.example",
    )
    assert status(booking) == "queued"


@pytest.mark.slow
def test_an_outage_of_a_day_costs_no_message_its_tries_and_no_other_channel_its_messages(
    office: Payday, twilio: FakeTwilio, inbox: Inbox, smtp: dict[str, str]
) -> None:
    booking, _ = texted(office)
    for _ in range(14):
        finished = office.run("outbox", **smtp | twilio.environment() | {"SMTP_PORT": "1"})
        assert finished.status == 1
        assert len(finished.events("message_failed")) == 1  # one mail shows that the server is away
        office.world.travel(by=timedelta(minutes=90))
    assert (status(booking, "sms"), len(twilio.messages)) == ("sent", 1)
    assert office.run("outbox", **smtp | twilio.environment()).status == 0
    assert status(booking) == "sent"
    assert len(inbox.mails) == 2


@pytest.mark.parametrize("point", ["message_claimed", "message_sent", "message_recorded"])
def test_a_worker_that_is_killed_leaves_a_mail_that_arrives_under_one_id(
    office: Payday, booking: Booking, inbox: Inbox, smtp: dict[str, str], point: str
) -> None:
    for _ in range(3):
        office.run("outbox", **smtp, LPLATE_FAILPOINT=point)
        office.world.travel(by=timedelta(minutes=3))
    assert office.run("outbox", **smtp).status == 0
    assert status(booking) == "sent"
    ids = {mail["Message-ID"] for mail in inbox.to(office.world.email(booking.learner))}
    assert len(ids) == 1


def test_without_a_server_mails_wait_and_the_app_shows(office: Payday, booking: Booking) -> None:
    assert office.run("outbox").status == 0
    assert (status(booking), status(booking, "app")) == ("queued", "sent")


def test_marketing_can_be_ended_in_each_mail(
    office: Payday, booking: Booking, inbox: Inbox, smtp: dict[str, str]
) -> None:
    booking.complete()
    office.run("outbox", **smtp)
    mail = next(m for m in inbox.mails if "How was" in m["Subject"])
    link = str(mail["List-Unsubscribe"])
    assert link.startswith("<https://service.example.com/messages/unsubscribe/")
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    body = mail.get_body(("plain",))
    assert body is not None
    assert link.strip("<>") in body.get_content().replace("=\n", "")


def test_marketing_waits_for_a_way_to_end_it(
    office: Payday, inbox: Inbox, smtp: dict[str, str]
) -> None:
    booking = office.world.lesson()
    Post(office.world).prefer(booking.learner, "email", kind="rating_invited")
    office.world.connection.execute(
        "update private.message_kinds set class = 'marketing' where key = 'rating_invited'"
    )
    office.run("outbox", **smtp | {"SERVICE_URL": ""})
    assert not [mail for mail in inbox.mails if "How was" in mail["Subject"]]
    office.world.travel(by=timedelta(hours=1))
    office.run("outbox", **smtp)
    (mail,) = [mail for mail in inbox.mails if "How was" in mail["Subject"]]
    assert "/messages/unsubscribe/" in mail["List-Unsubscribe"]


def test_the_link_to_end_it_is_in_the_html_as_well(
    office: Payday, booking: Booking, inbox: Inbox, smtp: dict[str, str]
) -> None:
    office.world.connection.execute(
        "update public.message_templates set html = '<p>How was it?</p>'"
        " where kind = 'rating_invited' and channel = 'email'"
    )
    booking.complete()
    office.run("outbox", **smtp)
    mail = next(m for m in inbox.mails if "How was" in m["Subject"])
    html = mail.get_body(("html",))
    assert html is not None
    assert str(mail["List-Unsubscribe"]).strip("<>") in html.get_content()


# SMS


def test_an_sms_is_sent_with_where_to_report(office: Payday, twilio: FakeTwilio) -> None:
    booking, number = texted(office)
    finished = office.run("outbox", **twilio.environment())
    (sent,) = twilio.messages
    assert (sent["to"], sent["from"]) == (number, "+15005550006")
    assert sent["body"].startswith("Marketplace: Booked")
    (message,) = Post(office.world).of(booking.learner, "booking_confirmed", "sms")
    callback = f"https://service.example.com/twilio/status?message_id={message['id']}"
    assert sent["form"]["StatusCallback"] == callback
    provider_id = office.world.value(
        "select provider_id from public.message_contents where message_id = %s", message["id"]
    )
    assert (provider_id, message["status"]) == (sent["sid"], "sent")
    assert number not in finished.stdout


def test_a_lost_answer_is_looked_up_and_sent_once(office: Payday, twilio: FakeTwilio) -> None:
    booking, _ = texted(office)
    twilio.faults.append("lose_after")
    office.run("outbox", **twilio.environment())
    assert status(booking, "sms") == "unknown"
    office.world.travel(by=timedelta(minutes=2))
    assert office.run("outbox", **twilio.environment()).status == 0
    assert status(booking, "sms") == "sent"
    assert len(twilio.messages) == 1


def test_a_call_that_did_not_arrive_is_looked_up_and_made_again(
    office: Payday, twilio: FakeTwilio
) -> None:
    booking, _ = texted(office)
    twilio.faults.append("lose_before")
    office.run("outbox", **twilio.environment())
    assert status(booking, "sms") == "unknown"
    office.world.travel(by=timedelta(minutes=2))
    office.run("outbox", **twilio.environment())
    assert (status(booking, "sms"), len(twilio.messages)) == ("sent", 1)


@pytest.mark.slow
@pytest.mark.parametrize("point", ["message_claimed", "message_sent", "message_recorded"])
def test_a_worker_that_is_killed_sends_an_sms_once(
    office: Payday, twilio: FakeTwilio, point: str
) -> None:
    booking, _ = texted(office)
    for _ in range(3):
        office.run("outbox", **twilio.environment(), LPLATE_FAILPOINT=point)
        office.world.travel(by=timedelta(minutes=3))
    office.run("outbox", **twilio.environment())
    assert (status(booking, "sms"), len(twilio.messages)) == ("sent", 1)


@pytest.mark.parametrize("end", ["switched off", "stopped"])
def test_what_a_killed_worker_did_not_send_is_not_sent_once_it_is_not_true_any_more(
    office: Payday, twilio: FakeTwilio, end: str
) -> None:
    booking, number = texted(office)
    office.run("outbox", **twilio.environment(), LPLATE_FAILPOINT="message_claimed")
    if end == "switched off":
        Post(office.world).prefer(booking.learner, "sms", is_on=False)
    else:
        assert Post(office.world).answer(number, "STOP") == "stop"
    office.world.travel(by=timedelta(minutes=3))
    assert office.run("outbox", **twilio.environment()).status == 0
    assert (status(booking, "sms"), twilio.messages) == ("dropped", [])


def test_what_twilio_refused_for_now_is_sent_later(office: Payday, twilio: FakeTwilio) -> None:
    booking, _ = texted(office)
    twilio.faults.append((429, 20429))
    office.run("outbox", **twilio.environment())
    office.world.travel(by=timedelta(minutes=1))
    office.run("outbox", **twilio.environment())
    assert (status(booking, "sms"), len(twilio.messages)) == ("sent", 1)


@pytest.mark.parametrize(
    ("fault", "expected", "suppressed"),
    [
        ((400, 21610), "failed", 1),
        ((400, 21211), "bounced", 1),
        ((400, 21602), "failed", 0),
        ((429, 20429), "queued", 0),
        ((401, 20003), "queued", 0),
        ((500, 20500), "unknown", 0),
        ((408, 20408), "unknown", 0),
        ((404, None), "unknown", 0),
    ],
)
def test_what_twilio_answers_is_told_apart(
    office: Payday,
    twilio: FakeTwilio,
    fault: tuple[int, int | None],
    expected: str,
    suppressed: int,
) -> None:
    booking, _ = texted(office)
    twilio.faults.append(fault)
    office.run("outbox", **twilio.environment())
    assert status(booking, "sms") == expected
    assert office.world.count("private.suppressed_addresses") == suppressed


@pytest.mark.parametrize("page_size", [100, 1])
def test_a_text_that_a_proxy_gave_up_on_is_looked_up_before_it_is_sent_again(
    office: Payday, twilio: FakeTwilio, page_size: int
) -> None:
    """Twilio has taken it; the answer that came was 408. Also among many texts to the number."""
    booking, number = texted(office)
    twilio.page_size = page_size
    twilio.faults.append("time_out_after")
    office.run("outbox", **twilio.environment())
    assert status(booking, "sms") == "unknown"
    (sent,) = twilio.messages
    twilio.messages.insert(0, sent | {"sid": f"SM{'9' * 32}", "body": "Another text"})
    office.world.travel(by=timedelta(minutes=3))
    office.run("outbox", **twilio.environment())
    assert status(booking, "sms") == "sent"
    assert len(twilio.messages) == 2
    provider_id = office.world.value(
        "select provider_id from public.message_contents where to_address = %s", number
    )
    assert provider_id == sent["sid"]


def test_an_answer_that_is_none_leaves_open_what_was_sent(
    office: Payday, twilio: FakeTwilio
) -> None:
    booking, _ = texted(office)
    twilio.faults.append((201, 0))  # without the message's id
    finished = office.run("outbox", **twilio.environment())
    assert (finished.status, finished.stderr) == (0, "")
    assert status(booking, "sms") == "unknown"


def test_approvals_of_whatsapp_are_mirrored(office: Payday, twilio: FakeTwilio) -> None:
    sid = f"HX{'1' * 32}"
    office.world.connection.execute(
        "insert into public.message_templates"
        " (org_id, kind, channel, locale, body, content_sid, content_status)"
        " values"
        " (private.platform_id(), 'lesson_reminder', 'whatsapp', 'en', 'Soon', %s, 'pending')",
        [sid],
    )
    twilio.approvals[sid] = "approved"
    assert office.run("messages", "approvals", **twilio.environment()).status == 0
    found = office.world.value(
        "select content_status from public.message_templates where content_sid = %s", sid
    )
    assert found == "approved"


# The command line


def test_a_preview_shows_every_channel(office: Payday) -> None:
    finished = office.run("messages", "preview", "booking_confirmed")
    assert finished.status == 0
    assert {line["channel"] for line in finished.events("message")} == {"email", "sms"}
    assert office.run("messages", "preview", "no_such_kind").status == 2
