"""Plays what people and Stripe do against the backend and against the model, and compares.

Each act of a `Play` is taken twice: through the public functions and webhooks, and in the model,
which is told the facts and nothing of how the backend keeps them. At a quiet point, when Stripe has
made the refunds that wait and the jobs have run, `differences()` names whatever is not the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from tests.cancellations.steps import follow, move, pay_difference, price_on
from tests.discounts.steps import booked_with, referral_code, rewarding
from tests.factories import MARKETPLACE, Booking, Credit, World, dispute_object, refund_object
from tests.model.entitlements import (
    MAKES_WHOLE,
    HourLesson,
    Item,
    Lot,
    Price,
    included,
    notice_fraction,
    on_top,
    payable_from,
    portion,
)
from tests.payouts.paydays import claim, fail, open_run

DISPUTE_FEE = 2000
OF_HOURS = "dispute over the hours"


@dataclass(frozen=True)
class Holdings:
    """What everybody has at a quiet point, all in all. The amounts are in the minor unit."""

    learner_by_refunds: int
    learner_by_disputes: int
    instructor: int
    earned: int  # of it, by lessons that are over
    frozen: int  # of that, what cannot be paid while a dispute or a complaint is open
    platform: int  # without what Stripe takes for itself
    prepaid: int  # what minutes that are left or reserved were paid with
    at_the_bank: int  # withdrawn for disputes that are open
    unmatched: int  # held for nobody
    at_stripe: int
    minutes: int  # that a learner can book with
    rewards: int  # that learners can spend
    codes: int  # uses of discount codes


@dataclass(frozen=True)
class Difference:
    what: str
    model: object
    database: object

    def __str__(self) -> str:
        return f"{self.what}: model {self.model}, database {self.database}"


@dataclass
class Lesson:
    """A lesson, as the backend and as the model know it."""

    play: Play
    booking: Booking
    item: Item
    by_hours: HourLesson | None = None
    hours: Hours | None = None
    completed_at: datetime | None = None
    payment_id: UUID | None = None
    has_discount_code: bool = True

    @property
    def payment(self) -> DictRow:
        if self.hours is not None and not self.is_mixed:
            return self.hours.credit.payment
        if self.payment_id is None:
            return self.booking.payment
        return self.play.payment(self.payment_id)

    @property
    def is_mixed(self) -> bool:
        """Whether a card pays what hours do not."""
        return self.by_hours is not None and self.by_hours.card.total > 0

    @property
    def start_at(self) -> datetime:
        start_at: datetime = self.booking.columns["start_at"]
        return start_at

    # What people do

    def give(self) -> None:
        self.booking.complete()
        self.completed_at = self.play.world.now()
        self.item.give()

    def complete_at(self, moment: datetime) -> None:
        """The instructor says that it is over, late; or the learner, early."""
        is_early = moment < self.booking.columns["end_at"]
        self.booking.start()
        self.play.world.travel(to=moment)
        self.play.world.call(
            self.booking.learner if is_early else self.booking.instructor.user_id,
            "public.complete_lesson",
            p_booking_id=self.booking.id,
        )
        self.completed_at = moment
        self.item.give()

    def miss(self) -> None:
        """The learner does not come."""
        self._be_absent("learner")
        self.item.miss()

    def be_stood_up(self) -> None:
        """The instructor does not come."""
        self._be_absent("instructor")
        self._fail()

    def _be_absent(self, who: str) -> None:
        self.play.world.travel(to=self.start_at + timedelta(minutes=20))
        self.booking.miss(who)

    def cancel(self) -> None:
        """The learner cancels; the notice decides what comes back."""
        fraction = notice_fraction(self.start_at - self.play.world.now())
        said = self.play.world.cancel(self.booking.learner, self.booking.id)
        if self.hours and self.by_hours:
            self.hours.lot.cancel(self.by_hours, fraction)
        else:
            self.item.cancel(fraction)
            self._compare_answer(said)

    def sell_again(self) -> Lesson:
        """Somebody else books and pays the time of this lesson, which was cancelled late."""
        other = self.book_again(self.play.world.person("Eve"))
        if self.hours and self.by_hours:
            self.hours.lot.sell_again(self.by_hours)
        else:
            self.item.sell_again()
        return other

    def book_again(self, learner: UUID) -> Lesson:
        """The time of this lesson, which was cancelled, is booked and paid by a learner."""
        world, slot_id = self.play.world, self.booking.slot_id
        booked = world.book(learner, slot_id)
        price = self.play.price(6750 if self.is_mixed else 4500)
        item = Item(price, self.item.is_fee_refundable, is_paid=False)
        booking = Booking(world, booked["booking_id"], learner, self.booking.instructor, slot_id)
        again = self.play.add(Lesson(self.play, booking, item))
        self.play.pay(again)
        return again

    def cancel_by_instructor(self) -> None:
        said = self.play.world.cancel(self.booking.instructor.user_id, self.booking.id)
        self._fail()
        if not self.by_hours:
            self._compare_answer(said)

    def _compare_answer(self, said: DictRow) -> None:
        """The answer of a cancellation names the refund that the ending owes."""
        if self.item.is_paid and said["refund_cents"] != self.item.owed:
            self.play.wrong_answers.append(
                Difference("refund said", self.item.owed, said["refund_cents"])
            )

    def move(self, cents: int, days: int = 1, *, is_proposed: bool = False) -> None:
        """It moves by some days, to a time that costs something else.

        The learner moves it, or the instructor proposes to and the learner accepts.
        """
        start_at = self.start_at + timedelta(days=days)
        if self.hours is None or self.is_mixed:
            price_on(self.play.world, self.booking, start_at, cents)
        before = None if self.item.is_paid_outside else self.payment
        old = self.item.price
        self.booking = self._moved(start_at, is_proposed)
        if self.by_hours is not None and self.is_mixed:
            prepaid = self.by_hours.prepaid
            self.by_hours.card = self.play.price(cents - portion(cents, self.by_hours.minutes, 90))
            if self.item.move(prepaid + self.by_hours.card) > 0:
                self.play.pay_difference(self)
            self.payment_id = before["id"] if before else None
            return
        if self.hours is not None:
            return
        discount = min(old.discount, self.play.price(cents).total)
        if self.item.move(self.play.price(cents, discount)) > 0:
            self.play.pay_difference(self)
        self.payment_id = before["id"] if before else None

    def move_at_its_price(self, start_at: datetime, *, is_proposed: bool = False) -> None:
        """It moves to a time that costs the same."""
        self.booking = self._moved(start_at, is_proposed)

    def _moved(self, start_at: datetime, is_proposed: bool) -> Booking:
        if not is_proposed:
            return follow(self.booking, move(self.play.world, self.booking, start_at))
        proposed = self.propose(start_at)
        self.accept(proposed)
        return proposed

    def propose(self, start_at: datetime) -> Booking:
        """The instructor would like to move it; the booking that waits for the learner's word."""
        mover = self.play.instructor.user_id
        moved = move(self.play.world, self.booking, start_at, mover)
        assert moved["status"] == "proposed"
        return follow(self.booking, moved)

    def accept(self, proposed: Booking) -> None:
        self.play.world.call(proposed.learner, "public.accept_proposal", p_booking_id=proposed.id)

    def fall_through(self) -> None:
        """It is not paid in time, or called off before: what hours paid of it comes back."""
        self._fail()

    def _fail(self) -> None:
        if self.hours and self.by_hours:
            self.hours.lot.fail(self.by_hours)
        else:
            self.item.fail()

    def refund(self, cents: int) -> None:
        """An admin grants a refund of this lesson."""
        self.play.world.call(
            self.play.admin,
            "public.admin_refund",
            p_payment_id=self.payment["id"],
            p_amount_cents=cents,
            p_reason="It was too short.",
            p_booking_id=self.booking.id,
        )
        self.item.refund(self.play.name("granted"), cents)

    def refund_in_dashboard(self, cents: int) -> str:
        """An admin refunds this lesson at Stripe, naming it where hours paid; the refund's name."""
        name = self.play.name("dashboard")
        named = {"booking_id": str(self.booking.id)} if self.hours and not self.is_mixed else {}
        self.play.dashboard_refund(self.payment, cents, name, metadata=named)
        self.item.refund(name, cents)
        return name

    def report(self) -> UUID:
        """The learner says that something was wrong."""
        report_id: UUID = self.play.world.call(
            self.booking.learner,
            "public.report_problem",
            p_booking_id=self.booking.id,
            p_description="It lasted half an hour.",
        )
        self.item.causes.add("report")
        return report_id

    def resolve(self, report_id: UUID, *, unfreezes: bool = True) -> None:
        """An admin decides about what was reported: afterwards it is no cause to wait any more."""
        self.play.world.call(
            self.play.admin,
            "public.admin_resolve_problem",
            p_problem_report_id=report_id,
            p_unfreezes_earning=unfreezes,
            p_reason="Talked to both.",
        )
        self.item.causes.discard("report")

    # What the bank does

    def dispute(self, cents: int | None = None) -> None:
        self.play.dispute(self.payment, "needs_response", cents)
        self.item.causes.add("dispute")

    def lose(self, cents: int | None = None) -> None:
        amount = self.play.dispute(self.payment, "lost", cents)
        self.item.causes.discard("dispute")
        self.item.lose("dispute", amount)
        if self.is_mixed and self.item.ending is None:
            self._fail()

    def win(self, cents: int | None = None) -> None:
        self.play.dispute(self.payment, "won", cents)
        self.item.win("dispute")
        if self.hours and self.by_hours and self.item.ending in MAKES_WHOLE:
            self.hours.lot.make_whole(self.by_hours)


