"""The table of endpoints, and what lists and expansion have in common."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from .errors import invalid
from .params import Spec, created, integer, text
from .world import Json, World

Handler = Callable[..., Json]


@dataclass(frozen=True)
class Endpoint:
    """One call of the API. `path` holds `<id>` for each id that the handler is passed."""

    method: str
    path: str
    spec: Spec
    params_class: str
    handler: Handler


ENDPOINTS: list[Endpoint] = []


def endpoint(
    method: str, path: str, params_class: str, spec: Spec | None = None
) -> Callable[[Handler], Handler]:
    """Registers `handler(world, params, *ids)`.

    `params_class` names the class of `stripe.params` that knows all of the call's parameters: one
    that is there but not in `spec` is answered with 501, any other is unknown to Stripe as well.
    """

    def register(handler: Handler) -> Handler:
        ENDPOINTS.append(Endpoint(method, path, spec or {}, params_class, handler))
        return handler

    return register


PAGE: Spec = {
    "limit": integer(1),
    "starting_after": text(),
    "ending_before": text(),
}
LIST: Spec = {**PAGE, "created": created()}

COMPARE: dict[str, Callable[[int, int], bool]] = {
    "gt": lambda a, b: a > b,
    "gte": lambda a, b: a >= b,
    "lt": lambda a, b: a < b,
    "lte": lambda a, b: a <= b,
}


def page(things: list[Json], params: Json, url: str) -> Json:
    """A page of a list, newest first. Parameters beside the paging ones are filters."""
    limit = params.get("limit", 10)
    if limit > 100:
        raise invalid(
            "This value must be less than or equal to 100.", "parameter_invalid_integer", "limit"
        )
    bounds = params.get("created", {})
    filters = {key: params[key] for key in params.keys() - LIST.keys() - {"expand"}}
    found = [
        thing
        for thing in reversed(things)
        if all(thing.get(key) == value for key, value in filters.items())
        and all(COMPARE[bound](thing["created"], value) for bound, value in bounds.items())
    ]
    ids = [thing["id"] for thing in found]
    start, end = 0, min(limit, len(found))
    if after := params.get("starting_after"):
        start = _position(ids, after, "starting_after") + 1
        end = min(start + limit, len(found))
    elif before := params.get("ending_before"):
        end = _position(ids, before, "ending_before")
        start = max(0, end - limit)
    has_more = start > 0 if "ending_before" in params else end < len(found)
    return {"object": "list", "data": found[start:end], "has_more": has_more, "url": url}


def _position(ids: list[str], id: str, param: str) -> int:
    if id not in ids:
        raise invalid(f"No such object: '{id}'", "resource_missing", param)
    return ids.index(id)


def expand(world: World, body: Json, paths: list[str]) -> Json:
    """A copy of an answer with the ids at `paths` (`latest_charge.balance_transaction`) replaced
    by their objects. A null stays null."""
    body = deepcopy(body)
    for path in paths:
        _expand(world, body, path.split("."), path)
    return body


def _expand(world: World, node: Any, parts: list[str], path: str) -> None:
    if isinstance(node, list):
        for item in node:
            _expand(world, item, parts, path)
        return
    if node is None or not parts:
        return
    name, *rest = parts
    if node.get("object") == "charge" and name == "refunds":
        node[name] = refunds_of(world, node)
    elif name not in node:
        raise invalid(f"This property cannot be expanded ({name}).", param="expand")
    elif isinstance(node[name], str):
        thing = world.find(node[name])
        if thing is None:
            raise invalid(f"This property cannot be expanded ({path}).", param="expand")
        node[name] = deepcopy(thing)
    _expand(world, node[name], rest, path)


def refunds_of(world: World, charge: Json) -> Json:
    """The list that a charge includes when it is asked for (`expand[]=refunds`)."""
    refunds = [refund for refund in world.all("refund") if refund["charge"] == charge["id"]]
    return deepcopy(page(refunds, {}, f"/v1/charges/{charge['id']}/refunds"))
