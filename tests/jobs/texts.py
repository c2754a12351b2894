"""A learner who is told of a lesson by SMS, and a stand-in for Twilio."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.factories import Booking, World
from tests.fake_twilio import FakeTwilio
from tests.jobs.payday import Payday
from tests.messages.conftest import Post


@pytest.fixture
def twilio(committed_world: World) -> Iterator[FakeTwilio]:
    with FakeTwilio(committed_world.now()) as twilio:
        yield twilio


def status(booking: Booking, channel: str = "email") -> str:
    (message,) = Post(booking.world).of(booking.learner, "booking_confirmed", channel)
    found: str = message["status"]
    return found


def texted(office: Payday) -> tuple[Booking, str]:
    """A lesson of which the learner is told by SMS, and the number."""
    booking = office.world.booking(start_at=office.world.in_days(5))
    number = Post(office.world).phone(booking.learner)
    booking.pay()
    office.world.connection.execute("update private.outbox set processed_at = private.clock()")
    return booking, number
