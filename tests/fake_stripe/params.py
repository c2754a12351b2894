"""Request parameters: decoding Stripe's bracketed forms, and validation as Stripe does it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from operator import attrgetter
from typing import Any
from urllib.parse import parse_qsl

import stripe

from .errors import StripeError, invalid

CURRENCIES = (
    *("usd", "aed", "aud", "brl", "cad", "chf", "czk", "dkk", "eur", "gbp", "hkd", "huf"),
    *("inr", "jpy", "mxn", "nok", "nzd", "pln", "ron", "sek", "sgd", "zar"),
)

# Parameters that Stripe's current version refuses by a code of their own.
RETIRED = {"payment_method_types": "payment_method_types_no_longer_supported"}
# Options of a call that the package mixes into its parameters and sends as headers.
NOT_SENT = frozenset(stripe.RequestOptions.__annotations__) | {"api_key", "headers"}


@dataclass(frozen=True)
class Field:
    """How one parameter is read. `parse` takes its full name and raw value."""

    parse: Callable[[str, Any], Any]
    required: bool = False


Spec = Mapping[str, Field]


def decode(encoded: str) -> dict[str, Any]:
    """`a=1&b[c]=2&d[0]=3` → `{"a": "1", "b": {"c": "2"}, "d": ["3"]}`"""
    tree: dict[str, Any] = {}
    for key, value in parse_qsl(encoded, keep_blank_values=True):
        head, *rest = key.split("[", 1)
        parts = [head, *re.findall(r"\[([^\]]*)\]", "[" + rest[0] if rest else "")]
        node = tree
        for part in parts[:-1]:
            node = node.setdefault(part or str(len(node)), {})
            if not isinstance(node, dict):
                raise invalid(f"Invalid {head}", param=head)
        node[parts[-1] or str(len(node))] = value
    return {key: _lists(value) for key, value in tree.items()}


def as_texts(body: Any) -> Any:
    """A JSON body with its values as a form would have them, which is how they are read here."""
    if isinstance(body, dict):
        return {key: as_texts(value) for key, value in body.items()}
    if isinstance(body, list):
        return [as_texts(item) for item in body]
    return json.dumps(body) if isinstance(body, bool | int) else body


def _lists(node: Any) -> Any:
    if not isinstance(node, dict):
        return node
    values = {key: _lists(value) for key, value in node.items()}
    return list(values.values()) if all(key.isdigit() for key in values) else values


@cache
def names_in_package(params_class: str) -> frozenset[str]:
    """The parameters that Stripe's own package knows for a call."""
    return frozenset(attrgetter(params_class)(stripe.params).__annotations__) - NOT_SENT


def validate(spec: Spec, raw: Mapping[str, Any], params_class: str) -> dict[str, Any]:
    """The parameters that were sent, parsed; raises what Stripe would answer."""
    return _validate({**spec, "expand": strings()}, raw, names_in_package(params_class))


def _validate(
    spec: Spec, raw: Mapping[str, Any], known: frozenset[str] | None, prefix: str = ""
) -> dict[str, Any]:
    def full(name: str) -> str:
        return f"{prefix}[{name}]" if prefix else name

    for name in raw:
        if name not in spec and known and name in known:
            raise StripeError(501, "api_error", f"The stand-in does not model {full(name)}.")
        if name not in spec:
            code = RETIRED.get(name, "parameter_unknown")
            raise invalid(f"Received unknown parameter: {full(name)}", code, full(name))
    for name, field in spec.items():
        if field.required and name not in raw:
            raise invalid(f"Missing required param: {full(name)}.", "parameter_missing", full(name))
    return {name: spec[name].parse(full(name), value) for name, value in raw.items()}


def integer(minimum: int | None = None, *, required: bool = False) -> Field:
    def parse(name: str, raw: Any) -> int:
        if not isinstance(raw, str) or not re.fullmatch(r"[+-]?\d{1,15}", raw, re.ASCII):
            raise invalid(f"Invalid integer: {raw}", "parameter_invalid_integer", name)
        if minimum is not None and int(raw) < minimum:
            raise invalid(
                f"This value must be greater than or equal to {minimum}.",
                "parameter_invalid_integer",
                name,
            )
        return int(raw)

    return Field(parse, required)


