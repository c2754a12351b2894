"""The database: one method for each SQL function, of the same name.

The only place where database errors become Python errors.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, LiteralString, Self, TypeVar
from uuid import UUID

import psycopg
from psycopg.rows import BaseRowFactory, class_row, scalar_row
from psycopg.types.json import Jsonb
from psycopg_pool import ConnectionPool, PoolTimeout
from tenacity import Retrying, retry_if_exception, stop_after_attempt

Row = TypeVar("Row")
StripeDict = Mapping[str, Any]

# Connection lost, a server that has become read-only in a failover, serialization failure or
# deadlock, resources short, lock not available, statement cancelled or server restarting, disk.
TRANSIENT_STATES = ("08", "25006", "40", "53", "55", "57", "58")
CONNECTION_LOST = ("08", "57P01", "57P02", "57P03")


class DatabaseError(Exception):
    """Any failure of a call to the database."""


class Refused(DatabaseError):
    """A rule said no: an HTTP status, a stable code, a sentence and the next step."""

    def __init__(self, status: int, code: str, message: str, hint: str | None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.hint = hint


class DatabaseUnavailable(DatabaseError):
    """The database did not answer, or asks to try again. Trying again is safe."""


class DatabaseFault(DatabaseError):
    """An error nobody expected. Says which SQLSTATE, never which values."""


class Postgres:
    """A pool of connections that works through a transaction pooler.

    Every function called here may be repeated, so a call whose connection turns out to be dead is
    made once more on a living one, even if the first was committed without our knowing.
    """

    def __init__(self, url: str, *, login: str, size: int, timeout: float) -> None:
        self._pool = ConnectionPool(
            url,
            min_size=0,
            max_size=size,
            timeout=timeout,
            reconnect_timeout=timeout,
            open=False,
            kwargs={
                "application_name": login,
                "autocommit": True,
                "prepare_threshold": None,
                "connect_timeout": 5,
                "keepalives_idle": 30,
                "tcp_user_timeout": 10_000,
            },
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
        self._scalar("select 1")

    def _rows(self, row: type[Row], call: LiteralString, *arguments: object) -> list[Row]:
        return self._call(class_row(row), call, arguments)

    def _one(self, row: type[Row], call: LiteralString, *arguments: object) -> Row:
        return self._call(class_row(row), call, arguments)[0]

    def _scalar(self, call: LiteralString, *arguments: object) -> Any:
        return self._call(scalar_row, call, arguments)[0]

    def _scalars(self, call: LiteralString, *arguments: object) -> list[Any]:
        return self._call(scalar_row, call, arguments)

    def _call(
        self, row: BaseRowFactory[Row], call: LiteralString, arguments: Sequence[object]
    ) -> list[Row]:
        try:
            return self._retrying(self._execute, row, call, arguments)
        except psycopg.Error as error:
            raise _translate(error) from None

    def _execute(
        self, row: BaseRowFactory[Row], call: LiteralString, arguments: Sequence[object]
    ) -> list[Row]:
        with self._pool.connection() as connection, connection.cursor(row_factory=row) as cursor:
            return cursor.execute(call, arguments).fetchall()


def _is_connection_lost(error: BaseException) -> bool:
    if not isinstance(error, psycopg.OperationalError) or isinstance(error, PoolTimeout):
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
    where = (error.diag.context or "").split("\n", maxsplit=1)[0]
    return DatabaseFault(f"{state} {error.diag.constraint_name or ''} {where}")


def _refusal_code(detail: str | None) -> str | None:
    """Return the code of a refusal; None for an error that no rule of ours raised."""
    try:
        refusal = json.loads(detail or "null")
    except ValueError:
        return None
    return refusal.get("code") if isinstance(refusal, dict) else None


@dataclass(frozen=True, slots=True)
class StripeEvent:
    """A verified event: its envelope, the bytes that were signed, and the same as text."""

    id: str
    type: str
    account: str | None
    livemode: bool
    api_version: str | None
    created_at: datetime
    raw: bytes
    payload: str


@dataclass(frozen=True, slots=True)
class OpenPayment:
    """A payment to be collected: `amount_cents` in the minor unit of `currency`."""

    payment_id: UUID
    amount_cents: int
    currency: str
    stripe_payment_intent_id: str | None
    idempotency_key: str
    capture_method: Literal["automatic", "manual"]
    description: str
    transfer_group: str
    metadata: dict[str, str]


@dataclass(frozen=True, slots=True)
class OpenConnectAccount:
    """A payee's account at Stripe, made or still to be made."""

    connect_account_id: UUID
    stripe_account_id: str | None
    idempotency_key: str
    country: str
    service_agreement: Literal["full", "recipient"]
    email: str | None
    metadata: dict[str, str]