@dataclass
class Hours:
    """Minutes bought ahead, as the backend and as the model know them."""

    play: Play
    credit: Credit
    lot: Lot

    def pay(self) -> None:
        self.credit.pay()
        self.play.received(self.credit.payment)
        self.lot.is_paid = True

    def lesson(self, start_at: datetime | None = None, minutes: int = 60) -> Lesson:
        booking = self.credit.book(self.play.service_id, start_at or self.play.next_time())
        taken = self.lot.book(minutes)
        return self.play.add(Lesson(self.play, booking, taken.item, taken, self))

    def mixed(self, start_at: datetime | None = None, list_cents: int = 6750) -> Lesson:
        """A lesson of 90 minutes, of which a card is to pay what the hours do not."""
        start_at = start_at or self.play.next_time()
        slot_id = self.play.world.slot(self.play.long_service_id, start_at)
        booked = self.play.world.book(
            self.credit.learner, slot_id, p_use_credits=True, p_pay_rest_by_card=True
        )
        booking = Booking(
            self.play.world,
            booked["booking_id"],
            self.credit.learner,
            self.play.instructor,
            slot_id,
        )
        minutes = min(self.lot.left, 90)
        card = self.play.price(list_cents - portion(list_cents, minutes, 90))
        assert booked["amount_cents"] == card.total
        taken = self.lot.book(minutes, card)
        return self.play.add(Lesson(self.play, booking, taken.item, taken, self))

    def refund(self, minutes: int | None = None) -> None:
        """The learner wants money for unused minutes."""
        self.play.world.ask(
            self.credit.learner,
            "public.refund_credits",
            p_credit_id=self.credit.id,
            p_minutes=minutes,
        )
        self.lot.refund(self.play.name("minutes"), self.lot.left if minutes is None else minutes)

    def lose(self, cents: int | None = None) -> None:
        amount = self.play.dispute(self.credit.payment, "lost", cents)
        self.lot.causes.discard(OF_HOURS)
        self.lot.lose(OF_HOURS, amount)
        self.lot.refund_withdrawn()

    def dispute(self, cents: int | None = None) -> None:
        self.play.dispute(self.credit.payment, "needs_response", cents)
        self.lot.causes.add(OF_HOURS)

    def win(self, cents: int | None = None) -> None:
        self.play.dispute(self.credit.payment, "won", cents)
        self.lot.win(OF_HOURS)

    def expire(self, *, is_forfeited: bool = False) -> None:
        """The time passes after which the minutes can no longer be used."""
        self.play.world.travel(to=self.credit.columns["expires_at"] + timedelta(minutes=1))
        self.play.world.maintain()
        self.lot.expire(is_forfeited)


