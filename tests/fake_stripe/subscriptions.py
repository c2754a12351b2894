"""Subscriptions: begun, renewed, changed, paused and ended."""

from __future__ import annotations

from copy import deepcopy

from .customers import own, saved_by
from .errors import invalid, missing
from .invoices import bill, collect
from .params import text
from .routes import endpoint
from .shapes import fill, sample
from .world import Json, World

DAYS = {"day": 1, "week": 7, "month": 30, "year": 365}


@endpoint("GET", "/v1/subscriptions/<id>", "SubscriptionRetrieveParams")
def retrieve_subscription(world: World, params: Json, id: str) -> Json:
    return world.get("subscription", id)


@endpoint(
    "POST",
    "/v1/subscriptions/<id>",
    "SubscriptionUpdateParams",
    {"default_payment_method": text()},
)
def update_subscription(world: World, params: Json, id: str) -> Json:
    subscription = world.get("subscription", id)
    own(world, params["default_payment_method"], world.get("customer", subscription["customer"]))
    return change(world, subscription, **params)


@endpoint("DELETE", "/v1/subscriptions/<id>", "SubscriptionCancelParams")
def cancel_subscription(world: World, params: Json, id: str) -> Json:
    subscription = world.get("subscription", id)
    if subscription["status"] == "canceled":
        raise missing("subscription", id, "id")
    return end(world, subscription)


@endpoint("DELETE", "/v1/customers/<id>", "CustomerDeleteParams")
def delete_customer(world: World, params: Json, id: str) -> Json:
    customer = world.get("customer", id)
    for subscription in list(world.objects.get("subscription", {}).values()):
        if subscription["customer"] == id and subscription["status"] != "canceled":
            end(world, subscription)
    world.emit("customer.deleted", customer)
    for method in saved_by(world, id):
        method["customer"] = None
    del world.objects["customer"][id]
    world.secrets[id] = "deleted"
    return {"id": id, "object": "customer", "deleted": True}


def subscribe(world: World, customer: Json, method: Json, wanted: list[Json], wishes: Json) -> Json:
    """A subscription begins: with a trial, or with its first invoice paid by this card."""
    trial = wishes.get("trial_period_days")
    now, id = world.now(), world.new_id("sub_")
    trial_end = now + trial * 86_400 if trial else None
    prices = [world.get("price", item["price"]) for item in wanted]
    items = [
        _item(world, id, price, item.get("quantity", 1), now, trial_end)
        for price, item in zip(prices, wanted, strict=True)
    ]
    example = sample("subscription")
    subscription = world.new(
        "subscription",
        {
            "id": id,
            "automatic_tax": example["automatic_tax"] | {"liability": None},
            "billing_cycle_anchor": trial_end or now,
            "billing_mode": {"type": "flexible", "flexible": {"proration_discounts": "included"}}
            | wishes.get("billing_mode", {}),
            "billing_schedules": [],
            "cancel_at_period_end": False,
            "cancellation_details": dict.fromkeys(example["cancellation_details"]),
            "collection_method": "charge_automatically",
            "currency": prices[0]["currency"],
            "customer": customer["id"],
            "default_payment_method": method["id"],
            "default_tax_rates": [],
            "discounts": [],
            "invoice_settings": {
                "account_tax_ids": None,
                "custom_fields": None,
                "description": None,
                "footer": None,
                "issuer": {"type": "self"},
            },
            "items": {
                "object": "list",
                "data": items,
                "has_more": False,
                "url": f"/v1/subscription_items?subscription={id}",
            },
            "metadata": wishes.get("metadata", {}),
            "payment_settings": example["payment_settings"] | {"payment_method_options": None},
            "start_date": now,
            "status": "trialing" if trial else "incomplete",
            "trial_end": trial_end,
            "trial_settings": example["trial_settings"],
            "trial_start": now if trial else None,
        },
    )
    world.emit("customer.subscription.created", subscription)
    invoice = bill(world, subscription, 0 if trial else amount(subscription), "subscription_create")
    subscription["latest_invoice"] = invoice["id"]
    if collect(world, invoice, method) and not trial:
        change(world, subscription, status="active")
    return subscription


