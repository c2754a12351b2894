"""A person's lessons as a calendar, behind a secret that the person can replace."""

import re

from flask import Blueprint, Response

from lplate.calendars import write_calendar
from webhook_service.database import Database
from webhook_service.problems import Problem

SECRET = re.compile(r"[0-9a-f]{48}", re.ASCII)


def make_blueprint(database: Database) -> Blueprint:
    """Make the endpoint that calendar programs ask now and then."""
    blueprint = Blueprint("calendars", __name__)

    @blueprint.get("/calendars/<token>.ics")
    def show_calendar(token: str) -> Response:
        entries = database.calendar_of_feed(token) if SECRET.fullmatch(token) else None
        if entries is None:
            raise Problem(404, "calendar_not_found", "No calendar has this address.")
        return Response(write_calendar(entries), content_type="text/calendar; charset=utf-8")

    return blueprint
