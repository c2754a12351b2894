"""A month of fifty thousand bookings in which all went well."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import psycopg
import pytest

from tests.bench.books import Account, keep_books, reconcile
from tests.bench.city import City
from tests.factories import World
from tests.instant import INSTANT, start
from tools.cluster import Cluster

BOOKINGS = 50_000
MONTH = (INSTANT.date().replace(day=1) - timedelta(days=1)).replace(day=1)
DAYS = 29  # on which money moved


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_clean_month_of_fifty_thousand_bookings(cluster: Cluster, template: str) -> None:
    """Every movement is matched, no exception is raised, nothing is left, and the month closes."""
    name = "large_month"
    cluster.create_database(name, template)
    start(cluster.admin_url(name))
    City(cluster.admin_url(name), BOOKINGS // 50).build()
    with psycopg.connect(cluster.admin_url(name), autocommit=True) as connection:
        world = World(connection)
        assert world.count("public.bookings") == world.count("public.payments") == BOOKINGS
        keep_books(connection, MONTH)
        yesterday = (world.now() - timedelta(days=1)).date()
        account = Account(connection)
        is_explained, told = reconcile(cluster.url("jobs", name), account, yesterday)
        assert is_explained
        assert told.of("exceptions_open") == told.of("remainder_without_a_name") == []
        (reconciled,) = told.of("reconciled")
        held = account.retrieve()["available"][0]["amount"]
        assert reconciled == {
            "currency": "gbp",
            "stripe_cents": held,
            "mirrored_cents": held,
            "ledger_cents": held,
            "waiting_cents": 0,
            "exceptions_cents": 0,
            "remainder_cents": 0,
        }
        listed = world.count("stripe_side.listed")
        assert listed > BOOKINGS + BOOKINGS // 25
        assert world.count("private.balance_transactions") == listed
        assert world.count("private.unmatched_objects") == 0
        assert world.count("private.reconciliation_exceptions") == 0
        assert_days_add_up(world, held)

        # A second run finds nothing new.
        again, told = reconcile(cluster.url("jobs", name), account, yesterday)
        assert again
        assert told.of("report_written") == []
        assert world.count("private.balance_transactions") == listed

        totals = world.call(
            world.admin(), "public.admin_close_month", p_month=MONTH, p_reason="All is explained."
        )["currencies"]["gbp"]
        assert totals["stripe"]["closing_cents"] == held
        assert {
            kind: account["closing_cents"]
            for kind, account in totals["accounts"].items()
            if account["closing_cents"]
        } == world.ledger()
        assert world.maintain()["reports_kept"] >= 1
    cluster.drop_database(name)


def assert_days_add_up(world: World, held: int) -> None:
    """That each day opens with what the one before closed with, and the last one with all."""
    days = world.rows(
        "select report_date, opening_cents, closing_cents, balance_breakdown"
        " from public.reconciliation_reports order by report_date"
    )
    moved = [day for day in days if day["balance_breakdown"]["categories"]]
    assert len(moved) == DAYS
    assert days[0]["report_date"] == MONTH
    assert days[-1]["closing_cents"] == held
    for before, day in pairwise(days):
        assert day["report_date"] == before["report_date"] + timedelta(days=1)
        assert day["opening_cents"] == before["closing_cents"]
