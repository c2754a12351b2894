"""Customers and their saved payment methods."""

from __future__ import annotations

from dataclasses import replace

from .cards import payment_method
from .errors import invalid
from .params import Spec, metadata, nested, set_metadata, text
from .routes import LIST, endpoint, page
from .shapes import sample
from .world import Json, World

CHANGE: Spec = {
    "description": text(can_unset=True),
    "email": text(can_unset=True),
    "invoice_settings": nested({"default_payment_method": text(can_unset=True)}),
    "metadata": metadata(),
    "name": text(can_unset=True),
    "phone": text(can_unset=True),
}


@endpoint("POST", "/v1/customers", "CustomerCreateParams", CHANGE)
def create_customer(world: World, params: Json) -> Json:
    id = world.new_id("cus_")
    usual: Json = {
        "balance": 0,
        "delinquent": False,
        "invoice_prefix": id[-8:].upper(),
        "invoice_settings": dict.fromkeys(sample("customer")["invoice_settings"]),
        "next_invoice_sequence": 1,
        "preferred_locales": [],
        "tax_exempt": "none",
    }
    customer = world.new("customer", {"id": id} | usual | params)
    world.emit("customer.created", customer)
    return customer


@endpoint("GET", "/v1/customers/<id>", "CustomerRetrieveParams")
def retrieve_customer(world: World, params: Json, id: str) -> Json:
    if world.secrets.get(id) == "deleted":
        return {"id": id, "object": "customer", "deleted": True}
    return world.get("customer", id)


@endpoint("GET", "/v1/customers", "CustomerListParams", {**LIST, "email": text()})
def list_customers(world: World, params: Json) -> Json:
    return page(world.all("customer"), params, "/v1/customers")


@endpoint("POST", "/v1/customers/<id>", "CustomerUpdateParams", CHANGE)
def update_customer(world: World, params: Json, id: str) -> Json:
    customer = world.get("customer", id)
    settings = params.pop("invoice_settings", {})
    if method := settings.get("default_payment_method"):
        own(world, method, customer)
    before = dict(customer)
    set_metadata(customer, params.pop("metadata", None))
    customer |= params | {"invoice_settings": customer["invoice_settings"] | settings}
    world.emit("customer.updated", customer, before)
    return customer


@endpoint("GET", "/v1/payment_methods/<id>", "PaymentMethodRetrieveParams")
def retrieve_payment_method(world: World, params: Json, id: str) -> Json:
    return world.get("payment_method", id)


@endpoint(
    "POST",
    "/v1/payment_methods/<id>/attach",
    "PaymentMethodAttachParams",
    {"customer": text(required=True)},
)
def attach_payment_method(world: World, params: Json, id: str) -> Json:
    customer = world.get("customer", params["customer"], "customer")
    return attach(world, payment_method(world, id), customer)


@endpoint("POST", "/v1/payment_methods/<id>/detach", "PaymentMethodDetachParams")
def detach_payment_method(world: World, params: Json, id: str) -> Json:
    method = world.get("payment_method", id)
    if method["customer"] is None:
        raise invalid(
            "The payment method you provided is not attached to a customer so detachment is"
            " impossible.",
            param="payment_method",
        )
    customer = world.get("customer", method["customer"])
    settings = customer["invoice_settings"]
    method["customer"] = None
    world.secrets[id] = replace(world.secrets[id], is_detached=True)
    world.emit("payment_method.detached", method)
    if settings["default_payment_method"] == id:
        before = dict(customer)
        customer["invoice_settings"] = settings | {"default_payment_method": None}
        world.emit("customer.updated", customer, before)
    return method


def attach(world: World, method: Json, customer: Json) -> Json:
    """From now on the customer can pay with it."""
    if method["customer"] != customer["id"]:
        method["customer"] = customer["id"]
        world.emit("payment_method.attached", method)
    return method


def own(world: World, id: str, customer: Json) -> Json:
    """A payment method that is the customer's."""
    method = world.get("payment_method", id, "payment_method")
    if method["customer"] != customer["id"]:
        raise invalid(
            "The customer does not have a payment method with the ID"
            f" {id}. The payment method must be attached to the customer.",
            param="invoice_settings[default_payment_method]",
        )
    return method


def saved_by(world: World, customer: str) -> list[Json]:
    return [each for each in world.all("payment_method") if each["customer"] == customer]


def renew_card(world: World, id: str, last4: str, year: int) -> Json:
    """The bank has sent its customer a new card, and tells Stripe."""
    method = world.get("payment_method", id)
    method["card"] = method["card"] | {"last4": last4, "exp_year": year}
    world.emit("payment_method.automatically_updated", method)
    return method
