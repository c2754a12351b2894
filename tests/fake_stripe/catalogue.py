"""Products and prices: what can be subscribed to."""

from __future__ import annotations

from .params import Spec, currency, flag, integer, metadata, nested, one_of, set_metadata, text
from .routes import endpoint
from .world import Json, World

PRODUCT: Spec = {
    "active": flag(),
    "description": text(can_unset=True),
    "metadata": metadata(),
    "name": text(),
}
PRICE: Spec = {"active": flag(), "metadata": metadata(), "nickname": text()}


@endpoint("POST", "/v1/products", "ProductCreateParams", PRODUCT)
def create_product(world: World, params: Json) -> Json:
    usual: Json = {"active": True, "images": [], "marketing_features": [], "type": "service"}
    product = world.new("product", usual | {"updated": world.now()} | params)
    world.emit("product.created", product)
    return product


@endpoint("GET", "/v1/products/<id>", "ProductRetrieveParams")
def retrieve_product(world: World, params: Json, id: str) -> Json:
    return world.get("product", id)


@endpoint("POST", "/v1/products/<id>", "ProductUpdateParams", PRODUCT)
def update_product(world: World, params: Json, id: str) -> Json:
    return _change(world, world.get("product", id), params)


@endpoint(
    "POST",
    "/v1/prices",
    "PriceCreateParams",
    {
        **PRICE,
        "currency": currency(required=True),
        "product": text(),
        "recurring": nested(
            {
                "interval": one_of("day", "week", "month", "year", required=True),
                "interval_count": integer(1),
            }
        ),
        "unit_amount": integer(0),
    },
)
def create_price(world: World, params: Json) -> Json:
    world.get("product", params["product"], "product")
    how_often = params.pop("recurring", None)
    recurring = {"interval_count": 1, "usage_type": "licensed", "meter": None} | (how_often or {})
    price = world.new(
        "price",
        {
            "active": True,
            "billing_scheme": "per_unit",
            "recurring": {"trial_period_days": None} | recurring if how_often else None,
            "tax_behavior": "unspecified",
            "type": "recurring" if how_often else "one_time",
            "unit_amount_decimal": str(params["unit_amount"]),
        }
        | params,
    )
    world.emit("price.created", price)
    return price


@endpoint("GET", "/v1/prices/<id>", "PriceRetrieveParams")
def retrieve_price(world: World, params: Json, id: str) -> Json:
    return world.get("price", id)


@endpoint("POST", "/v1/prices/<id>", "PriceUpdateParams", PRICE)
def update_price(world: World, params: Json, id: str) -> Json:
    return _change(world, world.get("price", id), params)


def _change(world: World, thing: Json, params: Json) -> Json:
    before = dict(thing)
    set_metadata(thing, params.pop("metadata", None))
    thing |= params
    world.emit(f"{thing['object']}.updated", thing, before)
    return thing
