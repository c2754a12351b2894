"""Writes lessons as calendars (RFC 5545): one in a mail, all of a person's in a feed."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from icalendar import Calendar, Event


def write_calendar(entries: Iterable[dict[str, Any]], method: str = "PUBLISH") -> bytes:
    """Write entries of {uid, sequence, method, start, end, summary, location, stamp}."""
    calendar = Calendar()
    calendar.add("prodid", "-//LPlate//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    for entry in entries:
        calendar.add_component(_event(entry))
    written: bytes = calendar.to_ical()
    return written


def _event(entry: dict[str, Any]) -> Event:
    event = Event()
    event.add("uid", f"{entry['uid']}@lplate")
    event.add("sequence", entry["sequence"])
    event.add("dtstamp", datetime.fromisoformat(entry["stamp"]))
    event.add("dtstart", datetime.fromisoformat(entry["start"]))
    event.add("dtend", datetime.fromisoformat(entry["end"]))
    event.add("summary", entry["summary"])
    event.add("status", "CANCELLED" if entry["method"] == "CANCEL" else "CONFIRMED")
    if entry["location"]:
        event.add("location", entry["location"])
    return event
