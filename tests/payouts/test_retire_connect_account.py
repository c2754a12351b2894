"""An account is replaced by its payee, and never while a payout is on its way there."""

from __future__ import annotations

from uuid import UUID

import pytest

from tests.factories import Instructor, World
from tests.payouts.paydays import NOON, claim, fail, open_run, payable, transfer


@pytest.fixture
def payee(world: World) -> Instructor:
    world.travel(to=NOON)
    return payable(world)


def retire(world: World, user_id: UUID) -> None:
    account_id = world.value("select id from public.stripe_connect_accounts limit 1")
    world.call(user_id, "public.retire_connect_account", p_connect_account_id=account_id)


def test_a_payee_gets_another_account(world: World, payee: Instructor) -> None:
    first = world.open_account(payee.user_id, payee.id)
    retire(world, payee.user_id)
    second = world.open_account(payee.user_id, payee.id)
    assert second["connect_account_id"] != first["connect_account_id"]
    assert second["idempotency_key"] != first["idempotency_key"]
    assert second["stripe_account_id"] is None


@pytest.mark.parametrize("status", ["pending", "sending", "unknown", "failed", "held"])
def test_not_while_a_payout_is_on_its_way(world: World, payee: Instructor, status: str) -> None:
    run_id = open_run(world)
    if status in ("sending", "unknown", "failed"):
        claimed = claim(world, run_id)
        if status != "sending":
            fail(world, claimed, "unknown" if status == "unknown" else "refused")
    elif status == "held":
        world.call(
            world.admin(),
            "public.admin_hold_payout",
            p_payout_id=world.value("select id from public.payouts"),
            p_reason="To see.",
        )
    assert world.value("select status::text from public.payouts") == status
    with world.unchanged(), world.refusing("PT409", "payout_in_flight"):
        retire(world, payee.user_id)


def test_once_it_has_arrived(world: World, payee: Instructor) -> None:
    transfer(world, claim(world, open_run(world)))
    retire(world, payee.user_id)
    assert world.value("select retired_at is not null from public.stripe_connect_accounts")


def test_nobody_elses(world: World, payee: Instructor) -> None:
    for person in (world.person(), world.instructor().user_id):
        with world.unchanged(), world.refusing("PT404", "no_account"):
            retire(world, person)
