"""Where a payout run can be struck, and what strikes it.

The job is brought to a stand at a point, by itself, by the stand-in for Stripe, or by a trigger in
its database; then it is killed, told to end, or its database is stopped at once.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, Self

from tests.faults.cluster import FragileCluster
from tests.jobs.payday import INSTRUCTORS, Finished, Payday, connect, finish, wait_until

Blow = Literal["SIGKILL", "SIGTERM", "Postgres stop"]

LOCK = 4711
STAND_STILL = """
    create sequence private.visits;
    create function private.stand_still() returns trigger language plpgsql
        security definer set search_path = '', pg_temp as $$
    begin
        if nextval('private.visits') = tg_argv[0]::bigint then
            perform pg_advisory_xact_lock({lock});
        end if;
        return new;
    end;
    $$;
"""


@dataclass(frozen=True)
class Point:
    """A place in a payout run. `by` names the failpoint, or the trigger or fault that waits there.

    `is_per_payout`: the nth payout gets there. Otherwise the run does, after a job before it was
    killed when n - 1 payouts were made. `survives`: what the dead job had asked for is still done.
    """

    name: str
    where: Literal["job", "database", "stripe"]
    by: str
    is_per_payout: bool = True
    survives: bool = False


POINTS = (
    Point("at its start", "job", "started", is_per_payout=False),
    Point("with its run open", "job", "run_opened", is_per_payout=False),
    Point("making payouts", "database", "before insert on public.payouts for each row"),
    Point("making items", "database", "before insert on public.payout_items for each row"),
    Point(
        "before sending is committed",
        "database",
        "after update of status on public.payouts for each row"
        " when (new.status = 'sending' and old.status <> 'sending')",
    ),
    Point("once sending is committed", "job", "before_transfer"),
    Point("in the middle of the request", "stripe", "before"),
    Point("after the effect, before the answer", "stripe", "after", survives=True),
    Point("after the answer, before it is recorded", "job", "after_transfer"),
    Point(
        "recording, before the lease ends",
        "database",
        "after update of status on public.payouts for each row when (new.status = 'paid')",
    ),
    Point(
        "in the commit of the record",
        "database",
        "after update of status on public.payouts deferrable initially deferred"
        " for each row when (new.status = 'paid')",
        survives=True,
    ),
    Point("between two payouts", "job", "transfer_recorded"),
    Point("before the run is closed", "job", "before_close", is_per_payout=False),
    Point("after the run is closed", "job", "after_close", is_per_payout=False),
)
PLACES = {"first": 1, "middle": (INSTRUCTORS + 1) // 2, "last": INSTRUCTORS}
BLOWS: tuple[Blow, ...] = ("SIGKILL", "SIGTERM", "Postgres stop")
RESUMED = {
    "at once": timedelta(0),
    "25 hours later": timedelta(hours=25),
    "8 days later": timedelta(days=8),
}

# One worker, so that the nth payout is the nth; a lease that is worth waiting for.
ENVIRONMENT = {
    "PAYOUT_LEASE_SECONDS": "2",
    "DATABASE_POOL_TIMEOUT_SECONDS": "0.5",
}


@dataclass(frozen=True)
class Kill:
    point: Point
    place: str
    blow: Blow
    resumed: str

    def __str__(self) -> str:
        return f"{self.blow} {self.point.name}, {self.place}, resumed {self.resumed}"

    @property
    def nth(self) -> int:
        return PLACES[self.place]


class Strike:
    """Carries out a kill on a payday; afterwards the job is gone and everything else is there."""

    def __init__(self, payday: Payday, cluster: FragileCluster, kill: Kill) -> None:
        self.payday = payday
        self.cluster = cluster
        self.kill = kill
        self._closing = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.close()

    def carry_out(self) -> Finished:
        """How the struck job ended."""
        kill = self.kill
        if not kill.point.is_per_payout and kill.nth > 1:
            before = self._pay(LPLATE_FAILPOINT=f"transfer_recorded:{kill.nth - 1}")
            assert finish(before).status == 137
        job = self._bring_to_a_stand()
        if kill.blow == "SIGKILL":
            job.kill()
            job.wait()
        elif kill.blow == "SIGTERM":
            job.terminate()
        else:
            self.cluster.crash()
        self._let_go(job)
        struck = finish(job)
        if kill.blow == "Postgres stop":
            self.cluster.start()
            self.payday.reconnect()
        return struck

    def _pay(self, **environment: str) -> subprocess.Popen[str]:
        return self.payday.start("payouts", "--workers", "1", **ENVIRONMENT, **environment)

    def _bring_to_a_stand(self) -> subprocess.Popen[str]:
        point, nth = self.kill.point, self.kill.nth
        if point.where == "job":
            visit = nth if point.is_per_payout else 1
            job = self._pay(LPLATE_FAILPOINT=f"{point.by}:{visit}:stop")
            self._wait_for(job, lambda: is_stopped(job.pid))
        elif point.where == "stripe":
            when: Literal["before", "after"] = "before" if point.by == "before" else "after"
            self.payday.fake.fault("POST", "/v1/transfers", "hold", when, nth=nth)
            job = self._pay()
            self._wait_for(job, self.payday.fake.held)
        else:
            self._install_trigger(point.by, nth)
            self._gate = self._closing.enter_context(connect(self.cluster, self.payday.database))
            self._gate.execute("select pg_advisory_lock(%s)", [LOCK])
            job = self._pay()
            self._wait_for(job, self._waiting)
        return job

    def _wait_for(self, job: subprocess.Popen[str], stands: Callable[[], object]) -> None:
        wait_until(lambda: stands() or job.poll() is not None)
        assert job.poll() is None, f"it never got there: {finish(job)}"

    def _install_trigger(self, event: str, nth: int) -> None:
        is_deferred = "deferrable" in event
        kind = "constraint trigger" if is_deferred else "trigger"
        act = f"execute function private.stand_still('{nth}')"
        connection = self.payday.world.connection
        connection.execute(STAND_STILL.format(lock=LOCK).encode())
        connection.execute(f"create {kind} zz_stand_still {event} {act}".encode())

    def _waiting(self) -> list[int]:
        """The backends that stand still."""
        rows = self._gate.execute(
            "select pid from pg_locks where locktype = 'advisory' and not granted"
            " and database = (select oid from pg_database where datname = current_database())"
        )
        return [pid for (pid,) in rows]

    def _let_go(self, job: subprocess.Popen[str]) -> None:
        """Lets what stands still go on, unless it is lost with the job that asked for it."""
        point, blow = self.kill.point, self.kill.blow
        is_lost = blow == "SIGKILL" and not point.survives
        if point.where == "job":
            job.send_signal(signal.SIGCONT)
        elif point.where == "stripe":
            self.payday.fake.release(is_lost=is_lost)
        elif blow != "Postgres stop":
            for pid in self._waiting() if is_lost else []:
                self._gate.execute("select pg_terminate_backend(%s, 10000)", [pid])
            self._gate.execute("select pg_advisory_unlock(%s)", [LOCK])
            wait_until(lambda: not self._busy())

    def _busy(self) -> list[tuple[int]]:
        """Backends that still carry out what a job asked for."""
        rows = self._gate.execute(
            "select pid from pg_stat_activity where usename = 'jobs' and state = 'active'"
            " and datname = current_database()"
        )
        return rows.fetchall()


def is_stopped(pid: int) -> bool:
    """Whether a child of ours stands still after SIGSTOP."""
    state = os.waitid(os.P_PID, pid, os.WSTOPPED | os.WEXITED | os.WNOHANG | os.WNOWAIT)
    return state is not None and state.si_code == os.CLD_STOPPED
