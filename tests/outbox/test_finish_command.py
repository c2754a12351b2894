"""A command is done once, by the worker that holds it."""

from __future__ import annotations

from uuid import UUID

from tests.outbox.conftest import MINUTE, Outbox


def test_a_finished_command_is_done_for_good(outbox: Outbox, worker: UUID) -> None:
    command = outbox.enqueue()
    outbox.claim(worker)
    outbox.finish(command["id"], worker)
    done = outbox.command(command["id"])
    assert done["processed_at"] == outbox.world.now()
    assert done["leased_by"] is done["leased_until"] is done["last_error"] is None
    outbox.world.travel(by=MINUTE * 2)
    assert outbox.claim(worker) == []


def test_success_after_failures_clears_the_error(outbox: Outbox, worker: UUID) -> None:
    command = outbox.enqueue()
    outbox.claim(worker)
    outbox.fail(command["id"], worker, "boom")
    outbox.world.travel(by=outbox.delay(command["id"]))
    outbox.claim(worker)
    outbox.finish(command["id"], worker)
    done = outbox.command(command["id"])
    assert (done["last_error"], done["attempts"]) == (None, 2)


def test_a_worker_that_lost_its_lease_finishes_nothing(
    outbox: Outbox, worker: UUID, other: UUID
) -> None:
    command = outbox.enqueue()
    outbox.claim(worker)
    outbox.world.travel(by=MINUTE)
    outbox.claim(other)
    before = outbox.command(command["id"])
    outbox.finish(command["id"], worker)
    assert outbox.command(command["id"]) == before


def test_a_late_worker_that_nobody_replaced_may_still_finish(outbox: Outbox, worker: UUID) -> None:
    command = outbox.enqueue()
    outbox.claim(worker)
    outbox.world.travel(by=MINUTE * 5)
    outbox.finish(command["id"], worker)
    assert outbox.command(command["id"])["processed_at"] == outbox.world.now()


def test_what_was_never_claimed_is_not_finished(outbox: Outbox, worker: UUID) -> None:
    command = outbox.enqueue()
    outbox.finish(command["id"], worker)
    outbox.finish(command["id"] + 1, worker)
    assert outbox.command(command["id"]) == command


def test_finishing_twice_changes_nothing(outbox: Outbox, worker: UUID) -> None:
    command = outbox.enqueue()
    outbox.claim(worker)
    outbox.finish(command["id"], worker)
    done = outbox.command(command["id"])
    outbox.world.travel(by=MINUTE)
    outbox.finish(command["id"], worker)
    assert outbox.command(command["id"]) == done