@dataclass
class Play:
    """One learner, one instructor, and whatever happens between them."""

    world: World
    is_fee_refundable: bool = True
    is_instructor_liable: bool = False
    credit_validity_months: int | None = None
    fee_mode: str = "on_top"
    lessons: list[Lesson] = field(default_factory=list)
    lots: list[Hours] = field(default_factory=list)
    granted: int = 0
    code_uses: int = 0
    at_stripe: int = 0
    paid_out: int = 0
    # What Stripe still has of each payment, to refund.
    remaining: dict[UUID, int] = field(default_factory=dict)
    withdrawn: dict[str, int] = field(default_factory=dict)
    open_disputes: dict[str, int] = field(default_factory=dict)
    wrong_answers: list[Difference] = field(default_factory=list)
    names: int = 0

    def __post_init__(self) -> None:
        self.world.connection.execute(
            "update public.organizations set fee_refundable = %s, dispute_liability = %s,"
            " credit_validity_months = %s, fee_mode = %s where id = %s",
            [
                self.is_fee_refundable,
                "instructor" if self.is_instructor_liable else "platform",
                self.credit_validity_months,
                self.fee_mode,
                MARKETPLACE,
            ],
        )
        self.learner = self.world.person("Ben")
        self.instructor, self.service_id = self.world.hourly()
        self.long_service_id = self.world.service(
            self.instructor, price_cents=None, duration_minutes=90
        )
        self.admin = self.world.admin()

    def price(self, list_cents: int, discount: int = 0) -> Price:
        in_mode = included if self.fee_mode == "included" else on_top
        return in_mode(list_cents, discount)

    def name(self, of: str) -> str:
        self.names += 1
        return f"{of} {self.names}"

    def next_time(self) -> datetime:
        """Two days ahead or more, so that no two lessons overlap and cancelling is free."""
        return self.world.in_days(2 + len(self.lessons))

    def add(self, lesson: Lesson) -> Lesson:
        self.lessons.append(lesson)
        return lesson

    def payment(self, payment_id: UUID) -> DictRow:
        return self.world.row("select * from public.payments where id = %s", payment_id)

    # What is sold

    def hold(self, discount: int = 0, start_at: datetime | None = None, **book: Any) -> Lesson:
        """A lesson of an hour that is to be paid by card, with a code of this discount."""
        if discount:
            code = self.name("CODE").replace(" ", "")
            self.world.discount_code(code=code, amount_cents=discount, may_exceed_fee=True)
            self.world.check_code(self.learner, code, self.service_id)
            book["p_discount_code"] = code
        slot_id = self.world.slot(self.service_id, start_at or self.next_time())
        booked = self.world.book(self.learner, slot_id, **book)
        booking = Booking(self.world, booked["booking_id"], self.learner, self.instructor, slot_id)
        rewards = 0
        if book.get("p_use_rewards"):
            rewards = discount = self.price(4500).total - booked["amount_cents"]
        item = Item(
            self.price(4500, discount),
            self.is_fee_refundable,
            self.is_instructor_liable,
            rewards,
            is_paid=booked["amount_cents"] == 0,
        )
        return self.add(Lesson(self, booking, item))

    def pay(self, lesson: Lesson) -> None:
        assert lesson.booking.pay() == "processed"
        self.received(lesson.booking.payment)
        lesson.item.is_paid = True

    def pay_outside(self, lesson: Lesson) -> None:
        """The instructor says that it was paid in cash, or what a dearer time costs more."""
        teacher = lesson.booking.instructor.user_id
        booking_id = lesson.booking.id
        self.world.call(teacher, "public.record_payment_outside", p_booking_id=booking_id)
        lesson.item.is_paid = lesson.item.is_paid_outside = True

    def lesson_paid_outside(self) -> Lesson:
        lesson = self.hold()
        self.pay_outside(lesson)
        return lesson

    def pay_difference(self, lesson: Lesson) -> None:
        """A dearer time is paid: what it costs more."""
        if lesson.item.is_paid_outside:
            self.pay_outside(lesson)
            return
        self.received(pay_difference(lesson.booking))

    def lesson(self, discount: int = 0, **book: Any) -> Lesson:
        """A lesson that is paid by card."""
        lesson = self.hold(discount, **book)
        if not lesson.item.is_paid:
            self.pay(lesson)
        return lesson

    def series_paid_later(self, weeks: int = 2) -> list[Lesson]:
        """Lessons of which each is charged to a saved card two days before it."""
        self.world.connection.execute(
            "update public.organizations set max_lessons_paid_later = 12 where id = %s",
            [MARKETPLACE],
        )
        self.world.saved_card(self.learner)
        self.world.window(self.instructor, "00:00", "24:00")
        booked = self.world.ask(
            self.learner,
            "public.request_series_paid_later",
            p_instructor_id=self.instructor.id,
            p_service_id=self.service_id,
            p_start_at=self.world.in_days(7).replace(minute=0, second=0, microsecond=0),
            p_occurrences=weeks,
        )
        return [
            self.add(
                Lesson(
                    self,
                    self._booked(row["booking_id"]),
                    Item(
                        self.price(4500),
                        self.is_fee_refundable,
                        self.is_instructor_liable,
                        is_paid=False,
                    ),
                )
            )
            for row in booked
        ]

    def _booked(self, booking_id: UUID) -> Booking:
        slot_id = self.world.value("select slot_id from public.bookings where id = %s", booking_id)
        return Booking(self.world, booking_id, self.learner, self.instructor, slot_id)

    def collect(self, lesson: Lesson) -> None:
        """Its card is charged."""
        self._open_collection(lesson, 1)
        self.pay(lesson)

    def fail_to_collect(self, lesson: Lesson, tries: int = 2) -> None:
        """Its card is declined, once or twice."""
        for number in range(1, tries + 1):
            payment_id = self._open_collection(lesson, number)
            declined = lesson.booking.intent(
                "requires_payment_method", last_payment_error={"code": "card_declined"}
            )
            self.world.serve(
                "jobs",
                "private.record_collection",
                p_booking_id=lesson.booking.id,
                p_number=number,
                p_payment_id=payment_id,
                p_payment_intent=Jsonb(declined),
            )
        if tries == 2:
            lesson.fall_through()

    def _open_collection(self, lesson: Lesson, number: int) -> UUID:
        """Maintenance finds that a lesson is to be charged; its payment."""
        days = timedelta(days=3 - number)
        self.world.travel(to=max(lesson.start_at - days, self.world.now()) + timedelta(minutes=1))
        assert self.world.maintain()["lessons_collected"] == 1
        [opened] = self.world.serve(
            "jobs", "private.open_collection", p_booking_id=lesson.booking.id, p_number=number
        )
        payment_id: UUID = opened["payment_id"]
        return payment_id

    def buy(self, hours: int = 10) -> Hours:
        """Hours that are still to be paid."""
        credit = self.world.buy_hours(self.learner, self.instructor, Decimal(hours))
        return self.lot_of(credit, 4500 * hours, 60 * hours)

    def lot_of(self, credit: Credit, list_cents: int, minutes: int) -> Hours:
        """What the model makes of a purchase of hours."""
        lot = Lot(
            self.price(list_cents),
            minutes,
            self.is_fee_refundable,
            self.is_instructor_liable,
            is_paid=False,
        )
        self.lots.append(Hours(self, credit, lot))
        return self.lots[-1]

    def hours(self, hours: int = 10) -> Hours:
        """Hours that are paid."""
        bought = self.buy(hours)
        bought.pay()
        return bought

    def sell(self, by: str) -> Lesson:
        """A lesson that is paid by card, or with hours that were bought before, or with both."""
        if by == "both":
            lesson = self.hours(1).mixed()
            self.pay(lesson)
            return lesson
        return self.lesson() if by == "card" else self.hours(2).lesson()

    def earn_reward(self, cents: int = 300) -> Lesson:
        """A friend takes a lesson at 10 % off: a reward for the learner.

        It is at most what the platform earns of that lesson.
        """
        rewarding(self.world, discount_bps=1000, reward_cents=cents)
        self.world.learner(MARKETPLACE, self.learner, "Ben")
        booking = booked_with(self.world, referral_code(self.world, self.learner))
        item = Item(self.price(4500, 450), is_paid=False)
        lesson = self.add(Lesson(self, booking, item, has_discount_code=False))
        self.pay(lesson)
        lesson.give()
        self.granted += min(cents, item.price.fee - item.price.discount)
        return lesson

    def offboard(self) -> None:
        """The instructor leaves: everything that is not given is somebody else's fault."""
        owner = self.world.member(MARKETPLACE, "owner")
        self.world.ask(owner, "public.offboard_instructor", p_instructor_id=self.instructor.id)
        for lesson in self.lessons:
            if lesson.item.ending is None and lesson.hours and lesson.by_hours:
                lesson.hours.lot.fail(lesson.by_hours)
            elif lesson.item.ending is None:
                lesson.item.fail()
        for hours in self.lots:
            self.refund_of_lot(hours)

    def refund_of_lot(self, hours: Hours) -> None:
        """What becomes of minutes that nobody can give any more, once nothing forbids it."""
        if hours.lot.is_paid and not hours.lot.causes and hours.lot.left:
            hours.lot.refund(self.name("left"), hours.lot.left, is_fault=True)

    # What Stripe does

    def received(self, payment: DictRow) -> None:
        self.at_stripe += payment["amount_cents"]
        self.remaining[payment["id"]] = payment["amount_cents"]

    def dashboard_refund(self, payment: DictRow, cents: int, name: str, **fields: Any) -> str:
        refund_id = f"re_{payment['id'].hex}_{name.replace(' ', '')}"
        sent = refund_object(payment, cents, id=refund_id, **fields)
        self.paid_back(payment["id"], cents)
        return self.world.deliver("refund.updated", sent)

    def paid_back(self, payment_id: UUID, cents: int) -> None:
        self.remaining[payment_id] -= cents
        self.at_stripe -= cents

    def dispute(self, payment: DictRow, status: str, cents: int | None) -> int:
        """A dispute over all that was paid, or a part, reaches a status; what it is over."""
        sent = dispute_object(payment, status, **({"amount": cents} if cents else {}))
        amount: int = sent["amount"]
        self.world.deliver("charge.dispute.updated", sent)
        if sent["id"] not in self.withdrawn:
            self.at_stripe -= DISPUTE_FEE
        taken = 0 if status == "won" else amount
        difference = taken - self.withdrawn.get(sent["id"], 0)
        self.withdrawn[sent["id"]] = taken
        self.paid_back(payment["id"], difference)
        if status == "needs_response":
            self.open_disputes[sent["id"]] = amount
        else:
            self.open_disputes.pop(sent["id"], None)
        return amount

    def carry_refunds(self) -> None:
        """Stripe makes the refunds that wait, unless there is not enough left to refund."""
        for refund in self.world.rows(
            "select * from public.refunds where status in ('pending', 'requires_action')"
            " order by created_at, id"
        ):
            if refund["amount_cents"] > self.remaining[refund["payment_id"]]:
                self.world.serve(
                    "jobs",
                    "private.record_refund_failure",
                    p_refund_id=refund["id"],
                    p_code="charge_already_refunded",
                    p_message="Nothing is left to refund.",
                )
                continue
            self.succeed(refund)

    def succeed(self, refund: DictRow, status: str = "succeeded") -> str:
        """A refund of ours reaches a status at Stripe."""
        sent = refund_object(
            self.payment(refund["payment_id"]),
            refund["amount_cents"],
            status,
            id=f"re_{refund['id'].hex}",
            metadata={"refund_id": str(refund["id"])},
        )
        back = refund["amount_cents"] if status == "succeeded" else -refund["amount_cents"]
        self.paid_back(refund["payment_id"], back)
        return self.world.deliver("refund.updated", sent)

    def pay_out(self, after: timedelta = timedelta(days=7)) -> None:
        """Time passes, and the payday that is due then is run, or repeated."""
        self.world.travel(by=after)
        self.world.maintain()
        before = self._transferred()
        self.world.run_payouts()
        self.at_stripe -= self._transferred() - before
        self.paid_out = self._transferred()

    def fail_to_pay_out(self) -> None:
        """A payday comes, and Stripe cannot be reached."""
        self.world.travel(by=timedelta(days=7))
        self.world.maintain()
        (due,) = self.world.serve("jobs", "private.due_payout_runs", p_date=None, p_org_id=None)
        fail(self.world, claim(self.world, open_run(self.world, due["period_on"])), "not_sent")

    def _transferred(self) -> int:
        cents: int = self.world.value(
            "select coalesce(sum(amount_cents), 0)::bigint from public.payouts"
            " where status = 'paid'"
        )
        return cents

    # Judging

    def quiet(self) -> None:
        """Everything that waits is done, here and there."""
        for lesson in self.lessons:
            if lesson.by_hours is None or lesson.is_mixed:
                lesson.item.give_back()
        for _ in range(3):
            self.world.maintain()
            self.carry_refunds()

    def of_model(self) -> Holdings:
        cards = [lesson.item for lesson in self.lessons if lesson.by_hours is None]
        lots = [hours.lot for hours in self.lots]
        items = [lesson.item for lesson in self.lessons]
        over = [item for item in items if item.ending is not None]
        sold: list[Item | Lot] = [*cards, *lots]
        by_hours = sum(lot.earned for lot in lots)
        return Holdings(
            learner_by_refunds=sum(one.learner_by_refunds for one in sold),
            learner_by_disputes=sum(one.learner_by_disputes for one in sold),
            instructor=sum(one.instructor for one in sold),
            earned=sum(item.instructor for item in cards if item.ending) + by_hours,
            frozen=sum(item.instructor for item in over if item.is_frozen)
            + sum(lot.earned for lot in lots if lot.causes),
            platform=sum(one.platform for one in sold) - self.granted,
            prepaid=sum(lot.prepaid for lot in lots),
            at_the_bank=sum(self.open_disputes.values()),
            unmatched=0,
            at_stripe=self.at_stripe,
            minutes=sum(lot.usable for lot in lots),
            rewards=self.granted - sum(item.rewards - item.rewards_back for item in cards),
            codes=sum(
                lesson.item.is_code_used
                for lesson in self.lessons
                if lesson.has_discount_code and lesson.item.price.discount > lesson.item.rewards
            ),
        )

    def of_database(self) -> Holdings:
        row = self.world.row(READ)
        row["minutes"] = sum(
            lot["minutes_left"] for lot in self.world.ask(self.learner, "public.credit_balance")
        )
        return Holdings(**row)

    def differences(self) -> list[Difference]:
        """Comes to a quiet point, and compares."""
        self.quiet()
        return [
            *self.wrong_answers,
            *compare(self.of_model(), self.of_database()),
            *self._moments(),
        ]

    def _moments(self) -> Iterable[Difference]:
        """From when each earning can be paid."""
        for lesson in self.lessons:
            if lesson.completed_at is None or lesson.item.instructor == 0:
                continue
            ends_at = lesson.booking.columns["end_at"]
            available = self.world.value(
                "select min(available_at) from public.earnings where booking_id = %s",
                lesson.booking.id,
            )
            right = payable_from(ends_at, lesson.completed_at)
            if available != right:
                yield Difference("payable from", right, available)

    def agrees(self) -> None:
        """Nothing differs, and the invariants hold."""
        wrong = [str(one) for one in self.differences()]
        wrong += [f"violation: {row}" for row in self.world.violations()]
        if wrong:
            raise AssertionError("\n".join(wrong))


