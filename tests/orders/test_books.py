"""Whom an item's money belongs to, whatever became of it: by hand, and as the model has it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.types.json import Jsonb

from tests.factories import World
from tests.model.entitlements import Ending, Item, Price


@dataclass(frozen=True)
class Facts:
    """A lesson's row: what it was sold for, and what became of it."""

    share_cents: int = 4500
    fee_cents: int = 810
    discount_cents: int = 0
    is_fee_refundable: bool = True
    is_paid: bool = True
    ending: str | None = None
    refund_bps: int = 0
    owed_cents: int = 0
    refunded_cents: int = 0
    restored_cents: int = 0
    excess_cents: int = 0
    lost_cents: int = 0
    liable_cents: int = 0
    credit_share_cents: int = 0
    credit_fee_cents: int = 0
    credit_discount_cents: int = 0

    @property
    def total_cents(self) -> int:
        return self.share_cents + self.fee_cents - self.discount_cents


@dataclass(frozen=True)
class Books:
    prepaid_share: int
    prepaid_fee: int
    prepaid_discount: int
    share: int
    fee: int
    discount: int
    loss: int
    due: int

    @property
    def platform(self) -> int:
        return self.fee - self.discount - self.loss

    @property
    def sum(self) -> int:
        prepaid = self.prepaid_share + self.prepaid_fee - self.prepaid_discount
        return prepaid + self.share + self.platform + self.due


def books_of(world: World, *items: Facts) -> list[Books]:
    rows = world.rows(
        "select books.* from jsonb_array_elements(%s) with ordinality told (item, position)"
        " cross join private.item_books(jsonb_populate_record(null::public.order_items, item))"
        " books order by told.position",
        Jsonb([row_of(item) for item in items]),
    )
    return [Books(**{name.removesuffix("_cents"): row[name] for name in row}) for row in rows]


def row_of(facts: Facts) -> dict[str, Any]:
    return asdict(facts) | {"kind": "booking", "total_cents": facts.total_cents}


# Worked by hand

TEN_OFF = Facts(discount_cents=450)
PLAIN = Facts()
KEPT = Facts(is_fee_refundable=False)
INCLUDED = Facts(share_cents=3690, discount_cents=450)
FREE = Facts(discount_cents=5310)

# What became of an item | what the instructor has | what the platform has
WORKED: list[tuple[str, Facts, int, int]] = [
    ("given", replace(TEN_OFF, ending="given"), 4500, 360),
    ("half refunded", replace(TEN_OFF, ending="given", refunded_cents=2430), 2250, 180),
    ("half", replace(PLAIN, ending="cancelled", refund_bps=5000, owed_cents=2655), 2250, 405),
    ("fee kept", replace(KEPT, ending="cancelled", refund_bps=5000, owed_cents=2250), 2250, 810),
    (
        "10.00 refunded, then half",
        replace(PLAIN, ending="cancelled", refund_bps=5000, owed_cents=2155, refunded_cents=1000),
        1826,
        329,
    ),
    (
        "half, then 10.00 refunded",
        replace(PLAIN, ending="cancelled", refund_bps=5000, owed_cents=2655, refunded_cents=1000),
        1403,
        252,
    ),
    ("instructor cancels", replace(KEPT, ending="fault"), 0, 0),
    ("learner does not come, free", replace(FREE, ending="missed"), 0, 0),
    ("given, free", replace(FREE, ending="given"), 4500, -4500),
    ("20.00 lost", replace(PLAIN, ending="given", lost_cents=2000), 4500, -1190),
    (
        "20.00 lost, instructor liable",
        replace(PLAIN, ending="given", lost_cents=2000, liable_cents=2000),
        2805,
        505,
    ),
    ("lost and won", replace(PLAIN, ending="given"), 4500, 810),
    ("all lost, then a fault", replace(PLAIN, ending="fault", lost_cents=5310), 0, 0),
    (
        "half refunded, half lost",
        replace(PLAIN, refunded_cents=2655, lost_cents=2655, liable_cents=2655),
        0,
        0,
    ),
    (
        "22.50 refunded, 30.60 lost, fee kept",
        replace(KEPT, refunded_cents=2250, lost_cents=3060, liable_cents=3060),
        0,
        0,
    ),
    (
        "half of a price that includes the fee",
        replace(INCLUDED, ending="cancelled", refund_bps=5000, owed_cents=2025),
        1845,
        180,
    ),
    (
        "half, discount above a fee that is kept",
        replace(KEPT, discount_cents=2000, ending="cancelled", refund_bps=5000, owed_cents=1655),
        1655,
        0,
    ),
    (
        "nothing, the rest granted later",
        replace(PLAIN, ending="cancelled", refunded_cents=5310),
        0,
        0,
    ),
]


