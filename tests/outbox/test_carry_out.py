"""A command is claimed by one worker, and is then finished, tried again or given up."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from tests.factories import World
from tests.outbox.conftest import MINUTE, Outbox
from tests.races import Racers
from tools.cluster import Cluster


def test_a_claim_leases_the_command(outbox: Outbox, worker: UUID) -> None:
    command = outbox.enqueue(payload='{"amount_cents": 4860}')
    assert outbox.claim(worker) == [
        {
            "command_id": command["id"],
            "org_id": command["org_id"],
            "topic": "refund_payment",
            "payload": {"amount_cents": 4860},
            "attempts": 1,
        }
    ]
    leased = outbox.command(command["id"])
    assert (leased["leased_by"], leased["leased_until"]) == (worker, outbox.world.now() + MINUTE)


def test_a_leased_command_is_nobody_elses(outbox: Outbox, worker: UUID, other: UUID) -> None:
    outbox.enqueue()
    assert len(outbox.claim(worker)) == 1
    assert outbox.claim(other) == []
    assert outbox.claim(worker) == []


def test_a_dead_workers_command_is_claimed_when_its_lease_ends(
    outbox: Outbox, worker: UUID, other: UUID
) -> None:
    command = outbox.enqueue()
    outbox.claim(worker)
    outbox.world.travel(by=MINUTE - timedelta(milliseconds=1))
    assert outbox.claim(other) == []
    outbox.world.travel(by=timedelta(milliseconds=1))
    (claimed,) = outbox.claim(other)
    assert (claimed["command_id"], claimed["attempts"]) == (command["id"], 2)
    assert outbox.command(command["id"])["leased_by"] == other


def test_the_oldest_are_claimed_first_up_to_the_limit(outbox: Outbox, worker: UUID) -> None:
    ids = []
    for _ in range(5):
        ids.append(outbox.enqueue()["id"])
        outbox.world.travel(by=timedelta(seconds=1))
    assert {row["command_id"] for row in outbox.claim(worker, limit=2)} == set(ids[:2])
    assert {row["command_id"] for row in outbox.claim(worker, limit=2)} == set(ids[2:4])
    assert outbox.claim(worker, limit=0) == []
    assert {row["command_id"] for row in outbox.claim(worker)} == {ids[4]}


@pytest.mark.parametrize("busy", [0, 1])
def test_one_organization_is_served_after_the_other(
    outbox: Outbox, worker: UUID, busy: int
) -> None:
    """However many commands one has queued, another's wait for one of them at most."""
    orgs = sorted(outbox.world.organization() for _ in range(2))
    for _ in range(3):
        outbox.enqueue(org_id=orgs[busy])
    outbox.enqueue(org_id=orgs[1 - busy])
    served: list[UUID] = []
    for _ in range(4):
        (command,) = outbox.claim(worker, limit=1, after_org_id=served[-1] if served else None)
        served.append(command["org_id"])
    assert orgs[1 - busy] in served[:2]
    assert served.count(orgs[busy]) == 3
    assert outbox.claim(worker, limit=1, after_org_id=served[-1]) == []


def test_what_is_done_dead_or_due_later_is_not_claimed(outbox: Outbox, worker: UUID) -> None:
    for column in ("processed_at", "dead_at"):
        command = outbox.enqueue()
        outbox.world.connection.execute(
            f"update private.outbox set {column} = private.clock() where id = %s", [command["id"]]
        )
    later = outbox.enqueue()
    outbox.world.connection.execute(
        "update private.outbox set available_at = private.clock() + interval '1 second'"
        " where id = %s",
        [later["id"]],
    )
    assert outbox.claim(worker) == []
    outbox.world.travel(by=timedelta(seconds=1))
    assert [row["command_id"] for row in outbox.claim(worker)] == [later["id"]]


def claimed(outbox: Outbox, worker: UUID) -> list[int]:
    return sorted(row["command_id"] for row in outbox.claim(worker))


def test_commands_of_one_subject_are_claimed_one_after_the_other(
    outbox: Outbox, worker: UUID, other: UUID
) -> None:
    first, second, third = (outbox.enqueue(subject="payment:1")["id"] for _ in range(3))
    assert claimed(outbox, worker) == [first]
    assert claimed(outbox, other) == []
    outbox.fail(first, worker)
    assert claimed(outbox, other) == []
    outbox.world.travel(by=outbox.delay(first))
    assert claimed(outbox, other) == [first]
    outbox.finish(first, other)
    assert claimed(outbox, worker) == [second]
    outbox.fail(second, worker, is_final=True)
    assert claimed(outbox, worker) == [third]


