"""Each learner has one code to pass on, on the terms of when it was made."""

from __future__ import annotations

import pytest

from tests.discounts.steps import referral_code, referrer_of_the_marketplace, rewarding
from tests.factories import World


def test_a_learner_has_one_code_on_the_terms_of_when_it_was_made(world: World) -> None:
    rewarding(world, 1000, 700)
    amy = referrer_of_the_marketplace(world)
    (first,) = world.ask(amy, "public.create_referral_code")
    rewarding(world, 2000, 0)
    assert world.ask(amy, "public.create_referral_code") == [first]
    assert len(first.pop("code")) == 12
    assert first == {"discount_bps": 1000, "reward_cents": 700, "currency": "gbp"}
    assert world.count("public.referral_codes") == 1


def test_two_learners_have_two_codes(world: World) -> None:
    rewarding(world)
    codes = {referral_code(world, referrer_of_the_marketplace(world)) for _ in range(5)}
    assert len(codes) == 5


def test_a_learner_may_see_only_the_own_code(world: World) -> None:
    rewarding(world)
    amy, ben = referrer_of_the_marketplace(world), referrer_of_the_marketplace(world)
    mine = referral_code(world, amy)
    referral_code(world, ben)
    with world.acting_as(amy):
        assert world.rows("select code from public.referral_codes") == [{"code": mine}]


@pytest.mark.parametrize("who", ["no programme", "unknown organization", "visitor"])
def test_who_may_not_recommend(world: World, who: str) -> None:
    amy = referrer_of_the_marketplace(world)
    with world.unchanged():
        if who == "no programme":
            with world.refusing("PT409", "no_referral_programme"):
                world.ask(amy, "public.create_referral_code")
        elif who == "unknown organization":
            with world.refusing("42501", "not_a_learner_here"):
                world.ask(amy, "public.create_referral_code", p_org_id=amy)
        else:
            with world.refusing("42501"):
                world.ask(None, "public.create_referral_code")
