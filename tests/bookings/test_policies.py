"""A policy is a staircase: the longer the notice, the more comes back."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.factories import MARKETPLACE, World


def set_policy(world: World, tiers: Any, **arguments: Any) -> Any:
    user_id = arguments.pop("user_id", None) or world.admin()
    given = {"p_org_id": MARKETPLACE, "p_tiers": json.dumps(tiers)} | arguments
    return world.call(user_id, "public.set_cancellation_policy", **given)


def tier(notice_minutes: Any, refund_bps: Any) -> dict[str, Any]:
    return {"notice_minutes": notice_minutes, "refund_bps": refund_bps}


def test_each_policy_is_a_version_that_visitors_may_read(world: World) -> None:
    set_policy(world, [tier(0, 2500), tier(2880, 10000), tier(1440, 5000)])
    shown = world.ask(None, "public.cancellation_policy", p_org_id=MARKETPLACE)
    assert shown == [tier(2880, 10000), tier(1440, 5000), tier(0, 2500)]
    set_policy(world, [])
    assert world.ask(None, "public.cancellation_policy", p_org_id=MARKETPLACE) == []
    versions = world.rows(
        "select version from public.cancellation_policies where org_id = %s order by version",
        MARKETPLACE,
    )
    assert [row["version"] for row in versions] == [1, 2, 3]


def test_what_is_booked_keeps_its_policy(world: World) -> None:
    before = world.booking()
    set_policy(world, [])
    after = world.booking()
    for booking, bps in ((before, 10000), (after, 0)):
        booking.pay()
        assert world.ending(booking.learner, booking.id)["refund_bps"] == bps


@pytest.mark.parametrize(
    ("tiers", "code"),
    [
        ([tier(0, 5000), tier(1440, 4999)], "bad_tiers"),
        ([tier(1440, 5000), tier(1440, 10000)], "bad_tiers"),
        ([tier(number, 0) for number in range(11)], "bad_tiers"),
        (tier(0, 5000), "bad_tiers"),
        ("full", "bad_tiers"),
        (None, "bad_tiers"),
        ([1], "bad_tiers"),
        ([tier("x", 5000)], "bad_tiers"),
        ([tier(0.5, 5000)], "bad_tiers"),
        ([tier(2**31, 5000)], "bad_tiers"),
        ([tier(-1, 5000)], "notice_is_at_most_90_days"),
        ([tier(129601, 5000)], "notice_is_at_most_90_days"),
        ([tier(0, -1)], "refund_is_a_fraction"),
        ([tier(0, 10001)], "refund_is_a_fraction"),
        ([tier(None, 5000)], "value_missing"),
        ([tier(0, None)], "value_missing"),
    ],
)
def test_what_is_no_policy(world: World, tiers: Any, code: str) -> None:
    admin = world.admin()
    with world.unchanged(), world.refusing("PT422", code):
        set_policy(world, tiers, user_id=admin)


@pytest.mark.parametrize("role", ["learner", "instructor", "another school's owner"])
def test_only_admins_of_the_organization_set_it(world: World, role: str) -> None:
    user_id = (
        world.member(world.organization(), "owner")
        if role == "another school's owner"
        else world.member(MARKETPLACE, role)
    )
    with world.unchanged(), world.refusing("PT404", "organization_not_found"):
        set_policy(world, [], user_id=user_id)
