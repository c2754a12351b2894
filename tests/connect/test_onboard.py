"""An instructor asks for one Stripe account, and Stripe's answer is taken for that instructor."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from psycopg.types.json import Jsonb

from tests.factories import Instructor, World, account_object


def record(world: World, connect_account_id: UUID, account: dict[str, Any]) -> None:
    world.serve(
        "webhook_service",
        "private.record_connect_account",
        p_connect_account_id=connect_account_id,
        p_account=Jsonb(account),
        p_is_fetched=False,
    )


def test_asking_again_returns_the_same_account_and_key(world: World) -> None:
    ann = world.instructor()
    first = world.open_account(ann.user_id)
    assert first["idempotency_key"] == f"connect_account:{first['connect_account_id']}:GB"
    assert first["metadata"] == {
        "connect_account_id": str(first["connect_account_id"]),
        "org_id": str(ann.org_id),
    }
    assert first["stripe_account_id"] is None
    with world.unchanged(leaving_out=["private.connect_links"]):
        assert world.open_account(ann.user_id, ann.id) == first


def test_stripes_answer_gives_the_account_its_id(world: World) -> None:
    opened = world.open_account(world.instructor().user_id)
    account = account_object(opened["metadata"], ready=False)
    record(world, opened["connect_account_id"], account)
    known = world.row("select stripe_account_id, status from public.stripe_connect_accounts")
    assert known == {"stripe_account_id": account["id"], "status": "incomplete"}


def test_stripes_answer_after_the_webhook_takes_no_readiness_away(world: World) -> None:
    ann = world.instructor()
    world.onboard(ann)
    opened = world.open_account(ann.user_id)
    before = account_object(opened["metadata"], ready=False, created=1_600_000_000)
    with world.unchanged():
        record(world, opened["connect_account_id"], before)


def test_another_payees_account_is_refused(world: World) -> None:
    mine = world.open_account(world.instructor().user_id)
    other = world.open_account(world.instructor().user_id)
    account = account_object(other["metadata"], ready=True)
    with world.unchanged(), world.refusing("PT422", "wrong_account"):
        record(world, mine["connect_account_id"], account)


def test_nobody_opens_an_account_for_somebody_else(world: World) -> None:
    ann, zoe = world.instructor(), world.instructor()
    for user_id, instructor_id in [
        (world.person(), None),
        (zoe.user_id, ann.id),
        (ann.user_id, uuid4()),
        (None, None),
        (None, ann.id),
    ]:
        with world.unchanged(), world.refusing("PT404", "not_an_instructor"):
            world.open_account(user_id, instructor_id)


def test_one_person_has_an_account_in_each_organization(world: World) -> None:
    ann = world.instructor()
    school = world.organization()
    at_school = world.instructor(org_id=school, user_id=ann.user_id)
    assert world.open_account(ann.user_id, at_school.id)["metadata"]["org_id"] == str(school)
    assert world.open_account(ann.user_id)["metadata"]["org_id"] == str(ann.org_id)


@pytest.fixture
def ready(world: World) -> Instructor:
    ann = world.instructor()
    world.onboard(ann)
    return ann


def test_a_payee_has_one_live_account(world: World, ready: Instructor) -> None:
    with world.unchanged(), world.refusing("23505", "one_live_account_a_payee"):
        world.connection.execute(
            "insert into public.stripe_connect_accounts (org_id, instructor_id) values (%s, %s)",
            [ready.org_id, ready.id],
        )


def test_an_account_is_not_ready_without_transfers(world: World, ready: Instructor) -> None:
    with world.refusing("23514", "ready_means_that_money_can_arrive"):
        world.connection.execute(
            "update public.stripe_connect_accounts set transfers_enabled = false"
            " where instructor_id = %s",
            [ready.id],
        )
