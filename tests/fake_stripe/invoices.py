"""Invoices: drawn up, collected by a card, paid in parts or outside Stripe, voided."""

from __future__ import annotations

from copy import deepcopy

from .errors import StripeError
from .params import nested, one_of, text
from .payments import create_payment_intent, pay
from .routes import PAGE, endpoint, page
from .shapes import sample
from .world import Json, World


@endpoint("GET", "/v1/invoices/<id>", "InvoiceRetrieveParams")
def retrieve_invoice(world: World, params: Json, id: str) -> Json:
    return world.get("invoice", id)


@endpoint("GET", "/v1/invoice_payments/<id>", "InvoicePaymentRetrieveParams")
def retrieve_invoice_payment(world: World, params: Json, id: str) -> Json:
    return world.get("invoice_payment", id)


@endpoint(
    "GET",
    "/v1/invoice_payments",
    "InvoicePaymentListParams",
    {
        **PAGE,
        "invoice": text(),
        "payment": nested({"type": one_of("payment_intent"), "payment_intent": text()}),
    },
)
def list_invoice_payments(world: World, params: Json) -> Json:
    wanted = params.pop("payment", {}).get("payment_intent")
    found = [
        paid
        for paid in world.all("invoice_payment")
        if wanted in (None, paid["payment"].get("payment_intent"))
    ]
    return page(found, params, "/v1/invoice_payments")


def bill(world: World, subscription: Json, amount: int, reason: str) -> Json:
    """Draws up and finalizes an invoice; one of nothing is paid at once."""
    now, id = world.now(), world.new_id("in_")
    example = sample("invoice")
    customer = world.get("customer", subscription["customer"])
    invoice = world.new(
        "invoice",
        {
            "id": id,
            "account_country": world.settings.country,
            "amount_due": amount,
            "amount_overpaid": 0,
            "amount_paid": 0,
            "amount_remaining": amount,
            "amount_shipping": 0,
            "attempt_count": 0,
            "attempted": False,
            "auto_advance": True,
            "automatic_tax": example["automatic_tax"] | {"liability": None},
            "billing_reason": reason,
            "collection_method": "charge_automatically",
            "currency": subscription["currency"],
            "customer": customer["id"],
            "customer_email": customer["email"],
            "customer_name": customer["name"],
            "customer_tax_exempt": "none",
            "customer_tax_ids": [],
            "default_tax_rates": [],
            "discounts": [],
            "issuer": {"type": "self"},
            "lines": {
                "object": "list",
                "data": [_line(world, id, subscription, item) for item in _items(subscription)],
                "has_more": False,
                "url": f"/v1/invoices/{id}/lines",
            },
            "parent": {
                "quote_details": None,
                "subscription_details": {
                    "metadata": subscription["metadata"],
                    "subscription": subscription["id"],
                },
                "type": "subscription_details",
            },
            "payment_settings": example["payment_settings"] | {"payment_method_options": None},
            "period_end": now,
            "period_start": now,
            "post_payment_credit_notes_amount": 0,
            "pre_payment_credit_notes_amount": 0,
            "starting_balance": 0,
            "status": "draft",
            "status_transitions": dict.fromkeys(example["status_transitions"]),
            "subtotal": amount,
            "subtotal_excluding_tax": amount,
            "total": amount,
            "total_discount_amounts": [],
            "total_excluding_tax": amount,
        },
    )
    world.emit("invoice.created", invoice)
    return _finalize(world, invoice)


def _items(subscription: Json) -> list[Json]:
    items: list[Json] = subscription["items"]["data"]
    return items


def _line(world: World, invoice: str, subscription: Json, item: Json) -> Json:
    example: Json = sample("invoice")["lines"]["data"][0]
    cents = item["price"]["unit_amount"] * item["quantity"]
    return example | {
        "amount": cents,
        "currency": item["price"]["currency"],
        "description": "Subscription",
        "id": world.new_id("il_"),
        "invoice": invoice,
        "period": {"start": item["current_period_start"], "end": item["current_period_end"]},
        "quantity": item["quantity"],
        "subtotal": cents,
    }


