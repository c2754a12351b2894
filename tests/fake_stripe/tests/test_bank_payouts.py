from __future__ import annotations

import pytest
from stripe import Account, StripeClient

from .. import ControlError, FakeStripe

DAY = 24 * 3600


@pytest.fixture
def funded(fake: FakeStripe, client: StripeClient, account: Account) -> str:
    """A connected account that holds 45.00."""
    fake.add_funds(4500)
    client.v1.transfers.create({"amount": 4500, "currency": "gbp", "destination": account.id})
    return account.id


def types(fake: FakeStripe) -> list[str]:
    return [event["type"] for event in fake.events("payout.*")]


def test_a_payout_leaves_and_arrives_on_its_day(
    fake: FakeStripe, client: StripeClient, funded: str
) -> None:
    payout = fake.pay_out(funded, arrives_in=2 * DAY)
    assert (payout["amount"], payout["status"]) == (4500, "pending")
    assert payout["arrival_date"] == fake.now() + 2 * DAY
    assert fake.funds(account=funded) == 0
    fake.advance(days=1)
    fake.advance(days=1)
    found = client.v1.payouts.retrieve(payout["id"], options={"stripe_account": funded})
    assert found.status == "paid"
    assert types(fake) == ["payout.created", "payout.updated", "payout.paid"]
    assert {event["account"] for event in fake.events("payout.*")} == {funded}
    assert fake.events("payout.*")[-1]["data"]["previous_attributes"] == {"status": "in_transit"}


def test_a_payout_that_was_paid_can_come_back(
    fake: FakeStripe, client: StripeClient, funded: str
) -> None:
    payout = fake.pay_out(funded)
    fake.advance(days=1)
    fake.advance(days=2)
    failed = fake.fail_payout(payout["id"], "account_closed")
    assert (failed["status"], failed["failure_code"]) == ("failed", "account_closed")
    assert failed["failure_balance_transaction"].startswith("txn_")
    assert fake.funds(account=funded) == 4500
    assert types(fake)[-2:] == ["payout.paid", "payout.failed"]
    with pytest.raises(ControlError):
        fake.fail_payout(payout["id"])


def test_a_failed_payout_does_not_arrive(fake: FakeStripe, funded: str) -> None:
    payout = fake.pay_out(funded)
    fake.fail_payout(payout["id"])
    fake.advance(days=3)
    assert [it["status"] for it in fake.objects("payout")] == ["failed"]
    assert types(fake) == ["payout.created", "payout.failed"]


def test_only_a_pending_payout_can_be_cancelled(fake: FakeStripe, funded: str) -> None:
    cancelled = fake.cancel_payout(fake.pay_out(funded)["id"])
    assert cancelled["status"] == "canceled"
    assert fake.funds(account=funded) == 4500
    on_its_way = fake.pay_out(funded)
    fake.advance(days=1)
    with pytest.raises(ControlError):
        fake.cancel_payout(on_its_way["id"])
    assert types(fake) == ["payout.created", "payout.canceled", "payout.created", "payout.updated"]


def test_funds_can_become_available_later(fake: FakeStripe, client: StripeClient) -> None:
    fake.add_funds(1000, available_in=DAY)
    balance = client.v1.balance.retrieve()
    assert (balance.available[0].amount, balance.pending[0].amount) == (0, 1000)
    fake.advance(days=1)
    balance = client.v1.balance.retrieve()
    assert (balance.available[0].amount, balance.pending[0].amount) == (1000, 0)
