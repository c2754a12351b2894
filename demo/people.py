"""Who takes part, each with a client of their own: nobody here has more than a browser has."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol, cast

import httpx
from postgrest.exceptions import APIError

from demo.stage import Stage
from demo.stripe_side import Card, Declined, PaymentIntent
from demo.week import DAYS
from supabase import Client, create_client

Row = dict[str, Any]

# Everybody's, so that whoever looks at the week in a frontend can be anybody of it.
PASSWORD = "drives safely"

# Several tables lead from a refund or a dispute to a learner, so the foreign key is named.
LEARNER_OF = "learners!{}_org_id_learner_id_fkey(full_name)"


class Refused(Exception):
    """A rule said no."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Query(Protocol):
    """What supabase-py builds before it is sent."""

    def execute(self) -> Any:
        """Send it."""


def fetch(query: Query) -> Any:
    """Send a query of supabase-py and return its data; raise Refused if a rule says no."""
    try:
        return query.execute().data
    except APIError as error:
        detail = error.details
        if not (isinstance(detail, str) and detail.startswith("{")):
            raise  # not a rule of ours
        raise Refused(json.loads(detail)["code"], error.message or "") from None


def rows_of(query: Query) -> list[Row]:
    """Send a query whose answer is rows."""
    return cast(list[Row], fetch(query))


@dataclass(frozen=True)
class Booking:
    """What a booking's function returns, and the slot; empty for a time that was not published."""

    id: str
    amount_cents: int
    currency: str
    slot_id: str = ""
    status: str = "held"

    @property
    def reference(self) -> dict[str, str]:
        """Say to the webhook service what is paid."""
        return {"booking_id": self.id}


@dataclass(frozen=True)
class Hours:
    """Hours that somebody buys ahead."""

    id: str
    amount_cents: int

    @property
    def reference(self) -> dict[str, str]:
        """Say to the webhook service what is paid."""
        return {"credit_id": self.id}


class Visitor:
    """Somebody without an account, who looks around."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.client: Client = create_client(stage.api_url, stage.anon_key)

    def find_instructors(self) -> list[Row]:
        """Return the instructors who can be booked, the cheapest first."""
        return rows_of(
            self.client.table("instructors")
            .select("id, display_name, hourly_rate_cents, currency")
            .order("hourly_rate_cents")
        )

    def find_lessons(self) -> list[Row]:
        """Return what is offered, by title."""
        return rows_of(
            self.client.table("services")
            .select("id, title, duration_minutes, price_cents, currency, instructor_id")
            .order("title")
        )

    def find_slots(self, service_id: str, since: datetime, until: datetime) -> list[Row]:
        """Return the free times of a lesson between two moments, the earliest first."""
        return rows_of(
            self.client.table("bookable_slots")
            .select("id, start_at, end_at")
            .eq("service_id", service_id)
            .eq("is_available", True)
            .gte("start_at", since.isoformat())
            .lt("start_at", until.isoformat())
            .order("start_at")
        )

    def search_instructors(self, **conditions: Any) -> list[Row]:
        """Return the page of the directory that meets the conditions."""
        return rows_of(self.client.rpc("search_instructors", conditions))

    def search_services(self, **conditions: Any) -> list[Row]:
        """Return the lessons on offer that meet the conditions."""
        return rows_of(self.client.rpc("search_services", conditions))

    def list_open_slots(
        self, instructor: Instructor, service_id: str, since: datetime, until: datetime
    ) -> list[Row]:
        """Return the times that can be booked, published or not, the earliest first."""
        arguments = {
            "p_instructor_id": instructor.instructor_id,
            "p_service_id": service_id,
            "p_from": since.isoformat(),
            "p_to": until.isoformat(),
        }
        return rows_of(self.client.rpc("list_open_slots", arguments))


class Person:
    """Somebody with an account."""

    def __init__(self, stage: Stage, name: str) -> None:
        self.stage = stage
        self.name = name
        self.first_name = name.split()[0]
        self.email = f"{self.first_name.lower()}@example.com"
        self.client: Client = create_client(stage.api_url, stage.anon_key)
        self.id = ""

    def sign_up(self) -> None:
        """Make an account with Auth, which signs in at once."""
        answer = self.client.auth.sign_up(
            {
                "email": self.email,
                "password": PASSWORD,
                "options": {"data": {"full_name": self.name}},
            }
        )
        assert answer.user, "Auth answers a sign-up with the user"
        self.id = answer.user.id

    def call(self, function: str, **arguments: Any) -> Any:
        """Call a public function of the database."""
        try:
            return fetch(self.client.rpc(function, arguments))
        except Refused as refused:
            self.stage.story.refuse(self.name, function, refused.code, str(refused))
            raise

    def post(self, path: str, **body: Any) -> httpx.Response:
        """Call the webhook service with the token that Auth gave."""
        session = self.client.auth.get_session()
        assert session, "signed in"
        return self.stage.post(path, session.access_token, body)

    def accept_invitation(self, token: str) -> None:
        """Take the place that an organization has offered to the own address."""
        self.call("accept_invitation", p_token=token)

    def ask_for_onboarding(self, **payee: str) -> str:
        """Return the link to Stripe's form, for oneself or for an organization."""
        answer = self.post(
            "/connect/onboarding-links",
            refresh_url="https://lessons.example/onboarding",
            return_url="https://lessons.example/welcome",
            **payee,
        )
        answer.raise_for_status()
        return str(answer.json()["url"])

    def account_id(self) -> str:
        """Return the id of the Stripe account that one may see."""
        account = rows_of(self.client.table("stripe_connect_accounts").select("stripe_account_id"))
        return str(account[0]["stripe_account_id"])

    def payouts(self) -> list[Row]:
        """Return the payouts that one may see, the latest first."""
        return rows_of(
            self.client.table("payouts")
            .select("id, payout_date, amount_cents, currency, status")
            .order("payout_date", desc=True)
        )


