"""A school's admins change its settings; what is booked or paid keeps what it was made with."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from psycopg.types.json import Jsonb

from tests.factories import World
from tests.schools.conftest import School

HUGE = "x" * 1_000_000


def update(school: School, caller: UUID, **arguments: Any) -> None:
    given = {"p_org_id": school.id} | arguments
    school.world.call(caller, "public.update_organization", **given)


@pytest.mark.parametrize("caller", ["owner", "admin", "platform admin"])
def test_who_administers_the_school_changes_its_settings(school: School, caller: str) -> None:
    given = {
        "name": "Ace",
        "tax_id": "GB1",
        "time_zone": "Australia/Sydney",
        "currency": "aud",
        "payout_weekday": 1,
        "minimum_payout_cents": 1000,
        "checkout_hold_minutes": 30,
        "max_open_holds": 5,
        "credit_validity_months": 12,
        "labels": {"instructor": "coach"},
    }
    arguments = {f"p_{name}": value for name, value in given.items()}
    update(school, school.who(caller), **(arguments | {"p_labels": Jsonb(given["labels"])}))
    assert given.items() <= school.settings.items()


def test_hours_are_valid_for_ever_again(school: School) -> None:
    update(school, school.owner, p_credit_validity_months=12)
    update(school, school.owner, p_credit_validity_months=0)
    assert school.settings["credit_validity_months"] is None


def test_a_setting_that_is_left_out_stays(school: School) -> None:
    before = school.settings
    update(school, school.owner, p_name="Ace")
    changed = {name for name, value in school.settings.items() if value != before[name]}
    assert changed <= {"name", "updated_at"}


@pytest.mark.parametrize("caller", ["instructor", "learner", "stranger", "owner of another"])
def test_nobody_else_does(school: School, caller: str) -> None:
    person = school.who(caller)
    with (
        school.world.unchanged(),
        school.world.refusing("PT404", "organization_not_found"),
    ):
        update(school, person, p_name="Mine")


@pytest.mark.parametrize("org_id", [None, uuid4()])
def test_an_unknown_school_is_not_found(school: School, org_id: UUID | None) -> None:
    for caller in (school.owner, school.world.admin()):
        with school.world.refusing("PT404", "organization_not_found"):
            update(school, caller, p_org_id=org_id, p_name="Mine")


def test_a_visitor_is_asked_to_sign_in(school: School) -> None:
    call = "select public.update_organization(%s, 'Mine')"
    with school.world.unchanged():
        with (
            school.world.refusing("42501", "sign_in_required"),
            school.world.acting_as(None),
        ):
            school.world.value(call, school.id)
        with school.world.refusing("42501"), school.world.acting_as(None, "anon"):
            school.world.value(call, school.id)


@pytest.mark.parametrize("caller", ["owner", "admin", "platform admin"])
@pytest.mark.parametrize(
    "column", ["fee_bps = 0", "payout_hold = '0'", "is_marketplace = true", "name = 'x'"]
)
def test_nobody_changes_the_row_itself(school: School, caller: str, column: str) -> None:
    person = school.who(caller)
    with (
        school.world.unchanged(),
        school.world.refusing("42501"),
        school.world.acting_as(person),
    ):
        school.world.connection.execute(f"update public.organizations set {column}")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"p_name": ""}, "name_is_short"),
        ({"p_name": "  "}, "name_is_short"),
        ({"p_name": "x" * 201}, "name_is_short"),
        ({"p_name": HUGE}, "name_is_short"),
        ({"p_tax_id": "x" * 41}, "tax_id_is_short"),
        ({"p_time_zone": ""}, "time_zone_is_known"),
        ({"p_time_zone": "EST5EDT,M3.2.0,M11.1.0"}, "time_zone_is_known"),
        ({"p_time_zone": HUGE}, "time_zone_is_known"),
        ({"p_currency": ""}, "unknown_currency"),
        ({"p_currency": "xyz"}, "unknown_currency"),
        ({"p_payout_weekday": -1}, "payout_weekday_is_a_weekday"),
        ({"p_payout_weekday": 7}, "payout_weekday_is_a_weekday"),
        ({"p_payout_weekday": 100_000}, "value_out_of_range"),
        ({"p_minimum_payout_cents": -1}, "minimum_payout_is_not_negative"),
        ({"p_checkout_hold_minutes": 0}, "checkout_hold_is_reasonable"),
        ({"p_checkout_hold_minutes": 1441}, "checkout_hold_is_reasonable"),
        ({"p_max_open_holds": 0}, "open_holds_are_limited"),
        ({"p_max_open_holds": 101}, "open_holds_are_limited"),
        ({"p_labels": Jsonb([])}, "labels_are_an_object"),
        ({"p_labels": Jsonb("coach")}, "labels_are_an_object"),
        ({"p_labels": Jsonb(None)}, "labels_are_an_object"),
        ({"p_labels": Jsonb({"instructor": HUGE})}, "labels_are_an_object"),
    ],
)
def test_a_bad_value_changes_nothing(school: School, arguments: dict[str, Any], code: str) -> None:
    # Good values beside the bad one are not kept either.
    good = {"p_tax_id": "GB1", "p_max_open_holds": 7}
    with school.world.unchanged(), school.world.refusing("PT422", code):
        update(school, school.owner, **(good | arguments))


def test_labels_are_kept_as_they_were_typed(school: School) -> None:
    labels = {"instructor": "<b>coach</b>", "ученик": "🚗"}
    update(school, school.owner, p_labels=Jsonb(labels))
    assert school.settings["labels"] == labels


def test_what_is_booked_keeps_its_deadline_and_its_currency(school: School) -> None:
    world = school.world
    booking = world.booking(world.instructor())
    school_slot = world.slot(world.service(school.instructor))
    booked = world.book(school.learner, school_slot)
    before = world.rows("select * from public.bookings order by id")
    update(
        school,
        school.owner,
        p_currency="aud",
        p_time_zone="Australia/Sydney",
        p_checkout_hold_minutes=1,
        p_max_open_holds=1,
    )
    assert world.rows("select * from public.bookings order by id") == before
    assert booking.status == "held"

    world.travel(by=timedelta(minutes=5))
    (opened,) = world.serve(
        "webhook_service",
        "private.open_payment",
        p_user_id=school.learner,
        p_booking_id=booked["booking_id"],
    )
    assert (opened["amount_cents"], opened["currency"]) == (5310, "gbp")


def test_a_change_is_audited(school: School) -> None:
    update(school, school.admin, p_max_open_holds=9)
    entry = school.world.row(
        "select * from public.audit_logs where entity_type = 'organizations'"
        " order by id desc limit 1"
    )
    assert (entry["org_id"], entry["user_id"]) == (school.id, school.admin)
    assert (entry["old_values"], entry["new_values"]) == (
        {"max_open_holds": 3},
        {"max_open_holds": 9},
    )


def test_members_see_the_settings_and_nobody_else_does(world: World) -> None:
    school = world.organization()
    member, stranger = world.member(school, "learner"), world.person()
    with world.acting_as(member):
        assert [row["id"] for row in world.rows("select id from public.organizations")] == [school]
    with world.acting_as(stranger):
        assert world.count("public.organizations") == 0
