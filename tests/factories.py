"""The marketplace in a line each: people, lessons, bookings and money, made as the real roles.

Everything works on one superuser's connection, in a transaction that is rolled back or committed,
and takes each step as the role that takes it in production: a signed-in person, the webhook
service, the jobs, or an admin in Studio.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any, Literal
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.rows import DictRow, dict_row
from psycopg.types.json import Jsonb

from tests.instant import INSTANT
from tools.clock import travel

MARKETPLACE = UUID("00000000-0000-4000-8000-000000000001")
API_VERSION = "test-api-version"

Service = Literal["webhook_service", "jobs"]
_numbers = count(1)


@dataclass(frozen=True)
class Instructor:
    id: UUID
    user_id: UUID
    org_id: UUID = MARKETPLACE


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


class World:
    """A marketplace in one database. `connection` belongs to supabase_admin."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection

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

    def contents(self, *, leaving_out: Iterable[str] = ()) -> dict[str, str | None]:
        """A digest of the rows of every table, to see whether anything changed anywhere."""
        tables = self.rows(
            "select format('%%s.%%I', relnamespace::regnamespace, relname) as name from pg_class"
            " where relnamespace in ('public'::regnamespace, 'private'::regnamespace)"
            " and relkind in ('r', 'p') and not relispartition"
        )
        kept = [table["name"] for table in tables if table["name"] not in leaving_out]
        digests = " union all ".join(
            f"select '{name}' as name, md5(string_agg(row::text, ' ' order by row::text)) as digest"
            f" from {name} row"
            for name in kept
        )
        return {row["name"]: row["digest"] for row in self.rows(digests)}

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

        A refused request is rolled back, as it would be.
        """
        token = {"role": role, **claims}
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
            return self.value(*_call(function, arguments))

    def ask(self, user_id: UUID | None, function: str, **arguments: Any) -> list[DictRow]:
        """Calls a public function as a signed-in person, or a visitor, and returns its rows."""
        with self.acting_as(user_id, "authenticated" if user_id else "anon"):
            return self.rows(*_call(function, arguments))

    def serve(self, login: Service, function: str, **arguments: Any) -> list[DictRow]:
        """Calls a private function as one of the services and returns its rows."""
        with self.serving_as(login):
            query, *parameters = _call(function, arguments)
            return self.rows(query, *parameters)

    def _set(self, setting: str, value: str) -> None:
        self.connection.execute("select set_config(%s, %s, true)", [setting, value])

    @contextmanager
    def refusing(self, sqlstate: str, code: str = "") -> Iterator[None]:
        """Expects a refusal, named as in refusal(), and undoes what was done before it."""
        with pytest.raises(psycopg.Error) as refused, self.connection.transaction():
            yield
        assert refusal(refused.value) == Refusal(sqlstate, code)

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

    # People

    def person(
        self, name: str = "Person", email: str | None = None, *, verified: bool = True
    ) -> UUID:
        """A person with a login, whose address is proven to be theirs unless said otherwise."""
        user_id = uuid4()
        self.connection.execute(
            "insert into auth.users (id, email, email_confirmed_at, raw_user_meta_data)"
            " values (%s, %s, case when %s then private.clock() end, %s)",
            [user_id, email or f"{user_id}@example.org", verified, Jsonb({"full_name": name})],
        )
        return user_id

    def email(self, user_id: UUID) -> str:
        email: str = self.value("select email from auth.users where id = %s", user_id)
        return email

    def admin(self) -> UUID:
        """An admin of the platform."""
        user_id = self.person("Admin")
        self.connection.execute(
            "insert into private.platform_admins (user_id, note) values (%s, 'test')", [user_id]
        )
        return user_id

    def organization(self, **columns: Any) -> UUID:
        """A school."""
        number = next(_numbers)
        given = {
            "name": f"School {number}",
            "slug": f"school-{uuid4().hex[:12]}",
            "time_zone": "Europe/London",
            "currency": "gbp",
        } | columns
        return self.insert("public.organizations", given)

    def member(self, org_id: UUID, role: str, user_id: UUID | None = None) -> UUID:
        """A person with a role in an organization."""
        user_id = user_id or self.person()
        self.insert(
            "public.organization_members", {"org_id": org_id, "user_id": user_id, "role": role}
        )
        return user_id

    def instructor(
        self, *, name: str = "Ann", org_id: UUID = MARKETPLACE, **columns: Any
    ) -> Instructor:
        """A verified instructor with a login. Columns as in public.instructors."""
        user_id = columns.pop("user_id", None) or self.person(name)
        given = {
            "org_id": org_id,
            "user_id": user_id,
            "display_name": name,
            "hourly_rate_cents": 4500,
            "currency": "gbp",
            "time_zone": "Europe/London",
            "verification_status": "verified",
        } | columns
        return Instructor(self.insert("public.instructors", given), user_id, org_id)

    def learner(self, org_id: UUID, user_id: UUID | None = None, name: str = "Ben") -> UUID:
        """A learner of an organization; returns the learner's id, not the login's."""
        learner_id = self.insert(
            "public.learners", {"org_id": org_id, "user_id": user_id, "full_name": name}
        )
        if user_id is not None:
            self.connection.execute(
                "insert into public.organization_members (org_id, user_id, role)"
                " values (%s, %s, 'learner') on conflict do nothing",
                [org_id, user_id],
            )
        return learner_id

    def managed_instructor(self, org_id: UUID, name: str = "Mo", **columns: Any) -> UUID:
        """A verified instructor of a school, without a login."""
        given = {
            "org_id": org_id,
            "display_name": name,
            "hourly_rate_cents": 4500,
            "currency": "gbp",
            "time_zone": "Europe/London",
            "verification_status": "verified",
        } | columns
        return self.insert("public.instructors", given)

    def child(self, org_id: UUID, user_id: UUID | None = None, age: int = 10) -> UUID:
        """A learner who turned `age` yesterday; returns the learner's id."""
        learner_id = self.learner(org_id, user_id, "Kit")
        self.connection.execute(
            "update public.learner_details set date_of_birth"
            " = (private.clock() - make_interval(years => %s, days => 1))::date"
            " where learner_id = %s",
            [age, learner_id],
        )
        return learner_id

    def guardian(self, learner_id: UUID, **scopes: bool) -> UUID:
        """A person who has consented to be a learner's guardian. Scopes: view, book, pay."""
        user_id = self.person("Gil")
        link_id = self.call(
            self.admin(),
            "public.link_guardian",
            p_learner_id=learner_id,
            p_guardian_email=self.email(user_id),
            **{f"p_can_{scope}": scopes.get(scope, False) for scope in ("view", "book", "pay")},
        )
        self.call(user_id, "public.give_guardian_consent", p_learner_guardian_id=link_id)
        return user_id

    # What is offered

    def service(self, instructor: Instructor, **columns: Any) -> UUID:
        """A lesson of 60 minutes at the hourly rate. Columns as in public.services."""
        given = {
            "org_id": instructor.org_id,
            "instructor_id": instructor.id,
            "title": f"Lesson {next(_numbers)}",
            "duration_minutes": 60,
            "currency": "gbp",
        } | columns
        return self.insert("public.services", given)

    def managed_slot(
        self, org_id: UUID, instructor_id: UUID, start_at: datetime | None = None
    ) -> UUID:
        """A published time of an instructor without a login. Times as in slot()."""
        service_id = self.insert(
            "public.services",
            {
                "org_id": org_id,
                "instructor_id": instructor_id,
                "title": f"Lesson {next(_numbers)}",
                "duration_minutes": 60,
                "currency": "gbp",
            },
        )
        return self.slot(service_id, start_at)

    def slot(self, service_id: UUID, start_at: datetime | None = None, **columns: Any) -> UUID:
        """A published time of a service, two days ahead at ten unless said otherwise."""
        service = self.row("select * from public.services where id = %s", service_id)
        start_at = start_at or self.in_days(2)
        given = {
            "org_id": service["org_id"],
            "service_id": service_id,
            "instructor_id": service["instructor_id"],
            "start_at": start_at,
            "end_at": start_at + timedelta(minutes=service["duration_minutes"]),
            "max_bookings": service["max_participants"],
        } | columns
        return self.insert("public.bookable_slots", given)

    # Calendars

    def window(
        self,
        instructor: Instructor,
        start: str = "09:00",
        end: str = "17:00",
        *,
        days: Iterable[int] = range(7),
        **columns: Any,
    ) -> list[UUID]:
        """Weekly hours in the instructor's local time; 0 is Sunday."""
        given = {"instructor_id": instructor.id, "start_time": start, "end_time": end} | columns
        return [
            self.insert("public.availability_windows", given | {"day_of_week": day}) for day in days
        ]

    def closing(self, instructor: Instructor, on_date: date, **columns: Any) -> UUID:
        """A date on which an instructor is closed, or from start_time to end_time of it."""
        given = {"instructor_id": instructor.id, "on_date": on_date, "is_available": False}
        return self.insert("public.availability_exceptions", given | columns)

    def opening(
        self, instructor: Instructor, on_date: date, start: str, end: str, **columns: Any
    ) -> UUID:
        """Hours of a single date."""
        times = {"start_time": start, "end_time": end, "is_available": True}
        return self.closing(instructor, on_date, **times, **columns)

    def publish(self, instructor: Instructor, service_id: UUID, days: int = 7) -> int:
        """Publishes the instructor's hours of the next days; how many slots are new."""
        published: int = self.call(
            instructor.user_id,
            "public.publish_slots",
            p_service_id=service_id,
            p_from=self.now(),
            p_to=self.now() + timedelta(days=days),
            p_instructor_id=instructor.id,
        )
        return published

    def open_times(
        self, instructor: Instructor, service_id: UUID, start: datetime, end: datetime
    ) -> list[DictRow]:
        """What a visitor is offered between two moments."""
        with self.acting_as(None, "anon"):
            return self.rows(
                "select * from public.list_open_slots(%s, %s, %s, %s)",
                instructor.id,
                service_id,
                start,
                end,
            )

    # Bookings and lessons

    def book(self, user_id: UUID, slot_id: UUID, **arguments: Any) -> DictRow:
        """Books as a signed-in person; the row that the public function returns."""
        with self.acting_as(user_id):
            return self.row(
                *_call(
                    "public.create_booking_with_payment",
                    {"p_learner_user_id": user_id, "p_slot_id": slot_id, **arguments},
                )
            )

    def request(
        self,
        user_id: UUID,
        instructor: Instructor,
        service_id: UUID,
        start_at: datetime,
        **arguments: Any,
    ) -> DictRow:
        """Requests a time as a signed-in person; the row that the public function returns."""
        with self.acting_as(user_id):
            return self.row(
                *_call(
                    "public.request_booking",
                    {
                        "p_instructor_id": instructor.id,
                        "p_service_id": service_id,
                        "p_start_at": start_at,
                        **arguments,
                    },
                )
            )

    def discount_code(self, **columns: Any) -> UUID:
        """A discount code, of the whole platform unless it has an org_id."""
        columns = {"code": f"CODE{next(_numbers)}"} | columns
        if "discount_bps" not in columns:
            columns = {"amount_cents": 500, "currency": "gbp"} | columns
        return self.insert("public.discount_codes", columns)

    def check_code(self, user_id: UUID, code: str, service_id: UUID, **arguments: Any) -> DictRow:
        (answer,) = self.ask(
            user_id,
            "public.check_discount_code",
            p_code=code,
            p_service_id=service_id,
            **arguments,
        )
        return answer

    def hourly(self, **columns: Any) -> tuple[Instructor, UUID]:
        """An instructor at 45.00 an hour, and a service of an hour that is priced by it."""
        instructor = self.instructor(hourly_rate_cents=4500, currency="gbp")
        return instructor, self.service(instructor, **({"price_cents": None} | columns))

    def buy_hours(
        self, learner: UUID, instructor: Instructor, hours: int | Decimal = 10, **arguments: Any
    ) -> Credit:
        (bought,) = self.ask(
            learner,
            "public.buy_credits",
            p_instructor_id=instructor.id,
            p_hours=hours,
            **arguments,
        )
        return Credit(self, bought["credit_id"], learner, instructor)

    def hours(
        self, learner: UUID, instructor: Instructor, hours: int | Decimal = 10, **arguments: Any
    ) -> Credit:
        """Hours that were bought and paid."""
        credit = self.buy_hours(learner, instructor, hours, **arguments)
        credit.pay()
        return credit

    def booking(self, instructor: Instructor | None = None, **service_columns: Any) -> Booking:
        """A held booking of somebody with an instructor, two days ahead."""
        instructor = instructor or self.instructor()
        learner = self.person("Ben")
        start_at = service_columns.pop("start_at", None)
        slot_id = self.slot(self.service(instructor, **service_columns), start_at)
        booked = self.book(learner, slot_id)
        return Booking(self, booked["booking_id"], learner, instructor, slot_id)

    def lesson(self, instructor: Instructor | None = None, **service_columns: Any) -> Booking:
        """A lesson that was paid for and has just been given. Arguments as of booking()."""
        booking = self.booking(instructor, **service_columns)
        assert booking.pay() == "processed"
        booking.complete()
        return booking

    # Stripe

    def deliver(
        self,
        type: str,
        object: dict[str, Any],
        *,
        event_id: str | None = None,
        endpoint: str = "platform",
        account: str | None = None,
        livemode: bool = False,
        api_version: str = API_VERSION,
        occurred_at: datetime | None = None,
    ) -> str:
        """Delivers a webhook as the service does, and returns what became of it."""
        payload = json.dumps({"type": type, "data": {"object": object}})
        (row,) = self.serve(
            "webhook_service",
            "private.receive_stripe_event",
            p_endpoint=endpoint,
            p_event_id=event_id or f"evt_{uuid4().hex}",
            p_type=type,
            p_account=account,
            p_livemode=livemode,
            p_api_version=api_version,
            p_created_at=occurred_at or self.now(),
            p_raw=payload.encode(),
            p_payload=payload,
            p_expected_livemode=False,
            p_expected_api_version=API_VERSION,
        )
        status: str = row["receive_stripe_event"]
        return status

    def settle_funds(
        self, payment: DictRow, available_at: datetime | None = None, fee_cents: int = 0
    ) -> None:
        """Lets Stripe say what it keeps, and from when the rest can be transferred."""
        available_at = available_at or self.now()
        self.serve(
            "jobs",
            "private.record_processing_fee",
            p_payment_id=payment["id"],
            p_balance_transactions=Jsonb(
                [
                    {
                        "id": f"txn_{payment['id'].hex}",
                        "currency": payment["currency"],
                        "fee": fee_cents,
                        "available_on": int(available_at.timestamp()),
                    }
                ]
            ),
        )

    def carry_refunds(self, status: str = "succeeded") -> list[str]:
        """Makes the refunds that wait in the outbox, as Stripe would; what became of the news."""
        waiting = self.rows(
            "select * from public.refunds where status in ('pending', 'requires_action')"
            " order by created_at, id"
        )
        outcomes = []
        for refund in waiting:
            payment = self.row("select * from public.payments where id = %s", refund["payment_id"])
            sent = refund_object(
                payment,
                refund["amount_cents"],
                status,
                id=f"re_{refund['id'].hex}",
                metadata={"refund_id": str(refund["id"])},
            )
            outcomes.append(self.deliver("refund.updated", sent))
        return outcomes

    def dispute(
        self, payment: DictRow, status: str = "needs_response", **fields: Any
    ) -> dict[str, Any]:
        """A dispute over a payment, as Stripe would send it; its id is the payment's."""
        sent = dispute_object(payment, status, **fields)
        assert self.deliver("charge.dispute.updated", sent) == "processed"
        return sent

    def ending(self, user_id: UUID, booking_id: UUID) -> DictRow:
        """What cancelling a booking would give back."""
        (ending,) = self.ask(user_id, "public.preview_cancellation", p_booking_id=booking_id)
        return ending

    def cancel(self, user_id: UUID, booking_id: UUID, **arguments: Any) -> DictRow:
        (ending,) = self.ask(user_id, "public.cancel_booking", p_booking_id=booking_id, **arguments)
        return ending

    def commands(self, topic: str) -> list[DictRow]:
        """The payloads of the outbox's commands of a topic."""
        waiting = self.rows(
            "select payload from private.outbox where topic = %s order by id", topic
        )
        return [command["payload"] for command in waiting]

    def open_account(self, user_id: UUID | None, instructor_id: UUID | None = None) -> DictRow:
        """Asks for the Stripe account of an instructor, which is still to be made at Stripe."""
        (opened,) = self.serve(
            "webhook_service",
            "private.open_connect_account",
            p_user_id=user_id,
            p_instructor_id=instructor_id,
            p_org_id=None,
            p_country="GB",
            p_platform_country="GB",
        )
        return opened

    def onboard(self, instructor: Instructor) -> str:
        """Gives an instructor a Stripe account that can be paid; returns its id."""
        opened = self.open_account(instructor.user_id, instructor.id)
        account = account_object(opened["metadata"], ready=True)
        self.deliver("account.updated", account, endpoint="connect", account=account["id"])
        account_id: str = account["id"]
        return account_id

    def run_payouts(self) -> list[DictRow]:
        """Runs every due payday with a Stripe that always says yes; returns how each run closed."""
        started_at = self.now()
        closed = []
        for due in self.serve("jobs", "private.due_payout_runs", p_date=None, p_org_id=None):
            (run,) = self.serve(
                "jobs",
                "private.open_payout_run",
                p_org_id=due["org_id"],
                p_schedule=due["schedule"],
                p_period_on=due["period_on"],
            )
            run_id = run["open_payout_run"]
            while claimed := self.claim_payout(run_id, started_at):
                self.serve(
                    "jobs",
                    "private.record_transfer",
                    p_payout_id=claimed["payout_id"],
                    p_attempt=claimed["attempt"],
                    p_transfer=Jsonb(transfer_object(claimed)),
                )
            closed += self.serve("jobs", "private.close_payout_run", p_run_id=run_id)
        return closed

    def claim_payout(self, run_id: UUID, started_at: datetime) -> DictRow | None:
        claimed = self.serve(
            "jobs",
            "private.claim_payout",
            p_run_id=run_id,
            p_worker_id=uuid4(),
            p_lease=timedelta(minutes=1),
            p_started_at=started_at,
        )
        return claimed[0] if claimed else None

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


