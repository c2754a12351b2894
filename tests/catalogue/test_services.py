"""A service is changed by who gives it or administers it, and never moves to another tenant."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from tests.factories import World


def change(world: World, person: UUID | None, service_id: UUID, column: str, value: Any) -> int:
    """Updates a service as a signed-in person; how many rows that changed."""
    with world.acting_as(person):
        return world.connection.execute(
            f"update public.services set {column} = %s where id = %s", [value, service_id]
        ).rowcount


def test_who_gives_or_administers_it_changes_it(world: World) -> None:
    ann = world.instructor()
    service_id = world.service(ann)
    for number, person in enumerate(
        (ann.user_id, world.member(ann.org_id, "owner"), world.member(ann.org_id, "admin"))
    ):
        assert change(world, person, service_id, "price_cents", number) == 1
        assert world.value("select price_cents from public.services") == number


def test_whoever_gives_it_says_how_its_payments_are_captured(world: World) -> None:
    ann = world.instructor()
    service_id = world.service(ann)
    for mode in ("manual", "automatic"):
        assert change(world, ann.user_id, service_id, "capture_mode", mode) == 1
        assert world.value("select capture_mode from public.services") == mode
    assert change(world, world.person(), service_id, "capture_mode", "manual") == 0
    with world.refusing("22P02"):
        change(world, ann.user_id, service_id, "capture_mode", "later")
    assert world.value("select capture_mode from public.services") == "automatic"


def test_what_is_booked_keeps_how_its_payment_is_captured(world: World) -> None:
    booking = world.booking(capture_mode="manual")
    booking.open_payment()
    world.connection.execute("update public.services set capture_mode = 'automatic'")
    assert booking.open_payment()["capture_method"] == "manual"
    assert booking.payment["capture_method"] == "manual"


def test_nobody_else_does(world: World) -> None:
    ann = world.instructor()
    service_id = world.service(ann, price_cents=4500)
    strangers = (
        world.person(),
        world.instructor().user_id,
        world.member(ann.org_id, "instructor"),
        world.member(world.organization(), "owner"),
        None,
    )
    for person in strangers:
        assert change(world, person, service_id, "price_cents", 1) == 0
    assert world.value("select price_cents from public.services") == 4500


@pytest.mark.parametrize(
    ("column", "value"),
    [("currency", "dkk"), ("org_id", None), ("instructor_id", None), ("id", None)],
)
def test_whose_and_in_which_currency_it_is_stays(world: World, column: str, value: Any) -> None:
    ann = world.instructor()
    service_id = world.service(ann)
    with world.refusing("42501"):
        change(world, ann.user_id, service_id, column, value)


def test_a_service_is_not_inserted_or_deleted_through_the_api(world: World) -> None:
    ann = world.instructor()
    world.service(ann)
    for statement in (
        "insert into public.services (org_id, title, duration_minutes, currency)"
        " select org_id, 'x', 60, 'gbp' from public.services",
        "delete from public.services",
    ):
        with world.refusing("42501"), world.acting_as(ann.user_id):
            world.connection.execute(statement)
    assert world.count("public.services") == 1


def test_another_tenants_instructor_gives_no_lessons_here(world: World) -> None:
    school, ann = world.organization(), world.instructor()
    with world.refusing("23503", "services_org_id_instructor_id_fkey"):
        world.service(ann, org_id=school)


def test_a_schools_title_is_unique_too(world: World) -> None:
    ann = world.instructor()
    world.service(ann, instructor_id=None, title="Theory")
    with world.refusing("23505", "title_is_unique_per_instructor"):
        world.service(ann, instructor_id=None, title="THEORY")
    world.service(ann, title="Theory")


@pytest.mark.parametrize(
    ("columns", "constraint"),
    [
        ({"short_description": "x" * 501}, "short_description_is_short"),
        ({"topic_tags": ["x"] * 51}, "tags_are_short"),
        ({"prerequisites": "x" * 5001}, "prerequisites_are_short"),
        ({"materials_url": "javascript:alert(1)"}, "materials_url_is_a_link"),
        ({"max_participants": 0}, "group_is_of_reasonable_size"),
        ({"max_participants": 501}, "group_is_of_reasonable_size"),
    ],
)
def test_a_column_out_of_range_is_refused(
    world: World, columns: dict[str, Any], constraint: str
) -> None:
    with world.refusing("23514", constraint):
        world.service(world.instructor(), **columns)


def test_visitors_see_what_is_offered(world: World) -> None:
    ann = world.instructor()
    offered = world.service(ann)
    world.service(ann, is_active=False)
    with world.acting_as(None, "anon"):
        assert [row["id"] for row in world.rows("select id from public.services")] == [offered]
    with world.acting_as(ann.user_id):
        assert world.count("public.services") == 2
