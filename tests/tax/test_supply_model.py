"""Who sells the lessons is a term of the organization, frozen when something is ordered."""

from __future__ import annotations

import pytest

from tests.factories import MARKETPLACE, World
from tests.tax.steps import issued, terms


def models(world: World) -> list[str]:
    items = world.rows("select supply_model::text from public.order_items order by created_at, id")
    return [item["supply_model"] for item in items]


def test_an_item_keeps_the_model_of_its_order(world: World) -> None:
    world.booking().pay()
    terms(world, MARKETPLACE, p_supply_model="principal")
    assert models(world) == ["agent"]
    world.booking(world.instructor(), start_at=world.in_days(3)).pay()
    instructor, _ = world.hourly()
    world.hours(world.person("Ben"), instructor, 2)
    assert sorted(models(world)) == ["agent", "principal", "principal"]


def test_nobody_changes_it(world: World) -> None:
    world.booking()
    with world.unchanged(), world.refusing("PT409", "append_only"), world.in_studio():
        world.connection.execute("update public.order_items set supply_model = 'principal'")


def test_a_principal_invoices_no_fee(world: World) -> None:
    terms(world, MARKETPLACE, p_supply_model="principal")
    booking = world.booking()
    booking.pay()
    assert issued(world) == []
    assert [row["is_own_sale"] for row in world.rows("select * from private.uninvoiced_fees")] == [
        True
    ]
    terms(world, MARKETPLACE, p_supply_model="agent")
    booking.refund(531)
    assert issued(world) == []


@pytest.mark.parametrize("who", ["owner", "platform"])
def test_the_platform_decides_it(world: World, who: str) -> None:
    school = world.organization()
    if who == "platform":
        terms(world, school, p_supply_model="principal")
    else:
        owner = world.member(school, "owner")
        with world.unchanged(), world.refusing("42501", "not_an_admin"):
            world.call(
                owner,
                "public.admin_set_terms",
                p_org_id=school,
                p_reason="I want it.",
                p_supply_model="principal",
            )
    model = world.value("select supply_model::text from public.organizations where id = %s", school)
    assert model == {"owner": "agent", "platform": "principal"}[who]
