"""However a payment is given back, its parts add up, and the last one closes every account."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.types.json import Jsonb

from tests.factories import World


@dataclass(frozen=True)
class Split:
    share: int
    fee: int
    discount: int


@dataclass(frozen=True)
class Terms:
    """What a payment is made of."""

    share: int
    fee: int
    discount: int
    is_fee_refundable: bool

    @property
    def amount(self) -> int:
        return self.share + self.fee - self.discount

    def splits(self, world: World, sums: list[int]) -> list[Split]:
        """How each of these sums given back divides."""
        payment = {
            "share_cents": self.share,
            "fee_cents": self.fee,
            "discount_cents": self.discount,
            "amount_cents": self.amount,
            "is_fee_refundable": self.is_fee_refundable,
        }
        rows = world.rows(
            "select split.* from unnest(%s::bigint[]) with ordinality given (cents, position)"
            " cross join private.split_refund(jsonb_populate_record(null::public.payments, %s),"
            " given.cents) split order by given.position",
            sums,
            Jsonb(payment),
        )
        return [Split(row["share_cents"], row["fee_cents"], row["discount_cents"]) for row in rows]


@st.composite
def terms(draw: st.DrawFn) -> Terms:
    """Both fee modes, discounts up to and beyond the fee, to the largest payment."""
    price = draw(st.integers(1, 50_000_000))
    fee = (price * draw(st.integers(0, 9_999)) + 5000) // 10_000
    is_on_top = draw(st.booleans())
    share = price if is_on_top else price - fee
    discount = draw(st.integers(0, share + fee - 1) | st.integers(0, fee))
    return Terms(share, fee, min(discount, share + fee - 1), draw(st.booleans()))


examples = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150
)


@examples
@given(terms=terms(), data=st.data())
def test_parts_add_up_and_the_whole_is_what_the_payment_was_made_of(
    world: World, terms: Terms, data: st.DataObject
) -> None:
    sums = sorted(data.draw(st.lists(st.integers(0, terms.amount), max_size=8)))
    splits = terms.splits(world, [*sums, terms.amount])

    for sum_cents, split in zip([*sums, terms.amount], splits, strict=True):
        assert split.share + split.fee - split.discount == sum_cents
    whole = splits[-1]
    assert whole.share == terms.share
    if terms.is_fee_refundable or terms.fee > terms.discount:
        assert whole == Split(terms.share, terms.fee, terms.discount)
    else:
        assert whole.fee == 0, "the fee stays"


@examples
@given(terms=terms(), data=st.data())
def test_giving_back_more_never_gives_the_instructor_something(
    world: World, terms: Terms, data: st.DataObject
) -> None:
    sums = sorted(data.draw(st.lists(st.integers(0, terms.amount), min_size=2, max_size=8)))
    splits = terms.splits(world, sums)
    shares = [split.share for split in splits]
    discounts = [split.discount for split in splits]
    assert shares == sorted(shares)
    assert discounts == sorted(discounts)
    assert shares[-1] <= terms.share


@pytest.mark.parametrize(
    ("terms", "sum_cents", "split"),
    [
        (Terms(4500, 810, 450, True), 2430, Split(2250, 405, 225)),
        (Terms(4500, 810, 450, True), 4860, Split(4500, 810, 450)),
        (Terms(3690, 810, 450, True), 4050, Split(3690, 810, 450)),
        (Terms(3690, 810, 450, True), 2025, Split(1845, 405, 225)),
        (Terms(31500, 5670, 3150, True), 34020, Split(31500, 5670, 3150)),
        (Terms(4500, 810, 0, False), 2250, Split(2250, 0, 0)),
        (Terms(4500, 810, 0, False), 4500, Split(4500, 0, 0)),
        (Terms(4500, 810, 0, False), 5310, Split(4500, 810, 0)),
        (Terms(4500, 810, 450, False), 4860, Split(4500, 810, 450)),
        (Terms(4500, 810, 810, False), 4500, Split(4500, 0, 0)),
        (Terms(4500, 810, 900, False), 4410, Split(4500, 0, 90)),
        (Terms(1, 1, 0, True), 1, Split(1, 0, 0)),
        (Terms(4500, 810, 0, True), 0, Split(0, 0, 0)),
    ],
)
def test_a_sum_divides_to_the_cent(
    world: World, terms: Terms, sum_cents: int, split: Split
) -> None:
    assert terms.splits(world, [sum_cents]) == [split]