def compare(model: Holdings, database: Holdings) -> Iterable[Difference]:
    mine, theirs = asdict(model), asdict(database)
    for one in fields(Holdings):
        if mine[one.name] != theirs[one.name]:
            yield Difference(one.name, mine[one.name], theirs[one.name])


# What the backend says of each, in one row.
READ = """
    with balance as (
        select account.kind::text as kind, sum(entry.amount_cents)::bigint as cents
        from private.ledger_entries entry
        join private.ledger_accounts account on account.id = entry.account_id
        group by account.kind
    ),

    ledger as (select coalesce(jsonb_object_agg(kind, cents), '{}') as cents from balance),

    owed as (
        select
            coalesce(-sum(cents) filter (where kind in (
                'instructor_pending', 'payee_payable', 'payout_in_transit'
            )), 0)::bigint as instructor,
            coalesce(-sum(cents) filter (where kind in (
                'platform_fees', 'promotions', 'dispute_losses', 'refunds_due'
            )), 0)::bigint as platform,
            coalesce(-sum(cents) filter (where kind in (
                'learner_prepaid', 'deferred_fees', 'deferred_promotions'
            )), 0)::bigint as prepaid,
            coalesce(sum(cents) filter (where kind = 'dispute_receivable'), 0)::bigint
                as at_the_bank,
            coalesce(-sum(cents) filter (where kind = 'suspense'), 0)::bigint as unmatched,
            coalesce(-sum(cents) filter (where kind = 'learner_rewards'), 0)::bigint as rewards,
            coalesce(sum(cents) filter (where kind = 'stripe_balance'), 0)::bigint as at_stripe
        from balance
    ),

    earning as (
        select
            coalesce(sum(amount_cents) filter (where reversed_payout_id is null), 0)::bigint
                as earned,
            coalesce(
                sum(amount_cents) filter (
                    where status = 'frozen'
                        or payout_id in (select id from public.payouts where status = 'held')
                ),
                0
            )::bigint as frozen
        from public.earnings
    )

    select
        (
            select coalesce(sum(amount_cents), 0)::bigint
            from public.refunds
            where status = 'succeeded'
        ) as learner_by_refunds,
        (
            select coalesce(sum(withdrawn_cents), 0)::bigint
            from public.disputes
            where status = 'lost'
        ) as learner_by_disputes,
        owed.instructor + (
            select coalesce(sum(amount_cents), 0)::bigint from public.payouts where status = 'paid'
        ) as instructor,
        earning.earned,
        earning.frozen,
        owed.platform,
        owed.prepaid,
        owed.at_the_bank,
        owed.unmatched,
        owed.at_stripe,
        0 as minutes,
        owed.rewards,
        (select coalesce(sum(uses_count), 0)::bigint from public.discount_codes) as codes
    from owed
    cross join earning
"""
