"""Calls to Stripe that respect its rate limit, are repeated when that is safe, and end in time."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

import stripe
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception,
    sleep_using_event,
    wait_random_exponential,
)

from jobs.config import Config
from jobs.stripe_outcomes import Failure, Outcome, classify

Answer = TypeVar("Answer")

MOST_TRIES = 3
MOST_TRIES_WHEN_LIMITED = 6


class LeaseExpired(Exception):
    """What we were working on may belong to someone else by now."""


class CallFailed(Exception):
    """Stripe did not do what it was asked, or may have done it without telling."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.code)
        self.failure = failure


class Lease:
    """The time until which a piece of work is ours, by a clock that nobody sets."""

    def __init__(self, seconds: float) -> None:
        self._deadline = time.monotonic() + seconds

    def check(self) -> None:
        """Raise LeaseExpired when the time is over."""
        if time.monotonic() >= self._deadline:
            raise LeaseExpired


class Pace:
    """Keeps the calls of all threads at a distance from each other."""

    def __init__(self, per_second: float) -> None:
        self._distance = 1 / per_second
        self._next = 0.0
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Wait for this call's turn."""
        with self._lock:
            turn = max(self._next, time.monotonic())
            self._next = turn + self._distance
        time.sleep(max(0.0, turn - time.monotonic()))


class StripeCalls:
    """Makes calls, one after the other or from several threads."""

    def __init__(self, *, per_second: float, backoff: float, stop: threading.Event) -> None:
        self._pace = Pace(per_second)
        self._backoff = backoff
        self._stop = stop

    def make(self, lease: Lease, request: Callable[[], Answer]) -> Answer:
        """Make a call whose repetition is harmless: a GET, or a POST with an idempotency key.

        Raises CallFailed, whose outcome covers every try that was made, or LeaseExpired.
        """
        failures: list[Failure] = []

        def attempt() -> Answer:
            lease.check()
            self._pace.wait()
            try:
                return request()
            except stripe.StripeError as error:
                failures.append(classify(error))
                raise CallFailed(_of_all(failures)) from error

        retrying = Retrying(
            retry=retry_if_exception(_is_worth_repeating),
            stop=self._has_tried_enough,
            wait=wait_random_exponential(multiplier=self._backoff, max=10 * self._backoff),
            sleep=sleep_using_event(self._stop),
            reraise=True,
        )
        return retrying(attempt)

    def _has_tried_enough(self, state: RetryCallState) -> bool:
        error = state.outcome.exception() if state.outcome else None
        is_limited = isinstance(error, CallFailed) and isinstance(
            error.__cause__, stripe.RateLimitError
        )
        most = MOST_TRIES_WHEN_LIMITED if is_limited else MOST_TRIES
        return self._stop.is_set() or state.attempt_number >= most


def make_stripe_calls(config: Config, stop: threading.Event) -> StripeCalls:
    """Make calls at the configured pace until told to stop."""
    return StripeCalls(
        per_second=config.stripe_requests_per_second,
        backoff=config.stripe_backoff_seconds,
        stop=stop,
    )


def _of_all(failures: list[Failure]) -> Failure:
    """A try that certainly did nothing does not take away the doubt about one before it."""
    *before, last = failures
    was_in_doubt = any(failure.outcome is Outcome.UNKNOWN for failure in before)
    return last.in_doubt() if was_in_doubt and last.outcome is Outcome.NOT_SENT else last


def _is_worth_repeating(error: BaseException) -> bool:
    return isinstance(error, CallFailed) and error.failure.is_retryable
