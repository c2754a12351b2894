"""Who is entitled to what: the whole of it, by exact arithmetic, without a database.

An `Item` is something sold for a card payment: a lesson. A `Lot` is minutes that were bought ahead;
each of its lessons is an item as well, whose price is a part of the lot's. Both are told what
happens (given, cancelled, refunded, lost to a dispute ...) and say at any moment what learner,
instructor and platform have of the money. Nothing here knows tables, Stripe or the order in which
the backend does its work.

The letters are those of the rule: S share, F fee, D discount, T = S + F - D what is paid, R what
went back to the learner so far, C what was lost to disputes so far, S* = min(S, T) the share that
was paid for, f the fraction that the cancellation policy gives back, E what the instructor may
keep. Amounts are whole numbers of the minor unit.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum
from fractions import Fraction
from math import ceil, floor

FEE_BPS = 1800
PAYOUT_HOLD = timedelta(hours=24)


def rounded(number: Fraction) -> int:
    """The nearest whole number; a half is rounded up."""
    return floor(number + Fraction(1, 2))


def portion(whole: int, done: int, of: int) -> int:
    """What `done` of `of` parts of a whole are worth together; all parts are worth the whole."""
    return rounded(Fraction(whole * done, of))


def notice_fraction(notice: timedelta) -> Fraction:
    """f of the policy where an organization has no other, by the time left until the start."""
    if notice >= timedelta(hours=24):
        return Fraction(1)
    return Fraction(1, 2) if notice > timedelta(0) else Fraction(0)


def payable_from(scheduled_end: datetime, completed_at: datetime) -> datetime:
    """When an earning of a lesson can be paid, if Stripe has the money by then."""
    return max(scheduled_end, completed_at) + PAYOUT_HOLD


@dataclass(frozen=True)
class Price:
    """What something costs, and of what that is made."""

    share: int
    fee: int = 0
    discount: int = 0

    @property
    def total(self) -> int:
        return self.share + self.fee - self.discount

    @property
    def paid_share(self) -> int:
        """S*: the share, as far as the learner paid for it."""
        return min(self.share, self.total)

    def first(self, done: int, of: int) -> Price:
        """The price of the first `done` of `of` minutes."""
        return Price(*(portion(part, done, of) for part in (self.share, self.fee, self.discount)))

    def __add__(self, other: Price) -> Price:
        return Price(self.share + other.share, self.fee + other.fee, self.discount + other.discount)

    def __sub__(self, other: Price) -> Price:
        return Price(self.share - other.share, self.fee - other.fee, self.discount - other.discount)


def fee_of(list_cents: int, fee_bps: int = FEE_BPS) -> int:
    return rounded(Fraction(list_cents * fee_bps, 10_000))


def on_top(list_cents: int, discount: int = 0) -> Price:
    """The learner pays the list price and the fee."""
    return Price(list_cents, fee_of(list_cents), discount)


def included(list_cents: int, discount: int = 0) -> Price:
    """The learner pays the list price; the fee is the instructor's."""
    fee = fee_of(list_cents)
    return Price(list_cents - fee, fee, discount)


class Ending(Enum):
    """How it ended; a row of the table each."""

    GIVEN = "the lesson was given"
    MISSED = "the learner did not come"
    CANCELLED = "the learner or a guardian cancelled"
    FAULT = "somebody else's fault: instructor, school, system; also paid too late, or twice"
    WITHDRAWN = "withdrawn from within the days that the law gives, and not given"
    FORFEITED = "the minutes expired, and the terms forfeit them"


MAKES_WHOLE = (Ending.FAULT, Ending.WITHDRAWN)


