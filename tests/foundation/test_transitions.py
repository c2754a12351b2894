"""A status moves along the listed edges only, and by the listed actors only."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from tests.factories import Booking, Refusal, Service, World, refusal

Columns = dict[str, Any]

FIRST = "new"
ACTORS = ("user", "service", "job", "studio")
# Open to what follows from an edit, and refused to a row that is added by hand.
BY_EFFECT_ALONE = {("refund", "studio"): {(FIRST, "pending")}}


@dataclass(frozen=True)
class Machine:
    """One row with a status, and what else is true of it in each."""

    entity: str
    table: str
    row: DictRow
    otherwise: Columns = field(default_factory=dict)
    within: dict[str, Columns] = field(default_factory=dict)

    def columns(self, status: str) -> Columns:
        return {"status": status} | self.otherwise | self.within.get(status, {})


def booking_machine(world: World, booking: Booking) -> Machine:
    returned = ("refund_bps", "cancellation_refund_cents", "restored_minutes", "kept_share_cents")
    nothing_back: Columns = dict.fromkeys(returned, 0)
    nobody = dict.fromkeys(
        ("hold_expires_at", "cancelled_at", "cancelled_by", "no_show_by", *returned)
    )
    within: dict[str, Columns] = {
        "proposed": {"hold_expires_at": world.now()},
        "held": {"hold_expires_at": world.now()},
        "requested": {"hold_expires_at": world.now()},
        "cancelled": {"cancelled_at": world.now(), "cancelled_by": "system"} | nothing_back,
        "no_show": {"no_show_by": "learner"} | nothing_back,
    }
    return Machine("booking", "public.bookings", booking.columns, nobody, within)


def payment_machine(world: World, booking: Booking) -> Machine:
    payment = booking.payment
    within: dict[str, Columns] = {"succeeded": {"captured_cents": payment["amount_cents"]}}
    return Machine("payment", "public.payments", payment, {"captured_cents": 0}, within)


def refund_machine(world: World, booking: Booking) -> Machine:
    row = first(
        world,
        "public.refunds",
        {
            "org_id": booking.instructor.org_id,
            "payment_id": booking.payment["id"],
            "learner_id": booking.columns["learner_id"],
            "instructor_id": booking.instructor.id,
            "currency": "gbp",
            "amount_cents": 1,
            "reason": "test",
            "status": "pending",
            "stripe_refund_id": "re_1",
        },
    )
    return Machine("refund", "public.refunds", row)


def payout_machine(world: World, booking: Booking) -> Machine:
    instructor = booking.instructor
    world.onboard(instructor)
    account = world.row("select id from public.stripe_connect_accounts")
    run = insert(
        world,
        "public.payout_runs",
        {
            "org_id": instructor.org_id,
            "schedule": "weekly",
            "period_on": "2030-01-04",
            "cutoff_at": world.now(),
            "heartbeat_at": world.now(),
        },
    )
    row = first(
        world,
        "public.payouts",
        {
            "org_id": instructor.org_id,
            "run_id": run["id"],
            "payee_id": instructor.id,
            "instructor_id": instructor.id,
            "connect_account_id": account["id"],
            "currency": "gbp",
            "amount_cents": 1,
            "payout_date": "2030-01-04",
        },
    )
    paid = {"stripe_transfer_id": "tr_1", "paid_at": world.now()}
    return Machine(
        "payout",
        "public.payouts",
        row,
        {"stripe_transfer_id": None, "paid_at": None, "reversed_cents": 0, "leased_until": None},
        {
            "sending": {"leased_until": world.now()},
            "paid": paid,
            "reversed": paid | {"reversed_cents": 1},
        },
    )


def earning_machine(world: World, booking: Booking) -> Machine:
    payout = payout_machine(world, booking).row
    row = first(
        world,
        "public.earnings",
        {
            "org_id": booking.instructor.org_id,
            "instructor_id": booking.instructor.id,
            "payee_id": booking.instructor.id,
            "kind": "adjustment",
            "currency": "gbp",
            "amount_cents": 1,
            "available_at": world.now(),
        },
    )
    within = {"paid": {"payout_id": payout["id"]}}
    return Machine("earning", "public.earnings", row, {"payout_id": None}, within)


def credit_machine(world: World, booking: Booking) -> Machine:
    row = world.buy_hours(booking.learner, booking.instructor).columns
    since = {"hold_expires_at": world.now(), "activated_at": world.now()}
    return Machine("credit", "public.learner_credits", row, since)


def redemption_machine(world: World, booking: Booking) -> Machine:
    world.booking(booking.instructor, start_at=world.in_days(3), discount_cents=100)
    row = world.row("select * from public.code_redemptions")
    return Machine("redemption", "public.code_redemptions", row)


def dispute_machine(world: World, booking: Booking) -> Machine:
    row = first(
        world,
        "public.disputes",
        {
            "org_id": booking.instructor.org_id,
            "payment_id": booking.payment["id"],
            "learner_id": booking.columns["learner_id"],
            "instructor_id": booking.instructor.id,
            "stripe_dispute_id": "du_1",
            "status": "needs_response",
            "currency": "gbp",
            "amount_cents": 1,
            "liability": "platform",
            "opened_at": world.now(),
            "last_event_at": world.now(),
        },
    )
    ends = ("warning_closed", "prevented", "won", "lost")
    closed: dict[str, Columns] = {end: {"closed_at": world.now()} for end in ends}
    return Machine("dispute", "public.disputes", row, {"closed_at": None}, closed)


def lesson_claim_machine(world: World, booking: Booking) -> Machine:
    row = insert(
        world,
        "public.lesson_claims",
        {
            "org_id": booking.instructor.org_id,
            "booking_id": booking.id,
            "learner_id": booking.columns["learner_id"],
            "instructor_id": booking.instructor.id,
            "no_show_by": "learner",
            "claimant": "instructor",
            "status": "open",
        },
    )
    decision: Columns = {"decided_at": world.now(), "decided_by": "system", "reason": "test"}
    due: Columns = {"decision_due_at": world.now()}
    within: dict[str, Columns] = {
        "undecided": due,
        **dict.fromkeys(("upheld", "dismissed", "withdrawn"), decision | due),
    }
    return Machine(
        "lesson_claim",
        "public.lesson_claims",
        row,
        dict.fromkeys((*decision, *due)),
        within,
    )


def message_machine(world: World, booking: Booking) -> Machine:
    row = insert(
        world,
        "public.messages",
        {
            "org_id": booking.instructor.org_id,
            "kind": "attention",
            "channel": "email",
            "related_type": "bookings",
            "related_id": booking.id,
            "dedupe_key": "test",
            "send_after": world.now(),
            "available_at": world.now(),
        },
    )
    claimed: Columns = {"claimed_by": uuid4()}
    return Machine("message", "public.messages", row, {"claimed_by": None}, {"claimed": claimed})


MACHINES = {
    "booking": booking_machine,
    "payment": payment_machine,
    "refund": refund_machine,
    "payout": payout_machine,
    "earning": earning_machine,
    "credit": credit_machine,
    "redemption": redemption_machine,
    "dispute": dispute_machine,
    "lesson_claim": lesson_claim_machine,
    "message": message_machine,
}
TABLES = {"credit": "learner_credits", "redemption": "code_redemptions"}
KEPT_BY_TRIGGERS = (
    "private.open_bookings",
    "private.open_payments",
    "private.person_calendar",
    "private.stripe_objects",
)


@pytest.fixture
def booking(world: World) -> Booking:
    """A held group lesson with an open payment. Every actor may write every table.

    Of a group, so that a second booking of the learner at that time is no conflict.
    """
    # The tables are locked before anything else: an autovacuum that analyzes one of them would wait
    # for what the grants write about it, and this transaction for its lock.
    for entity in MACHINES:
        table = TABLES.get(entity, f"{entity}s")
        world.connection.execute(f"alter table public.{table} disable row level security")
    world.connection.execute(
        "grant select, insert, update on all tables in schema public"
        " to authenticated, jobs, webhook_service"
    )
    world.connection.execute("grant usage on schema public to jobs, webhook_service")
    world.connection.execute(
        "grant execute on function private.is_visible to jobs, webhook_service"
    )
    booking = world.booking(max_participants=500)
    booking.open_payment()
    return booking


@pytest.mark.parametrize("actor", ACTORS)
@pytest.mark.parametrize("entity", MACHINES)
def test_exactly_the_declared_edges_are_open(
    world: World, booking: Booking, entity: str, actor: str
) -> None:
    machine = MACHINES[entity](world, booking)
    taken = {
        (from_status, to_status)
        for from_status, to_status in pairs(world, machine)
        if takes(world, machine, from_status, to_status, actor)
    }
    by_effect = BY_EFFECT_ALONE.get((entity, actor), set())
    assert by_effect <= declared(world, entity, actor)
    assert taken == declared(world, entity, actor) - by_effect


@pytest.mark.parametrize("entity", MACHINES)
def test_a_row_whose_status_stays_may_change_otherwise(
    world: World, booking: Booking, entity: str
) -> None:
    machine = MACHINES[entity](world, booking)
    for status in statuses(world, machine):
        with world.connection.transaction(force_rollback=True):
            put(world, machine, status)
            assert update(world, machine, machine.columns(status)) == 1


def test_a_machine_nobody_declared_does_not_move(world: World) -> None:
    world.connection.execute(
        """
        create table private.lamps (status text);
        create trigger enforce_status_transition before insert or update of status on private.lamps
            for each row execute function private.enforce_status_transition('lamp');
        """
    )
    with world.refusing("PT409", "illegal_transition"):
        world.connection.execute("insert into private.lamps values ('on')")
    assert world.count("private.lamps") == 0


def test_studio_cannot_mark_a_payment_succeeded(world: World, booking: Booking) -> None:
    with world.refusing("PT409", "illegal_transition"), world.in_studio():
        world.connection.execute(
            "update public.payments set status = 'succeeded', captured_cents = amount_cents"
        )
    assert booking.payment["status"] == "requires_payment"


def test_studio_cannot_mark_a_payout_paid(world: World, booking: Booking) -> None:
    machine = payout_machine(world, booking)
    put(world, machine, "sending")
    with world.refusing("PT409", "illegal_transition"), world.in_studio():
        update(world, machine, machine.columns("paid"))
    assert world.value("select status from public.payouts") == "sending"


def test_studio_cannot_start_a_booking_as_confirmed(world: World, booking: Booking) -> None:
    machine = booking_machine(world, booking)
    with world.refusing("PT409", "illegal_transition"), world.in_studio():
        add(world, machine, "confirmed")
    assert world.count("public.bookings") == 1


def test_money_is_declared_as_moved_by_the_services_alone(world: World) -> None:
    edges = world.rows(
        """
        select distinct entity, to_status, unnest(actors)::text as actor
        from private.status_transitions
        where (entity, to_status) in (
            ('payment', 'succeeded'), ('refund', 'succeeded'), ('refund', 'failed'),
            ('payout', 'sending'), ('payout', 'paid'), ('payout', 'reversed'), ('earning', 'paid'),
            ('credit', 'active'), ('dispute', 'won'), ('dispute', 'lost')
        )
        """
    )
    assert {edge["actor"] for edge in edges} == {"service", "job"}
    assert len({(edge["entity"], edge["to_status"]) for edge in edges}) == 10


@pytest.mark.parametrize(
    ("entity", "ends"),
    [
        ("booking", {"no_show", "cancelled", "declined"}),
        ("payment", {"succeeded", "cancelled"}),
        ("refund", {"declined", "failed", "cancelled"}),
        ("payout", {"cancelled", "reversed"}),
        ("earning", {"paid", "closed"}),
        ("credit", set()),
        ("redemption", set()),
        ("dispute", set()),
        ("lesson_claim", {"upheld", "dismissed", "withdrawn"}),
        ("message", {"delivered", "bounced", "failed", "dropped"}),
    ],
)
def test_every_status_can_be_reached_and_ends_where_the_story_ends(
    world: World, booking: Booking, entity: str, ends: set[str]
) -> None:
    edges = set().union(*(declared(world, entity, actor) for actor in ACTORS))
    reached = {FIRST}
    while following := {to for start, to in edges if start in reached} - reached:
        reached |= following
    labels = set(statuses(world, MACHINES[entity](world, booking)))
    assert reached - {FIRST} == labels
    assert labels - {start for start, _ in edges} == ends


def test_every_status_is_guarded_or_known_not_to_be(world: World) -> None:
    columns = world.rows(
        """
        select class.relname as name, pg_get_triggerdef(guard.oid) as guard
        from pg_attribute attribute
        join pg_class class on class.oid = attribute.attrelid
        left join pg_trigger guard
            on guard.tgrelid = class.oid
            and guard.tgfoid = 'private.enforce_status_transition'::regproc
        where class.relnamespace in ('public'::regnamespace, 'private'::regnamespace)
            and class.relkind in ('r', 'p')
            and attribute.attname = 'status'
            and attribute.attnum > 0
        """
    )
    guards = {row["name"]: row["guard"] for row in columns}
    for machine in MACHINES:
        guard = guards.pop(TABLES.get(machine, f"{machine}s"))
        assert "BEFORE INSERT OR UPDATE OF status" in guard
        assert "FOR EACH ROW" in guard
        assert f"('{machine}')" in guard
    # Written by functions alone, and decided by them, or Stripe's own.
    assert set(guards) == {
        "bank_payouts",
        "message_events",
        "invoice_payments",
        "invoice_refunds",
        "invoices",
        "payout_attempts",
        "payout_runs",
        "setup_intents",
        "stripe_connect_accounts",
        "subscriptions",
        "suspense_refunds",
        "webhook_events",
    }


# How a row is made, put into a status, and moved by somebody


def first(world: World, table: str, columns: Columns) -> DictRow:
    """The row that a machine begins with: jobs may make every one."""
    with world.serving_as("jobs"):
        return insert(world, table, columns)


def statuses(world: World, machine: Machine) -> list[str]:
    labels: list[str] = world.value(
        f"select enum_range(null::public.{machine.entity}_status)::text[]"
    )
    return labels


def pairs(world: World, machine: Machine) -> Iterator[tuple[str, str]]:
    labels = statuses(world, machine)
    for from_status in (FIRST, *labels):
        for to_status in labels:
            if from_status != to_status:
                yield from_status, to_status


def declared(world: World, entity: str, actor: str) -> set[tuple[str, str]]:
    edges = world.rows(
        "select from_status, to_status from private.status_transitions"
        " where entity = %s and %s = any (actors)",
        entity,
        actor,
    )
    return {(edge["from_status"], edge["to_status"]) for edge in edges}


def takes(world: World, machine: Machine, from_status: str, to_status: str, actor: str) -> bool:
    """Whether the actor's move is taken. It is undone either way."""
    with world.connection.transaction(force_rollback=True):
        put(world, machine, from_status)
        try:
            with acting(world, actor):
                if from_status == FIRST:
                    add(world, machine, to_status)
                else:
                    update(world, machine, machine.columns(to_status))
        except psycopg.Error as error:
            if refusal(error) != Refusal("PT409", "illegal_transition"):
                raise
            return False
        query = f"select status::text from {machine.table}"
        assert {row["status"] for row in world.rows(query)} == {to_status}
        return True


