"""A price stands on a card for a service of the same school and currency."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from tests.schools.conftest import School


def card(school: School, currency: str = "gbp") -> UUID:
    card_id: UUID = school.world.call(
        school.owner,
        "public.create_rate_card",
        p_org_id=school.id,
        p_name=f"Usual {currency}",
        p_currency=currency,
        p_is_default=True,
    )
    return card_id


def set_rate(
    school: School, card_id: UUID, service_id: UUID | None, price_cents: int | None
) -> None:
    school.world.call(
        school.owner,
        "public.set_rate",
        p_rate_card_id=card_id,
        p_service_id=service_id,
        p_price_cents=price_cents,
    )


def prices(school: School) -> list[int]:
    rows = school.world.rows("select price_cents from public.rate_card_items order by price_cents")
    return [row["price_cents"] for row in rows]


def test_a_price_is_set_changed_and_taken_off(school: School) -> None:
    card_id, service = card(school), school.world.service(school.instructor)
    set_rate(school, card_id, service, 5000)
    assert prices(school) == [5000]
    set_rate(school, card_id, service, 0)
    assert prices(school) == [0]
    set_rate(school, card_id, service, None)
    set_rate(school, card_id, service, None)
    assert prices(school) == []


def test_a_service_has_a_price_on_each_card(school: School) -> None:
    world, service = school.world, school.world.service(school.instructor)
    set_rate(school, card(school), service, 5000)
    summer = world.call(
        school.owner,
        "public.create_rate_card",
        p_org_id=school.id,
        p_name="Summer",
        p_valid_from="2027-06-01",
    )
    set_rate(school, summer, service, 6000)
    assert prices(school) == [5000, 6000]


def test_only_a_service_of_the_school_in_the_cards_currency(school: School) -> None:
    world, card_id = school.world, card(school)
    elsewhere = world.instructor(org_id=world.organization())
    for service in (
        uuid4(),
        None,
        world.service(elsewhere),
        world.service(world.instructor()),
        world.service(school.instructor, currency="eur"),
    ):
        with world.unchanged(), world.refusing("PT404", "service_not_found"):
            set_rate(school, card_id, service, 5000)
        with world.unchanged(), world.refusing("PT404", "service_not_found"):
            set_rate(school, card_id, service, None)


@pytest.mark.parametrize("price_cents", [-1, 50_000_001, 2**62])
def test_a_price_that_cannot_be_charged_is_refused(school: School, price_cents: int) -> None:
    card_id, service = card(school), school.world.service(school.instructor)
    set_rate(school, card_id, service, 5000)
    with school.world.unchanged(), school.world.refusing("PT422", "price_can_be_charged"):
        set_rate(school, card_id, service, price_cents)


def test_a_price_is_audited(school: School) -> None:
    set_rate(school, card(school), school.world.service(school.instructor), 5000)
    entry = school.world.row(
        "select * from public.audit_logs where entity_type = 'rate_card_items'"
    )
    assert (entry["org_id"], entry["user_id"]) == (school.id, school.owner)
    assert entry["new_values"]["price_cents"] == 5000
