"""A defect in a money function does not pass the judge: some sequence ends in another amount."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import psycopg
import pytest

from tests.factories import World
from tests.model import test_combinations, test_sequences
from tests.model.defects import DEFECTS, Defect
from tests.model.judge import Play
from tools.cluster import ROOT

FUNCTION = re.compile(r"^create function .*?^\$\$;$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Sequence:
    """A test of the judge, with one choice of its parameters."""

    name: str
    test: Callable[..., None]
    arguments: dict[str, Any]

    def play(self, world: World) -> None:
        named = inspect.signature(self.test).parameters
        given: dict[str, Any] = {"world": world} if "world" in named else {}
        if "play" in named:
            given["play"] = Play(world)
        self.test(**given, **self.arguments)


def sequences() -> Iterator[Sequence]:
    for module in (test_combinations, test_sequences):
        for name, test in vars(module).items():
            if name.startswith("test_"):
                choices = list(parameters(test))
                for chosen in product(*choices):
                    arguments = {key: value for one in chosen for key, value in one.items()}
                    yield Sequence(name, test, arguments)


def parameters(test: Callable[..., None]) -> Iterator[list[dict[str, Any]]]:
    """What each parametrization of a test offers."""
    for mark in getattr(test, "pytestmark", []):
        names, values = mark.args
        names = [names] if isinstance(names, str) else names
        yield [
            dict(zip(names, [value] if len(names) == 1 else value, strict=True)) for value in values
        ]


def plant(connection: psycopg.Connection[Any], defect: Defect) -> None:
    """Replaces the functions of a file that a defect changes."""
    text = (ROOT / "sql" / defect.file).read_text()
    assert defect.old in text, f"{defect.file} says nothing of the kind any more: {defect.old}"
    before, after = FUNCTION.findall(text), FUNCTION.findall(text.replace(defect.old, defect.new))
    changed = [new for old, new in zip(before, after, strict=True) if old != new]
    assert changed
    for function in changed:
        replaced = function.replace("create function", "create or replace function", 1)
        connection.execute(replaced.encode())


def planted(defect: Defect, index: int) -> Any:
    marks = [] if index % 10 == 0 else [pytest.mark.slow]
    return pytest.param(defect, id=defect.name, marks=marks)


@pytest.mark.parametrize("defect", [planted(defect, index) for index, defect in enumerate(DEFECTS)])
def test_a_defect_is_noticed(db: psycopg.Connection[Any], defect: Defect) -> None:
    """By the sequence that is named with it, or by another: the named one is played first."""
    plant(db, defect)
    for sequence in sorted(sequences(), key=lambda one: one.name != defect.noticed_by):
        try:
            with db.transaction(force_rollback=True):
                sequence.play(World(db))
        except (AssertionError, psycopg.Error):
            return
    pytest.fail("The books end as they should, in every sequence.")


@pytest.mark.slow
def test_without_a_defect_nothing_is_noticed(db: psycopg.Connection[Any]) -> None:
    """The sequences play here as they do by themselves, with each choice of their parameters."""
    names = {defect.noticed_by for defect in DEFECTS}
    chosen = [sequence for sequence in sequences() if sequence.name in names]
    assert {sequence.name for sequence in chosen} == names
    for sequence in chosen:
        with db.transaction(force_rollback=True):
            sequence.play(World(db))


def test_there_are_many_defects() -> None:
    assert len({defect.name for defect in DEFECTS}) == len(DEFECTS) >= 30
