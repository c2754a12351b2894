"""Scheduled commands that have stopped running are named, from the first heartbeat of any on."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.factories import World

PATIENCE = {
    "outbox": timedelta(minutes=15),
    "maintain": timedelta(minutes=30),
    "payouts": timedelta(days=8),
    "reconcile": timedelta(days=2),
}


def beat(world: World, command: str) -> None:
    world.serve("jobs", "private.record_heartbeat", p_command=command)


def late(world: World) -> set[str]:
    return {row["command"] for row in world.serve("jobs", "private.late_commands")}


def test_before_anything_has_run_nothing_is_late(world: World) -> None:
    world.travel(by=timedelta(days=100))
    assert late(world) == set()


@pytest.mark.parametrize(("command", "patience"), PATIENCE.items(), ids=PATIENCE)
def test_a_command_is_late_after_its_time(world: World, command: str, patience: timedelta) -> None:
    beat(world, command)
    world.travel(by=patience)
    assert command not in late(world)
    world.travel(by=timedelta(seconds=1))
    assert command in late(world)
    beat(world, command)
    assert command not in late(world)


def test_a_command_that_has_never_run_is_late_once_another_has(world: World) -> None:
    beat(world, "doctor")
    world.travel(by=timedelta(minutes=31))
    assert late(world) == {"outbox", "maintain"}
    world.travel(by=timedelta(days=100))
    assert late(world) == set(PATIENCE)


def test_only_the_jobs_beat(world: World) -> None:
    for function in ("late_commands()", "record_heartbeat('outbox')"):
        with world.refusing("42501"), world.serving_as("webhook_service"):
            world.rows(f"select * from private.{function}")
