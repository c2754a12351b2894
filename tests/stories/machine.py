"""Stories that anybody could live through, told step by step, whose books are read after each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar, TypeVar
from uuid import UUID, uuid4

import psycopg
from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from tests.factories import World, refusal
from tests.model.entitlements import Ending
from tests.stories.books import READ, READ_TOTALS
from tests.stories.entitled import (
    Told,
    rich_pairs,
    sold_again,
    told_of_cancellation,
    wrong_items,
    wrong_totals,
)
from tests.stories.marketplace import BEGINNING, CODES, Customer, Marketplace
from tests.stories.stripe_model import Intent, News, Refused, StripeModel, Transfer

# One of the things that there are: the first, the second, ... as often around as it takes. Mostly
# the first, so that much happens to the same people, payments and hours.
which = st.sampled_from([0, 0, 0, 0, 0, 1, 1, 2, 3, 5, 7])
some_cents = st.sampled_from([1, 7, 100, 999, 2500, 4500, 5310, 10**6])
is_now = st.sampled_from([True, True, True, False])

Thing = TypeVar("Thing")

UNDER_WAY = ("proposed", "held", "requested", "confirmed", "in_progress")
REGRETTABLE = timedelta(hours=2)
MISSED = {"learner": Ending.MISSED, "instructor": Ending.FAULT}
CONTESTABLE = timedelta(hours=72)
COMPLETION_GRACE = timedelta(hours=24)
# After this a transfer of unknown outcome is asked for again, under its key.
RETRY = timedelta(hours=1)


class Story(RuleBasedStateMachine):
    """One story, in a transaction that is rolled back when it ends."""

    connection: ClassVar[psycopg.Connection[Any]]
    marketplace: ClassVar[Marketplace]
    steps: ClassVar[int] = 0

    def __init__(self) -> None:
        super().__init__()
        self.world = World(self.connection)
        self.stripe = StripeModel()
        self.untold: list[News] = []
        self.parked: dict[str, News] = {}
        self.books: DictRow = {}
        self.told: dict[str, Told] = {}
        self.accepted: dict[str, datetime] = {}
        self.resold: set[str] = set()
        self.bought: dict[str, int] = {}
        self.is_well = True
        self.is_left_to_admins = False
        self._transaction = ExitStack()
        self._transaction.enter_context(self.connection.transaction(force_rollback=True))

    @initialize()
    def begin(self) -> None:
        self.world.travel(to=BEGINNING)

    def teardown(self) -> None:
        """Lets everybody hear everything, and reads the books a last time."""
        with self._transaction:
            if self.is_well:
                self.end()

    # What there is

    @property
    def now(self) -> datetime:
        now: datetime = self.books["now"]
        return now

    def bookings(self, *statuses: str) -> list[DictRow]:
        return [row for row in self.books["bookings"] if row["status"] in statuses]

    def rows(self, name: str, **columns: Any) -> list[DictRow]:
        return [
            row
            for row in self.books[name]
            if all(row[column] == value for column, value in columns.items())
        ]

    def customer(self, row: DictRow) -> Customer:
        return self.marketplace.customer_of(UUID(row["learner_id"]))

    def party(self, row: DictRow, who: str) -> UUID:
        """The login of the learner (or the guardian), the instructor or an admin."""
        if who == "learner":
            return self.customer(row).user_id
        if who == "instructor":
            return self.marketplace.instructor(UUID(row["instructor_id"])).user_id
        return self.marketplace.admin

    @contextmanager
    def trying(self) -> Iterator[None]:
        """A step that may be refused, with a code; everything else is an error."""
        try:
            yield
        except psycopg.Error as error:
            refused = refusal(error)
            if not (error.diag.message_detail or "").startswith('{"code"'):
                raise
            note(f"refused: {refused.code}")
        except Refused as refused_by_stripe:
            note(f"refused by Stripe: {refused_by_stripe}")

    # Time

    @rule(by=st.sampled_from([5, 16, 60, 6 * 60, 24 * 60, 3 * 24 * 60, 7 * 24 * 60]))
    def let_minutes_pass(self, by: int) -> None:
        self.travel(self.now + timedelta(minutes=by))

    @precondition(lambda self: self.bookings("confirmed", "in_progress"))
    @rule(n=which, minutes=st.sampled_from([0, 16, -60 * 23, -60 * 25]))
    def wait_for_a_lesson(self, n: int, minutes: int) -> None:
        booking = pick(self.bookings("confirmed", "in_progress"), n)
        at = datetime.fromisoformat(booking["start_at"]) + timedelta(minutes=minutes)
        if at > self.now:
            self.travel(at)

    def travel(self, to: datetime) -> None:
        self.world.travel(to=to)
        for news in self.stripe.lapsed(to):
            self.hear(news, is_now=True)

    @rule()
    def maintain(self) -> None:
        """Time does what is due: what nobody contests and start speaks for counts.

        A lesson that nobody completed has been given, unless somebody says otherwise.
        """
        for claim in self.rows("claims", status="open", is_evidenced=True):
            if self.now - datetime.fromisoformat(claim["notified_at"]) >= CONTESTABLE:
                self.told[claim["booking_id"]] = Told(MISSED[claim["no_show_by"]])
        for booking in self.bookings("confirmed", "in_progress"):
            if self.is_forgotten(booking):
                self.told[booking["id"]] = Told(Ending.GIVEN)
        self.resold |= sold_again(self.books)
        self.world.maintain()
        self.hear_what_was_parked()

    def is_forgotten(self, booking: DictRow) -> bool:
        """True of a lesson that completes itself."""
        doubts = (self.rows(name, booking_id=booking["id"]) for name in ("claims", "problems"))
        return not any(doubts) and (
            self.now - datetime.fromisoformat(booking["end_at"]) >= COMPLETION_GRACE
        )

    # Hearing from Stripe

    def hear(self, news: News, is_now: bool) -> None:
        """Takes the news now, or leaves them for later."""
        if not is_now:
            self.untold.append(news)
            return
        event_id = f"evt_{uuid4().hex}"
        outcome = self.world.deliver(
            news.type, news.object, event_id=event_id, occurred_at=news.occurred_at
        )
        note(f"{news.type}: {outcome}")
        # Money that matches nothing is in suspense; what becomes of it there, an admin resolves.
        if outcome == "processed" or news.type.startswith("payment_intent."):
            self.stripe.told.note(*news.facts)
        else:
            self.is_left_to_admins = True
            self.parked[event_id] = news

    def hear_what_was_parked(self) -> None:
        """What came before what it is about was known is applied once that is known."""
        applied = self.world.rows(
            "select event_id from private.webhook_events"
            " where status = 'processed' and event_id = any (%s)",
            list(self.parked),
        )
        for event in applied:
            self.stripe.told.note(*self.parked.pop(event["event_id"]).facts)

    @precondition(lambda self: self.untold)
    @rule(n=which, is_repeated=st.booleans())
    def hear_late(self, n: int, is_repeated: bool) -> None:
        news = pick(self.untold, n)
        self.hear(news, is_now=True)
        if not is_repeated:
            self.untold.remove(news)

    # Buying

    @rule(
        who=which,
        what=which,
        hours=st.sampled_from([Decimal(hours) for hours in ("1", "2", "0.25", "1.75", "10")]),
        code=st.sampled_from([None, None, *CODES]),
        is_paid=st.booleans(),
    )
    def buy_hours(
        self, who: int, what: int, hours: Decimal, code: str | None, is_paid: bool
    ) -> None:
        customer = pick(self.marketplace.customers, who)
        offer = pick(self.marketplace.offers_to(customer), what)
        with self.trying():
            discount = self.checked(customer, code, offer.service_id, offer.instructor.id)
            (bought,) = self.world.ask(
                customer.user_id,
                "public.buy_credits",
                p_instructor_id=offer.instructor.id,
                p_hours=hours,
                p_learner_id=customer.learner_id,
                **discount,
            )
            self.bought[str(bought["credit_id"])] = int(hours * 60)
            if is_paid:
                self.settle(self.checkout(customer.user_id, bought["credit_id"]))

    @rule(
        who=which,
        what=which,
        day=st.integers(0, 10),
        hour=st.sampled_from([9, 10, 10, 14]),
        by=st.sampled_from(
            ["card", "card", "card", "hours", "hours", "hours", "both", "rewards", *CODES, "friend"]
        ),
        is_paid=st.sampled_from([True, True, False]),
    )
    def book(self, who: int, what: int, day: int, hour: int, by: str, is_paid: bool) -> None:
        customer = pick(self.marketplace.customers, who)
        offer = pick(self.marketplace.offers_to(customer), what)
        code = by if by in CODES else None
        if by == "friend":
            code = pick(self.marketplace.referral_codes, who)
        if by in ("hours", "both") and is_paid:
            hours = Decimal(2) if by == "hours" else Decimal("0.75")
            self.buy_hours(who, what, hours, None, is_paid=True)
        with self.trying():
            discount = self.checked(customer, code, offer.service_id, offer.instructor.id)
            booked = self.world.request(
                customer.user_id,
                offer.instructor,
                offer.service_id,
                self.at(day, hour),
                p_learner_id=customer.learner_id,
                p_use_credits=by in ("hours", "both"),
                p_pay_rest_by_card=by == "both",
                p_use_rewards=by == "rewards",
                **discount,
            )
            if is_paid and booked["status"] == "requested":
                self.world.call(
                    offer.instructor.user_id,
                    "public.confirm_booking",
                    p_booking_id=booked["booking_id"],
                )
            if is_paid and booked["amount_cents"] > 0:
                self.settle(self.checkout(customer.user_id, booked["booking_id"]))

    @rule(
        who=which,
        what=which,
        day=st.integers(1, 7),
        occurrences=st.sampled_from([2, 2, 3]),
        mode=st.sampled_from(["all_or_nothing", "skip_conflicts"]),
        is_by_hours=st.sampled_from([False, False, True]),
        is_paid=st.sampled_from([True, True, False]),
    )
    def book_series(
        self,
        who: int,
        what: int,
        day: int,
        occurrences: int,
        mode: str,
        is_by_hours: bool,
        is_paid: bool,
    ) -> None:
        """Lessons of several weeks are one order, and are paid at once."""
        customer = pick(self.marketplace.customers, who)
        offer = pick(self.marketplace.offers_to(customer), what)
        with self.trying():
            booked = self.world.ask(
                customer.user_id,
                "public.request_booking_series",
                p_instructor_id=offer.instructor.id,
                p_service_id=offer.service_id,
                p_start_at=self.at(day, 10),
                p_occurrences=occurrences,
                p_mode=mode,
                p_learner_id=customer.learner_id,
                p_use_credits=is_by_hours,
            )
            if is_paid and not is_by_hours:
                booking_id = next(one["booking_id"] for one in booked if one["booking_id"])
                self.settle(self.checkout(customer.user_id, booking_id))

    def at(self, day: int, hour: int) -> datetime:
        midnight = self.now.replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight + timedelta(days=day, hours=hour)

    def checked(
        self, customer: Customer, code: str | None, service_id: UUID, instructor_id: UUID
    ) -> dict[str, str]:
        if code is None:
            return {}
        self.world.check_code(
            customer.user_id,
            code,
            service_id,
            p_instructor_id=instructor_id,
            p_learner_id=customer.learner_id,
        )
        return {"p_discount_code": code}

    @precondition(lambda self: self.bookings("requested"))
    @rule(n=which, is_accepted=st.booleans())
    def answer_request(self, n: int, is_accepted: bool) -> None:
        booking = pick(self.bookings("requested"), n)
        door = "confirm_booking" if is_accepted else "decline_booking"
        with self.trying():
            self.world.call(
                self.party(booking, "instructor"), f"public.{door}", p_booking_id=booking["id"]
            )

    # Paying

    def checkout(
        self,
        user_id: UUID,
        ordered_id: UUID,
        is_answer_heard: bool = True,
    ) -> Intent:
        """Opens an order's payment and makes its intent; the answer to that may be lost."""
        (opened,) = self.world.serve(
            "webhook_service",
            "private.open_payment",
            p_user_id=user_id,
            p_ordered_id=ordered_id,
        )
        intent = self.stripe.intent(opened["payment_id"], make=opened, now=self.now)
        if is_answer_heard:
            self.answer("webhook_service", intent)
        return intent

    def answer(self, login: Any, intent: Intent, **arguments: Any) -> None:
        said = self.stripe.say_intent(intent, self.now)
        self.world.serve(
            login,
            "private.record_payment_intent",
            p_payment_id=intent.payment_id,
            p_payment_intent=Jsonb(said.object),
            **arguments,
        )
        self.stripe.told.note(*said.facts)

    def settle(self, intent: Intent) -> None:
        """The payer pays; what that costs, and from when it can be transferred, is known too."""
        self.hear(self.stripe.confirm(intent, "succeeded", self.now), is_now=True)
        self.learn_fee(intent)

    def unpaid(self) -> list[DictRow]:
        return self.bookings("held") + self.rows("credits", status="pending")

    @precondition(lambda self: self.unpaid())
    @rule(n=which, is_answer_heard=st.booleans())
    def go_to_checkout(self, n: int, is_answer_heard: bool) -> None:
        row = pick(self.unpaid(), n)
        with self.trying():
            self.checkout(self.customer(row).user_id, row["id"], is_answer_heard)

    @precondition(lambda self: any(intent.is_open for intent in self.stripe.intents))
    @rule(
        n=which,
        outcome=st.sampled_from(
            ["succeeded", "succeeded", "requires_payment_method", "processing", "requires_action"]
        ),
        is_now=is_now,
    )
    def pay(self, n: int, outcome: str, is_now: bool) -> None:
        intent = pick([intent for intent in self.stripe.intents if intent.is_open], n)
        self.hear(self.stripe.confirm(intent, outcome, self.now), is_now)

    @precondition(lambda self: self.stripe.intents)
    @rule(n=which, is_now=is_now)
    def pay_twice(self, n: int, is_now: bool) -> None:
        """An intent that was made twice is paid a second time."""
        intent = pick(self.stripe.intents, n)
        make = {
            "amount_cents": intent.amount_cents,
            "currency": intent.currency,
            "capture_method": "automatic",
            "metadata": intent.metadata,
        }
        second = self.stripe.another_intent(intent.payment_id, make=make, now=self.now)
        self.hear(self.stripe.confirm(second, "succeeded", self.now), is_now)

    @precondition(lambda self: any(intent.is_open for intent in self.stripe.intents))
    @rule(n=which, cents=st.sampled_from([1, 5000]))
    def pay_another_amount(self, n: int, cents: int) -> None:
        intent = pick([intent for intent in self.stripe.intents if intent.is_open], n)
        self.hear(self.stripe.confirm(intent, "succeeded", self.now, cents), is_now=True)

    @precondition(lambda self: self.stripe.intents)
    @rule(n=which, is_now=is_now)
    def cancel_intent_at_stripe(self, n: int, is_now: bool) -> None:
        with self.trying():
            intent = pick(self.stripe.intents, n)
            self.hear(self.stripe.cancel(intent, self.now), is_now)

    # Lessons and their ends

    @precondition(lambda self: self.bookings(*UNDER_WAY))
    @rule(n=which, who=st.sampled_from(["learner", "instructor", "admin"]))
    def cancel(self, n: int, who: str) -> None:
        booking = pick(self.bookings(*UNDER_WAY), n)
        user_id = self.party(booking, who)
        with self.trying():
            preview = self.world.ending(user_id, booking["id"])
            ended = self.world.cancel(
                user_id, booking["id"], p_expected_refund_cents=preview["refund_cents"]
            )
            for column in ("cancelled_by", "refund_bps", "refund_cents", "restored_minutes"):
                assert preview[column] == ended[column]
            notice = datetime.fromisoformat(booking["start_at"]) - self.now
            accepted_at = self.accepted.get(booking["id"], self.now - REGRETTABLE)
            is_free = notice > timedelta(0) and self.now < accepted_at + REGRETTABLE
            self.told[booking["id"]] = told_of_cancellation(who, booking["status"], notice, is_free)

    @precondition(lambda self: self.rows("orders"))
    @rule(n=which)
    def withdraw(self, n: int) -> None:
        """The learner, or who pays for one, withdraws from an order; what is given stays."""
        order = pick(self.rows("orders"), n)
        with self.trying():
            (receipt,) = self.world.ask(
                self.customer(order).user_id,
                "public.withdraw_from_order",
                p_order_id=order["id"],
            )
            for booking in self.bookings(*UNDER_WAY):
                if UUID(booking["id"]) in receipt["booking_ids"]:
                    is_sold = booking["status"] == "confirmed"
                    self.told[booking["id"]] = Told(Ending.WITHDRAWN if is_sold else Ending.FAULT)

    @precondition(lambda self: self.bookings("confirmed"))
    @rule(
        n=which,
        who=st.sampled_from(["learner", "instructor", "admin"]),
        day=st.integers(0, 10),
        hour=st.sampled_from([9, 10, 14]),
        is_paid=st.booleans(),
    )
    def reschedule(self, n: int, who: str, day: int, hour: int, is_paid: bool) -> None:
        booking = pick(self.bookings("confirmed"), n)
        with self.trying():
            (moved,) = self.world.ask(
                self.party(booking, who),
                "public.reschedule_booking",
                p_booking_id=booking["id"],
                p_start_at=self.at(day, hour),
            )
            if is_paid and moved["status"] == "held":
                self.settle(self.checkout(self.customer(booking).user_id, moved["booking_id"]))

    @precondition(lambda self: self.bookings("proposed"))
    @rule(
        n=which,
        who=st.sampled_from(["learner", "learner", "instructor", "admin"]),
        is_accepted=st.sampled_from([True, True, False]),
        is_paid=st.booleans(),
    )
    def answer_proposal(self, n: int, who: str, is_accepted: bool, is_paid: bool) -> None:
        """Only the learner accepts what the other side has proposed, and may regret it."""
        booking = pick(self.bookings("proposed"), n)
        door = "accept_proposal" if is_accepted else "decline_proposal"
        with self.trying():
            status = self.world.call(
                self.party(booking, who), f"public.{door}", p_booking_id=booking["id"]
            )
            assert who == "learner"
            if is_accepted:
                self.accepted[booking["id"]] = self.now
            if is_paid and status == "held":
                self.settle(self.checkout(self.customer(booking).user_id, booking["id"]))

    @precondition(lambda self: self.bookings("confirmed", "in_progress"))
    @rule(n=which, teller=st.sampled_from(["instructor", "learner", "admin"]))
    def start_lesson(self, n: int, teller: str) -> None:
        booking = pick(self.bookings("confirmed", "in_progress"), n)
        with self.trying():
            at = datetime.fromisoformat(booking["start_at"])
            if at > self.now:
                self.travel(at)
            self.world.call(
                self.party(booking, teller), "public.start_lesson", p_booking_id=booking["id"]
            )

    @precondition(lambda self: self.bookings("confirmed", "in_progress"))
    @rule(
        n=which,
        teller=st.sampled_from(["instructor", "instructor", "learner", "admin"]),
        minutes=st.sampled_from([0, 0, -20, 90]),
    )
    def complete_lesson(self, n: int, teller: str, minutes: int) -> None:
        """Comes to the lesson's end, or near it; who may say that it is over does so."""
        booking = pick(self.bookings("confirmed", "in_progress"), n)
        with self.trying():
            at = datetime.fromisoformat(booking["end_at"]) + timedelta(minutes=minutes)
            if at > self.now:
                self.travel(at)
            self.world.call(
                self.party(booking, teller), "public.complete_lesson", p_booking_id=booking["id"]
            )
            self.told[booking["id"]] = Told(Ending.GIVEN)

    @precondition(lambda self: self.bookings("confirmed", "in_progress", "completed"))
    @rule(
        n=which,
        who=st.sampled_from(["learner", "instructor"]),
        teller=st.sampled_from(["instructor", "learner", "admin"]),
        is_accepted=st.booleans(),
    )
    def say_missing(self, n: int, who: str, teller: str, is_accepted: bool) -> None:
        """Somebody is said not to have come; what they say of themselves is settled."""
        booking = pick(self.bookings("confirmed", "in_progress", "completed"), n)
        with self.trying():
            at = datetime.fromisoformat(booking["start_at"]) + timedelta(minutes=15)
            if at > self.now:
                self.travel(at)
            claim_id = self.world.call(
                self.party(booking, teller),
                "public.mark_no_show",
                p_booking_id=booking["id"],
                p_who=who,
            )
            is_settled = who == "instructor" and (
                teller == "instructor" or (teller == "admin" and booking["status"] != "completed")
            )
            if is_settled:
                self.told[booking["id"]] = Told(Ending.FAULT)
            elif is_accepted:
                self.world.call(
                    self.party(booking, who), "public.accept_claim", p_claim_id=claim_id
                )
                self.told[booking["id"]] = Told(MISSED[who])

    @precondition(lambda self: self.rows("claims"))
    @rule(
        n=which,
        how=st.sampled_from(["accept", "contest", "contest", "withdraw"]),
        teller=st.sampled_from(["instructor", "learner", "admin"]),
    )
    def answer_claim(self, n: int, how: str, teller: str) -> None:
        claim = pick(self.rows("claims"), n)
        with self.trying():
            self.world.call(
                self.party(claim, teller), f"public.{how}_claim", p_claim_id=claim["id"]
            )
            if how == "accept":
                self.told[claim["booking_id"]] = Told(MISSED[claim["no_show_by"]])

    @precondition(lambda self: self.rows("claims", status="undecided"))
    @rule(n=which, who=st.sampled_from(["learner", "instructor", None]))
    def decide_claim(self, n: int, who: str | None) -> None:
        """Of two claims against each other neither may be proven: the learner is refunded."""
        claim = pick(self.rows("claims", status="undecided"), n)
        claims = self.rows("claims", booking_id=claim["booking_id"])
        with self.trying():
            self.world.call(
                self.marketplace.admin,
                "public.decide_claim",
                p_claim_id=claim["id"],
                p_no_show_by=who,
                p_reason="Asked both.",
            )
            if who is not None:
                self.told[claim["booking_id"]] = Told(MISSED[who])
            elif len(claims) > 1:
                self.told[claim["booking_id"]] = Told(Ending.FAULT)

    # Money back

    @precondition(lambda self: self.rows("payments", status="succeeded"))
    @rule(n=which, cents=some_cents, is_all=st.booleans(), is_named=st.booleans())
    def grant_refund(self, n: int, cents: int, is_all: bool, is_named: bool) -> None:
        payment = pick(self.rows("payments", status="succeeded"), n)
        lessons = self.lessons_of(payment) if is_named else []
        with self.trying():
            self.world.call(
                self.marketplace.admin,
                "public.admin_refund",
                p_payment_id=payment["id"],
                p_amount_cents=payment["captured_cents"] if is_all else cents,
                p_reason="Goodwill.",
                p_booking_id=pick(lessons, n)["id"] if lessons else None,
            )

    def lessons_of(self, payment: DictRow) -> list[DictRow]:
        """The bookings of the same learner with the same instructor."""
        who = {name: payment[name] for name in ("learner_id", "instructor_id")}
        return self.rows("bookings", **who)

    @precondition(lambda self: self.bookings("completed", "confirmed", "no_show"))
    @rule(n=which, cents=some_cents)
    def ask_for_refund(self, n: int, cents: int) -> None:
        booking = pick(self.bookings("completed", "confirmed", "no_show"), n)
        with self.trying():
            self.world.call(
                self.customer(booking).user_id,
                "public.request_refund",
                p_booking_id=booking["id"],
                p_amount_cents=cents,
                p_reason="It rained.",
            )

    @precondition(lambda self: self.rows("refunds", status="requested"))
    @rule(n=which, is_granted=st.booleans())
    def decide_refund(self, n: int, is_granted: bool) -> None:
        refund = pick(self.rows("refunds", status="requested"), n)
        with self.trying():
            self.world.call(
                self.marketplace.admin,
                "public.decide_refund",
                p_refund_id=refund["id"],
                p_is_granted=is_granted,
            )

    @precondition(lambda self: self.rows("credits"))
    @rule(n=which, minutes=st.sampled_from([None, 1, 15, 60, 45]))
    def refund_hours(self, n: int, minutes: int | None) -> None:
        credit = pick(self.rows("credits"), n)
        with self.trying():
            self.world.ask(
                self.customer(credit).user_id,
                "public.refund_credits",
                p_credit_id=credit["id"],
                p_minutes=minutes,
            )

    @precondition(lambda self: any(intent.rest_cents > 0 for intent in self.stripe.intents))
    @rule(
        n=which,
        cents=some_cents,
        status=st.sampled_from(["succeeded", "pending"]),
        is_named=st.booleans(),
        is_now=is_now,
    )
    def refund_at_stripe(
        self, n: int, cents: int, status: str, is_named: bool, is_now: bool
    ) -> None:
        """Somebody refunds in the Dashboard, and may name the lesson."""
        intent = pick([intent for intent in self.stripe.intents if intent.rest_cents > 0], n)
        payments = self.rows("payments", id=str(intent.payment_id))
        lessons = self.lessons_of(payments[0]) if is_named and payments else []
        metadata = {"booking_id": pick(lessons, n)["id"]} if lessons else {}
        intent.is_touched_by_others = True
        with self.trying():
            amount = min(cents, intent.rest_cents)
            self.hear(self.stripe.refund(intent, amount, status, self.now, metadata), is_now)

    @precondition(lambda self: self.stripe.refunds)
    @rule(
        n=which,
        status=st.sampled_from(["succeeded", "failed", "requires_action", "canceled"]),
        is_now=is_now,
    )
    def settle_refund(self, n: int, status: str, is_now: bool) -> None:
        refund = pick(self.stripe.refunds, n)
        if status == "canceled" and refund.status == "succeeded":
            status = "failed"
        # A failure is heard at once: until then Stripe would refund what the books think is gone.
        is_failure = status in ("failed", "canceled")
        with self.trying():
            self.hear(self.stripe.settle_refund(refund, status, self.now), is_now or is_failure)

    # Disputes

    @precondition(lambda self: any(intent.rest_cents > 0 for intent in self.stripe.intents))
    @rule(n=which, of=st.sampled_from(["rest", "half", "more"]), is_now=is_now)
    def dispute(self, n: int, of: str, is_now: bool) -> None:
        intent = pick([intent for intent in self.stripe.intents if intent.rest_cents > 0], n)
        cents = {
            "rest": intent.rest_cents,
            "half": (intent.rest_cents + 1) // 2,
            "more": intent.received_cents * 11 // 10,
        }[of]
        with self.trying():
            self.hear(self.stripe.dispute(intent, cents, self.now), is_now)

    @precondition(lambda self: self.stripe.disputes)
    @rule(n=which, status=st.sampled_from(["won", "lost"]), is_now=is_now)
    def close_dispute(self, n: int, status: str, is_now: bool) -> None:
        with self.trying():
            dispute = pick(self.stripe.disputes, n)
            self.hear(self.stripe.close_dispute(dispute, status, self.now), is_now)

    # Paying instructors

    @precondition(lambda self: self.books["earnings"])
    @rule(outcome=st.sampled_from(["paid", "paid", "paid", "refused", "unknown", "not_sent"]))
    def pay_instructors(self, outcome: str) -> None:
        """Goes through all paydays that are due; every transfer of them ends alike."""
        for due in self.world.serve("jobs", "private.due_payout_runs", p_date=None, p_org_id=None):
            (run,) = self.world.serve(
                "jobs",
                "private.open_payout_run",
                p_org_id=due["org_id"],
                p_schedule=due["schedule"],
                p_period_on=due["period_on"],
            )
            run_id = run["open_payout_run"]
            worker_id, claims = uuid4(), []
            while claimed := self.claim(run_id, worker_id):
                claims.append(claimed)
            for claimed in sorted(claims, key=lambda one: one["amount_cents"]):
                self.send(claimed, worker_id, outcome)
            self.world.serve("jobs", "private.close_payout_run", p_run_id=run_id)

    def claim(self, run_id: UUID, worker_id: UUID) -> DictRow | None:
        claimed = self.world.serve(
            "jobs",
            "private.claim_payout",
            p_run_id=run_id,
            p_worker_id=worker_id,
            p_lease=timedelta(minutes=1),
            p_started_at=self.now,
        )
        return claimed[0] if claimed else None

    def send(self, claimed: DictRow, worker_id: UUID, outcome: str) -> None:
        """Makes a transfer, or does not; one of unknown outcome was made and not heard of."""
        made = self.stripe.made_transfer(claimed)
        try:
            if made is None and outcome in ("paid", "unknown"):
                made = self.stripe.transfer(claimed)
        except Refused:
            outcome = "refused"
        if made is not None and outcome != "unknown":
            self.record_transfer(made)
            return
        self.world.serve(
            "jobs",
            "private.record_transfer_failure",
            p_payout_id=claimed["payout_id"],
            p_attempt=claimed["attempt"],
            p_worker_id=worker_id,
            p_outcome=outcome,
            p_code="balance_insufficient",
            p_message="No.",
        )

    def record_transfer(self, transfer: Transfer) -> None:
        self.world.serve(
            "jobs",
            "private.record_transfer",
            p_payout_id=transfer.payout_id,
            p_attempt=transfer.attempt,
            p_transfer=Jsonb(transfer.said),
        )
        self.stripe.told.note(transfer.fact)

    @precondition(lambda self: self.stripe.transfers)
    @rule(n=which, is_whole=st.booleans(), is_now=is_now)
    def reverse_transfer_at_stripe(self, n: int, is_whole: bool, is_now: bool) -> None:
        transfer = pick(self.stripe.transfers, n)
        rest = transfer.amount_cents - transfer.reversed_cents
        with self.trying():
            self.hear(self.stripe.reverse(transfer, rest if is_whole else 1, self.now), is_now)

    @precondition(lambda self: self.rows("payouts"))
    @rule(n=which, door=st.sampled_from(["cancel", "hold", "release"]))
    def intervene_in_payout(self, n: int, door: str) -> None:
        payout = pick(self.rows("payouts"), n)
        with self.trying():
            self.world.call(
                self.marketplace.admin,
                f"public.admin_{door}_payout",
                p_payout_id=payout["id"],
                p_reason="A mistake.",
            )

    @precondition(lambda self: self.bookings("completed", "no_show", "cancelled"))
    @rule(n=which)
    def report_problem(self, n: int) -> None:
        booking = pick(self.bookings("completed", "no_show", "cancelled"), n)
        with self.trying():
            self.world.call(
                self.customer(booking).user_id,
                "public.report_problem",
                p_booking_id=booking["id"],
                p_description="We never left the car park.",
            )

    @precondition(lambda self: self.rows("problems", is_open=True))
    @rule(n=which, releases=st.booleans())
    def resolve_problem(self, n: int, releases: bool) -> None:
        with self.trying():
            self.world.call(
                self.marketplace.admin,
                "public.admin_resolve_problem",
                p_problem_report_id=pick(self.rows("problems", is_open=True), n)["id"],
                p_unfreezes_earning=releases,
                p_reason="Looked into it.",
            )

    @precondition(lambda self: len(self.rows("bookings")) > 8)
    @rule(n=which)
    def offboard_instructor(self, n: int) -> None:
        with self.trying():
            self.world.ask(
                self.marketplace.admin,
                "public.offboard_instructor",
                p_instructor_id=pick(self.marketplace.offers, n).instructor.id,
            )

    # What SQL decided is carried to Stripe

    @precondition(lambda self: self.books["commands"])
    @rule(refunds=st.sampled_from(["succeeded", "succeeded", "pending", "failed"]), is_now=is_now)
    def carry_out(self, refunds: str, is_now: bool) -> None:
        """Works through the outbox as the job does; Stripe ends all refunds alike."""
        worker_id = uuid4()
        commands = self.world.serve(
            "jobs",
            "private.claim_commands",
            p_worker_id=worker_id,
            p_limit=100,
            p_lease=timedelta(minutes=1),
        )
        for command in sorted(commands, key=lambda one: one["command_id"]):
            payload = command["payload"]
            match command["topic"]:
                case "refund_payment":
                    self.make_refund(payload, refunds)
                case "capture_payment" | "cancel_payment_intent":
                    self.end_intent(payload, is_now)
                case "fetch_processing_fee":
                    self.learn_fee(self.intent_of(payload))
                case "fetch_stripe_fees":
                    pass
                case "reverse_transfer":
                    self.take_transfer_back(payload)
                case "fetch_payment_intent":
                    intent = self.intent_of(payload)
                    self.answer("jobs", intent, p_settles_at=payload["settles_at"])
                case "fetch_dispute":
                    self.look_at_dispute(payload)
                case topic:
                    raise AssertionError(topic)
            self.world.serve(
                "jobs",
                "private.finish_command",
                p_command_id=command["command_id"],
                p_worker_id=worker_id,
            )

    def intent_of(self, payload: dict[str, Any]) -> Intent:
        return next(one for one in self.stripe.intents if one.id == payload["payment_intent"])

    def look_at_dispute(self, payload: dict[str, Any]) -> None:
        dispute = next(one for one in self.stripe.disputes if one.id == payload["dispute"])
        said = self.stripe.say_dispute(dispute, self.now)
        self.world.serve(
            "jobs",
            "private.record_dispute",
            p_dispute_id=payload["dispute_id"],
            p_dispute=Jsonb(said.object),
            p_settles_at=payload["settles_at"],
        )
        self.stripe.told.note(*said.facts)

    def learn_fee(self, intent: Intent) -> None:
        if not intent.received_cents:
            return
        said, fact = self.stripe.fee(intent, self.now)
        self.world.serve(
            "jobs",
            "private.record_processing_fee",
            p_payment_id=intent.payment_id,
            p_balance_transactions=Jsonb([said]),
        )
        self.stripe.told.note(fact)

    def make_refund(self, payload: dict[str, Any], status: str) -> None:
        intent = self.intent_of(payload)
        try:
            news = self.stripe.refund(
                intent, payload["amount_cents"], status, self.now, payload["metadata"]
            )
        except Refused as refused:
            # We never ask for what is gone, unless somebody else was faster at Stripe.
            assert intent.is_touched_by_others
            self.world.serve(
                "jobs",
                "private.record_refund_failure",
                p_refund_id=payload["refund_id"],
                p_code=str(refused),
                p_message="No.",
            )
            return
        self.world.serve(
            "jobs",
            "private.record_refund",
            p_refund_id=payload["refund_id"],
            p_refund=Jsonb(news.object),
        )
        self.stripe.told.note(*news.facts)

    def end_intent(self, payload: dict[str, Any], is_now: bool) -> None:
        """Captures or cancels an intent, or finds that it has ended otherwise."""
        payment_id = UUID(payload["payment_id"])
        make = payload.get("create", {})
        make = make | {"amount_cents": make.get("amount")}
        intent = self.stripe.intent(payment_id, make=make, now=self.now)
        with self.trying():
            if "amount_cents" in payload:
                self.hear(self.stripe.capture(intent, payload["amount_cents"], self.now), is_now)
            else:
                self.hear(self.stripe.cancel(intent, self.now), is_now)
        self.answer("jobs", intent)

    def take_transfer_back(self, payload: dict[str, Any]) -> None:
        transfer = next(one for one in self.stripe.transfers if one.id == payload["transfer"])
        with self.trying():
            self.stripe.reverse(
                transfer, payload["amount_cents"], self.now, payload["idempotency_key"]
            )
        self.record_transfer(transfer)

    # What must hold

    @invariant()
    def books_are_in_order(self) -> None:
        Story.steps += 1
        self.is_well = False
        self.books = self.world.row(READ)
        assert self.books["violations"] == [], self.books["violations"]
        assert self.books["minutes"] == [], self.books["minutes"]
        wrong = wrong_items(self.books["items"], self.told, self.resold)
        assert wrong == [], wrong
        assert self.books["ledger_cents"] == 0
        assert Counter(self.books["stripe_cents"]) == self.stripe.told.cents
        self.is_well = True

    def end(self) -> None:
        """All news are heard, all commands carried out, and all transfers asked for again.

        Then the ledger is Stripe's balance.
        """
        self.travel(self.now + RETRY)
        self.pay_instructors("paid")
        for _ in range(3):
            while self.untold:
                self.hear(self.untold.pop(), is_now=True)
            self.carry_out("succeeded", is_now=True)
        self.books_are_in_order()
        if not self.is_left_to_admins:
            assert Counter(self.books["stripe_cents"]) == self.stripe.done.cents
            rich = rich_pairs(self.books, self.stripe)
            assert rich == [], rich
            totals = self.world.row(READ_TOTALS)
            accounts = self.marketplace.accounts
            wrong = wrong_totals(self.books, totals, self.stripe, accounts, self.bought)
            assert wrong == [], wrong


def pick(rows: list[Thing], n: int) -> Thing:
    return rows[n % len(rows)]
