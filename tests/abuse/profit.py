"""What a group of people has gained: what they earned and hold, less what they paid."""

from __future__ import annotations

from uuid import UUID

from tests.factories import Instructor, World


def earned(world: World, *instructors: Instructor) -> int:
    """What instructors have been credited with, paid out or not."""
    cents: int = world.value(
        "select coalesce(sum(amount_cents), 0)::bigint from public.earnings"
        " where instructor_id = any (%s)",
        [instructor.id for instructor in instructors],
    )
    return cents


def spent(world: World, *payers: UUID) -> int:
    """What people have paid by card and not got back, nor are to get back."""
    cents: int = world.value(
        "select (coalesce(sum(captured_cents), 0) - coalesce(("
        " select sum(refund.amount_cents) from public.refunds refund"
        " join public.payments paid on paid.id = refund.payment_id"
        " where paid.payer_id = any (%s)"
        " and refund.status in ('pending', 'requires_action', 'succeeded')), 0))::bigint"
        " from public.payments where payer_id = any (%s)",
        list(payers),
        list(payers),
    )
    return cents


def gain(world: World, instructors: list[Instructor], payers: list[UUID]) -> int:
    """What instructors and payers who share their money have gained together."""
    return earned(world, *instructors) - spent(world, *payers)


def platform_result(world: World) -> int:
    """What the platform has earned, or with a minus what it has lost."""
    books = world.ledger()
    return -sum(
        books.get(kind, 0)
        for kind in ("platform_fees", "promotions", "dispute_losses", "write_offs", "dispute_fees")
    )