class Admin(Person):
    """Who runs the platform, once the operator has said so."""

    def show_second_factor(self) -> None:
        """Raise the session to aal2, by the call that the local stack has in place of factors."""
        session = self.client.auth.get_session()
        assert session, "signed in"
        answer = httpx.post(
            f"{self.stage.api_url}/auth/v1/local/second-factor",
            headers={"Authorization": f"Bearer {session.access_token}"},
        )
        answer.raise_for_status()
        self.client.postgrest.auth(answer.json()["access_token"])

    def verify(self, instructor: Instructor) -> None:
        """Let an instructor be found and booked."""
        self.call(
            "admin_verify_instructor",
            p_instructor_id=instructor.instructor_id,
            p_verification_status="verified",
            p_reason="Licence and insurance seen.",
        )

    def create_code(self, code: str, amount_cents: int) -> None:
        """Make a discount code, at the platform's cost."""
        self.call(
            "admin_create_discount_code",
            p_code=code,
            p_reason="For new learners.",
            p_amount_cents=amount_cents,
            p_currency="gbp",
        )

    def grant_refund(self, refund_id: str) -> None:
        """Say yes to somebody who asks for money back."""
        self.call("decide_refund", p_refund_id=refund_id, p_is_granted=True, p_note="Fair.")

    def refunds(self) -> list[Row]:
        """Return what went back, and to whom, in the order in which it was decided."""
        return rows_of(
            self.client.table("refunds")
            .select(f"amount_cents, reason, status, {LEARNER_OF.format('refunds')}")
            .order("created_at")
        )

    def disputes(self) -> list[Row]:
        """Return what the payers' banks took back."""
        return rows_of(
            self.client.table("disputes")
            .select(f"status, lost_cents, liability, {LEARNER_OF.format('disputes')}")
            .order("opened_at")
        )

    def alerts(self) -> list[Row]:
        """Return what the admins must know, and have not settled."""
        return rows_of(
            self.client.table("alerts").select("id, code").is_("resolved_at", None).order("code")
        )

    def bookings(self) -> list[Row]:
        """Return every booking, as the published view shows it."""
        return rows_of(self.client.table("booking_details").select("*").order("start_at"))

    def collected_cents(self) -> int:
        """Return all that learners paid by card."""
        paid = rows_of(self.client.table("payments").select("captured_cents"))
        return sum(row["captured_cents"] for row in paid)

    def run_results(self) -> list[Row]:
        """Return what the payout run decided for everybody, and why."""
        return rows_of(
            self.client.table("payout_run_results")
            .select("payee_id, currency, amount_cents, outcome, reason")
            .order("amount_cents", desc=True)
        )