def test_a_subject_holds_up_no_other(outbox: Outbox, worker: UUID) -> None:
    first = outbox.enqueue(subject="payment:1")["id"]
    outbox.enqueue(subject="payment:1")
    elsewhere = outbox.enqueue(subject="payment:2")["id"]
    without = [outbox.enqueue()["id"] for _ in range(2)]
    assert claimed(outbox, worker) == [first, elsewhere, *without]


def test_a_replayed_command_waits_for_the_one_of_its_subject_that_is_in_work(
    outbox: Outbox, worker: UUID, other: UUID
) -> None:
    first, second = (outbox.enqueue(subject="payment:1")["id"] for _ in range(2))
    outbox.claim(worker)
    outbox.fail(first, worker, is_final=True)
    assert claimed(outbox, worker) == [second]
    outbox.world.connection.execute(
        "update private.outbox set dead_at = null, available_at = private.clock() where id = %s",
        [first],
    )
    assert claimed(outbox, other) == []
    outbox.finish(second, worker)
    assert claimed(outbox, other) == [first]


def test_a_command_that_kills_every_worker_is_given_up(outbox: Outbox, worker: UUID) -> None:
    deadly = outbox.enqueue(subject="payment:1")["id"]
    following = outbox.enqueue(subject="payment:1")["id"]
    for attempt in range(1, 13):
        (taken,) = outbox.claim(worker)
        assert (taken["command_id"], taken["attempts"]) == (deadly, attempt)
        assert claimed(outbox, worker) == []
        outbox.world.travel(by=MINUTE)
    assert claimed(outbox, worker) == [following]
    given_up = outbox.command(deadly)
    assert (given_up["attempts"], given_up["dead_at"]) == (12, outbox.world.now())
    assert given_up["leased_by"] is given_up["leased_until"] is None
    assert given_up["last_error"] == "The worker did not report back before its lease ended."


def test_the_last_attempt_is_given_its_time(outbox: Outbox, worker: UUID, other: UUID) -> None:
    command = outbox.enqueue()
    outbox.world.connection.execute("update private.outbox set attempts = 11")
    assert claimed(outbox, worker) == [command["id"]]
    outbox.world.travel(by=MINUTE - timedelta(milliseconds=1))
    assert claimed(outbox, other) == []
    outbox.finish(command["id"], worker)
    assert outbox.command(command["id"])["dead_at"] is None


def test_only_the_jobs_claim(outbox: Outbox, worker: UUID) -> None:
    outbox.enqueue()
    with outbox.world.refusing("42501"), outbox.world.serving_as("webhook_service"):
        outbox.world.rows("select * from private.claim_commands(%s, 1, '1 minute')", worker)
    for role in ("anon", "authenticated", "service_role"):
        with outbox.world.refusing("42501"), outbox.world.acting_as(uuid4(), role):
            outbox.world.rows("select * from private.claim_commands(%s, 1, '1 minute')", worker)
    assert outbox.world.value("select attempts from private.outbox") == 0


@pytest.mark.parametrize(
    ("columns", "constraint"),
    [
        ("attempts = -1", "attempts_are_not_negative"),
        ("leased_by = gen_random_uuid()", "lease_has_an_owner"),
        ("leased_until = private.clock()", "lease_has_an_owner"),
        ("processed_at = private.clock(), dead_at = private.clock()", "finished_once"),
        (
            "processed_at = private.clock(), leased_by = gen_random_uuid(),"
            " leased_until = private.clock()",
            "finished_work_is_not_leased",
        ),
    ],
)
def test_a_command_is_in_one_state(outbox: Outbox, columns: str, constraint: str) -> None:
    before = outbox.enqueue()
    with outbox.world.refusing("23514", constraint):
        outbox.world.connection.execute(f"update private.outbox set {columns}")
    assert outbox.command(before["id"]) == before


def test_eight_workers_at_once_claim_every_command_once(
    cluster: Cluster, committed_world: World
) -> None:
    outbox = Outbox(committed_world)
    ids = [outbox.enqueue()["id"] for _ in range(200)]

    def work(connection: psycopg.Connection[Any], number: int) -> list[int]:
        """Claims and finishes batches until there are none."""
        worker = uuid4()
        done: list[int] = []
        while claimed := connection.execute(
            "select command_id from private.claim_commands(%s, %s, '1 minute')",
            [worker, 1 + number],
        ).fetchall():
            for (command_id,) in claimed:
                connection.execute("select private.finish_command(%s, %s)", [command_id, worker])
                done.append(command_id)
        return done

    with Racers(cluster.url("jobs", committed_world.connection.info.dbname), 8) as racers:
        outcomes = racers.race(work)
    times = Counter(id for done in outcomes if isinstance(done, list) for id in done)
    assert times == Counter(ids)
    left = committed_world.value("select count(*) from private.outbox where processed_at is null")
    assert left == 0


