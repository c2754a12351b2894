"""A balance that stays negative is written off by an admin, at the platform's cost."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.factories import Booking, World
from tests.ledger.balances import account_balance_cents


@pytest.fixture
def debtor(world: World) -> Booking:
    """A lesson that was paid out and refunded afterwards: its instructor owes 45.00."""
    instructor = world.instructor()
    world.onboard(instructor)
    lesson = world.lesson(instructor)
    world.travel(by=timedelta(days=8))
    assert [run["amount_paid_cents"] for run in world.run_payouts()] == [4500]
    lesson.refund(5310)
    world.maintain()
    return lesson


def write_off(world: World, payee_id: UUID, currency: str = "gbp", **arguments: Any) -> int:
    given = {
        "p_payee_id": payee_id,
        "p_currency": currency,
        "p_reason": "Teaches no more.",
    } | arguments
    cents: int = world.call(world.admin(), "public.admin_write_off_balance", **given)
    return cents


def test_what_is_owed_becomes_the_platforms_cost(world: World, debtor: Booking) -> None:
    payee_id = debtor.instructor.id
    assert account_balance_cents(world, "payee_payable", payee_id) == 4500
    assert write_off(world, payee_id) == 4500
    assert account_balance_cents(world, "payee_payable", payee_id) == 0
    assert world.ledger()["write_offs"] == 4500
    earning = world.row("select * from public.earnings where kind = 'write_off'")
    assert (earning["amount_cents"], earning["status"]) == (4500, "available")
    assert earning["instructor_id"] == debtor.instructor.id
    balance = world.row("select total_cents, available_cents from public.instructor_balances")
    assert balance["available_cents"] == 0
    with world.refusing("PT409", "balance_not_negative"):
        write_off(world, payee_id)


def test_the_reason_is_kept(world: World, debtor: Booking) -> None:
    write_off(world, debtor.instructor.id)
    kept = world.value(
        "select reason from public.audit_logs where entity_type = 'earnings'"
        " and new_values ->> 'kind' = 'write_off'"
    )
    assert kept == "Teaches no more."


def test_only_a_negative_balance_is_written_off(world: World, debtor: Booking) -> None:
    with world.refusing("PT409", "balance_not_negative"):
        write_off(world, debtor.instructor.id, "eur")
    with world.refusing("PT409", "balance_not_negative"):
        write_off(world, uuid4())
    with world.refusing("PT422", "reason_required"):
        write_off(world, debtor.instructor.id, p_reason="no")
    assert "write_offs" not in world.ledger()


def test_only_admins_of_the_platform_write_off(world: World, debtor: Booking) -> None:
    with world.unchanged(), world.refusing("42501", "not_an_admin"):
        world.call(
            debtor.instructor.user_id,
            "public.admin_write_off_balance",
            p_payee_id=debtor.instructor.id,
            p_currency="gbp",
            p_reason="I am poor.",
        )
