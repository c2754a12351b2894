"""Every room draws its state machines as the rows declare them and as the code moves them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import NamedTuple

import psycopg
import pytest

from tests.access.sources import Function, Sources

START = "·"
BY_HAND = "Studio"

TITLE = re.compile(r"^-- (\w+):$")
#   held, requested → confirmed: confirm_paid_booking, confirm_booking (user, service)
EDGE = re.compile(
    r"^--   (?P<starts>[\w, ]+|·) → (?P<ends>[\w, ]+):"
    r" (?P<functions>[\w, ]+) \((?P<actors>[\w, ]+)\)$"
)
CONTINUED = re.compile(r"\n--     +")
GUARD = re.compile(r"on (public\.\w+)\s[^;]*private\.enforce_status_transition\('(\w+)'\)")
LABELS = re.compile(r"create type (public\.\w+_status) as enum \(([^)]*)\)")
COLUMN = re.compile(r"^    status (public\.\w+) not null(?: default '(\w+)')?,$", re.MULTILINE)
UPDATE = re.compile(
    r"\bupdate (public\.\w+)\b(?: as)?(?: \w+)?\s+set\b"
    r"(.*?)(?=\bwhere\b|\breturning\b|\bfrom\b|;|$)",
    re.DOTALL,
)
UPSERT = re.compile(
    r"\binsert into (public\.\w+)\b[^;]*?\bdo update\s+set\b(.*?)(?=\bwhere\b|\breturning\b|;|$)",
    re.DOTALL,
)
INSERT = re.compile(r"\binsert into (public\.\w+)(?: as \w+)?\s*\(([^)]*)\)([^;]*)")
ASSIGNED = re.compile(r"\bstatus = (.*?)(?=,\n|$)", re.DOTALL)
OF_STRIPE = re.compile(r"->> 'status'")


class Edge(NamedTuple):
    entity: str
    start: str
    end: str


@dataclass(frozen=True)
class Drawn:
    functions: tuple[str, ...]
    actors: frozenset[str]


@dataclass(frozen=True)
class Machine:
    """A table whose status is guarded: its statuses, and the one that a row has by default."""

    table: str
    statuses: tuple[str, ...]
    default: str | None


class Write(NamedTuple):
    """A function gives rows of a table this status; None: one that it works out."""

    table: str
    status: str | None


@dataclass(frozen=True)
class Transitions:
    """The drawings of sql/, and what its functions do to each status."""

    sql: Sources

    @cached_property
    def drawn(self) -> dict[Edge, Drawn]:
        edges: dict[Edge, Drawn] = {}
        for path, text in self.sql.files.items():
            if not path.endswith("/11_transitions.sql"):
                continue
            for edge, drawn in drawing(text):
                before = edges.get(edge, Drawn((), drawn.actors))
                assert before.actors == drawn.actors, f"{path} draws {edge} for different actors"
                edges[edge] = Drawn(before.functions + drawn.functions, drawn.actors)
        return edges

    @cached_property
    def machines(self) -> dict[str, Machine]:
        text = "\n".join(self.sql.files.values())
        labels = {
            name: tuple(re.findall(r"'(\w+)'", found)) for name, found in LABELS.findall(text)
        }
        machines = {}
        for table, entity in GUARD.findall(text):
            created = re.search(rf"^create table {table} \(.*?^\)", text, re.MULTILINE | re.DOTALL)
            assert created
            column = COLUMN.search(created[0])
            assert column, f"{table} has no status as it is usually written"
            machines[entity] = Machine(table, labels[column[1]], column[2])
        return machines

    @cached_property
    def bodies(self) -> dict[str, str]:
        """Functions without their comments, by their names without the schema."""
        return {
            name.split(".")[1]: without_comments(function)
            for name, function in self.sql.functions.items()
            if name.startswith("private.")
        }

    @cached_property
    def writes(self) -> dict[str, set[Write]]:
        return {name: set(self._writes(body)) for name, body in self.bodies.items()}

    def faults(self) -> Iterator[str]:
        """What the drawings say and the functions do not do, and the other way round."""
        for edge, drawn in self.drawn.items():
            machine = self.machines[edge.entity]
            arrow = f"{edge.entity} {edge.start} → {edge.end}"
            if edge.start not in (START, *machine.statuses) or edge.end not in machine.statuses:
                yield f"{arrow}: no such status"
            for function in drawn.functions:
                if function == BY_HAND:
                    if "studio" not in drawn.actors or drawn.functions != (BY_HAND,):
                        yield f"{arrow}: not by hand"
                elif function not in self.bodies:
                    yield f"{arrow}: there is no function {function}"
                elif not self._gives(function, machine, edge.end):
                    yield f"{arrow}: {function} does not do that"
        for function, writes in self.writes.items():
            for entity, machine in self.machines.items():
                for write in writes:
                    if write.table == machine.table and not self._is_drawn(function, entity, write):
                        yield f"{entity} {write.status or 'status'}: {function} is not drawn"

    def _is_drawn(self, function: str, entity: str, write: Write) -> bool:
        return any(
            function in self._reached(drawer)
            for edge, drawn in self.drawn.items()
            if edge.entity == entity and write.status in (None, edge.end)
            for drawer in drawn.functions
        )

    def _gives(self, function: str, machine: Machine, status: str) -> bool:
        reached = self._reached(function)
        writes = set().union(*(self.writes[name] for name in reached))
        if Write(machine.table, status) in writes:
            return True
        return Write(machine.table, None) in writes and any(
            f"'{status}'" in self.bodies[name] or OF_STRIPE.search(self.bodies[name])
            for name in reached
        )

    def _reached(self, name: str) -> set[str]:
        """A function and all that it calls, however deep."""
        reached: set[str] = set()
        left = [name]
        while left:
            name = left.pop()
            if name in self.bodies and name not in reached:
                reached.add(name)
                left += re.findall(r"\bprivate\.(\w+)\(", self.bodies[name])
        return reached

    def _writes(self, body: str) -> Iterator[Write]:
        machines = {machine.table: machine for machine in self.machines.values()}
        for table, assignments in [*UPDATE.findall(body), *UPSERT.findall(body)]:
            if table in machines and (assigned := ASSIGNED.search(assignments)):
                yield from written(machines[table], assigned[1])
        for table, columns, values in INSERT.findall(body):
            if table not in machines:
                continue
            if "status" in re.findall(r"\w+", columns):
                yield from written(machines[table], values)
            else:
                yield Write(table, machines[table].default)


def written(machine: Machine, expression: str) -> Iterator[Write]:
    """The statuses that an expression names; what it leaves to others is None."""
    named = [status for status in machine.statuses if f"'{status}'" in expression]
    yield from (Write(machine.table, status) for status in named)
    if not named:
        yield Write(machine.table, None)


def drawing(text: str) -> Iterator[tuple[Edge, Drawn]]:
    entity = None
    for line in CONTINUED.sub(" ", text).splitlines():
        if title := TITLE.match(line):
            entity = title[1]
        elif "→" in line:
            found = EDGE.match(line)
            assert found, f"not drawn as edges are: {line}"
            assert entity, f"an edge of nothing: {line}"
            drawn = Drawn(listed(found["functions"]), frozenset(listed(found["actors"])))
            for start, end in product(listed(found["starts"]), listed(found["ends"])):
                if start != end:
                    yield Edge(entity, start, end), drawn


def listed(text: str) -> tuple[str, ...]:
    return tuple(text.split(", "))


def without_comments(function: Function) -> str:
    return re.sub(r"--.*", "", function.text)


SQL = Sources.read()


def test_the_drawings_are_the_rows(db: psycopg.Connection) -> None:
    rows = db.execute(
        "select entity, from_status, to_status, actors::text[] from private.status_transitions"
    ).fetchall()
    declared = {
        Edge(entity, START if start == "new" else start, end): frozenset(actors)
        for entity, start, end, actors in rows
    }
    assert {edge: drawn.actors for edge, drawn in Transitions(SQL).drawn.items()} == declared


@pytest.mark.slow
def test_the_functions_do_what_is_drawn_and_nothing_else() -> None:
    assert list(Transitions(SQL).faults()) == []


def test_every_machine_is_drawn() -> None:
    transitions = Transitions(SQL)
    assert {edge.entity for edge in transitions.drawn} == transitions.machines.keys()


PAYOUTS = "sql/72_payouts/11_transitions.sql"
EARNINGS = "sql/70_earnings/11_transitions.sql"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "old", "new", "fault"),
    [
        (PAYOUTS, "unknown → pending: claim_payout", "unknown → pending: admin_resolve_problem",
         "payout unknown → pending: admin_resolve_problem does not do that"),
        (PAYOUTS, "held → pending: admin_release_payout", "held → pending: admin_let_payout_go",
         "payout held → pending: there is no function admin_let_payout_go"),
        (PAYOUTS, "pending → sending:", "pending → gone:", "payout pending → gone: no such status"),
        (PAYOUTS, "· → pending: open_payout_run (job)", "· → pending: Studio (job)",
         "payout · → pending: not by hand"),
        (PAYOUTS, "failed, unknown: record_transfer_failure", "failed: record_transfer_failure",
         "payout unknown: record_transfer_failure is not drawn"),
        (EARNINGS, "pending → available: make_earnings_available", "pending → available: Studio",
         "earning available: make_earnings_available is not drawn"),
        ("sql/72_payouts/51_cancel.sql", "set status = 'cancelled'", "set status = 'held'",
         "payout held → cancelled: admin_cancel_payout does not do that"),
    ],
)  # fmt: skip
def test_a_drawing_that_is_wrong_is_found(path: str, old: str, new: str, fault: str) -> None:
    before = list(Transitions(SQL).faults())
    assert fault not in before
    assert fault in Transitions(SQL.changed(path, old, new)).faults()


def test_an_edge_is_drawn_for_the_same_actors_and_as_edges_are() -> None:
    other = "unknown → paid: record_transfer, apply_transfer"
    unlike = SQL.changed(PAYOUTS, other, "held → pending: claim_payout")
    with pytest.raises(AssertionError, match="different actors"):
        _ = Transitions(unlike).drawn
    vague = SQL.changed(PAYOUTS, "unknown → paid: record_transfer", "unknown → paid, by looking")
    with pytest.raises(AssertionError, match="not drawn as edges are"):
        _ = Transitions(vague).drawn
