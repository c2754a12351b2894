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

# What the version that is spoken declares besides the fixtures, which are of an older one, and what
# they still have.
NEWER: dict[str, Json] = {
    "account": {"business_profile": {"specified_commercial_transactions_act_url": None}},
    "charge": {"payment_method_details": {"card": {"electronic_commerce_indicator": None}}},
    "checkout.session": {"allowed_payment_method_types": None},
    "dispute": {
        "evidence_details": {"submission_method": "not_submitted"},
        "intended_submission_method": None,
    },
    "payment_intent": {"allowed_payment_method_types": None, "payment_record": None},
    "product": {"tax_details": None},
    "setup_intent": {"allowed_payment_method_types": None},
    "subscription": {
        "cancellation_details": {"feedback_option": None},
        "trial_settings": {"end_behavior": {"billing_cycle_anchor": None}},
    },
    "subscription_item": {"current_trial": None},
}
GONE = {"invoice": {"subscription"}}

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
    return {
        kind: {
            name: value
            for name, value in merged(fixture, NEWER.get(kind, {})).items()
            if name not in GONE.get(kind, set())
        }
        for kind, fixture in fixtures.items()
    }


def merged(one: Json, other: Json) -> Json:
    """A hash with what another adds to it, and to the hashes in it."""
    added = {
        name: merged(one[name], value) if isinstance(value, dict) else value
        for name, value in other.items()
    }
    return one | added


def sample(kind: str) -> Json:
    """Stripe's own example of an object."""
    return deepcopy(_fixtures()[kind])


def fill(kind: str, values: Json) -> Json:
    """An object with all of its fields: `values`, and null where they say nothing."""
    fields = _fixtures()[kind].keys() - WHEN_EXPANDED.get(kind, set())
    if strange := values.keys() - fields:
        raise KeyError(f"{kind} has no {', '.join(sorted(strange))}")
    return dict.fromkeys(sorted(fields)) | values
