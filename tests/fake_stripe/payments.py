"""Payment intents: made, changed, and confirmed as a customer would."""

from __future__ import annotations

from copy import deepcopy

from .cards import Card, payment_method
from .charges import mark_failed, new_charge, settle, settle_in_background
from .errors import StripeError, card_error, invalid, money, unexpected_state
from .holds import reserve
from .params import Spec, currency, flag, integer, metadata, nested, one_of, set_metadata, text
from .routes import LIST, endpoint, page
from .world import Json, World

SMALLEST = {"usd": 50, "eur": 50, "gbp": 30, "chf": 50, "sek": 300, "nok": 300, "dkk": 250}
UNPAID = ("requires_payment_method", "requires_confirmation", "requires_action")
CAPTURE_METHODS = ("automatic", "automatic_async", "manual")

CONFIRM: Spec = {
    "payment_method": text(),
    "off_session": flag(),
    "return_url": text(),
    "receipt_email": text(),
    "use_stripe_sdk": flag(),
}
CHANGE: Spec = {
    "amount": integer(1),
    "currency": currency(),
    "customer": text(),
    "description": text(can_unset=True),
    "metadata": metadata(),
    "payment_method": text(),
    "receipt_email": text(can_unset=True),
    "setup_future_usage": one_of("off_session", "on_session"),
    "statement_descriptor_suffix": text(can_unset=True),
    "transfer_group": text(),
}
CREATE: Spec = {
    **CHANGE,
    **CONFIRM,
    "amount": integer(1, required=True),
    "currency": currency(required=True),
    "automatic_payment_methods": nested(
        {"enabled": flag(required=True), "allow_redirects": one_of("always", "never")}
    ),
    "capture_method": one_of(*CAPTURE_METHODS),
    "confirm": flag(),
}


@endpoint("POST", "/v1/payment_intents", "PaymentIntentCreateParams", CREATE)
def create_payment_intent(world: World, params: Json) -> Json:
    check_amount(params["amount"], params["currency"])
    if params.get("customer"):
        world.get("customer", params["customer"], "customer")
    method = params.get("payment_method") and payment_method(world, params["payment_method"])
    if params.get("confirm") and not method:
        raise missing_payment_method()
    id = world.new_id("pi_")
    automatic = params.get("automatic_payment_methods") or {"enabled": True}
    intent = world.new(
        "payment_intent",
        {
            "id": id,
            "amount_capturable": 0,
            "amount_details": {"tip": {}},
            "amount_received": 0,
            "automatic_payment_methods": {"allow_redirects": "always"} | automatic,
            "capture_method": params.get("capture_method", "automatic_async"),
            "client_secret": f"{id}_secret_{world.new_id('')}",
            "confirmation_method": "automatic",
            "payment_method_options": {
                "card": {
                    "installments": None,
                    "mandate_options": None,
                    "network": None,
                    "request_three_d_secure": "automatic",
                }
            },
            "payment_method_types": ["card"],
            "status": "requires_confirmation" if method else "requires_payment_method",
        }
        | {key: value for key, value in params.items() if key in CHANGE},
    )
    intent["payment_method"] = method["id"] if method else None
    world.emit("payment_intent.created", intent)
    if params.get("confirm") and method:
        pay(world, intent, method, off_session=params.get("off_session", False))
    return intent


@endpoint(
    "GET", "/v1/payment_intents/<id>", "PaymentIntentRetrieveParams", {"client_secret": text()}
)
def retrieve_payment_intent(world: World, params: Json, id: str) -> Json:
    return world.get("payment_intent", id)


@endpoint("GET", "/v1/payment_intents", "PaymentIntentListParams", {**LIST, "customer": text()})
def list_payment_intents(world: World, params: Json) -> Json:
    return page(world.all("payment_intent"), params, "/v1/payment_intents")


@endpoint("POST", "/v1/payment_intents/<id>", "PaymentIntentUpdateParams", CHANGE)
def update_payment_intent(world: World, params: Json, id: str) -> Json:
    intent = world.get("payment_intent", id)
    fixed = sorted({"amount", "currency", "payment_method"} & params.keys())
    if fixed and intent["status"] not in UNPAID:
        name = fixed[0]
        raise unexpected_state(
            intent,
            f"This PaymentIntent's {name} could not be updated because it has a status of"
            f" {intent['status']}. You may only update the {name} of a PaymentIntent with one of"
            " the following statuses: requires_payment_method, requires_confirmation,"
            " requires_action.",
        )
    changed = intent | params
    check_amount(changed["amount"], changed["currency"])
    if "payment_method" in params:
        params["payment_method"] = payment_method(world, params["payment_method"])["id"]
        intent["status"] = "requires_confirmation"
    set_metadata(intent, params.pop("metadata", None))
    params.pop("expand", None)
    intent |= params
    return intent


@endpoint(
    "POST",
    "/v1/payment_intents/<id>/confirm",
    "PaymentIntentConfirmParams",
    {**CONFIRM, "client_secret": text()},
)
def confirm_payment_intent(world: World, params: Json, id: str) -> Json:
    intent = world.get("payment_intent", id)
    if intent["status"] == "succeeded":
        raise unexpected_state(
            intent,
            "You cannot confirm this PaymentIntent because it has already succeeded after being"
            " previously confirmed.",
        )
    if intent["status"] not in UNPAID:
        raise unexpected_state(
            intent,
            f"You cannot confirm this PaymentIntent because it has a status of"
            f" {intent['status']}. Only a PaymentIntent with one of the following statuses may be"
            " confirmed: requires_confirmation, requires_action.",
        )
    name = params.get("payment_method") or intent["payment_method"]
    if not name:
        raise missing_payment_method()
    if params.get("receipt_email"):
        intent["receipt_email"] = params["receipt_email"]
    method = payment_method(world, name)
    if world.secrets[method["id"]].is_detached:
        raise invalid(
            "The provided PaymentMethod was previously used with a PaymentIntent without Customer"
            " attachment, shared with a connected account without Customer attachment, or was"
            " detached from a Customer. It may not be used again. To use a PaymentMethod multiple"
            " times, you must attach it to a Customer first."
        )
    pay(world, intent, method, off_session=params.get("off_session", False))
    return intent


