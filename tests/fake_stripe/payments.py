"""Payment intents and their charges: confirmed as a customer would, captured, cancelled."""

from __future__ import annotations

from copy import deepcopy

from .cards import Card, billing_details, payment_method
from .errors import StripeError, card_error, invalid, money
from .params import Spec, currency, flag, integer, metadata, nested, one_of, text
from .refunds import release
from .routes import LIST, endpoint, page
from .shapes import sample
from .world import Json, World

SMALLEST = {"usd": 50, "eur": 50, "gbp": 30, "chf": 50, "sek": 300, "nok": 300, "dkk": 250}
CARD_OF_CHARGE = {"brand", "country", "exp_month", "exp_year", "fingerprint", "funding", "last4"}
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
            "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
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
    pay(world, intent, method, off_session=params.get("off_session", False))
    return intent


@endpoint(
    "POST",
    "/v1/payment_intents/<id>/capture",
    "PaymentIntentCaptureParams",
    {"amount_to_capture": integer(1), "metadata": metadata()},
)
def capture_payment_intent(world: World, params: Json, id: str) -> Json:
    intent = world.get("payment_intent", id)
    if intent["status"] != "requires_capture":
        raise unexpected_state(
            intent,
            "This PaymentIntent could not be captured because it has a status of"
            f" {intent['status']}. Only a PaymentIntent with one of the following statuses may be"
            " captured: requires_capture.",
        )
    reserved: int = intent["amount_capturable"]
    amount: int = params.get("amount_to_capture", reserved)
    if amount > reserved:
        raise invalid(
            f"The requested capture amount ({money(amount, intent['currency'])}) is greater than"
            f" the amount you can capture ({money(reserved, intent['currency'])}) for this charge.",
            "amount_too_large",
            "amount_to_capture",
        )
    set_metadata(intent, params.get("metadata"))
    charge = world.get("charge", intent["latest_charge"])
    before = deepcopy(charge)
    settle(world, charge, amount)
    if amount < charge["amount"]:
        release(world, charge, charge["amount"] - amount)
    intent |= {"status": "succeeded", "amount_capturable": 0, "amount_received": amount}
    world.emit("charge.captured", charge, before)
    world.emit("payment_intent.succeeded", intent)
    return intent


@endpoint(
    "POST",
    "/v1/payment_intents/<id>/cancel",
    "PaymentIntentCancelParams",
    {
        "cancellation_reason": one_of(
            "duplicate", "fraudulent", "requested_by_customer", "abandoned"
        )
    },
)
def cancel_payment_intent(world: World, params: Json, id: str) -> Json:
    intent = world.get("payment_intent", id)
    if intent["status"] in ("succeeded", "canceled", "processing"):
        raise unexpected_state(
            intent,
            f"You cannot cancel this PaymentIntent because it has a status of {intent['status']}."
            " Only a PaymentIntent with one of the following statuses may be canceled:"
            " requires_payment_method, requires_capture, requires_confirmation,"
            " requires_action, processing.",
        )
    if intent["status"] == "requires_capture":
        charge = world.get("charge", intent["latest_charge"])
        before = deepcopy(charge)
        release(world, charge, charge["amount"])
        world.emit("charge.refunded", charge, before)
    intent |= {
        "status": "canceled",
        "amount_capturable": 0,
        "canceled_at": world.now(),
        "cancellation_reason": params.get("cancellation_reason"),
        "next_action": None,
    }
    world.emit("payment_intent.canceled", intent)
    return intent


@endpoint("GET", "/v1/charges/<id>", "ChargeRetrieveParams")
def retrieve_charge(world: World, params: Json, id: str) -> Json:
    return world.get("charge", id)


@endpoint(
    "GET",
    "/v1/charges",
    "ChargeListParams",
    {**LIST, "customer": text(), "payment_intent": text(), "transfer_group": text()},
)
def list_charges(world: World, params: Json) -> Json:
    return page(world.all("charge"), params, "/v1/charges")


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
        raise fail(world, intent, method, card_error(*decline))
    succeed(world, intent, method)