@dataclass(frozen=True)
class Booking:
    """A booking and the steps that it can take."""

    world: World
    id: UUID
    learner: UUID
    instructor: Instructor
    slot_id: UUID

    @property
    def columns(self) -> DictRow:
        return self.world.row("select * from public.bookings where id = %s", self.id)

    @property
    def status(self) -> str:
        status: str = self.columns["status"]
        return status

    @property
    def payment(self) -> DictRow:
        return self.world.row("select * from public.payments where booking_id = %s", self.id)

    def discount(self, amount_cents: int) -> None:
        """Takes something off the price, as a discount code does, before it is paid."""
        if amount_cents == 0:
            return
        code_id = self.world.discount_code(amount_cents=amount_cents, may_exceed_fee=True)
        with self.world.connection.transaction():
            self.world.connection.execute("set local session_replication_role = replica")
            self.world.connection.execute(
                "update public.bookings set discount_cents = %(discount)s,"
                " total_cents = total_cents - %(discount)s where id = %(id)s",
                {"discount": amount_cents, "id": self.id},
            )
            self.world.connection.execute("set local session_replication_role = origin")
            self.world.connection.execute(
                "insert into public.code_redemptions (org_id, kind, discount_code_id, learner_id,"
                " learner_person_id, booking_id, currency, discount_cents)"
                " select org_id, 'discount', %s, learner_id, learner_person_id, id, currency, %s"
                " from public.bookings where id = %s",
                (code_id, amount_cents, self.id),
            )

    def open_payment(self) -> DictRow:
        (opened,) = self.world.serve(
            "webhook_service", "private.open_payment", p_user_id=self.learner, p_booking_id=self.id
        )
        return opened

    def intent(self, status: str = "succeeded", **fields: Any) -> dict[str, Any]:
        """The payment's PaymentIntent, as Stripe would send it; opens the payment if need be."""
        payments = self.world.rows("select * from public.payments where booking_id = %s", self.id)
        if not payments:
            self.open_payment()
        return intent_object(self.payment, status, **fields)

    def pay(self) -> str:
        """Pays in full, with money that can be transferred at once; what the webhook became."""
        outcome = self.world.deliver("payment_intent.succeeded", self.intent())
        if self.payment["status"] == "succeeded":
            self.settle_funds()
        return outcome

    def settle_funds(self, available_at: datetime | None = None, fee_cents: int = 0) -> None:
        self.world.settle_funds(self.payment, available_at, fee_cents)

    def refund(self, amount_cents: int, status: str = "succeeded", **fields: Any) -> str:
        """Refunds a part of the payment in Stripe's Dashboard; what became of the webhook."""
        refund = refund_object(self.payment, amount_cents, status, **fields)
        return self.world.deliver("refund.updated", refund)

    def start(self) -> None:
        self.world.travel(to=self.columns["start_at"])
        self.world.call(self.instructor.user_id, "public.start_lesson", p_booking_id=self.id)

    def complete(self) -> None:
        """Has the lesson, from its time to its end."""
        self.start()
        self.world.travel(to=self.columns["end_at"])
        self.world.call(self.instructor.user_id, "public.complete_lesson", p_booking_id=self.id)