def _item(
    world: World, id: str, price: Json, quantity: int, start: int, end: int | None = None
) -> Json:
    length = DAYS[price["recurring"]["interval"]] * price["recurring"]["interval_count"] * 86_400
    plan = sample("subscription_item")["plan"] | {
        "billing_scheme": "per_unit",
        "amount": price["unit_amount"],
        "amount_decimal": price["unit_amount_decimal"],
        "created": price["created"],
        "currency": price["currency"],
        "id": price["id"],
        "interval": price["recurring"]["interval"],
        "interval_count": price["recurring"]["interval_count"],
        "livemode": False,
        "metadata": {},
        "product": price["product"],
        "transform_usage": None,
    }
    return fill(
        "subscription_item",
        {
            "created": start,
            "current_period_end": end or start + length,
            "current_period_start": start,
            "discounts": [],
            "id": world.new_id("si_"),
            "metadata": {},
            "object": "subscription_item",
            "plan": plan,
            "price": deepcopy(price),
            "quantity": quantity,
            "subscription": id,
            "tax_rates": [],
        },
    )


def amount(subscription: Json) -> int:
    return sum(
        item["price"]["unit_amount"] * item["quantity"] for item in subscription["items"]["data"]
    )


def change(world: World, subscription: Json, type: str = "updated", **news: object) -> Json:
    before = deepcopy(subscription)
    subscription |= news
    world.emit(f"customer.subscription.{type}", subscription, before)
    return subscription


def renew(world: World, id: str) -> Json:
    """The next period begins, with an invoice; unpaid, the subscription is past due."""
    subscription = world.get("subscription", id)
    if subscription["cancel_at_period_end"]:
        return end(world, subscription)
    items = deepcopy(subscription["items"])
    for item in items["data"]:
        start = item["current_period_end"]
        item |= _item(world, id, item["price"], item["quantity"], start) | {"id": item["id"]}
    change(world, subscription, items=items, status="active")
    invoice = bill(world, subscription, amount(subscription), "subscription_cycle")
    method = world.get("payment_method", subscription["default_payment_method"])
    is_paid = collect(world, invoice, method)
    news = {"latest_invoice": invoice["id"], "status": "active" if is_paid else "past_due"}
    return change(world, subscription, **news)


def retry(world: World, id: str) -> Json:
    """Stripe tries once more to collect the latest invoice of a subscription that is past due."""
    subscription = world.get("subscription", id)
    invoice = world.get("invoice", subscription["latest_invoice"])
    method = world.get("payment_method", subscription["default_payment_method"])
    if collect(world, invoice, method):
        change(world, subscription, status="active")
    return subscription


def end(world: World, subscription: Json) -> Json:
    now = world.now()
    return change(
        world,
        subscription,
        "deleted",
        status="canceled",
        canceled_at=subscription["canceled_at"] or now,
        ended_at=now,
    )


def alter(world: World, id: str, wish: str, **details: object) -> Json:
    """What the customer, or the merchant in the Dashboard, may do to a subscription."""
    subscription = world.get("subscription", id)
    if wish == "cancel":
        return end(world, subscription)
    if wish == "cancel_at_period_end":
        last = max(item["current_period_end"] for item in subscription["items"]["data"])
        news = {"cancel_at_period_end": True, "cancel_at": last, "canceled_at": world.now()}
        return change(world, subscription, **news)
    if wish == "keep":
        news = {"cancel_at_period_end": False, "cancel_at": None, "canceled_at": None}
        return change(world, subscription, **news)
    if wish == "change_plan":
        items = deepcopy(subscription["items"])
        price = world.get("price", str(details["price"]))
        first = items["data"][0]
        start = first["current_period_start"]
        first |= _item(world, id, price, first["quantity"], start) | {"id": first["id"]}
        return change(world, subscription, items=items)
    if wish == "pause":
        paused = {"behavior": details.get("behavior", "void"), "resumes_at": None}
        return change(world, subscription, pause_collection=paused)
    if wish == "resume":
        return change(world, subscription, pause_collection=None)
    if wish == "pause_for_want_of_a_card":
        return change(world, subscription, "paused", status="paused")
    if wish == "warn_of_trial_end":
        world.emit("customer.subscription.trial_will_end", subscription)
        return subscription
    raise invalid(f"Nobody can {wish}.")