@dataclass
class Item:
    """One thing that was sold, and what became of its money.

    `rewards` is the part of the discount that the learner paid with rewards. Refunds and losses
    have names, so that a refund can fail and a dispute be won after all. `restored` is what went
    back as minutes, for a lesson that was paid with them. What was paid outside, in cash, is with
    the instructor, who gives back of it and owes the platform its fee.
    """

    price: Price
    is_fee_refundable: bool = True
    is_instructor_liable: bool = False
    rewards: int = 0
    is_paid: bool = True
    is_paid_outside: bool = False
    refunds: dict[str, int] = field(default_factory=dict)
    losses: dict[str, int] = field(default_factory=dict)
    restored: int = 0
    causes: set[str] = field(default_factory=set)
    ending: Ending | None = None
    fraction: Fraction = Fraction(0)
    promised: int = 0
    given_back: int = 0
    moved_back: int = 0
    back_before: int = 0

    # What happens

    def move(self, price: Price) -> int:
        """It moves to a time of another price; what that costs more.

        What it costs less is paid back, and was never a part of the new price; but for what the
        learner has back of it already, by refunds or disputes over more than the new price.
        """
        difference = price.total - self.price.total
        self.price, self.rewards = price, min(self.rewards, price.discount)
        self.moved_back += max(-difference, 0)
        self.back_before = min(self.moved_back, self.beyond)
        return difference

    def give(self) -> None:
        self.end(Ending.GIVEN)

    def miss(self) -> None:
        self.end(Ending.MISSED)

    def cancel(self, fraction: Fraction) -> None:
        """The learner cancels. What that owes is fixed now, by what is still paid."""
        refundable = self.price.total if self.is_fee_refundable else self.price.paid_share
        self.fraction = fraction
        self.promised = rounded(fraction * max(refundable - self.returned - self.lost, 0))
        self.end(Ending.CANCELLED)

    def sell_again(self) -> None:
        """Somebody else pays for the time of a late cancellation: as if it had been in time."""
        refundable = self.price.total if self.is_fee_refundable else self.price.paid_share
        self.fraction = Fraction(1)
        self.promised = self.given_back + max(refundable - self.returned - self.lost, 0)

    def fail(self) -> None:
        self.end(Ending.FAULT)

    def withdraw(self) -> None:
        self.end(Ending.WITHDRAWN)

    def end(self, ending: Ending) -> None:
        if self.ending is not None:
            raise ValueError(f"it has ended already: {self.ending.value}")
        self.ending = ending

    def refund(self, name: str, amount: int) -> None:
        """Money, or an authorization that is released, reaches the learner."""
        self.refunds[name] = amount

    def fail_refund(self, name: str) -> None:
        del self.refunds[name]

    def give_back(self) -> int:
        """Refunds what the ending owes; what that is."""
        owed = self.owed
        if owed:
            self.given_back += owed
            self.refund(f"owed {self.given_back}", owed)
        return owed

    def lose(self, name: str, amount: int) -> None:
        self.losses[name] = amount

    def win(self, name: str) -> None:
        """A dispute is won, perhaps after it was lost."""
        self.losses.pop(name, None)
        self.causes.discard(name)
        self.back_before = min(self.back_before, self.beyond)

    # What everybody has

    @property
    def beyond(self) -> int:
        """What refunds and disputes have taken beyond the price."""
        moved = sum(self.refunds.values()) + sum(self.losses.values()) + self.restored
        return max(moved - self.price.total, 0)

    @property
    def returned(self) -> int:
        """R."""
        return min(sum(self.refunds.values()) + self.restored, self.price.total)

    @property
    def lost(self) -> int:
        """C; what goes beyond R + C = T is the platform's loss."""
        return min(sum(self.losses.values()), self.price.total - self.returned)

    @property
    def owed(self) -> int:
        """What the ending owes to the learner and has not given back yet.

        A fault is made whole whatever happens later, so that it owes again if a dispute that was
        lost is won after all.
        """
        if not self.is_paid:
            return 0
        if self.ending in MAKES_WHOLE:
            return self.outstanding
        return min(self.promised - self.given_back, self.outstanding)

    @property
    def outstanding(self) -> int:
        """T - R - C."""
        return self.price.total - self.returned - self.lost

    @property
    def keepable(self) -> int:
        """E. An item that has not ended is meant to be given."""
        if self.ending in MAKES_WHOLE:
            return 0
        if self.ending in (Ending.MISSED, Ending.FORFEITED):
            return self.price.paid_share
        if self.ending is Ending.CANCELLED:
            return self.price.paid_share - rounded(self.fraction * self.price.paid_share)
        return self.price.share

    @property
    def going_back(self) -> int:
        """R, and what the ending owes: it is the learner's, though it may be on its way yet."""
        return self.returned + self.owed

    @property
    def taken_by_refunds(self) -> int:
        """a."""
        price = self.price
        if self.going_back == price.total:
            return price.share
        if not self.is_fee_refundable:
            return min(self.going_back, price.paid_share)
        return portion(price.share, self.going_back, price.total)

    @property
    def taken_by_disputes(self) -> int:
        """b."""
        if not self.is_instructor_liable:
            return 0
        gone = portion(self.price.share, self.going_back + self.lost, self.price.total)
        return max(gone - self.taken_by_refunds, 0)

    @property
    def instructor(self) -> int:
        if not self.is_paid:
            return 0
        if self.is_paid_outside:
            return -self.platform
        if self.price.total == 0:
            return self.keepable
        left = self.price.share - self.taken_by_refunds - self.taken_by_disputes
        return min(self.keepable, left)

    @property
    def learner_by_refunds(self) -> int:
        if self.is_paid_outside:
            return 0
        return sum(self.refunds.values()) + self.moved_back - self.back_before

    @property
    def learner_by_disputes(self) -> int:
        return sum(self.losses.values())

    @property
    def platform(self) -> int:
        """The rest. Rewards were the platform's cost when they were granted, not again here."""
        if not self.is_paid:
            return 0
        if self.is_paid_outside:
            return replace(self, is_paid_outside=False).platform
        paid = self.price.total + self.moved_back - self.restored
        received = paid + self.rewards - self.rewards_back
        returned = self.learner_by_refunds + self.learner_by_disputes
        return received - returned - self.instructor

    @property
    def rewards_back(self) -> int:
        """Spent rewards that the learner can spend again, in the measure of the refunds."""
        if self.ending in MAKES_WHOLE:
            return self.rewards
        if self.price.total == 0:
            return rounded(self.fraction * self.rewards)
        return portion(self.rewards, self.returned, self.price.total)

    @property
    def is_code_used(self) -> bool:
        """Whether a code that took something off counts as used."""
        return self.is_paid and self.ending not in MAKES_WHOLE and not self.is_all_back

    @property
    def is_all_back(self) -> bool:
        if self.price.total == 0:
            return self.fraction == 1
        return self.returned == self.price.total

    @property
    def is_frozen(self) -> bool:
        """The earning waits only while a dispute or a complaint is open."""
        return bool(self.causes)


