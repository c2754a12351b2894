"""Payouts that are cancelled or come back: taken back once, and paid again by a new transfer."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.jobs.payday import INSTRUCTORS, Payday

pytestmark = pytest.mark.slow

WEEK = timedelta(days=8)


@pytest.fixture
def paid(payday: Payday) -> Payday:
    """Everybody has been paid."""
    assert payday.pay().status == 0
    return payday


def a_payout(payday: Payday) -> dict[str, Any]:
    return payday.world.row("select * from public.payouts order by amount_cents limit 1")


def cancel(payday: Payday, payout_id: UUID, amount_cents: int | None = None) -> None:
    payday.world.call(
        payday.world.admin(),
        "public.admin_cancel_payout",
        p_payout_id=payout_id,
        p_reason="wrong account",
        p_amount_cents=amount_cents,
    )


def outcomes(payday: Payday) -> list[str]:
    rows = payday.world.rows(
        "select case when processed_at is not null then 'done'"
        " when dead_at is not null then 'dead' else 'waiting' end as outcome"
        " from private.outbox where topic = 'reverse_transfer' order by id"
    )
    return [row["outcome"] for row in rows]


def alerts(payday: Payday) -> set[str]:
    return {row["code"] for row in payday.world.rows("select code from public.alerts")}


def test_a_cancelled_payout_is_taken_back_and_paid_by_a_new_transfer(paid: Payday) -> None:
    payout = a_payout(paid)
    cancel(paid, payout["id"])
    assert paid.run("outbox").status == 0
    assert paid.statuses() == {"paid": INSTRUCTORS - 1, "reversed": 1}
    paid.assert_books_agree_with_stripe()

    paid.later(WEEK)
    finished = paid.pay()
    assert finished.status == 0
    [again] = finished.events("payout_paid")
    assert again["amount_cents"] == payout["amount_cents"]
    assert again["payout_id"] != str(payout["id"])
    assert again["transfer"] != payout["stripe_transfer_id"]
    assert len(paid.fake.objects("transfer")) == INSTRUCTORS + 1
    paid.assert_books_agree_with_stripe()


def test_a_transfer_that_came_back_while_it_was_in_doubt_does_not_settle_the_payout(
    payday: Payday,
) -> None:
    """Its answer was lost, and somebody took it back in the Dashboard: it is owed again."""
    payday.fake.fault("POST", "/v1/transfers", "html", "after", times=None)
    assert payday.pay("--workers", "5").status == 1
    payday.fake.clear_faults()
    [transfer, *_] = payday.fake.objects("transfer")
    payday.fake.stripe().v1.transfers.reversals.create(transfer["id"])
    payday.later(timedelta(hours=25))
    finished = payday.pay()
    assert finished.status == 0
    assert transfer["id"] in {event["transfer"] for event in finished.events("transfer_booked")}
    assert payday.statuses() == {"paid": INSTRUCTORS - 1, "reversed": 1}
    payday.assert_books_agree_with_stripe()

    payday.later(WEEK)
    [again] = payday.pay().events("payout_paid")
    assert again["transfer"] != transfer["id"]
    payday.assert_books_agree_with_stripe()


def test_cancelling_twice_takes_back_once(paid: Payday) -> None:
    payout = a_payout(paid)
    cancel(paid, payout["id"])
    cancel(paid, payout["id"])
    assert paid.run("outbox").status == 0
    assert outcomes(paid) == ["done"]
    assert len(paid.fake.objects("transfer_reversal")) == 1
    with paid.world.refusing("PT409", "payout_cannot_do_that"):
        cancel(paid, payout["id"])


def test_what_came_back_in_part_is_cancelled_for_the_rest(paid: Payday) -> None:
    payout = a_payout(paid)
    transfer = payout["stripe_transfer_id"]
    stripe = paid.fake.stripe()
    stripe.v1.transfers.reversals.create(transfer, {"amount": 1000})
    reversed = stripe.v1.transfers.retrieve(transfer).to_dict()
    assert paid.world.deliver("transfer.reversed", reversed) == "processed"
    cancel(paid, payout["id"])
    assert paid.run("outbox").status == 0
    amounts = [reversal["amount"] for reversal in paid.fake.objects("transfer_reversal")]
    assert amounts == [1000, payout["amount_cents"] - 1000]
    assert paid.statuses()["reversed"] == 1
    paid.assert_books_agree_with_stripe()


def test_a_part_is_taken_back_for_a_refund_and_then_another(paid: Payday) -> None:
    payout = a_payout(paid)
    for amount in (700, 300):
        cancel(paid, payout["id"], amount)
        assert paid.run("outbox").status == 0
    assert [made["amount"] for made in paid.fake.objects("transfer_reversal")] == [700, 300]
    assert paid.statuses() == {"paid": INSTRUCTORS}
    owed = paid.world.value(
        "select sum(amount_cents) from public.earnings where status = 'available'"
    )
    assert owed == 1000
    paid.assert_books_agree_with_stripe()


@pytest.mark.parametrize("amount", [0, -1, 10**9, 2**62])
def test_no_more_than_was_paid_is_taken_back(paid: Payday, amount: int) -> None:
    payout = a_payout(paid)
    with paid.world.refusing("PT409", "payout_cannot_do_that"):
        cancel(paid, payout["id"], amount)
    assert outcomes(paid) == []


LOST: dict[str, dict[str, Any]] = {
    "no answer": {"kind": "timeout", "when": "after", "seconds": 0.3},
    "reset": {"kind": "reset", "when": "after"},
    "500": {"kind": "error", "when": "after"},
    "a page with 200": {"kind": "html", "when": "after"},
}


@pytest.mark.parametrize("fault", LOST.values(), ids=LOST)
def test_a_reversal_whose_answer_was_lost_is_found_a_day_later(
    paid: Payday, fault: dict[str, Any]
) -> None:
    """By then Stripe has forgotten the idempotency key, and a part could be taken back twice."""
    payout = a_payout(paid)
    cancel(paid, payout["id"])
    paid.fake.fault("POST", "/v1/transfers/*/reversals", times=None, **fault)
    assert paid.run("outbox").status == 1
    assert outcomes(paid) == ["waiting"]
    paid.fake.clear_faults()
    paid.later(timedelta(hours=25))
    assert paid.run("outbox").status == 0
    assert outcomes(paid) == ["done"]
    assert len(paid.fake.objects("transfer_reversal")) == 1
    assert paid.statuses()["reversed"] == 1
    paid.assert_books_agree_with_stripe()


def test_a_transfer_taken_back_in_the_dashboard_needs_no_second_reversal(paid: Payday) -> None:
    payout = a_payout(paid)
    cancel(paid, payout["id"])
    paid.fake.stripe().v1.transfers.reversals.create(payout["stripe_transfer_id"])
    assert paid.run("outbox").status == 0
    assert outcomes(paid) == ["done"]
    assert len(paid.fake.objects("transfer_reversal")) == 1
    assert paid.statuses()["reversed"] == 1
    assert "reversal_refused" not in alerts(paid)
    paid.assert_books_agree_with_stripe()


def test_what_has_left_for_the_bank_cannot_be_taken_back_until_there_is_money_again(
    paid: Payday,
) -> None:
    payout = a_payout(paid)
    account = paid.world.value(
        "select stripe_account_id from public.stripe_connect_accounts where id = %s",
        payout["connect_account_id"],
    )
    bank_payout = paid.fake.pay_out(account)
    cancel(paid, payout["id"])
    finished = paid.run("outbox")
    assert finished.status == 1
    assert outcomes(paid) == ["dead"]
    assert "reversal_refused" in alerts(paid)
    assert paid.statuses() == {"paid": INSTRUCTORS}
    paid.assert_books_agree_with_stripe()

    paid.fake.fail_payout(bank_payout["id"])
    cancel(paid, payout["id"])
    assert paid.run("outbox").status == 0
    assert outcomes(paid) == ["dead", "done"]
    assert paid.statuses() == {"paid": INSTRUCTORS - 1, "reversed": 1}
    paid.assert_books_agree_with_stripe()