@dataclass(frozen=True)
class Credit:
    """A purchase of prepaid hours and the steps that it can take."""

    world: World
    id: UUID
    learner: UUID
    instructor: Instructor

    @property
    def columns(self) -> DictRow:
        return self.world.row("select * from public.learner_credits where id = %s", self.id)

    @property
    def payment(self) -> DictRow:
        return self.world.row("select * from public.payments where credit_id = %s", self.id)

    def open_payment(self) -> DictRow:
        (opened,) = self.world.serve(
            "webhook_service",
            "private.open_payment",
            p_user_id=self.learner,
            p_booking_id=None,
            p_credit_id=self.id,
        )
        return opened

    def pay(self) -> str:
        """Pays in full, with money that can be transferred at once; what the webhook became."""
        self.open_payment()
        outcome = self.world.deliver(
            "payment_intent.succeeded", intent_object(self.payment, "succeeded")
        )
        if self.payment["status"] == "succeeded":
            self.world.settle_funds(self.payment)
        return outcome

    def book(self, service_id: UUID, start_at: datetime | None = None) -> Booking:
        """Books a lesson with the hours."""
        slot_id = self.world.slot(service_id, start_at)
        booked = self.world.book(self.learner, slot_id, p_use_credits=True)
        return Booking(self.world, booked["booking_id"], self.learner, self.instructor, slot_id)


