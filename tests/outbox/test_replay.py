"""What was given up is tried again when an admin of the platform says so, and why."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from tests.factories import World
from tests.outbox.conftest import Outbox


def replay(world: World, user_id: UUID, command_id: int, reason: str = "Mended.") -> None:
    world.call(user_id, "public.admin_replay_command", p_command_id=command_id, p_reason=reason)


@pytest.fixture
def dead(outbox: Outbox, worker: UUID) -> int:
    command_id: int = outbox.enqueue()["id"]
    outbox.claim(worker)
    outbox.fail(command_id, worker, "no such charge", is_final=True)
    outbox.world.travel(by=timedelta(days=2))
    return command_id


def test_a_dead_command_is_tried_again_as_if_it_were_new(
    outbox: Outbox, worker: UUID, dead: int
) -> None:
    replay(outbox.world, outbox.world.admin(), dead)
    assert outbox.command(dead)["dead_at"] is None
    (claimed,) = outbox.claim(worker)
    assert (claimed["command_id"], claimed["attempts"]) == (dead, 1)


def test_who_replayed_it_and_why_is_in_the_audit_log(outbox: Outbox, dead: int) -> None:
    admin = outbox.world.admin()
    replay(outbox.world, admin, dead, "The charge is there by now.")
    noted = outbox.world.row(
        "select entity_id, action, user_id, reason, new_values from public.audit_logs"
        " where entity_type = 'outbox'"
    )
    assert noted == {
        "entity_id": str(dead),
        "action": "update",
        "user_id": admin,
        "reason": "The charge is there by now.",
        "new_values": {"dead_at": None, "attempts": 0},
    }


def test_only_admins_of_the_platform_replay(outbox: Outbox, dead: int) -> None:
    world = outbox.world
    owner = world.member(world.organization(), "owner")
    for person in (owner, world.person()):
        with world.unchanged(), world.refusing("42501", "not_an_admin"):
            replay(world, person, dead)


@pytest.mark.parametrize("reason", ["", "  ", "no", "x" * 501])
def test_a_reason_is_required(outbox: Outbox, dead: int, reason: str) -> None:
    admin = outbox.world.admin()
    with outbox.world.unchanged(), outbox.world.refusing("PT422", "reason_required"):
        replay(outbox.world, admin, dead, reason)


def test_what_is_not_dead_is_not_replayed(outbox: Outbox, worker: UUID) -> None:
    waiting, done = outbox.enqueue()["id"], outbox.enqueue()["id"]
    outbox.claim(worker)
    outbox.finish(done, worker)
    admin = outbox.world.admin()
    for command_id in (waiting, done, 0):
        with outbox.world.unchanged(), outbox.world.refusing("PT404", "command_not_found"):
            replay(outbox.world, admin, command_id)
