"""Numbers of invoices have no gaps and no doubles, whoever issues at once and whatever fails."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from tests.factories import MARKETPLACE, World
from tests.races import Racers
from tests.tax.steps import issued, lesson_at_school
from tools.cluster import Cluster

WRITERS = 8
LESSONS = 40


@pytest.mark.slow
def test_eight_writers_leave_no_gap_where_transactions_fail(
    cluster: Cluster, fresh_database: str, committed_world: World
) -> None:
    world = committed_world
    for _ in range(LESSONS):
        world.booking(world.instructor()).pay()

    def issue_all(connection: psycopg.Connection[Any], _: int) -> int:
        """Issues one invoice a transaction, of which every third fails, until none is left."""
        done = 0
        for attempt in range(1, 10 * LESSONS):
            connection.execute("begin")
            (issued_now,) = connection.execute(
                "select private.issue_fee_invoices(%s, 1)", [MARKETPLACE]
            ).fetchone() or (0,)
            if attempt % 3 == 0:
                connection.execute("rollback")
                continue
            connection.execute("commit")
            if issued_now == 0:
                return done
            done += issued_now
        raise AssertionError("It does not end.")

    with Racers(cluster.admin_url(fresh_database), WRITERS) as racers:
        counts = racers.race(issue_all)
    assert sum(counts) == LESSONS  # type: ignore[arg-type]
    numbers = world.rows("select number from public.fee_invoices order by number")
    (series,) = world.rows("select series, invoices from private.fee_invoice_series")
    assert series["invoices"] == LESSONS
    assert [row["number"] for row in numbers] == [
        f"F{series['series']}-{number:06}" for number in range(1, LESSONS + 1)
    ]


def test_each_organization_and_kind_counts_for_itself(world: World) -> None:
    school = world.organization()
    for booking in (
        world.booking(),
        lesson_at_school(world, world.instructor(org_id=school)),
    ):
        booking.pay()
        world.cancel(booking.learner, booking.id)
    world.carry_refunds()
    numbers = {document["number"] for document in issued(world)}
    series = {row["series"] for row in world.rows("select series from private.fee_invoice_series")}
    assert len(series) == 2
    assert numbers == {f"{kind}{of}-000001" for kind in "FC" for of in series}
