"""Stripe's webhooks: proves where an event comes from and hands it to the database.

The rules of the endpoint: 200 once the event is stored, whatever becomes of it; 400 for what Stripe
did not sign or would not send; 413 above 512 KiB; 503 when the database is away, so that Stripe
delivers again.
"""

import json
import re
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Literal

import structlog
from flask import Blueprint, request
from prometheus_client import Counter
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, SecretStr, ValidationError
from stripe import SignatureVerificationError, WebhookSignature

from lplate.stripe_client import API_VERSION
from webhook_service.bodies import read_body, require_json
from webhook_service.config import Config
from webhook_service.database import Database, StripeEvent
from webhook_service.problems import Problem

log = structlog.get_logger(__name__)

TOLERANCE_SECONDS = 300
MAX_SIGNATURE_HEADER = 4096
TIMESTAMP = re.compile(r"(?:^|,)t=([0-9]{1,15})(?=,|$)")
EVENTS = Counter(
    "lplate_stripe_events_total", "Stripe events by what became of them", ["endpoint", "outcome"]
)

Token = Annotated[str, Field(pattern=r"^[\x21-\x7e]{1,255}$")]


class Envelope(BaseModel):
    """The part of a snapshot event that is the same for every type."""

    model_config = ConfigDict(strict=True, hide_input_in_errors=True)

    object: Literal["event"]
    id: Token
    type: Token
    livemode: bool
    created: Annotated[int, Field(ge=0, le=253_402_300_799)]
    account: Token | None = None
    api_version: Token | None = None


class RelatedObject(BaseModel):
    """What a thin event is about."""

    model_config = ConfigDict(strict=True)

    id: Token
    type: Token


class ThinEnvelope(BaseModel):
    """A thin event, which says what changed and not how it is now."""

    model_config = ConfigDict(strict=True, hide_input_in_errors=True)

    object: Literal["v2.core.event"]
    id: Token
    type: Token
    livemode: bool
    created: Annotated[AwareDatetime, Field(strict=False)]
    related_object: RelatedObject | None = None


def make_blueprint(config: Config, database: Database) -> Blueprint:
    """Make the three webhook endpoints, each with its own signing secrets."""
    blueprint = Blueprint("stripe_webhooks", __name__)

    @blueprint.post("/stripe/webhooks")
    def receive_platform_event() -> dict[str, str]:
        return receive("platform", config.stripe_webhook_secrets)

    @blueprint.post("/stripe/connect-webhooks")
    def receive_connect_event() -> dict[str, str]:
        return receive("connect", config.stripe_connect_webhook_secrets)

    @blueprint.post("/stripe/thin-webhooks")
    def receive_thin_event() -> dict[str, str]:
        return receive("thin", config.stripe_thin_webhook_secrets, parse_thin_event)

    def receive(
        endpoint: str,
        secrets: Sequence[SecretStr],
        parse: Callable[[bytes, str], StripeEvent] = parse_event,
    ) -> dict[str, str]:
        require_json()
        raw = read_body()
        payload = verify(raw, request.headers.get("Stripe-Signature", ""), secrets)
        event = parse(raw, payload)
        outcome = database.receive_stripe_event(
            endpoint,
            event,
            expected_livemode=config.is_live,
            expected_api_version=API_VERSION,
        )
        EVENTS.labels(endpoint, outcome).inc()
        log.info("stripe_event_received", event_id=event.id, type=event.type, outcome=outcome)
        return {"event_id": event.id, "outcome": outcome}

    return blueprint


def verify(raw: bytes, header: str, secrets: Sequence[SecretStr]) -> str:
    """Return the body as text if one of the secrets signed it within the last five minutes.

    Stricter than the SDK, which stumbles over headers that are not ASCII and accepts any time in
    the future. Answers 400 otherwise.
    """
    if not header:
        raise _rejected("signature_missing", "The header Stripe-Signature is missing.")
    timestamps = TIMESTAMP.findall(header)
    if len(header) > MAX_SIGNATURE_HEADER or not header.isascii() or len(timestamps) != 1:
        raise _rejected("signature_malformed", "The header Stripe-Signature is malformed.")
    try:
        payload = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise _rejected("event_malformed", "The body is not UTF-8.") from None
    if not any(_is_signed_by(secret, payload, header) for secret in secrets):
        raise _rejected(
            "signature_mismatch",
            "No signing secret of this endpoint matches the signature.",
            hint="Compare the endpoint's secret at Stripe with the service's configuration.",
        )
    if abs(time.time() - int(timestamps[0])) > TOLERANCE_SECONDS:
        raise _rejected(
            "signature_outside_tolerance",
            "The signature is more than five minutes away from the present.",
            hint="If Stripe sent this, set the clock of this machine right.",
        )
    return payload


def _is_signed_by(secret: SecretStr, payload: str, header: str) -> bool:
    try:
        WebhookSignature.verify_header(payload, header, secret.get_secret_value())
    except SignatureVerificationError:
        return False
    return True


def parse_event(raw: bytes, payload: str) -> StripeEvent:
    """Read the envelope of a snapshot event; answer 400 if Stripe would not send such a one.

    What is inside `data` is for the database to judge.
    """
    event = _parse_json(payload)
    if _kind_of(event) == "v2.core.event":
        raise _rejected(
            "event_is_thin",
            "This endpoint takes snapshot events, and this one is thin.",
            hint="Set the payload style of the event destination at Stripe to snapshot.",
        )
    try:
        envelope = Envelope.model_validate(event)
    except ValidationError:
        raise _rejected("event_malformed", "The body is not a Stripe event.") from None
    return StripeEvent(
        id=envelope.id,
        type=envelope.type,
        account=envelope.account,
        livemode=envelope.livemode,
        api_version=envelope.api_version,
        created_at=datetime.fromtimestamp(envelope.created, UTC),
        raw=raw,
        payload=payload,
    )


def parse_thin_event(raw: bytes, payload: str) -> StripeEvent:
    """Read a thin event; answer 400 if Stripe would not send such a one.

    Its account is the one that it is about, if it is about one.
    """
    event = _parse_json(payload)
    if _kind_of(event) == "event":
        raise _rejected(
            "event_is_snapshot",
            "This endpoint takes thin events, and this one is a snapshot.",
            hint="Set the payload style of the event destination at Stripe to thin.",
        )
    try:
        envelope = ThinEnvelope.model_validate(event)
    except ValidationError:
        raise _rejected("event_malformed", "The body is not a thin Stripe event.") from None
    about = envelope.related_object
    return StripeEvent(
        id=envelope.id,
        type=envelope.type,
        account=about.id if about and about.type == "v2.core.account" else None,
        livemode=envelope.livemode,
        api_version=None,
        created_at=envelope.created,
        raw=raw,
        payload=payload,
    )


def _parse_json(payload: str) -> object:
    try:
        return json.loads(payload)
    except (ValueError, RecursionError):
        raise _rejected("event_malformed", "The body is not JSON that can be read.") from None


def _kind_of(event: object) -> object:
    return event.get("object") if isinstance(event, dict) else None


def _rejected(code: str, detail: str, *, hint: str | None = None) -> Problem:
    return Problem(400, code, detail, hint=hint)
