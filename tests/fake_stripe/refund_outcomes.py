"""What becomes of a refund once it is made: the bank and the customer decide."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy

from .errors import invalid
from .world import Json, World

TIME_FOR_CUSTOMER = 45 * 24 * 60 * 60


def take_back(charge: Json, amount: int) -> None:
    """Counts what goes back to the customer (or, negative, comes back from there)."""
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]


def debit(world: World, refund: Json) -> None:
    refund["balance_transaction"] = world.post(
        "refund",
        -refund["amount"],
        refund["currency"],
        refund["id"],
        description="REFUND FOR CHARGE",
    )


def announce(world: World, refund: Json, before: Json, *types: str) -> None:
    for type in (*types, "refund.updated", "charge.refund.updated"):
        world.emit(type, refund, before)


def reference_arrives(world: World, refund: Json) -> None:
    """The bank's reference number: an update that changes nothing about the money."""
    before = deepcopy(refund)
    refund["destination_details"]["card"] |= {
        "reference": "1234567890123456789012",
        "reference_status": "available",
    }
    announce(world, refund, before)


def in_time(world: World, refund: Json, act: Callable[[World, Json], object]) -> None:
    """Does after the bank's usual delay what it does, unless the refund has ended meanwhile."""
    world.later(world.settings.refund_delay, act_unless_ended, world, refund, refund["status"], act)


def act_unless_ended(
    world: World, refund: Json, status: str, act: Callable[[World, Json], object]
) -> None:
    if refund["status"] == status:
        act(world, refund)


def ask_customer(world: World, refund: Json) -> Json:
    """A pending refund waits for the customer to say, by e-mail, where it shall go."""
    require_status(refund, "pending")
    before = deepcopy(refund)
    email = {"email_sent_at": world.now(), "email_sent_to": "learner@example.com"}
    details = {"email_sent": email, "expires_at": world.now() + TIME_FOR_CUSTOMER}
    refund["status"] = "requires_action"
    refund["next_action"] = {"type": "display_details", "display_details": details}
    announce(world, refund, before)
    return refund


def finish_refund(world: World, refund: Json) -> Json:
    """A refund under way succeeds."""
    require_status(refund, "pending", "requires_action")
    before = deepcopy(refund)
    refund["status"] = "succeeded"
    nothing_is_awaited(refund)
    if refund["balance_transaction"] is None:
        debit(world, refund)
    announce(world, refund, before)
    return refund


def fail_refund(world: World, refund: Json, reason: str = "unknown") -> Json:
    """The bank sends the money back, even days after the refund succeeded."""
    require_status(refund, "pending", "requires_action", "succeeded")
    return undo(world, refund, "failed", reason, "refund.failed")


def cancel_refund(world: World, refund: Json) -> Json:
    """The merchant takes a refund back that is still under way."""
    require_status(refund, "pending", "requires_action")
    return undo(world, refund, "canceled", "merchant_request")


def undo(world: World, refund: Json, status: str, reason: str, *types: str) -> Json:
    """The money is in the balance again, and the charge counts it as not refunded."""
    before = deepcopy(refund)
    refund |= {"status": status, "failure_reason": reason}
    nothing_is_awaited(refund)
    if refund["balance_transaction"]:
        refund["failure_balance_transaction"] = world.post(
            "refund_failure", refund["amount"], refund["currency"], refund["id"]
        )
    take_back(world.get("charge", refund["charge"]), -refund["amount"])
    announce(world, refund, before, *types)
    return refund


def nothing_is_awaited(refund: Json) -> None:
    for name in ("next_action", "pending_reason"):
        refund.pop(name, None)


def require_status(refund: Json, *statuses: str) -> None:
    if refund["status"] not in statuses:
        raise invalid(f"Refund {refund['id']} has a status of {refund['status']}.")
