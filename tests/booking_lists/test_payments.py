"""Whoever pays has a list of receipts: what was paid, for which lessons, and what came back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from psycopg.rows import DictRow

from tests.factories import Booking, Instructor, World


def payments(world: World, person: UUID, **page: Any) -> list[DictRow]:
    return world.ask(person, "public.my_payments", **page)


def paid(world: World, learner: UUID, instructor: Instructor, service_id: UUID) -> Booking:
    """A booking that the learner has paid for, on the first free day."""
    days = 2 + int(world.count("public.bookings"))
    slot_id = world.slot(service_id, world.in_days(days))
    booked = world.book(learner, slot_id)
    booking = Booking(world, booked["booking_id"], learner, instructor, slot_id)
    assert booking.pay() == "processed"
    return booking


def test_a_receipt_says_what_was_paid_for(world: World) -> None:
    school = world.organization(name="Blake Driving School")
    ann = world.instructor(org_id=school, name="Ann")
    ben = world.person("Ben")
    learner = world.learner(school, ben)
    service = world.service(ann, title="Motorway", price_cents=4500)
    assert payments(world, ben) == []
    booking = paid(world, ben, ann, service)

    (receipt,) = payments(world, ben)
    assert receipt.pop("created_at") == booking.payment["created_at"]
    assert receipt == {
        "id": booking.payment["id"],
        "organization_name": "Blake Driving School",
        "instructor_name": "Ann",
        "learner_name": world.value("select full_name from public.learners where id = %s", learner),
        "description": "Motorway",
        "status": "succeeded",
        "currency": "gbp",
        "amount_cents": 5310,
        "captured_cents": 5310,
        "refunded_cents": 0,
        "lines": [
            {
                "booking_id": str(booking.id),
                "credit_id": None,
                "title": "Motorway",
                "start_at": booking.columns["start_at"].isoformat(),
                "minutes": 60,
                "amount_cents": 5310,
            }
        ],
    }


def test_lines_sum_to_the_amount(world: World) -> None:
    booking = world.booking()
    booking.pay()
    (receipt,) = payments(world, booking.learner)
    assert sum(line["amount_cents"] for line in receipt["lines"]) == receipt["amount_cents"]


def test_guardians_see_what_was_paid_for_their_wards_and_others_nothing(world: World) -> None:
    booking = world.booking()
    booking.pay()
    guardian = world.guardian(booking.columns["learner_id"], view=True)
    assert [row["id"] for row in payments(world, guardian)] == [booking.payment["id"]]
    for person in (world.person(), booking.instructor.user_id, world.admin()):
        assert payments(world, person) == []


def test_pages_follow_one_another_from_the_latest_on(world: World) -> None:
    ann = world.instructor()
    ben = world.person("Ben")
    service = world.service(ann)
    for _ in range(5):
        paid(world, ben, ann, service)
    everything = payments(world, ben)
    assert len(everything) == 5
    assert everything == sorted(
        everything, key=lambda row: (row["created_at"], row["id"]), reverse=True
    )
    paged: list[DictRow] = []
    after: dict[str, Any] = {}
    while page := payments(world, ben, p_limit=2, **after):
        paged += page
        after = {"p_after_created_at": page[-1]["created_at"], "p_after_id": page[-1]["id"]}
    assert paged == everything
