"""SMS and WhatsApp over Twilio's API (twilio.com/docs/messaging/api/message-resource)."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, NoReturn
from urllib.parse import urlencode

import httpx

from jobs.config import Config
from jobs.database import Message
from jobs.sending import ChannelDown, NotFound, NotSent, OutcomeUnknown, SendingRefused

OWNER_SAID_STOP = 21610
NO_SUCH_NUMBER = {21211, 21214, 21217, 21614}
CLOCKS_DIFFER = timedelta(minutes=2)
PREFIXES = {"sms": "", "whatsapp": "whatsapp:"}


class Texter:
    """Sends from one number over each channel. Twilio has no idempotency keys."""

    def __init__(self, config: Config) -> None:
        token = config.twilio_auth_token.get_secret_value() if config.twilio_auth_token else ""
        self._sid = config.twilio_account_sid or ""
        self._service_url = config.service_url
        self._content_base = config.twilio_content_base
        self._senders = {"sms": config.twilio_sms_from, "whatsapp": config.twilio_whatsapp_from}
        self._client = httpx.Client(
            base_url=config.twilio_api_base,
            auth=(self._sid, token),
            timeout=config.twilio_timeout_seconds,
        )

    def send(self, message: Message) -> str:
        """Send a message and return Twilio's id, or the id under which an earlier try has sent it.

        What is looked up in vain is not sent by the way: it may not be true any more.
        """
        if message.must_look_up:
            return self._find(message)
        try:
            answer = self._client.post(self._path, data=self._fields(message))
        except (httpx.ConnectError, httpx.ConnectTimeout):
            raise ChannelDown("twilio_unreachable") from None
        except httpx.HTTPError:
            raise OutcomeUnknown("twilio_no_answer") from None
        if answer.status_code != httpx.codes.CREATED:
            _raise(answer)
        return str(_fields_of(answer)["sid"])

    def approval(self, content_sid: str) -> str | None:
        """Return what WhatsApp says of a text; None if Twilio does not know it."""
        url = f"{self._content_base}/v1/Content/{content_sid}/ApprovalRequests"
        try:
            answer = self._client.get(url)
        except httpx.HTTPError:
            raise NotSent("twilio_unreachable") from None
        if answer.status_code != httpx.codes.OK:
            return None
        status: str | None = (_fields_of(answer).get("whatsapp") or {}).get("status")
        return status

    def listed(self, day: date) -> Iterator[list[dict[str, Any]]]:
        """Return, page by page, what was sent and received by our numbers on a day of UTC."""
        for channel, number in self._senders.items():
            for parameter in ("From", "To") if number else ():
                query = {
                    parameter: f"{PREFIXES[channel]}{number}",
                    "DateSent": day.isoformat(),
                    "PageSize": "1000",
                }
                for page in self._pages(query):
                    yield [_compared(text, channel, is_inbound=parameter == "To") for text in page]

    def _pages(self, query: dict[str, str]) -> Iterator[list[dict[str, Any]]]:
        url: str | None = f"{self._path}?{urlencode(query)}"
        while url:
            try:
                answer = self._client.get(url)
            except httpx.HTTPError:
                raise NotSent("twilio_unreachable") from None
            if answer.status_code != httpx.codes.OK:
                raise NotSent(f"twilio_{answer.status_code}")
            fields = _fields_of(answer)
            yield fields["messages"]
            url = fields["next_page_uri"]

    @property
    def _path(self) -> str:
        return f"/2010-04-01/Accounts/{self._sid}/Messages.json"

    def _fields(self, message: Message) -> dict[str, str]:
        fields = {"To": self._to(message), "From": self._from(message)}
        if message.content_sid:
            fields["ContentSid"] = message.content_sid
            fields["ContentVariables"] = json.dumps(message.content_variables or {})
        else:
            fields["Body"] = message.body
        if self._service_url:
            callback = f"{self._service_url}/twilio/status?message_id={message.message_id}"
            fields["StatusCallback"] = callback
        return fields

    def _to(self, message: Message) -> str:
        return PREFIXES[message.channel] + message.to_address

    def _from(self, message: Message) -> str:
        return PREFIXES[message.channel] + (self._senders[message.channel] or "")

    def _find(self, message: Message) -> str:
        """Look for what an earlier try has sent: the same text to the same number since then.

        What Twilio has filled into an approved text cannot be compared: that is for a person.
        """
        if message.content_sid:
            raise OutcomeUnknown("twilio_not_comparable")
        query = {"To": self._to(message), "From": self._from(message), "PageSize": "100"}
        since = message.first_tried_at.astimezone(UTC) - CLOCKS_DIFFER
        try:
            for page in self._pages(query):
                for sent in page:
                    if sent["body"] == message.body and _created(sent) >= since:
                        return str(sent["sid"])
        except NotSent as error:  # This time: an earlier try may have.
            raise OutcomeUnknown(str(error)) from None
        raise NotFound("twilio_not_found")


def _compared(text: dict[str, Any], channel: str, *, is_inbound: bool) -> dict[str, Any]:
    code = text["error_code"]
    return {
        "sid": text["sid"],
        "channel": channel,
        "is_inbound": is_inbound,
        "sender": text["from"].removeprefix(PREFIXES[channel]),
        "body": text["body"] if is_inbound else None,
        "status": text["status"],
        "error_code": None if code is None else str(code),
        "sent_at": _moment(text["date_sent"] or text["date_created"]).isoformat(),
    }


def _created(sent: dict[str, Any]) -> datetime:
    return _moment(sent["date_created"])


def _moment(written: str) -> datetime:
    return parsedate_to_datetime(written).astimezone(UTC)


def _fields_of(answer: httpx.Response) -> dict[str, Any]:
    try:
        fields = answer.json()
    except ValueError:
        raise OutcomeUnknown("twilio_malformed") from None
    if not isinstance(fields, dict):
        raise OutcomeUnknown("twilio_malformed")
    return fields


def _raise(answer: httpx.Response) -> NoReturn:
    """Raise what an error means.

    A 5xx and a 408 leave open whether it was sent, and so does what is no answer of Twilio's own,
    whose errors have a code: a proxy may have lost the answer.
    """
    if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR or answer.is_success:
        raise OutcomeUnknown(f"twilio_{answer.status_code}")
    if answer.status_code == httpx.codes.REQUEST_TIMEOUT:
        raise OutcomeUnknown(f"twilio_{answer.status_code}")
    if answer.status_code in {401, 403, 429}:
        raise ChannelDown(f"twilio_{answer.status_code}")
    code = _fields_of(answer).get("code")
    if not isinstance(code, int):
        raise OutcomeUnknown(f"twilio_{answer.status_code}")
    if code == OWNER_SAID_STOP:
        raise SendingRefused(f"twilio_{code}", suppress="stop")
    if code in NO_SUCH_NUMBER:
        raise SendingRefused(f"twilio_{code}", suppress="hard_bounce")
    raise SendingRefused(f"twilio_{code}")
