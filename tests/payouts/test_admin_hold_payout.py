"""A payout that is not on its way is held back, and let go, by an admin who says why."""

from __future__ import annotations

from uuid import UUID

import pytest

from tests.factories import World
from tests.payouts.paydays import NOON, claim, close_run, fail, open_run, payable, transfer

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
