"""What an error of Stripe's API says about money: something was done, nothing was, or who knows."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self

import stripe
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError


class Outcome(StrEnum):
    """What became of a call that ended in an error."""

    REFUSED = "refused"
    """Stripe answered for good that it will not do this."""
    UNKNOWN = "unknown"
    """It may have been done. Only looking at Stripe can tell."""
    NOT_SENT = "not_sent"
    """It was not done: the request never reached the place that does such things."""


@dataclass(frozen=True, slots=True)
class Failure:
    """An error of Stripe's, read for what matters."""

    outcome: Outcome
    code: str
    message: str
    is_retryable: bool = False
    """The same call with the same idempotency key may succeed in a moment."""
    is_systemic: bool = False
    """Every other call would end the same way, so there is no point in making it."""

    def in_doubt(self) -> Self:
        """Return the same failure for a case in which something may have been done before."""
        return replace(self, outcome=Outcome.UNKNOWN)


def classify(error: stripe.StripeError) -> Failure:
    """Read an error.

    The rules are in Stripe's documentation: a 4xx is an answer for good and a 5xx is none; 429 and
    authentication stand before anything is done, but `account_invalid` with 403 is about the one
    account that the call names, which has cut the platform off; 409 says that a call under the same
    key is under way. `idempotency_error` with 400 is no answer about this call: the key was used
    with other parameters, so an earlier call did something that we do not know about.
    """
    told = error.error.to_dict() if error.error else {}
    code = told.get("code") or told.get("type") or type(error).__name__
    message = (error.user_message or type(error).__name__)[:500]
    match error:
        case stripe.RateLimitError():
            return Failure(Outcome.NOT_SENT, code, message, is_retryable=True)
        case stripe.PermissionError() if code == "account_invalid":
            return Failure(Outcome.REFUSED, code, message)
        case stripe.AuthenticationError() | stripe.PermissionError():
            return Failure(Outcome.NOT_SENT, code, message, is_systemic=True)
        case stripe.APIConnectionError():
            outcome = Outcome.NOT_SENT if _was_never_connected(error) else Outcome.UNKNOWN
            return Failure(outcome, code, message, is_retryable=error.should_retry)
        case stripe.InvalidRequestError() | stripe.CardError():
            return Failure(Outcome.REFUSED, code, message)
        case stripe.IdempotencyError():
            return Failure(Outcome.UNKNOWN, code, message)
        case _:
            return Failure(Outcome.UNKNOWN, code, message, is_retryable=_may_be_repeated(error))


def _was_never_connected(error: stripe.APIConnectionError) -> bool:
    cause = error.__cause__
    reason = cause.args[0] if cause and cause.args else None
    if isinstance(reason, MaxRetryError):
        reason = reason.reason
    return isinstance(reason, NewConnectionError | ConnectTimeoutError)


def _may_be_repeated(error: stripe.StripeError) -> bool:
    advice = (error.headers or {}).get("stripe-should-retry")
    status = error.http_status or 0
    return advice == "true" or (advice is None and (status == 409 or status >= 500))
