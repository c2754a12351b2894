"""A database: asking it, acting in it as those who act in production, and moving its time."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Literal, cast
from uuid import UUID

import psycopg
import pytest
from psycopg.rows import DictRow, dict_row

from tools.clock import travel

if TYPE_CHECKING:
    from tests.factories import World

Service = Literal["webhook_service", "jobs"]


@dataclass(frozen=True)
class Refusal:
    """What the Data API would show of an error."""

    sqlstate: str
    code: str


def refusal(error: psycopg.Error) -> Refusal:
    """The SQLSTATE of an error, and what names it: the code in its detail, or its constraint."""
    detail = error.diag.message_detail or ""
    code = json.loads(detail)["code"] if detail.startswith('{"code"') else ""
    return Refusal(error.sqlstate or "", code or error.diag.constraint_name or "")


def call_of(function: str, arguments: dict[str, Any]) -> tuple[Any, ...]:
    """A query that calls a function by the names of its parameters, and the values."""
    named = ", ".join(f"{name} => %s" for name in arguments)
    return (f"select * from {function}({named})", *arguments.values())


class Database:
    """`connection` belongs to supabase_admin."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection

    @property
    def _world(self) -> World:
        """This, as what it is a part of."""
        return cast("World", self)

    # Asking

    def rows(self, query: str, *parameters: Any) -> list[DictRow]:
        with self.connection.cursor(row_factory=dict_row) as cursor:
            cursor.execute(query, parameters)
            return cursor.fetchall() if cursor.description else []

    def row(self, query: str, *parameters: Any) -> DictRow:
        (row,) = self.rows(query, *parameters)
        return row

    def value(self, query: str, *parameters: Any) -> Any:
        (value,) = self.row(query, *parameters).values()
        return value

    def count(self, table: str) -> int:
        number: int = self.value(f"select count(*) from {table}")
        return number

    def violations(self) -> list[DictRow]:
        return self.rows("select * from private.check_invariants()")

    def ledger(self) -> dict[str, int]:
        """The sum of each kind of account, in the minor unit, without those that are zero."""
        sums = self.rows(
            "select account.kind::text, sum(entry.amount_cents)::bigint as amount_cents"
            " from private.ledger_entries entry"
            " join private.ledger_accounts account on account.id = entry.account_id"
            " group by account.kind having sum(entry.amount_cents) <> 0"
        )
        return {row["kind"]: row["amount_cents"] for row in sums}

    def contents(self, *, leaving_out: Iterable[str] = ()) -> dict[str, Decimal | None]:
        """A digest of the rows of every table, to see whether anything changed anywhere.

        A sum asks for no order: to sort each table took longer than to read it.
        """
        tables = self.rows(
            "select format('%%s.%%I', relnamespace::regnamespace, relname) as name from pg_class"
            " where relnamespace in ('public'::regnamespace, 'private'::regnamespace)"
            " and relkind in ('r', 'p') and not relispartition"
        )
        kept = [table["name"] for table in tables if table["name"] not in leaving_out]
        digests = " union all ".join(
            f"select '{name}' as name, sum(hashtextextended(row::text, 0)) as digest"
            f" from {name} row"
            for name in kept
        )
        # Planned once a connection: that takes longer than the digests.
        statement = f"contents_{sha256(digests.encode()).hexdigest()[:16]}"
        if not self.rows("select name from pg_prepared_statements where name = %s", statement):
            self.connection.execute(f"prepare {statement} as {digests}")
        return {row["name"]: row["digest"] for row in self.rows(f"execute {statement}")}

    @contextmanager
    def unchanged(self, *, leaving_out: Iterable[str] = ()) -> Iterator[None]:
        """Expects that no row of any other table changes."""
        before = self.contents(leaving_out=leaving_out)
        yield
        assert self.contents(leaving_out=leaving_out) == before

    def broken_rule(self, table: str, **columns: Any) -> str:
        """The rule that stops these values, written past every trigger; '' if none does."""
        assignments = ", ".join(f"{name} = %s" for name in columns)
        try:
            with self.connection.transaction(force_rollback=True):
                self.connection.execute("set local session_replication_role = replica")
                self.rows(f"update {table} set {assignments}", *columns.values())
        except psycopg.errors.IntegrityError as error:
            return refusal(error).code
        return ""

    # Acting

    @contextmanager
    def acting_as(
        self, user_id: UUID | None, role: str = "authenticated", **claims: Any
    ) -> Iterator[None]:
        """A request of the Data API, with the claims of a verified token.

        The session has a second factor unless the claims say otherwise. A refused request is
        rolled back, as it would be.
        """
        token = {"role": role, "aal": "aal2", **claims}
        if user_id is not None:
            token["sub"] = str(user_id)
        with self.connection.transaction():
            self.connection.execute(f"set local role {role}")
            self._set("request.jwt.claims", json.dumps(token))
            yield
            self.connection.execute("reset role")
            self._set("request.jwt.claims", "")

    @contextmanager
    def serving_as(self, login: Service) -> Iterator[None]:
        """A transaction of one of the two services."""
        with self.connection.transaction():
            self.connection.execute(f"set local session authorization {login}")
            yield
            self.connection.execute("set local session authorization default")

    @contextmanager
    def in_studio(self) -> Iterator[None]:
        """A transaction of an admin in Studio, to whom row-level security does not apply."""
        with self.connection.transaction():
            self.connection.execute("set local session authorization postgres")
            yield
            self.connection.execute("set local session authorization default")

    def call(self, user_id: UUID, function: str, **arguments: Any) -> Any:
        """Calls a public function as a signed-in person and returns its one value."""
        with self.acting_as(user_id):
            return self.value(*call_of(function, arguments))

    def ask(self, user_id: UUID | None, function: str, **arguments: Any) -> list[DictRow]:
        """Calls a public function as a signed-in person, or a visitor, and returns its rows."""
        with self.acting_as(user_id, "authenticated" if user_id else "anon"):
            return self.rows(*call_of(function, arguments))

    def serve(self, login: Service, function: str, **arguments: Any) -> list[DictRow]:
        """Calls a private function as one of the services and returns its rows."""
        with self.serving_as(login):
            query, *parameters = call_of(function, arguments)
            return self.rows(query, *parameters)

    def maintain(self) -> Counter[str]:
        """Does what `jobs maintain` does; returns how many rows each task affected."""
        affected: Counter[str] = Counter()
        rounds: list[tuple[str, dict[str, UUID]]] = [("private.maintain_platform", {})]
        for organization in self.serve("jobs", "private.list_organizations"):
            org_id = organization["list_organizations"]
            rounds.append(("private.maintain_organization", {"p_org_id": org_id}))
        for function, arguments in rounds:
            for row in self.serve("jobs", function, **arguments):
                affected[row["task"]] += row["affected"]
        return affected

    def _set(self, setting: str, value: str) -> None:
        self.connection.execute("select set_config(%s, %s, true)", [setting, value])

    @contextmanager
    def refusing(self, sqlstate: str, code: str = "") -> Iterator[None]:
        """Expects a refusal, named as in refusal(), and undoes what was done before it."""
        with pytest.raises(psycopg.Error) as refused, self.connection.transaction():
            yield
        assert refusal(refused.value) == Refusal(sqlstate, code)

    def insert(self, table: str, columns: dict[str, Any]) -> UUID:
        """A row of any table; returns its id."""
        names = ", ".join(columns)
        places = ", ".join(["%s"] * len(columns))
        row = self.connection.execute(
            f"insert into {table} ({names}) values ({places}) returning id",
            list(columns.values()),
        ).fetchone()
        assert row is not None
        new_id: UUID = row[0]
        return new_id

    # Time

    def now(self) -> datetime:
        moment: datetime = self.value("select private.clock()")
        return moment

    def travel(self, *, to: datetime | None = None, by: timedelta | None = None) -> datetime:
        return travel(self.connection, to=to, by=by)

    def in_days(self, days: int, hour: int = 10, minute: int = 0) -> datetime:
        """A time of day (UTC), some days from now."""
        midnight = self.now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight + timedelta(days=days, hours=hour, minutes=minute)
