"""Many events are posted in a statement; those posted before are left out, and none is lost."""

from __future__ import annotations

import json
from random import Random
from typing import Any
from uuid import UUID, uuid4

import psycopg

from tests.bench.plans import observed
from tests.factories import World
from tests.ledger.conftest import Journal
from tests.races import Racers
from tools.cluster import Cluster

ANN, BEA = uuid4(), uuid4()
ROUNDS = 10

Posting = tuple[str, str, str, UUID | None, int]


def post_batch(world: World, *postings: Posting) -> int:
    """Postings are (key, currency, account kind, owner, amount)."""
    keys, currencies, kinds, owners, amounts = zip(*postings, strict=True) if postings else [()] * 5
    posted: int = world.value(
        """
        select private.post_batch(
            'test', 'tests', private.clock(),
            array(
                select row(null, key, currency, kind, owner_id, amount_cents)::private.keyed_posting
                from unnest(
                    %s::text[], %s::text[], %s::private.ledger_account_kind[], %s::uuid[],
                    %s::bigint[]
                ) line (key, currency, kind, owner_id, amount_cents)
            )
        )
        """,
        list(keys),
        list(currencies),
        list(kinds),
        list(owners),
        list(amounts),
    )
    return posted


def release(key: str, owner: UUID, cents: int, currency: str = "gbp") -> list[Posting]:
    """An earning that becomes payable."""
    return [
        (key, currency, "instructor_pending", owner, cents),
        (key, currency, "payee_payable", owner, -cents),
    ]


def test_each_key_is_a_transaction(journal: Journal) -> None:
    posted = post_batch(
        journal.world, *release("e:1", ANN, 100), *release("e:2", ANN, 50), *release("e:3", BEA, 7)
    )
    assert posted == 3
    assert journal.world.count("private.ledger_transactions") == 3
    assert journal.balance("payee_payable", ANN) == -150
    assert journal.balance("payee_payable", BEA) == -7


def test_keys_that_were_posted_before_are_left_out(journal: Journal) -> None:
    post_batch(journal.world, *release("e:1", ANN, 100))
    assert post_batch(journal.world, *release("e:1", ANN, 100), *release("e:2", ANN, 50)) == 1
    assert post_batch(journal.world, *release("e:1", ANN, 100), *release("e:2", ANN, 50)) == 0
    assert journal.balance("payee_payable", ANN) == -150


def test_nothing_to_post_is_no_transaction(journal: Journal) -> None:
    assert post_batch(journal.world) == 0
    assert post_batch(journal.world, *release("e:1", ANN, 0)) == 0
    assert (
        journal.world.value("select private.post_batch('test', 'tests', private.clock(), null)")
        == 0
    )
    assert journal.is_empty()


def test_one_event_that_does_not_sum_to_zero_stops_all(journal: Journal) -> None:
    with journal.world.refusing("23514", "ledger_transaction_sums_to_zero"):
        post_batch(journal.world, *release("e:1", ANN, 100), ("e:2", "gbp", "suspense", None, 1))
    assert journal.is_empty()


def test_events_that_balance_each_other_alone_are_refused(journal: Journal) -> None:
    with journal.world.refusing("23514", "ledger_transaction_sums_to_zero"):
        post_batch(
            journal.world, ("e:1", "gbp", "suspense", None, 1), ("e:2", "gbp", "suspense", None, -1)
        )
    assert journal.is_empty()


def test_one_event_in_two_currencies_is_refused_by_its_key(journal: Journal) -> None:
    with journal.world.refusing("23503", "ledger_entries_transaction_id_currency_fkey"):
        post_batch(
            journal.world,
            *release("e:1", ANN, 100, "gbp"),
            *release("e:1", ANN, 100, "dkk"),
        )
    assert journal.is_empty()


def test_events_of_two_currencies_are_posted_together(journal: Journal) -> None:
    assert post_batch(journal.world, *release("e:1", ANN, 100), *release("e:2", ANN, 9, "dkk")) == 2
    assert {(row["currency"], row["amount_cents"]) for row in journal.entries()} == {
        ("gbp", 100),
        ("gbp", -100),
        ("dkk", 9),
        ("dkk", -9),
    }