@dataclass(frozen=True, slots=True)
class AccountSync:
    """A payee's account that is to be fetched from Stripe."""

    connect_account_id: UUID
    stripe_account_id: str


class Database(Postgres):
    """What the login `webhook_service` may do."""

    def receive_stripe_event(
        self,
        endpoint: str,
        event: StripeEvent,
        *,
        expected_livemode: bool,
        expected_api_version: str,
    ) -> str:
        """Store and apply an event; return 'processed', 'ignored', 'parked' or 'duplicate'."""
        outcome: str = self._scalar(
            "select private.receive_stripe_event(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            endpoint,
            event.id,
            event.type,
            event.account,
            event.livemode,
            event.api_version,
            event.created_at,
            event.raw,
            event.payload,
            expected_livemode,
            expected_api_version,
        )
        return outcome

    def open_payment(
        self, user_id: UUID, booking_id: UUID | None, credit_id: UUID | None
    ) -> OpenPayment:
        """Open the payment of a booking or of a purchase of credit, or find the open one.

        Refuses with booking_not_found, booking_not_payable, credit_not_found, credit_not_payable
        or hold_expired.
        """
        return self._one(
            OpenPayment,
            "select * from private.open_payment(%s, %s, %s)",
            user_id,
            booking_id,
            credit_id,
        )

    def record_payment_intent(self, payment_id: UUID, payment_intent: StripeDict) -> None:
        """Record the PaymentIntent that Stripe made for a payment."""
        self._scalar(
            "select private.record_payment_intent(%s, %s)", payment_id, Jsonb(payment_intent)
        )

    def open_connect_account(
        self,
        user_id: UUID,
        instructor_id: UUID | None,
        org_id: UUID | None,
        country: str,
        platform_country: str,
    ) -> OpenConnectAccount:
        """Open the account of a payee, or find it; two None mean the caller as an instructor.

        Refuses with not_an_instructor or country_is_an_iso_code.
        """
        return self._one(
            OpenConnectAccount,
            "select * from private.open_connect_account(%s, %s, %s, %s, %s)",
            user_id,
            instructor_id,
            org_id,
            country,
            platform_country,
        )

    def record_connect_account(
        self, connect_account_id: UUID, account: StripeDict, *, is_fetched: bool
    ) -> None:
        """Record what Stripe says of a payee's account; fetched means that it says so now.

        Refuses with wrong_account or another_account_is_known.
        """
        self._scalar(
            "select private.record_connect_account(%s, %s, %s)",
            connect_account_id,
            Jsonb(account),
            is_fetched,
        )

    def open_dashboard_link(
        self, user_id: UUID, instructor_id: UUID | None, org_id: UUID | None
    ) -> str:
        """Return the Stripe account whose dashboard the caller may open.

        Refuses with not_an_instructor, no_account or onboarding_not_finished.
        """
        account_id: str = self._scalar(
            "select stripe_account_id from private.open_dashboard_link(%s, %s, %s)",
            user_id,
            instructor_id,
            org_id,
        )
        return account_id

    def open_account_sync(
        self, user_id: UUID, instructor_id: UUID | None, org_id: UUID | None
    ) -> AccountSync:
        """Return the account that the caller wants to have fetched, at most once a minute.

        Refuses with not_an_instructor, no_account or too_soon.
        """
        return self._one(
            AccountSync,
            "select connect_account_id, stripe_account_id"
            " from private.open_account_sync(%s, %s, %s)",
            user_id,
            instructor_id,
            org_id,
        )
