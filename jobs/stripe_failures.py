"""Errors of Stripe's API, read for what the database needs to say what they mean for money."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self

import stripe
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError


class Outcome(StrEnum):
    """What became of a call that failed, as classify_stripe_failure in the database says."""

    REFUSED = "refused"
    """Stripe will not do it."""
    UNKNOWN = "unknown"
    """Stripe may have done it. Only a look-up can tell."""
    NOT_SENT = "not_sent"
    """Stripe has not done it: the request did not get that far."""


@dataclass(frozen=True, slots=True)
class Try:
    """One try of a call that failed. `status` is None if there was no answer."""

    status: int | None
    type: str | None
    code: str
    message: str
    was_sent: bool


@dataclass(frozen=True, slots=True)
class Failure:
    """A call that failed, over all its tries, with the error of the last."""

    outcome: Outcome
    code: str
    message: str
    is_systemic: bool = False
    """Every other call would end the same way, so there is no point in making it."""

    def in_doubt(self) -> Self:
        """Return the same failure for a case in which something may have been done before."""
        return replace(self, outcome=Outcome.UNKNOWN)


def read_try(error: stripe.StripeError) -> Try:
    """Read an error. A call that the SDK itself refuses to make was not sent."""
    told = error.error.to_dict() if error.error else {}
    if isinstance(error, stripe.APIConnectionError):
        was_sent = not _was_never_connected(error)
    else:
        was_sent = error.http_status is not None
    return Try(
        status=error.http_status,
        type=told.get("type"),
        code=told.get("code") or told.get("type") or type(error).__name__,
        message=(error.user_message or type(error).__name__)[:500],
        was_sent=was_sent,
    )


def may_be_repeated(error: stripe.StripeError) -> bool:
    """Tell whether the same call with the same idempotency key may succeed in a moment."""
    match error:
        case stripe.RateLimitError():
            return True
        case stripe.APIConnectionError():
            return error.should_retry
        case (
            stripe.InvalidRequestError()
            | stripe.CardError()
            | stripe.AuthenticationError()
            | stripe.PermissionError()
            | stripe.IdempotencyError()
        ):
            return False
        case _:
            advice = (error.headers or {}).get("stripe-should-retry")
            status = error.http_status or 0
            return advice == "true" or (advice is None and (status == 409 or status >= 500))


def _was_never_connected(error: stripe.APIConnectionError) -> bool:
    cause = error.__cause__
    reason = cause.args[0] if cause and cause.args else None
    if isinstance(reason, MaxRetryError):
        reason = reason.reason
    return isinstance(reason, NewConnectionError | ConnectTimeoutError)
