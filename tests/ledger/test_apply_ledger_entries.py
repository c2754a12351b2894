"""The journal balances whoever writes it, is never rewritten, and keeps its currencies apart."""

from __future__ import annotations

from uuid import uuid4

import pytest

from tests.factories import Service, World
from tests.ledger.conftest import PLATFORM, Journal

ANN = uuid4()
TABLES = ("entries", "transactions", "accounts")


@pytest.fixture
def posted(journal: Journal) -> Journal:
    """A journal with one transaction, and an account in another currency."""
    journal.post(("stripe_balance", None, 100), ("payee_payable", ANN, -100), key="first")
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
    assert posted.balance("payee_payable", ANN) == -150


@pytest.mark.parametrize("amounts", [(1,), (50, -49), (1, 1, 1), (-(2**62), 2**62 - 1)])
def test_studio_may_not_write_what_does_not_balance(
    posted: Journal, amounts: tuple[int, ...]
) -> None:
    with posted.world.refusing("23514", "ledger_transaction_sums_to_zero"):
        write(posted.world, *amounts)
    assert posted.balance("payee_payable", ANN) == -100


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
        "update private.ledger_accounts set balance_cents = 0 where owner_id = %s", [ANN]
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
