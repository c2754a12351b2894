"""The calls that the published API documents work verbatim, through supabase-js and supabase-py."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

import supabase
from tests.api.conftest import Frontend, run_node

# What the documents list: the booking's fields, and those of everything around it.
FIELDS = {
    *("id", "learner_id", "expert_id", "session_id", "slot_id", "start_at", "end_at", "status"),
    *("payment_status", "amount_authorized", "amount_captured", "amount_refunded", "currency"),
    *("stripe_payment_intent_id", "learner_notes", "expert_notes", "cancelled_by"),
    *("cancellation_reason", "cancelled_at", "created_at", "updated_at"),
    *("session_title", "session_description", "duration_minutes", "expert_name", "expert_bio"),
    *("learner_name", "slot_start_time", "slot_end_time"),
}


@pytest.fixture(scope="module", params=["supabase-js", "supabase-py"])
def played(request: pytest.FixtureRequest, frontend: Frontend) -> Any:
    """What came of an expert's and a learner's calls."""
    admin_token = frontend.api.mint_token(frontend.world.admin())
    if request.param == "supabase-js":
        return run_node(
            "published_calls.mjs",
            API_URL=frontend.api.url,
            ANON_KEY=frontend.api.anon_key,
            ADMIN_TOKEN=admin_token,
            PRESENT=frontend.world.now().isoformat(),
        )
    return play_with_python(frontend, admin_token)


def test_an_expert_offers_a_session(played: Any) -> None:
    assert played["sessionId"] == played["slot"]["service_id"]
    assert played["published"] == 6


def test_a_learner_books_it_and_learns_what_to_pay(played: Any) -> None:
    assert played["bookingResult"] == [
        {
            "booking_id": played["booking"]["id"],
            "amount_cents": 59000,
            "currency": "dkk",
            "expert_id": played["slot"]["instructor_id"],
            "session_id": played["sessionId"],
            "order_id": played["bookingResult"][0]["order_id"],
        }
    ]


def test_booking_details_has_everything_in_the_documents_words(played: Any) -> None:
    booking, slot = played["booking"], played["slot"]
    assert booking.keys() >= FIELDS
    expected = {
        "status": "pending",
        "payment_status": "pending",
        "amount_captured": 0,
        "learner_notes": "Looking forward to learning!",
        "expert_notes": None,
        "session_title": "Python Basics",
        "session_description": "Learn Python fundamentals",
        "duration_minutes": 60,
        "expert_name": "Ada",
        "expert_bio": "Teaches Python.",
        "learner_name": "Ben",
        "slot_id": slot["id"],
        "slot_start_time": slot["start_at"],
        "slot_end_time": slot["end_at"],
    }
    assert {name: booking[name] for name in expected} == expected


def test_the_expert_sees_the_same_booking(played: Any) -> None:
    assert played["seenByExpert"] == played["booking"]


def test_a_taken_slot_is_refused_as_a_frontend_can_show_it(played: Any) -> None:
    error = played["again"]["error"]
    assert played["again"].get("status", 409) == 409  # which supabase-py does not tell
    assert (error["code"], error["details"]) == ("PT409", '{"code": "slot_taken"}')
    assert error["message"] == "That time has just been taken."
    assert error["hint"] == "Refresh the calendar and choose another time."


def test_a_stranger_finds_no_booking(played: Any) -> None:
    assert played["foreign"].get("status", 406) == 406
    assert played["foreign"]["error"]["code"] == "PGRST116"


def play_with_python(frontend: Frontend, admin_token: str) -> dict[str, Any]:
    """As published_calls.mjs."""
    expert, learner, stranger = (sign_up(frontend, name) for name in ("Ada", "Ben", "Cleo"))
    instructor_id = (
        expert.rpc(
            "become_instructor",
            {
                "p_display_name": "Ada",
                "p_hourly_rate_cents": 50000,
                "p_currency": "DKK",
                "p_bio": "Teaches Python.",
                "p_time_zone": "UTC",
            },
        )
        .execute()
        .data
    )
    admin = supabase.create_client(frontend.api.url, frontend.api.anon_key)
    admin.postgrest.auth(admin_token)
    admin.rpc(
        "admin_verify_instructor",
        {
            "p_instructor_id": instructor_id,
            "p_verification_status": "verified",
            "p_reason": "Diploma seen.",
        },
    ).execute()

    session_id = (
        expert.rpc(
            "create_session",
            {
                "p_expert_user_id": user_id(expert),
                "p_title": "Python Basics",
                "p_description": "Learn Python fundamentals",
                "p_duration_minutes": 60,
                "p_price_cents": 50000,
                "p_currency": "DKK",
            },
        )
        .execute()
        .data
    )
    expert.table("availability_windows").insert(
        [
            {
                "instructor_id": instructor_id,
                "day_of_week": day,
                "start_time": "09:00",
                "end_time": "11:00",
            }
            for day in range(7)
        ]
    ).execute()
    now = frontend.world.now()
    published = (
        expert.rpc(
            "publish_slots",
            {
                "p_service_id": session_id,
                "p_from": (now + timedelta(days=1)).isoformat(),
                "p_to": (now + timedelta(days=4)).isoformat(),
            },
        )
        .execute()
        .data
    )

    slots = learner.table("bookable_slots").select("*").eq("service_id", session_id)
    slot: Any = slots.order("start_at").limit(1).execute().data[0]
    booking_result: Any = (
        learner.rpc(
            "create_booking_with_payment",
            {
                "p_learner_user_id": user_id(learner),
                "p_slot_id": slot["id"],
                "p_notes": "Looking forward to learning!",
            },
        )
        .execute()
        .data
    )
    booking_id = booking_result[0]["booking_id"]

    def details(client: supabase.Client) -> Any:
        return client.table("booking_details").select("*").eq("id", booking_id).single()

    again = {"p_learner_user_id": user_id(learner), "p_slot_id": slot["id"]}
    return {
        "sessionId": session_id,
        "published": published,
        "slot": slot,
        "bookingResult": booking_result,
        "booking": details(learner).execute().data,
        "seenByExpert": details(expert).execute().data,
        "again": refused(learner.rpc("create_booking_with_payment", again)),
        "foreign": refused(details(stranger)),
    }


def sign_up(frontend: Frontend, name: str) -> supabase.Client:
    client = supabase.create_client(frontend.api.url, frontend.api.anon_key)
    credentials: Any = {"email": f"{name}-{uuid4().hex}@example.com", "password": "correct horse"}
    client.auth.sign_up(credentials | {"options": {"data": {"full_name": name}}})
    client.auth.sign_out()
    client.auth.sign_in_with_password(credentials)
    return client


def user_id(client: supabase.Client) -> str:
    answer = client.auth.get_user()
    assert answer is not None
    return str(answer.user.id)


def refused(request: Any) -> dict[str, Any]:
    """The error that a request raises, as supabase-js returns it."""
    with pytest.raises(supabase.PostgrestAPIError) as raised:
        request.execute()
    error = raised.value
    names = ("code", "details", "message", "hint")
    return {"error": {name: getattr(error, name) for name in names}}
