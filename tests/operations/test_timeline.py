"""What happened to something is told from every table in one call, to those who administer it."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from psycopg.rows import DictRow

from tests.factories import Booking, World
from tests.schools.conftest import School


def timeline(world: World, caller: UUID, kind: str, id: UUID, **more: object) -> list[DictRow]:
    return world.ask(caller, "public.timeline", p_type=kind, p_id=id, **more)


def take_lesson(school: School) -> Booking:
    """A lesson of the school's that was booked, paid, given and refunded in part."""
    world = school.world
    slot = world.slot(world.service(school.instructor))
    booked = world.book(school.learner, slot)
    booking = Booking(world, booked["booking_id"], school.learner, school.instructor, slot)
    booking.pay()
    booking.complete()
    booking.refund(1000)
    return booking


def entities(rows: list[DictRow]) -> set[str]:
    return {row["entity_type"] for row in rows}


@pytest.fixture
def lesson(school: School) -> Booking:
    return take_lesson(school)


def test_a_bookings_timeline_is_of_every_table(school: School, lesson: Booking) -> None:
    rows = timeline(school.world, school.admin, "booking", lesson.id)
    assert entities(rows) >= {
        *("bookings", "order_items", "payments", "refunds", "lessons", "earnings"),
    }
    statuses = [
        row["details"]["new"]["status"]
        for row in reversed(rows)
        if (row["source"], row["entity_type"]) == ("audit", "bookings")
        and "status" in (row["details"]["new"] or {})
    ]
    assert statuses == ["held", "confirmed", "in_progress", "completed"]
    assert [row["happened_at"] for row in rows] == sorted(
        (row["happened_at"] for row in rows), reverse=True
    )
    assert {row["org_id"] for row in rows} == {school.id}


def test_messages_about_a_booking_are_in_its_timeline(school: School, lesson: Booking) -> None:
    rows = timeline(school.world, school.admin, "booking", lesson.id)
    told = {row["event"] for row in rows if row["source"] == "message"}
    assert "booking_confirmed_queued" in told
    assert "to_address" not in str(rows)


def test_an_order_and_a_payment_lead_to_the_same_booking(school: School, lesson: Booking) -> None:
    world = school.world
    order_id, payment_id = lesson.columns["order_id"], lesson.payment["id"]
    for kind, id in (("order", order_id), ("payment", payment_id)):
        rows = timeline(world, school.admin, kind, id)
        assert {"orders", "bookings", "payments", "refunds"} <= entities(rows)
        assert str(lesson.id) in {row["entity_id"] for row in rows}


def test_hours_are_in_the_timeline_of_their_order(school: School) -> None:
    world = school.world
    world.service(school.instructor)
    credit = world.hours(school.learner, school.instructor, 2)
    rows = timeline(world, school.admin, "order", credit.payment["order_id"])
    (entry,) = [row for row in rows if row["source"] == "credit"]
    assert (entry["event"], entry["details"]) == ("purchase", {"minutes": 120})


def test_an_instructors_timeline_tells_of_standing_and_payouts(school: School) -> None:
    world = school.world
    take_lesson(school)
    world.onboard(school.instructor)
    world.travel(by=timedelta(days=9))
    world.run_payouts()
    rows = timeline(world, school.owner, "instructor", school.instructor.id)
    assert {"instructors", "services", "stripe_connect_accounts", "payouts"} <= entities(rows)


def test_the_platforms_reasons_and_the_ledger_are_the_platforms(
    school: School, lesson: Booking
) -> None:
    world, admin = school.world, school.world.admin()
    world.ask(
        admin,
        "public.admin_refund",
        p_payment_id=lesson.payment["id"],
        p_amount_cents=100,
        p_reason="A goodwill gesture",
    )
    payment = lesson.payment["id"]
    seen_by_platform = timeline(world, admin, "payment", payment)
    assert "A goodwill gesture" in {row["reason"] for row in seen_by_platform}
    assert "ledger" in {row["source"] for row in seen_by_platform}
    seen_by_school = timeline(world, school.owner, "payment", payment)
    assert {row["reason"] for row in seen_by_school} == {None}
    assert {row["source"] for row in seen_by_school} == {"audit", "message"}


def test_a_school_sees_its_own_part_of_a_person(school: School, lesson: Booking) -> None:
    world, other = school.world, school.world.organization()
    world.learner(other, school.learner)
    rows = timeline(world, school.admin, "person", school.learner)
    assert {row["org_id"] for row in rows} == {school.id}
    assert {"learners", "bookings", "payments"} <= entities(rows)
    assert "profiles" not in entities(rows)
    of_platform = timeline(world, world.admin(), "person", school.learner)
    assert {row["org_id"] for row in of_platform} >= {None, school.id, other}
    assert "profiles" in entities(of_platform)


def test_a_membership_that_ended_is_told_of(school: School) -> None:
    world = school.world
    world.call(
        school.owner,
        "public.remove_member_role",
        p_org_id=school.id,
        p_user_id=school.admin,
        p_role="admin",
    )
    rows = timeline(world, school.owner, "person", school.admin)
    assert ("organization_members", "delete") in {
        (row["entity_type"], row["event"]) for row in rows
    }


def test_pages_follow_each_other(school: School, lesson: Booking) -> None:
    world = school.world
    rows = timeline(world, school.admin, "booking", lesson.id)
    last = rows[-1]["happened_at"]
    later = timeline(world, school.admin, "booking", lesson.id, p_before=world.now())
    assert later == [row for row in rows if row["happened_at"] < world.now()]
    assert timeline(world, school.admin, "booking", lesson.id, p_before=last) == []


def test_what_happened_in_one_moment_is_on_one_page(school: School, lesson: Booking) -> None:
    world = school.world
    world.connection.execute(
        "insert into public.audit_logs"
        " (org_id, entity_type, entity_id, action, old_values, new_values, created_at, actor_kind)"
        " select org_id, 'bookings', id::text, 'update', '{}', '{}',"
        " private.clock() + interval '1 minute' * (number > 999)::integer, 'user'"
        " from public.bookings cross join generate_series(1, 1010) number"
    )
    first = timeline(world, school.admin, "booking", lesson.id)
    assert len(first) > 1000
    rest = timeline(world, school.admin, "booking", lesson.id, p_before=first[-1]["happened_at"])
    seen = [row for row in first + rest if row["source"] == "audit"]
    logged = world.value(
        "select count(*) from public.audit_logs where entity_id = %s", str(lesson.id)
    )
    assert sum(row["entity_id"] == str(lesson.id) for row in seen) == logged


@pytest.mark.parametrize("caller", ["learner", "instructor", "stranger", "owner of another"])
@pytest.mark.parametrize("kind", ["booking", "order", "payment", "instructor", "person"])
def test_nobody_else_asks(school: School, lesson: Booking, caller: str, kind: str) -> None:
    ids = {
        "booking": lesson.id,
        "order": lesson.columns["order_id"],
        "payment": lesson.payment["id"],
        "instructor": school.instructor.id,
        "person": school.learner,
    }
    with school.world.refusing("PT404", "timeline_not_found"):
        timeline(school.world, school.who(caller), kind, ids[kind])


def test_what_is_unknown_has_no_timeline(school: School) -> None:
    world = school.world
    for kind in ("booking", "order", "payment", "instructor", "person"):
        with world.refusing("PT404", "timeline_not_found"):
            timeline(world, world.admin(), kind, uuid4())
    for unknown in ("lesson", None):
        with world.refusing("PT422", "no_such_timeline"):
            timeline(world, world.admin(), unknown, uuid4())  # type: ignore[arg-type]
