"""What answers a dispute is one paper about its own people, short enough for Stripe."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from typing import Any

import pytest
from psycopg.rows import DictRow
from pypdf import PdfReader

from lplate.evidence import MAX_BYTES, MAX_PAGES, count_pages, describe, render
from tests.factories import Booking, World
from tests.schools.conftest import School
from tests.trips.steps import on_the_road


def text_of(pdf: bytes) -> str:
    pages = PdfReader(io.BytesIO(pdf)).pages
    return " ".join(" ".join(page.extract_text().split()) for page in pages)


def evidence(world: World, dispute: Any) -> dict[str, Any]:
    (row,) = world.serve("jobs", "private.dispute_evidence", p_dispute=str(dispute))
    told: dict[str, Any] = row["dispute_evidence"]
    return told


def dispute(world: World, booking: Booking) -> DictRow:
    world.dispute(booking.payment, created=int(world.now().timestamp()))
    return world.row("select * from public.disputes where payment_id = %s", booking.payment["id"])


def deliver_messages(world: World) -> None:
    """Every message by mail has arrived."""
    world.connection.execute("set local session_replication_role = replica")
    world.connection.execute(
        "update public.messages set status = 'delivered', sent_at = created_at,"
        " delivered_at = created_at + interval '1 minute', claimed_by = null"
        " where channel = 'email'"
    )
    world.connection.execute("set local session_replication_role = origin")


@pytest.fixture
def told(school: School) -> dict[str, Any]:
    """The evidence of a dispute about a lesson of which everything is known."""
    world = school.world
    world.call(school.owner, "public.publish_terms", p_org_id=school.id, p_body="Be on time.")
    (terms,) = world.ask(None, "public.current_terms", p_org_id=school.id)
    world.call(school.learner, "public.accept_terms", p_terms_id=terms["terms_id"])
    slot = world.slot(world.service(school.instructor, title="Motorway lesson"))
    booked = world.book(
        school.learner, slot, p_pickup='{"address": "1 High Street", "lat": null, "lng": null}'
    )
    booking = Booking(world, booked["booking_id"], school.learner, school.instructor, slot)
    booking.pay()
    another = world.person("Another Learner")
    world.learner(school.id, another)
    world.book(another, world.slot(booking.columns["service_id"], world.in_days(5)))
    trip = on_the_road(world, booking)
    world.travel(to=booking.columns["end_at"])
    trip.send(trip.drive(4200, 600))
    trip.finish()
    world.call(school.instructor.user_id, "public.complete_lesson", p_booking_id=booking.id)
    booking.refund(1000)
    deliver_messages(world)
    world.travel(by=timedelta(days=3))
    return evidence(world, dispute(world, booking)["id"])


def test_everything_is_told(told: dict[str, Any]) -> None:
    assert [term["by"] for term in told["terms"]] == ["the learner"]
    (booking,) = told["bookings"]
    assert [(step["status"], step["by"]) for step in booking["history"]] == [
        ("held", "the learner"),
        ("confirmed", "the payment's confirmation"),
        ("in_progress", "the instructor"),
        ("completed", "the instructor"),
    ]
    lesson = booking["lesson"]
    assert [(step["what"], step["by"]) for step in lesson["told"]] == [
        ("started", "the instructor"),
        ("completed", "the instructor"),
    ]
    assert lesson["trip"]["distance_meters"] == pytest.approx(4200, abs=50)
    assert [refund["amount_cents"] for refund in told["refunds"]] == [1000]
    arrived = [message for message in told["messages"] if message["delivered_at"]]
    assert {message["to"] for message in arrived} == {"the learner"}
    assert "booking_confirmed" in {message["kind"] for message in arrived}
    text = text_of(render(told))
    for said in (
        *("Version Accepted By", "cancellation policy 1", "100 % until 24 hours before the start"),
        *("Motorway lesson", "1 High Street", "Became completed", "4.2 km", "delivered"),
        *(told["dispute_id"], told["stripe_payment_intent_id"]),
    ):
        assert said in text, said


def test_nobody_else_is_named(school: School, told: dict[str, Any]) -> None:
    names = {
        row["full_name"]
        for row in school.world.rows("select full_name from public.profiles")
        if row["full_name"] not in (told["payer"], told["learner"], told["instructor"])
    }
    assert names
    text = text_of(render(told))
    for name in names:
        assert not re.search(rf"\b{re.escape(name)}\b", text), name
    assert "http" not in text


def test_a_dispute_of_which_nothing_is_known_has_a_paper(world: World) -> None:
    ann, _ = world.hourly()
    bought = world.hours(world.person(), ann, 2)
    world.dispute(bought.payment)
    world.connection.execute("set local session_replication_role = replica")
    world.connection.execute("delete from public.message_contents")
    world.connection.execute("delete from public.messages")
    world.connection.execute("set local session_replication_role = origin")
    stripe_id = world.value("select stripe_dispute_id from public.disputes")
    told = evidence(world, stripe_id)
    assert (told["terms"], told["bookings"], told["messages"]) == ([], [], [])
    text = text_of(render(told))
    assert text.count("Nothing is recorded.") == 4


def test_hours_lead_to_the_lessons_that_they_paid(world: World) -> None:
    ann, service = world.hourly()
    bought = world.hours(world.person(), ann, 2)
    bought.book(service)
    world.dispute(bought.payment)
    told = evidence(world, world.value("select id from public.disputes"))
    assert len(told["bookings"]) == 1


def test_an_unknown_dispute_has_no_evidence(world: World) -> None:
    for unknown in ("du_unknown", "", None, "3f1d1b1e-0000-4000-8000-000000000001"):
        with world.refusing("PT404", "dispute_not_found"):
            world.serve("jobs", "private.dispute_evidence", p_dispute=unknown)


@pytest.mark.slow
def test_a_long_story_is_cut_to_what_stripe_takes(told: dict[str, Any]) -> None:
    message = told["messages"][0] | {"body": "A long mail, word by word. " * 400}
    long = told | {"bookings": told["bookings"] * 60, "messages": [message] * 100}
    pdf = render(long)
    assert len(PdfReader(io.BytesIO(pdf)).pages) == count_pages(pdf) <= MAX_PAGES
    assert len(pdf) <= MAX_BYTES
    assert "are left out, to fit what the bank reads" in text_of(pdf)


def test_a_policy_is_told_in_words() -> None:
    tiers = [
        {"notice_minutes": 1440, "refund_bps": 10000},
        {"notice_minutes": 90, "refund_bps": 2550},
        {"notice_minutes": 0, "refund_bps": 0},
    ]
    booking = {"tiers": tiers}
    told = describe(
        {
            "minor_digits": 2,
            "currency": "gbp",
            "time_zone": "Europe/London",
            "amount_cents": 1,
            "paid_cents": 1,
            "refunds": [],
            "bookings": [booking],
            "messages": [],
        }
    )
    assert told["bookings"][0]["policy_words"] == (
        "100 % until 24 hours before the start, 25.5 % until 90 minutes before the start,"
        " 0 % until the start, nothing after it"
    )
