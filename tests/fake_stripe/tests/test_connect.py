from __future__ import annotations

from typing import Any

import httpx
import pytest
import stripe
from stripe import Account, StripeClient

from .. import FakeStripe


def test_an_account_is_onboarded_through_its_link(fake: FakeStripe, client: StripeClient) -> None:
    account = client.v1.accounts.create(
        {"type": "express", "country": "GB", "capabilities": {"transfers": {"requested": True}}}
    )
    assert account.capabilities is not None
    assert account.capabilities.transfers == "inactive"
    assert not account.payouts_enabled
    assert account.requirements is not None
    assert account.requirements.disabled_reason == "requirements.past_due"
    assert account.controller is not None
    assert account.controller.stripe_dashboard is not None
    assert account.controller.stripe_dashboard.type == "express"
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.accounts.login_links.create(account.id)
    link = client.v1.account_links.create(
        {
            "account": account.id,
            "refresh_url": "https://example.com/again",
            "return_url": "https://example.com/done",
            "type": "account_onboarding",
        }
    )

    page = httpx.get(link.url)

    assert (page.status_code, page.headers["Location"]) == (302, "https://example.com/done")
    ready = client.v1.accounts.retrieve(account.id)
    assert ready.capabilities is not None
    assert ready.capabilities.transfers == "active"
    assert ready.payouts_enabled
    assert ready.details_submitted
    assert client.v1.accounts.login_links.create(account.id).url
    assert httpx.get(link.url).status_code == 410
    capability, updated = fake.events()[-2:]
    assert [capability["type"], updated["type"]] == ["capability.updated", "account.updated"]
    assert capability["data"]["previous_attributes"] == {"status": "inactive"}
    assert capability["account"] == updated["account"] == account.id
    assert updated["data"]["previous_attributes"]["payouts_enabled"] is False


def test_an_account_may_name_its_controller_instead_of_a_type(client: StripeClient) -> None:
    account = client.v1.accounts.create(
        {
            "controller": {
                "fees": {"payer": "application"},
                "losses": {"payments": "application"},
                "stripe_dashboard": {"type": "express"},
            }
        }
    )
    assert account.type == "none"
    assert account.controller is not None
    assert account.controller.fees is not None
    assert account.controller.fees.payer == "application"


def test_a_transfer_moves_money_to_the_account(
    fake: FakeStripe, client: StripeClient, account: Account
) -> None:
    fake.add_funds(10_000)

    transfer = client.v1.transfers.create(
        {
            "amount": 4500,
            "currency": "gbp",
            "destination": account.id,
            "transfer_group": "payout-1",
            "metadata": {"attempt": "1"},
        }
    )

    assert (transfer.amount, transfer.destination) == (4500, account.id)
    assert (fake.funds(), fake.funds(account=account.id)) == (5500, 4500)
    theirs = client.v1.balance.retrieve(options={"stripe_account": account.id})
    assert theirs.available[0].amount == 4500
    found = client.v1.transfers.list({"transfer_group": "payout-1"})
    assert [(it.id, it.metadata["attempt"]) for it in found.data] == [(transfer.id, "1")]
    assert client.v1.transfers.list({"transfer_group": "payout-2"}).data == []
    assert fake.events()[-1]["type"] == "transfer.created"
    assert "account" not in fake.events()[-1]


def test_transfers_are_listed_by_when_and_for_what_newest_first(
    fake: FakeStripe, client: StripeClient, account: Account
) -> None:
    fake.add_funds(1000)
    made = []
    for number in range(7):
        params: Any = {"amount": 100, "currency": "gbp", "destination": account.id}
        transfer = client.v1.transfers.create(params | {"transfer_group": f"group_{number % 2}"})
        made.append(transfer)
        fake.advance(seconds=10)
    since: Any = {"created": {"gte": made[2].created}, "limit": 2}
    page = client.v1.transfers.list(since)
    assert ([it.id for it in page.data], page.has_more) == ([made[6].id, made[5].id], True)
    after = client.v1.transfers.list(since | {"starting_after": made[3].id})
    assert ([it.id for it in after.data], after.has_more) == ([made[2].id], False)
    assert [it.id for it in page.auto_paging_iter()] == [it.id for it in reversed(made[2:])]
    for params in (
        {"created": {"gt": made[4].created}, "transfer_group": "group_0"},
        {"created": made[6].created, "destination": account.id},
    ):
        assert [it.id for it in client.v1.transfers.list(params).data] == [made[6].id]


