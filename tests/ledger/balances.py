"""The balance of a ledger account as the sum of its entries, whoever owns it."""

from __future__ import annotations

from uuid import UUID

from tests.factories import World


def account_balance_cents(
    world: World, kind: str, owner_id: UUID | None, currency: str = "gbp"
) -> int:
    """In the minor unit; negative where the platform owes; 0 where there is no such account."""
    cents: int = world.value(
        """
        select coalesce(sum(entry.amount_cents), 0)::bigint
        from private.ledger_accounts account
        join private.ledger_entries entry on entry.account_id = account.id
        where account.kind = %s::private.ledger_account_kind
            and account.owner_id is not distinct from %s
            and account.currency = %s
        """,
        kind,
        owner_id,
        currency,
    )
    return cents
