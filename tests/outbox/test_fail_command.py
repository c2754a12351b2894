"""A failure is tried again later and later, and given up in the end."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from tests.outbox.conftest import MINUTE, Outbox

MOST_ATTEMPTS = 12


def test_a_failed_command_is_given_back_with_its_error(
    outbox: Outbox, worker: UUID, other: UUID
) -> None:
    command = outbox.enqueue()
    outbox.claim(worker)
    assert outbox.fail(command["id"], worker, "Stripe says 503") == "retry"
    failed = outbox.command(command["id"])
    assert (failed["leased_by"], failed["leased_until"]) == (None, None)
    assert (failed["last_error"], failed["dead_at"]) == ("Stripe says 503", None)
    assert outbox.claim(other) == []
    outbox.world.travel(by=outbox.delay(command["id"]))
    assert len(outbox.claim(other)) == 1


def test_each_delay_is_twice_the_one_before_up_to_six_hours_then_it_is_dead(
    outbox: Outbox, worker: UUID
) -> None:
    command = outbox.enqueue()
    delays = []
    for _ in range(MOST_ATTEMPTS - 1):
        assert len(outbox.claim(worker)) == 1
        assert outbox.fail(command["id"], worker) == "retry"
        delays.append(outbox.delay(command["id"]))
        outbox.world.travel(by=delays[-1])
    assert delays == [
        min(timedelta(seconds=20 * 2**number), timedelta(hours=6))
        for number in range(MOST_ATTEMPTS - 1)
    ]

    outbox.claim(worker)
    assert outbox.fail(command["id"], worker, "enough") == "dead"
    dead = outbox.command(command["id"])
    assert (dead["dead_at"], dead["attempts"]) == (outbox.world.now(), MOST_ATTEMPTS)
    assert (dead["last_error"], dead["processed_at"]) == ("enough", None)
    outbox.world.travel(by=timedelta(days=30))
    assert outbox.claim(worker) == []


def test_a_final_refusal_is_dead_at_once(outbox: Outbox, worker: UUID) -> None:
    command = outbox.enqueue()
    outbox.claim(worker)
    assert outbox.fail(command["id"], worker, "no such charge", is_final=True) == "dead"
    assert outbox.command(command["id"])["dead_at"] == outbox.world.now()


def test_an_admin_revives_a_dead_command(outbox: Outbox, worker: UUID) -> None:
    command = outbox.enqueue()
    outbox.claim(worker)
    outbox.fail(command["id"], worker, is_final=True)
    with outbox.world.in_studio():
        outbox.world.connection.execute(
            "update private.outbox set dead_at = null, attempts = 0, available_at = private.clock()"
        )
    assert len(outbox.claim(worker)) == 1


@pytest.mark.parametrize("attempts", [12, 60, 5000])
def test_a_command_whose_workers_kept_dying_is_given_up(
    outbox: Outbox, worker: UUID, attempts: int
) -> None:
    command = outbox.enqueue()
    outbox.world.connection.execute("update private.outbox set attempts = %s", [attempts])
    outbox.claim(worker)
    assert outbox.fail(command["id"], worker) == "dead"
    assert outbox.delay(command["id"]) == timedelta(hours=6)


def test_a_worker_that_lost_its_lease_gives_nothing_back(
    outbox: Outbox, worker: UUID, other: UUID
) -> None:
    command = outbox.enqueue()
    outbox.claim(worker)
    outbox.world.travel(by=MINUTE)
    outbox.claim(other)
    before = outbox.command(command["id"])
    outbox.fail(command["id"], worker, is_final=True)
    assert outbox.command(command["id"]) == before


def test_a_finished_command_does_not_fail(outbox: Outbox, worker: UUID) -> None:
    command = outbox.enqueue()
    outbox.claim(worker)
    outbox.finish(command["id"], worker)
    done = outbox.command(command["id"])
    outbox.fail(command["id"], worker, is_final=True)
    assert outbox.command(command["id"]) == done


@pytest.mark.parametrize("error", ["x" * 5000, "é" * 5000, ""])
def test_an_error_is_cut(outbox: Outbox, worker: UUID, error: str) -> None:
    command = outbox.enqueue()
    outbox.claim(worker)
    outbox.fail(command["id"], worker, error)
    assert outbox.command(command["id"])["last_error"] == error[:1000]
