"""Mail servers' reports in a Maildir: bounces and complaints of mails that were taken."""

from __future__ import annotations

import mailbox
from pathlib import Path

import pytest

from tests.jobs.payday import Payday
from tests.messages.conftest import Post

BOUNCE = """\
From: MAILER-DAEMON@mx.example.net
To: lessons@lplate.example
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Type: text/plain

I could not deliver your mail.

--B
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net
Arrival-Date: Mon, 30 Nov 2026 10:00:00 +0000

Final-Recipient: rfc822; ben@example.com
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} no such user

--B
Content-Type: {enclosed}

From: Marketplace <lessons@lplate.example>
Subject: Booked
Message-ID: {message_id}

--B--
"""

COMPLAINT = """\
From: feedback@isp.example.net
To: lessons@lplate.example
Subject: complaint
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="B"

--B
Content-Type: text/plain

This is spam.

--B
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: Feedback/1.0
Version: 1

--B
Content-Type: message/rfc822

From: Marketplace <lessons@lplate.example>
Subject: Booked
Message-ID: {message_id}

Hello

--B--
"""


def report_on(office: Payday, maildir: Path, *mails: str) -> list[tuple[str | None, str]]:
    """Let mails arrive in the Maildir; what the command says of each."""
    box = mailbox.Maildir(maildir, create=True)
    for mail in mails:
        box.add(mail.encode())
    finished = office.run("messages", "reports", str(maildir))
    assert finished.status == 0
    return sorted((line["type"] or "", line["outcome"]) for line in finished.events("mail_report"))


@pytest.fixture
def sent(office: Payday) -> tuple[str, str]:
    """A mail that a server has taken: its Message-ID and its address."""
    world = office.world
    booking = world.booking(start_at=world.in_days(5))
    booking.pay()
    Post(world).send()
    (message,) = Post(world).of(booking.learner, "booking_confirmed")
    return Post(world).mail_id(message["id"]), world.email(booking.learner).lower()


def causes(office: Payday) -> dict[str, str]:
    rows = office.world.rows("select address, cause from private.suppressed_addresses")
    return {row["address"]: row["cause"] for row in rows}


@pytest.mark.parametrize("enclosed", ["message/rfc822", "text/rfc822-headers"])
def test_a_hard_bounce_ends_mails_to_the_address(
    office: Payday, tmp_path: Path, sent: tuple[str, str], enclosed: str
) -> None:
    message_id, address = sent
    bounce = BOUNCE.format(
        action="failed", status="5.1.1", enclosed=enclosed, message_id=message_id
    )
    assert report_on(office, tmp_path / "mail", bounce) == [("bounce", "recorded")]
    assert causes(office) == {address: "hard_bounce"}
    assert report_on(office, tmp_path / "mail") == []  # read once
    assert report_on(office, tmp_path / "mail", bounce) == [("bounce", "duplicate")]


def test_a_complaint_is_no_bounce(office: Payday, tmp_path: Path, sent: tuple[str, str]) -> None:
    message_id, address = sent
    complaint = COMPLAINT.format(message_id=message_id)
    assert report_on(office, tmp_path / "mail", complaint) == [("complaint", "recorded")]
    assert causes(office) == {address: "complaint"}


def test_what_is_late_or_no_report_changes_nothing(
    office: Payday, tmp_path: Path, sent: tuple[str, str]
) -> None:
    message_id, _ = sent
    late = BOUNCE.format(
        action="delayed", status="4.4.7", enclosed="message/rfc822", message_id=message_id
    )
    note = f"From: ben@example.com\nSubject: Re: Booked\nIn-Reply-To: {message_id}\n\nThank you\n"
    nonsense = "\x00\xff: not a mail"
    foreign = BOUNCE.format(
        action="failed", status="5.1.1", enclosed="message/rfc822", message_id="<a@b.example>"
    )
    assert report_on(office, tmp_path / "mail", late, note, nonsense, foreign) == [
        ("", "no_report"),
        ("", "no_report"),
        ("", "no_report"),
        ("bounce", "unknown_message"),
    ]
    assert causes(office) == {}


def test_a_mail_that_cannot_be_read_keeps_no_other_from_being_read(
    office: Payday, tmp_path: Path, sent: tuple[str, str]
) -> None:
    message_id, address = sent
    complaint = COMPLAINT.format(message_id=message_id)
    hostile = [
        COMPLAINT.format(message_id="<\0@b.example>"),
        complaint.replace("Marketplace <lessons@lplate.example>", "Märkte <lessons@"),
    ]
    assert {outcome for _, outcome in report_on(office, tmp_path / "mail", *hostile)} == {
        "no_report"
    }
    assert report_on(office, tmp_path / "mail", complaint) == [("complaint", "recorded")]
    assert causes(office) == {address: "complaint"}


def test_a_complaint_about_a_mail_whose_address_was_removed_ends_nothing(
    office: Payday, tmp_path: Path, sent: tuple[str, str]
) -> None:
    message_id, _ = sent
    office.world.connection.execute("update public.message_contents set to_address = null")
    complaint = COMPLAINT.format(message_id=message_id)
    assert report_on(office, tmp_path / "mail", complaint) == [("complaint", "recorded")]
    assert causes(office) == {}
