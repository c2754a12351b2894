"""Reads what mail servers report of mails that they have taken: bounces and complaints.

A bounce is a delivery status notification (RFC 3464), a complaint a feedback report (RFC 5965).
Both are mails to the address that the mail came from.
"""

import mailbox
import re
from email import message_from_bytes
from email.message import EmailMessage, Message
from email.policy import default
from pathlib import Path

from jobs.database import Database, MailReport
from jobs.output import Output

MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,300}>")
STATUS = re.compile(r"5\.\d{1,3}\.\d{1,3}")


def read_reports(maildir: Path, database: Database, output: Output) -> None:
    """Record every new mail's report, and mark the mail as read; what is no report stays there.

    A mail is marked after its report is recorded, and a report that comes twice changes nothing.
    """
    box = mailbox.Maildir(maildir, factory=None, create=True)
    for key in box.iterkeys():
        found = box.get_message(key)
        if found.get_subdir() != "new":
            continue
        report = _parse_or_none(box.get_bytes(key))
        outcome = database.record_mail_report(report) if report else "no_report"
        found.set_subdir("cur")
        found.add_flag("S")
        box[key] = found
        output.event("mail_report", type=report and report.type, outcome=outcome)


def _parse_or_none(contents: bytes) -> MailReport | None:
    """Parse a mail, whatever it is: anybody can write to this address.

    Python's parser fails over some headers, in no way of its own. Such a mail reports nothing, or
    it would keep every other from being read.
    """
    try:
        return parse_report(message_from_bytes(contents, policy=default))
    except Exception:  # noqa: BLE001
        return None


def parse_report(mail: EmailMessage) -> MailReport | None:
    """Return what a mail reports of one of our mails; None: nothing, or that it is late."""
    message_id = _reported_id(mail)
    if message_id is None:
        return None
    for part in mail.walk():
        if part.get_content_type() == "message/feedback-report":
            return MailReport(message_id, "complaint", None)
        if part.get_content_type() == "message/delivery-status":
            for fields in _blocks(part):
                status = STATUS.search(str(fields.get("Status", "")))
                if str(fields.get("Action", "")).strip().lower() == "failed" and status:
                    return MailReport(message_id, "bounce", status[0])
    return None


def _reported_id(mail: EmailMessage) -> str | None:
    """Return the Message-ID of the mail that is reported: its copy, or its headers, is enclosed."""
    for part in mail.walk():
        if part is not mail and part.get_content_type() in {
            "message/rfc822",
            "text/rfc822-headers",
        }:
            found = re.search(rf"(?im)^Message-ID:\s*({MESSAGE_ID.pattern})", part.as_string())
            if found:
                return found[1]
    return None


def _blocks(part: Message) -> list[Message]:
    """Return the groups of fields of a delivery status: of the report, then of each recipient."""
    blocks = part.get_payload()
    return [it for it in blocks if isinstance(it, Message)] if isinstance(blocks, list) else []
