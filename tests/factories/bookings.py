"""Bookings, lessons, and hours bought ahead."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import count
from typing import TYPE_CHECKING, Any
from uuid import UUID

from psycopg.rows import DictRow

from tests.factories.calendar import Calendar
from tests.factories.database import call_of
from tests.factories.people import Instructor
from tests.factories.stripe_objects import intent_object, refund_object

if TYPE_CHECKING:
    from tests.factories import World

_numbers = count(1)

# The payments of a booking's lesson; first the one that was opened for this very booking.
PAYMENTS = """
    select payment.*
    from public.payments payment
    join public.payment_items part on part.payment_id = payment.id
    join public.order_items item on item.id = part.item_id
    cross join (select %s::uuid as id) sold
    where sold.id in (part.booking_id, item.booking_id, item.credit_id)
    order by part.booking_id is not distinct from sold.id desc, payment.created_at desc
"""


class Bookings(Calendar):
    # Booking and cancelling

    def book(self, user_id: UUID, slot_id: UUID, **arguments: Any) -> DictRow:
        """Books as a signed-in person; the row that the public function returns."""
        with self.acting_as(user_id):
            return self.row(
                *call_of(
                    "public.create_booking_with_payment",
                    {"p_learner_user_id": user_id, "p_slot_id": slot_id, **arguments},
                )
            )

    def request(
        self,
        user_id: UUID,
        instructor: Instructor,
        service_id: UUID,
        start_at: datetime,
        **arguments: Any,
    ) -> DictRow:
        """Requests a time as a signed-in person; the row that the public function returns."""
        with self.acting_as(user_id):
            return self.row(
                *call_of(
                    "public.request_booking",
                    {
                        "p_instructor_id": instructor.id,
                        "p_service_id": service_id,
                        "p_start_at": start_at,
                        **arguments,
                    },
                )
            )

    def booking(
        self,
        instructor: Instructor | None = None,
        *,
        start_at: datetime | None = None,
        discount_cents: int = 0,
        **service_columns: Any,
    ) -> Booking:
        """A held booking of somebody with an instructor, two days ahead.

        Of the price a code takes discount_cents off. Columns as in public.services.
        """
        instructor = instructor or self.instructor()
        learner = self.person("Ben")
        service_id = self.service(instructor, **service_columns)
        code = self._checked_code(discount_cents, learner, service_id) if discount_cents else None
        slot_id = self.slot(service_id, start_at)
        booked = self.book(learner, slot_id, p_discount_code=code)
        return Booking(self._world, booked["booking_id"], learner, instructor, slot_id)

    def lesson(self, instructor: Instructor | None = None, **service_columns: Any) -> Booking:
        """A lesson that was paid for and has just been given. Arguments as of booking()."""
        booking = self.booking(instructor, **service_columns)
        assert booking.pay() == "processed"
        booking.complete()
        return booking

    def ending(self, user_id: UUID, booking_id: UUID) -> DictRow:
        """What cancelling a booking would give back."""
        (ending,) = self.ask(user_id, "public.preview_cancellation", p_booking_id=booking_id)
        return ending

    def cancel(self, user_id: UUID, booking_id: UUID, **arguments: Any) -> DictRow:
        (ending,) = self.ask(user_id, "public.cancel_booking", p_booking_id=booking_id, **arguments)
        return ending

    # Codes, and hours bought ahead

    def discount_code(self, **columns: Any) -> UUID:
        """A discount code, of the whole platform unless it has an org_id."""
        columns = {"code": f"CODE{next(_numbers)}"} | columns
        if "discount_bps" not in columns:
            columns = {"amount_cents": 500, "currency": "gbp"} | columns
        return self.insert("public.discount_codes", columns)

    def _checked_code(self, amount_cents: int, learner: UUID, service_id: UUID) -> str:
        code = f"WORTH{next(_numbers)}"
        self.discount_code(code=code, amount_cents=amount_cents, may_exceed_fee=True)
        assert self.check_code(learner, code, service_id)["is_valid"]
        return code

    def check_code(self, user_id: UUID, code: str, service_id: UUID, **arguments: Any) -> DictRow:
        (answer,) = self.ask(
            user_id,
            "public.check_discount_code",
            p_code=code,
            p_service_id=service_id,
            **arguments,
        )
        return answer

    def buy_hours(
        self, learner: UUID, instructor: Instructor, hours: int | Decimal = 10, **arguments: Any
    ) -> Credit:
        (bought,) = self.ask(
            learner,
            "public.buy_credits",
            p_instructor_id=instructor.id,
            p_hours=hours,
            **arguments,
        )
        return Credit(self._world, bought["credit_id"], learner, instructor)

    def hours(
        self, learner: UUID, instructor: Instructor, hours: int | Decimal = 10, **arguments: Any
    ) -> Credit:
        """Hours that were bought and paid."""
        credit = self.buy_hours(learner, instructor, hours, **arguments)
        credit.pay()
        return credit


@dataclass(frozen=True)
class Booking:
    """A booking and the steps that it can take."""

    world: World
    id: UUID
    learner: UUID
    instructor: Instructor
    slot_id: UUID

    @property
    def columns(self) -> DictRow:
        return self.world.row("select * from public.bookings where id = %s", self.id)

    @property
    def status(self) -> str:
        status: str = self.columns["status"]
        return status

    @property
    def payment(self) -> DictRow:
        return self.world.row(f"{PAYMENTS} limit 1", self.id)

    def open_payment(self) -> DictRow:
        (opened,) = self.world.serve(
            "webhook_service", "private.open_payment", p_user_id=self.learner, p_ordered_id=self.id
        )
        return opened

    def intent(self, status: str = "succeeded", **fields: Any) -> dict[str, Any]:
        """The payment's PaymentIntent, as Stripe would send it; opens the payment if need be."""
        if not self.world.rows(PAYMENTS, self.id):
            self.open_payment()
        return intent_object(self.payment, status, **fields)

    def pay(self) -> str:
        """Pays in full, with money that can be transferred at once; what the webhook became."""
        outcome = self.world.deliver("payment_intent.succeeded", self.intent())
        if self.payment["status"] == "succeeded":
            self.settle_funds()
        return outcome

    def settle_funds(self, available_at: datetime | None = None, fee_cents: int = 0) -> None:
        self.world.settle_funds(self.payment, available_at, fee_cents)

    def refund(self, amount_cents: int, status: str = "succeeded", **fields: Any) -> str:
        """Refunds a part of the payment in Stripe's Dashboard; what became of the webhook."""
        refund = refund_object(self.payment, amount_cents, status, **fields)
        return self.world.deliver("refund.updated", refund)

    def start(self) -> None:
        self.world.travel(to=self.columns["start_at"])
        self.world.call(self.instructor.user_id, "public.start_lesson", p_booking_id=self.id)

    def complete(self) -> None:
        """Has the lesson, from its time to its end."""
        self.start()
        self.world.travel(to=self.columns["end_at"])
        self.world.call(self.instructor.user_id, "public.complete_lesson", p_booking_id=self.id)

    def say_missing(self, who: str, by: UUID | None = None) -> UUID:
        """The other side, or whoever is named, says that this one did not come; the claim's id."""
        other = self.instructor.user_id if who == "learner" else self.learner
        claim_id: UUID = self.world.call(
            by or other, "public.mark_no_show", p_booking_id=self.id, p_who=who
        )
        return claim_id

    def miss(self, who: str) -> None:
        """This one does not come, the other side says so, and they accept it."""
        claim_id = self.say_missing(who)
        absent = self.learner if who == "learner" else self.instructor.user_id
        self.world.call(absent, "public.accept_claim", p_claim_id=claim_id)


