"""A payout's statement comes as a spreadsheet opens it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import pytest
from psycopg.types.json import Jsonb

from tests.api.conftest import Frontend
from tests.factories import Instructor


@pytest.fixture
def payee(frontend: Frontend) -> Iterator[Instructor]:
    """An instructor of a school whose payout waits, made of two earnings.

    Written past the triggers, and removed again: the database is shared with tests that look at
    its books.
    """
    world = frontend.world
    school = world.organization()
    instructor = world.instructor(name='Ann "Ace", Esq.', org_id=school)
    account_id = world.insert(
        "public.stripe_connect_accounts", {"org_id": school, "instructor_id": instructor.id}
    )
    now, owner = world.now(), {"org_id": school, "instructor_id": instructor.id}
    run_id = world.insert(
        "public.payout_runs",
        {
            "org_id": school,
            "schedule": "weekly",
            "period_on": now.date(),
            "cutoff_at": now,
            "heartbeat_at": now,
        },
    )
    with world.connection.transaction():
        world.connection.execute("set local session_replication_role = replica")
        payout = owner | {
            "payee_id": instructor.id,
            "run_id": run_id,
            "connect_account_id": account_id,
            "currency": "gbp",
            "amount_cents": 4050,
            "payout_date": now.date(),
            "metadata": Jsonb({}),
        }
        payout_id = world.insert("public.payouts", payout)
        for cents in (4500, -450):
            earning_id = world.insert(
                "public.earnings",
                owner
                | {
                    "payee_id": instructor.id,
                    "kind": "adjustment",
                    "currency": "gbp",
                    "amount_cents": cents,
                    "available_at": now,
                    "status": "available",
                    "payout_id": payout_id,
                },
            )
            world.connection.execute(
                "insert into public.payout_items"
                " (payout_id, earning_id, org_id, instructor_id, amount_cents)"
                " values (%s, %s, %s, %s, %s)",
                [payout_id, earning_id, school, instructor.id, cents],
            )
    yield instructor
    with world.connection.transaction():
        world.connection.execute("set local session_replication_role = replica")
        for table in ("payout_items", "earnings", "payouts", "payout_runs"):
            world.connection.execute(f"delete from public.{table} where org_id = %s", [school])


def test_a_statement_is_read_as_csv(frontend: Frontend, payee: Instructor) -> None:
    payout_id = frontend.world.value(
        "select id from public.payouts where instructor_id = %s", payee.id
    )
    answer = frontend.send(
        payee.user_id,
        "POST",
        "/rpc/payout_statement",
        json={"p_payout_id": str(payout_id)},
        headers={"Accept": "text/csv"},
    )
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/csv")
    lines = list(csv.DictReader(io.StringIO(answer.text)))
    assert sorted(int(line["amount_cents"]) for line in lines) == [-450, 4500]
    assert {line["instructor"] for line in lines} == {'Ann "Ace", Esq.'}
