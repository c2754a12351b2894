"""A business event is posted once, balanced, in one currency, or not at all."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.factories import World
from tests.ledger.conftest import Journal, Line
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


def test_one_account_may_have_several_lines(journal: Journal) -> None:
    journal.post(
        ("stripe_balance", None, 300), ("payee_payable", ANN, -100), ("payee_payable", ANN, -200)
    )
    assert len(journal.entries()) == 3
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
        "select private.post_transaction('payment', 'payments', %s, 'payment:1', 'gbp',"
        " '2026-01-02 03:04:05+00', array[row('stripe_balance', null, 1)::private.posting,"
        " row('suspense', null, -1)::private.posting])",
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
            group by account.id
            """
        )
        assert all(row["balance_cents"] == row["sum_cents"] for row in sums)
        assert sum(row["amount_cents"] for row in journal.entries()) == 0


# At the same moment


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
