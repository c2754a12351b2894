"""The rules that a booking keeps on its own, as truth tables."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from tests.factories import World

STATUSES = [
    "proposed",
    "held",
    "requested",
    "confirmed",
    "in_progress",
    "completed",
    "no_show",
    "cancelled",
    "declined",
    "expired",
]
PARTIES = ["learner", "guardian", "instructor", "admin", "system"]
RETURNED = ["refund_bps", "cancellation_refund_cents", "restored_minutes", "kept_share_cents"]


def broken_rule(world: World, **columns: Any) -> str:
    return world.broken_rule("public.bookings", **columns)


def ending(world: World, status: str) -> dict[str, Any]:
    """What a booking of this status says of its end, and of nothing that it gives back."""
    is_cancelled, is_no_show = status == "cancelled", status == "no_show"
    return {
        "status": status,
        "cancelled_at": world.now() if is_cancelled else None,
        "cancelled_by": "system" if is_cancelled else None,
        "no_show_by": "learner" if is_no_show else None,
        **dict.fromkeys(RETURNED, 0 if is_cancelled or is_no_show else None),
    }


def test_the_tables_here_know_every_status_and_party(world: World) -> None:
    assert world.value("select enum_range(null::public.booking_status)::text[]") == STATUSES
    assert world.value("select enum_range(null::public.booking_party)::text[]") == PARTIES


def test_cancelled_bookings_alone_say_when_and_by_whom(world: World) -> None:
    world.booking()
    table = product(STATUSES, [None, world.now()], [None, "system"])
    for status, cancelled_at, cancelled_by in table:
        said = {"cancelled_at": cancelled_at, "cancelled_by": cancelled_by}
        broken = broken_rule(world, **(ending(world, status) | said))
        says_both = cancelled_at is not None and cancelled_by is not None
        says_neither = cancelled_at is None and cancelled_by is None
        if says_both if status == "cancelled" else says_neither:
            assert broken == "", status
        else:
            assert broken == "a_cancellation_says_when_and_by_whom", status


def test_no_shows_alone_say_which_of_the_two_did_not_come(world: World) -> None:
    world.booking()
    for status, party in product(STATUSES, [None, *PARTIES]):
        broken = broken_rule(world, **(ending(world, status) | {"no_show_by": party}))
        fitting = ("learner", "instructor") if status == "no_show" else (None,)
        assert broken == ("" if party in fitting else "a_no_show_says_who"), (status, party)


def test_what_ends_early_alone_says_what_it_returns(world: World) -> None:
    world.booking()
    for status, given in product(STATUSES, product((None, 0), repeat=len(RETURNED))):
        returned = dict(zip(RETURNED, given, strict=True))
        broken = broken_rule(world, **(ending(world, status) | returned))
        fitting = (0,) * 4 if status in ("cancelled", "no_show") else (None,) * 4
        assert broken == ("" if given == fitting else "cancelled_and_no_show_say_what_they_refund")


@pytest.mark.parametrize(
    ("columns", "rule"),
    [
        ({"refund_bps": -1}, "refund_is_a_fraction"),
        ({"refund_bps": 10001}, "refund_is_a_fraction"),
        ({"refund_bps": 10000}, ""),
        ({"cancellation_refund_cents": -1}, "amounts_are_not_negative"),
        ({"restored_minutes": -1}, "amounts_are_not_negative"),
        ({"kept_share_cents": -1}, "amounts_are_not_negative"),
        ({"kept_share_cents": 4501}, "the_share_never_grows"),
        ({"kept_share_cents": 4500}, ""),
        ({"is_rescheduled": True}, ""),
    ],
)
def test_what_a_cancellation_returns_makes_sense(
    world: World, columns: dict[str, Any], rule: str
) -> None:
    world.booking()
    assert broken_rule(world, **(ending(world, "cancelled") | columns)) == rule


@pytest.mark.parametrize(
    ("status", "rule"),
    [
        ("proposed", "a_hold_has_a_deadline"),
        ("held", "a_hold_has_a_deadline"),
        ("requested", "a_hold_has_a_deadline"),
        ("confirmed", ""),
        ("expired", ""),
    ],
)
def test_holds_alone_need_a_deadline(world: World, status: str, rule: str) -> None:
    world.booking()
    assert broken_rule(world, status=status, hold_expires_at=None) == rule


@pytest.mark.parametrize(
    ("columns", "rule"),
    [
        ({"total_cents": 5309}, "total_is_share_plus_fee_minus_discount"),
        ({"total_cents": 5311}, "total_is_share_plus_fee_minus_discount"),
        (
            {"instructor_share_cents": 4499, "total_cents": 5309},
            "share_follows_from_the_price",
        ),
        ({"fee_mode": "included"}, "share_follows_from_the_price"),
        ({"platform_fee_cents": -1, "total_cents": 4499}, "amounts_are_not_negative"),
        ({"credit_applied_cents": -1}, "amounts_are_not_negative"),
        ({"credit_applied_cents": 5311}, "credit_pays_at_most_the_total"),
        ({"credit_applied_cents": 5310}, "only_minutes_are_credit"),
        ({"credit_applied_cents": 5310, "credit_minutes": 60}, ""),
        ({"credit_minutes": -1}, "amounts_are_not_negative"),
        ({"original_total_cents": 1}, "original_total_needs_an_original"),
        ({"original_total_cents": -1}, "amounts_are_not_negative"),
        ({"is_rescheduled": True}, "a_rescheduled_booking_is_cancelled"),
        ({"discount_cents": 810, "total_cents": 4500}, ""),
        ({"currency": "GBP"}, "currency_is_lower_case_iso"),
        ({"end_at": "2020-01-01"}, "end_is_after_start"),
        ({"pickup_lat": 90.5}, "places_are_on_earth"),
        ({"dropoff_lng": -181}, "places_are_on_earth"),
        ({"pickup_address": "a" * 501}, "texts_are_short"),
        ({"pickup_address": "a" * 500, "pickup_lat": -90, "pickup_lng": 180}, ""),
    ],
)
def test_amounts_times_and_places_make_sense(
    world: World, columns: dict[str, Any], rule: str
) -> None:
    world.booking()
    assert broken_rule(world, **columns) == rule


def test_bookings_that_were_ended_leave_the_learner_free(world: World) -> None:
    """What is free in this status has no place in the calendar of its learner."""
    world.booking()
    for status in STATUSES:
        assignments = ", ".join(f"{name} = %s" for name in ending(world, status))
        with world.connection.transaction(force_rollback=True):
            world.connection.execute("set local session_replication_role = replica")
            world.rows(f"update public.bookings set {assignments}", *ending(world, status).values())
            world.rows(
                "update private.person_calendar set expires_at = %s", deadline(world, status)
            )
            broken = {row["invariant"] for row in world.violations()}
        is_ended = status in ("cancelled", "declined", "expired")
        is_free = is_ended or status == "proposed"  # which waits for the learner's word
        assert ("bookings_are_in_the_calendar" in broken) == is_free, status
        assert world.value("select private.occupies_slot(%s)", status) == (not is_ended)


def deadline(world: World, status: str) -> str:
    value: str = world.value(
        "select private.occupies_until(%s, hold_expires_at)::text from public.bookings", status
    )
    return value


def test_nobody_is_in_a_group_and_in_another_lesson_at_once(world: World) -> None:
    booking = world.booking()
    group = world.service(world.instructor(), max_participants=5)
    with world.unchanged(), world.refusing("PT409", "learner_busy"):
        world.book(booking.learner, world.slot(group, world.in_days(2, 10, 30)))
