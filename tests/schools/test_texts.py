"""No text is too much: markup and a million letters are kept as typed, or refused with a code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import product

import pytest

from tests.schools.privilege_probe import Marketplace, attempt, call, functions, text_columns

pytestmark = pytest.mark.slow

TEXTS = {
    "a million letters": "repeat('x', 1000000)",
    "a million bytes": "repeat('ж', 500000)",
    "markup": "'<script>alert(1)</script>'",
    "a pattern": "'%_\\\\'",
    "nothing": "''",
    "an end of line": "E'a\\nb\\r\\t'",
    "right to left": "U&'\\202e\\200b\\feff'",
}
REFUSED = {"PT404", "PT409", "PT422", "42501"}


def as_type(expression: str, type: str) -> str:
    """A text as a value of another type that holds texts."""
    if type == "text[]":
        return f"array[{expression}]"
    if type == "jsonb":
        return f"jsonb_build_object('address', {expression}, 'note', {expression})"
    return expression


def calls(marketplace: Marketplace, name: str) -> Iterator[str]:
    """Calls of every function with every text in every place that takes one."""
    for function, parameters, samples in functions(marketplace, marketplace.people[name], most=2):
        for nth, parameter in enumerate(parameters):
            if parameter.type in ("text", "text[]", "jsonb"):
                for expression, values in product(TEXTS.values(), samples):
                    text = as_type(expression, parameter.type)
                    yield call(function, parameters, [*values[:nth], text, *values[nth + 1 :]])


@pytest.mark.parametrize("name", ["stranger", "learner", "instructor", "owner", "platform admin"])
def test_a_function_takes_every_text_or_refuses_it_with_a_code(
    marketplace: Marketplace, name: str
) -> None:
    statements = list(calls(marketplace, name))
    _, outcomes = attempt(marketplace, name, statements)
    odd = {
        statements[row["nth"] - 1]: row["sqlstate"]
        for row in outcomes
        if row["sqlstate"] is not None and row["sqlstate"] not in REFUSED
    }
    assert odd == {}
    came_of = Counter(row["sqlstate"] for row in outcomes)
    assert came_of[None] > 50
    assert came_of["PT422"] > 20


@pytest.mark.parametrize("name", ["learner", "instructor", "owner"])
def test_a_column_takes_every_text_or_refuses_it_by_a_rule(
    marketplace: Marketplace, name: str
) -> None:
    statements = [
        f"update {table} set {column} = {as_type(expression, type)}"
        for table, column, type in text_columns(marketplace)
        for expression in TEXTS.values()
    ]
    _, outcomes = attempt(marketplace, name, statements)
    came_of = Counter(row["sqlstate"] for row in outcomes)
    assert set(came_of) <= {None, "23514", "23505"}
    assert came_of["23514"] > 10


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "%_\\", "", "Ω" * 200])
def test_a_text_is_kept_as_it_was_typed(marketplace: Marketplace, text: str) -> None:
    world, learner = marketplace.school.world, marketplace.people["learner"]
    with world.acting_as(learner):
        world.connection.execute("update public.profiles set display_name = %s", [text])
        assert world.value("select display_name from public.profiles") == text


@pytest.mark.parametrize("text", ["a\nb\r\t", "\u202e\ufeff", "\u200b", "\u2800"], ids=ascii)
def test_a_name_that_cannot_be_read_is_refused(marketplace: Marketplace, text: str) -> None:
    world, learner = marketplace.school.world, marketplace.people["learner"]
    with world.unchanged(), world.refusing("23514", "names_are_readable"), world.acting_as(learner):
        world.connection.execute("update public.profiles set display_name = %s", [text])
