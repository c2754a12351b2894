"""Rewards in a line each."""

from __future__ import annotations

from uuid import UUID

from tests.discounts.steps import booked_with, referral_code
from tests.factories import Booking, World


def referred(world: World, referrer: UUID) -> Booking:
    """A held first lesson of somebody whom the referrer has recommended the marketplace to."""
    return booked_with(world, referral_code(world, referrer))


def balance(world: World, user_id: UUID) -> int:
    """What reward_balance shows of one person in the marketplace; 0 if nothing."""
    rows = world.ask(user_id, "public.reward_balance")
    return sum(row["available_cents"] for row in rows)


def owed(world: World) -> int:
    """What the ledger owes to all referrers; negative if they owe it."""
    return -world.ledger().get("learner_rewards", 0)
