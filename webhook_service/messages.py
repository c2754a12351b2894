"""Twilio's callbacks, answers to SMS and WhatsApp messages, and the links to unsubscribe.

Each request of Twilio is signed with the account's auth token over the address that Twilio calls
and the fields of the body (twilio.com/docs/usage/security#validating-requests).
"""

import base64
import hashlib
import hmac
from collections.abc import Iterable
from uuid import UUID

import structlog
from flask import Blueprint, Response, request
from prometheus_client import Counter

from webhook_service.config import Config
from webhook_service.database import Database
from webhook_service.problems import Problem

log = structlog.get_logger(__name__)

EVENTS = Counter("lplate_message_events_total", "What Twilio has told", ["type", "outcome"])
NOTHING_TO_SAY = '<?xml version="1.0" encoding="UTF-8"?><Response/>'
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Messages</title>
<body>{text}</body></html>"""
CONFIRM = '<form method="post"><button>Send me no more messages of this kind</button></form>'
DONE = "<p>You get no more messages of this kind.</p>"


def make_blueprint(config: Config, database: Database) -> Blueprint:
    """Make the endpoints for Twilio, if the service knows its auth token, and for recipients."""
    blueprint = Blueprint("messages", __name__)

    @blueprint.post("/twilio/status")
    def receive_status() -> Response:
        fields = signed_fields(config)
        outcome = database.record_message_status(
            _uuid_or_none(request.args.get("message_id", "")),
            _required(fields, "MessageSid"),
            _required(fields, "MessageStatus"),
            fields.get("ErrorCode"),
            fields,
        )
        EVENTS.labels("status", outcome).inc()
        log.info("message_status_received", provider_id=fields["MessageSid"], outcome=outcome)
        return Response(status=204)

    @blueprint.post("/twilio/inbound")
    def receive_answer() -> Response:
        fields = signed_fields(config)
        sender = _required(fields, "From")
        meaning = database.record_inbound_message(
            _required(fields, "MessageSid"),
            "whatsapp" if sender.startswith("whatsapp:") else "sms",
            sender.removeprefix("whatsapp:"),
            fields.get("Body", ""),
            fields,
        )
        EVENTS.labels("inbound", meaning).inc()
        log.info("answer_received", provider_id=fields["MessageSid"], meaning=meaning)
        return Response(NOTHING_TO_SAY, content_type="text/xml; charset=utf-8")

    @blueprint.get("/messages/unsubscribe/<uuid:token>")
    def ask_to_unsubscribe(token: UUID) -> Response:
        """Ask first: whatever scans mails for malware follows their links."""
        return Response(PAGE.format(text=CONFIRM), content_type="text/html; charset=utf-8")

    @blueprint.post("/messages/unsubscribe/<uuid:token>")
    def unsubscribe(token: UUID) -> Response:
        """Switch off what the link names, for mail programs (RFC 8058) and for the form."""
        if not database.unsubscribe(token):
            raise Problem(404, "message_not_found", "No message has this link.")
        return Response(PAGE.format(text=DONE), content_type="text/html; charset=utf-8")

    return blueprint


def signed_fields(config: Config) -> dict[str, str]:
    """Return the fields of the body if Twilio has signed them; answer 403 otherwise."""
    if config.twilio_auth_token is None or config.service_url is None:
        raise Problem(404, "no_such_route", "This service does not talk to Twilio.")
    query = f"?{request.query_string.decode()}" if request.query_string else ""
    pairs = list(request.form.items(multi=True))
    expected = sign(
        config.twilio_auth_token.get_secret_value(),
        f"{config.service_url}{request.path}{query}",
        pairs,
    )
    given = request.headers.get("X-Twilio-Signature", "")
    if not hmac.compare_digest(expected.encode(), given.encode()):
        raise Problem(
            403,
            "signature_mismatch",
            "The signature does not match.",
            hint="Compare TWILIO_AUTH_TOKEN and SERVICE_URL with what Twilio has.",
        )
    return {name: value.replace("\0", "") for name, value in pairs}


def sign(auth_token: str, url: str, fields: Iterable[tuple[str, str]]) -> str:
    """Return the signature that Twilio gives to a request."""
    text = url + "".join(name + value for name, value in sorted(set(fields)))
    digest = hmac.new(auth_token.encode(), text.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def _required(fields: dict[str, str], name: str) -> str:
    value = fields.get(name, "")
    if not 1 <= len(value) <= 100:
        raise Problem(400, "event_malformed", f"The field {name} is missing.")
    return value


def _uuid_or_none(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