def test_eight_workers_at_once_keep_the_order_of_every_subject(
    cluster: Cluster, committed_world: World
) -> None:
    outbox = Outbox(committed_world)
    ids = [outbox.enqueue(subject=f"payment:{number % 5}")["id"] for number in range(60)]

    def work(connection: psycopg.Connection[Any], number: int) -> None:
        """Claims and finishes batches until everything is finished."""
        worker = uuid4()
        claim = "select command_id from private.claim_commands(%s, %s, '1 minute')"
        left = "select 1 from private.outbox_left()"
        while connection.execute(left).fetchall():
            for (command_id,) in connection.execute(claim, [worker, 1 + number]).fetchall():
                connection.execute("select private.finish_command(%s, %s)", [command_id, worker])

    committed_world.connection.execute(
        "create sequence private.finishings;"
        " alter table private.outbox add finishing bigint;"
        " create function private.number_finishing() returns trigger language plpgsql"
        " security definer as $$ begin new.finishing := nextval('private.finishings');"
        " return new; end $$;"
        " create trigger number_finishing before update of processed_at on private.outbox"
        " for each row execute function private.number_finishing();"
        " create function private.outbox_left() returns setof bigint language sql"
        " security definer as 'select id from private.outbox where processed_at is null limit 1';"
    )
    with Racers(cluster.url("jobs", committed_world.connection.info.dbname), 8) as racers:
        outcomes = racers.race(work)
    assert outcomes == [None] * 8
    finished = committed_world.rows("select id, subject from private.outbox order by finishing")
    assert sorted(row["id"] for row in finished) == ids
    for subject in {row["subject"] for row in finished}:
        of_subject = [row["id"] for row in finished if row["subject"] == subject]
        assert of_subject == sorted(of_subject)


def test_workers_do_not_wait_for_each_other(cluster: Cluster, committed_world: World) -> None:
    outbox = Outbox(committed_world)
    ids = {outbox.enqueue()["id"] for _ in range(4)}
    url = cluster.url("jobs", committed_world.connection.info.dbname)
    claim = "select command_id from private.claim_commands(%s, 2, '1 minute')"
    with psycopg.connect(url) as slow, psycopg.connect(url) as quick:
        first = {row[0] for row in slow.execute(claim, [uuid4()])}
        quick.execute("set statement_timeout = '5s'")
        second = {row[0] for row in quick.execute(claim, [uuid4()])}
    assert first | second == ids
    assert not first & second


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


def test_what_would_fail_alike_rests_without_losing_a_try(
    outbox: Outbox, worker: UUID, other: UUID
) -> None:
    first, second = (outbox.enqueue()["id"] for _ in range(2))
    elsewhere = outbox.enqueue()["id"]
    outbox.world.rows("update private.outbox set topic = 'sync_account' where id = %s", elsewhere)
    [command] = outbox.claim(worker, limit=1)
    assert command["command_id"] == first
    postpone(outbox, first, worker)
    for id in (first, second):
        rested = outbox.command(id)
        assert (rested["attempts"], rested["leased_by"]) == (0, None)
        assert rested["available_at"] == outbox.world.now() + MINUTE
        assert rested["last_error"] == "no permission"
    assert claimed(outbox, other) == [elsewhere]
    outbox.finish(elsewhere, other)
    outbox.world.travel(by=MINUTE)
    assert claimed(outbox, other) == [first, second]


def test_only_the_worker_with_the_lease_postpones(
    outbox: Outbox, worker: UUID, other: UUID
) -> None:
    command = outbox.enqueue()["id"]
    waiting = outbox.enqueue()["id"]
    outbox.claim(worker, limit=1)
    before = [outbox.command(id) for id in (command, waiting)]
    postpone(outbox, command, other)
    assert [outbox.command(id) for id in (command, waiting)] == before


def postpone(outbox: Outbox, command_id: int, worker: UUID) -> None:
    outbox.world.serve(
        "jobs",
        "private.postpone_commands",
        p_command_id=command_id,
        p_worker_id=worker,
        p_error="no permission",
    )
