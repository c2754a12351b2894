"""A purchase that is refunded in Stripe's Dashboard loses whole minutes; the rest is suspense."""

from __future__ import annotations

import pytest

from tests.factories import Credit, World, refund_object


@pytest.fixture
def credit(world: World) -> Credit:
    """Two hours for 106.20, of which one is booked: a minute cost 0.885."""
    instructor, service_id = world.hourly()
    credit = world.hours(world.person("Ben"), instructor, 2)
    credit.book(service_id)
    return credit


@pytest.mark.parametrize(
    ("cents", "minutes", "unmatched"),
    [(5310, 60, 0), (885, 10, 0), (900, 10, 15), (50, 0, 50), (10620, 60, 5310)],
)
def test_whole_minutes_go_and_what_exceeds_them_matches_nothing(
    world: World, credit: Credit, cents: int, minutes: int, unmatched: int
) -> None:
    refund = refund_object(credit.payment, cents)
    assert world.deliver("refund.updated", refund) == "processed"
    row = world.row("select status, unmatched_cents from public.refunds")
    assert (row["status"], row["unmatched_cents"]) == ("succeeded", unmatched)
    assert credit.columns["minutes_refunded"] == minutes
    assert world.ledger().get("suspense", 0) == unmatched
    assert credit.payment["refunded_cents"] == cents


def test_a_dashboard_refund_that_fails_gives_the_minutes_back(world: World, credit: Credit) -> None:
    refund = refund_object(credit.payment, 900)
    world.deliver("refund.updated", refund)
    world.deliver("refund.failed", refund | {"status": "failed"})
    assert (credit.columns["minutes_refunded"], credit.columns["minutes_left"]) == (0, 60)
    assert world.ledger() == {
        "stripe_balance": 10620,
        "learner_prepaid": -9000,
        "deferred_fees": -1620,
    }
