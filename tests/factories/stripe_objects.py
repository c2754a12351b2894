"""Stripe's objects as Stripe would send them, built from the fields that its own examples have.

A field that nobody names is null, and one that Stripe does not have raises KeyError. tests.stories
and the stand-in for Stripe build theirs from the same shapes.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import uuid4

from psycopg.rows import DictRow

from tests.fake_stripe.shapes import fill, sample
from tests.instant import INSTANT

Json = dict[str, Any]

CREATED = int(INSTANT.timestamp())


def intent_object(payment: DictRow, status: str, **fields: Any) -> Json:
    paid = payment["amount_cents"] if status == "succeeded" else 0
    return filled(
        "payment_intent",
        {
            "id": f"pi_{payment['id'].hex}",
            "status": status,
            "amount": payment["amount_cents"],
            "amount_received": paid,
            "amount_capturable": payment["amount_cents"] if status == "requires_capture" else 0,
            "currency": payment["currency"],
            "latest_charge": f"ch_{payment['id'].hex}" if paid else None,
            "capture_method": "automatic",
            "confirmation_method": "automatic",
            "payment_method_types": ["card"],
            "metadata": {"payment_id": str(payment["id"])},
        }
        | fields,
    )


def refund_object(
    payment: DictRow, amount_cents: int, status: str = "succeeded", **fields: Any
) -> Json:
    # Stripe says why a refund failed only once it has.
    reason = {"failure_reason": fields.pop("failure_reason", None)}
    refund = filled(
        "refund",
        {
            "id": f"re_{uuid4().hex}",
            "status": status,
            "amount": amount_cents,
            "currency": payment["currency"],
            "payment_intent": payment["stripe_payment_intent_id"],
            "charge": payment["stripe_charge_id"],
        }
        | fields,
    )
    return refund | (reason if reason["failure_reason"] else {})


def dispute_object(
    payment: DictRow, status: str, *, due_by: int = 1_800_000_000, **fields: Any
) -> Json:
    amount = int(fields.get("amount") or payment["captured_cents"])
    number = payment["id"].hex
    taken = dispute_transaction(f"txn_{number}1", payment["currency"], -amount, fee_cents=2000)
    returned = dispute_transaction(f"txn_{number}2", payment["currency"], amount)
    moved = {"won": [taken, returned], "prevented": []}.get(status, [taken])
    return filled(
        "dispute",
        {
            "id": f"du_{number}",
            "status": status,
            "amount": amount,
            "currency": payment["currency"],
            "reason": "fraudulent",
            "payment_intent": payment["stripe_payment_intent_id"],
            "charge": payment["stripe_charge_id"],
            "is_charge_refundable": status.startswith("warning_"),
            "evidence": sample("dispute")["evidence"],
            "evidence_details": sample("dispute")["evidence_details"] | {"due_by": due_by},
            "balance_transactions": [] if status.startswith("warning_") else moved,
            "enhanced_eligibility_types": [],
        }
        | fields,
    )


def dispute_transaction(id: str, currency: str, cents: int, *, fee_cents: int = 0) -> Json:
    """What a dispute moves in the platform's balance."""
    return _transaction(id, currency, cents, fee_cents) | {
        "reporting_category": "dispute" if cents < 0 else "dispute_reversal",
        "type": "adjustment",
    }


def charge_transaction(
    id: str, currency: str, cents: int, fee_cents: int, available_at: datetime
) -> Json:
    """What a payment moves in the platform's balance, and what Stripe keeps of it."""
    return _transaction(id, currency, cents, fee_cents) | {
        "available_on": int(available_at.timestamp()),
        "reporting_category": "charge",
        "type": "charge",
    }


def _transaction(id: str, currency: str, cents: int, fee_cents: int) -> Json:
    return filled(
        "balance_transaction",
        {
            "id": id,
            "amount": cents,
            "fee": fee_cents,
            "net": cents - fee_cents,
            "currency": currency,
            "available_on": CREATED,
            "balance_type": "payments",
            "fee_details": [],
            "status": "available",
        },
    )


def account_object(metadata: dict[str, Any], *, ready: bool, **fields: Any) -> Json:
    nothing_due = sample("account")["requirements"] | {
        "currently_due": [],
        "disabled_reason": None,
        "eventually_due": [],
    }
    fields["requirements"] = nothing_due | fields.get("requirements", {})
    return filled(
        "account",
        {
            "id": f"acct_{metadata['connect_account_id'].replace('-', '')}",
            "type": "express",
            "charges_enabled": ready,
            "payouts_enabled": ready,
            "details_submitted": ready,
            "capabilities": {"transfers": "active" if ready else "inactive"},
            "country": "GB",
            "default_currency": "gbp",
            "business_type": "individual",
            "business_profile": sample("account")["business_profile"],
            "metadata": metadata,
        }
        | fields,
    )


def transfer_object(claimed: DictRow, **fields: Any) -> Json:
    """The transfer that a claimed payout asks for, as Stripe would answer."""
    id = f"tr_{claimed['payout_id'].hex}{claimed['attempt']}"
    return filled(
        "transfer",
        {
            "id": id,
            "amount": claimed["amount_cents"],
            "amount_reversed": 0,
            "reversed": False,
            "reversals": sample("transfer")["reversals"] | {"url": f"/v1/transfers/{id}/reversals"},
            "currency": claimed["currency"],
            "destination": claimed["destination"],
            "transfer_group": claimed["transfer_group"],
            "metadata": {name: str(value) for name, value in claimed["metadata"].items()},
        }
        | fields,
    )


def filled(kind: str, values: Json) -> Json:
    usual: Json = {"created": CREATED, "livemode": False, "metadata": {}}
    return fill(
        kind,
        {"object": kind}
        | {name: usual[name] for name in usual.keys() & sample(kind).keys()}
        | values,
    )
