"""VAT is a part of the fee: at the rate of a registration, owed by a business abroad, or none."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories import MARKETPLACE, World
from tests.tax.steps import issued, register, save, terms

HOME = ("GB123456789", "LPlate Ltd")


@pytest.mark.parametrize(
    ("total", "rate", "vat"),
    [
        (0, 2000, 0),
        (1, 2000, 0),
        (3, 2000, 1),  # 0.50 is rounded up
        (810, 0, 0),
        (810, 2000, 135),
        (12000, 2000, 2000),
        (11900, 1900, 1900),
    ],
)
def test_vat_is_in_the_total(world: World, total: int, rate: int, vat: int) -> None:
    assert world.value("select private.vat_in(%s, %s)", total, rate) == vat


@pytest.mark.parametrize(
    ("country", "business", "answer"),
    [
        (None, None, ("standard", 2000, *HOME)),
        ("GB", None, ("standard", 2000, *HOME)),
        ("GB", "GB999999973", ("standard", 2000, *HOME)),
        ("FR", None, ("standard", 2000, "FR12345678901", "LPlate SAS")),
        ("FR", "FR99999999999", ("reverse_charge", 0, *HOME)),
        ("DE", None, ("none", 0, *HOME)),
        ("DE", "DE999999999", ("reverse_charge", 0, *HOME)),
        ("IE", None, ("none", 0, None, "LPlate Ltd (Ireland)")),
    ],
)
def test_the_country_and_the_recipient_decide(
    world: World, country: str | None, business: str | None, answer: tuple[Any, ...]
) -> None:
    register(world)
    register(world, "FR", p_vat_number="FR12345678901", p_legal_name="LPlate SAS")
    register(world, "IE", p_vat_number=None, p_vat_rate_bps=0, p_legal_name="LPlate Ltd (Ireland)")
    found = world.row("select * from private.vat_terms_of(%s, %s)", country, business)
    assert (
        found["treatment"],
        found["rate_bps"],
        found["issuer_vat_number"],
        found["issuer_name"],
    ) == answer


def test_without_a_registration_there_is_no_vat(world: World) -> None:
    world.booking().pay()
    (document,) = issued(world)
    assert (document["vat_treatment"], document["vat_cents"]) == ("none", 0)
    assert (document["issuer_name"], document["issuer_vat_number"]) == ("Platform", None)


def test_the_rate_of_the_day_is_kept(world: World) -> None:
    register(world)
    booking = world.booking()
    booking.pay()
    issued(world)
    register(world, p_vat_rate_bps=1000)
    world.cancel(booking.learner, booking.id)
    world.carry_refunds()
    world.booking(world.instructor()).pay()
    invoice, credit, later = issued(world)
    assert (invoice["vat_rate_bps"], invoice["vat_cents"]) == (2000, 135)
    assert (credit["vat_rate_bps"], credit["vat_cents"]) == (2000, 135)
    assert (later["vat_rate_bps"], later["vat_cents"]) == (1000, 74)


def test_a_business_abroad_owes_the_vat_itself(world: World) -> None:
    terms(world, MARKETPLACE, p_fee_mode="included")
    register(world)
    booking = world.booking()
    save(world, booking.instructor.user_id, p_country="FR", p_vat_number="FR99999999999")
    booking.pay()
    (document,) = issued(world)
    assert (document["vat_treatment"], document["vat_cents"]) == ("reverse_charge", 0)
    assert document["recipient_vat_number"] == "FR99999999999"
    assert document["issuer_vat_number"] == "GB123456789"


def test_vat_moves_no_money(world: World) -> None:
    world.booking().pay()
    books = world.ledger()
    register(world)
    issued(world)
    assert world.ledger() == books


def test_one_home(world: World) -> None:
    register(world)
    register(world, "IE", p_is_home=True)
    homes = world.rows("select country from public.platform_registrations where is_home")
    assert [home["country"] for home in homes] == ["IE"]


@pytest.mark.parametrize(
    ("columns", "code"),
    [
        ({"p_vat_number": None}, "only_who_is_registered_charges_vat"),
        ({"p_vat_number": "GB12"}, "vat_number_has_the_form_of_its_country"),
        ({"p_vat_rate_bps": 5001}, "rate_is_a_fraction"),
        ({"p_country": "gbr"}, "country_is_an_iso_code"),
        ({"p_country": None}, "value_missing"),
        ({"p_legal_name": ""}, "texts_are_short"),
        ({"p_address": None}, "value_missing"),
        ({"p_reason": ""}, "reason_required"),
    ],
)
def test_what_is_no_registration_is_refused(
    world: World, columns: dict[str, Any], code: str
) -> None:
    with world.unchanged(), world.refusing("PT422", code):
        register(world, **columns)


def test_only_the_platform_registers(world: World) -> None:
    with world.unchanged(), world.refusing("42501", "not_an_admin"):
        world.call(
            world.person(),
            "public.admin_set_registration",
            p_country="GB",
            p_legal_name="Jo",
            p_address="Here",
            p_reason="Because.",
        )
