"""Olga wants what the plan gives without ever paying for it."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from tests.billing.conftest import Shop, shared_fake, shop
from tests.billing.test_fee_plans import fee_of
from tests.webhook_service.conftest import code_of

__all__ = ["shared_fake", "shop"]

OWN_FEE, PLAN_FEE = 1800, 1200


def trial_of(shop: Shop, stripe_id: str) -> object:
    return shop.subscription(stripe_id)["trial_end"]


def test_another_plan_of_the_product_gives_no_second_trial(shop: Shop) -> None:
    olga, monthly = shop.world.person("Olga"), shop.plan(trial_days="14")
    yearly = shop.price(shop.fake.objects("product")[0]["id"], 9000, "year", trial_days="14")
    first = shop.subscribe(olga, monthly)
    assert trial_of(shop, first["id"])
    shop.fake.alter_subscription(first["id"], "cancel")
    shop.hear()
    second = shop.subscribe(olga, yearly)
    assert trial_of(shop, second["id"]) is None
    assert shop.revenue() == 9000


def test_nor_does_her_next_school(shop: Shop) -> None:
    """A trial is a person's and a school's: no other school with her, nor hers with others."""
    world, plan = shop.world, shop.plan(fee_bps=str(PLAN_FEE), trial_days="14")
    olga = world.person("Olga")
    schools = [world.organization(name=name) for name in ("Elm", "Oak")]
    for school in schools:
        world.member(school, "owner", olga)
    first = shop.subscribe(olga, plan, organization_id=str(schools[0]))
    shop.fake.alter_subscription(first["id"], "cancel")
    shop.hear()
    second = shop.subscribe(olga, plan, organization_id=str(schools[1]))
    assert trial_of(shop, second["id"]) is None
    shop.fake.alter_subscription(second["id"], "cancel")
    shop.hear()
    for school in schools:
        friend = world.member(school, "admin")
        again = shop.subscribe(friend, plan, organization_id=str(school))
        assert trial_of(shop, again["id"]) is None


def test_pages_that_were_opened_before_the_first_trial_are_noticed(shop: Shop) -> None:
    """She opens two of Stripe's pages at once, and subscribes on both: the platform is told."""
    olga, plan = shop.world.person("Olga"), shop.plan(trial_days="14")
    pages = [shop.check_out(olga, plan).json["url"] for _ in range(2)]
    for page in pages:
        shop.pay_on_page(page)
    alerts = shop.world.rows("select code from public.alerts where code = 'subscribed_twice'")
    assert len(alerts) == 1


@pytest.mark.slow
def test_several_schools_pages_that_were_opened_before_give_one_trial(shop: Shop) -> None:
    """Each of her three schools would have the plan's fee for two weeks, one after the other."""
    world, plan = shop.world, shop.plan(fee_bps=str(PLAN_FEE), trial_days="14")
    olga = world.person("Olga")
    schools = [world.organization(name=name) for name in ("Elm", "Oak", "Ash")]
    for school in schools:
        world.member(school, "owner", olga)
    pages = [
        shop.check_out(olga, plan, organization_id=str(school)).json["url"] for school in schools
    ]
    fees = []
    for page, school in zip(pages, schools, strict=True):
        made = shop.pay_on_page(page)
        assert trial_of(shop, made["id"])
        fees.append(fee_of(shop, world.instructor(org_id=school)))
        shop.fake.alter_subscription(made["id"], "cancel")
        shop.hear()
    assert fees == [PLAN_FEE, OWN_FEE, OWN_FEE]
    told = world.rows("select related_id from public.alerts where code = 'second_trial'")
    assert len(told) == 2


def test_a_page_that_was_kept_gives_no_trial_after_the_trial(shop: Shop) -> None:
    """Its subscription begins with days that cost nothing, and give nothing until they end."""
    olga, plan = shop.world.person("Olga"), shop.plan(trial_days="14")
    first, second = (shop.check_out(olga, plan).json["url"] for _ in range(2))
    shop.fake.alter_subscription(shop.pay_on_page(first)["id"], "cancel")
    shop.hear()
    made = shop.pay_on_page(second)
    assert trial_of(shop, made["id"])
    assert not shop.has(olga)
    shop.fake.renew_subscription(made["id"])
    shop.hear()
    assert shop.subscription(made["id"])["status"] == "active"
    assert shop.has(olga)


