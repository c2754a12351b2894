"""Mail over SMTP: how a message is written as a mail, and what the server's answers mean."""

import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr

from jobs.config import Config
from jobs.database import Message
from jobs.sending import ChannelDown, NotSent, OutcomeUnknown, SendingRefused
from lplate.calendars import write_calendar

# RFC 3463: the address or its domain is wrong, or the mailbox is disabled.
NO_SUCH_ADDRESS = re.compile(rb"\b5\.(1\.[0-3]|1\.10|2\.1)\b")


class Mailer:
    """Sends mails from one address, in the name of the organization that each is about."""

    def __init__(self, config: Config) -> None:
        self._config = config

    def send(self, message: Message) -> str:
        """Send a message and return its Message-ID, which every repetition bears again."""
        mail = write_mail(message, self._config.mail_from or "", self._config.service_url)
        with self._session() as server:
            try:
                server.send_message(mail)
            except smtplib.SMTPRecipientsRefused as error:
                code, answer = next(iter(error.recipients.values()))
                _raise(code, answer)
            except smtplib.SMTPSenderRefused as error:  # about us, not about this message
                raise ChannelDown(f"smtp_{error.smtp_code}") from None
            except smtplib.SMTPResponseException as error:
                _raise(error.smtp_code, _bytes(error.smtp_error))
            except smtplib.SMTPNotSupportedError:
                raise SendingRefused("smtp_address_not_supported") from None
            except (smtplib.SMTPServerDisconnected, OSError):
                raise OutcomeUnknown("smtp_no_answer") from None
        return str(mail["Message-ID"])

    @contextmanager
    def _session(self) -> Iterator[smtplib.SMTP]:
        """Connect and sign in; whatever fails here, nothing was sent."""
        try:
            server = self._connect()
        except smtplib.SMTPResponseException as error:
            raise ChannelDown(f"smtp_{error.smtp_code}") from None
        except (smtplib.SMTPException, OSError):
            raise ChannelDown("smtp_unreachable") from None
        try:
            yield server
        finally:
            server.close()

    def _connect(self) -> smtplib.SMTP:
        config = self._config
        host, port, timeout = config.smtp_host or "", config.smtp_port, config.smtp_timeout_seconds
        server: smtplib.SMTP
        if config.smtp_security == "tls":
            context = ssl.create_default_context()
            server = smtplib.SMTP_SSL(host, port, timeout=timeout, context=context)
        else:
            server = smtplib.SMTP(host, port, timeout=timeout)
        if config.smtp_security == "starttls":
            server.starttls(context=ssl.create_default_context())
        if config.smtp_username and config.smtp_password:
            server.login(config.smtp_username, config.smtp_password.get_secret_value())
        return server


def _raise(code: int, answer: bytes) -> None:
    """Raise what an answer means: 4xx is for now, 5xx for good."""
    if code < 500:
        raise NotSent(f"smtp_{code}")
    is_gone = NO_SUCH_ADDRESS.search(answer) is not None
    raise SendingRefused(f"smtp_{code}", suppress="hard_bounce" if is_gone else None)


def _bytes(answer: bytes | str) -> bytes:
    return answer if isinstance(answer, bytes) else answer.encode(errors="replace")


def write_mail(message: Message, sender: str, service_url: str | None) -> EmailMessage:
    """Write a message as a mail: text, HTML where there is some, and the calendar entry."""
    mail = EmailMessage(policy=SMTP)
    body = message.body
    try:
        mail["From"] = formataddr((message.sender_name, sender))
        mail["To"] = message.to_address
        mail["Subject"] = message.subject
    except ValueError:  # what would end a header
        raise SendingRefused("mail_malformed") from None
    mail["Date"] = format_datetime(message.first_tried_at)
    domain = sender.partition("@")[2]
    mail["Message-ID"] = f"<{message.message_id}.{message.mail_key}@{domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    html = message.html
    if message.unsubscribe_token and service_url:
        link = f"{service_url}/messages/unsubscribe/{message.unsubscribe_token}"
        mail["List-Unsubscribe"] = f"<{link}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        body += f"\n\nNo more of these: {link}"
        html = html and html + f'<p><a href="{link}">No more of these</a></p>'
    elif message.is_marketing:  # the law asks for a way out in each
        raise NotSent("service_url_missing")
    mail.set_content(body)
    if html:
        mail.add_alternative(html, subtype="html")
    if message.calendar:
        mail.add_attachment(
            write_calendar([message.calendar], message.calendar["method"]),
            maintype="text",
            subtype="calendar",
            filename="lesson.ics",
            params={"method": message.calendar["method"], "charset": "utf-8"},
        )
    return mail
