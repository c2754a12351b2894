"""An outbox with commands, and how a worker handles them in a line."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from psycopg.rows import DictRow

from tests.factories import World

MINUTE = timedelta(minutes=1)


class Outbox:
    """The outbox of a world. Workers act as the jobs login."""

    def __init__(self, world: World) -> None:
        self.world = world

    def enqueue(
        self,
        key: str | None = None,
        payload: str = '{"refund_id": "1"}',
        subject: str | None = None,
        org_id: UUID | None = None,
    ) -> DictRow:
        key = key or f"test:{uuid4()}"
        self.world.value(
            "select private.enqueue_command("
            "coalesce(%s, private.platform_id()), 'refund_payment', %s, %s, %s)",
            org_id,
            key,
            payload,
            subject,
        )
        return self.world.row("select * from private.outbox where idempotency_key = %s", key)

    def claim(
        self,
        worker: UUID,
        limit: int = 10,
        lease: timedelta = MINUTE,
        after_org_id: UUID | None = None,
    ) -> list[DictRow]:
        return self.world.serve(
            "jobs",
            "private.claim_commands",
            p_worker_id=worker,
            p_limit=limit,
            p_lease=lease,
            p_after_org_id=after_org_id,
        )

    def finish(self, command_id: int, worker: UUID) -> None:
        self.world.serve(
            "jobs", "private.finish_command", p_command_id=command_id, p_worker_id=worker
        )

    def fail(
        self, command_id: int, worker: UUID, error: str = "503", *, is_final: bool = False
    ) -> str:
        (row,) = self.world.serve(
            "jobs",
            "private.fail_command",
            p_command_id=command_id,
            p_worker_id=worker,
            p_error=error,
            p_is_final=is_final,
        )
        verdict: str = row["fail_command"]
        return verdict

    def command(self, command_id: int) -> DictRow:
        return self.world.row("select * from private.outbox where id = %s", command_id)

    def delay(self, command_id: int) -> timedelta:
        """How long from now until the command can be claimed again."""
        available_at = self.command(command_id)["available_at"]
        delay: timedelta = available_at - self.world.now()
        return delay


@pytest.fixture
def outbox(world: World) -> Outbox:
    return Outbox(world)


@pytest.fixture
def worker() -> UUID:
    return uuid4()


@pytest.fixture
def other() -> UUID:
    """Another worker."""
    return uuid4()