def text(*, required: bool = False, can_unset: bool = False) -> Field:
    def parse(name: str, raw: Any) -> str | None:
        if not isinstance(raw, str):
            raise invalid("Invalid string: " + str(raw), param=name)
        if raw == "" and not can_unset:
            raise invalid(
                f"You passed an empty string for '{name}'. We assume empty values are an attempt"
                f" to unset a parameter; however '{name}' cannot be unset. You should remove"
                f" '{name}' from your request or supply a non-empty value.",
                "parameter_invalid_empty",
                name,
            )
        return raw or None

    return Field(parse, required)


def currency(*, required: bool = False) -> Field:
    def parse(name: str, raw: Any) -> str:
        if str(raw).lower() not in CURRENCIES:
            raise invalid(
                f"Invalid currency: {raw}. Stripe currently supports these currencies: "
                + ", ".join(CURRENCIES),
                param=name,
            )
        return str(raw).lower()

    return Field(parse, required)


def one_of(*values: str, required: bool = False) -> Field:
    def parse(name: str, raw: Any) -> str:
        if raw not in values:
            raise invalid(f"Invalid {name}: must be one of {', '.join(values)}", param=name)
        return str(raw)

    return Field(parse, required)


def flag(*, required: bool = False) -> Field:
    def parse(name: str, raw: Any) -> bool:
        if raw not in ("true", "false"):
            raise invalid(f"Invalid boolean: {raw}", param=name)
        return bool(raw == "true")

    return Field(parse, required)


def strings() -> Field:
    def parse(name: str, raw: Any) -> list[str]:
        if not isinstance(raw, list) or not all(isinstance(item, str) for item in raw):
            raise invalid("Invalid array", param=name)
        return raw

    return Field(parse)


def nested(spec: Spec) -> Field:
    """A hash with the fields of `spec`."""

    def parse(name: str, raw: Any) -> dict[str, Any]:
        if not isinstance(raw, dict):
            raise invalid("Invalid object", param=name)
        return _validate(spec, raw, None, name)

    return Field(parse)


def listed(spec: Spec) -> Field:
    """A list of hashes with the fields of `spec`."""

    def parse(name: str, raw: Any) -> list[dict[str, Any]]:
        if not isinstance(raw, list):
            raise invalid("Invalid array", param=name)
        return [_validate(spec, item, None, f"{name}[{place}]") for place, item in enumerate(raw)]

    return Field(parse)


def metadata() -> Field:
    """Up to 50 pairs, keys to 40 and values to 500 characters; "" removes all or one."""

    def parse(name: str, raw: Any) -> dict[str, str]:
        if raw == "":
            return {}
        if not isinstance(raw, dict) or any(not isinstance(v, str) for v in raw.values()):
            raise invalid("Invalid object", param=name)
        for key, value in raw.items():
            if len(key) > 40 or len(value) > 500 or len(raw) > 50:
                raise invalid("Metadata is too long.", param=f"{name}[{key}]")
        return raw

    return Field(parse)


def created() -> Field:
    """A second, or a range of seconds by `gt`, `gte`, `lt`, `lte`."""
    bounds = {name: integer() for name in ("gt", "gte", "lt", "lte")}

    def parse(name: str, raw: Any) -> dict[str, int]:
        if isinstance(raw, dict):
            return _validate(bounds, raw, None, name)
        second: int = integer().parse(name, raw)
        return {"gte": second, "lte": second}

    return Field(parse)


def set_metadata(thing: dict[str, Any], change: dict[str, str] | None) -> None:
    """Merges metadata; an empty value removes its key, an empty hash everything."""
    if change is not None:
        merged = thing["metadata"] | change if change else {}
        thing["metadata"] = {key: value for key, value in merged.items() if value}
