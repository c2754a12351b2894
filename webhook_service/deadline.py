"""One deadline for all calls to Stripe of one request, however many there are."""

import time
from typing import Any

import requests
from flask import g, has_request_context

# What is left for the last call, so that it is worth making.
LEAST_SECONDS = 0.5


class DeadlineSession(requests.Session):
    """Gives a call the time that its request has left; refuses one that would come too late."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._seconds = seconds

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        """Make a call to Stripe."""
        left = self._seconds
        if has_request_context():
            left -= time.perf_counter() - g.started
        if left < LEAST_SECONDS:
            raise requests.exceptions.Timeout("the request's time for Stripe is over")
        return super().request(*args, **kwargs | {"timeout": left})
