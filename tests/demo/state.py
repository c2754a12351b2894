"""What a database says about the marketplace, in words that do not depend on when it was said.

Left out are the ids and the times that are made up when an event is applied (those of refunds,
disputes, the earnings that these change, credits, ledger rows, commands), which of two events told
of a dispute first, what Stripe is asked again when news of one second disagree, and the audit log:
it tells the way, of which the order is a part.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

import psycopg

QUERIES = {
    "bookings": "select to_jsonb(booking) - 'updated_at' from public.bookings booking",
    "slots": "select to_jsonb(slot) - 'updated_at' from public.bookable_slots slot",
    "calendar": """
        select to_jsonb(taken) - '{id,created_at}'::text[] from private.person_calendar taken
    """,
    "payments": "select to_jsonb(payment) - 'updated_at' from public.payments payment",
    "orders": "select to_jsonb(ordered) from public.orders ordered",
    "order_items": """
        select to_jsonb(item)
            - '{revision,last_refund_id,last_dispute_id,created_at,updated_at}'::text[]
        from public.order_items item
    """,
    "payment_items": "select to_jsonb(paid) - 'created_at' from public.payment_items paid",
    "return_items": """
        select to_jsonb(returned) - '{id,refund_id,dispute_id,created_at}'::text[]
        from private.return_items returned
    """,
    "refunds": """
        select to_jsonb(refund) - '{id,metadata,created_at,updated_at}'::text[]
        from public.refunds refund
    """,
    "disputes": """
        select to_jsonb(dispute) - '{id,created_at,updated_at}'::text[] from public.disputes dispute
    """,
    "credits": """
        select to_jsonb(credit) - '{activated_at,expires_at,updated_at}'::text[]
        from public.learner_credits credit
    """,
    "accounts": """
        select to_jsonb(account) - 'updated_at' from public.stripe_connect_accounts account
    """,
    "account_details": """
        select to_jsonb(detail) - '{created_at,updated_at}'::text[]
        from public.connect_account_details detail
    """,
    "earnings": """
        select to_jsonb(earning) - '{id,dispute_id,created_at,updated_at}'::text[]
        from public.earnings earning
    """,
    "payouts": "select to_jsonb(payout) - 'updated_at' from public.payouts payout",
    "payout_items": "select to_jsonb(item) from public.payout_items item",
    "ledger": """
        select jsonb_build_array(
            booked.kind,
            booked.source_type,
            case when booked.source_type not in ('refund', 'dispute') then booked.source_id end,
            booked.currency,
            case when booked.source_type <> 'dispute' then booked.effective_at end,
            jsonb_agg(
                jsonb_build_array(account.kind, account.owner_id, entry.amount_cents)
                order by account.kind, account.owner_id
            )
        )
        from private.ledger_transactions booked
        join private.ledger_entries entry on entry.transaction_id = booked.id
        join private.ledger_accounts account on account.id = entry.account_id
        group by booked.org_id, booked.id
    """,
    "balances": """
        select jsonb_build_array(account.kind, account.owner_id, account.balance_cents)
        from private.ledger_accounts account
    """,
    "commands": """
        select jsonb_build_array(
            command.topic,
            command.payload - '{refund_id,idempotency_key,metadata}'::text[],
            command.processed_at is not null
        )
        from private.outbox command
        where command.topic not like 'fetch_%'
    """,
    "events": """
        select jsonb_build_array(event.event_id, event.status) from private.webhook_events event
    """,
}


def state_of(connection: psycopg.Connection[Any]) -> dict[str, list[str]]:
    """Every row as text, by what it is about."""
    return {
        name: sorted(json.dumps(row, sort_keys=True) for (row,) in connection.execute(query))
        for name, query in QUERIES.items()
    }


def hash_of(state: dict[str, list[str]]) -> str:
    """One word for a whole state."""
    return hashlib.sha256(json.dumps(state).encode()).hexdigest()