class Instructor(Person):
    """Who teaches and is paid."""

    instructor_id = ""
    service_id = ""
    org_id = ""

    def __init__(self, stage: Stage, name: str) -> None:
        super().__init__(stage, name)
        self.payee = name

    def begin(self, hourly_rate_cents: int) -> None:
        """Become an instructor of the marketplace."""
        self.instructor_id = self.call(
            "become_instructor",
            p_display_name=self.name,
            p_hourly_rate_cents=hourly_rate_cents,
            p_currency="gbp",
            p_time_zone="Europe/London",
        )
        mine = self.client.table("instructors").select("org_id").eq("id", self.instructor_id)
        (me,) = rows_of(mine)
        self.org_id = me["org_id"]

    def join(self, token: str) -> None:
        """Accept a school's invitation, and take bookings."""
        self.accept_invitation(token)
        mine = self.client.table("instructors").select("id, org_id").eq("user_id", self.id)
        (me,) = rows_of(mine)
        self.instructor_id, self.org_id = me["id"], me["org_id"]
        fetch(
            self.client.table("instructors")
            .update({"is_available": True})
            .eq("id", self.instructor_id)
        )

    def open_hours(self, start: str, end: str) -> None:
        """Be available from Monday to Friday between two local times."""
        weekdays = [DAYS.index(day) for day in DAYS[1:]]
        windows = [
            {
                "org_id": self.org_id,
                "instructor_id": self.instructor_id,
                "day_of_week": day,
                "start_time": start,
                "end_time": end,
            }
            for day in weekdays
        ]
        fetch(self.client.table("availability_windows").insert(windows))

    def close(self, on: date, start: str, end: str, note: str) -> None:
        """Be away on a date between two local times."""
        fetch(
            self.client.table("availability_exceptions").insert(
                {
                    "org_id": self.org_id,
                    "instructor_id": self.instructor_id,
                    "on_date": on.isoformat(),
                    "is_available": False,
                    "start_time": start,
                    "end_time": end,
                    "note": note,
                }
            )
        )

    def offer(self, title: str, minutes: int, price_cents: int | None) -> None:
        """Offer a lesson; without a price it costs the hourly rate times its length."""
        self.service_id = self.call(
            "create_session",
            p_expert_user_id=self.id,
            p_title=title,
            p_description=f"{title} with {self.name}.",
            p_duration_minutes=minutes,
            p_price_cents=price_cents,
            p_currency="GBP",
        )

    def publish(self, since: datetime, until: datetime) -> int:
        """Publish the times of the week; return how many."""
        published = self.call(
            "publish_slots",
            p_service_id=self.service_id,
            p_from=since.isoformat(),
            p_to=until.isoformat(),
        )
        return int(published)

    def confirm(self, booking: Booking) -> None:
        """Accept a request."""
        self.call("confirm_booking", p_booking_id=booking.id)

    def start(self, booking: Booking) -> None:
        """Begin a lesson."""
        self.call("start_lesson", p_booking_id=booking.id)

    def start_trip(self, booking: Booking) -> str:
        """Let the phone note where the lesson leads; return the trip's id."""
        return str(self.call("start_trip", p_booking_id=booking.id))

    def send_points(self, trip_id: str, points: list[Row]) -> int:
        """Send what the phone has noted; return how many points were new."""
        return len(self.call("record_trip_points", p_trip_id=trip_id, p_points=points))

    def finish_trip(self, trip_id: str) -> None:
        """Let the phone note nothing more."""
        self.call("finish_trip", p_trip_id=trip_id)

    def complete(self, booking: Booking, notes: str) -> None:
        """End a lesson, with a word for the learner."""
        self.call("complete_lesson", p_booking_id=booking.id, p_notes=notes)

    def balance(self) -> Row:
        """Return the own money: total, pending, available, in transit and paid."""
        columns = "total_cents, pending_cents, available_cents, in_transit_cents, paid_cents"
        found = rows_of(self.client.table("instructor_balances").select(columns))
        return found[0] if found else dict.fromkeys(columns.split(", "), 0)


