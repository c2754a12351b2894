"""Invoices, registrations and sellers in a line each."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from tests.factories import Booking, Instructor, World

SELLER = {
    "p_kind": "individual",
    "p_legal_name": "Ann Mary Lee",
    "p_address_line": "1 High Street",
    "p_city": "Leeds",
    "p_postal_code": "LS1 1AA",
    "p_country": "GB",
    "p_birth_date": date(1985, 5, 17),
    "p_tax_ids": Jsonb({"GB": "AB123456C"}),
}


def save(world: World, user_id: UUID, **said: Any) -> None:
    """Saves what somebody says of themselves for tax offices."""
    world.call(user_id, "public.save_seller_details", **SELLER | said)


def register(world: World, country: str = "GB", **columns: Any) -> None:
    """Registers the platform for VAT at 20 %."""
    given = {
        "p_country": country,
        "p_legal_name": "LPlate Ltd",
        "p_address": "2 Low Street, Leeds",
        "p_vat_number": f"{country}123456789",
        "p_vat_rate_bps": 2000,
        "p_is_home": country == "GB",
        "p_reason": "Registered.",
    }
    world.call(world.admin(), "public.admin_set_registration", **given | columns)


def issued(world: World) -> list[DictRow]:
    """All invoices and credit notes, in the order of their fees, after maintenance."""
    world.maintain()
    return world.rows("select * from public.fee_invoices order by entry_id, number")


def lesson_at_school(
    world: World, instructor: Instructor, start_at: datetime | None = None
) -> Booking:
    """A held booking of a learner of the instructor's school."""
    learner = world.person("Ben")
    world.learner(instructor.org_id, learner)
    slot_id = world.slot(world.service(instructor), start_at)
    booked = world.book(learner, slot_id)
    return Booking(world, booked["booking_id"], learner, instructor, slot_id)


def terms(world: World, org_id: UUID, **changed: Any) -> None:
    world.call(
        world.admin(), "public.admin_set_terms", p_org_id=org_id, p_reason="Agreed.", **changed
    )