@dataclass(frozen=True)
class Credit:
    """A purchase of prepaid hours and the steps that it can take."""

    world: World
    id: UUID
    learner: UUID
    instructor: Instructor

    @property
    def columns(self) -> DictRow:
        return self.world.row("select * from public.learner_credits where id = %s", self.id)

    @property
    def payment(self) -> DictRow:
        return self.world.row(f"{PAYMENTS} limit 1", self.id)

    def open_payment(self) -> DictRow:
        (opened,) = self.world.serve(
            "webhook_service",
            "private.open_payment",
            p_user_id=self.learner,
            p_ordered_id=self.id,
        )
        return opened

    def pay(self) -> str:
        """Pays in full, with money that can be transferred at once; what the webhook became."""
        self.open_payment()
        outcome = self.world.deliver(
            "payment_intent.succeeded", intent_object(self.payment, "succeeded")
        )
        if self.payment["status"] == "succeeded":
            self.world.settle_funds(self.payment)
        return outcome

    def book(self, service_id: UUID, start_at: datetime | None = None) -> Booking:
        """Books a lesson with the hours."""
        slot_id = self.world.slot(service_id, start_at)
        booked = self.world.book(self.learner, slot_id, p_use_credits=True)
        return Booking(self.world, booked["booking_id"], self.learner, self.instructor, slot_id)
