"""Early fraud warnings: an issuer suspects a payment that nobody has disputed yet."""

from __future__ import annotations

from copy import deepcopy

from .params import text
from .routes import LIST, endpoint, page
from .world import Json, World

KIND = "radar.early_fraud_warning"
PATH = "/v1/radar/early_fraud_warnings"


@endpoint("GET", PATH + "/<id>", "radar.EarlyFraudWarningRetrieveParams")
def retrieve_early_fraud_warning(world: World, params: Json, id: str) -> Json:
    return world.get(KIND, id)


@endpoint(
    "GET",
    PATH,
    "radar.EarlyFraudWarningListParams",
    {**LIST, "charge": text(), "payment_intent": text()},
)
def list_early_fraud_warnings(world: World, params: Json) -> Json:
    return page(world.all(KIND), params, PATH)


def warn_of_fraud(world: World, charge_id: str, fraud_type: str) -> Json:
    charge = world.get("charge", charge_id)
    warning = world.new(
        KIND,
        {
            "actionable": not (charge["disputed"] or charge["refunded"]),
            "charge": charge["id"],
            "fraud_type": fraud_type,
        },
    )
    warning["payment_intent"] = charge["payment_intent"]
    world.emit("radar.early_fraud_warning.created", warning)
    return warning


def warnings_lapse(world: World, charge: Json) -> None:
    """Once a charge is disputed or fully refunded, there is nothing left to prevent."""
    for warning in world.all(KIND):
        if warning["charge"] == charge["id"] and warning["actionable"]:
            before = deepcopy(warning)
            warning["actionable"] = False
            world.emit("radar.early_fraud_warning.updated", warning, before)
