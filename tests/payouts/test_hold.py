"""Admins, who say why, hold, release and cancel payouts, and hold all payouts of an instructor."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from tests.factories import World
from tests.payouts.paydays import (
    FRIDAY,
    NOON,
    WEEK,
    claim,
    close_run,
    fail,
    open_run,
    payable,
    payouts,
    results,
    transfer,
)

STEPS = ("hold", "release", "cancel")


@pytest.fixture
def run_id(world: World) -> UUID:
    world.travel(to=NOON)
    payable(world)
    return open_run(world)


def decide(world: World, step: str, user_id: UUID, reason: str = "Looked into.") -> None:
    payout_id = world.value("select id from public.payouts")
    world.call(user_id, f"public.admin_{step}_payout", p_payout_id=payout_id, p_reason=reason)


def status(world: World) -> str:
    held: str = world.value("select status::text from public.payouts")
    return held


def test_a_held_payout_is_not_sent_until_it_is_released(world: World, run_id: UUID) -> None:
    admin = world.admin()
    decide(world, "hold", admin)
    assert status(world) == "held"
    assert world.claim_payout(run_id, world.now()) is None
    assert close_run(world, run_id)["is_completed"]

    decide(world, "release", admin)
    transfer(world, claim(world, run_id))
    assert status(world) == "paid"
    assert close_run(world, run_id)["is_completed"]


def test_a_failed_payout_is_sent_again_under_a_new_key(world: World, run_id: UUID) -> None:
    first = claim(world, run_id)
    fail(world, first, "refused")
    decide(world, "release", world.admin())
    again = claim(world, run_id)
    assert again["payout_id"] == first["payout_id"]
    assert again["idempotency_key"] != first["idempotency_key"]


def test_who_held_it_and_why_is_in_the_audit_log(world: World, run_id: UUID) -> None:
    admin = world.admin()
    decide(world, "hold", admin, "The bank called.")
    noted = world.row(
        "select user_id, reason from public.audit_logs"
        " where entity_type = 'payouts' and new_values ->> 'status' = 'held'"
    )
    assert noted == {"user_id": admin, "reason": "The bank called."}


def test_its_owner_is_told(world: World, run_id: UUID) -> None:
    decide(world, "hold", world.admin())
    told = world.row("select code, instructor_id from public.alerts")
    instructor_id = world.value("select instructor_id from public.payouts")
    assert told == {"code": "payout_held", "instructor_id": instructor_id}


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("outcome", ["sending", "unknown"])
def test_what_is_on_its_way_or_in_doubt_cannot_be_decided(
    world: World, run_id: UUID, step: str, outcome: str
) -> None:
    claimed = claim(world, run_id)
    if outcome == "unknown":
        fail(world, claimed, "unknown")
    admin = world.admin()
    with world.unchanged(), world.refusing("PT409", "payout_cannot_do_that"):
        decide(world, step, admin)


@pytest.mark.parametrize("step", ["hold", "release"])
def test_what_was_paid_is_not_held(world: World, run_id: UUID, step: str) -> None:
    transfer(world, claim(world, run_id))
    admin = world.admin()
    with world.unchanged(), world.refusing("PT409", "payout_cannot_do_that"):
        decide(world, step, admin)


@pytest.mark.parametrize("step", STEPS)
def test_a_reason_is_required(world: World, run_id: UUID, step: str) -> None:
    admin = world.admin()
    with world.unchanged(), world.refusing("PT422", "reason_required"):
        decide(world, step, admin, " ")


@pytest.mark.parametrize("step", STEPS)
def test_the_payee_decides_nothing(world: World, run_id: UUID, step: str) -> None:
    payee = world.value(
        "select user_id from public.instructors"
        " where id = (select instructor_id from public.payouts)"
    )
    with world.unchanged(), world.refusing("42501", "not_an_admin"):
        decide(world, step, payee)


def test_what_was_cancelled_unsent_is_owed_again_and_paid_next_time(
    world: World, run_id: UUID
) -> None:
    decide(world, "hold", world.admin())
    decide(world, "cancel", world.admin())
    assert status(world) == "cancelled"
    assert world.ledger()["payee_payable"] == -4500
    assert "payout_in_transit" not in world.ledger()


def hold_instructor(
    world: World, instructor_id: UUID, is_held: bool, user_id: UUID | None = None
) -> None:
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
    hold_instructor(world, held.id, True)
    assert results(world, open_run(world)) == {
        held.id: (5000, "held", "admin_hold"),
        other.id: (6000, "payout", None),
    }
    assert payouts(world) == [("pending", 6000)]

    hold_instructor(world, held.id, False)
    world.travel(by=WEEK)
    assert results(world, open_run(world, FRIDAY + timedelta(days=7))) == {
        held.id: (5000, "payout", None)
    }


def test_only_admins_of_the_platform_hold(world: World) -> None:
    instructor = world.instructor()
    with world.unchanged(), world.refusing("42501", "not_an_admin"):
        hold_instructor(world, instructor.id, False, instructor.user_id)


def test_an_unknown_instructor_is_refused(world: World) -> None:
    admin = world.admin()
    with world.unchanged(), world.refusing("PT404", "instructor_not_found"):
        hold_instructor(world, uuid4(), True, admin)
