"""Whom an admin holds back is in every run, with the reason, and is paid by none of them."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

from tests.factories import World
from tests.payouts.paydays import FRIDAY, NOON, WEEK, open_run, payable, payouts, results


def hold(world: World, instructor_id: UUID, is_held: bool, user_id: UUID | None = None) -> None:
    world.call(
        user_id or world.admin(),
        "public.admin_hold_instructor",
        p_instructor_id=instructor_id,
        p_is_held=is_held,
        p_reason="To be looked into.",
    )


def test_a_held_instructor_waits_with_a_reason_and_is_paid_once_let_go(world: World) -> None:
    world.travel(to=NOON)
    held, other = payable(world, 5000), payable(world, 6000)
    hold(world, held.id, True)
    assert results(world, open_run(world)) == {
        held.id: (5000, "held", "admin_hold"),
        other.id: (6000, "payout", None),
    }
    assert payouts(world) == [("pending", 6000)]

    hold(world, held.id, False)
    world.travel(by=WEEK)
    assert results(world, open_run(world, FRIDAY + timedelta(days=7))) == {
        held.id: (5000, "payout", None)
    }


def test_only_admins_of_the_platform_hold(world: World) -> None:
    instructor = world.instructor()
    with world.unchanged(), world.refusing("42501", "not_an_admin"):
        hold(world, instructor.id, False, instructor.user_id)


def test_an_unknown_instructor_is_refused(world: World) -> None:
    admin = world.admin()
    with world.unchanged(), world.refusing("PT404", "instructor_not_found"):
        hold(world, uuid4(), True, admin)
