"""Before a run sends anything, the books know what Stripe has sent, as after a restore."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from tests.factories import MARKETPLACE, Instructor, World
from tests.ledger.balances import account_balance_cents
from tests.payouts.paydays import (
    DAY,
    FRIDAY,
    NOON,
    WEEK,
    claim,
    close_run,
    fail,
    open_run,
    owe,
    payable,
    payouts,
    transfer,
)
from tests.payouts.transfers import book, decide, made_for, unbooked

HOUR = timedelta(hours=1)


@pytest.fixture
def instructor(world: World) -> Instructor:
    instructor = payable(world)
    world.travel(to=NOON)
    return instructor


@pytest.fixture
def run_id(world: World, instructor: Instructor) -> UUID:
    """A run with one payout of 45.00, of which the books know no attempt."""
    return open_run(world)


def payout(world: World) -> DictRow:
    return world.row("select * from public.payouts")


# The same payout has the same id


def test_a_restored_database_draws_the_same_payout_again(
    world: World, instructor: Instructor
) -> None:
    with world.connection.transaction(force_rollback=True):
        open_run(world)
        first = payout(world)
    owe(world, instructor, 250)
    world.travel(by=HOUR)
    open_run(world)
    again = payout(world)
    assert again["id"] == first["id"]
    assert again["amount_cents"] != first["amount_cents"]


def test_every_payout_has_an_id_of_its_own(world: World) -> None:
    facts: dict[str, list[Any]] = {
        "org": [MARKETPLACE, uuid4()],
        "schedule": ["weekly", "instant"],
        "period": [FRIDAY, FRIDAY + WEEK],
        "sequence": [1, 2],
        "payee": [uuid4(), uuid4()],
        "currency": ["gbp", "eur"],
    }
    usual = [values[0] for values in facts.values()]
    others = [
        [*usual[:place], values[1], *usual[place + 1 :]]
        for place, values in enumerate(facts.values())
    ]
    query = "select private.derive_payout_id(%s, %s, %s, %s, %s, %s)"
    ids = {world.value(query, *given) for given in (usual, usual, *others)}
    assert len(ids) == 1 + len(facts)
    assert {id.version for id in ids} == {8}


# What is adopted


def test_a_transfer_that_the_books_have_forgotten_pays_its_payout(
    world: World, run_id: UUID
) -> None:
    made = made_for(payout(world), world)
    assert unbooked(world, made) == [made["id"]]
    assert book(world, made) == ("booked", None)
    paid = payout(world)
    assert (paid["status"], paid["stripe_transfer_id"]) == ("paid", made["id"])
    assert paid["paid_at"].timestamp() == made["created"]
    assert unbooked(world, made) == []
    assert world.claim_payout(run_id, world.now()) is None
    assert close_run(world, run_id)["is_settled"]
    assert world.ledger()["stripe_balance"] == -4500


@pytest.mark.parametrize("attempt", [1, 2, 7])
def test_it_is_adopted_under_any_attempt(world: World, run_id: UUID, attempt: int) -> None:
    metadata = {"payout_id": str(payout(world)["id"]), "attempt": str(attempt)}
    book(world, made_for(payout(world), world, metadata=metadata))
    assert payout(world)["status"] == "paid"


def test_it_is_adopted_after_an_attempt_that_was_refused(world: World, run_id: UUID) -> None:
    fail(world, claim(world, run_id), "refused")
    book(world, made_for(payout(world), world))
    assert payout(world)["status"] == "paid"


def test_it_is_adopted_although_the_payout_is_held(world: World, run_id: UUID) -> None:
    payout_id = payout(world)["id"]
    world.call(world.admin(), "public.admin_hold_payout", p_payout_id=payout_id, p_reason="Wait.")
    book(world, made_for(payout(world), world))
    assert payout(world)["status"] == "paid"


def test_it_is_adopted_from_an_account_that_was_retired_since(
    world: World, run_id: UUID, instructor: Instructor
) -> None:
    made = made_for(payout(world), world)
    world.connection.execute(
        "update public.stripe_connect_accounts set retired_at = private.clock()"
    )
    assert book(world, made) == ("booked", None)


def test_what_was_reversed_of_it_is_owed_again(world: World, run_id: UUID) -> None:
    made = made_for(payout(world), world, amount_reversed=1500)
    book(world, made)
    paid = payout(world)
    assert (paid["status"], paid["reversed_cents"]) == ("paid", 1500)
    assert unbooked(world, made | {"amount_reversed": 2000}) == [made["id"]]
    book(world, made | {"amount_reversed": 2000})
    assert payout(world)["reversed_cents"] == 2000


@pytest.mark.parametrize("sent", [4000, 5000, 1])
def test_another_amount_is_adopted_and_evened_out_next_time(
    world: World, run_id: UUID, instructor: Instructor, sent: int
) -> None:
    made = made_for(payout(world), world, amount=sent)
    assert book(world, made) == ("booked", None)
    paid = payout(world)
    assert (paid["status"], paid["amount_cents"]) == ("paid", sent)
    assert account_balance_cents(world, "payout_in_transit", instructor.id) == 0
    assert account_balance_cents(world, "payee_payable", instructor.id) == sent - 4500
    assert world.ledger()["stripe_balance"] == -sent
    assert unbooked(world, made) == []

    owe(world, instructor, 1000)
    world.travel(by=WEEK)
    open_run(world, FRIDAY + WEEK)
    assert sum(cents for _, cents in payouts(world)) == 5500


def test_the_statement_of_a_corrected_payout_sums_to_what_was_sent(
    world: World, run_id: UUID, instructor: Instructor
) -> None:
    book(world, made_for(payout(world), world, amount=4000))
    lines = world.ask(
        instructor.user_id, "public.payout_statement", p_payout_id=payout(world)["id"]
    )
    assert [(line["kind"], line["amount_cents"]) for line in lines] == [
        ("adjustment", 4500),
        ("adjustment", -500),
    ]


# What is not compared


def test_what_is_booked_is_passed_over(world: World, run_id: UUID) -> None:
    made = transfer(world, claim(world, run_id))
    assert unbooked(world, made | {"created": int(world.now().timestamp())}) == []


def test_what_a_worker_is_sending_is_left_to_that_worker(world: World, run_id: UUID) -> None:
    claim(world, run_id)
    made = made_for(payout(world), world)
    assert unbooked(world, made) == []
    world.travel(by=HOUR)
    assert unbooked(world, made) == [made["id"]]
    book(world, made)
    assert payout(world)["status"] == "paid"


@pytest.mark.parametrize("metadata", [{}, {"payout_id": "no-uuid"}, {"order": "7"}])
def test_transfers_of_other_business_are_not_ours(
    world: World, run_id: UUID, metadata: dict[str, str]
) -> None:
    assert unbooked(world, made_for(payout(world), world, metadata=metadata)) == []


# What the books lack


def test_a_transfer_of_no_payout_stops_its_organization_alone(world: World, run_id: UUID) -> None:
    school = world.organization()
    payable(world, org_id=school)
    other_run = open_run(world, org_id=school)
    mine = world.row("select * from public.payouts where run_id = %s", run_id)
    lost = made_for(mine, world, metadata={"payout_id": str(uuid4()), "attempt": "1"})
    assert book(world, lost) == ("unbooked", "unknown_transfer")
    assert book(world, lost) == ("unbooked", "unknown_transfer")

    refused = decide(world, run_id)
    assert (refused["is_payable"], refused["shortfalls"]) == (False, [])
    assert [made["stripe_transfer_id"] for made in refused["unbooked_transfers"]] == [lost["id"]]
    paid = decide(world, other_run)
    assert (paid["is_payable"], paid["unbooked_transfers"]) == (True, [])


def test_one_to_an_account_that_nobody_knows_stops_the_organization_that_it_names(
    world: World, run_id: UUID
) -> None:
    metadata = {"payout_id": str(uuid4()), "org_id": str(MARKETPLACE)}
    book(world, made_for(payout(world), world, destination="acct_lost", metadata=metadata))
    assert not decide(world, run_id)["is_payable"]


def test_one_that_names_nobody_known_is_the_platforms(world: World, run_id: UUID) -> None:
    metadata = {"payout_id": str(uuid4()), "org_id": str(uuid4())}
    book(world, made_for(payout(world), world, destination="acct_lost", metadata=metadata))
    assert decide(world, run_id)["is_payable"]
    kept = world.row("select org_id, payee_id from private.unbooked_transfers")
    assert kept == {"org_id": world.value("select private.platform_id()"), "payee_id": None}


def test_one_of_a_payout_that_was_cancelled_stops_the_run(
    world: World, run_id: UUID, instructor: Instructor
) -> None:
    cancelled = payout(world)
    world.call(
        world.admin(),
        "public.admin_cancel_payout",
        p_payout_id=cancelled["id"],
        p_reason="Not this one.",
    )
    assert book(world, made_for(cancelled, world)) == ("unbooked", "transfer_of_a_stopped_payout")
    world.travel(by=WEEK)
    assert not decide(world, open_run(world, FRIDAY + WEEK))["is_payable"]


@pytest.mark.parametrize("fields", [{"destination": "acct_lost"}, {"currency": "eur"}])
def test_one_of_the_payout_that_cannot_be_its_own_stops_the_run(
    world: World, run_id: UUID, fields: dict[str, Any]
) -> None:
    assert book(world, made_for(payout(world), world, **fields)) == ("unbooked", "transfer_differs")
    assert payout(world)["status"] == "pending"
    assert not decide(world, run_id)["is_payable"]


def test_another_amount_is_not_adopted_while_an_attempt_is_in_doubt(
    world: World, run_id: UUID
) -> None:
    """What was sent is committed with the attempt, so this is not its transfer."""
    fail(world, claim(world, run_id), "unknown")
    made = made_for(payout(world), world, amount=4499)
    assert book(world, made) == ("unbooked", "transfer_differs")
    assert payout(world)["status"] == "unknown"


def test_a_second_transfer_is_kept_and_stops_nobody(world: World, run_id: UUID) -> None:
    paid = payout(world)
    book(world, made_for(paid, world))
    second = made_for(paid, world, id="tr_second")
    assert book(world, second) == ("unbooked", "second_transfer")
    world.travel(by=WEEK)
    assert decide(world, run_id)["is_payable"]


def test_it_is_let_go_once_its_payout_is_drawn(world: World, instructor: Instructor) -> None:
    with world.connection.transaction(force_rollback=True):
        open_run(world)
        made = made_for(payout(world), world)
    assert book(world, made) == ("unbooked", "unknown_transfer")
    run_id = open_run(world)
    assert not decide(world, run_id)["is_payable"]
    assert book(world, made) == ("booked", None)
    assert world.count("private.unbooked_transfers") == 0
    assert decide(world, run_id)["is_payable"]


# From when on


def known_until(world: World) -> Any:
    [row] = world.serve("jobs", "private.transfers_known_until")
    return row["transfers_known_until"]


def test_nothing_is_compared_before_anybody_can_be_paid(world: World) -> None:
    assert known_until(world) is None


def test_everything_is_compared_before_the_first_transfer_is_known(
    world: World, run_id: UUID
) -> None:
    first = world.value("select min(created_at) from public.stripe_connect_accounts")
    assert known_until(world) == first - HOUR


def test_transfers_are_compared_since_the_newest_that_is_known(world: World, run_id: UUID) -> None:
    book(world, made_for(payout(world), world))
    paid_at = payout(world)["paid_at"]
    world.travel(by=WEEK)
    assert known_until(world) == paid_at - HOUR


def test_they_are_compared_since_the_oldest_unfinished_attempt(
    world: World, run_id: UUID, instructor: Instructor
) -> None:
    first_tried_at = world.now()
    fail(world, claim(world, run_id), "unknown")
    payable(world, name="Bea")
    world.travel(by=WEEK)
    next_run = open_run(world, FRIDAY + WEEK)
    transfer(world, claim(world, next_run))
    world.travel(by=DAY)
    fail(world, claim(world, run_id), "unknown")
    assert known_until(world) == first_tried_at - HOUR


def test_they_are_compared_since_the_oldest_that_the_books_lack(world: World, run_id: UUID) -> None:
    long_ago = int((world.now() - 9 * DAY).timestamp())
    metadata = {"payout_id": str(uuid4())}
    lost = made_for(payout(world), world, id="tr_lost", created=long_ago, metadata=metadata)
    book(world, lost)
    book(world, made_for(payout(world), world))
    assert known_until(world).timestamp() == long_ago - 3600


def test_only_the_job_compares(world: World, run_id: UUID) -> None:
    made = made_for(payout(world), world)
    with world.unchanged(), world.refusing("42501"), world.serving_as("webhook_service"):
        world.rows("select private.book_transfer(%s)", Jsonb(made))
