"""An account's balance is the sum of its entries, whoever owns it."""

from __future__ import annotations

from uuid import UUID, uuid4

from tests.ledger.balances import account_balance_cents
from tests.ledger.conftest import Journal

ANN, BEA = uuid4(), uuid4()


def balance(journal: Journal, kind: str, owner: UUID | None, currency: str = "gbp") -> int:
    """Owned accounts carry their balance; it is the same as the sum of their entries."""
    cents = account_balance_cents(journal.world, kind, owner, currency)
    carried = journal.world.rows(
        "select balance_cents from private.ledger_accounts"
        " where kind = %s and owner_id = %s and currency = %s",
        kind,
        owner,
        currency,
    )
    assert carried in ([], [{"balance_cents": cents}])
    return cents


def test_the_sum_is_of_one_account_in_one_currency(journal: Journal) -> None:
    journal.post(("stripe_balance", None, 300), ("payee_payable", ANN, -300))
    journal.post(("stripe_balance", None, -50), ("payee_payable", ANN, 50))
    journal.post(("stripe_balance", None, 7), ("payee_payable", BEA, -7))
    journal.post(("stripe_balance", None, 9), ("payee_payable", ANN, -9), currency="dkk")
    assert balance(journal, "payee_payable", ANN) == -250
    assert balance(journal, "payee_payable", BEA) == -7
    assert balance(journal, "payee_payable", ANN, "dkk") == -9
    assert balance(journal, "stripe_balance", None) == 257


def test_an_account_that_does_not_exist_is_empty(journal: Journal) -> None:
    assert balance(journal, "payee_payable", ANN) == 0
    assert balance(journal, "suspense", None) == 0
