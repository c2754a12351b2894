"""A business event is posted once, balanced, alone or in a batch."""

from __future__ import annotations

import json
from collections import Counter
from functools import partial
from random import Random
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.bench.plans import observed
from tests.factories import Service, World
from tests.ledger.conftest import PLATFORM, Journal, Line
from tests.races import Racers
from tools.cluster import Cluster

ANN, BEA = uuid4(), uuid4()
OWNED = ("instructor_pending", "payee_payable", "payout_in_transit", "learner_rewards")
PLATFORMS = ("stripe_balance", "platform_fees", "promotions", "suspense")


def test_a_payment_is_posted_to_its_accounts(journal: Journal) -> None:
    assert journal.post(
        ("stripe_balance", None, 4860),
        ("promotions", None, 450),
        ("instructor_pending", ANN, -4500),
        ("platform_fees", None, -810),
    )
    assert journal.amounts() == {
        ("stripe_balance", None): 4860,
        ("promotions", None): 450,
        ("instructor_pending", ANN): -4500,
        ("platform_fees", None): -810,
    }


def test_accounts_of_people_carry_a_balance_and_the_platforms_do_not(journal: Journal) -> None:
    for amount in (1000, 250):
        journal.post(("stripe_balance", None, amount), ("instructor_pending", ANN, -amount))
    assert journal.balance("instructor_pending", ANN) == -1250
    assert journal.balance("stripe_balance", None) is None


def test_a_balance_may_change_its_sign(journal: Journal) -> None:
    for amount in (-1000, 3250):
        journal.post(("payee_payable", ANN, amount), ("stripe_balance", None, -amount))
    assert journal.balance("payee_payable", ANN) == 2250


def test_the_lines_of_one_account_are_one_entry(journal: Journal) -> None:
    journal.post(
        ("stripe_balance", None, 300), ("payee_payable", ANN, -100), ("payee_payable", ANN, -200)
    )
    assert len(journal.entries()) == 2
    assert journal.balance("payee_payable", ANN) == -300


def test_the_second_call_with_a_key_posts_nothing(journal: Journal) -> None:
    assert journal.post(("stripe_balance", None, 1), ("suspense", None, -1), key="payment:1")
    before = journal.entries()
    assert not journal.post(("stripe_balance", None, 1), ("suspense", None, -1), key="payment:1")
    assert not journal.post(
        ("stripe_balance", None, 9), ("payee_payable", ANN, -9), key="payment:1"
    )
    assert journal.entries() == before


def test_a_line_of_zero_is_left_out(journal: Journal) -> None:
    assert journal.post(
        ("stripe_balance", None, 1), ("promotions", None, 0), ("suspense", None, -1)
    )
    assert journal.amounts() == {("stripe_balance", None): 1, ("suspense", None): -1}
    assert journal.world.count("private.ledger_accounts") == 2

    journal.post(("promotions", None, 5), ("suspense", None, -5))
    assert journal.post(
        ("stripe_balance", None, 1), ("promotions", None, 0), ("suspense", None, -1)
    )
    assert len(journal.entries()) == 6


@pytest.mark.parametrize(
    "lines", [(), (("stripe_balance", None, 0), ("instructor_pending", ANN, 0))]
)
def test_what_moves_nothing_is_not_posted(journal: Journal, lines: tuple[Line, ...]) -> None:
    assert not journal.post(*lines)
    assert journal.is_empty()


@pytest.mark.parametrize(
    "lines",
    [
        (("stripe_balance", None, 1),),
        (("stripe_balance", None, 100), ("suspense", None, -99)),
        (("stripe_balance", None, 100), ("instructor_pending", ANN, 100)),
    ],
)
def test_what_does_not_sum_to_zero_is_refused(journal: Journal, lines: tuple[Line, ...]) -> None:
    with journal.world.refusing("23514", "ledger_transaction_sums_to_zero"):
        journal.post(*lines)
    assert journal.is_empty()


@pytest.mark.parametrize(
    "line", [*((kind, ANN, 1) for kind in PLATFORMS), *((kind, None, 1) for kind in OWNED)]
)
def test_accounts_of_people_have_an_owner_and_the_platforms_have_none(
    journal: Journal, line: Line
) -> None:
    with journal.world.refusing("23514", "owned_accounts_are_those_of_people"):
        journal.post(line, ("dispute_fees", None, -1))
    assert journal.is_empty()


def test_a_balance_that_does_not_fit_is_refused(journal: Journal) -> None:
    most = 2**63 - 1
    journal.post(("payee_payable", ANN, most), ("suspense", None, -most))
    with journal.world.refusing("22003"):
        journal.post(("payee_payable", ANN, 1), ("suspense", None, -1))
    assert journal.balance("payee_payable", ANN) == most


