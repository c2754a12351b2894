"""A pool of connections to Postgres, and the only place where its errors become Python errors."""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, LiteralString, Self, TypeVar

import psycopg
from psycopg import sql
from psycopg.abc import PQGen
from psycopg.rows import BaseRowFactory, class_row, scalar_row
from psycopg_pool import ConnectionPool, PoolTimeout
from tenacity import Retrying, retry_if_exception, stop_after_attempt

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Fetched = TypeVar("Fetched")
Row = TypeVar("Row", bound="DataclassInstance")

# Connection lost, a server that has become read-only in a failover, serialization failure or
# deadlock, resources short, lock not available, statement cancelled or server restarting, disk.
TRANSIENT_STATES = ("08", "25006", "40", "53", "55", "57", "58")
REASONS = {
    "25006": "takes no writes: it is read-only",
    "53100": "takes no writes: its disk is full",
    "53300": "has no connection left for this login",
    "55P03": "holds a lock that somebody else does not give back",
    "57014": "took too long over one statement",
}
SLOW = "30min"
# Longer than the logins' statement_timeout, which ends all but a commit that waits for a standby.
ANSWER_SECONDS = 20
CONNECTION_LOST = ("08", "57P01", "57P02", "57P03")


class DatabaseError(Exception):
    """Any failure of a call to the database."""


