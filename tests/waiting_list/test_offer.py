"""A time that becomes free is kept for who waits, in their order, and who can have it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from tests.factories import MARKETPLACE, Booking, Instructor, Refusal, World
from tests.races import Racers
from tools.cluster import Cluster


@dataclass(frozen=True)
class Gap:
    """A lesson that somebody has booked and paid, on whose time others wait."""

    world: World
    booking: Booking
    service_id: UUID

    @property
    def instructor(self) -> Instructor:
        return self.booking.instructor

    def wait(self, person: UUID | None = None, **wishes: Any) -> UUID:
        """Somebody joins the waiting list; who it is."""
        person = person or self.world.person("Waiting")
        wishes = {"p_instructor_id": self.instructor.id} | wishes
        self.world.call(person, "public.join_waiting_list", **wishes)
        self.world.travel(by=timedelta(seconds=1))
        return person

    def free(self) -> None:
        self.world.cancel(self.booking.learner, self.booking.id)

    def maintain(self) -> int:
        return self.world.maintain()["times_offered"]

    def offers(self) -> list[dict[str, Any]]:
        return self.world.rows(
            "select booking.*, learner.user_id from public.bookings booking"
            " join public.learners learner on learner.id = booking.learner_id"
            " where booking.id <> %s order by booking.created_at, booking.id",
            self.booking.id,
        )

    def offered_to(self) -> UUID | None:
        """Whom the time is kept for."""
        holders: list[UUID] = [
            row["user_id"] for row in self.offers() if row["status"] == "proposed"
        ]
        assert len(holders) <= 1
        return holders[0] if holders else None


@pytest.fixture
def gap(world: World) -> Gap:
    return open_gap(world)


def open_gap(world: World) -> Gap:
    instructor = world.instructor()
    service_id = world.service(instructor)
    slot_id = world.slot(service_id, world.in_days(3, 10))
    learner = world.person("Ben")
    booked = world.book(learner, slot_id)
    booking = Booking(world, booked["booking_id"], learner, instructor, slot_id)
    booking.pay()
    return Gap(world, booking, service_id)


def accept(gap: Gap, person: UUID) -> str:
    (offer,) = [row for row in gap.offers() if row["user_id"] == person]
    status: str = gap.world.call(person, "public.accept_proposal", p_booking_id=offer["id"])
    return status


def test_a_freed_time_is_kept_for_the_first_who_waits(gap: Gap) -> None:
    world = gap.world
    first, second = gap.wait(), gap.wait()
    assert gap.maintain() == 0
    gap.free()
    assert gap.maintain() == 1
    assert gap.offered_to() == first
    (offer,) = gap.offers()
    assert offer["start_at"] == gap.booking.columns["start_at"]
    assert offer["hold_expires_at"] == world.now() + timedelta(hours=2)
    with world.acting_as(first):
        (alert,) = world.rows("select * from public.alerts where code = 'time_offered'")
    assert alert["related_id"] == offer["id"]
    told = world.rows(
        "select kind from public.messages where recipient_id = %s and related_id in (%s, %s)",
        first,
        offer["id"],
        alert["id"],
    )
    assert {row["kind"] for row in told} == {"time_offered"}
    with world.refusing("PT409", "slot_taken"):
        world.book(world.person(), gap.booking.slot_id)
    assert gap.maintain() == 0
    assert accept(gap, first) == "held"
    taken = Booking(world, offer["id"], first, gap.instructor, gap.booking.slot_id)
    assert taken.pay() == "processed"
    assert taken.status == "confirmed"
    gap.maintain()
    ended = world.rows("select ended_at is not null as ended from public.waiting_list_entries")
    assert Counter(row["ended"] for row in ended) == {True: 1, False: 1}
    assert second not in [row["user_id"] for row in gap.offers()]


@pytest.mark.parametrize("passes", ["lapses", "is declined", "is not paid"])
def test_an_offer_that_is_not_taken_passes_to_the_next(gap: Gap, passes: str) -> None:
    world = gap.world
    first, second = gap.wait(), gap.wait()
    gap.free()
    gap.maintain()
    (offer,) = gap.offers()
    if passes == "is declined":
        world.call(first, "public.decline_proposal", p_booking_id=offer["id"])
    else:
        if passes == "is not paid":
            accept(gap, first)
        world.travel(by=timedelta(hours=2))
        gap.maintain()
    gap.maintain()
    assert gap.offered_to() == second
    world.travel(by=timedelta(hours=2))
    gap.maintain()
    assert gap.maintain() == 0
    assert gap.offered_to() is None
    assert len(gap.offers()) == 2
    # Nobody else waits: the time is everybody's.
    world.book(world.person(), gap.booking.slot_id)


def test_whoever_is_faster_than_the_offer_has_it(gap: Gap) -> None:
    gap.wait()
    gap.free()
    gap.world.book(gap.world.person(), gap.booking.slot_id)
    assert gap.maintain() == 0
    assert gap.offered_to() is None


def test_nothing_is_noted_where_nobody_waits(gap: Gap) -> None:
    gap.free()
    assert gap.world.count("private.freed_times") == 0
    gap.wait()
    assert gap.maintain() == 0


def test_a_time_that_has_passed_is_offered_to_nobody(gap: Gap) -> None:
    gap.wait()
    gap.free()
    gap.world.travel(to=gap.booking.columns["start_at"])
    assert gap.maintain() == 0
    assert gap.world.count("private.freed_times") == 0


def test_an_unpaid_hold_that_expires_is_a_gap_too(gap: Gap) -> None:
    world = gap.world
    slot_id = world.slot(gap.service_id, world.in_days(4, 10))
    world.book(world.person(), slot_id)
    waiting = gap.wait()
    world.travel(by=timedelta(minutes=15))
    gap.maintain()
    gap.maintain()
    (offer,) = [row for row in gap.offers() if row["status"] == "proposed"]
    assert (offer["user_id"], offer["slot_id"]) == (waiting, slot_id)


@pytest.mark.parametrize(
    ("wishes", "is_offered"),
    [
        ({}, True),
        ({"p_from_time": "11:00", "p_to_time": "12:00"}, True),
        ({"p_from_time": "11:01"}, False),
        ({"p_to_time": "11:59"}, False),
        ({"p_days": [0]}, False),
        ({"p_until_date": 3}, True),
        ({"p_until_date": 2}, False),
        ({"p_max_total_cents": 5310}, True),
        ({"p_max_total_cents": 5309}, False),
    ],
)
def test_what_a_learner_would_take(gap: Gap, wishes: dict[str, Any], is_offered: bool) -> None:
    """The lesson is from 11 to 12 in London, on a Sunday or not, and costs 53.10."""
    world, start = gap.world, gap.booking.columns["start_at"]
    assert start.strftime("%H:%M") == "10:00"
    if "p_until_date" in wishes:
        wishes = {"p_until_date": world.in_days(wishes["p_until_date"]).date()}
    if "p_days" in wishes:
        wishes = {"p_days": [(start.isoweekday() + 1) % 7]}
    waiting = gap.wait(**wishes)
    gap.free()
    assert gap.maintain() == int(is_offered)
    assert gap.offered_to() == (waiting if is_offered else None)


def test_a_service_is_waited_for_as_well(gap: Gap) -> None:
    other = gap.world.service(gap.instructor, duration_minutes=45)
    nobody = gap.wait(p_instructor_id=None, p_service_id=gap.world.service(gap.world.instructor()))
    waiting = gap.wait(p_instructor_id=None, p_service_id=gap.service_id)
    gap.wait(p_service_id=other)
    gap.free()
    gap.maintain()
    assert gap.offered_to() == waiting != nobody


def learns_elsewhere(gap: Gap, person: UUID) -> None:
    """Has another lesson that begins half an hour later."""
    world = gap.world
    service_id = world.service(world.instructor())
    start_at = gap.booking.columns["start_at"] + timedelta(minutes=30)
    slot_id = world.slot(service_id, start_at)
    booked = world.book(person, slot_id)
    Booking(world, booked["booking_id"], person, gap.instructor, slot_id).pay()


def loses_the_guardian(gap: Gap, person: UUID) -> None:
    gap.world.connection.execute(
        "update public.learner_details set date_of_birth = private.clock() - interval '15 years'"
        " where learner_id = (select id from public.learners where user_id = %s)",
        [person],
    )


def leaves(gap: Gap, person: UUID) -> None:
    gap.world.connection.execute(
        "delete from public.organization_members where user_id = %s", [person]
    )


def holds_too_much(gap: Gap, person: UUID) -> None:
    world = gap.world
    service_id = world.service(world.instructor())
    for day in range(5, 8):
        world.book(person, world.slot(service_id, world.in_days(day)))


def leaves_the_list(gap: Gap, person: UUID) -> None:
    entry = gap.world.value(
        "select entry.id from public.waiting_list_entries entry"
        " join public.learners learner on learner.id = entry.learner_id where user_id = %s",
        person,
    )
    gap.world.call(person, "public.leave_waiting_list", p_entry_id=entry)


@pytest.mark.parametrize(
    "prevent", [learns_elsewhere, loses_the_guardian, leaves, holds_too_much, leaves_the_list]
)
def test_nobody_is_offered_what_they_cannot_book(
    gap: Gap, prevent: Callable[[Gap, UUID], None]
) -> None:
    first, second = gap.wait(), gap.wait()
    gap.free()
    prevent(gap, first)
    assert gap.maintain() == 1
    assert gap.offered_to() == second


@pytest.mark.parametrize("column", ["is_active", "is_available"])
def test_an_instructor_who_takes_no_bookings_offers_none(gap: Gap, column: str) -> None:
    gap.wait()
    gap.free()
    gap.world.connection.execute(f"update public.instructors set {column} = false")
    assert gap.maintain() == 0


def test_who_has_an_offer_open_gets_no_second(gap: Gap) -> None:
    world = gap.world
    waiting = gap.wait()
    slot_id = world.slot(gap.service_id, world.in_days(4, 10))
    person = world.person()
    booked = world.book(person, slot_id)
    other = Booking(world, booked["booking_id"], person, gap.instructor, slot_id)
    other.pay()
    gap.free()
    world.cancel(person, other.id)
    assert gap.maintain() == 1
    assert gap.offered_to() == waiting


def test_a_guardian_accepts_for_a_child(gap: Gap) -> None:
    world = gap.world
    child = world.child(MARKETPLACE, world.person("Kit"))
    guardian = world.guardian(child, book=True)
    world.call(
        guardian,
        "public.join_waiting_list",
        p_instructor_id=gap.instructor.id,
        p_learner_id=child,
    )
    gap.free()
    assert gap.maintain() == 1
    (offer,) = gap.offers()
    assert (offer["status"], offer["learner_id"]) == ("proposed", child)
    assert world.call(guardian, "public.accept_proposal", p_booking_id=offer["id"]) == "held"


def test_who_waits_for_a_longer_lesson_keeps_nobody_behind_from_the_time(gap: Gap) -> None:
    longer = gap.world.service(gap.instructor, duration_minutes=120)
    gap.wait(p_service_id=longer)
    second = gap.wait()
    gap.free()
    assert gap.maintain() == 1
    assert gap.offered_to() == second


def test_a_time_is_offered_to_a_learner_once_however_many_their_entries(gap: Gap) -> None:
    world = gap.world
    greedy = gap.wait(gap.wait())
    fair = gap.wait()
    gap.free()
    gap.maintain()
    assert gap.offered_to() == greedy
    entry_id = world.value("select entry_id from private.waiting_offers")
    world.travel(by=timedelta(hours=2))
    gap.maintain()
    gap.maintain()
    assert gap.offered_to() == fair
    world.call(greedy, "public.leave_waiting_list", p_entry_id=entry_id)
    gap.wait(greedy)
    world.travel(by=timedelta(hours=2))
    gap.maintain()
    assert gap.maintain() == 0
    world.book(world.person(), gap.booking.slot_id)


def test_two_entries_keep_one_time_at_once(gap: Gap) -> None:
    world = gap.world
    gap.wait(gap.wait())
    person = world.person()
    slot_id = world.slot(gap.service_id, world.in_days(4, 10))
    other = Booking(
        world, world.book(person, slot_id)["booking_id"], person, gap.instructor, slot_id
    )
    other.pay()
    gap.free()
    world.cancel(person, other.id)
    assert gap.maintain() == 1
    assert gap.maintain() == 0


@pytest.mark.slow
def test_times_that_nobody_wants_keep_no_other_from_its_turn(gap: Gap) -> None:
    """There may be more of them than one call looks at."""
    world = gap.world
    waiting = gap.wait()
    unwanted = world.instructor()
    world.connection.execute(
        "insert into private.freed_times (org_id, instructor_id, service_id, start_at)"
        " select org_id, %s, id, private.clock() + make_interval(mins => nth)"
        " from public.services, generate_series(1, 600) nth where id = %s",
        [unwanted.id, world.service(unwanted)],
    )
    gap.free()
    assert gap.maintain() + gap.maintain() == 1
    assert gap.offered_to() == waiting


def test_two_maintenance_jobs_and_a_visitor_make_one_booking(
    cluster: Cluster, committed_world: World
) -> None:
    world = committed_world
    gap = open_gap(world)
    for _ in range(3):
        gap.wait()
    gap.free()
    faster = world.person()

    def act(connection: psycopg.Connection[Any], nth: int) -> str:
        racing = World(connection)
        if nth == 0:
            racing.book(faster, gap.booking.slot_id)
            return "booked"
        racing.maintain()
        return "maintained"

    with Racers(cluster.admin_url(world.connection.info.dbname), 3) as racers:
        came_of = Counter(racers.race(act))
    assert came_of["maintained"] == 2
    assert came_of["booked"] + came_of[Refusal("PT409", "slot_taken")] == 1
    gap.maintain()
    taken = [row for row in gap.offers() if row["status"] in ("proposed", "held")]
    assert len(taken) == 1


def test_who_cancels_waits_for_no_maintenance(cluster: Cluster, committed_world: World) -> None:
    world = committed_world
    gap = open_gap(world)
    gap.wait(p_max_total_cents=1)
    gap.free()
    person = world.person()
    again = Booking(
        world,
        world.book(person, gap.booking.slot_id)["booking_id"],
        person,
        gap.instructor,
        gap.booking.slot_id,
    )
    again.pay()
    with (
        psycopg.connect(
            cluster.admin_url(world.connection.info.dbname), autocommit=True
        ) as connection,
        connection.transaction(),
    ):
        World(connection).maintain()
        world.connection.execute("set lock_timeout = '3s'")
        world.cancel(person, again.id)
    assert again.status == "cancelled"


def test_accepting_races_with_the_offers_end(cluster: Cluster, committed_world: World) -> None:
    """At the deadline either the first has the time, or the second is offered it, never both."""
    world = committed_world
    gap = open_gap(world)
    first, second = gap.wait(), gap.wait()
    gap.free()
    gap.maintain()
    (offer,) = gap.offers()
    world.travel(to=offer["hold_expires_at"] - timedelta(milliseconds=150))

    def act(connection: psycopg.Connection[Any], nth: int) -> str:
        racing = World(connection)
        if nth == 0:
            racing.call(first, "public.accept_proposal", p_booking_id=offer["id"])
            return "accepted"
        racing.maintain()
        return "maintained"

    with Racers(cluster.admin_url(world.connection.info.dbname), 2) as racers:
        racers.race(act)
    gap.maintain()
    holders = [row["user_id"] for row in gap.offers() if row["status"] in ("proposed", "held")]
    assert len(holders) <= 1
    assert set(holders) <= {first, second}