@pytest.mark.parametrize("currency", ["GBP", "pounds", ""])
def test_a_currency_is_lower_case_iso(journal: Journal, currency: str) -> None:
    with journal.world.refusing("23514", "currency_is_lower_case_iso"):
        journal.post(("stripe_balance", None, 1), ("suspense", None, -1), currency=currency)
    assert journal.is_empty()


def test_each_currency_has_accounts_of_its_own(journal: Journal) -> None:
    for currency in ("gbp", "dkk"):
        journal.post(("payee_payable", ANN, -5), ("suspense", None, 5), currency=currency)
    balances = journal.world.rows(
        "select currency, balance_cents from private.ledger_accounts where owner_id = %s", ANN
    )
    assert {row["currency"]: row["balance_cents"] for row in balances} == {"gbp": -5, "dkk": -5}


def test_a_posting_says_what_when_and_why(journal: Journal) -> None:
    source = uuid4()
    journal.world.value(
        "select private.post_transaction(%s, 'payment', 'payments', %s, 'payment:1', 'gbp',"
        " '2026-01-02 03:04:05+00', array[row('stripe_balance', null, 1)::private.posting,"
        " row('suspense', null, -1)::private.posting])",
        PLATFORM,
        source,
    )
    booked = journal.world.row("select * from private.ledger_transactions")
    assert (booked["kind"], booked["source_type"], booked["source_id"]) == (
        "payment",
        "payments",
        source,
    )
    assert booked["effective_at"].isoformat() == "2026-01-02T03:04:05+00:00"
    assert booked["created_at"] == journal.world.now()


