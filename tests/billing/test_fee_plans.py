"""The plan of a school sets the platform's fee, for as long as it lasts."""

from __future__ import annotations

from datetime import timedelta

from tests.billing.conftest import Shop
from tests.factories import Instructor
from tests.webhook_service.conftest import code_of


def fee_of(shop: Shop, instructor: Instructor) -> int:
    """The fee of what the instructor sells now, in basis points."""
    fee: int = shop.world.value(
        "select (private.price_for_instructor(%s, 'gbp', 5000)).fee_bps", instructor.id
    )
    return fee


def test_a_school_pays_the_fee_of_its_plan(shop: Shop) -> None:
    world = shop.world
    elm, plan = world.organization(name="Elm"), shop.plan(fee_bps="1200")
    owner, ann, max_ = world.member(elm, "owner"), world.instructor(org_id=elm), world.instructor()
    assert fee_of(shop, ann) == 1800
    made = shop.subscribe(owner, plan, organization_id=str(elm))
    assert shop.subscription(made["id"])["organization_id"] == elm
    assert (fee_of(shop, ann), fee_of(shop, max_)) == (1200, 1800)
    product = shop.fake.objects("product")[0]["id"]
    shop.fake.advance(seconds=2)
    shop.fake.stripe().v1.products.update(product, {"metadata": {"fee_bps": "1100"}})
    shop.hear()
    assert fee_of(shop, ann) == 1100
    shop.fake.alter_subscription(made["id"], "cancel")
    shop.hear()
    assert fee_of(shop, ann) == 1800
    assert world.violations() == []


def test_nobody_subscribes_for_a_school_that_they_do_not_run(shop: Shop) -> None:
    elm, plan = shop.world.organization(name="Elm"), shop.plan(fee_bps="1200")
    refused = shop.check_out(shop.world.person("Ben"), plan, organization_id=str(elm))
    assert (refused.status_code, code_of(refused)) == (404, "not_an_instructor")
    assert shop.fake.objects("checkout.session") == []


def test_a_plan_that_is_paused_or_unpaid_beyond_its_grace_sets_no_fee(shop: Shop) -> None:
    world = shop.world
    elm, plan = world.organization(name="Elm"), shop.plan(fee_bps="1200", grace_days="3")
    owner, ann = world.member(elm, "owner"), world.instructor(org_id=elm)
    made = shop.subscribe(owner, plan, organization_id=str(elm))
    for change, fee in (("pause", 1800), ("resume", 1200)):
        wishes = {"behavior": "keep_as_draft"} if change == "pause" else {}
        shop.fake.alter_subscription(made["id"], change, **wishes)
        shop.hear()
        assert fee_of(shop, ann) == fee
    shop.fake.spoil_card(made["default_payment_method"], "pm_card_chargeDeclined")
    shop.fake.renew_subscription(made["id"])
    shop.hear()
    begins = shop.subscription(made["id"])["current_period_start"]
    for days, fee in ((2, 1200), (4, 1800)):
        world.travel(to=begins + timedelta(days=days))
        world.maintain()
        assert fee_of(shop, ann) == fee
    assert world.violations() == []


def test_a_school_has_one_trial_and_one_subscription_whoever_asks(shop: Shop) -> None:
    elm = shop.world.organization(name="Elm")
    first, second = (shop.world.member(elm, role) for role in ("owner", "admin"))
    plan = shop.plan(fee_bps="1200", trial_days="14")
    made = shop.subscribe(first, plan, organization_id=str(elm))
    assert made["status"] == "trialing"
    refused = shop.check_out(second, plan, organization_id=str(elm))
    assert (refused.status_code, code_of(refused)) == (409, "already_subscribed")
    shop.fake.alter_subscription(made["id"], "cancel")
    shop.hear()
    again = shop.subscribe(second, plan, organization_id=str(elm))
    assert shop.subscription(again["id"])["trial_end"] is None
