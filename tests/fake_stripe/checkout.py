"""Stripe's pages: checkout, on which a customer subscribes, and the customer's own portal."""

from __future__ import annotations

from .cards import payment_method
from .customers import attach
from .errors import invalid
from .params import Spec, flag, integer, listed, metadata, nested, one_of, text
from .routes import endpoint
from .subscriptions import subscribe
from .world import Json, World

CREATE: Spec = {
    "cancel_url": text(),
    "customer": text(),
    "line_items": listed({"price": text(required=True), "quantity": integer(1)}),
    "metadata": metadata(),
    "mode": one_of("payment", "setup", "subscription", required=True),
    "subscription_data": nested(
        {
            "billing_mode": nested({"type": one_of("classic", "flexible", required=True)}),
            "metadata": metadata(),
            "trial_period_days": integer(1),
        }
    ),
    "success_url": text(),
    "allow_promotion_codes": flag(),
}


@endpoint("POST", "/v1/checkout/sessions", "checkout.SessionCreateParams", CREATE)
def create_checkout_session(world: World, params: Json) -> Json:
    wishes = params.pop("subscription_data", {})
    items = params.pop("line_items", [])
    world.get("customer", params["customer"], "customer")
    for item in items:
        world.get("price", item["price"], "line_items[0][price]")
    id = world.new_id("cs_test_")
    session = world.new(
        "checkout.session",
        {
            "id": id,
            "automatic_tax": {
                "enabled": False,
                "liability": None,
                "provider": None,
                "status": None,
            },
            "custom_fields": [],
            "custom_text": dict.fromkeys(
                ("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")
            ),
            "expires_at": world.now() + 86_400,
            "payment_method_types": ["card"],
            "payment_status": "unpaid",
            "phone_number_collection": {"enabled": False},
            "shipping_options": [],
            "status": "open",
            "ui_mode": "hosted_page",
            "url": f"https://checkout.stripe.com/c/pay/{id}",
        }
        | params,
    )
    world.secrets[id] = {"wishes": wishes, "items": items}
    return session


def complete_checkout(world: World, id: str, card: str) -> Json:
    """The customer gives a card on the page, and subscribes; the subscription."""
    session = world.get("checkout.session", id)
    if session["status"] != "open":
        raise invalid("The session is not open any more.")
    asked = world.secrets[id]
    customer = world.get("customer", session["customer"])
    method = attach(world, payment_method(world, card), customer)
    subscription = subscribe(world, customer, method, asked["items"], asked["wishes"])
    session |= {
        "status": "complete",
        "payment_status": "paid",
        "subscription": subscription["id"],
        "invoice": subscription["latest_invoice"],
    }
    world.emit("checkout.session.completed", session)
    return subscription


@endpoint(
    "POST",
    "/v1/billing_portal/sessions",
    "billing_portal.SessionCreateParams",
    {"customer": text(), "return_url": text()},
)
def create_portal_session(world: World, params: Json) -> Json:
    world.get("customer", params["customer"], "customer")
    id = world.new_id("bps_")
    return world.new(
        "billing_portal.session",
        {
            "id": id,
            "configuration": world.new_id("bpc_"),
            "url": f"https://billing.stripe.com/p/session/{id}",
        }
        | params,
    )