def succeed(world: World, intent: Json, method: Json) -> None:
    """The money is there, or, with manual capture, reserved."""
    charge = new_charge(world, intent, method)
    intent |= {
        "payment_method": method["id"],
        "latest_charge": charge["id"],
        "last_payment_error": None,
        "next_action": None,
    }
    if intent["capture_method"] == "manual":
        intent |= {"status": "requires_capture", "amount_capturable": intent["amount"]}
        world.emit("charge.succeeded", charge)
        world.emit("payment_intent.amount_capturable_updated", intent)
        return
    intent |= {"status": "succeeded", "amount_received": intent["amount"]}
    charge |= {"captured": True, "amount_captured": charge["amount"]}
    if intent["capture_method"] == "automatic":
        settle(world, charge, charge["amount"])
    world.emit("charge.succeeded", charge)
    world.emit("payment_intent.succeeded", intent)
    if intent["capture_method"] == "automatic_async":
        settle_in_background(world, charge)


def settle_in_background(world: World, charge: Json) -> None:
    """With asynchronous capture the balance transaction is not there yet when events announce
    the payment: `charge.updated` brings it."""

    def act() -> None:
        before = deepcopy(charge)
        settle(world, charge, charge["amount"])
        world.emit("charge.updated", charge, before)

    delay = world.settings.balance_transaction_delay
    if delay:
        world.later(delay, act)
    else:
        act()


def settle(world: World, charge: Json, amount: int) -> None:
    """Captured money reaches the balance, less Stripe's fee."""
    card: Card = world.secrets[charge["payment_method"]]
    settings = world.settings
    charge |= {"captured": True, "amount_captured": amount}
    charge["balance_transaction"] = world.post(
        "charge",
        amount,
        charge["currency"],
        charge["id"],
        fee=(amount * settings.fee_bps + 5000) // 10000 + settings.fee_fixed,
        available_in=0 if card.bypasses_pending else settings.funds_delay,
        description=charge["description"],
    )


def fail(world: World, intent: Json, method: Json, error: StripeError) -> StripeError:
    """Records a declined attempt; the intent waits for another payment method."""
    charge = new_charge(world, intent, method, error)
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


def authenticate(world: World, id: str, succeeds: bool) -> Json:
    """What the customer does at their bank after `requires_action`."""
    intent = world.get("payment_intent", id)
    if intent["status"] != "requires_action":
        raise unexpected_state(intent, f"There is nothing to authenticate: {intent['status']}.")
    method = world.get("payment_method", intent["payment_method"])
    if succeeds:
        succeed(world, intent, method)
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


def new_charge(world: World, intent: Json, method: Json, error: StripeError | None = None) -> Json:
    failure = error.error if error else {}
    card, example = method["card"], sample("charge")["payment_method_details"]["card"]
    details = example | {
        "amount_authorized": None if error else intent["amount"],
        "installments": None,
        "network": card["brand"],
        "overcapture": {"maximum_amount_capturable": intent["amount"], "status": "unavailable"},
        "three_d_secure": None,
        "wallet": None,
    }
    details |= {name: card[name] for name in card.keys() & CARD_OF_CHARGE}
    same = ("amount", "currency", "customer", "description", "metadata", "receipt_email")
    return world.new(
        "charge",
        {name: deepcopy(intent[name]) for name in (*same, "transfer_group")}
        | {
            "amount_captured": 0,
            "amount_refunded": 0,
            "billing_details": billing_details(),
            "calculated_statement_descriptor": "LESSONS",
            "captured": False,
            "disputed": False,
            "failure_code": failure.get("code"),
            "failure_message": failure.get("message"),
            "fraud_details": {},
            "outcome": dict.fromkeys(sample("charge")["outcome"])
            | {
                "network_status": "declined_by_network" if error else "approved_by_network",
                "reason": failure.get("decline_code", failure.get("code")),
                "seller_message": "The bank declined." if error else "Payment complete.",
                "type": "issuer_declined" if error else "authorized",
            },
            "paid": not error,
            "payment_intent": intent["id"],
            "payment_method": method["id"],
            "payment_method_details": {"card": details, "type": "card"},
            "receipt_url": None if error else "https://pay.stripe.com/receipts/" + intent["id"],
            "refunded": False,
            "status": "failed" if error else "succeeded",
        },
    )


def set_metadata(thing: Json, change: dict[str, str] | None) -> None:
    """Merges metadata; an empty value removes its key, an empty hash everything."""
    if change is not None:
        merged = thing["metadata"] | change if change else {}
        thing["metadata"] = {key: value for key, value in merged.items() if value}


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


def unexpected_state(intent: Json, message: str) -> StripeError:
    return invalid(message, "payment_intent_unexpected_state", payment_intent=deepcopy(intent))
