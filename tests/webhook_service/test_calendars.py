"""Calendar programs read a person's lessons at an address that is a secret."""

from __future__ import annotations

from flask.testing import FlaskClient
from icalendar import Calendar

from tests.webhook_service.conftest import code_of
from tests.webhook_service.deployment import Deployment


def test_a_calendar_program_reads_the_lessons(deployment: Deployment, served: FlaskClient) -> None:
    world = deployment.world
    booking = world.booking(start_at=world.in_days(5))
    booking.pay()
    token = world.call(booking.learner, "public.replace_calendar_feed")
    response = served.get(f"/calendars/{token}.ics")
    assert (response.status_code, response.content_type) == (200, "text/calendar; charset=utf-8")
    assert response.headers["Cache-Control"] == "no-store"
    calendar = Calendar.from_ical(response.data)
    (event,) = calendar.walk("VEVENT")
    assert event.decoded("dtstart") == booking.columns["start_at"]
    assert str(event["uid"]) == f"{booking.id}@lplate"


def test_an_address_that_nobody_has_is_not_found(
    deployment: Deployment, served: FlaskClient
) -> None:
    world = deployment.world
    person = world.person()
    old = world.call(person, "public.replace_calendar_feed")
    world.call(person, "public.replace_calendar_feed")
    for token in (old, "x", "%00", "a" * 5000):
        response = served.get(f"/calendars/{token}.ics")
        assert (response.status_code, code_of(response)) == (404, "calendar_not_found")
