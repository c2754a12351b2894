"""Only known currencies are priced, and money is counted in whole minor units everywhere."""

from __future__ import annotations

import re

import psycopg
import pytest

from tests.factories import MARKETPLACE, World


def test_currencies_have_stripes_minimum_charge(world: World) -> None:
    minimums = world.rows("select code, minor_digits, minimum_charge_cents from private.currencies")
    known = {row["code"]: (row["minor_digits"], row["minimum_charge_cents"]) for row in minimums}
    assert known["gbp"] == (2, 30)
    assert known["dkk"] == (2, 250)
    assert known["jpy"] == (0, 50)


@pytest.mark.parametrize("code", ["GBP", "gb", "gbpp", "g1p", "", "£££"])
def test_a_code_is_three_lower_case_letters(world: World, code: str) -> None:
    with world.refusing("23514", "code_is_lower_case_iso"):
        world.connection.execute("insert into private.currencies values (%s, 2, 50)", [code])


@pytest.mark.parametrize("currency", ["xyz", "GBP", ""])
def test_nothing_is_priced_in_an_unknown_currency(world: World, currency: str) -> None:
    instructor = world.instructor()
    with world.refusing("23503", "organizations_currency_fkey"):
        world.organization(currency=currency)
    with world.refusing("23503", "instructors_currency_fkey"):
        world.instructor(currency=currency)
    with world.refusing("23503", "services_currency_fkey"):
        world.service(instructor, currency=currency)


def test_a_currency_that_is_used_cannot_be_removed(world: World) -> None:
    with pytest.raises(psycopg.errors.ForeignKeyViolation), world.connection.transaction():
        world.connection.execute("delete from private.currencies where code = 'gbp'")
    used = world.value("select currency from public.organizations where id = %s", MARKETPLACE)
    assert used == "gbp"


# Tables and functions of places, distances and speeds, where nothing is money.
PLACES = {
    *("trip_points", "trip_points_default", "list_trip_points", "drive_of", "legs_of"),
    *("meters_between", "kph", "simplify_line"),
}


def test_there_is_no_float_and_every_amount_is_a_whole_number(world: World) -> None:
    columns = world.rows(
        """
        select attribute.attrelid::regclass::text || '.' || attribute.attname as name,
            format_type(attribute.atttypid, null) as type
        from pg_attribute attribute
        join pg_class class on class.oid = attribute.attrelid
        where class.relnamespace in ('public'::regnamespace, 'private'::regnamespace)
            and class.relkind in ('r', 'p', 'v', 'c')
            and attribute.attnum > 0
            and not attribute.attisdropped
        """
    )
    arguments = world.rows(
        """
        select function.proname || '.' || coalesce(argument.name, 'result') as name,
            format_type(argument.type, null) as type
        from pg_proc function
        cross join lateral unnest(
            coalesce(function.proallargtypes, function.proargtypes::oid[]) || function.prorettype,
            function.proargnames
        ) argument (type, name)
        where function.pronamespace in ('public'::regnamespace, 'private'::regnamespace)
        """
    )
    amounts = {
        row["name"]: row["type"] for row in columns + arguments if row["name"].endswith("_cents")
    }
    assert len(amounts) > 50
    assert set(amounts.values()) == {"bigint", "integer"}
    assert {name for name, type in amounts.items() if type == "integer"} == {
        # The types that seed frontends know; every value in them fits.
        "create_session.p_price_cents",
        "create_booking_with_payment.amount_cents",
    }
    inexact = {
        row["name"]: row["type"]
        for row in columns + arguments
        if row["type"] in ("real", "double precision", "money", "numeric")
        and not row["name"].split(".")[-1].endswith(("_lat", "_lng", "_km"))
        and re.sub(r"_\d{4}_\d{2}$", "", row["name"].split(".")[-2]) not in PLACES
    }
    assert inexact == {
        "instructors.rating": "numeric",
        "search_directory.rating": "numeric",
        "km_between.result": "numeric",
        # A price in whole cents, a distance or a rating, whichever the directory is sorted by.
        "private.directory_place.sort_key": "numeric",
        # Stripe's, kept as it says; amounts are converted by Stripe alone.
        "private.balance_transactions.exchange_rate": "numeric",
        # Hours of which every quarter is exact; stored in minutes.
        "buy_credits.p_hours": "numeric",
        "require_credit_minutes.p_hours": "numeric",
        "credit_balance.hours_left": "numeric",
    }


@pytest.mark.parametrize("signed_in", [False, True])
def test_frontends_list_them(world: World, signed_in: bool) -> None:
    person = world.person() if signed_in else None
    listed = world.ask(person, "public.list_currencies")
    assert [row["code"] for row in listed] == sorted(row["code"] for row in listed)
    assert {"code": "dkk", "minor_digits": 2, "minimum_charge_cents": 250} in listed
    assert len(listed) == world.count("private.currencies")


def test_every_listed_time_zone_may_be_chosen(world: World) -> None:
    names = [row["name"] for row in world.ask(None, "public.list_time_zones")]
    assert {"Europe/London", "Asia/Kolkata", "UTC"} <= set(names)
    assert not {"posixrules", "EST5EDT", "localtime"} & set(names)
    (refused,) = world.rows(
        "select count(*) from unnest(%s::text[]) name where not private.is_time_zone(name)", names
    )
    assert refused["count"] == 0
