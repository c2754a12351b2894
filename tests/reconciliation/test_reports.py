"""A day's figures are frozen, and computed again give the same bytes."""

from __future__ import annotations

from datetime import date, timedelta

from psycopg.rows import DictRow

from tests.factories import World
from tests.reconciliation.stripe import Stripe
from tests.reconciliation.test_match import top_up


def today(world: World) -> date:
    return world.now().date()


def read(world: World) -> list[DictRow]:
    return world.rows("select * from public.reconciliation_reports order by report_date, version")


def test_a_day_of_lessons_and_its_figures(world: World, stripe: Stripe) -> None:
    booking = world.booking()
    world.deliver("payment_intent.succeeded", booking.intent())
    booking.settle_funds(fee_cents=100)
    paid = booking.payment
    stripe.move("charge", paid["captured_cents"], paid["stripe_charge_id"], fee_cents=100)
    day = today(world)
    stripe.reconcile_later(days=1)
    stripe.report(day)
    (report,) = read(world)
    assert (report["report_date"], report["currency"], report["version"]) == (day, "gbp", 1)
    assert report["total_revenue_cents"] == paid["captured_cents"]
    assert report["total_fees_cents"] == 810
    assert report["total_payouts_cents"] == 0
    assert (report["opening_cents"], report["closing_cents"]) == (0, paid["captured_cents"] - 100)
    assert report["balance_breakdown"]["categories"] == {
        "charge": {
            "count": 1,
            "amount_cents": paid["captured_cents"],
            "fee_cents": 100,
            "net_cents": paid["captured_cents"] - 100,
        }
    }
    assert report["payment_breakdown"]["processing_fee"]["processor_fees_cents"] == 100


def test_a_day_opens_with_what_the_day_before_closed_with(world: World, stripe: Stripe) -> None:
    day = today(world)
    for number in range(3):
        stripe.move("topup", 1000, f"tu_{number}")
        world.travel(by=timedelta(days=1))
    stripe.reconcile()
    stripe.report(day + timedelta(days=2))
    reports = read(world)
    assert [report["closing_cents"] for report in reports] == [1000, 2000, 3000]
    assert [report["opening_cents"] for report in reports] == [0, 1000, 2000]


def test_a_days_figures_are_computed_once_a_currency(world: World, stripe: Stripe) -> None:
    """Each computation reads the day's ledger."""
    stripe.move("topup", 1000, "tu_1")
    stripe.move("topup", 1000, "tu_2", currency="eur")
    day = today(world)
    stripe.reconcile_later(days=1)
    world.connection.execute("set local track_functions = 'pl'")
    counted = (
        "select coalesce(sum(calls), 0) from pg_stat_xact_user_functions"
        " where funcname = 'day_figures'"
    )
    before = world.value(counted)
    assert len(stripe.report(day)) == 2
    assert world.value(counted) - before == 2


def test_the_same_facts_give_no_new_version(world: World, stripe: Stripe) -> None:
    stripe.move("topup", 1000, "tu_1")
    day = today(world)
    world.travel(by=timedelta(days=1))
    (first,) = stripe.report(day)
    assert stripe.report(day) == []
    again = world.value("select private.hash_of(private.day_figures(%s, 'gbp'))", day)
    assert again == first["content_hash"]


def test_a_day_whose_facts_changed_later_has_another_version_and_so_have_the_days_after(
    world: World, stripe: Stripe
) -> None:
    day = today(world)
    stripe.move("topup", 1000, "tu_1")
    world.travel(by=timedelta(days=2))
    stripe.report(day + timedelta(days=1))
    stripe.reconcile()
    world.travel(by=timedelta(minutes=1))
    stripe.move("topup", 50, "tu_2", at=world.now() - timedelta(days=2))
    again = stripe.report(day + timedelta(days=1))
    assert [(row["version"], row["closing_cents"]) for row in again] == [(2, 1050), (2, 1050)]


def test_reports_are_never_changed(world: World, stripe: Stripe) -> None:
    stripe.move("topup", 1000, "tu_1")
    world.travel(by=timedelta(days=1))
    stripe.report(today(world) - timedelta(days=1))
    with world.refusing("PT409", "append_only"), world.in_studio():
        world.connection.execute("update public.reconciliation_reports set closing_cents = 0")


def test_a_closed_months_reports_stay_and_what_comes_later_counts_in_the_open_one(
    world: World, stripe: Stripe
) -> None:
    stripe.move("topup", 1000, "tu_1")
    world.deliver("topup.succeeded", top_up(1000, "tu_1"))
    late_at = world.now()
    world.travel(to=world.now().replace(month=7, day=1, hour=9))
    last = date(late_at.year, 6, 30)
    stripe.reconcile()
    stripe.report(last)
    stripe.reconcile()
    world.call(
        world.admin(), "public.admin_close_month", p_month=last, p_reason="It is reconciled."
    )
    before = read(world)
    stripe.move("topup", 70, "tu_2", at=late_at)
    world.deliver("topup.succeeded", top_up(70, "tu_2"), occurred_at=late_at)
    world.travel(by=timedelta(days=1))
    stripe.reconcile()
    (first_of_july,) = stripe.report(date(late_at.year, 7, 1))
    assert read(world)[: len(before)] == before
    assert (first_of_july["opening_cents"], first_of_july["closing_cents"]) == (1000, 1070)
    counted = read(world)[-1]["payment_breakdown"]["top_up_succeeded"]
    assert counted["stripe_balance_cents"] == 70
