"""Kit's mother has saved her card. Kit spends it, and so does a guardian who was dismissed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from tests.billing.conftest import Shop, shared_fake, shop
from tests.factories import MARKETPLACE, Booking
from tests.webhook_service.conftest import code_of

__all__ = ["shared_fake", "shop"]


def family(shop: Shop) -> tuple[UUID, UUID, UUID]:
    """Kit's login, Kit's id as a learner, and the login of the mother, who may do everything."""
    kit = shop.world.person("Kit")
    kit_id = shop.world.learner(MARKETPLACE, kit, "Kit")
    return kit, kit_id, shop.world.guardian(kit_id, view=True, book=True, pay=True)


def booked(shop: Shop, by: UUID, kit_id: UUID) -> Booking:
    world = shop.world
    instructor = world.instructor()
    slot_id = world.slot(world.service(instructor))
    made = world.book(by, slot_id, p_learner_user_id=None, p_learner_id=kit_id)
    return Booking(world, made["booking_id"], by, instructor, slot_id)


def pay(shop: Shop, by: UUID, booking: Booking, card_id: UUID, **more: Any) -> Any:
    return shop.post(
        "/payment-intents",
        by,
        booking_id=str(booking.id),
        payment_method_id=str(card_id),
        return_url="https://app.example.com/paid",
        **more,
    )


def charged(shop: Shop) -> int:
    return sum(
        intent["amount"]
        for intent in shop.fake.objects("payment_intent")
        if intent["status"] == "succeeded"
    )


@pytest.mark.slow
def test_a_child_neither_sees_nor_spends_its_mothers_card(shop: Shop) -> None:
    kit, kit_id, mother = family(shop)
    card = shop.save_card(mother)
    booking = booked(shop, kit, kit_id)
    for off_session in (False, True):
        refused = pay(shop, kit, booking, card["id"], off_session=off_session)
        assert (refused.status_code, code_of(refused)) == (404, "payment_method_not_found")
    for step in ("set_default_payment_method", "remove_payment_method"):
        with shop.world.unchanged(), shop.world.refusing("PT404", "payment_method_not_found"):
            shop.world.call(kit, f"public.{step}", p_payment_method_id=card["id"])
    with shop.world.acting_as(kit):
        for table in ("payment_methods", "stripe_customers", "setup_intents"):
            assert shop.world.rows(f"select from public.{table}") == []
    assert (charged(shop), booking.status) == (0, "held")


def test_who_is_guardian_no_more_pays_nothing_with_it_nor_is_charged(shop: Shop) -> None:
    """Neither side reaches the other: not the dismissed father's card, nor he a lesson of Kit's."""
    world = shop.world
    kit, kit_id, father = family(shop)
    card = shop.save_card(father)
    booking = booked(shop, father, kit_id)
    link_id = world.value("select id from public.learner_guardians where revoked_at is null")
    world.call(kit, "public.revoke_guardian", p_learner_guardian_id=link_id)
    refused = pay(shop, father, booking, card["id"], off_session=True)
    assert (refused.status_code, code_of(refused)) == (404, "order_not_found")
    refused = pay(shop, kit, booking, card["id"], off_session=True)
    assert (refused.status_code, code_of(refused)) == (404, "payment_method_not_found")
    assert (charged(shop), booking.status) == (0, "held")


@pytest.mark.slow
def test_a_mother_pays_with_hers_and_nobody_elses(shop: Shop) -> None:
    _, kit_id, mother = family(shop)
    stranger = shop.world.person("Jo")
    strangers_card, card = shop.save_card(stranger), shop.save_card(mother)
    booking = booked(shop, mother, kit_id)
    refused = pay(shop, mother, booking, strangers_card["id"])
    assert (refused.status_code, code_of(refused)) == (404, "payment_method_not_found")
    assert pay(shop, mother, booking, card["id"]).json["next_step"] == "none"
    [intent] = [one for one in shop.fake.objects("payment_intent") if one["customer"]]
    assert intent["payment_method"] == card["stripe_payment_method_id"]
    assert booking.payment["payer_id"] == mother
    shop.hear()
    assert shop.world.violations() == []


def test_a_card_that_was_removed_is_spent_by_nobody(shop: Shop) -> None:
    kit, kit_id, mother = family(shop)
    card = shop.save_card(mother)
    shop.world.call(mother, "public.remove_payment_method", p_payment_method_id=card["id"])
    shop.carry_out()
    booking = booked(shop, mother, kit_id)
    for person in (mother, kit):
        refused = pay(shop, person, booking, card["id"])
        assert (refused.status_code, code_of(refused)) == (404, "payment_method_not_found")
    assert charged(shop) == 0