def intent_object(payment: DictRow, status: str, **fields: Any) -> dict[str, Any]:
    paid = payment["amount_cents"] if status == "succeeded" else 0
    return {
        "object": "payment_intent",
        "id": f"pi_{payment['id'].hex}",
        "status": status,
        "created": int(INSTANT.timestamp()),
        "amount": payment["amount_cents"],
        "amount_received": paid,
        "amount_capturable": payment["amount_cents"] if status == "requires_capture" else 0,
        "currency": payment["currency"],
        "latest_charge": f"ch_{payment['id'].hex}" if paid else None,
        "last_payment_error": None,
        "metadata": {"payment_id": str(payment["id"])},
    } | fields


def refund_object(
    payment: DictRow, amount_cents: int, status: str = "succeeded", **fields: Any
) -> dict[str, Any]:
    return {
        "object": "refund",
        "id": f"re_{uuid4().hex}",
        "status": status,
        "amount": amount_cents,
        "currency": payment["currency"],
        "payment_intent": payment["stripe_payment_intent_id"],
        "charge": payment["stripe_charge_id"],
        "failure_reason": None,
        "metadata": {},
    } | fields


def dispute_object(payment: DictRow, status: str, **fields: Any) -> dict[str, Any]:
    amount = int(fields.get("amount") or payment["captured_cents"])
    taken = {
        "id": f"txn_{payment['id'].hex}1",
        "amount": -amount,
        "fee": 2000,
        "net": -amount - 2000,
    }
    returned = {"id": f"txn_{payment['id'].hex}2", "amount": amount, "fee": 0, "net": amount}
    moved = {"won": [taken, returned], "prevented": []}.get(status, [taken])
    return {
        "object": "dispute",
        "id": f"du_{payment['id'].hex}",
        "status": status,
        "amount": amount,
        "currency": payment["currency"],
        "created": int(INSTANT.timestamp()),
        "reason": "fraudulent",
        "payment_intent": payment["stripe_payment_intent_id"],
        "charge": payment["stripe_charge_id"],
        "is_charge_refundable": status.startswith("warning_"),
        "evidence_details": {"due_by": 1800000000, "has_evidence": False},
        "balance_transactions": [] if status.startswith("warning_") else moved,
    } | fields


