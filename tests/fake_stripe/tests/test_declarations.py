"""Every answer and event of the stand-in is what Stripe's own TypeScript declarations say."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

import pytest
import stripe

from tests.docs.test_reference import compile_ts
from tools.cluster import LOCAL

from .test_contract import everything

__all__ = ["everything"]

Json = dict[str, Any]

# What may be one of a few words that Stripe declares; ids have digits.
WORD = re.compile(r"[a-z_.]+")
DECIMAL = re.compile(r'("\w+_decimal"): "[\d.]+"')


def declared_type(thing: Json) -> str:
    """The type by which Stripe's package declares an object: Stripe.Checkout.Session."""
    names = [
        "".join(word.title() for word in part.split("_")) for part in thing["object"].split(".")
    ]
    if thing.get("deleted"):
        names[-1] = f"Deleted{names[-1]}"
    return ".".join(["Stripe", *names])


def shape(value: Any) -> Any:
    """An object without its ids, times and amounts: those of one shape are declared alike."""
    if isinstance(value, dict):
        return {name: shape(item) for name, item in value.items()}
    if isinstance(value, list):
        return [shape(item) for item in value[:1]]
    return value if WORD.fullmatch(str(value)) else type(value).__name__


def as_typescript(things: Iterable[Json]) -> str:
    """A constant for each shape, of the type that it claims to have."""
    distinct = {json.dumps(shape(thing), sort_keys=True): thing for thing in things}
    lines = [
        'import Stripe from "stripe";',
        "declare const decimal: ReturnType<typeof Stripe.Decimal.from>;",
    ]
    for number, thing in enumerate(distinct.values()):
        lines.append(f"export const object{number}: {declared_type(thing)} = {json.dumps(thing)};")
    # The package makes numbers of its own of these, which are strings in Stripe's answers.
    return DECIMAL.sub(r"\1: decimal", "\n".join(lines))


def complaints(things: Iterable[Json]) -> str:
    return compile_ts({"objects.ts": as_typescript(things)})


def test_the_declarations_are_those_of_the_version_that_is_spoken() -> None:
    version = (LOCAL / "node_modules" / "stripe" / "esm" / "apiVersion.js").read_text()
    assert f"'{stripe.api_version}'" in version


def test_every_answer_and_event_is_as_stripe_declares_it(everything: list[Json]) -> None:
    assert complaints(everything) == ""


@pytest.mark.parametrize(
    "damage", [{"status": 3}, {"object": "refunds"}, {"created": "today"}, {"amount": None}]
)
def test_an_object_that_is_not_stripes_is_noticed(everything: list[Json], damage: Json) -> None:
    refund = next(thing for thing in everything if thing["object"] == "refund")
    assert complaints([refund]) == ""
    assert "error" in complaints([refund | damage])
