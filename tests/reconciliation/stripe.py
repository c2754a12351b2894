"""Stripe's balance transactions as a test says them, and a run of the job that compares them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from tests.factories import World

FINISH = "private.finish_reconciliation"


class Stripe:
    """Stripe's side of the books."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.held: dict[str, int] = {}
        self._numbers = count(1)

    def move(
        self,
        category: str,
        cents: int,
        source: Any = None,
        *,
        fee_cents: int = 0,
        at: datetime | None = None,
        **fields: Any,
    ) -> str:
        """Stripe moves money, and lists it; the balance transaction's id."""
        told = {
            "id": f"txn_{next(self._numbers):06}",
            "type": category,
            "reporting_category": category,
            "source": source,
            "balance_type": "payments",
            "currency": "gbp",
            "amount": cents,
            "fee": fee_cents,
            "net": cents - fee_cents,
            "fee_details": [],
            "exchange_rate": None,
            "created": int((at or self.world.now()).timestamp()),
            "available_on": int((at or self.world.now()).timestamp()),
        } | fields
        self.held[told["currency"]] = self.held.get(told["currency"], 0) + cents - fee_cents
        self.tell(told)
        return str(told["id"])

    def tell(self, *told: dict[str, Any]) -> int:
        (row,) = self.world.serve(
            "jobs",
            "private.record_balance_transactions",
            p_balance_transactions=Jsonb(list(told)),
        )
        new_count: int = row["record_balance_transactions"]
        return new_count

    def reconcile(self) -> dict[str, DictRow]:
        """A run of the job; what it says of each currency."""
        world, began_at = self.world, self.world.now()
        world.serve("jobs", "private.record_stripe_movements", p_after=0)
        world.serve("jobs", "private.match_balance_transactions", p_after="")
        world.serve("jobs", "private.raise_reconciliation_exceptions")
        held = [{"currency": coin, "amount": cents} for coin, cents in self.held.items()]
        balance = {"available": held, "pending": []}
        compared = world.serve("jobs", FINISH, p_balance=Jsonb(balance), p_listed_until=began_at)
        return {row["currency"]: row for row in compared}

    def reconcile_later(self, **time: int) -> dict[str, DictRow]:
        """A run on a later day, when nothing is on its way any more."""
        self.world.travel(by=timedelta(**(time or {"days": 2})))
        return self.reconcile()

    def report(self, until: date) -> list[DictRow]:
        """Writes the reports until that day, and returns those that are new."""
        days = self.world.serve("jobs", "private.days_to_report", p_until=until)
        return [
            report
            for day in days
            for report in self.world.serve(
                "jobs", "private.write_reconciliation_reports", p_day=day["days_to_report"]
            )
        ]

    def exceptions(self, state: str | None = "open") -> list[DictRow]:
        return self.world.ask(
            self.world.admin(), "public.admin_reconciliation_exceptions", p_state=state
        )