@pytest.mark.parametrize(
    ("facts", "instructor", "platform"),
    [pytest.param(*values, id=name) for name, *values in WORKED],
)
def test_worked_value(world: World, facts: Facts, instructor: int, platform: int) -> None:
    """What is owed is the payer's already, refunded or not."""
    left = facts.total_cents - facts.refunded_cents - facts.lost_cents
    owed = left if facts.ending == "fault" else facts.owed_cents
    refunded = replace(facts, refunded_cents=facts.refunded_cents + owed, owed_cents=0)
    before, after = books_of(world, facts, refunded)
    assert (before.share, before.platform, before.due) == (instructor, platform, owed)
    assert after == replace(before, due=0)


@pytest.mark.parametrize(
    ("share", "fee", "discount", "is_fee_refundable", "refunded", "left"),
    [
        (4500, 810, 450, True, 2430, (2250, 405, 225)),
        (4500, 810, 450, True, 4860, (0, 0, 0)),
        (3690, 810, 450, True, 4050, (0, 0, 0)),
        (3690, 810, 450, True, 2025, (1845, 405, 225)),
        (45000, 8100, 4500, True, 34020, (13500, 2430, 1350)),
        (4500, 810, 0, False, 2250, (2250, 810, 0)),
        (4500, 810, 0, False, 4500, (0, 810, 0)),
        (4500, 810, 0, False, 5310, (0, 0, 0)),
        (4500, 810, 450, False, 4860, (0, 0, 0)),
        (4500, 810, 810, False, 4500, (0, 0, 0)),
        (4500, 810, 900, False, 4410, (0, 0, 0)),
        (1, 1, 0, True, 1, (0, 1, 0)),
        (4500, 810, 0, True, 0, (4500, 810, 0)),
    ],
)
def test_a_refund_leaves_share_fee_and_discount_to_the_cent(
    world: World,
    share: int,
    fee: int,
    discount: int,
    is_fee_refundable: bool,
    refunded: int,
    left: tuple[int, int, int],
) -> None:
    facts = Facts(share, fee, discount, is_fee_refundable, refunded_cents=refunded)
    (books,) = books_of(world, facts)
    assert (books.share, books.fee, books.discount) == left
    assert (books.loss, books.due) == (0, 0)


def test_an_item_that_is_not_paid_has_nothing(world: World) -> None:
    (books,) = books_of(world, Facts(is_paid=False))
    assert books == Books(0, 0, 0, 0, 0, 0, 0, 0)


def test_prepaid_minutes_are_nobodys_until_the_lesson_ends(world: World) -> None:
    """Half of the lesson is paid with minutes, half by card."""
    ahead = Facts(credit_share_cents=2250, credit_fee_cents=405)
    unpaid = replace(ahead, is_paid=False)
    given = replace(ahead, ending="given")
    assert books_of(world, unpaid, ahead, given) == [
        Books(2250, 405, 0, 0, 0, 0, 0, 0),
        Books(2250, 405, 0, 2250, 405, 0, 0, 0),
        Books(0, 0, 0, 4500, 810, 0, 0, 0),
    ]


def test_what_was_received_beyond_the_price_is_due(world: World) -> None:
    once, twice = books_of(world, PLAIN, Facts(excess_cents=5310))
    assert twice == replace(once, due=5310)


def test_a_loss_beyond_what_is_left_is_the_platforms(world: World) -> None:
    (books,) = books_of(world, Facts(refunded_cents=5310, lost_cents=2000, liable_cents=2000))
    assert (books.share, books.fee, books.loss, books.due) == (0, 0, 2000, 0)


# At any price, in any order


@st.composite
def prices(draw: st.DrawFn) -> Facts:
    """Both fee modes, discounts up to and beyond the fee, to the largest payment."""
    price = draw(st.integers(1, 50_000_000))
    fee = (price * draw(st.integers(0, 9_999)) + 5000) // 10_000
    is_on_top = draw(st.booleans())
    share = price if is_on_top else price - fee
    discount = draw(st.integers(0, share + fee - 1) | st.integers(0, fee))
    return Facts(share, fee, min(discount, share + fee - 1), draw(st.booleans()))