lines = st.lists(
    st.tuples(st.sampled_from(OWNED), st.sampled_from([ANN, BEA]), st.integers(-(10**9), 10**9))
    | st.tuples(st.sampled_from(PLATFORMS), st.none(), st.integers(-(10**9), 10**9)),
    min_size=1,
    max_size=8,
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(events=st.lists(lines, min_size=1, max_size=5))
def test_balances_are_the_sums_of_entries(journal: Journal, events: list[list[Line]]) -> None:
    with journal.world.connection.transaction(force_rollback=True):
        for event in events:
            rest = -sum(amount or 0 for _, _, amount in event)
            journal.post(*event, ("suspense", None, rest))
        sums = journal.world.rows(
            """
            select account.balance_cents, coalesce(sum(entry.amount_cents), 0)::bigint as sum_cents
            from private.ledger_accounts account
            left join private.ledger_entries entry on entry.account_id = account.id
            where account.owner_id is not null
            group by account.org_id, account.id
            """
        )
        assert all(row["balance_cents"] == row["sum_cents"] for row in sums)
        assert sum(row["amount_cents"] for row in journal.entries()) == 0


# At the same moment


@pytest.mark.slow
def test_of_32_calls_with_one_key_one_posts(cluster: Cluster, committed_journal: Journal) -> None:
    journal = committed_journal

    def post(key: str, connection: psycopg.Connection[Any], _: int) -> bool:
        return Journal(World(connection)).post(
            ("stripe_balance", None, 100), ("payee_payable", ANN, -100), key=key
        )

    with Racers(cluster.admin_url(journal.world.connection.info.dbname), 32) as racers:
        for number in range(10):
            posted = racers.race(partial(post, f"payment:{number}"))
            assert Counter(posted) == {False: 31, True: 1}
    assert journal.balance("payee_payable", ANN) == -1000
    assert journal.is_balanced()


@pytest.mark.slow
def test_balances_are_right_however_many_post_at_once(
    cluster: Cluster, committed_journal: Journal
) -> None:
    journal = committed_journal
    owners = [UUID(int=number) for number in range(8)]

    def move_around(connection: psycopg.Connection[Any], number: int) -> int:
        """Moves a penny a time between two people, in every direction."""
        mine = Journal(World(connection))
        for step in range(25):
            payer, payee = owners[(number + step) % 8], owners[(number * 3 + step * 5 + 1) % 8]
            mine.post(("payee_payable", payer, -1), ("payout_in_transit", payee, 1))
        return 25

    with Racers(cluster.admin_url(journal.world.connection.info.dbname), 16) as racers:
        assert racers.race(move_around) == [25] * 16
    balances = journal.world.rows("select kind::text, balance_cents from private.ledger_accounts")
    assert sum(row["balance_cents"] for row in balances if row["kind"] == "payee_payable") == -400
    assert journal.is_balanced()


ROUNDS = 10

Posting = tuple[str, str, str, UUID | None, int]


def post_batch(world: World, *postings: Posting, org: UUID = PLATFORM) -> int:
    """Postings are (key, currency, account kind, owner, amount)."""
    keys, currencies, kinds, owners, amounts = zip(*postings, strict=True) if postings else [()] * 5
    posted: int = world.value(
        """
        select private.post_batch(
            'test', 'tests', private.clock(),
            array(
                select row(%s::uuid, null, key, currency, kind, owner_id, amount_cents)
                    ::private.keyed_posting
                from unnest(
                    %s::text[], %s::text[], %s::private.ledger_account_kind[], %s::uuid[],
                    %s::bigint[]
                ) line (key, currency, kind, owner_id, amount_cents)
            )
        )
        """,
        org,
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


def test_a_key_is_posted_once_in_each_organization(journal: Journal) -> None:
    school = journal.world.organization()
    assert post_batch(journal.world, *release("e:1", ANN, 100)) == 1
    assert post_batch(journal.world, *release("e:1", BEA, 7), org=school) == 1
    assert post_batch(journal.world, *release("e:1", BEA, 7), org=school) == 0
    assert journal.balance("payee_payable", ANN) == -100
    assert journal.balance("payee_payable", BEA) == -7


def test_one_event_in_two_currencies_is_refused_by_its_key(journal: Journal) -> None:
    with journal.world.refusing("23503", "ledger_entries_org_id_transaction_id_currency_fkey"):
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


@pytest.mark.slow
def test_lines_of_a_large_batch_are_not_compared_with_all_its_transactions(
    journal: Journal,
) -> None:
    """Also among many accounts, whose kinds and owners the planner takes to be unrelated."""
    owners = [uuid4() for _ in range(5000)]
    connection = journal.world.connection
    connection.execute("set local plan_cache_mode = force_custom_plan")
    for kind in ("instructor_pending", "payee_payable"):
        connection.execute(
            "insert into private.ledger_accounts (org_id, kind, owner_id, currency, balance_cents)"
            " select %s, %s, owner_id, 'gbp', 0 from unnest(%s::uuid[]) owner_id",
            [PLATFORM, kind, owners],
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


@pytest.mark.slow
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


@pytest.mark.slow
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


CARL = uuid4()
TABLES = ("entries", "transactions", "accounts")


@pytest.fixture
def posted(journal: Journal) -> Journal:
    """A journal with one transaction, and an account in another currency."""
    journal.post(("stripe_balance", None, 100), ("payee_payable", CARL, -100), key="first")
    journal.world.connection.execute(
        "insert into private.ledger_accounts (org_id, kind, currency)"
        " values (private.platform_id(), 'suspense', 'dkk')"
    )
    return journal


INSERT = """
    with booked as (
        insert into private.ledger_transactions
            (org_id, kind, source_type, idempotency_key, currency, effective_at)
        values (private.platform_id(), 'test', 'tests', 'second', %s, private.clock())
        returning org_id, id
    )
    insert into private.ledger_entries
        (org_id, transaction_id, account_id, currency, amount_cents)
    select booked.org_id, booked.id, account.id, %s, line.amount_cents
    from booked
    cross join unnest(%s::bigint[], %s::private.ledger_account_kind[]) line (amount_cents, kind)
    join private.ledger_accounts account on account.kind = line.kind and account.currency = %s
"""


def write(world: World, *amounts: int, currency: str = "gbp", account: str = "gbp") -> None:
    """Writes a transaction past every function, as an admin in Studio could."""
    kinds = ["stripe_balance", "payee_payable", "stripe_balance"][: len(amounts)]
    if account == "dkk":
        kinds = ["suspense"] * len(amounts)
    with world.in_studio():
        world.connection.execute(INSERT, [currency, currency, list(amounts), kinds, account])


def test_studio_may_write_what_balances(posted: Journal) -> None:
    write(posted.world, 50, -50)
    assert posted.balance("payee_payable", CARL) == -150


@pytest.mark.parametrize("amounts", [(1,), (50, -49), (1, 1, 1), (-(2**62), 2**62 - 1)])
def test_studio_may_not_write_what_does_not_balance(
    posted: Journal, amounts: tuple[int, ...]
) -> None:
    with posted.world.refusing("23514", "ledger_transaction_sums_to_zero"):
        write(posted.world, *amounts)
    assert posted.balance("payee_payable", CARL) == -100


def test_a_line_of_zero_is_refused(posted: Journal) -> None:
    with posted.world.refusing("23514", "amount_is_not_zero"):
        write(posted.world, 0, 0)


def test_an_entry_has_the_currency_of_its_transaction_and_of_its_account(posted: Journal) -> None:
    with posted.world.refusing("23503", "ledger_entries_org_id_account_id_currency_fkey"):
        write(posted.world, 1, -1, currency="gbp", account="dkk")
    with posted.world.refusing("23503", "ledger_entries_org_id_transaction_id_currency_fkey"):
        posted.world.connection.execute(
            """
            insert into private.ledger_entries
                (org_id, transaction_id, account_id, currency, amount_cents)
            select booked.org_id, booked.id, account.id, 'dkk', amount
            from private.ledger_transactions booked
            cross join private.ledger_accounts account
            cross join unnest('{1,-1}'::bigint[]) amount
            where account.currency = 'dkk'
            """
        )
    assert len(posted.entries()) == 2


def test_no_posting_mixes_two_organizations(posted: Journal) -> None:
    school = posted.world.organization()
    posted.post(("stripe_balance", None, 1), ("suspense", None, -1), org=school)
    account_id = posted.world.value(
        "select id from private.ledger_accounts where org_id = %s and kind = 'suspense'", school
    )
    for org_id, constraint in (
        (PLATFORM, "ledger_entries_org_id_account_id_currency_fkey"),
        (school, "ledger_entries_org_id_transaction_id_currency_fkey"),
    ):
        with posted.world.refusing("23503", constraint), posted.world.in_studio():
            posted.world.connection.execute(
                """
                insert into private.ledger_entries
                    (org_id, transaction_id, account_id, currency, amount_cents)
                select %s, booked.id, %s, 'gbp', amount
                from private.ledger_transactions booked
                cross join unnest('{1,-1}'::bigint[]) amount
                where booked.idempotency_key = 'first'
                """,
                [org_id, account_id],
            )
    assert len(posted.entries()) == 4


def test_one_account_a_kind_owner_and_currency(posted: Journal) -> None:
    with posted.world.refusing("23505", "one_account_a_kind_owner_and_currency"):
        posted.world.connection.execute(
            "insert into private.ledger_accounts (org_id, kind, currency)"
            " values (private.platform_id(), 'stripe_balance', 'gbp')"
        )


@pytest.mark.parametrize("table", ["ledger_entries", "ledger_transactions"])
@pytest.mark.parametrize(
    "statement",
    [
        "update private.{} set currency = 'dkk'",
        "update private.{} set currency = currency",
        "delete from private.{}",
        "truncate private.{} cascade",
    ],
)
def test_what_is_posted_stays_posted(posted: Journal, table: str, statement: str) -> None:
    before = posted.entries()
    with posted.world.refusing("PT409", "append_only"), posted.world.in_studio():
        posted.world.connection.execute(statement.format(table))
    assert posted.entries() == before


def test_accounts_with_entries_are_not_removed(posted: Journal) -> None:
    before = posted.entries()
    with posted.world.refusing("23503", "ledger_entries_org_id_account_id_currency_fkey"):
        posted.world.connection.execute("delete from private.ledger_accounts")
    with posted.world.refusing("0A000"):
        posted.world.connection.execute("truncate private.ledger_accounts")
    with posted.world.refusing("PT409", "append_only"):
        posted.world.connection.execute("truncate private.ledger_accounts cascade")
    assert posted.entries() == before


def test_a_balance_that_was_tampered_with_is_found(posted: Journal) -> None:
    assert posted.is_balanced()
    posted.world.connection.execute(
        "update private.ledger_accounts set balance_cents = 0 where owner_id = %s", [CARL]
    )
    assert not posted.is_balanced()


@pytest.mark.parametrize("login", ["webhook_service", "jobs"])
@pytest.mark.parametrize("table", TABLES)
def test_the_services_have_no_access_to_the_journal(
    posted: Journal, login: Service, table: str
) -> None:
    for statement in ("select 1 from {}", "delete from {}", "insert into {} default values"):
        with posted.world.refusing("42501"), posted.world.serving_as(login):
            posted.world.connection.execute(statement.format(f"private.ledger_{table}"))
    with posted.world.refusing("42501"), posted.world.serving_as(login):
        posted.post(("stripe_balance", None, 1), ("suspense", None, -1))
    assert len(posted.entries()) == 2


def test_nobody_reaches_the_journal_through_the_api(posted: Journal) -> None:
    admin = posted.world.admin()
    for role in ("anon", "authenticated", "service_role"):
        with posted.world.refusing("42501"), posted.world.acting_as(admin, role):
            posted.world.connection.execute("select 1 from private.ledger_entries")