def _finalize(world: World, invoice: Json) -> Json:
    number = f"{invoice['id'][-8:].upper()}-0001"
    moments = invoice["status_transitions"] | {"finalized_at": world.now()}
    invoice |= {
        "status": "open",
        "number": number,
        "effective_at": world.now(),
        "ending_balance": 0,
        "hosted_invoice_url": f"https://invoice.stripe.com/i/{invoice['id']}",
        "invoice_pdf": f"https://pay.stripe.com/invoice/{invoice['id']}/pdf",
        "status_transitions": moments,
        "webhooks_delivered_at": world.now(),
    }
    world.emit("invoice.finalized", invoice)
    return invoice


def collect(world: World, invoice: Json, method: Json, amount: int | None = None) -> bool:
    """Tries to collect an invoice, or a part of it, by a card; whether it is paid now."""
    cents = invoice["amount_remaining"] if amount is None else amount
    if cents == 0:
        _mark_paid(world, invoice)
        return True
    wishes = {"amount": cents, "currency": invoice["currency"], "customer": invoice["customer"]}
    intent = create_payment_intent(world, {**wishes, "capture_method": "automatic"})
    paid = _payment(
        world, invoice, cents, {"type": "payment_intent", "payment_intent": intent["id"]}
    )
    invoice |= {"attempted": True, "attempt_count": invoice["attempt_count"] + 1}
    try:
        pay(world, intent, method, off_session=True)
    except StripeError:
        invoice["next_payment_attempt"] = world.now() + 3 * 86_400
        world.emit("invoice.payment_failed", invoice)
        world.emit("invoice.updated", invoice)
        return False
    _settle(world, invoice, paid, cents)
    return bool(invoice["status"] == "paid")


def _payment(world: World, invoice: Json, cents: int, payment: Json) -> Json:
    return world.new(
        "invoice_payment",
        {
            "amount_requested": cents,
            "currency": invoice["currency"],
            "invoice": invoice["id"],
            "is_default": True,
            "payment": payment,
            "status": "open",
            "status_transitions": {"canceled_at": None, "paid_at": None},
        },
    )


def _settle(world: World, invoice: Json, paid: Json, cents: int) -> None:
    paid |= {
        "amount_paid": cents,
        "status": "paid",
        "status_transitions": {"canceled_at": None, "paid_at": world.now()},
    }
    world.emit("invoice_payment.paid", paid)
    total = invoice["amount_paid"] + cents
    invoice |= {
        "amount_paid": total,
        "amount_remaining": max(0, invoice["amount_due"] - total),
        "amount_overpaid": max(0, total - invoice["amount_due"]),
        "next_payment_attempt": None,
    }
    if total < invoice["amount_due"]:
        world.emit("invoice.updated", invoice)
    else:
        _mark_paid(world, invoice)


def _mark_paid(world: World, invoice: Json) -> None:
    moments = invoice["status_transitions"] | {"paid_at": world.now()}
    invoice |= {"status": "paid", "auto_advance": False, "status_transitions": moments}
    world.emit("invoice.paid", invoice)
    world.emit("invoice.payment_succeeded", invoice)


def pay_outside(world: World, id: str) -> Json:
    """The merchant says in the Dashboard that an invoice was paid by bank transfer."""
    invoice = world.get("invoice", id)
    cents = invoice["amount_remaining"]
    record = {"type": "payment_record", "payment_record": world.new_id("pr_")}
    invoice["amount_paid_off_stripe"] = cents
    _settle(world, invoice, _payment(world, invoice, cents, record), cents)
    return invoice


def close(world: World, id: str, status: str) -> Json:
    """The merchant gives an invoice up: void or uncollectible."""
    invoice = world.get("invoice", id)
    moment = "voided_at" if status == "void" else "marked_uncollectible_at"
    before = deepcopy(invoice)
    moments = invoice["status_transitions"] | {moment: world.now()}
    invoice |= {"status": status, "next_payment_attempt": None, "status_transitions": moments}
    type = "voided" if status == "void" else "marked_uncollectible"
    world.emit(f"invoice.{type}", invoice, before)
    return invoice
