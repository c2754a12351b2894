"""Sends the messages that SQL has queued: mail over SMTP, SMS and WhatsApp over Twilio."""

import threading
from collections import Counter
from datetime import date
from uuid import uuid4

from jobs.config import Config
from jobs.database import Database, Message
from jobs.failpoints import Failpoints
from jobs.mail import Mailer
from jobs.output import Output
from jobs.sending import ChannelDown, NotFound, NotSent, OutcomeUnknown, SendingRefused
from jobs.texting import Texter
from lplate.postgres import DatabaseUnavailable

# One at a time, so that a message that kills its worker takes no others with it.
BATCH = 1


class Messages:
    """Sends what is due, one after the other. What it prints has no address and no text."""

    def __init__(
        self, config: Config, database: Database, output: Output, stop: threading.Event
    ) -> None:
        self._config = config
        self._database = database
        self._output = output
        self._stop = stop
        self._worker_id = uuid4()
        self._failpoints = Failpoints(config.lplate_failpoint)
        self._senders: dict[str, Mailer | Texter] = {}
        if config.smtp_host:
            self._senders["email"] = Mailer(config)
        texts = {"sms": config.twilio_sms_from, "whatsapp": config.twilio_whatsapp_from}
        if any(texts.values()):
            texter = Texter(config)
            self._senders |= {channel: texter for channel, number in texts.items() if number}

    def drain(self) -> bool:
        """Send everything that is due now; return whether no message failed, and no channel.

        Messages over a channel that is not configured stay where they are, and so do those over one
        that is down: it is tried again in the next round, and the others go on meanwhile. The app's
        are shown by the claim itself.
        """
        all_sent = True
        channels = set(self._senders)
        while not self._stop.is_set():
            claimed = self._database.claim_messages(
                self._worker_id, sorted(channels), BATCH, self._config.message_lease
            )
            if not claimed:
                break
            for message in claimed:
                self._failpoints.reach("message_claimed")
                try:
                    all_sent &= self._send(message)
                except ChannelDown as error:
                    self._fail(message, "channel_down", str(error))
                    channels.discard(message.channel)
                    all_sent = False
        return all_sent

    def watch(self) -> None:
        """Drain again and again until told to stop, also through an outage of the database.

        Whatever else ends this tells all others to stop too: the command fails as a whole, and is
        started again, rather than going on without messages.
        """
        try:
            while not self._stop.is_set():
                try:
                    self.drain()
                except DatabaseUnavailable as error:
                    self._output.error("database_unavailable", reason=str(error))
                self._stop.wait(self._config.outbox_poll_seconds)
        finally:
            self._stop.set()

    def sync_approvals(self) -> None:
        """Mirror which texts WhatsApp has approved."""
        texter = Texter(self._config)
        for template in self._database.whatsapp_templates():
            status = texter.approval(template.content_sid)
            if status is not None:
                self._database.record_template_status(template.content_sid, status)
                self._output.event("approval", content_sid=template.content_sid, status=status)

    def compare(self, day: date) -> bool:
        """Settle what Twilio lists of a day and has not told; return whether all is ours."""
        counts: Counter[str] = Counter()
        for texts in Texter(self._config).listed(day):
            for text in self._database.compare_texts(texts):
                counts[text.outcome] += 1
                if text.outcome == "unknown":
                    self._output.error("text_unknown", provider_id=text.provider_id)
        self._output.event(
            "texts_compared",
            date=day,
            known=counts["known"],
            settled=counts["settled"],
            answers=counts["answer"],
            unknown=counts["unknown"],
        )
        return not counts["unknown"]

    def _send(self, message: Message) -> bool:
        try:
            provider_id = self._senders[message.channel].send(message)
        except NotSent as error:
            return self._fail(message, "not_sent", str(error))
        except NotFound as error:
            return self._fail(message, "not_found", str(error))
        except OutcomeUnknown as error:
            return self._fail(message, "unknown", str(error))
        except SendingRefused as error:
            return self._fail(message, "refused", str(error), error.suppress)
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            # A text that cannot be written as a mail, or an answer that is not as it should be.
            return self._fail(message, "unknown", f"unexpected_{type(error).__name__}")
        self._failpoints.reach("message_sent")
        self._database.record_message_sent(message.message_id, provider_id)
        self._failpoints.reach("message_recorded")
        self._output.event("message_sent", message_id=message.message_id, channel=message.channel)
        return True

    def _fail(
        self, message: Message, outcome: str, error: str, suppress: str | None = None
    ) -> bool:
        status = self._database.fail_message(
            message.message_id, self._worker_id, outcome, error, suppress
        )
        self._output.error(
            "message_failed",
            message_id=message.message_id,
            channel=message.channel,
            attempts=message.attempts,
            reason=error,
            status=status,
        )
        return status not in {"failed", "bounced"}
