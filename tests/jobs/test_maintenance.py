"""Maintenance goes from organization to organization, each in a transaction of its own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import psycopg
import pytest

from tests.billing.test_instructor_fees import agree
from tests.documents.test_documents import verified
from tests.factories import Booking, Credit, Instructor, World
from tests.jobs.payday import Payday
from tools.cluster import ROOT

pytestmark = pytest.mark.slow

# What maintenance writes in prepare()'s organizations.
WRITTEN = (
    "private.ledger_transactions",
    "public.alerts",
    "public.bookings",
    "public.earnings",
    "public.learner_credits",
    "public.lessons",
    "public.terms_acceptances",
)
TASKS = (
    "addresses_forgotten",
    "documents_told_of",
    "earnings_made_available",
    "holds_expired",
    "instructor_fees_charged",
    "lessons_completed",
    "purchases_expired",
)


@dataclass(frozen=True)
class School:
    """An organization in which something is due in many tasks."""

    id: UUID
    held: Booking
    forgotten: Booking
    hours: Credit

    @property
    def is_maintained(self) -> bool:
        statuses = (self.held.status, self.forgotten.status, self.hours.columns["status"])
        if statuses == ("expired", "completed", "cancelled"):
            return True
        assert statuses == ("held", "confirmed", "pending")
        return False


def book(world: World, instructor: Instructor, learner: UUID) -> Booking:
    slot_id = world.slot(world.service(instructor))
    booked = world.book(learner, slot_id)
    return Booking(world, booked["booking_id"], learner, instructor, slot_id)


@pytest.fixture
def schools(office: Payday) -> list[School]:
    """Two of them, in the order in which they are maintained."""
    world = office.world
    instructors = [world.instructor(org_id=world.organization()) for _ in range(2)]
    for instructor in instructors:
        agree(world, instructor.org_id)
        verified(world, instructor, world.in_days(60).date())
        terms_id = world.insert(
            "public.terms_versions", {"org_id": instructor.org_id, "version": 1, "body": "Be kind."}
        )
        world.connection.execute(
            "insert into public.terms_acceptances (org_id, terms_id, user_id, accepted_at, ip)"
            " values (%s, %s, %s, private.clock() - interval '600 days', '192.0.2.1')",
            [instructor.org_id, terms_id, instructor.user_id],
        )
    world.travel(by=timedelta(days=33))
    learners = [world.person() for _ in instructors]
    for instructor, learner in zip(instructors, learners, strict=True):
        world.learner(instructor.org_id, learner)
    pairs = list(zip(instructors, learners, strict=True))
    for instructor, learner in pairs:
        given = book(world, instructor, learner)
        assert given.pay() == "processed"
        given.complete()
    forgotten = [book(world, *pair) for pair in pairs]
    for booking in forgotten:
        assert booking.pay() == "processed"
    world.travel(by=timedelta(days=5))
    hours = [world.buy_hours(learner, instructor) for instructor, learner in pairs]
    world.travel(by=timedelta(hours=25))
    held = [book(world, *pair) for pair in pairs]
    world.travel(by=timedelta(minutes=20))
    schools = [
        School(instructor.org_id, held[n], forgotten[n], hours[n])
        for n, instructor in enumerate(instructors)
    ]
    return sorted(schools, key=lambda school: school.id)


def by_job(office: Payday) -> bool:
    return office.run("maintain").status == 0


def by_pg_cron(office: Payday) -> bool:
    """Runs what pg_cron is given to run."""
    statement = (ROOT / "deploy" / "pg_cron.sql").read_text().split("$cron$")[1]
    url = office.cluster.url("postgres", office.database)
    with psycopg.connect(url, autocommit=True) as connection:
        try:
            connection.execute(statement.encode())
        except psycopg.errors.RaiseException:
            return False
    return True


MAINTAIN = pytest.mark.parametrize("maintain", [by_job, by_pg_cron])


def plant_failure(world: World, org_id: UUID) -> None:
    """From now on no hold of this organization can expire."""
    world.connection.execute(
        "alter table public.bookings add constraint planted"
        f" check (org_id <> '{org_id}' or status <> 'expired')".encode()
    )


def watch_writers(world: World) -> None:
    """From now on private.writers says in which transaction whose rows are written."""
    world.connection.execute(
        "create table private.writers (org_id uuid, name text, transaction xid8);"
        " create function private.note_writer() returns trigger language plpgsql"
        " security definer as $$ begin"
        " insert into private.writers values (new.org_id, tg_table_name, pg_current_xact_id());"
        " return null; end $$;"
    )
    for table in WRITTEN:
        world.connection.execute(
            f"create trigger note_writer after insert or update on {table}"
            " for each row execute function private.note_writer()".encode()
        )


def has_heartbeat(world: World) -> bool:
    return world.count("private.heartbeats") > 0


def test_tasks_are_summed_over_organizations(office: Payday, schools: list[School]) -> None:
    finished = office.run("maintain")
    assert (finished.status, finished.stderr) == (0, "")
    done = {event["task"]: event["affected"] for event in finished.events("task_done")}
    assert {task: done[task] for task in TASKS} == dict.fromkeys(TASKS, len(schools))
    assert office.world.violations() == []


@MAINTAIN
def test_no_two_organizations_share_a_transaction(
    office: Payday, schools: list[School], maintain: Callable[[Payday], bool]
) -> None:
    watch_writers(office.world)
    assert maintain(office)
    writers: defaultdict[UUID, set[str]] = defaultdict(set)
    for row in office.world.rows("select org_id, name, transaction::text from private.writers"):
        writers[row["org_id"]].add(row["transaction"])
    assert set(writers) == {school.id for school in schools}
    assert office.world.value("select count(distinct name) from private.writers") == len(WRITTEN)
    first, second = writers.values()
    assert not first & second


@MAINTAIN
@pytest.mark.parametrize("failing", [0, 1])
def test_one_that_fails_keeps_no_other_from_its_maintenance(
    office: Payday, schools: list[School], failing: int, maintain: Callable[[Payday], bool]
) -> None:
    plant_failure(office.world, schools[failing].id)
    assert not maintain(office)
    assert [school.is_maintained for school in schools] == [failing != 0, failing != 1]
    assert not has_heartbeat(office.world)

    office.world.connection.execute("alter table public.bookings drop constraint planted")
    assert maintain(office)
    assert all(school.is_maintained for school in schools)
    assert has_heartbeat(office.world)
    assert office.world.violations() == []


def test_a_failure_is_reported_with_the_organization(office: Payday, schools: list[School]) -> None:
    plant_failure(office.world, schools[0].id)
    finished = office.run("maintain")
    assert (finished.status, finished.stderr) == (1, "")
    (failed,) = finished.events("maintenance_failed")
    assert (failed["level"], failed["org_id"]) == ("error", str(schools[0].id))
    assert failed["reason"].startswith("23514 planted PL/pgSQL function private.expire_holds")
    done = {event["task"]: event["affected"] for event in finished.events("task_done")}
    assert {task: done[task] for task in TASKS} == dict.fromkeys(TASKS, 1)
