"""An empty journal, and how it is written and read in a line."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID, uuid4

import pytest
from psycopg.rows import DictRow

from tests.factories import World

Line = tuple[str, UUID | None, int | None]

PLATFORM = UUID("00000000-0000-4000-8000-000000000000")


class Journal:
    """The ledger of a world in which nothing was paid yet."""

    def __init__(self, world: World) -> None:
        self.world = world

    def post(
        self, *lines: Line, key: str | None = None, currency: str = "gbp", org: UUID = PLATFORM
    ) -> bool:
        """Posts one transaction; lines are (account kind, owner, amount in the minor unit)."""
        kinds, owners, amounts = zip(*lines, strict=True) if lines else ((), (), ())
        posted: bool = self.world.value(
            """
            select private.post_transaction(
                %s, 'test', 'tests', null, %s, %s, private.clock(),
                array(
                    select row(kind, owner_id, amount_cents)::private.posting
                    from unnest(%s::private.ledger_account_kind[], %s::uuid[], %s::bigint[])
                        line (kind, owner_id, amount_cents)
                )
            )
            """,
            org,
            key or f"test:{uuid4()}",
            currency,
            list(kinds),
            list(owners),
            list(amounts),
        )
        return posted

    def entries(self) -> list[DictRow]:
        return self.world.rows(
            """
            select booked.idempotency_key, account.kind::text, account.owner_id, entry.currency,
                entry.amount_cents
            from private.ledger_entries entry
            join private.ledger_accounts account on account.id = entry.account_id
            join private.ledger_transactions booked on booked.id = entry.transaction_id
            order by entry.id
            """
        )

    def amounts(self) -> Mapping[tuple[str, UUID | None], int]:
        return {(row["kind"], row["owner_id"]): row["amount_cents"] for row in self.entries()}

    def balance(self, kind: str, owner_id: UUID | None) -> int | None:
        """An account's running balance; None for the platform's own, which carry none."""
        found: int | None = self.world.value(
            "select balance_cents from private.ledger_accounts"
            " where kind = %s and owner_id is not distinct from %s",
            kind,
            owner_id,
        )
        return found

    def is_balanced(self) -> bool:
        """Every transaction sums to zero, and every balance is the sum of its entries.

        Earnings and payouts, which other invariants compare with the ledger, are not in play here.
        """
        found = {row["invariant"] for row in self.world.violations()}
        return not found & {"ledger_transactions_sum_to_zero", "balances_are_sums_of_entries"}

    def is_empty(self) -> bool:
        return not any(
            self.world.count(f"private.ledger_{table}")
            for table in ("accounts", "transactions", "entries")
        )


@pytest.fixture
def journal(world: World) -> Journal:
    return Journal(world)


@pytest.fixture
def committed_journal(committed_world: World) -> Journal:
    return Journal(committed_world)
