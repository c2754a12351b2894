"""Who is said not to have come accepts it, or contests it; who has said it can take it back."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from tests.cancellations.steps import earned, refunds
from tests.factories import Booking, World


@pytest.fixture
def booking(world: World) -> Booking:
    """A paid lesson whose start is a quarter of an hour ago."""
    booking = world.booking()
    booking.pay()
    world.travel(to=booking.columns["start_at"] + timedelta(minutes=15))
    return booking


def answer(world: World, by: UUID, how: str, claim_id: UUID) -> None:
    world.call(by, f"public.{how}_claim", p_claim_id=claim_id)


def status(world: World) -> str:
    found: str = world.value("select status::text from public.lesson_claims")
    return found


def accused(booking: Booking, who: str) -> UUID:
    return booking.learner if who == "learner" else booking.instructor.user_id


@pytest.mark.parametrize(
    ("who", "paid_back", "was_earned"), [("learner", [], 4500), ("instructor", [5310], 0)]
)
@pytest.mark.parametrize("is_contested", [False, True])
def test_what_is_accepted_is_settled(
    world: World,
    booking: Booking,
    who: str,
    paid_back: list[int],
    was_earned: int,
    is_contested: bool,
) -> None:
    claim_id = booking.say_missing(who)
    if is_contested:
        answer(world, accused(booking, who), "contest", claim_id)
    answer(world, accused(booking, who), "accept", claim_id)
    assert (booking.status, booking.columns["no_show_by"], status(world)) == (
        "no_show",
        who,
        "upheld",
    )
    assert (refunds(world), earned(world)) == (paid_back, was_earned)
    for how in ("accept", "contest"):
        with world.unchanged(), world.refusing("PT409", "claim_answered"):
            answer(world, accused(booking, who), how, claim_id)


@pytest.mark.parametrize("who", ["learner", "instructor"])
def test_what_is_contested_waits_for_an_admin(world: World, booking: Booking, who: str) -> None:
    claim_id = booking.say_missing(who)
    world.travel(by=timedelta(hours=72) - timedelta(microseconds=1))
    answer(world, accused(booking, who), "contest", claim_id)
    claim = world.row("select * from public.lesson_claims")
    assert (claim["status"], claim["contested_by"]) == ("undecided", accused(booking, who))
    assert claim["decision_due_at"] == world.now() + timedelta(days=7)
    assert (booking.status, refunds(world), earned(world)) == ("confirmed", [], 0)
    with world.unchanged(), world.refusing("PT409", "claim_answered"):
        answer(world, accused(booking, who), "contest", claim_id)


def test_a_guardian_answers_who_may_book(world: World, booking: Booking) -> None:
    learner_id = booking.columns["learner_id"]
    viewer = world.guardian(learner_id, view=True, pay=True)
    booker = world.guardian(learner_id, book=True)
    claim_id = booking.say_missing("learner")
    for how in ("accept", "contest"):
        with world.unchanged(), world.refusing("PT404", "claim_not_found"):
            answer(world, viewer, how, claim_id)
    answer(world, booker, "contest", claim_id)
    assert status(world) == "undecided"


@pytest.mark.parametrize("who", ["learner", "instructor"])
@pytest.mark.parametrize("how", ["accept", "contest"])
def test_nobody_else_answers(world: World, booking: Booking, who: str, how: str) -> None:
    claim_id = booking.say_missing(who)
    claimant = booking.instructor.user_id if who == "learner" else booking.learner
    strangers = [world.person(), world.instructor().user_id, claimant]
    if who == "learner":
        strangers.append(world.admin())
    for stranger in strangers:
        with world.unchanged(), world.refusing("PT404", "claim_not_found"):
            answer(world, stranger, how, claim_id)
    with world.unchanged(), world.refusing("PT404", "claim_not_found"):
        answer(world, booking.learner, how, uuid4())


def test_an_admin_does_not_accept_what_an_admin_says(world: World) -> None:
    lesson, admin = world.lesson(), world.admin()
    claim_id = lesson.say_missing("instructor", admin)
    with world.unchanged(), world.refusing("PT404", "claim_not_found"):
        answer(world, admin, "accept", claim_id)
    answer(world, lesson.instructor.user_id, "accept", claim_id)
    assert refunds(world) == [5310]


@pytest.mark.parametrize("who", ["learner", "instructor"])
def test_a_claim_that_is_taken_back_can_be_made_again(
    world: World, booking: Booking, who: str
) -> None:
    claim_id = booking.say_missing(who)
    for stranger in (world.person(), accused(booking, who)):
        with world.unchanged(), world.refusing("PT404", "claim_not_found"):
            answer(world, stranger, "withdraw", claim_id)
    claimant = booking.instructor.user_id if who == "learner" else booking.learner
    answer(world, claimant, "withdraw", claim_id)
    assert status(world) == "withdrawn"
    with world.unchanged(), world.refusing("PT409", "claim_answered"):
        answer(world, claimant, "withdraw", claim_id)
    assert booking.say_missing(who) != claim_id


def test_a_claim_ends_with_its_booking(world: World, booking: Booking) -> None:
    booking.say_missing("instructor")
    world.cancel(booking.instructor.user_id, booking.id)
    assert (status(world), refunds(world)) == ("withdrawn", [5310])
