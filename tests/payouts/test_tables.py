"""The rules that payouts, earnings, runs and attempts keep on their own."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from tests.factories import World
from tests.payouts.paydays import NOON, payable

PAYOUTS: list[tuple[dict[str, Any], str]] = [
    ({"status": "sending", "leased_until": NOON}, "paid_means_transferred"),
    ({"status": "sending"}, "only_a_payout_being_sent_is_leased"),
    ({"leased_until": NOON}, "only_a_payout_being_sent_is_leased"),
    ({"paid_at": None}, "paid_means_transferred"),
    ({"stripe_transfer_id": None}, "paid_means_transferred"),
    ({"stripe_transfer_id": None, "paid_at": None, "status": "failed"}, ""),
    ({"status": "reversed"}, "reversed_means_all_of_it"),
    ({"reversed_cents": 4500}, "reversed_means_all_of_it"),
    ({"reversed_cents": 4500, "status": "reversed"}, ""),
    ({"reversed_cents": 4501}, "reversal_is_at_most_the_amount"),
    ({"amount_cents": 0}, "amount_is_positive"),
    ({"payee_id": uuid4()}, "payee_is_the_instructor_or_the_organization"),
    ({"stripe_transfer_id": "po_1"}, "transfer_id_is_stripes"),
]
EARNINGS: list[tuple[dict[str, Any], str]] = [
    ({"payout_id": None}, "paid_earnings_are_in_a_payout"),
    ({"status": "pending"}, "only_available_earnings_are_paid_out"),
    ({"status": "frozen"}, "only_available_earnings_are_paid_out"),
    ({"status": "available"}, ""),
    ({"status": "frozen", "payout_id": None}, ""),
    ({"amount_cents": 0}, "amount_is_not_zero"),
    ({"kind": "lesson"}, "a_lesson_earns_a_positive_amount"),
    ({"payee_id": uuid4()}, "payee_is_the_instructor_or_the_organization"),
]
RUNS: list[tuple[dict[str, Any], str]] = [
    ({"status": "open"}, "completed_runs_say_when"),
    ({"completed_at": None}, "completed_runs_say_when"),
    ({"status": "open", "completed_at": None}, ""),
]
RESULTS: list[tuple[dict[str, Any], str]] = [
    ({"outcome": "skipped"}, "a_payout_or_a_reason"),
    ({"payout_id": None}, "a_payout_or_a_reason"),
    ({"reason": "no_account"}, "a_payout_or_a_reason"),
    ({"outcome": "held", "reason": "review", "payout_id": None}, ""),
]
ATTEMPTS: list[tuple[dict[str, Any], str]] = [
    ({"status": "sending"}, "finished_attempts_say_when"),
    ({"finished_at": None}, "finished_attempts_say_when"),
    ({"attempt": 0}, "attempts_are_counted_from_one"),
    ({"destination": "ba_1"}, "destination_is_stripes"),
]
TABLES = {
    "public.payouts": PAYOUTS,
    "public.earnings": EARNINGS,
    "public.payout_runs": RUNS,
    "public.payout_run_results": RESULTS,
    "private.payout_attempts": ATTEMPTS,
}


@pytest.mark.parametrize(
    ("table", "columns", "rule"),
    [(table, *case) for table, cases in TABLES.items() for case in cases],
)
def test_a_payout_that_was_made_makes_sense(
    world: World, table: str, columns: dict[str, Any], rule: str
) -> None:
    payable(world, 4500)
    world.travel(to=NOON)
    world.run_payouts()
    assert world.broken_rule(table, **columns) == rule


def test_the_items_of_a_payout_never_change(world: World) -> None:
    payable(world)
    world.travel(to=NOON)
    world.run_payouts()
    for statement in (
        "update public.payout_items set amount_cents = 1",
        "delete from public.payout_items",
    ):
        with world.unchanged(), world.refusing("PT409", "append_only"), world.in_studio():
            world.connection.execute(statement)
