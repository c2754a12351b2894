"""Values that somebody up to no good would send, by the type that takes them, and calls with them.

Each value can be read as its type: what cannot is refused before a function begins.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from tests.access.marketplace import Marketplace, Parties, Person
from tests.access.matrix import ALLOWED, Call, Matrix, Table
from tests.access.oracle import Row, equal, fill, list_rows
from tests.factories import World

Write = Literal["insert", "update"]

# The token of a login that has been deleted stays valid until it expires.
DELETED = Person("deleted", "newcomer", UUID("dddddddd-0000-4000-8000-000000000000"))

TEXTS = [
    "",
    "   ",
    "\u200b",
    "\u2800",
    "\n",
    "\u00a0",
    "\u3164",
    "\ufeff\u2060",
    "\U000e0041",
    "Ann\u202egnp.exe",
    "Ann\nBell",
    "Ann\x07",
    "\u2028",
    "x" * 201,
    "x" * 100_000,
    "Ω" * 3000,
    "👩‍🏫🏴\U000e0067\U000e0062\U000e007f",
    "'; drop table public.bookings; --",
    "%s %I \\ {0} ${1}",
    "\\",
    "%_%",
    "\ufffe",
    "\U0010ffff",
    "a@b",
    "ann@example.org\n",
    "ann@example.org\u00a0",
    "ann@example.org,ben@example.org",
    "ann@example.org;ben@example.org",
    "ann@example.org ben@example.org",
    "Ann <ann@example.org>",
    "ann@ex\u200bample.org",
    "@",
    "ann@@example.org",
    "europe/london",
    "EUROPE/LONDON",
    "Europe/london",
    "Europe/London\n",
    "Europe/London5",
    "../../etc/passwd",
    "EST5EDT",
    "posixrules",
    "GBP",
    "gbp\n",
    "zzz",
    "\u017fgd",
    "https://example.org/\n",
    "javascript:alert(1)",
    "payment",
    "null",
    "00000000-0000-4000-8000-000000000001",
]

VALUES: Mapping[str, Sequence[str]] = {
    "uuid": [
        "00000000-0000-0000-0000-000000000000",
        "00000000-0000-4000-8000-000000000000",
        "00000000-0000-4000-8000-000000000001",
        "ffffffff-ffff-ffff-ffff-ffffffffffff",
        "{FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF}",
        str(DELETED.user_id),
    ],
    "text": TEXTS,
    "boolean": ["true", "false"],
    "smallint": ["0", "1", "-1", "7", "32767", "-32768"],
    "uuid[]": [
        "{}",
        "{null}",
        "{00000000-0000-4000-8000-000000000001}",
        "{{null}}",
        "[2:2]={00000000-0000-4000-8000-000000000001}",
    ],
    "integer[]": [
        "{}",
        "{0,6}",
        "{7}",
        "{-1}",
        "{null}",
        "{{1},{2}}",
        "[2:3]={1,2}",
        "{2147483647}",
    ],
    "integer": ["0", "1", "-1", "15", "60", "366", "100000", "2147483647", "-2147483648"],
    "bigint": ["0", "1", "-1", "50000000", "2147483648", str(2**63 - 1), str(-(2**63))],
    "numeric": ["0", "-1", "0.1", "1e-300", "1e300", "1e131071", "NaN", "Infinity", "-Infinity"],
    "double precision": ["0", "-1", "90.0001", "-180.1", "1e-300", "1e308", "NaN", "Infinity"],
    "timestamp with time zone": [
        "infinity",
        "-infinity",
        "294276-12-31 23:59:59.999999+00",
        "294276-12-31 00:00:00-15:59",
        "4714-11-24 00:00:00+00 BC",
        "1970-01-01 00:00:00+00",
        "2026-06-11 10:00:00.000001+00",
        "2026-10-25 01:30:00+01",
        "2100-01-01 00:00:00+00",
        "9999-12-31 23:59:59+00",
    ],
    "date": [
        "infinity",
        "-infinity",
        "5874897-12-31",
        "294276-12-31",
        "294277-01-01",
        "9999-12-31",
        "2100-01-01",
        "1900-01-01",
        "0001-01-01",
        "4714-11-24 BC",
    ],
    "time without time zone": ["00:00", "24:00", "23:59:59.999999", "09:00:00.000001", "23:59:60"],
    "interval": [
        "0",
        "infinity",
        "-infinity",
        "178000000 years",
        "-178000000 years",
        "1 microsecond",
        "-1 month 31 days",
        "89 days 24:00:00.000001",
        "2562047788 hours",
    ],
    "text[]": [
        "{}",
        '{""}',
        "{null}",
        '{" "}',
        '{"\u200b"}',
        '{"a\nb"}',
        "{{a,b},{c,d}}",
        "{{{a}}}",
        "[5:6]={a,b}",
        "{" + ",".join(["tag"] * 51) + "}",
        "{" + ",".join(["tag"] * 20_000) + "}",
        '{"' + "x" * 101 + '"}',
    ],
    "jsonb": [
        "null",
        "true",
        "[]",
        "{}",
        "1e400",
        '"x"',
        "[[]]",
        "[null]",
        "[{}]",
        "[" * 5000 + "]" * 5000,
        '{"a": "' + "x" * 100_000 + '"}',
        '{"lat": 1e400, "lng": -1e400}',
        '{"lat": "NaN", "lng": "Infinity"}',
        '{"lat": 51.5}',
        '{"address": null}',
        '{"address": ["x"], "lat": {}, "lng": []}',
        '{"address": "\u200b"}',
        '{"address": "a\\nb"}',
        '{"address": "x", "lat": 51.5, "lng": -0.1, "more": 1}',
        "[null]",
        "[[[]]]",
        '[{"ts": "294276-12-31 23:59:59.999999+00", "lat": 91, "lng": 181}]',
        '[{"ts": "infinity", "lat": 51.5, "lng": -0.1}]',
        '[{"ts": null, "lat": "x", "lng": {}, "speed_kph": 1e400, "accuracy_meters": -1}]',
        '[{"ts": "2026-06-12T10:00:05Z", "lat": 1e400, "lng": "NaN", "speed_kph": []}]',
        '[{"title": "​", "area": null}, {"title": {"a": 1}}]',
        '[{"title": null}, {"area": "x"}]',
        '[{"skill_id": "x", "level": 3}]',
        '[{"skill_id": null, "level": "3.5", "note": {}}]',
        '[{"skill_id": "00000000-0000-4000-8000-000000000000", "level": 1e400}]',
        '[{"notice_minutes": 1e400, "refund_bps": 1}]',
        '[{"notice_minutes": 1.5, "refund_bps": 0.5}]',
        '[{"notice_minutes": "60", "refund_bps": null}]',
        '[{"notice_minutes": "x", "refund_bps": "y"}]',
        '[{"notice_minutes": -9223372036854775809, "refund_bps": 9223372036854775808}]',
        '{"notice_minutes": 60, "refund_bps": 10000}',
        '{"instructor": {"deep": ["coach"]}, "": "\u202e"}',
    ],
}


@dataclass(frozen=True)
class Attempt:
    """A person who sends values to a door, in a statement with a place for each."""

    person: Person
    command: Literal["call", Write]
    door: str
    statement: str
    values: tuple[str | None, ...]

    def __str__(self) -> str:
        sent = [value if value is None else ascii(value[:60]) for value in self.values]
        return f"{self.person.name}: {self.statement} {sent}"


@dataclass(frozen=True)
class Door:
    """A function to call, or a row to write, with good values for who may."""

    command: Literal["call", Write]
    name: str
    types: Mapping[str, str]
    good: Mapping[str, str]
    able: Sequence[Person]
    where: str = ""
    """Which row is updated."""

    def attempt(self, person: Person, hostile: Mapping[str, str | None]) -> Attempt:
        sent = {**self.good, **hostile}
        places = {name: f"%s::{self.types[name]}" for name in sent}
        values = tuple(sent.values())
        return Attempt(person, self.command, self.name, self._statement(places), values)

    def _statement(self, places: Mapping[str, str]) -> str:
        if self.command == "call":
            given = ", ".join(f"{name} => {place}" for name, place in places.items())
            return f"select to_jsonb(answer) from public.{self.name}({given}) answer"
        if self.command == "insert":
            given = ", ".join(places.values())
            return f"insert into public.{self.name} ({', '.join(places)}) values ({given})"
        changes = ", ".join(f"{name} = {place}" for name, place in places.items())
        return f"update public.{self.name} set {changes} where {self.where}"


class Doors:
    """Every public function, and every table that people write."""

    def __init__(self, world: World, marketplace: Marketplace, matrix: Matrix) -> None:
        self._world, self._marketplace = world, marketplace
        self._chance = random.Random(1)
        self._labels = {
            row["type"]: row["labels"]
            for row in world.rows(
                "select enumtypid::regtype::text as type, array_agg(enumlabel::text) as labels"
                " from pg_enum group by 1"
            )
        }
        self._doors = [*self._functions(matrix), *self._tables(matrix)]

    @property
    def names(self) -> set[str]:
        """What takes values: how it is written, and what it is called."""
        return {f"{door.command} {door.name}" for door in self._doors if door.types}

    def hostile_attempts(self) -> Iterator[Attempt]:
        """Each value in each place that takes it, in any order; then several at once, for ever."""
        singly = [
            (door, {name: value})
            for door in self._doors
            for name, type in door.types.items()
            for value in (None, *self._pool(type))
        ]
        self._chance.shuffle(singly)
        for door, hostile in singly:
            yield door.attempt(self._somebody(door), hostile)
        while True:
            door = self._chance.choice(self._doors)
            names = self._chance.sample(list(door.types), self._chance.randint(0, len(door.types)))
            several = {name: self._chance.choice(self._pool(door.types[name])) for name in names}
            yield door.attempt(self._somebody(door), several)

    def good_attempt(self) -> Attempt:
        """What anybody would send: it may come upon what was taken before."""
        door = self._chance.choice(self._doors)
        return door.attempt(self._somebody(door), {})

    def _somebody(self, door: Door) -> Person:
        """Mostly who may, so that values are looked at."""
        if door.able and self._chance.random() < 0.8:
            return self._chance.choice(door.able)
        return self._chance.choice([*self._marketplace.people, DELETED])

    def _pool(self, type: str) -> Sequence[str]:
        return self._labels.get(type) or VALUES[type]

    def _functions(self, matrix: Matrix) -> Iterator[Door]:
        parameters = {
            row["name"]: dict(zip(row["names"] or [], row["types"], strict=True))
            for row in self._world.rows(
                "select proname as name, proargnames[:pronargs] as names,"
                " array(select oid::regtype::text from unnest(proargtypes) oid) as types"
                " from pg_proc where pronamespace = 'public'::regnamespace"
            )
        }
        for function in matrix.functions:
            for call in function.calls:
                able = self._who_may(call)
                caller = {"caller": able[0].user_id} if able else {}
                good = fill(call.arguments, self._marketplace.values | caller)
                yield Door(
                    "call",
                    function.name,
                    parameters[function.name],
                    {name: _as_text(value) for name, value in good.items()},
                    able[:1],
                )

    def _who_may(self, call: Call) -> list[Person]:
        parties = Parties(**fill(call.of, self._marketplace.values))
        return [
            person
            for person in self._marketplace.people
            if call.outcomes[self._marketplace.audience(person, parties)] == ALLOWED
        ]

    def _tables(self, matrix: Matrix) -> Iterator[Door]:
        for table in matrix.tables:
            types = {
                row["name"]: row["type"]
                for row in self._world.rows(
                    "select attname as name, atttypid::regtype::text as type from pg_attribute"
                    " where attrelid = to_regclass('public.' || %s) and attnum > 0",
                    table.name,
                )
            }
            given_for: dict[Write, Mapping[str, str]] = {
                "insert": table.insert,
                "update": table.update,
            }
            for command, given in given_for.items():
                if given:
                    row, person = self._writable(table, command)
                    good = row.fill(self._marketplace, given)
                    yield Door(
                        command,
                        table.name,
                        {name: types[name] for name in given},
                        {name: _as_text(value) for name, value in good.items()},
                        [person],
                        equal(row.key),
                    )

    def _writable(self, table: Table, command: Write) -> tuple[Row, Person]:
        return next(
            (row, person)
            for row in list_rows(self._world, table)
            for person in self._marketplace.people
            if row.cell(command, self._marketplace.audience(person, row.parties)) == ALLOWED
        )


def _as_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
