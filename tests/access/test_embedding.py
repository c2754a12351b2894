"""Embedding, along every path of foreign keys, shows nobody a row that they may not read alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from tests.access.conftest import Served
from tests.access.matrix import Matrix
from tests.access.oracle import Row, list_rows, visible

pytestmark = pytest.mark.slow

Identity = frozenset[tuple[str, Any]]

FOREIGN_KEYS = """
    select conname as name, child.relname as child, parent.relname as parent
    from pg_constraint
    join pg_class child on child.oid = conrelid
    join pg_class parent on parent.oid = confrelid
    where contype = 'f'
        and child.relnamespace = 'public'::regnamespace
        and parent.relnamespace = 'public'::regnamespace
"""


@dataclass(frozen=True)
class Graph:
    """The tables, and from each the foreign keys that lead to another or come from it."""

    keys: Mapping[str, list[str]]
    steps: Mapping[str, list[tuple[str, str]]]

    def select(self, table: str, depth: int) -> str:
        """What to select for a table's keys and those of all tables up to so many steps away."""
        steps = range(len(self.steps[table])) if depth else ()
        return ",".join([*self.keys[table], *(self.embed(table, nth, depth) for nth in steps)])

    def embed(self, table: str, nth: int, depth: int) -> str:
        foreign_key, other = self.steps[table][nth]
        return f"_{nth}:{other}!{foreign_key}({self.select(other, depth - 1)})"

    def shown(self, table: str, found: Any) -> Iterator[tuple[str, Identity]]:
        """The tables and keys in what came of select()."""
        if isinstance(found, list):
            for each in found:
                yield from self.shown(table, each)
        elif found is not None:
            yield table, frozenset((name, found[name]) for name in self.keys[table])
            for nth, (_, other) in enumerate(self.steps[table]):
                yield from self.shown(other, found.get(f"_{nth}"))


@pytest.fixture
def rows(served: Served, matrix: Matrix) -> dict[str, list[Row]]:
    return {table.name: list_rows(served.world, table) for table in matrix.tables}


@pytest.fixture
def graph(served: Served, rows: dict[str, list[Row]]) -> Graph:
    steps: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for key in served.world.rows(FOREIGN_KEYS):
        steps[key["child"]].append((key["name"], key["parent"]))
        steps[key["parent"]].append((key["name"], key["child"]))
    return Graph({name: list(found[0].key) for name, found in rows.items()}, steps)


@pytest.mark.parametrize("name", ["Ben", "Ann", "Ada", "Lea", "guest with Pat's id"])
def test_no_row_is_shown_that_is_not_read_alone(
    served: Served, graph: Graph, rows: dict[str, list[Row]], name: str
) -> None:
    person = served.marketplace.person(name)
    starts = [(table, nth) for table, steps in graph.steps.items() for nth in range(len(steps))]
    answers = served.send_each(
        (
            person,
            {
                "method": "GET",
                "path": f"/{table}",
                "params": {"select": f"{graph.select(table, 0)},{graph.embed(table, nth, 3)}"},
            },
        )
        for table, nth in starts
    )
    shown = set()
    for (table, _), answer in zip(starts, answers, strict=True):
        assert answer.status_code == 200, answer.text
        shown |= set(graph.shown(table, answer.json()))
    assert shown == {
        (table, row.identity)
        for table in graph.steps
        for row in visible(served.marketplace, person, rows[table])
    }


def test_a_visitor_embeds_listed_tables_only(
    served: Served, graph: Graph, rows: dict[str, list[Row]], matrix: Matrix
) -> None:
    visitor = served.marketplace.person("visitor")
    listed = {table.name for table in matrix.tables if "select" in table.granted["anon"]}
    for table, steps in graph.steps.items():
        for nth, (_, other) in enumerate(steps):
            select = f"{graph.select(table, 0)},{graph.embed(table, nth, 1)}"
            answer = served.send(visitor, "GET", f"/{table}", params={"select": select})
            if {table, other} <= listed:
                assert set(graph.shown(table, answer.json())) <= {
                    (name, row.identity)
                    for name in (table, other)
                    for row in visible(served.marketplace, visitor, rows[name])
                }
            else:
                assert answer.status_code == 401, select