@dataclass
class HourLesson:
    """A lesson that is paid with minutes of one lot, and the rest of it perhaps by card.

    `of_hours` names the refunds and losses that are of the payment for the hours.
    """

    item: Item
    minutes: int
    restored: int = 0
    card: Price = Price(0)
    of_hours: set[str] = field(default_factory=set)

    @property
    def prepaid(self) -> Price:
        """What the minutes pay."""
        return self.item.price - self.card

    @property
    def card_rest(self) -> int:
        """What the card still pays of it."""
        moved = {**self.item.refunds, **self.item.losses}
        gone = sum(cents for name, cents in moved.items() if name not in self.of_hours)
        return max(self.card.total - gone, 0)

    @property
    def prepaid_rest(self) -> int:
        """What the minutes still pay of it."""
        moved = {**self.item.refunds, **self.item.losses}
        gone = sum(cents for name, cents in moved.items() if name in self.of_hours)
        return min(self.prepaid.total - self.item.restored - gone, self.item.outstanding)

    @property
    def instructor(self) -> int:
        """What of it is the instructor's; while it is ahead, of what the card paid."""
        if self.item.ending is not None:
            return self.item.instructor
        if self.card.total == 0:
            return 0
        return replace(self.item, price=self.card).instructor


@dataclass
class Lot:
    """Minutes that were bought ahead with one instructor.

    Minutes leave it for a lesson, a refund, a lost dispute or by expiry, each with its part of the
    price: what the minutes gone so far are worth together, less what went before.
    """

    price: Price
    minutes: int
    is_fee_refundable: bool = True
    is_instructor_liable: bool = False
    is_paid: bool = True
    gone: int = 0
    refunds: dict[str, int] = field(default_factory=dict)
    refunded_minutes: dict[str, int] = field(default_factory=dict)
    losses: dict[str, int] = field(default_factory=dict)
    lost_minutes: dict[str, int] = field(default_factory=dict)
    lessons: list[HourLesson] = field(default_factory=list)
    forfeited: list[Item] = field(default_factory=list)
    causes: set[str] = field(default_factory=set)
    is_withdrawn: bool = False
    lacking: int = 0

    @property
    def left(self) -> int:
        return self.minutes - self.gone

    @property
    def usable(self) -> int:
        """The minutes that can be booked with."""
        return self.left if self.is_paid and not self.causes else 0

    def take(self, minutes: int) -> Price:
        """Minutes leave the lot; what they are worth."""
        if not 0 <= minutes <= self.left:
            raise ValueError(f"{self.left} minutes are left")
        part = self._next(minutes)
        self.gone += minutes
        return part

    def put_back(self, minutes: int) -> Price:
        self.gone -= minutes
        return self._worth(self.gone + minutes) - self._worth(self.gone)

    def _next(self, minutes: int) -> Price:
        return self._worth(self.gone + minutes) - self._worth(self.gone)

    def _worth(self, minutes: int) -> Price:
        return self.price.first(minutes, self.minutes)

    # Lessons

    def book(self, minutes: int, card: Price = Price(0)) -> HourLesson:
        """Minutes pay for a lesson, and a card for the rest of it, once it is paid."""
        item = Item(
            self.take(minutes) + card,
            is_instructor_liable=self.is_instructor_liable,
            is_paid=card.total == 0,
        )
        self.lessons.append(HourLesson(item, minutes, card=card))
        return self.lessons[-1]

    def cancel(self, lesson: HourLesson, fraction: Fraction) -> int:
        """The learner cancels; the minutes that come back, rounded up, and the card is owed."""
        lesson.item.fraction = fraction
        lesson.item.promised = rounded(fraction * lesson.card_rest)
        lesson.item.end(Ending.CANCELLED)
        return self.restore(lesson, ceil(fraction * (lesson.minutes - lesson.restored)))

    def sell_again(self, lesson: HourLesson) -> None:
        """Somebody else pays for the time of a late cancellation: minutes and money come back."""
        lesson.item.fraction = Fraction(1)
        lesson.item.promised = lesson.item.given_back + lesson.card_rest
        self.make_whole(lesson)

    def fail(self, lesson: HourLesson) -> int:
        """Somebody else's fault: what minutes still pay comes back as minutes."""
        lesson.item.fail()
        return self.make_whole(lesson)

    def withdraw_lesson(self, lesson: HourLesson) -> int:
        """A lesson that minutes pay for is withdrawn from."""
        lesson.item.withdraw()
        return self.make_whole(lesson)

    def withdraw(self) -> None:
        """The purchase is withdrawn from: lessons given are kept, all else is paid back."""
        self.is_withdrawn = True
        for lesson in self.lessons:
            if lesson.item.ending is None:
                self.withdraw_lesson(lesson)
        self.refund_withdrawn()

    def refund_withdrawn(self) -> None:
        """What is left after a withdrawal is paid back, unless a bank is still to decide."""
        if self.is_withdrawn and self.left and not self.causes:
            self.refund(f"withdrawn at {self.gone}", self.left, is_fault=True)

    def make_whole(self, lesson: HourLesson) -> int:
        item, booked = lesson.item, lesson.minutes - lesson.restored
        if lesson.prepaid.total == 0:
            return self.restore(lesson, booked)
        owed = max(item.outstanding - lesson.card_rest, 0)
        minutes = ceil(Fraction(owed * lesson.minutes, lesson.prepaid.total))
        return self.restore(lesson, min(minutes, booked))

    def restore(self, lesson: HourLesson, minutes: int) -> int:
        """Minutes of a lesson come back, with their part of the fee: all of them are all of it."""
        lesson.restored += minutes
        lesson.item.restored += self.put_back(minutes).total
        if lesson.restored == lesson.minutes:
            lesson.item.restored = lesson.prepaid.total
        return minutes

    # Refunds and expiry of what is left

    def refund(self, name: str, minutes: int, is_fault: bool = False) -> int:
        """Unused minutes are paid back; what that comes to. The fee may be excepted.

        What a dispute has taken of a part of a minute is with the learner already. If it is won
        after all, the next refund makes up for it.
        """
        part = self.take(minutes)
        is_whole = self.is_fee_refundable or is_fault
        owed = part.total + self.lacking if is_whole else part.paid_share
        self.refunds[name] = min(owed, self.in_payment)
        if is_whole:
            self.lacking = owed - self.refunds[name]
        self.refunded_minutes[name] = minutes
        return self.refunds[name]

    @property
    def in_payment(self) -> int:
        """What neither refunds nor disputes have taken of the payment for the hours."""
        of_lessons = sum(
            cents
            for lesson in self.lessons
            for name, cents in lesson.item.refunds.items()
            if name in lesson.of_hours
        )
        gone = sum(self.refunds.values()) + of_lessons + sum(self.losses.values())
        return self.price.total - gone

    def fail_refund(self, name: str) -> None:
        del self.refunds[name]
        self.put_back(self.refunded_minutes.pop(name))

    def expire(self, is_forfeited: bool = False) -> int:
        """The time is over for what is left; what is refunded of it."""
        if not self.left:
            return 0
        if not is_forfeited:
            return self.refund(f"expiry at {self.gone}", self.left, is_fault=True)
        self.forfeited.append(Item(self.take(self.left), ending=Ending.FORFEITED))
        return 0

    # Disputes

    def lose(self, name: str, amount: int) -> None:
        """A dispute takes unused minutes, rounded down; then lessons ahead, the latest first.

        What is beyond falls on the lessons given, in proportion; then holds are given up that a
        card has not paid yet, and their minutes taken. What a part of a minute is worth is the
        platform's loss.
        """
        self.losses[name] = amount
        self.lost_minutes[name] = 0
        beyond = amount - self._lose_minutes(name, amount)
        if self.left:
            return
        ahead = [one for one in reversed(self.lessons) if one.item.ending is None]
        for lesson in [one for one in ahead if one.item.is_paid]:
            loss = min(beyond, lesson.prepaid_rest)
            if loss:
                lesson.of_hours.add(name)
                lesson.item.lose(name, loss)
                self.fail(lesson)
                beyond -= loss
        given = [one for one in self.lessons if one.item.ending not in (None, *MAKES_WHOLE)]
        rest = beyond - sum(lesson.prepaid_rest for lesson in given)
        spread(name, beyond, given)
        held = [one for one in ahead if not one.item.is_paid]
        if rest > 0 and held:
            for lesson in held:
                self.fail(lesson)
            self._lose_minutes(name, rest)

    def _lose_minutes(self, name: str, amount: int) -> int:
        """As many unused minutes as an amount covers; what they are worth."""
        minutes = min(floor(Fraction(amount * self.minutes, self.price.total)), self.left)
        while self._next(minutes).total > amount:  # by a cent, since parts are rounded
            minutes -= 1
        self.lost_minutes[name] += minutes
        return self.take(minutes).total

    def win(self, name: str) -> None:
        self.losses.pop(name, None)
        self.causes.discard(name)
        self.put_back(self.lost_minutes.pop(name, 0))
        for lesson in self.lessons:
            lesson.item.win(name)
            if lesson.item.ending in MAKES_WHOLE:
                self.make_whole(lesson)
        self.refund_withdrawn()

    # What everybody has

    @property
    def instructor(self) -> int:
        """What was earned; minutes that are left or reserved are not the instructor's yet."""
        of_lessons = sum(lesson.instructor for lesson in self.lessons)
        return of_lessons + sum(item.instructor for item in self.forfeited)

    @property
    def earned(self) -> int:
        """Of it, by lessons that are over."""
        over = [lesson.item for lesson in self.lessons if lesson.item.ending is not None]
        return sum(item.instructor for item in [*over, *self.forfeited])

    @property
    def learner_by_refunds(self) -> int:
        of_lessons = sum(lesson.item.learner_by_refunds for lesson in self.lessons)
        return sum(self.refunds.values()) + of_lessons

    @property
    def learner_by_disputes(self) -> int:
        of_cards = [
            cents
            for lesson in self.lessons
            for name, cents in lesson.item.losses.items()
            if name not in lesson.of_hours
        ]
        return sum(self.losses.values()) + sum(of_cards)

    @property
    def prepaid(self) -> int:
        """What the minutes that are left or reserved were paid with."""
        if not self.is_paid:
            return 0
        ahead = [lesson.prepaid for lesson in self.lessons if lesson.item.ending is None]
        gone = self._worth(self.gone).total
        return self.price.total - gone + sum(price.total for price in ahead)

    @property
    def platform(self) -> int:
        if not self.is_paid:
            return 0
        returned = self.learner_by_refunds + self.learner_by_disputes
        paid = [lesson for lesson in self.lessons if lesson.item.is_paid]
        by_card = sum(lesson.card.total + lesson.item.moved_back for lesson in paid)
        return self.price.total + by_card - returned - self.instructor - self.prepaid


def spread(name: str, amount: int, lessons: list[HourLesson]) -> None:
    """A loss falls on lessons in proportion to what hours still pay of each, cumulatively."""
    paid = [lesson.prepaid_rest for lesson in lessons]
    whole, so_far = sum(paid), 0
    for lesson, part in zip(lessons, paid, strict=True):
        if part:
            before = portion(min(amount, whole), so_far, whole)
            so_far += part
            lesson.of_hours.add(name)
            lesson.item.lose(name, portion(min(amount, whole), so_far, whole) - before)
