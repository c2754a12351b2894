"""Compares an object with Stripe's own fixture and with the types of Stripe's own package."""

from __future__ import annotations

import types
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, ForwardRef, Literal, Union, get_args, get_origin

import stripe
from stripe import ListObject, StripeObject

from ..shapes import Json, sample

# Fields that Stripe sends only sometimes, and that its fixture therefore lacks or shows.
# Reviewed one by one; each must be declared by the package's class.
SOMETIMES: dict[str, set[str]] = {
    "charge": {"refunds"},  # only when expanded
    "invoice": {"amount_paid_off_stripe"},  # only if some of it was
    "event": {"account"},  # only in events of connected accounts
    "radar.early_fraud_warning": {"payment_intent"},  # only if there is one
    "refund": {
        "failure_balance_transaction",  # only once it has failed
        "failure_reason",
        "next_action",  # only while the customer has to act
        "pending_reason",  # only while it is pending
    },
}

CLASSES: dict[str, type[StripeObject]] = {
    "account": stripe.Account,
    "account_link": stripe.AccountLink,
    "balance": stripe.Balance,
    "balance_transaction": stripe.BalanceTransaction,
    "capability": stripe.Capability,
    "charge": stripe.Charge,
    "billing_portal.session": stripe.billing_portal.Session,
    "checkout.session": stripe.checkout.Session,
    "customer": stripe.Customer,
    "dispute": stripe.Dispute,
    "event": stripe.Event,
    "invoice": stripe.Invoice,
    "invoice_payment": stripe.InvoicePayment,
    "login_link": stripe.LoginLink,
    "payment_intent": stripe.PaymentIntent,
    "payment_method": stripe.PaymentMethod,
    "payout": stripe.Payout,
    "price": stripe.Price,
    "product": stripe.Product,
    "radar.early_fraud_warning": stripe.radar.EarlyFraudWarning,
    "refund": stripe.Refund,
    "setup_intent": stripe.SetupIntent,
    "subscription": stripe.Subscription,
    "transfer": stripe.Transfer,
    "transfer_reversal": stripe.TransferReversal,
}
# Fields that Stripe's package for Python does not declare, and that for TypeScript does.
UNDECLARED = {"payment_intent": {"source"}}
# Events carry an object of any type; the callers check it by its own type.
UNCHECKED = {("event", "data")}


def complaints(thing: Json) -> list[str]:
    """Everything about an object that Stripe's would not have."""
    kind = thing["object"]
    return [*_against_fixture(kind, thing), *_against_package(kind, thing)]


def _against_fixture(kind: str, thing: Json) -> Iterator[str]:
    example, sometimes = sample(kind), SOMETIMES.get(kind, set())
    for name in sorted(thing.keys() - example.keys() - sometimes):
        yield f"{kind}.{name} is not in Stripe's fixture"
    for name in sorted(example.keys() - thing.keys() - sometimes):
        yield f"{kind}.{name} is missing"
    for name in sorted(thing.keys() & example.keys()):
        ours, theirs = thing[name], example[name]
        expandable = {type(ours), type(theirs)} == {str, dict}
        if None not in (ours, theirs) and type(ours) is not type(theirs) and not expandable:
            yield f"{kind}.{name} is {type(ours).__name__}, not {type(theirs).__name__}"


def _against_package(kind: str, thing: Json) -> Iterator[str]:
    ignored = UNDECLARED.get(kind, set())
    declared = CLASSES[kind].__annotations__
    for name, value in thing.items():
        if name not in ignored and (kind, name) not in UNCHECKED:
            if name not in declared:
                yield f"{kind}.{name} is not declared by the package"
            else:
                yield from _mismatches(f"{kind}.{name}", value, declared[name])


def _mismatches(path: str, value: Any, declared: Any) -> Iterator[str]:
    origin, args = get_origin(declared), get_args(declared)
    if origin in (Union, types.UnionType):
        yield from _of_union(path, value, args)
    elif origin is Literal:
        if value not in args:
            yield f"{path} is {value!r}, not one of {args}"
    elif origin is list:
        if not isinstance(value, list):
            yield f"{path} is not a list"
        else:
            for item in value:
                yield from _mismatches(f"{path}[]", item, args[0])
    elif origin is ListObject:
        if not isinstance(value, dict) or value.keys() != {"object", "data", "has_more", "url"}:
            yield f"{path} is not a list object"
    elif origin is dict or (isinstance(origin, type) and issubclass(origin, StripeObject)):
        if not isinstance(value, dict):
            yield f"{path} is not a hash"
    elif isinstance(declared, ForwardRef):
        if not isinstance(value, dict) or "object" not in value:
            yield f"{path} is not an object"
    elif isinstance(declared, type) and issubclass(declared, StripeObject):
        yield from _of_hash(path, value, declared)
    elif declared is Decimal:
        if not isinstance(value, str) or not value.isdecimal():
            yield f"{path} is {value!r}, not a decimal in a string"
    elif declared is not Any and type(value) is not declared:
        yield f"{path} is {value!r}, not {declared}"


def _of_union(path: str, value: Any, members: tuple[Any, ...]) -> Iterator[str]:
    # Stripe leaves its enumerations open (`Literal[…] | str`); the stand-in knows no others.
    closed = [m for m in members if m is not str] if _is_open_enum(members) else members
    attempts = [list(_mismatches(path, value, member)) for member in closed]
    if all(attempts):
        yield min(attempts, key=len)[0]


def _is_open_enum(members: tuple[Any, ...]) -> bool:
    return any(get_origin(member) is Literal for member in members)


def _of_hash(path: str, value: Any, declared: type[StripeObject]) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{path} is not a hash"
        return
    fields = declared.__annotations__
    for name, item in value.items():
        if name not in fields:
            yield f"{path}.{name} is not declared by the package"
        else:
            yield from _mismatches(f"{path}.{name}", item, fields[name])
