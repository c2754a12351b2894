"""What payees say of themselves for tax offices: theirs to write, and to read with finance."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from tests.factories import World
from tests.tax.steps import lesson_at_school, save


def test_an_instructor_is_asked_once_for_all_organizations(world: World) -> None:
    ann = world.instructor()
    again = world.instructor(org_id=world.organization(), user_id=ann.user_id)
    other = world.instructor()
    save(world, ann.user_id, p_tax_ids=Jsonb({"gb": "ab 12 34 56 c", "FR": "12.34-56"}))
    rows = world.rows("select * from public.seller_details")
    assert {row["instructor_id"] for row in rows} == {ann.id, again.id}
    assert other.id not in {row["instructor_id"] for row in rows}
    assert rows[0]["tax_ids"] == {"GB": "AB123456C", "FR": "123456"}


def test_saying_it_again_replaces_it(world: World) -> None:
    ann = world.instructor()
    save(world, ann.user_id)
    save(
        world,
        ann.user_id,
        p_kind="company",
        p_legal_name="Ann Lee Ltd",
        p_birth_date=None,
        p_registration_number="01234567",
        p_vat_number="gb 123 4567 89",
    )
    (row,) = world.rows("select * from public.seller_details")
    assert (row["kind"], row["legal_name"], row["birth_date"]) == ("company", "Ann Lee Ltd", None)
    assert row["vat_number"] == "GB123456789"


def test_a_school_says_it_for_itself(world: World) -> None:
    school = world.organization()
    owner, instructor = world.member(school, "owner"), world.instructor(org_id=school)
    save(world, owner, p_org_id=school)
    (row,) = world.rows("select * from public.seller_details")
    assert (row["org_id"], row["instructor_id"]) == (school, None)
    for stranger in (
        instructor.user_id,
        world.admin(),
        world.member(world.organization(), "owner"),
    ):
        with world.unchanged(), world.refusing("PT404", "organization_not_found"):
            save(world, stranger, p_org_id=school)


def test_who_is_paid_for_nothing_is_not_asked(world: World) -> None:
    with world.unchanged(), world.refusing("PT404", "instructor_not_found"):
        save(world, world.person())


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"p_legal_name": ""}, "texts_are_short"),
        ({"p_legal_name": None}, "value_missing"),
        ({"p_legal_name": "Ann\nLee"}, "texts_are_readable"),
        ({"p_country": "GBR"}, "country_is_an_iso_code"),
        ({"p_birth_date": None}, "an_individual_has_a_birth_date"),
        ({"p_birth_date": date(1899, 1, 1)}, "birth_is_plausible"),
        ({"p_birth_date": date(2020, 1, 1)}, "birth_is_plausible"),
        ({"p_kind": "company", "p_birth_date": None}, "a_company_has_a_registration_number"),
        (
            {"p_kind": "company", "p_registration_number": "01234567"},
            "an_individual_has_a_birth_date",
        ),
        ({"p_tax_ids": Jsonb({"GB": "12345"})}, "tax_ids_are_numbers_by_country"),
        ({"p_tax_ids": Jsonb({"GB": "QQ123456C"})}, "tax_ids_are_numbers_by_country"),
        ({"p_tax_ids": Jsonb({"England": "1234567890"})}, "tax_ids_are_numbers_by_country"),
        ({"p_tax_ids": Jsonb({"FR": None})}, "tax_ids_are_numbers_by_country"),
        ({"p_tax_ids": Jsonb({"FR": {"a": 1}})}, "tax_ids_are_numbers_by_country"),
        ({"p_tax_ids": Jsonb(["1234567890"])}, "tax_ids_are_numbers_by_country"),
        ({"p_tax_ids": None}, "value_missing"),
        ({"p_vat_number": "GB12345678"}, "vat_number_has_the_form_of_its_country"),
    ],
)
def test_what_nobody_can_be_is_refused(world: World, said: dict[str, Any], code: str) -> None:
    ann = world.instructor()
    with world.unchanged(), world.refusing("PT422", code):
        save(world, ann.user_id, **said)


@pytest.mark.parametrize(
    "tax_ids",
    [{}, {"GB": "1234567890"}, {"GB": "AB123456C"}, {"IE": "1234567FA", "GB": "1234567890"}],
)
def test_tax_numbers(world: World, tax_ids: dict[str, str]) -> None:
    save(world, world.instructor().user_id, p_tax_ids=Jsonb(tax_ids))
    assert world.value("select tax_ids from public.seller_details") == tax_ids


@pytest.mark.parametrize(
    ("vat_number", "is_one"),
    [
        ("GB123456789", True),
        ("GB123456789012", True),
        ("GBGD001", True),
        ("GBHA599", True),
        ("GB1234567890", False),
        ("GBGD500", False),
        ("FR12345678901", True),
        ("ATU12345678", True),
        ("123456789", False),
    ],
)
def test_vat_numbers(world: World, vat_number: str, is_one: bool) -> None:
    assert world.value("select private.is_vat_number(%s)", vat_number) is is_one


def test_who_reads_it(world: World) -> None:
    school = world.organization()
    ann = world.instructor(org_id=school)
    owner, admin = world.member(school, "owner"), world.admin()
    save(world, ann.user_id)
    save(world, owner, p_org_id=school)

    def read_by(user_id: Any, **claims: str) -> int:
        with world.acting_as(user_id, **claims):
            return world.count("public.seller_details")

    assert read_by(ann.user_id) == 1
    assert read_by(owner) == 1
    assert read_by(admin) == 2
    assert read_by(world.instructor(org_id=school).user_id) == 0
    with world.in_studio():
        world.connection.execute(
            "update public.organizations set requires_second_factor = false where is_platform"
        )
    assert read_by(admin, aal="aal1") == 0
    world.connection.execute(
        "delete from public.organization_members where user_id = %s", [ann.user_id]
    )
    assert read_by(ann.user_id) == 1


def test_no_personal_value_is_in_the_audit_log(world: World) -> None:
    ann = world.instructor()
    save(world, ann.user_id, p_vat_number="GB123456789")
    save(world, ann.user_id, p_city="Bath")
    log = world.value(
        "select string_agg(entry::text, ' ') from public.audit_logs entry"
        " where entity_type = 'seller_details'"
    )
    for value in ("Ann Mary", "High Street", "Leeds", "Bath", "LS1", "1985", "AB123456C", "6789"):
        assert value not in log
    assert "(personal)" in log


@pytest.mark.slow
def test_it_outlives_the_person_as_long_as_the_law_asks(world: World) -> None:
    booking = world.lesson()
    ann = booking.instructor
    save(world, ann.user_id)
    world.onboard(ann)
    world.travel(by=world.in_days(8) - world.now())
    world.run_payouts()
    world.call(ann.user_id, "public.erase_person", p_user_id=ann.user_id)
    earned = world.now()
    for year, kept in ((earned.year + 6, 1), (earned.year + 7, 0)):
        world.travel(to=earned.replace(year=year, month=12, day=30))
        world.maintain()
        assert world.count("public.seller_details") == kept, year


@pytest.mark.slow
@pytest.mark.parametrize("has_earned", [False, True])
def test_a_schools_own_is_kept_for_seven_years_after_its_last_earning(
    world: World, has_earned: bool
) -> None:
    school = world.organization()
    save(world, world.member(school, "owner"), p_org_id=school)
    begun = world.now()
    if has_earned:
        world.travel(to=begun.replace(year=begun.year + 2))
        instructor = world.instructor(org_id=school)
        world.rows("update public.instructor_details set payee = 'organization'")
        lesson = lesson_at_school(world, instructor)
        lesson.pay()
        lesson.complete()
    for year, kept in ((begun.year + 7, has_earned), (begun.year + 10, False)):
        world.travel(to=begun.replace(year=year, month=12, day=30))
        world.maintain()
        assert world.count("public.seller_details") == kept, year


def test_who_is_no_seller_any_more_but_has_a_login_keeps_it(world: World) -> None:
    ann = world.instructor()
    save(world, ann.user_id)
    world.travel(to=world.now().replace(year=world.now().year + 9))
    world.maintain()
    assert world.count("public.seller_details") == 1