class Refused(DatabaseError):
    """A rule refused the call: an HTTP status, a stable code, a sentence and the next step."""

    def __init__(self, status: int, code: str, message: str, hint: str | None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.hint = hint


class DatabaseUnavailable(DatabaseError):
    """The database did not answer, or asked to try again. Trying again is safe.

    `reason` is the end of a sentence about the database, for a person.
    """

    @property
    def reason(self) -> str:
        """Say what keeps the database from answering, as far as its SQLSTATE tells."""
        return REASONS.get(str(self), "does not answer")


class DatabaseFault(DatabaseError):
    """An unexpected error. Names its SQLSTATE, never the values."""


class NoAnswer(psycopg.OperationalError):
    """The server is connected, and has not answered in time."""


class BoundedConnection(psycopg.Connection[Any]):
    """A connection that is closed once a call has waited `answer_seconds` for the server."""

    answer_seconds: float | None = ANSWER_SECONDS

    def wait(
        self, gen: PQGen[Fetched], interval: float = 0.1, timeout: float | None = None
    ) -> Fetched:
        """Wait for an answer; raise NoAnswer if there is none in time."""
        try:
            return super().wait(gen, interval, timeout or self.answer_seconds)
        except psycopg.OperationalError as error:
            if self.closed or error.sqlstate:
                raise
            self.close()
            raise NoAnswer("no answer in time") from None


class Postgres:
    """A pool of connections that works through a transaction pooler.

    Every function called here may be repeated. So a call whose connection turns out to be dead is
    made once more on a new one, even though the first may have been committed.
    """

    # Functions that may take longer than the login's statement_timeout allows.
    slow: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, url: str, *, login: str, size: int, timeout: float) -> None:
        self._url = url
        self._options: dict[str, Any] = {
            "application_name": login,
            "autocommit": True,
            "prepare_threshold": None,
            "connect_timeout": 5,
            "keepalives_idle": 30,
            "tcp_user_timeout": 10_000,
        }
        self._pool = ConnectionPool(
            url,
            min_size=0,
            max_size=size,
            timeout=timeout,
            reconnect_timeout=timeout,
            open=False,
            connection_class=BoundedConnection,
            kwargs=self._options,
        )
        self._retrying = Retrying(
            retry=retry_if_exception(_is_connection_lost),
            stop=stop_after_attempt(2),
            before_sleep=lambda _: self._pool.check(),
            reraise=True,
        )
        self._pool.open()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection."""
        self._pool.close()

    def ping(self) -> None:
        """Raise DatabaseUnavailable unless the database answers."""
        self._fetch(scalar_row, sql.SQL("select 1"), {})

    def connect_once(self) -> None:
        """Connect beside the pool; raise DatabaseUnavailable with what the server answers.

        The pool itself says only that it got no connection in time.
        """
        try:
            psycopg.connect(self._url, **self._options).close()
        except psycopg.Error as error:
            raise DatabaseUnavailable(str(error).strip().splitlines()[-1]) from None

    def server_time(self) -> datetime:
        """Return what the clock of the database's machine says, whatever the rules' clock does."""
        now: datetime = self._fetch(scalar_row, sql.SQL("select clock_timestamp()"), {})[0]
        return now

    def _rows(self, row: type[Row], function: LiteralString, /, **arguments: object) -> list[Row]:
        """Return the rows of `private.<function>`, whose columns are the fields of a dataclass.

        Every argument is passed by name: `date=…` is the parameter `p_date`.
        """
        call = _select(row, function, arguments)
        return self._fetch(class_row(row), call, arguments, is_slow=function in self.slow)

    def _one(self, row: type[Row], function: LiteralString, /, **arguments: object) -> Row:
        """Return the first row of a function, as _rows does."""
        return self._rows(row, function, **arguments)[0]

    def _scalars(self, function: LiteralString, /, **arguments: object) -> list[Any]:
        """Return the values of `private.<function>`, whose rows have one column."""
        call = sql.SQL("select {}").format(_call(function, arguments))
        return self._fetch(scalar_row, call, arguments, is_slow=function in self.slow)

    def _scalar(self, function: LiteralString, /, **arguments: object) -> Any:
        """Return the value of a function, as _scalars does."""
        return self._scalars(function, **arguments)[0]

    @contextmanager
    def _transaction(self, *, force_rollback: bool) -> Iterator[psycopg.Connection[Any]]:
        """Hold one transaction over several calls of _rows_in. A psycopg.Rollback undoes it."""
        try:
            with (
                self._pool.connection() as connection,
                connection.transaction(force_rollback=force_rollback),
            ):
                yield connection
        except psycopg.Error as error:
            raise _translate(error) from None

    @staticmethod
    def _rows_in(
        connection: psycopg.Connection[Any],
        row: type[Row],
        function: LiteralString,
        /,
        **arguments: object,
    ) -> list[Row]:
        """Return the rows of a function, as _rows does, within a transaction."""
        call = _select(row, function, arguments)
        with connection.cursor(row_factory=class_row(row)) as cursor:
            return cursor.execute(call, arguments).fetchall()

    def _fetch(
        self,
        row: BaseRowFactory[Fetched],
        query: sql.SQL | sql.Composed,
        arguments: Mapping[str, object],
        *,
        is_slow: bool = False,
    ) -> list[Fetched]:
        try:
            return self._retrying(self._execute, row, query, arguments, is_slow)
        except psycopg.Error as error:
            raise _translate(error) from None

    def _execute(
        self,
        row: BaseRowFactory[Fetched],
        query: sql.SQL | sql.Composed,
        arguments: Mapping[str, object],
        is_slow: bool,
    ) -> list[Fetched]:
        with self._pool.connection() as connection, connection.cursor(row_factory=row) as cursor:
            if not is_slow:
                return cursor.execute(query, arguments).fetchall()
            connection.answer_seconds = None
            try:
                with connection.transaction():
                    connection.execute(sql.SQL("set local statement_timeout = {}").format(SLOW))
                    return cursor.execute(query, arguments).fetchall()
            finally:
                connection.answer_seconds = ANSWER_SECONDS


def _select(row: type, function: LiteralString, names: Iterable[str]) -> sql.Composed:
    columns = sql.SQL(", ").join(sql.Identifier(field.name) for field in fields(row))
    return sql.SQL("select {} from {}").format(columns, _call(function, names))


def _call(function: LiteralString, names: Iterable[str]) -> sql.Composed:
    arguments = sql.SQL(", ").join(
        sql.SQL("{} => {}").format(sql.Identifier(f"p_{name}"), sql.Placeholder(name))
        for name in names
    )
    return sql.SQL("{}({})").format(sql.Identifier("private", function), arguments)


def _is_connection_lost(error: BaseException) -> bool:
    if not isinstance(error, psycopg.OperationalError) or isinstance(error, PoolTimeout | NoAnswer):
        return False
    return error.sqlstate is None or error.sqlstate.startswith(CONNECTION_LOST)


def _translate(error: psycopg.Error) -> DatabaseError:
    state = error.sqlstate
    if state is None:
        if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
            return DatabaseUnavailable(type(error).__name__)
        return DatabaseFault(f"{type(error).__name__}: {error}")
    if state.startswith(TRANSIENT_STATES):
        return DatabaseUnavailable(state)
    code = _refusal_code(error.diag.message_detail)
    if code and (state == "42501" or state.startswith("PT")):
        status = 403 if state == "42501" else int(state[2:])
        return Refused(status, code, error.diag.message_primary or "", error.diag.message_hint)
    functions = [
        line
        for line in (error.diag.context or "").splitlines()
        if line.startswith(("PL/pgSQL function ", "SQL function "))
    ]
    where = functions[0] if functions else ""
    return DatabaseFault(f"{state} {error.diag.constraint_name or ''} {where}")


def _refusal_code(detail: str | None) -> str | None:
    """Return the code of a refusal; None for an error that no rule of ours raised."""
    try:
        refusal = json.loads(detail or "null")
    except ValueError:
        return None
    return refusal.get("code") if isinstance(refusal, dict) else None
