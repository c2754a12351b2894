"""The platform alone sets its terms, with a reason, and never for what is booked or paid."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.factories import Booking
from tests.schools.conftest import School

NEW_TERMS: dict[str, Any] = {
    "p_fee_mode": "included",
    "p_fee_bps": 500,
    "p_payout_hold": timedelta(days=7),
    "p_fee_refundable": False,
    "p_dispute_liability": "instructor",
    "p_referral_discount_bps": 1000,
    "p_referral_reward_cents": 500,
}


def set_terms(school: School, caller: UUID, reason: str | None = "Agreed", **terms: Any) -> None:
    given = {"p_org_id": school.id, "p_reason": reason} | terms
    school.world.call(caller, "public.admin_set_terms", **given)


def book(school: School, days_ahead: int = 2) -> Booking:
    world = school.world
    slot_id = world.slot(world.service(school.instructor), world.in_days(days_ahead))
    booked = world.book(school.learner, slot_id)
    return Booking(world, booked["booking_id"], school.learner, school.instructor, slot_id)


def test_a_platform_admin_sets_the_terms(school: School) -> None:
    set_terms(school, school.world.admin(), **NEW_TERMS)
    terms = {name.removeprefix("p_"): value for name, value in NEW_TERMS.items()}
    assert terms.items() <= school.settings.items()


def test_a_term_that_is_left_out_stays(school: School) -> None:
    before = school.settings
    set_terms(school, school.world.admin(), p_fee_bps=1500)
    changed = {name for name, value in school.settings.items() if value != before[name]}
    assert changed <= {"fee_bps", "updated_at"}


def test_the_terms_are_audited_with_their_reason(school: School) -> None:
    admin = school.world.admin()
    set_terms(school, admin, "Agreed by phone", p_fee_bps=1500)
    entry = school.world.row("select * from public.audit_logs order by id desc limit 1")
    assert (entry["entity_id"], entry["user_id"]) == (str(school.id), admin)
    assert (entry["reason"], entry["new_values"]) == ("Agreed by phone", {"fee_bps": 1500})


@pytest.mark.parametrize(
    "caller", ["owner", "admin", "instructor", "learner", "stranger", "owner of another"]
)
def test_nobody_else_does(school: School, caller: str) -> None:
    person = school.who(caller)
    with school.world.unchanged(), school.world.refusing("42501", "not_an_admin"):
        set_terms(school, person, p_fee_bps=0)


def test_a_visitor_does_not(school: School) -> None:
    call = "select public.admin_set_terms(%s, 'Mine', p_fee_bps => 0)"
    with school.world.unchanged():
        with school.world.refusing("42501", "not_an_admin"), school.world.acting_as(None):
            school.world.value(call, school.id)
        with school.world.refusing("42501"), school.world.acting_as(None, "anon"):
            school.world.value(call, school.id)


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        ({"p_fee_bps": -1}, "fee_is_a_fraction"),
        ({"p_fee_bps": 10_001}, "fee_is_a_fraction"),
        ({"p_payout_hold": "-1 second"}, "payout_hold_is_reasonable"),
        ({"p_payout_hold": "90 days 1 second"}, "payout_hold_is_reasonable"),
        ({"p_payout_hold": "infinity"}, "payout_hold_is_reasonable"),
        ({"reason": None}, "reason_required"),
        ({"reason": " a "}, "reason_required"),
        ({"reason": "x" * 501}, "reason_required"),
        ({"reason": "x" * 1_000_000}, "reason_required"),
    ],
)
def test_a_bad_value_changes_nothing(school: School, terms: dict[str, Any], code: str) -> None:
    admin = school.world.admin()
    with school.world.unchanged(), school.world.refusing("PT422", code):
        set_terms(school, admin, **({"p_fee_refundable": False} | terms))


def test_an_unknown_school_is_not_found(school: School) -> None:
    admin = school.world.admin()
    with school.world.unchanged(), school.world.refusing("PT404", "organization_not_found"):
        set_terms(school, admin, p_org_id=uuid4(), p_fee_bps=0)


def test_what_is_booked_is_paid_earned_and_refunded_on_the_old_terms(school: School) -> None:
    world = school.world
    held, paid = book(school), book(school, days_ahead=3)
    paid.pay()
    before = world.rows("select * from public.bookings order by id")
    set_terms(school, world.admin(), **NEW_TERMS)
    assert world.rows("select * from public.bookings order by id") == before

    held.pay()
    assert (held.payment["amount_cents"], held.payment["fee_cents"]) == (5310, 810)
    for booking in (held, paid):
        booking.complete()
        earning = world.row("select * from public.earnings where booking_id = %s", booking.id)
        assert earning["amount_cents"] == 4500
        assert earning["available_at"] == world.now() + timedelta(hours=24)

        assert booking.payment["is_fee_refundable"]
        booking.refund(5310)
        refund = world.row(
            "select * from public.refunds where payment_id = %s", booking.payment["id"]
        )
        assert (refund["share_cents"], refund["fee_cents"]) == (4500, 810)


def test_what_is_booked_afterwards_is_on_the_new_terms(school: School) -> None:
    world = school.world
    set_terms(school, world.admin(), **NEW_TERMS)
    booking = book(school)
    assert (booking.columns["total_cents"], booking.columns["platform_fee_cents"]) == (4500, 225)
    booking.pay()
    assert not booking.payment["is_fee_refundable"]
    booking.complete()
    earning = world.row("select * from public.earnings")
    assert earning["amount_cents"] == 4275
    assert earning["available_at"] == world.now() + timedelta(days=7)


def test_the_terms_of_a_booking_cannot_be_changed_in_studio(school: School) -> None:
    world = school.world
    booking = book(school)
    booking.pay()
    for table, change, code in (
        ("bookings", "payout_hold = '0'", "booking_is_frozen"),
        ("bookings", "is_fee_refundable = false", "booking_is_frozen"),
        ("payments", "is_fee_refundable = false", "payment_is_frozen"),
    ):
        with world.unchanged(), world.refusing("PT409", code), world.in_studio():
            world.connection.execute(f"update public.{table} set {change}")