def pay(world: World, intent: Json, method: Json, *, off_session: bool = False) -> None:
    """An attempt to pay with a payment method; raises Stripe's 402 if the card is declined."""
    card: Card = world.secrets[method["id"]]
    if card.needs_authentication and not off_session:
        intent |= {
            "status": "requires_action",
            "payment_method": method["id"],
            "next_action": {
                "type": "use_stripe_sdk",
                "use_stripe_sdk": {"type": "three_d_secure_redirect"},
            },
        }
        world.emit("payment_intent.requires_action", intent)
        return
    decline = card.decline
    if card.needs_authentication:
        decline = (
            "authentication_required",
            "authentication_required",
            "Your card was declined. This transaction requires authentication.",
        )
    if decline:
        charge = new_charge(world, intent, method)
        raise fail(world, intent, method, charge, card_error(*decline))
    attempt(world, intent, method)


def attempt(world: World, intent: Json, method: Json) -> None:
    """The bank agrees: it pays at once, or says later whether it does."""
    charge = new_charge(world, intent, method)
    intent |= {
        "payment_method": method["id"],
        "latest_charge": charge["id"],
        "last_payment_error": None,
        "next_action": None,
    }
    if world.settings.payments_wait:
        charge |= {"paid": False, "status": "pending"}
        intent["status"] = "processing"
        world.emit("charge.pending", charge)
        world.emit("payment_intent.processing", intent)
    else:
        succeed(world, intent, charge)


def succeed(world: World, intent: Json, charge: Json) -> None:
    """The money is there, or, with manual capture, reserved."""
    if intent["capture_method"] == "manual":
        reserve(world, intent, charge)
        return
    intent |= {"status": "succeeded", "amount_received": intent["amount"]}
    charge |= {"captured": True, "amount_captured": charge["amount"]}
    if intent["capture_method"] == "automatic":
        settle(world, charge, charge["amount"])
    world.emit("charge.succeeded", charge)
    world.emit("payment_intent.succeeded", intent)
    if intent["capture_method"] == "automatic_async":
        settle_in_background(world, charge)


def fail(world: World, intent: Json, method: Json, charge: Json, error: StripeError) -> StripeError:
    """Records a declined attempt; the intent waits for another payment method."""
    mark_failed(charge, error)
    error.error |= {"charge": charge["id"], "payment_method": deepcopy(method)}
    back_to_payment_method(intent, error, charge["id"])
    world.emit("charge.failed", charge)
    world.emit("payment_intent.payment_failed", intent)
    error.error["payment_intent"] = deepcopy(intent)
    return error


def back_to_payment_method(intent: Json, error: StripeError, charge: str | None) -> None:
    intent |= {
        "status": "requires_payment_method",
        "payment_method": None,
        "next_action": None,
        "latest_charge": charge or intent["latest_charge"],
        "last_payment_error": deepcopy(error.error),
    }


def finish_payment(world: World, id: str, succeeds: bool) -> Json:
    """The end of `processing`: the bank pays, or it does not."""
    intent = world.get("payment_intent", id)
    if intent["status"] != "processing":
        raise unexpected_state(intent, f"There is nothing to finish: {intent['status']}.")
    charge = world.get("charge", intent["latest_charge"])
    if succeeds:
        charge |= {"paid": True, "status": "succeeded"}
        succeed(world, intent, charge)
    else:
        method = world.get("payment_method", charge["payment_method"])
        error = card_error("card_declined", "generic_decline", "Your card was declined.")
        fail(world, intent, method, charge, error)
    return intent


def authenticate(world: World, id: str, succeeds: bool) -> Json:
    """What the customer does at their bank after `requires_action`."""
    intent = world.get("payment_intent", id)
    if intent["status"] != "requires_action":
        raise unexpected_state(intent, f"There is nothing to authenticate: {intent['status']}.")
    method = world.get("payment_method", intent["payment_method"])
    if succeeds:
        attempt(world, intent, method)
        return intent
    error = invalid(
        "We are unable to authenticate your payment method. Please choose a different payment"
        " method and try again.",
        "payment_intent_authentication_failure",
        payment_method=deepcopy(method),
    )
    back_to_payment_method(intent, error, None)
    world.emit("payment_intent.payment_failed", intent)
    return intent


def check_amount(amount: int, currency: str) -> None:
    smallest = SMALLEST.get(currency, 1)
    if amount < smallest:
        raise invalid(
            f"Amount must be at least {money(smallest, currency)}", "amount_too_small", "amount"
        )
    if amount > 99_999_999:
        raise invalid(
            f"Amount must be no more than {money(99_999_999, currency)}",
            "amount_too_large",
            "amount",
        )


def missing_payment_method() -> StripeError:
    return invalid(
        "You cannot confirm this PaymentIntent because it's missing a payment method. You can"
        " either update the PaymentIntent with a payment method and then confirm it again, or"
        " confirm it again directly with a payment method or ConfirmationToken.",
        "payment_intent_unexpected_state",
    )
