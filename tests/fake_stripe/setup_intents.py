"""Setup intents: a card is saved without paying."""

from __future__ import annotations

from copy import deepcopy

from .cards import Card, payment_method
from .customers import attach
from .errors import StripeError, card_error, invalid
from .params import Spec, flag, metadata, nested, one_of, text
from .payments import missing_payment_method
from .routes import endpoint
from .world import Json, World

CREATE: Spec = {
    "automatic_payment_methods": nested(
        {"enabled": flag(required=True), "allow_redirects": one_of("always", "never")}
    ),
    "customer": text(),
    "metadata": metadata(),
    "usage": one_of("off_session", "on_session"),
}


@endpoint("POST", "/v1/setup_intents", "SetupIntentCreateParams", CREATE)
def create_setup_intent(world: World, params: Json) -> Json:
    if params.get("customer"):
        world.get("customer", params["customer"], "customer")
    id = world.new_id("seti_")
    automatic = params.pop("automatic_payment_methods", {"enabled": True})
    intent = world.new(
        "setup_intent",
        {
            "id": id,
            "automatic_payment_methods": {"allow_redirects": "always"} | automatic,
            "client_secret": f"{id}_secret_{world.new_id('')}",
            "payment_method_options": {
                "card": {
                    "mandate_options": None,
                    "network": None,
                    "request_three_d_secure": "automatic",
                }
            },
            "payment_method_types": ["card"],
            "status": "requires_payment_method",
            "usage": "off_session",
        }
        | params,
    )
    world.emit("setup_intent.created", intent)
    return intent


@endpoint("GET", "/v1/setup_intents/<id>", "SetupIntentRetrieveParams", {"client_secret": text()})
def retrieve_setup_intent(world: World, params: Json, id: str) -> Json:
    return world.get("setup_intent", id)


@endpoint(
    "POST",
    "/v1/setup_intents/<id>/confirm",
    "SetupIntentConfirmParams",
    {"payment_method": text(), "return_url": text(), "client_secret": text()},
)
def confirm_setup_intent(world: World, params: Json, id: str) -> Json:
    """What the customer's browser does: the card is saved, declined, or the bank asks."""
    intent = world.get("setup_intent", id)
    if intent["status"] in ("succeeded", "canceled"):
        raise invalid(
            f"You cannot confirm this SetupIntent because it has a status of {intent['status']}.",
            "setup_intent_unexpected_state",
            setup_intent=deepcopy(intent),
        )
    name = params.get("payment_method") or intent["payment_method"]
    if not name:
        raise missing_payment_method()
    method = payment_method(world, name)
    card: Card = world.secrets[method["id"]]
    if card.needs_authentication:
        intent |= {
            "status": "requires_action",
            "payment_method": method["id"],
            "next_action": {
                "type": "use_stripe_sdk",
                "use_stripe_sdk": {"type": "three_d_secure_redirect"},
            },
        }
        world.emit("setup_intent.requires_action", intent)
        return intent
    if card.decline:
        raise _fail(world, intent, card_error(*card.decline))
    return save(world, intent, method)


def save(world: World, intent: Json, method: Json) -> Json:
    """The bank agrees: the customer can pay with the card from now on."""
    if intent["customer"]:
        attach(world, method, world.get("customer", intent["customer"]))
    intent |= {
        "status": "succeeded",
        "payment_method": method["id"],
        "next_action": None,
        "last_setup_error": None,
    }
    world.emit("setup_intent.succeeded", intent)
    return intent


def _fail(world: World, intent: Json, error: StripeError) -> StripeError:
    intent |= {
        "status": "requires_payment_method",
        "payment_method": None,
        "next_action": None,
        "last_setup_error": deepcopy(error.error),
    }
    world.emit("setup_intent.setup_failed", intent)
    return error


def authenticate_setup(world: World, id: str) -> Json:
    """What the customer does at their bank after `requires_action`."""
    intent = world.get("setup_intent", id)
    return save(world, intent, world.get("payment_method", intent["payment_method"]))