def acting(world: World, actor: str) -> AbstractContextManager[None]:
    match actor:
        case "user":
            return world.acting_as(uuid4())
        case "service":
            return world.serving_as("webhook_service")
        case "job":
            return world.serving_as("jobs")
        case _:
            return world.in_studio()


def put(world: World, machine: Machine, status: str) -> None:
    """Puts the row into a status, past every trigger; 'new' removes it, and what triggers kept."""
    world.connection.execute("set local session_replication_role = replica")
    if status == FIRST:
        for table in (machine.table, *KEPT_BY_TRIGGERS):
            world.connection.execute(f"delete from {table}")
    else:
        update(world, machine, machine.columns(status))
    world.connection.execute("set local session_replication_role = origin")


def add(world: World, machine: Machine, status: str) -> None:
    insert(world, machine.table, machine.row | {"id": uuid4()} | machine.columns(status))


def update(world: World, machine: Machine, columns: Columns) -> int:
    names = ", ".join(f"{name} = %s" for name in columns)
    return world.connection.execute(
        f"update {machine.table} set {names} where id = %s",
        [*columns.values(), machine.row["id"]],
    ).rowcount


def insert(world: World, table: str, columns: Columns) -> DictRow:
    """Inserts a row, or a copy of one: what the database computes is left out."""
    computed = world.rows(
        "select attname from pg_attribute where attrelid = %s::regclass and attgenerated <> ''",
        table,
    )
    for column in computed:
        columns.pop(column["attname"], None)
    places = ", ".join(["%s"] * len(columns))
    return world.row(
        f"insert into {table} ({', '.join(columns)}) values ({places}) returning *",
        *(Jsonb(value) if isinstance(value, dict) else value for value in columns.values()),
    )


