"""A school is founded, found and set up."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from tests.factories import Booking, World
from tests.schools.conftest import School

ACE = {"p_name": "Ace Drivers", "p_time_zone": "Europe/London", "p_currency": "gbp"}
HUGE = "x" * 1_000_000


def found(world: World, person: UUID, **arguments: Any) -> DictRow:
    org_id = world.call(person, "public.create_organization", **(ACE | arguments))
    return world.row("select * from public.organizations where id = %s", org_id)


def test_the_founder_owns_the_school(world: World) -> None:
    person = world.person()
    school = found(world, person, p_tax_id="GB123")
    assert (school["name"], school["slug"], school["tax_id"]) == (
        "Ace Drivers",
        "ace-drivers",
        "GB123",
    )
    assert (school["time_zone"], school["currency"]) == ("Europe/London", "gbp")
    assert world.rows("select user_id, role::text from public.organization_members") == [
        {"user_id": person, "role": "owner"}
    ]


def test_a_school_begins_on_the_platforms_terms(world: World) -> None:
    school = found(world, world.person())
    assert (school["fee_mode"], school["fee_bps"], school["fee_refundable"]) == (
        "on_top",
        1800,
        True,
    )
    assert (school["payout_weekday"], school["checkout_hold_minutes"]) == (5, 15)
    assert (school["max_open_holds"], school["is_marketplace"]) == (3, False)


def test_the_currency_may_be_in_capitals(world: World) -> None:
    assert found(world, world.person(), p_currency="AUD")["currency"] == "aud"


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "'; drop table x; --", "Ä & Ö 🚗"])
def test_a_name_is_kept_as_it_was_typed(world: World, name: str) -> None:
    school = found(world, world.person(), p_name=f"  {name} ")
    assert school["name"] == name


@pytest.mark.parametrize("name", ["Автошкола", "教習所", "!!!", "x" * 100])
def test_every_name_has_a_slug(world: World, name: str) -> None:
    slug = found(world, world.person(), p_name=name)["slug"]
    assert 1 <= len(slug) <= 80
    assert found(world, world.person(), p_name="Other", p_slug=f"{slug[:70]}-2")


def test_a_taken_slug_is_refused_and_another_is_not(world: World) -> None:
    found(world, world.person())
    person = world.person()
    with world.unchanged(), world.refusing("PT409", "slug_taken"):
        found(world, person, p_name="ACE drivers!")
    assert found(world, person, p_slug="ace-2")["name"] == "Ace Drivers"


def test_a_person_founds_several(world: World) -> None:
    person = world.person()
    schools = {found(world, person, p_name=name)["id"] for name in ("Ace", "Oak")}
    with world.acting_as(person):
        roles = world.rows("select * from public.my_roles")
    assert {(row["org_id"], row["role"]) for row in roles} == {(id, "owner") for id in schools}


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"p_name": None}, "value_missing"),
        ({"p_name": ""}, "name_is_short"),
        ({"p_name": "   "}, "name_is_short"),
        ({"p_name": "x" * 201}, "name_is_short"),
        ({"p_name": HUGE}, "name_is_short"),
        ({"p_slug": ""}, "slug_is_url_safe"),
        ({"p_slug": "Ace Drivers"}, "slug_is_url_safe"),
        ({"p_slug": "-ace"}, "slug_is_url_safe"),
        ({"p_slug": "../ace"}, "slug_is_url_safe"),
        ({"p_slug": "a" * 81}, "slug_is_url_safe"),
        ({"p_slug": HUGE}, "slug_is_url_safe"),
        ({"p_tax_id": "x" * 41}, "tax_id_is_short"),
        ({"p_time_zone": None}, "value_missing"),
        ({"p_time_zone": ""}, "time_zone_is_known"),
        ({"p_time_zone": "Europe/Londn"}, "time_zone_is_known"),
        ({"p_time_zone": "Europe/London+3"}, "time_zone_is_known"),
        ({"p_time_zone": HUGE}, "time_zone_is_known"),
        ({"p_currency": None}, "unknown_currency"),
        ({"p_currency": ""}, "unknown_currency"),
        ({"p_currency": "xyz"}, "unknown_currency"),
        ({"p_currency": HUGE}, "unknown_currency"),
    ],
)
def test_a_bad_value_founds_nothing(world: World, arguments: dict[str, Any], code: str) -> None:
    person = world.person()
    with world.unchanged(), world.refusing("PT422", code):
        found(world, person, **arguments)


def test_a_visitor_founds_nothing(world: World) -> None:
    call = "select public.create_organization('Ace', 'Europe/London', 'gbp')"
    with world.unchanged():
        with world.refusing("42501", "sign_in_required"), world.acting_as(None):
            world.value(call)
        guest = world.acting_as(world.value("select gen_random_uuid()"), is_anonymous=True)
        with world.refusing("42501", "sign_in_required"), guest:
            world.value(call)
        with world.refusing("42501"), world.acting_as(None, "anon"):
            world.value(call)


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
def test_nobody_else_changes_settings(school: School, caller: str) -> None:
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
        p_ordered_id=booked["booking_id"],
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


NEW_TERMS: dict[str, Any] = {
    "p_fee_mode": "included",
    "p_fee_bps": 500,
    "p_payout_hold": timedelta(days=7),
    "p_fee_refundable": False,
    "p_dispute_liability": "instructor",
    "p_referral_discount_bps": 1000,
    "p_referral_reward_cents": 500,
}


def set_terms(school: School, caller: UUID, reason: str | None = "Agreed", **terms: Any) -> None:
    given = {"p_org_id": school.id, "p_reason": reason} | terms
    school.world.call(caller, "public.admin_set_terms", **given)


def book(school: School, days_ahead: int = 2) -> Booking:
    world = school.world
    slot_id = world.slot(world.service(school.instructor), world.in_days(days_ahead))
    booked = world.book(school.learner, slot_id)
    return Booking(world, booked["booking_id"], school.learner, school.instructor, slot_id)


def test_a_platform_admin_sets_the_terms(school: School) -> None:
    set_terms(school, school.world.admin(), **NEW_TERMS)
    terms = {name.removeprefix("p_"): value for name, value in NEW_TERMS.items()}
    assert terms.items() <= school.settings.items()


def test_a_term_that_is_left_out_stays(school: School) -> None:
    before = school.settings
    set_terms(school, school.world.admin(), p_fee_bps=1500)
    changed = {name for name, value in school.settings.items() if value != before[name]}
    assert changed <= {"fee_bps", "updated_at"}


def test_the_terms_are_audited_with_their_reason(school: School) -> None:
    admin = school.world.admin()
    set_terms(school, admin, "Agreed by phone", p_fee_bps=1500)
    entry = school.world.row("select * from public.audit_logs order by id desc limit 1")
    assert (entry["entity_id"], entry["user_id"]) == (str(school.id), admin)
    assert (entry["reason"], entry["new_values"]) == ("Agreed by phone", {"fee_bps": 1500})


@pytest.mark.parametrize(
    "caller", ["owner", "admin", "instructor", "learner", "stranger", "owner of another"]
)
def test_nobody_else_sets_terms(school: School, caller: str) -> None:
    person = school.who(caller)
    with school.world.unchanged(), school.world.refusing("42501", "not_an_admin"):
        set_terms(school, person, p_fee_bps=0)


def test_a_visitor_does_not(school: School) -> None:
    call = "select public.admin_set_terms(%s, 'Mine', p_fee_bps => 0)"
    with school.world.unchanged():
        with school.world.refusing("42501", "not_an_admin"), school.world.acting_as(None):
            school.world.value(call, school.id)
        with school.world.refusing("42501"), school.world.acting_as(None, "anon"):
            school.world.value(call, school.id)


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        ({"p_fee_bps": -1}, "fee_is_a_fraction"),
        ({"p_fee_bps": 10_001}, "fee_is_a_fraction"),
        ({"p_payout_hold": "-1 second"}, "payout_hold_is_reasonable"),
        ({"p_payout_hold": "90 days 1 second"}, "payout_hold_is_reasonable"),
        ({"p_payout_hold": "infinity"}, "payout_hold_is_reasonable"),
        ({"reason": None}, "reason_required"),
        ({"reason": " a "}, "reason_required"),
        ({"reason": "x" * 501}, "reason_required"),
        ({"reason": "x" * 1_000_000}, "reason_required"),
    ],
)
def test_a_bad_term_changes_nothing(school: School, terms: dict[str, Any], code: str) -> None:
    admin = school.world.admin()
    with school.world.unchanged(), school.world.refusing("PT422", code):
        set_terms(school, admin, **({"p_fee_refundable": False} | terms))


def test_an_unknown_school_has_no_terms(school: School) -> None:
    admin = school.world.admin()
    with school.world.unchanged(), school.world.refusing("PT404", "organization_not_found"):
        set_terms(school, admin, p_org_id=uuid4(), p_fee_bps=0)


def test_what_is_booked_is_paid_earned_and_refunded_on_the_old_terms(school: School) -> None:
    world = school.world
    held, paid = book(school), book(school, days_ahead=3)
    paid.pay()
    before = world.rows("select * from public.bookings order by id")
    set_terms(school, world.admin(), **NEW_TERMS)
    assert world.rows("select * from public.bookings order by id") == before

    held.pay()
    assert (held.payment["amount_cents"], held.payment["fee_cents"]) == (5310, 810)
    for booking in (held, paid):
        booking.complete()
        earning = world.row("select * from public.earnings where booking_id = %s", booking.id)
        assert earning["amount_cents"] == 4500
        assert earning["available_at"] == world.now() + timedelta(hours=24)

        assert booking.payment["is_fee_refundable"]
        booking.refund(5310)
        books = world.row(
            "select (private.item_books(item)).* from public.order_items item"
            " where booking_id = %s",
            booking.id,
        )
        assert (books["share_cents"], books["fee_cents"]) == (0, 0)


def test_what_is_booked_afterwards_is_on_the_new_terms(school: School) -> None:
    world = school.world
    set_terms(school, world.admin(), **NEW_TERMS)
    booking = book(school)
    assert (booking.columns["total_cents"], booking.columns["platform_fee_cents"]) == (4500, 225)
    booking.pay()
    assert not booking.payment["is_fee_refundable"]
    booking.complete()
    earning = world.row("select * from public.earnings")
    assert earning["amount_cents"] == 4275
    assert earning["available_at"] == world.now() + timedelta(days=7)


def test_the_terms_of_a_booking_cannot_be_changed_in_studio(school: School) -> None:
    world = school.world
    booking = book(school)
    booking.pay()
    for table, change, code in (
        ("bookings", "payout_hold = '0'", "booking_is_frozen"),
        ("bookings", "is_fee_refundable = false", "booking_is_frozen"),
        ("payments", "is_fee_refundable = false", "payment_is_frozen"),
    ):
        with world.unchanged(), world.refusing("PT409", code), world.in_studio():
            world.connection.execute(f"update public.{table} set {change}")


@pytest.mark.parametrize("caller", [None, "stranger", "learner", "owner"])
def test_a_school_is_found_by_its_slug(school: School, caller: str | None) -> None:
    world, slug = school.world, school.settings["slug"]
    person = school.who(caller) if caller else None
    for written in (slug, slug.upper()):
        (found,) = world.ask(person, "public.find_organization", p_slug=written)
        assert found == {
            name: school.settings[name]
            for name in ("id", "name", "slug", "time_zone", "currency", "labels")
        }


@pytest.mark.parametrize("slug", [None, "", "nowhere", "%", "<b>", "x" * 1_000_000])
def test_an_unknown_slug_finds_nothing(school: School, slug: str | None) -> None:
    assert school.world.ask(None, "public.find_organization", p_slug=slug) == []


def test_the_table_itself_is_closed_to_visitors(school: School) -> None:
    with school.world.refusing("42501"), school.world.acting_as(None, "anon"):
        school.world.count("public.organizations")


def ask_for_factor(school: School, person: UUID, wanted: bool, **claims: Any) -> None:
    with school.world.acting_as(person, **claims):
        school.world.value(
            "select public.update_organization(%s, p_requires_second_factor => %s)",
            school.id,
            wanted,
        )


def test_owners_ask_for_a_second_factor_and_need_one_to_stop_asking(school: School) -> None:
    assert school.settings["requires_second_factor"] is False
    ask_for_factor(school, school.owner, True, aal="aal1")
    assert school.settings["requires_second_factor"] is True
    with school.world.unchanged(), school.world.refusing("42501", "second_factor_required"):
        ask_for_factor(school, school.owner, False, aal="aal1")
    ask_for_factor(school, school.owner, False, aal="aal2")
    assert school.settings["requires_second_factor"] is False


def test_admins_do_not_decide_about_it(school: School) -> None:
    with school.world.unchanged(), school.world.refusing("42501", "role_above_yours"):
        ask_for_factor(school, school.admin, True)
