"""A month is closed once it is over and reconciled; its totals stay."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tests.factories import World, dispute_object
from tests.reconciliation.stripe import Stripe
from tests.reconciliation.test_match import top_up

JUNE, JULY = date(2026, 6, 1), date(2026, 7, 1)


def close(world: World, month: date = JUNE) -> dict[str, Any]:
    totals: dict[str, Any] = world.call(
        world.admin(), "public.admin_close_month", p_month=month, p_reason="It is reconciled."
    )
    return totals


def reopen(world: World, month: date = JUNE) -> None:
    world.call(
        world.admin(), "public.admin_reopen_month", p_month=month, p_reason="A fee was missed."
    )


@pytest.fixture
def june(world: World, stripe: Stripe) -> Stripe:
    """A month with a lesson in it, which is over and reconciled."""
    world.travel(to=datetime(2026, 6, 10, 10, tzinfo=UTC))
    booking = world.lesson()
    paid = booking.payment
    stripe.move("charge", paid["captured_cents"], paid["stripe_charge_id"])
    world.travel(to=datetime(2026, 7, 2, 10, tzinfo=UTC))
    stripe.reconcile()
    stripe.report(date(2026, 7, 1))
    stripe.reconcile()
    return stripe


def test_a_closed_months_totals_add_up(world: World, june: Stripe) -> None:
    totals = close(world)
    assert totals["month"] == "2026-06"
    (books,) = totals["currencies"].values()
    accounts = books["accounts"].values()
    assert sum(account["closing_cents"] for account in accounts) == 0
    for account in accounts:
        moved = account["debits_cents"] + account["credits_cents"]
        assert account["opening_cents"] + moved == account["closing_cents"]
    stripe = books["stripe"]
    assert stripe["opening_cents"] + stripe["net_cents"] == stripe["closing_cents"]
    assert stripe["closing_cents"] == books["accounts"]["stripe_balance"]["closing_cents"]


def test_a_month_opens_with_what_the_closed_one_before_it_closed_with(
    world: World, june: Stripe
) -> None:
    """And says what a count of all that was ever posted says."""
    closed = close(world)["currencies"]["gbp"]
    second = world.lesson().payment
    june.move("charge", second["captured_cents"], second["stripe_charge_id"])
    june.move("fee", -20)
    world.travel(to=datetime(2026, 8, 2, 10, tzinfo=UTC))
    june.reconcile()
    (difference,) = june.exceptions()
    world.call(
        world.admin(),
        "public.admin_resolve_exception",
        p_exception_id=difference["exception_id"],
        p_resolution="explained",
        p_reason="A test's fee.",
    )
    counted = world.value("select private.month_totals(%s)", JULY)
    totals = close(world, JULY)
    books = totals["currencies"]["gbp"]
    for kind, account in books["accounts"].items():
        before = closed["accounts"].get(kind, {"closing_cents": 0})
        assert account["opening_cents"] == before["closing_cents"]
        assert account["closing_cents"] == world.ledger().get(kind, 0)
    assert closed["accounts"].keys() <= books["accounts"].keys()
    assert books["stripe"]["opening_cents"] == closed["stripe"]["closing_cents"]
    assert books["stripe"]["closing_cents"] == june.held["gbp"]
    assert totals == counted

    # As if June had never been closed: the same, to the byte.
    world.connection.execute("alter table private.month_closings disable trigger user")
    world.connection.execute(
        "update private.month_closings set reopened_at = private.clock(),"
        " reopened_by = closed_by, reopening_reason = 'A test.'"
    )
    assert world.value("select private.month_totals(%s)::text", JULY) == world.value(
        "select totals::text from private.month_closings where month_on = %s", JULY
    )


def test_a_late_dispute_leaves_the_closed_month_as_it_was(world: World, june: Stripe) -> None:
    closed = close(world)
    payment = world.row("select * from public.payments")
    happened_at = world.now() - timedelta(days=10)
    dispute = dispute_object(payment, "needs_response")
    world.deliver("charge.dispute.created", dispute, occurred_at=happened_at)
    posted = world.row(
        "select * from private.ledger_transactions where kind = 'dispute_funds_moved'"
    )
    assert (posted["effective_at"], posted["month_on"]) == (happened_at, JULY)
    kept = world.row("select totals, content_hash from private.month_closings")
    assert kept["totals"] == closed == world.value("select private.month_totals(%s)", JUNE)
    assert kept["content_hash"] == world.value(
        "select private.hash_of(private.month_totals(%s))", JUNE
    )


def test_only_the_latest_month_opens_again_and_closes_as_another_version(
    world: World, june: Stripe
) -> None:
    close(world)
    reopen(world)
    close(world)
    versions = world.rows("select version, reopening_reason from private.month_closings")
    assert [tuple(row.values()) for row in versions] == [(1, "A fee was missed."), (2, None)]
    world.travel(to=datetime(2026, 8, 2, 10, tzinfo=UTC))
    june.reconcile()
    close(world, JULY)
    with world.refusing("PT409", "month_not_latest"):
        reopen(world)


def test_months_close_in_order(world: World, june: Stripe) -> None:
    close(world)
    world.travel(to=datetime(2026, 9, 2, 10, tzinfo=UTC))
    june.reconcile()
    for month in (JUNE, date(2026, 8, 1)):
        with world.refusing("PT409", "month_out_of_order"):
            close(world, month)


@pytest.mark.parametrize("month", ["2026-07-01", "infinity", "-infinity", None])
def test_a_month_that_is_not_over_stays_open(world: World, june: Stripe, month: str | None) -> None:
    with world.refusing("PT409", "month_not_over"):
        world.call(
            world.admin(), "public.admin_close_month", p_month=month, p_reason="It is reconciled."
        )


def test_a_month_with_an_open_exception_stays_open(world: World, june: Stripe) -> None:
    june.move("moon_reserve", -5, at=world.now() - timedelta(days=5))
    june.reconcile()
    with world.refusing("PT409", "month_not_reconciled"):
        close(world)


def test_a_month_with_something_on_its_way_stays_open(world: World, stripe: Stripe) -> None:
    late_on_its_last_day = datetime(2026, 6, 30, 23, tzinfo=UTC)
    world.travel(to=datetime(2026, 7, 1, 1, tzinfo=UTC))
    stripe.move("topup", 70, "tu_1", at=late_on_its_last_day)
    stripe.reconcile()
    assert stripe.exceptions() == []
    with world.refusing("PT409", "month_not_reconciled"):
        close(world)
    world.deliver("topup.succeeded", top_up(70), occurred_at=late_on_its_last_day)
    stripe.reconcile()
    close(world)


def test_a_month_with_what_was_posted_since_the_last_run_stays_open(
    world: World, june: Stripe
) -> None:
    in_june = datetime(2026, 6, 11, 10, tzinfo=UTC)
    world.deliver("topup.succeeded", top_up(70), occurred_at=in_june)
    with world.refusing("PT409", "month_not_reconciled"):
        close(world)
    world.travel(by=timedelta(minutes=1))
    june.move("topup", 70, "tu_1", at=in_june)
    june.reconcile()
    close(world)


def test_a_month_whose_difference_was_explained_closes(world: World, june: Stripe) -> None:
    june.move("moon_reserve", -5, at=world.now() - timedelta(days=5))
    june.reconcile()
    (difference,) = june.exceptions()
    world.call(
        world.admin(),
        "public.admin_resolve_exception",
        p_exception_id=difference["exception_id"],
        p_resolution="explained",
        p_reason="It comes back.",
    )
    close(world)


def test_a_month_that_no_run_has_seen_stays_open(world: World) -> None:
    world.travel(to=datetime(2026, 7, 2, 10, tzinfo=UTC))
    with world.refusing("PT409", "month_not_reconciled"):
        close(world)


def test_nobody_posts_in_a_closed_month(world: World, june: Stripe) -> None:
    close(world)
    with world.refusing("PT409", "month_closed"), world.in_studio():
        world.connection.execute(
            "insert into private.ledger_transactions"
            " (org_id, kind, source_type, idempotency_key, currency, effective_at, month_on)"
            " values (private.platform_id(), 'test', 'tests', 'late', 'gbp', private.clock(), %s)",
            [JUNE],
        )


def test_a_reopened_month_takes_postings_again(world: World, june: Stripe) -> None:
    close(world)
    reopen(world)
    world.deliver("topup.succeeded", top_up(10), occurred_at=datetime(2026, 6, 11, 10, tzinfo=UTC))
    assert (
        world.value(
            "select month_on from private.ledger_transactions where kind = 'top_up_succeeded'"
        )
        == JUNE
    )


def test_a_currency_that_only_stripe_had_in_a_closed_month_opens_with_what_it_held(
    world: World, june: Stripe
) -> None:
    """Its books begin a month later; by then some of it is with Stripe already."""
    june.move("charge", 500, "ch_by_hand", currency="eur", at=datetime(2026, 6, 11, tzinfo=UTC))
    june.reconcile_later(days=3)
    (difference,) = june.exceptions()
    world.call(
        world.admin(),
        "public.admin_resolve_exception",
        p_exception_id=difference["exception_id"],
        p_resolution="explained",
        p_reason="Not of the marketplace.",
    )
    june.reconcile()
    assert close(world)["currencies"].keys() == {"gbp"}
    school = world.organization(name="Euro", currency="eur")
    world.connection.execute(
        "insert into private.ledger_accounts (org_id, kind, currency)"
        " values (%s, 'stripe_balance', 'eur')",
        (school,),
    )
    totals = world.value("select private.month_totals(%s)", JULY)
    assert totals["currencies"]["eur"]["stripe"]["opening_cents"] == 500
    assert totals["currencies"]["eur"]["stripe"]["closing_cents"] == june.held["eur"]