examples = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150
)


@examples
@given(facts=prices(), data=st.data())
def test_parts_add_up_and_the_last_leaves_nothing(
    world: World, facts: Facts, data: st.DataObject
) -> None:
    sums = sorted(data.draw(st.lists(st.integers(0, facts.total_cents), max_size=8)))
    sums.append(facts.total_cents)
    states = books_of(world, *(replace(facts, refunded_cents=cents) for cents in sums))

    for cents, books in zip(sums, states, strict=True):
        assert books.share + books.fee - books.discount == facts.total_cents - cents
        assert min(books.share, books.fee, books.discount) >= 0
        assert (books.loss, books.due) == (0, 0)
    assert states[-1] == Books(0, 0, 0, 0, 0, 0, 0, 0)


@examples
@given(facts=prices(), data=st.data())
def test_giving_back_more_never_gives_the_instructor_something(
    world: World, facts: Facts, data: st.DataObject
) -> None:
    amounts = st.integers(0, facts.total_cents)
    sums = sorted(data.draw(st.lists(amounts, min_size=2, max_size=8)))
    ending = data.draw(st.sampled_from([None, "given", "missed"]), "ending")
    facts = replace(facts, ending=ending)
    states = books_of(world, *(replace(facts, refunded_cents=cents) for cents in sums))
    shares = [books.share for books in states]
    assert shares == sorted(shares, reverse=True)
    discounts = [books.discount for books in states]
    if ending != "missed":  # where the platform does not pay beyond its fee
        assert discounts == sorted(discounts, reverse=True)
    assert shares[0] <= facts.share_cents


ENDINGS = {
    Ending.GIVEN: "given",
    Ending.MISSED: "missed",
    Ending.CANCELLED: "cancelled",
    Ending.FAULT: "fault",
}


@pytest.mark.slow
@examples
@given(facts=prices(), data=st.data())
def test_every_order_of_refunds_losses_and_the_ending_is_as_the_model_has_it(
    world: World, facts: Facts, data: st.DataObject
) -> None:
    price = Price(facts.share_cents, facts.fee_cents, facts.discount_cents)
    is_liable = data.draw(st.booleans(), "the instructor is liable")
    item = Item(price, facts.is_fee_refundable, is_liable)
    steps = data.draw(st.permutations(["end", "refund", "refund", "lose", "win"]), "steps")
    states = []
    for number, step in enumerate(steps):
        left = price.total - item.returned - item.lost
        if step == "end":
            end(item, data.draw(st.sampled_from([*ENDINGS]), "ending"), data)
            states.append((told(facts, item), settled(item)))
            item.give_back()
        elif step == "win":
            item.win("lost")
        elif left and step == "refund":
            item.refund(f"refund {number}", data.draw(st.integers(1, left), "refund"))
        elif left:
            item.lose("lost", data.draw(st.integers(1, left), "lost"))
        if item.ending is Ending.FAULT:
            item.give_back()
        states.append((told(facts, item), settled(item)))

    books = books_of(world, *(row for row, _ in states))
    assert [(one.share, one.platform, one.due) for one in books] == [right for _, right in states]
    assert min(min(one.share, one.fee, one.discount) for one in books) >= 0


def end(item: Item, ending: Ending, data: st.DataObject) -> None:
    if ending is Ending.CANCELLED:
        item.cancel(Fraction(data.draw(st.integers(0, 10_000), "bps"), 10_000))
    else:
        item.end(ending)


def told(facts: Facts, item: Item) -> Facts:
    """The row of the model's item."""
    return replace(
        facts,
        ending=ENDINGS[item.ending] if item.ending else None,
        refund_bps=int(item.fraction * 10_000),
        owed_cents=item.promised - item.given_back if item.ending is Ending.CANCELLED else 0,
        refunded_cents=item.returned,
        lost_cents=item.learner_by_disputes,
        liable_cents=item.learner_by_disputes if item.is_instructor_liable else 0,
    )


def settled(item: Item) -> tuple[int, int, int]:
    """What instructor and platform have once what is owed is given back; and how much that is.

    Where nothing is lost there is nothing to be liable for.
    """
    copy = replace(
        item,
        refunds=dict(item.refunds),
        is_instructor_liable=item.is_instructor_liable and item.lost > 0,
    )
    owed = copy.give_back()
    return copy.instructor, copy.platform, owed
