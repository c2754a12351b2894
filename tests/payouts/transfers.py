"""Transfers that Stripe has made and the books may lack, and what the job does about them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from tests.factories import World


def made_for(payout: DictRow, world: World, **fields: Any) -> dict[str, Any]:
    """A transfer that pays a payout, as Stripe lists it; made now unless said otherwise."""
    destination = world.value(
        "select stripe_account_id from public.stripe_connect_accounts where id = %s",
        payout["connect_account_id"],
    )
    metadata = {"payout_id": str(payout["id"]), "attempt": "1", "org_id": str(payout["org_id"])}
    return {
        "object": "transfer",
        "id": f"tr_{payout['id'].hex}",
        "created": int(world.now().timestamp()),
        "amount": payout["amount_cents"],
        "amount_reversed": 0,
        "currency": payout["currency"],
        "destination": destination,
        "transfer_group": str(payout["id"]),
        "metadata": metadata,
    } | fields


def unbooked(world: World, *transfers: dict[str, Any]) -> list[str]:
    """The ids of those transfers that the books lack."""
    rows = world.serve(
        "jobs", "private.find_unbooked_transfers", p_transfers=Jsonb(list(transfers))
    )
    return [row["stripe_transfer_id"] for row in rows]


def book(world: World, made: dict[str, Any]) -> tuple[str, str | None]:
    """Has a transfer booked that the books lack: what became of it, and why."""
    [booked] = world.serve("jobs", "private.book_transfer", p_transfer=Jsonb(made))
    return booked["outcome"], booked["note"]


def decide(world: World, run_id: UUID) -> DictRow:
    """Whether a run may be sent by a platform with more than enough money."""
    [decision] = world.serve(
        "jobs",
        "private.decide_payout_run",
        p_run_id=run_id,
        p_available=Jsonb([{"amount": 10**9, "currency": "gbp"}]),
    )
    return decision