def test_a_card_that_never_pays_gives_its_days_of_grace_once(shop: Shop) -> None:
    """Stripe begins a new period every month, whether the last one was paid or not."""
    world = shop.world
    olga, plan = world.person("Olga"), shop.plan(grace_days="3")
    made = shop.subscribe(olga, plan)
    shop.fake.spoil_card(made["default_payment_method"], "pm_card_chargeDeclined")
    for period in range(3):
        shop.fake.renew_subscription(made["id"])
        shop.hear()
        began = shop.subscription(made["id"])["current_period_start"]
        world.travel(to=began + timedelta(days=1))
        assert shop.has(olga) is (period == 0)
        world.travel(to=began + timedelta(days=4))
        assert not shop.has(olga)


@pytest.mark.slow
def test_a_plan_that_is_not_paid_sets_no_fee_for_months(shop: Shop) -> None:
    world = shop.world
    elm, plan = world.organization(name="Elm"), shop.plan(fee_bps=str(PLAN_FEE), grace_days="3")
    olga, ann = world.member(elm, "owner"), world.instructor(org_id=elm)
    made = shop.subscribe(olga, plan, organization_id=str(elm))
    assert fee_of(shop, ann) == PLAN_FEE
    shop.fake.spoil_card(made["default_payment_method"], "pm_card_chargeDeclined")
    fees: list[int] = []
    for _ in range(3):
        shop.fake.renew_subscription(made["id"])
        shop.hear()
        began = shop.subscription(made["id"])["current_period_start"]
        world.travel(to=began + timedelta(days=1))
        world.maintain()
        fees.append(fee_of(shop, ann))
    assert fees == [PLAN_FEE, OWN_FEE, OWN_FEE]


def test_the_plans_fee_ends_with_the_plan(shop: Shop) -> None:
    """She subscribes for a day, and cancels: what is booked afterwards costs what it did."""
    world = shop.world
    elm, plan = world.organization(name="Elm"), shop.plan(fee_bps=str(PLAN_FEE))
    olga, ann = world.member(elm, "owner"), world.instructor(org_id=elm)
    made = shop.subscribe(olga, plan, organization_id=str(elm))
    shop.fake.alter_subscription(made["id"], "cancel")
    shop.hear()
    learner = world.person("Ben")
    world.learner(elm, learner)
    booked = world.book(learner, world.slot(world.service(ann)))
    fee = world.value(
        "select platform_fee_cents from public.bookings where id = %s", booked["booking_id"]
    )
    assert fee == 810
    assert world.violations() == []


def test_who_was_dismissed_buys_nothing_for_the_school_and_takes_nothing_along(
    shop: Shop,
) -> None:
    """A dismissed admin's plan is theirs to end, and gives the school they have founded nothing."""
    world, plan = shop.world, shop.plan(fee_bps=str(PLAN_FEE))
    elm = world.organization(name="Elm")
    owner, admin = world.member(elm, "owner"), world.member(elm, "admin")
    ann = world.instructor(org_id=elm)
    made = shop.subscribe(admin, plan, organization_id=str(elm))
    dismiss(shop, owner, elm, admin)
    refused = shop.check_out(admin, plan, organization_id=str(elm))
    assert (refused.status_code, code_of(refused)) == (404, "not_an_instructor")
    own = world.organization(name="Own")
    world.member(own, "owner", admin)
    ian = world.instructor(org_id=own)
    assert (fee_of(shop, ann), fee_of(shop, ian)) == (PLAN_FEE, OWN_FEE)
    shop.fake.alter_subscription(made["id"], "cancel")
    shop.hear()
    assert fee_of(shop, ann) == OWN_FEE


def dismiss(shop: Shop, owner: UUID, org_id: UUID, person: UUID) -> None:
    shop.world.call(
        owner,
        "public.remove_member_role",
        p_org_id=org_id,
        p_user_id=person,
        p_role="admin",
    )