def account_object(metadata: dict[str, Any], *, ready: bool, **fields: Any) -> dict[str, Any]:
    return {
        "object": "account",
        "id": f"acct_{metadata['connect_account_id'].replace('-', '')}",
        "type": "express",
        "created": int(INSTANT.timestamp()),
        "charges_enabled": ready,
        "payouts_enabled": ready,
        "details_submitted": ready,
        "capabilities": {"transfers": "active" if ready else "inactive"},
        "requirements": {"disabled_reason": None, "currently_due": []},
        "country": "GB",
        "default_currency": "gbp",
        "business_type": "individual",
        "business_profile": {},
        "metadata": metadata,
    } | fields


def transfer_object(claimed: DictRow, **fields: Any) -> dict[str, Any]:
    """The transfer that a claimed payout asks for, as Stripe would answer."""
    return {
        "object": "transfer",
        "id": f"tr_{claimed['payout_id'].hex}{claimed['attempt']}",
        "amount": claimed["amount_cents"],
        "amount_reversed": 0,
        "currency": claimed["currency"],
        "destination": claimed["destination"],
        "transfer_group": claimed["transfer_group"],
        "metadata": {name: str(value) for name, value in claimed["metadata"].items()},
    } | fields


def _call(function: str, arguments: dict[str, Any]) -> tuple[Any, ...]:
    """A query that calls a function by the names of its parameters, and the values."""
    named = ", ".join(f"{name} => %s" for name in arguments)
    return (f"select * from {function}({named})", *arguments.values())