class Customer(Person):
    """Who books and pays: for themselves, or for somebody whom they answer for."""

    def request(
        self, instructor: Instructor, service_id: str, start_at: datetime, **more: Any
    ) -> Booking:
        """Book a listed time, published or not; raise Refused if it cannot be had."""
        (booked,) = self.call(
            "request_booking",
            p_instructor_id=instructor.instructor_id,
            p_service_id=service_id,
            p_start_at=start_at.isoformat(),
            **more,
        )
        return Booking(
            booked["booking_id"],
            booked["amount_cents"],
            booked["currency"],
            status=booked["status"],
        )

    def check_code(self, code: str, service_id: str) -> Row:
        """Return what a discount code takes off a lesson."""
        (answer,) = self.call("check_discount_code", p_code=code, p_service_id=service_id)
        return cast(Row, answer)

    def buy_hours(self, instructor: Instructor, hours: int, code: str) -> Hours:
        """Buy hours ahead, with a code that was checked."""
        (bought,) = self.call(
            "buy_credits",
            p_instructor_id=instructor.instructor_id,
            p_hours=hours,
            p_discount_code=code,
        )
        return Hours(bought["credit_id"], bought["amount_cents"])

    def hours_left(self, instructor: Instructor) -> float:
        """Return the hours that can still be used with an instructor."""
        (balance,) = self.call("credit_balance", p_instructor_id=instructor.instructor_id)
        return float(balance["hours_left"])

    def reschedule(self, booking: Booking, start_at: datetime) -> Booking:
        """Move a lesson to another open time."""
        (moved,) = self.call(
            "reschedule_booking", p_booking_id=booking.id, p_start_at=start_at.isoformat()
        )
        return Booking(
            moved["booking_id"], moved["amount_cents"], moved["currency"], status=moved["status"]
        )

    def preview_cancellation(self, booking: Booking) -> Row:
        """Return what cancelling would give back now."""
        (ending,) = self.call("preview_cancellation", p_booking_id=booking.id)
        return cast(Row, ending)

    def cancel(self, booking: Booking, expected_refund_cents: int) -> Row:
        """Cancel for what the preview said, or be asked again."""
        (ending,) = self.call(
            "cancel_booking",
            p_booking_id=booking.id,
            p_expected_refund_cents=expected_refund_cents,
        )
        return cast(Row, ending)

    def ask_for_refund(self, booking: Booking, amount_cents: int, reason: str) -> str:
        """Ask for money back; return the request's id."""
        refund_id = self.call(
            "request_refund",
            p_booking_id=booking.id,
            p_amount_cents=amount_cents,
            p_reason=reason,
        )
        return str(refund_id)

    def open_payment(self, bought: Booking | Hours) -> PaymentIntent:
        """Ask the webhook service for what the browser needs to pay."""
        answer = self.post("/payment-intents", **bought.reference)
        answer.raise_for_status()
        return PaymentIntent.of(answer.json())

    def pay(self, intent: PaymentIntent, card: Card = "good") -> None:
        """Confirm the payment at Stripe; raise Declined if the bank says no."""
        try:
            self.stage.stripe.pay(intent, card)
        except Declined as declined:
            self.stage.story.refuse(self.name, "confirm at Stripe", "card_declined", str(declined))
            raise

    def pay_for(self, bought: Booking | Hours) -> None:
        """Pay with a card that works."""
        self.pay(self.open_payment(bought))

    def wait_for(self, service_id: str) -> None:
        """Join the waiting list of a lesson, on any day and at any time."""
        self.call("join_waiting_list", p_service_id=service_id)

    def offered(self) -> list[Row]:
        """Return what is kept for them until they say yes."""
        query = self.client.table("bookings").select("id, start_at, hold_expires_at")
        return rows_of(query.eq("status", "proposed"))

    def accept(self, booking_id: str) -> str:
        """Say yes to what is kept for them; return the booking's status."""
        return str(self.call("accept_proposal", p_booking_id=booking_id))

    def way_of(self, trip_id: str) -> Row:
        """Return where a lesson led, as GeoJSON."""
        return cast(Row, self.call("trip_geojson", p_trip_id=trip_id))

    def see(self, booking: Booking) -> Row:
        """Return the booking as the published view shows it."""
        query = self.client.table("booking_details").select("*").eq("id", booking.id).single()
        return cast(Row, fetch(query))


class Learner(Customer):
    """Who is taught."""

    def book(self, slot_id: str, notes: str | None = None) -> Booking:
        """Book a published time; raise Refused if it cannot be had."""
        (booked,) = self.call(
            "create_booking_with_payment",
            p_learner_user_id=self.id,
            p_slot_id=slot_id,
            p_notes=notes,
        )
        return Booking(booked["booking_id"], booked["amount_cents"], booked["currency"], slot_id)

    def request_series(
        self, instructor: Instructor, first_at: datetime, occurrences: int
    ) -> list[Booking]:
        """Book the same time of so many weeks: all of them, or raise Refused."""
        booked = self.call(
            "request_booking_series",
            p_instructor_id=instructor.instructor_id,
            p_service_id=instructor.service_id,
            p_start_at=first_at.isoformat(),
            p_occurrences=occurrences,
        )
        ids = [row["booking_id"] for row in booked]
        query = self.client.table("booking_details").select("id, due_cents, currency")
        return [
            Booking(row["id"], row["due_cents"], row["currency"])
            for row in rows_of(query.in_("id", ids).order("start_at"))
        ]
