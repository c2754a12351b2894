"""The jobs do their work with a key that has the rights which the guide gives it, and no other."""

from __future__ import annotations

from typing import Any

import pytest

from tests.docs.test_stripe_permissions import KEY, listed
from tests.jobs.payday import Payday, open_account
from tests.jobs.test_outbox import a_refund

pytestmark = pytest.mark.slow


def test_a_payday_is_paid(payday: Payday) -> None:
    payday.fake.restrict_key(KEY, listed(1))
    assert payday.pay(STRIPE_SECRET_KEY=KEY).status == 0
    payday.assert_everybody_is_paid_once()
    assert payday.run("replay-events", STRIPE_SECRET_KEY=KEY).status == 0


def test_a_payment_is_cancelled_and_refunded_and_its_fee_fetched(office: Payday) -> None:
    a_refund(office)
    office.fake.restrict_key(KEY, listed(1))
    finished = office.run("outbox", STRIPE_SECRET_KEY=KEY)
    assert (finished.status, finished.events("topic_postponed")) == (0, [])
    assert len(office.fake.objects("refund")) == 1


def test_accounts_of_both_kinds_are_looked_at_again(office: Payday) -> None:
    for accounts_api in ("v1", "v2"):
        account_id = open_account_by(office, accounts_api)
        office.fake.restrict(account_id)
    office.world.rows(
        "select private.fetch_account(account, account.id::text)"
        " from public.stripe_connect_accounts account"
    )
    office.fake.restrict_key(KEY, listed(1))
    finished = office.run("outbox", STRIPE_SECRET_KEY=KEY)
    assert (finished.status, finished.events("account_unreachable")) == (0, [])
    assert office.world.value(
        "select array_agg(status::text) from public.stripe_connect_accounts"
    ) == ["incomplete", "incomplete"]
    assert office.run("replay-events", STRIPE_SECRET_KEY=KEY).status == 0


def open_account_by(office: Payday, accounts_api: str) -> str:
    """A payee's account, made at Stripe by that version of its API; its id there."""
    opened = office.world.open_account(office.world.instructor().user_id, accounts_api=accounts_api)
    if accounts_api == "v2":
        account_id = office.fake.stripe().v2.core.accounts.create(account_of_v2(opened)).id
    else:
        account_id = open_account(office.fake, opened["metadata"])["id"]
    office.world.rows(
        "update public.stripe_connect_accounts set stripe_account_id = %s where id = %s",
        account_id,
        opened["connect_account_id"],
    )
    return account_id


def account_of_v2(opened: dict[str, Any]) -> Any:
    responsibilities = {"fees_collector": "application", "losses_collector": "application"}
    balance = {"stripe_balance": {"stripe_transfers": {"requested": True}}}
    return {
        "identity": {"country": "GB"},
        "dashboard": "express",
        "defaults": {"responsibilities": responsibilities},
        "configuration": {"recipient": {"capabilities": balance}},
        "metadata": {name: str(value) for name, value in opened["metadata"].items()},
    }


def test_the_doctor_may_look_at_everything(office: Payday) -> None:
    office.fake.add_webhook("https://example.org/stripe/thin-webhooks", thin=True)
    open_account_by(office, "v2")
    office.fake.restrict_key(KEY, listed(1))
    assert "permission" not in office.run("doctor", STRIPE_SECRET_KEY=KEY).stdout
