"""Calls to Stripe: paced to its rate limit, repeated when that is safe, ended with the lease."""

import math
import threading
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

import stripe
from pyrate_limiter import Duration, Limiter, Rate, SingleBucketFactory, StateBucket, TokenBucket
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception,
    sleep_using_event,
    wait_random_exponential,
)

from jobs.config import Config
from jobs.database import Database, StripeVerdict
from jobs.stripe_failures import Failure, Outcome, Try, may_be_repeated, read_try

Answer = TypeVar("Answer")

MAX_TRIES = 3
MAX_TRIES_WHEN_LIMITED = 6

# Where the system has such a clock, it also counts the time in which the machine sleeps.
CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class LeaseExpired(Exception):
    """The lease has run out, so another worker may have taken over the work."""


class CallFailed(Exception):
    """A call failed. `failure.outcome` says whether Stripe may have done what it was asked."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.code)
        self.failure = failure


class Lease:
    """How long a piece of work belongs to this worker, by a clock that nobody can set."""

    def __init__(self, seconds: float = math.inf) -> None:
        self._deadline = time.clock_gettime(CLOCK) + seconds

    def check(self) -> None:
        """Raise LeaseExpired when the time is over."""
        if time.clock_gettime(CLOCK) >= self._deadline:
            raise LeaseExpired


class Pace:
    """A token bucket for the calls of all threads.

    A fifth of a second's tokens may be spent at once: 20 a second are never more than 24 within one
    second, where Stripe's limit is 25 for one endpoint (docs.stripe.com/rate-limits).
    """

    def __init__(self, per_second: int) -> None:
        rate = Rate(per_second, Duration.SECOND, burst=max(1, per_second // 5))
        bucket = StateBucket([rate], algorithm=TokenBucket())
        # A token bucket keeps no log, so nothing has to be trimmed in the background.
        self._limiter = Limiter(SingleBucketFactory(bucket, schedule_leak=False), buffer_ms=0)

    def wait(self) -> None:
        """Wait for this call's token."""
        self._limiter.try_acquire()


class StripeCalls:
    """Makes calls, one after the other or from several threads."""

    def __init__(
        self,
        *,
        classify: Callable[[Sequence[Try]], StripeVerdict],
        per_second: int,
        backoff: float,
        stop: threading.Event,
    ) -> None:
        self._classify = classify
        self._pace = Pace(per_second)
        self._backoff = backoff
        self._stop = stop

    def make(self, lease: Lease, request: Callable[[], Answer]) -> Answer:
        """Make a call whose repetition is harmless: a GET, or a POST with an idempotency key.

        Raises CallFailed, whose outcome covers every try that was made, or LeaseExpired.
        """
        tries: list[Try] = []

        def attempt() -> Answer:
            self._pace.wait()
            lease.check()
            try:
                return request()
            except stripe.StripeError as error:
                tries.append(read_try(error))
                raise

        retrying = Retrying(
            retry=retry_if_exception(_is_worth_repeating),
            stop=self._has_tried_enough,
            wait=wait_random_exponential(multiplier=self._backoff, max=10 * self._backoff),
            sleep=sleep_using_event(self._stop),
            reraise=True,
        )
        try:
            return retrying(attempt)
        except stripe.StripeError as error:
            raise CallFailed(self._failure_of(tries)) from error

    def _failure_of(self, tries: Sequence[Try]) -> Failure:
        verdict = self._classify(tries)
        last = tries[-1]
        return Failure(Outcome(verdict.outcome), last.code, last.message, verdict.is_systemic)

    def _has_tried_enough(self, state: RetryCallState) -> bool:
        error = state.outcome.exception() if state.outcome else None
        is_limited = isinstance(error, stripe.RateLimitError)
        max_tries = MAX_TRIES_WHEN_LIMITED if is_limited else MAX_TRIES
        return self._stop.is_set() or state.attempt_number >= max_tries


def make_stripe_calls(config: Config, database: Database, stop: threading.Event) -> StripeCalls:
    """Make calls at the configured pace until told to stop."""
    return StripeCalls(
        classify=database.classify_stripe_failure,
        per_second=config.stripe_requests_per_second,
        backoff=config.stripe_backoff_seconds,
        stop=stop,
    )


def _is_worth_repeating(error: BaseException) -> bool:
    return isinstance(error, stripe.StripeError) and may_be_repeated(error)
