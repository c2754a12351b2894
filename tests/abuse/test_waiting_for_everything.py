"""Eve waits for every lesson of her rival Ann's, with many accounts, and takes none of them."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from tests.factories import Booking, Instructor, World

OFFERS = 5
LASTS = timedelta(hours=2)


@pytest.fixture
def ann(world: World) -> Instructor:
    return world.instructor()


def paid(world: World, ann: Instructor, days: int) -> Booking:
    learner = world.person("Ben")
    slot_id = world.slot(world.service(ann), world.in_days(days))
    booked = world.book(learner, slot_id)
    booking = Booking(world, booked["booking_id"], learner, ann, slot_id)
    booking.pay()
    return booking


def wait(world: World, person: UUID, ann: Instructor) -> None:
    world.call(person, "public.join_waiting_list", p_instructor_id=ann.id)
    world.travel(by=timedelta(seconds=1))


def free(world: World, *bookings: Booking) -> None:
    for booking in bookings:
        world.cancel(booking.learner, booking.id)
    world.maintain()


def kept(world: World) -> list[UUID]:
    """For whom a time of Ann's is kept."""
    rows = world.rows(
        "select learner.user_id from public.bookings booking"
        " join public.learners learner on learner.id = booking.learner_id"
        " where booking.status in ('proposed', 'held')"
    )
    return [row["user_id"] for row in rows]


def test_one_account_has_one_offer_at_a_time(world: World, ann: Instructor) -> None:
    """However many lists it is on, and however many times become free."""
    eve = world.person("Eve")
    lessons = [paid(world, ann, days) for days in (3, 4, 5)]
    for _ in range(10):
        wait(world, eve, ann)
    with world.unchanged(), world.refusing("PT409", "too_many_entries"):
        wait(world, eve, ann)
    free(world, *lessons)
    assert kept(world) == [eve]
    for lesson in lessons[1:]:
        world.book(world.person("Jo"), lesson.slot_id)


def test_a_crowd_of_accounts_keeps_a_time_for_ten_hours_and_no_longer(
    world: World, ann: Instructor
) -> None:
    puppets = [world.person("Puppet") for _ in range(OFFERS + 3)]
    lesson = paid(world, ann, 6)
    for puppet in puppets:
        wait(world, puppet, ann)
    free(world, lesson)
    for puppet in puppets[:OFFERS]:
        assert kept(world) == [puppet]
        world.travel(by=LASTS)
        world.maintain()
    assert kept(world) == []
    world.book(world.person("Jo"), lesson.slot_id)


def test_declining_at_the_last_moment_gains_no_more(world: World, ann: Instructor) -> None:
    puppets = [world.person("Puppet") for _ in range(OFFERS + 1)]
    lesson = paid(world, ann, 6)
    for puppet in puppets:
        wait(world, puppet, ann)
    free(world, lesson)
    for _ in range(OFFERS):
        (offer,) = world.rows(
            "select id, learner_id from public.bookings where status = 'proposed'"
        )
        (puppet,) = kept(world)
        world.travel(by=LASTS - timedelta(minutes=1))
        world.call(puppet, "public.decline_proposal", p_booking_id=offer["id"])
        world.maintain()
    assert kept(world) == []
    world.book(world.person("Jo"), lesson.slot_id)


def test_her_own_cancellations_offer_nothing_to_her_twice(world: World, ann: Instructor) -> None:
    """She holds a time, gives it up, has it offered to another account of hers, and again."""
    eve, puppet = world.person("Eve"), world.person("Puppet")
    slot_id = world.slot(world.service(ann), world.in_days(5))
    wait(world, puppet, ann)
    offered = 0
    for _ in range(3):
        booked = world.book(eve, slot_id)
        world.travel(by=timedelta(minutes=10))
        world.cancel(eve, booked["booking_id"])
        world.maintain()
        offered += len(kept(world))
        world.travel(by=LASTS)
        world.maintain()
    assert offered == 1
    world.book(world.person("Jo"), slot_id)


def test_an_offer_to_somebody_else_is_not_hers_to_take(world: World, ann: Instructor) -> None:
    jo, eve = world.person("Jo"), world.person("Eve")
    lesson = paid(world, ann, 4)
    wait(world, jo, ann)
    wait(world, eve, ann)
    free(world, lesson)
    assert kept(world) == [jo]
    offer_id = world.value("select id from public.bookings where status = 'proposed'")
    for step in ("accept_proposal", "decline_proposal"):
        with world.unchanged(), world.refusing("PT404", "booking_not_found"):
            world.call(eve, f"public.{step}", p_booking_id=offer_id)
    with world.unchanged(), world.refusing("PT409", "slot_taken"):
        world.book(eve, lesson.slot_id)
    entry_id = world.value(
        "select entry.id from public.waiting_list_entries entry"
        " join public.learners learner on learner.id = entry.learner_id"
        " where learner.user_id = %s",
        jo,
    )
    with world.unchanged(), world.refusing("PT404", "entry_not_found"):
        world.call(eve, "public.leave_waiting_list", p_entry_id=entry_id)
    assert world.call(jo, "public.accept_proposal", p_booking_id=offer_id) == "held"


@pytest.mark.slow
def test_taking_offers_without_paying_is_giving_up_holds(world: World, ann: Instructor) -> None:
    """Each offer that she accepts is a hold like any other, of which six a day may end unpaid."""
    eve = world.person("Eve")
    lessons = [paid(world, ann, days) for days in range(3, 11)]
    wait(world, eve, ann)
    free(world, *lessons)
    taken = 0
    for _ in lessons:
        offers = world.rows("select id from public.bookings where status = 'proposed'")
        for offer in offers:
            world.call(eve, "public.accept_proposal", p_booking_id=offer["id"])
            taken += 1
        world.travel(by=timedelta(minutes=16))
        world.maintain()
    assert taken == 6
    assert kept(world) == []
