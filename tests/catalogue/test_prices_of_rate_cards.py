"""A lesson costs what the card of its local day says, else the default, else its own price."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.factories import World

JUNE = date(2027, 6, 1)


class Listing:
    """A school's service, with an hourly rate of 45.00, and the cards that may list it."""

    def __init__(self, world: World, time_zone: str = "Europe/London", **service: Any) -> None:
        self.world = world
        self.org_id = world.organization(time_zone=time_zone)
        self.owner = world.member(self.org_id, "owner")
        self.instructor = world.instructor(org_id=self.org_id)
        self.service_id = world.service(self.instructor, **service)

    def card(self, price_cents: int | None, **columns: Any) -> UUID:
        """A card that lists the service, or does not."""
        given = {"p_org_id": self.org_id, "p_name": f"Card {columns}"}
        arguments = {f"p_{name}": value for name, value in columns.items()}
        card_id: UUID = self.world.call(self.owner, "public.create_rate_card", **given, **arguments)
        if price_cents is not None:
            self.world.call(
                self.owner,
                "public.set_rate",
                p_rate_card_id=card_id,
                p_service_id=self.service_id,
                p_price_cents=price_cents,
            )
        return card_id

    def list_cents(self, start_at: datetime) -> int | None:
        found: int | None = self.world.value(
            "select (private.price_service(%s, %s, %s)).list_cents",
            self.service_id,
            self.instructor.id,
            start_at,
        )
        return found


NOON = datetime(2027, 6, 15, 12, tzinfo=UTC)


def test_the_card_of_the_day_comes_before_all_else(world: World) -> None:
    listing = Listing(world, price_cents=4000)
    assert listing.list_cents(NOON) == 4000
    listing.card(5000, is_default=True)
    assert listing.list_cents(NOON) == 5000
    card = listing.card(6000, valid_from=JUNE, valid_to=date(2027, 6, 30))
    assert listing.list_cents(NOON) == 6000
    assert listing.list_cents(NOON + timedelta(days=30)) == 5000
    world.call(listing.owner, "public.delete_rate_card", p_rate_card_id=card)
    assert listing.list_cents(NOON) == 5000


def test_without_a_card_or_a_price_it_is_the_hourly_rate(world: World) -> None:
    listing = Listing(world, duration_minutes=90)
    assert listing.list_cents(NOON) == 6750
    listing.card(5000, is_default=True)
    assert listing.list_cents(NOON) == 5000


def test_a_card_that_does_not_list_it_is_passed_over(world: World) -> None:
    listing = Listing(world, price_cents=4000)
    listing.card(None, valid_from=JUNE)
    assert listing.list_cents(NOON) == 4000
    listing.card(5000, is_default=True)
    assert listing.list_cents(NOON) == 5000


def test_a_card_may_make_it_free(world: World) -> None:
    listing = Listing(world, price_cents=4000)
    listing.card(5000, is_default=True)
    listing.card(0, valid_from=JUNE)
    assert listing.list_cents(NOON) == 0


@pytest.mark.parametrize(
    ("valid_from", "valid_to", "is_valid"),
    [
        (None, None, True),
        (date(2027, 6, 15), date(2027, 6, 15), True),
        (date(2027, 6, 15), None, True),
        (None, date(2027, 6, 15), True),
        (date(2027, 6, 16), None, False),
        (None, date(2027, 6, 14), False),
    ],
)
def test_both_days_of_validity_are_included(
    world: World, valid_from: date | None, valid_to: date | None, is_valid: bool
) -> None:
    listing = Listing(world, price_cents=4000)
    listing.card(6000, valid_from=valid_from, valid_to=valid_to)
    assert listing.list_cents(NOON) == (6000 if is_valid else 4000)


@pytest.mark.parametrize(
    ("time_zone", "first_moment"),
    [
        ("UTC", datetime(2027, 6, 1, tzinfo=UTC)),
        ("Europe/London", datetime(2027, 5, 31, 23, tzinfo=UTC)),
        ("America/New_York", datetime(2027, 6, 1, 4, tzinfo=UTC)),
        ("Australia/Sydney", datetime(2027, 5, 31, 14, tzinfo=UTC)),
        ("Pacific/Kiritimati", datetime(2027, 5, 31, 10, tzinfo=UTC)),
    ],
)
def test_the_day_is_the_organizations(world: World, time_zone: str, first_moment: datetime) -> None:
    listing = Listing(world, time_zone, price_cents=4000)
    listing.card(6000, valid_from=JUNE)
    assert listing.list_cents(first_moment) == 6000
    assert listing.list_cents(first_moment - timedelta(microseconds=1)) == 4000


def test_each_school_has_its_own_cards(world: World) -> None:
    listing, other = Listing(world, price_cents=4000), Listing(world, price_cents=4100)
    listing.card(6000, is_default=True)
    assert other.list_cents(NOON) == 4100


def test_cards_are_of_one_currency(world: World) -> None:
    listing = Listing(world, price_cents=4000, currency="eur")
    listing.card(None, is_default=True)
    listing.card(6000, is_default=True, currency="eur")
    assert listing.list_cents(NOON) == 6000
