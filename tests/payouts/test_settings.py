"""Instructors choose when they are paid, schools who is paid; a payee replaces its account."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.factories import Instructor, World, account_object
from tests.payouts.paydays import NOON, claim, fail, open_run, payable, transfer

SETTINGS = (
    "select payout_schedule::text, minimum_payout_cents, payee::text"
    " from public.instructor_details where instructor_id = %s"
)


def choose(world: World, user_id: UUID, instructor_id: UUID, **settings: Any) -> None:
    given = {f"p_{name}": value for name, value in settings.items()}
    world.call(user_id, "public.set_payout_settings", p_instructor_id=instructor_id, **given)


def test_an_instructor_chooses_schedule_and_minimum(world: World) -> None:
    instructor = world.instructor()
    choose(world, instructor.user_id, instructor.id, payout_schedule="monthly")
    choose(world, instructor.user_id, instructor.id, minimum_payout_cents=2500)
    assert world.row(SETTINGS, instructor.id) == {
        "payout_schedule": "monthly",
        "minimum_payout_cents": 2500,
        "payee": "instructor",
    }


def test_a_school_chooses_who_is_paid(world: World) -> None:
    school = world.organization()
    instructor = world.instructor(org_id=school)
    with world.unchanged(), world.refusing("42501", "payee_is_the_schools_choice"):
        choose(world, instructor.user_id, instructor.id, payee="organization")
    choose(world, world.member(school, "admin"), instructor.id, payee="organization")
    assert world.row(SETTINGS, instructor.id)["payee"] == "organization"


def test_a_negative_minimum_is_refused(world: World) -> None:
    instructor = world.instructor()
    with world.unchanged(), world.refusing("PT422", "minimum_payout_is_not_negative"):
        choose(world, instructor.user_id, instructor.id, minimum_payout_cents=-1)


def test_nobody_sets_anothers(world: World) -> None:
    instructor = world.instructor()
    outsiders = (world.instructor().user_id, world.member(world.organization(), "owner"))
    for person in outsiders:
        with world.unchanged(), world.refusing("PT404", "instructor_not_found"):
            choose(world, person, instructor.id, payout_schedule="daily")


@pytest.fixture
def payee(world: World) -> Instructor:
    world.travel(to=NOON)
    return payable(world)


def retire(world: World, user_id: UUID) -> None:
    account_id = world.value("select id from public.stripe_connect_accounts limit 1")
    world.call(user_id, "public.retire_connect_account", p_connect_account_id=account_id)


def test_a_payee_gets_another_account(world: World, payee: Instructor) -> None:
    first = world.open_account(payee.user_id, payee.id)
    retire(world, payee.user_id)
    second = world.open_account(payee.user_id, payee.id)
    assert second["connect_account_id"] != first["connect_account_id"]
    assert second["idempotency_key"] != first["idempotency_key"]
    assert second["stripe_account_id"] is None


@pytest.mark.parametrize("status", ["pending", "sending", "unknown", "failed", "held"])
def test_not_while_a_payout_is_on_its_way(world: World, payee: Instructor, status: str) -> None:
    run_id = open_run(world)
    if status in ("sending", "unknown", "failed"):
        claimed = claim(world, run_id)
        if status != "sending":
            fail(world, claimed, "unknown" if status == "unknown" else "refused")
    elif status == "held":
        world.call(
            world.admin(),
            "public.admin_hold_payout",
            p_payout_id=world.value("select id from public.payouts"),
            p_reason="To see.",
        )
    assert world.value("select status::text from public.payouts") == status
    with world.unchanged(), world.refusing("PT409", "payout_in_flight"):
        retire(world, payee.user_id)


def test_once_it_has_arrived(world: World, payee: Instructor) -> None:
    transfer(world, claim(world, open_run(world)))
    retire(world, payee.user_id)
    assert world.value("select retired_at is not null from public.stripe_connect_accounts")


def test_nobody_elses(world: World, payee: Instructor) -> None:
    for person in (world.person(), world.instructor().user_id):
        with world.unchanged(), world.refusing("PT404", "no_account"):
            retire(world, person)


def alerts(world: World, person: UUID) -> list[tuple[str, UUID | None]]:
    """What somebody is told, and which instructor is told as well."""
    with world.acting_as(person):
        told = world.rows("select code, instructor_id from public.alerts order by created_at, code")
    return [(alert["code"], alert["instructor_id"]) for alert in told]


def ask_for_factor(world: World, org_id: UUID) -> None:
    world.connection.execute(
        "update public.organizations set requires_second_factor = true where id = %s", [org_id]
    )


def test_the_owners_and_the_payee_are_told_who_is_paid_from_now_on(world: World) -> None:
    school = world.organization()
    owner, admin = world.member(school, "owner"), world.member(school, "admin")
    instructor = world.instructor(org_id=school)
    for _ in range(2):
        choose(world, admin, instructor.id, payee="organization", payout_schedule="daily")
    for person in (owner, instructor.user_id):
        assert alerts(world, person) == [("payee_changed", instructor.id)]


def test_the_owners_are_told_of_another_account(world: World) -> None:
    school = world.organization()
    owner, admin = world.member(school, "owner"), world.member(school, "admin")
    first = open_school_account(world, admin, school, "acct_first")
    assert alerts(world, owner) == []
    world.call(admin, "public.retire_connect_account", p_connect_account_id=first)
    assert alerts(world, owner) == [("account_retired", None)]
    world.travel(by=timedelta(seconds=1))
    open_school_account(world, admin, school, "acct_second")
    assert alerts(world, owner) == [("account_retired", None), ("account_replaced", None)]


def open_school_account(world: World, admin: UUID, school: UUID, stripe_id: str) -> UUID:
    (opened,) = world.serve(
        "webhook_service",
        "private.open_connect_account",
        p_user_id=admin,
        p_instructor_id=None,
        p_org_id=school,
        p_country="GB",
        p_platform_country="GB",
    )
    account = account_object(opened["metadata"], ready=True) | {"id": stripe_id}
    assert (
        world.deliver("account.updated", account, endpoint="connect", account=stripe_id)
        == "processed"
    )
    account_id: UUID = opened["connect_account_id"]
    return account_id


def test_changing_where_money_goes_needs_the_factor_that_a_school_asks_for(world: World) -> None:
    school = world.organization()
    admin, instructor = world.member(school, "admin"), world.instructor(org_id=school)
    account_id = open_school_account(world, admin, school, "acct_school")
    ask_for_factor(world, school)
    payee = "select public.set_payout_settings(%s, p_payee => 'organization')"
    retirement = "select public.retire_connect_account(%s)"
    for query, row_id in ((payee, instructor.id), (retirement, account_id)):
        with (
            world.unchanged(),
            world.refusing("42501", "second_factor_required"),
            world.acting_as(admin, aal="aal1"),
        ):
            world.value(query, row_id)
        with world.acting_as(admin, aal="aal2"):
            world.value(query, row_id)


def test_when_somebody_is_paid_is_no_change_of_where(world: World) -> None:
    instructor = world.instructor()
    ask_for_factor(world, instructor.org_id)
    with world.acting_as(instructor.user_id, aal="aal1"):
        world.value("select public.set_payout_settings(%s, 'monthly')", instructor.id)