def test_lines_of_a_large_batch_are_not_compared_with_all_its_transactions(
    journal: Journal,
) -> None:
    """Also among many accounts, whose kinds and owners the planner takes to be unrelated."""
    owners = [uuid4() for _ in range(5000)]
    connection = journal.world.connection
    connection.execute("set local plan_cache_mode = force_custom_plan")
    for kind in ("instructor_pending", "payee_payable"):
        connection.execute(
            "insert into private.ledger_accounts (kind, owner_id, currency, balance_cents)"
            " select %s, owner_id, 'gbp', 0 from unnest(%s::uuid[]) owner_id",
            [kind, owners],
        )
    connection.execute("analyze private.ledger_accounts")
    with observed(connection) as plans:
        connection.execute("set local auto_explain.log_analyze = on")
        lines = [line for owner in owners[:200] for line in release(f"e:{owner}", owner, 1)]
        assert post_batch(journal.world, *lines) == 200
    inserts = [plan for plan in plans if "ledger_entries" in json.dumps(plan)]
    assert inserts
    assert sum(map(compared_in_vain, inserts)) <= len(lines)


def compared_in_vain(plan: dict[str, Any]) -> int:
    """How many pairs of rows the joins of a plan have looked at and found not to match."""
    removed: int = plan.get("Rows Removed by Join Filter", 0) * plan["Actual Loops"]
    return removed + sum(map(compared_in_vain, plan.get("Plans", [])))


def test_overlapping_batches_at_once_post_each_event_once_without_deadlock(
    cluster: Cluster, committed_journal: Journal
) -> None:
    owners = [uuid4() for _ in range(40)]

    def post_some(connection: psycopg.Connection[Any], number: int) -> int:
        """Posts some of each round's events in an order of its own; the first posts them all."""
        chance = Random(number)
        posted = 0
        for number_of_round in range(ROUNDS):
            events = [
                release(f"{number_of_round}:{index}", owner, index + 1)
                for index, owner in enumerate(owners)
            ]
            some = chance.sample(events, chance.randint(5, 40) if number else 40)
            posted += post_batch(World(connection), *(line for event in some for line in event))
        return posted

    url = cluster.admin_url(committed_journal.world.connection.info.dbname)
    with Racers(url, 16) as racers:
        posted = [outcome for outcome in racers.race(post_some) if isinstance(outcome, int)]
    assert len(posted) == 16
    assert sum(posted) == ROUNDS * len(owners)
    for index, owner in enumerate(owners):
        assert committed_journal.balance("payee_payable", owner) == -ROUNDS * (index + 1)
    assert committed_journal.is_balanced()


def test_batches_of_one_set_of_people_move_their_balances_without_deadlock(
    cluster: Cluster, committed_journal: Journal
) -> None:
    owners = [uuid4() for _ in range(40)]
    post_batch(
        committed_journal.world,
        *(line for owner in owners for line in release(f"first:{owner}", owner, 1)),
    )

    def post_some(connection: psycopg.Connection[Any], number: int) -> int:
        """Posts events of its own for some of the people, in any order."""
        chance = Random(number)
        # Where there are many accounts, each is found by its index.
        connection.execute("set enable_seqscan = off")
        posted = 0
        for number_of_round in range(ROUNDS * 2):
            some = chance.sample(owners, chance.randint(20, 40))
            posted += post_batch(
                World(connection),
                *(
                    line
                    for owner in some
                    for line in release(f"{number}:{number_of_round}:{owner}", owner, 1)
                ),
            )
        return posted

    url = cluster.admin_url(committed_journal.world.connection.info.dbname)
    with Racers(url, 8) as racers:
        posted = [outcome for outcome in racers.race(post_some) if isinstance(outcome, int)]
    assert len(posted) == 8
    balances = [committed_journal.balance("payee_payable", owner) or 0 for owner in owners]
    assert sum(balances) == -sum(posted) - len(owners)
    assert committed_journal.is_balanced()
