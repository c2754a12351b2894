"""What must hold of every organization, also of one that is edited in Studio."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from tests.factories import MARKETPLACE, World


def test_there_is_one_marketplace(world: World) -> None:
    assert world.value("select private.marketplace_id()") == MARKETPLACE
    with world.refusing("23505", "there_is_one_marketplace"):
        world.organization(is_marketplace=True)


def test_a_slug_is_taken_once(world: World) -> None:
    world.organization(slug="ace-drivers")
    with world.refusing("23505", "slug_is_unique"):
        world.organization(slug="ace-drivers")


@pytest.mark.parametrize(
    ("columns", "constraint"),
    [
        ({"name": ""}, "name_is_short"),
        ({"slug": "Ace Drivers"}, "slug_is_url_safe"),
        ({"slug": "-ace"}, "slug_is_url_safe"),
        ({"slug": "a" * 81}, "slug_is_url_safe"),
        ({"time_zone": "Europe/Londn"}, "time_zone_is_known"),
        ({"fee_bps": -1}, "fee_is_a_fraction"),
        ({"fee_bps": 10_001}, "fee_is_a_fraction"),
        ({"payout_weekday": 7}, "payout_weekday_is_a_weekday"),
        ({"payout_hold": "-1 hour"}, "payout_hold_is_reasonable"),
        ({"payout_hold": "91 days"}, "payout_hold_is_reasonable"),
        ({"minimum_payout_cents": -1}, "minimum_payout_is_not_negative"),
        ({"checkout_hold_minutes": 0}, "checkout_hold_is_reasonable"),
        ({"max_open_holds": 0}, "open_holds_are_limited"),
        ({"labels": "[]"}, "labels_are_an_object"),
        ({"labels": '{"x": "' + "ab" * 9000 + '"}'}, "labels_are_an_object"),
    ],
)
def test_a_setting_out_of_range_is_refused(
    world: World, columns: dict[str, Any], constraint: str
) -> None:
    with world.refusing("23514", constraint):
        world.organization(**columns)


def test_a_person_has_each_role_once(world: World) -> None:
    school = world.organization()
    person = world.member(school, "instructor")
    with world.refusing("23505", "organization_members_user_id_org_id_role_key"):
        world.insert(
            "public.organization_members",
            {"org_id": school, "user_id": person, "role": "instructor"},
        )


def test_a_tenants_row_cannot_point_into_another_tenant(world: World) -> None:
    here, there = world.organization(), world.organization()
    stranger = world.instructor(org_id=there)
    learner = world.learner(here)
    with world.refusing("23503", "instructor_learners_org_id_instructor_id_fkey"):
        world.connection.execute(
            "insert into public.instructor_learners (org_id, instructor_id, learner_id)"
            " values (%s, %s, %s)",
            [here, stranger.id, learner],
        )
    with world.refusing("23503", "instructor_details_org_id_instructor_id_fkey"):
        world.connection.execute(
            "update public.instructor_details set org_id = %s where instructor_id = %s",
            [here, stranger.id],
        )


def test_nothing_with_books_is_deleted(world: World) -> None:
    booking = world.booking()
    for statement in (
        "delete from public.organizations where id = %s",
        "delete from public.instructors where org_id = %s",
        "delete from public.learners where org_id = %s",
    ):
        with pytest.raises(psycopg.errors.IntegrityError), world.connection.transaction():
            world.connection.execute(statement, [booking.instructor.org_id])
    assert booking.status == "held"