@pytest.fixture
def asked(world: World) -> World:
    """Triggers ask as the tables' owner, whoever has signed in."""
    world.connection.execute(
        """
        create function pg_temp.actor_kind() returns text language sql security definer
            return private.actor_kind()
        """
    )
    return world


@pytest.mark.parametrize(
    ("role", "kind"), [("authenticated", "user"), ("anon", "user"), ("service_role", "service")]
)
def test_a_request_acts_as_its_role(asked: World, role: str, kind: str) -> None:
    with asked.acting_as(asked.person(), role):
        assert asked.value("select pg_temp.actor_kind()") == kind


def test_studio_has_no_claims(asked: World) -> None:
    with asked.in_studio():
        assert asked.value("select pg_temp.actor_kind()") == "studio"


def test_only_the_databases_administrator_says_that_a_job_runs(asked: World) -> None:
    saying_so = "select set_config('lplate.is_job', 'on', true)"
    with asked.connection.transaction(force_rollback=True):
        asked.connection.execute("set local session authorization postgres")
        asked.connection.execute(saying_so.encode())
        assert asked.value("select pg_temp.actor_kind()") == "job"
    with asked.acting_as(asked.person()):
        asked.connection.execute(saying_so.encode())
        assert asked.value("select pg_temp.actor_kind()") == "user"
    with asked.serving_as("webhook_service"):
        asked.connection.execute(saying_so.encode())
        assert asked.value("select pg_temp.actor_kind()") == "service"


@pytest.mark.parametrize(("login", "kind"), [("webhook_service", "service"), ("jobs", "job")])
@pytest.mark.parametrize("role", ["authenticated", "service_role"])
def test_claims_do_not_turn_a_service_into_somebody_else(
    asked: World, login: Service, kind: str, role: str
) -> None:
    with asked.serving_as(login):
        claims = json.dumps({"role": role})
        asked.connection.execute("select set_config('request.jwt.claims', %s, true)", [claims])
        assert asked.value("select pg_temp.actor_kind()") == kind
