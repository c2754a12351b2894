"""A planted difference of each reason is found, and decided by an admin, never by a guess."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.factories import World
from tests.reconciliation.stripe import Stripe
from tests.reconciliation.test_match import top_up, unmatched


def plant(world: World, stripe: Stripe, reason: str) -> None:
    """Lets Stripe and the ledger differ."""
    match reason:
        case "missing_here":
            stripe.move("topup", 5000, "tu_1")
        case "missing_there":
            world.deliver("topup.succeeded", top_up(5000))
        case "amount_differs":
            world.deliver("topup.succeeded", top_up(5000))
            stripe.move("topup", 4900, "tu_1")
        case "currency_differs":
            world.deliver("topup.succeeded", top_up(5000))
            stripe.move("topup", 5000, "tu_1", currency="eur")
        case "ambiguous":
            world.deliver("topup.succeeded", top_up(5000, "tu_1"))
            world.deliver("topup.succeeded", top_up(5000, "tu_2"))
            stripe.move("topup", 5000, "tu_3")
        case "late":
            world.deliver("topup.succeeded", top_up(5000))
            stripe.move("topup", 5000, "tu_1", at=world.now() - timedelta(days=4))
        case "unknown_category":
            stripe.move("moon_reserve", -5000)


@pytest.mark.parametrize(
    "reason",
    [
        "missing_here",
        "missing_there",
        "amount_differs",
        "currency_differs",
        "ambiguous",
        "late",
        "unknown_category",
    ],
)
def test_a_planted_difference_is_found(world: World, stripe: Stripe, reason: str) -> None:
    plant(world, stripe, reason)
    began = world.now()
    compared = stripe.reconcile_later()
    found = stripe.exceptions()
    assert reason in {exception["reason"] for exception in found}
    assert all(exception["since"] <= began for exception in found)
    assert {row["remainder_cents"] for row in compared.values()} == {0}
    assert {row["waiting_cents"] for row in compared.values()} == {0}


def test_what_is_not_in_the_list_is_a_remainder(world: World, stripe: Stripe) -> None:
    stripe.held["gbp"] = 7
    assert stripe.reconcile_later()["gbp"]["remainder_cents"] == 7


def test_nothing_is_an_exception_on_its_first_day(world: World, stripe: Stripe) -> None:
    plant(world, stripe, "missing_here")
    compared = stripe.reconcile()["gbp"]
    assert (compared["waiting_cents"], compared["remainder_cents"]) == (5000, 0)
    assert stripe.exceptions() == []


def test_an_unknown_category_is_one_at_once(world: World, stripe: Stripe) -> None:
    plant(world, stripe, "unknown_category")
    stripe.reconcile()
    assert [exception["reason"] for exception in stripe.exceptions()] == ["unknown_category"]


def test_an_exception_ends_when_the_missing_side_comes(world: World, stripe: Stripe) -> None:
    plant(world, stripe, "missing_here")
    stripe.reconcile_later()
    world.deliver("topup.succeeded", top_up(5000))
    stripe.reconcile()
    assert {exception["state"] for exception in stripe.exceptions(None)} == {"matched"}


def test_one_object_of_the_same_amount_is_a_suggestion_and_no_match(
    world: World, stripe: Stripe
) -> None:
    world.deliver("topup.succeeded", top_up(5000, "tu_1"))
    stripe.move("topup", 5000, None)
    stripe.reconcile_later()
    here, there = sorted(stripe.exceptions(), key=lambda exception: exception["reason"])
    assert (here["reason"], here["suggested_key"]) == ("missing_here", "tu_1")
    assert (there["reason"], there["suggested_key"]) == ("missing_there", here["object_key"])
    assert unmatched(world) == 2


def resolve(world: World, stripe: Stripe, resolution: str | None, **arguments: Any) -> None:
    given = {
        "p_exception_id": stripe.exceptions()[0]["exception_id"],
        "p_resolution": resolution,
        "p_reason": "Looked into it.",
    } | arguments
    world.call(world.admin(), "public.admin_resolve_exception", **given)


def test_a_suggestion_is_matched_when_an_admin_says_so(world: World, stripe: Stripe) -> None:
    world.deliver("topup.succeeded", top_up(5000, "tu_1"))
    stripe.move("topup", 5000, None)
    stripe.reconcile_later()
    resolve(world, stripe, "suggestion")
    assert unmatched(world) == 0
    assert stripe.exceptions() == []


def test_a_suggestion_leaves_another_currency_as_it_is(world: World, stripe: Stripe) -> None:
    world.deliver("topup.succeeded", top_up(5000, "tu_1"))
    stripe.move("topup", 5000, "tu_1", currency="eur")
    stripe.move("topup", 5000, None)
    stripe.reconcile_later()
    (missing,) = [row for row in stripe.exceptions() if row["reason"] == "missing_here"]
    resolve(world, stripe, "suggestion", p_exception_id=missing["exception_id"])
    compared = stripe.reconcile_later()
    assert compared["gbp"]["exceptions_cents"] == 0
    assert compared["eur"]["exceptions_cents"] == 5000
    assert {row["remainder_cents"] for row in compared.values()} == {0}


def test_a_suggestion_that_has_matched_meanwhile_is_refused(world: World, stripe: Stripe) -> None:
    world.deliver("topup.succeeded", top_up(5000, "tu_1"))
    stripe.move("topup", 5000, None)
    stripe.reconcile_later()
    stripe.move("topup", 5000, "tu_1")
    world.serve("jobs", "private.match_balance_transactions", p_after="")
    with world.refusing("PT409", "suggestion_outdated"):
        resolve(world, stripe, "suggestion")


@pytest.mark.parametrize("account", ["processor_fees", "write_offs", "platform_bank"])
def test_what_is_missing_here_is_posted_once_to_the_account_that_an_admin_names(
    world: World, stripe: Stripe, account: str
) -> None:
    stripe.move("moon_reserve", -300)
    stripe.reconcile_later()
    resolve(world, stripe, account)
    assert world.ledger() == {account: 300, "stripe_balance": -300}
    compared = stripe.reconcile_later()["gbp"]
    assert (compared["exceptions_cents"], compared["remainder_cents"]) == (0, 0)
    assert (unmatched(world), stripe.exceptions()) == (0, [])


def test_what_was_explained_keeps_its_name_and_comes_up_again_only_when_it_changes(
    world: World, stripe: Stripe
) -> None:
    plant(world, stripe, "amount_differs")
    stripe.reconcile_later()
    resolve(world, stripe, "explained")
    compared = stripe.reconcile_later()["gbp"]
    assert (compared["exceptions_cents"], compared["remainder_cents"]) == (-100, 0)
    assert stripe.exceptions() == []
    stripe.move("topup", 50, "tu_1")
    stripe.reconcile_later()
    assert [exception["difference_cents"] for exception in stripe.exceptions()] == [-50]


@pytest.mark.parametrize("resolution", ["suggestion", "processor_fees", "guess", None])
def test_other_ways_to_decide_are_refused(
    world: World, stripe: Stripe, resolution: str | None
) -> None:
    plant(world, stripe, "missing_there")
    stripe.reconcile_later()
    with world.refusing("PT422", "bad_resolution"):
        resolve(world, stripe, resolution)


def test_an_admin_takes_an_exception(world: World, stripe: Stripe) -> None:
    plant(world, stripe, "missing_there")
    stripe.reconcile_later()
    admin = world.admin()
    world.call(
        admin,
        "public.admin_take_exception",
        p_exception_id=stripe.exceptions()[0]["exception_id"],
        p_reason="Mine.",
    )
    assert stripe.exceptions()[0]["owner_id"] == admin
    decided = world.row(
        "select * from public.audit_logs where entity_type = 'reconciliation_exceptions'"
        " and action = 'update' order by id desc limit 1"
    )
    assert (decided["reason"], decided["user_id"]) == ("Mine.", admin)


def test_a_decision_is_made_once(world: World, stripe: Stripe) -> None:
    with world.refusing("PT404", "exception_not_found"):
        world.call(
            world.admin(),
            "public.admin_resolve_exception",
            p_exception_id=uuid4(),
            p_resolution="explained",
            p_reason="Looked into it.",
        )