def test_a_transfer_needs_available_money(
    fake: FakeStripe, client: StripeClient, account: Account
) -> None:
    fake.configure(funds_delay=3600)
    client.v1.payment_intents.create(
        {"amount": 9000, "currency": "gbp", "payment_method": "pm_card_visa", "confirm": True}
    )
    assert fake.funds(part="pending") > 0
    for coin in ("gbp", "eur"):
        with pytest.raises(stripe.InvalidRequestError) as poor:
            client.v1.transfers.create({"amount": 1, "currency": coin, "destination": account.id})
        assert (poor.value.http_status, poor.value.code) == (400, "balance_insufficient")
    assert fake.objects("transfer") == []

    fake.advance(hours=1)
    client.v1.transfers.create({"amount": 1, "currency": "gbp", "destination": account.id})


def test_a_transfer_from_a_charge_does_not_wait_and_is_capped(
    fake: FakeStripe, client: StripeClient, account: Account
) -> None:
    fake.configure(funds_delay=3600)
    intent = client.v1.payment_intents.create(
        {"amount": 9000, "currency": "gbp", "payment_method": "pm_card_visa", "confirm": True}
    )
    charge = str(intent.latest_charge)

    def send(amount: int) -> None:
        client.v1.transfers.create(
            {
                "amount": amount,
                "currency": "gbp",
                "destination": account.id,
                "source_transaction": charge,
            }
        )

    send(8000)
    with pytest.raises(stripe.InvalidRequestError, match="exceeds"):
        send(1001)
    assert fake.funds(account=account.id) == 0
    fake.advance(hours=1)
    assert fake.funds(account=account.id) == 8000


def test_a_transfer_needs_an_able_destination(
    fake: FakeStripe, client: StripeClient, account: Account
) -> None:
    fake.add_funds(1000)

    def refusal(destination: str) -> tuple[int | None, str | None, str | None]:
        with pytest.raises(stripe.StripeError) as refused:
            client.v1.transfers.create({"amount": 1, "currency": "gbp", "destination": destination})
        error = refused.value.error
        assert error is not None
        return refused.value.http_status, error.code, error.param

    assert refusal("acct_unknown") == (400, "resource_missing", "destination")
    fake.restrict(account.id)
    assert refusal(account.id) == (400, "insufficient_capabilities_for_transfer", None)
    restricted = client.v1.accounts.retrieve(account.id)
    assert restricted.requirements is not None
    assert restricted.requirements.currently_due == ["individual.verification.document"]
    fake.complete_onboarding(account.id)
    fake.reject(account.id)
    assert refusal(account.id)[1] == "insufficient_capabilities_for_transfer"
    fake.deauthorize(account.id)
    assert refusal(account.id)[:2] == (403, "account_invalid")
    assert fake.events()[-1]["type"] == "account.application.deauthorized"
    with pytest.raises(stripe.PermissionError):
        client.v1.accounts.retrieve(account.id)
    assert fake.funds() == 1000


def test_a_transfer_is_reversed_in_parts_while_the_account_has_the_money(
    fake: FakeStripe, client: StripeClient, account: Account
) -> None:
    fake.add_funds(1000)
    transfer = client.v1.transfers.create(
        {"amount": 1000, "currency": "gbp", "destination": account.id}
    )
    client.v1.transfers.reversals.create(transfer.id, {"amount": 300})
    part = client.v1.transfers.retrieve(transfer.id)
    assert (part.amount_reversed, part.reversed, len(part.reversals.data)) == (300, False, 1)
    with pytest.raises(stripe.InvalidRequestError, match="greater than unreversed"):
        client.v1.transfers.reversals.create(transfer.id, {"amount": 701})

    client.v1.transfers.reversals.create(transfer.id)

    whole = client.v1.transfers.retrieve(transfer.id)
    assert (whole.amount_reversed, whole.reversed) == (1000, True)
    assert (fake.funds(), fake.funds(account=account.id)) == (1000, 0)
    assert len(client.v1.transfers.reversals.list(transfer.id).data) == 2
    events = fake.events("transfer.reversed")
    assert [event["data"]["object"]["amount_reversed"] for event in events] == [300, 1000]


