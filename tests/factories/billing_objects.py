"""Stripe's objects of billing as Stripe would send them, from the fields of its own examples."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from tests.factories.payments import Payments
from tests.factories.stripe_objects import CREATED, Json, filled
from tests.fake_stripe.shapes import fill, sample

MONTH = 30 * 86_400


def customer_object(metadata: dict[str, str], **fields: Any) -> Json:
    settings = dict.fromkeys(sample("customer")["invoice_settings"])
    return filled(
        "customer",
        {"id": "cus_ben", "delinquent": False, "invoice_settings": settings, "metadata": metadata}
        | fields,
    )


def default_card(customer: Json, id: str | None) -> Json:
    """The customer, with another card that invoices are paid with."""
    settings = customer["invoice_settings"] | {"default_payment_method": id}
    return customer | {"invoice_settings": settings}


def card_object(id: str = "pm_one", customer: str | None = "cus_ben", **details: Any) -> Json:
    card = sample("payment_method")["card"] | details
    return filled("payment_method", {"id": id, "customer": customer, "type": "card", "card": card})


def setup_object(status: str, id: str = "seti_one", **fields: Any) -> Json:
    return filled("setup_intent", {"id": id, "customer": "cus_ben", "status": status} | fields)


def product_object(id: str = "prod_pro", **fields: Any) -> Json:
    said = {"name": "Pro", "active": True, "metadata": {"features": "reports"}}
    return filled("product", {"id": id} | said | fields)


def price_object(id: str = "price_month", **fields: Any) -> Json:
    return filled(
        "price",
        {
            "id": id,
            "active": True,
            "currency": "gbp",
            "product": "prod_pro",
            "recurring": sample("price")["recurring"],
            "type": "recurring",
            "unit_amount": 900,
        }
        | fields,
    )


def subscription_object(
    status: str, *, price: Json | None = None, starts: int = CREATED, **fields: Any
) -> Json:
    item = fill(
        "subscription_item",
        {
            "id": "si_one",
            "object": "subscription_item",
            "current_period_start": starts,
            "current_period_end": starts + MONTH,
            "price": price or price_object(),
            "quantity": 1,
        },
    )
    return filled(
        "subscription",
        {
            "id": "sub_one",
            "billing_mode": {"type": "flexible"},
            "cancel_at_period_end": False,
            "currency": "gbp",
            "customer": "cus_ben",
            "items": {"object": "list", "data": [item], "has_more": False, "url": "/v1/x"},
            "start_date": CREATED,
            "status": status,
        }
        | fields,
    )


def invoice_object(status: str, id: str = "in_one", amount: int = 900, **fields: Any) -> Json:
    paid = amount if status == "paid" else 0
    said = {
        "quote_details": None,
        "subscription_details": {"metadata": {}, "subscription": "sub_one"},
        "type": "subscription_details",
    }
    return filled(
        "invoice",
        {
            "id": id,
            "amount_due": amount,
            "amount_overpaid": 0,
            "amount_paid": paid,
            "amount_remaining": amount - paid,
            "attempt_count": 0,
            "currency": "gbp",
            "customer": "cus_ben",
            "lines": sample("invoice")["lines"],
            "parent": said,
            "status": status,
            "status_transitions": sample("invoice")["status_transitions"],
            "total": amount,
        }
        | fields,
    )


def invoice_payment_object(
    status: str = "paid", id: str = "inpay_one", amount: int = 900, **fields: Any
) -> Json:
    return filled(
        "invoice_payment",
        {
            "id": id,
            "amount_paid": amount if status == "paid" else None,
            "amount_requested": amount,
            "currency": "gbp",
            "invoice": "in_one",
            "is_default": True,
            "payment": {"type": "payment_intent", "payment_intent": f"pi_{id}"},
            "status": status,
            "status_transitions": {"canceled_at": None, "paid_at": CREATED},
        }
        | fields,
    )


def subscribe(world: Payments, person: UUID) -> None:
    """A subscription, paid with a saved card, of a plan that is sold; another is not."""
    (opened,) = world.serve(
        "webhook_service", "private.open_customer", p_user_id=person, p_livemode=False
    )
    metadata = {name: str(value) for name, value in opened["metadata"].items()}
    told = (
        ("customer.created", customer_object(metadata)),
        ("payment_method.attached", card_object()),
        ("setup_intent.succeeded", setup_object("succeeded", payment_method="pm_one")),
        ("product.created", product_object()),
        ("price.created", price_object()),
        ("product.created", product_object("prod_old", active=False)),
        ("price.created", price_object("price_old", product="prod_old", active=False)),
        ("customer.subscription.created", subscription_object("active")),
        ("invoice.paid", invoice_object("paid")),
        ("invoice_payment.paid", invoice_payment_object()),
    )
    for type, thing in told:
        assert world.deliver(type, thing) == "processed", type
