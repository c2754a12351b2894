"""The fields of Stripe's objects, from the fixtures that Stripe publishes for its own mock."""

from __future__ import annotations

import json
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

Json = dict[str, Any]
FIXTURES = Path(__file__).parent / "fixtures" / "stripe_objects.json"

# In the fixture, but in an answer only when the call asks for it (`expand`).
WHEN_EXPANDED = {"charge": {"refunds"}}

PREFIXES = {
    "account": "acct_",
    "balance_transaction": "txn_",
    "charge": "ch_",
    "billing_portal.session": "bps_",
    "checkout.session": "cs_test_",
    "customer": "cus_",
    "dispute": "du_",
    "event": "evt_",
    "invoice": "in_",
    "invoice_payment": "inpay_",
    "payment_intent": "pi_",
    "payment_method": "pm_",
    "payout": "po_",
    "price": "price_",
    "product": "prod_",
    "radar.early_fraud_warning": "issfr_",
    "refund": "re_",
    "setup_intent": "seti_",
    "subscription": "sub_",
    "subscription_item": "si_",
    "transfer": "tr_",
    "transfer_reversal": "trr_",
}


@cache
def _fixtures() -> dict[str, Json]:
    fixtures: dict[str, Json] = json.loads(FIXTURES.read_text())
    return fixtures


def sample(kind: str) -> Json:
    """Stripe's own example of an object."""
    return deepcopy(_fixtures()[kind])


def fill(kind: str, values: Json) -> Json:
    """An object with all of its fields: `values`, and null where they say nothing."""
    fields = _fixtures()[kind].keys() - WHEN_EXPANDED.get(kind, set())
    if strange := values.keys() - fields:
        raise KeyError(f"{kind} has no {', '.join(sorted(strange))}")
    return dict.fromkeys(sorted(fields)) | values
