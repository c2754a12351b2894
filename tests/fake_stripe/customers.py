"""Customers, as far as payments name them."""

from __future__ import annotations

from .params import Spec, metadata, set_metadata, text
from .routes import LIST, endpoint, page
from .shapes import sample
from .world import Json, World

CHANGE: Spec = {
    "description": text(can_unset=True),
    "email": text(can_unset=True),
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
    return world.get("customer", id)


@endpoint("GET", "/v1/customers", "CustomerListParams", {**LIST, "email": text()})
def list_customers(world: World, params: Json) -> Json:
    return page(world.all("customer"), params, "/v1/customers")


@endpoint("POST", "/v1/customers/<id>", "CustomerUpdateParams", CHANGE)
def update_customer(world: World, params: Json, id: str) -> Json:
    customer = world.get("customer", id)
    before = dict(customer)
    set_metadata(customer, params.pop("metadata", None))
    customer |= params
    world.emit("customer.updated", customer, before)
    return customer