def test_nothing_is_reversed_that_the_account_no_longer_has(
    fake: FakeStripe, client: StripeClient, account: Account
) -> None:
    fake.add_funds(1000)
    transfer = client.v1.transfers.create(
        {"amount": 1000, "currency": "gbp", "destination": account.id}
    )
    fake.pay_out(account.id)

    with pytest.raises(stripe.InvalidRequestError) as empty:
        client.v1.transfers.reversals.create(transfer.id, {"amount": 1})

    assert empty.value.code == "balance_insufficient"
    assert client.v1.transfers.retrieve(transfer.id).amount_reversed == 0


def test_balance_transactions_add_up_to_the_balance(
    fake: FakeStripe, client: StripeClient, account: Account
) -> None:
    intent = client.v1.payment_intents.create(
        {"amount": 9000, "currency": "gbp", "payment_method": "pm_card_visa", "confirm": True}
    )
    client.v1.refunds.create({"payment_intent": intent.id, "amount": 500})
    transfer = client.v1.transfers.create(
        {"amount": 4000, "currency": "gbp", "destination": account.id}
    )
    client.v1.transfers.reversals.create(transfer.id, {"amount": 100})

    lines = client.v1.balance_transactions.list({"limit": 100}).data

    assert [line.type for line in lines] == ["transfer_refund", "transfer", "refund", "charge"]
    assert sum(line.net for line in lines) == fake.funds()
    assert client.v1.balance_transactions.list({"source": transfer.id}).data[0].net == -4000


def test_for_a_connected_account_the_stand_in_only_reads(
    fake: FakeStripe, client: StripeClient, account: Account
) -> None:
    with pytest.raises(stripe.APIError) as refused:
        client.v1.customers.create({}, {"stripe_account": account.id})
    assert refused.value.http_status == 501
    assert fake.objects("customer") == []
    mine = client.v1.events.list(options={"stripe_account": account.id})
    assert {event.account for event in mine.data} == {account.id}
    assert client.v1.events.list().data == []


def test_an_account_can_be_changed(
    fake: FakeStripe, client: StripeClient, account: Account
) -> None:
    changed = client.v1.accounts.update(
        account.id,
        {
            "business_profile": {"mcc": "8299"},
            "capabilities": {"card_payments": {"requested": True}},
            "email": "new@example.com",
            "metadata": {"instructor_id": "i1"},
            "settings": {"payouts": {"schedule": {"interval": "manual"}}},
        },
    )
    assert changed.settings is not None
    assert changed.settings.payouts is not None
    assert changed.settings.payouts.schedule.interval == "manual"
    assert changed.email == "new@example.com"
    assert changed.business_profile is not None
    assert changed.business_profile.mcc == "8299"
    assert changed.capabilities is not None
    assert changed.capabilities.card_payments == "active"
    assert [event["type"] for event in fake.events()[-2:]] == [
        "capability.updated",
        "account.updated",
    ]


def test_the_agreement_is_chosen_when_an_account_is_made(client: StripeClient) -> None:
    abroad = client.v1.accounts.create(
        {"country": "US", "tos_acceptance": {"service_agreement": "recipient"}}
    )
    assert abroad.tos_acceptance is not None
    assert abroad.tos_acceptance.service_agreement == "recipient"
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.accounts.create(
            {"country": "GB", "tos_acceptance": {"service_agreement": "recipient"}}
        )
    assert refused.value.param == "tos_acceptance[service_agreement]"


def test_a_country_that_stripe_does_not_serve_is_refused(client: StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.accounts.create({"country": "ZZ"})
    assert refused.value.code == "country_unsupported"


def test_many_accounts_can_be_opened_at_once(fake: FakeStripe, client: StripeClient) -> None:
    fake.add_funds(3000)
    ids = fake.open_accounts(3)
    for id in ids:
        client.v1.transfers.create({"amount": 1000, "currency": "gbp", "destination": id})
    assert {fake.funds(account=id) for id in ids} == {1000}
    assert fake.events("account.*") == []
