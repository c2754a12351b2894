"""A month's report says what the books say, and adds up."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from lplate.reports import render
from tests.factories import Booking, World
from tests.reconciliation.stripe import Stripe

JUNE, JULY = date(2026, 6, 1), date(2026, 7, 1)
IN_JUNE = datetime(2026, 6, 10, 10, tzinfo=UTC)
PREPAID = ("learner_prepaid", "deferred_fees", "deferred_promotions")


def report(world: World, month: date = JUNE) -> dict[str, Any]:
    (row,) = world.serve("jobs", "private.month_report", p_month=month)
    (contents,) = row.values()
    told: dict[str, Any] = contents
    return told


def table(world: World, name: str, month: date = JUNE) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = report(world, month)["tables"][name]
    return rows


@pytest.fixture(autouse=True)
def in_june(world: World) -> None:
    world.travel(to=IN_JUNE)


def test_a_month_without_anything_has_empty_tables(world: World) -> None:
    told = report(world)
    assert (told["month"], told["is_closed"]) == ("2026-06", False)
    assert told["minor_digits"]["gbp"] == 2
    assert {name for name, rows in told["tables"].items() if rows} <= {"utilisation", "kpis"}


def test_a_month_that_has_not_begun_has_no_report(world: World) -> None:
    for month in (JULY, None, "infinity"):
        with world.refusing("PT422", "month_not_begun"):
            world.serve("jobs", "private.month_report", p_month=month)


def test_revenue_is_booked_and_then_earned(world: World) -> None:
    booking = world.booking()
    booking.pay()
    (booked,) = table(world, "revenue")
    assert booked == {
        "currency": "gbp",
        "booked_cents": 5310,
        "earned_cents": 0,
        "given_back_cents": 0,
    }
    booking.complete()
    booking.refund(531)
    (earned,) = table(world, "revenue")
    assert (earned["earned_cents"], earned["given_back_cents"]) == (4500, -450)


def test_the_margin_is_fees_less_what_stripe_keeps(world: World) -> None:
    lesson = world.lesson()
    lesson.settle_funds(fee_cents=95)
    lines = {row["line"]: row["amount_cents"] for row in table(world, "margin")}
    ledger = world.ledger()
    assert lines == {
        "platform_fees": -ledger["platform_fees"],
        "processor_fees": -95,
        "margin": -ledger["platform_fees"] - 95,
    }
    assert table(world, "months") == [
        {"currency": "gbp", "month": "2026-06", "margin_cents": lines["margin"]}
    ]


def test_the_days_sum_to_what_moved_stripes_balance(world: World) -> None:
    lesson = world.lesson()
    lesson.settle_funds(fee_cents=95)
    world.travel(by=timedelta(days=1))
    lesson.refund(1000)
    rows = table(world, "days")
    moved = ("received_cents", "refunded_cents", "paid_out_cents", "other_cents")
    assert sum(row[name] for row in rows for name in moved) == world.ledger()["stripe_balance"]
    assert sum(row["received_cents"] for row in rows) == 5310
    assert sum(row["refunded_cents"] for row in rows) == -1000
    assert [row["day"] for row in rows] == sorted({row["day"] for row in rows})


# Prepaid hours


def rolled(world: World, month: date) -> dict[str, Any]:
    rows = table(world, "prepaid", month)
    (total,) = [row for row in rows if row["instructor_id"] is None]
    for row in rows:
        for unit in ("minutes", "cents"):
            lines = ("opening", "sold", "used", "refunded", "disputed", "expired")
            assert sum(row[f"{line}_{unit}"] for line in lines) == row[f"closing_{unit}"]
    for name, value in total.items():
        if name.endswith(("_minutes", "_cents")):
            assert value == sum(row[name] for row in rows if row["instructor_id"])
    return total


def test_prepaid_hours_roll_forward_to_what_the_ledger_holds(world: World) -> None:
    ann, service = world.hourly()
    bob, _ = world.hourly()
    ten = world.hours(world.person(), ann, 10)
    two = world.hours(world.person(), bob, 2)
    booking = ten.book(service)
    assert rolled(world, JUNE)["closing_minutes"] == 720
    booking.complete()
    world.travel(to=datetime(2026, 7, 2, 10, tzinfo=UTC))
    world.ask(two.learner, "public.refund_credits", p_credit_id=two.id)
    assert world.carry_refunds() == ["processed"]
    sold = {"opening": 0, "sold": 720, "used": -60, "refunded": 0, "closing": 660}
    june, july = rolled(world, JUNE), rolled(world, JULY)
    assert {line: june[f"{line}_minutes"] for line in sold} == sold
    back = {"opening": 660, "sold": 0, "used": 0, "refunded": -120, "closing": 540}
    assert {line: july[f"{line}_minutes"] for line in back} == back
    assert july["opening_cents"] == june["closing_cents"]
    ledger = world.ledger()
    assert july["closing_cents"] == -sum(ledger.get(kind, 0) for kind in PREPAID)


# Who owes whom


def test_a_negative_balance_has_an_age_and_a_cause(world: World) -> None:
    lesson = world.lesson()
    world.onboard(lesson.instructor)
    world.travel(by=timedelta(days=8))
    assert [run["paid"] for run in world.run_payouts()] == [1]
    lesson.refund(5310)
    world.travel(by=timedelta(days=3))
    world.maintain()
    world.run_payouts()
    world.travel(by=timedelta(days=2))
    (owed,) = table(world, "negative_balances")
    assert (owed["payee_id"], owed["amount_cents"]) == (str(lesson.instructor.id), -4500)
    assert owed["causes"] == "refund"
    assert owed["days"] == (world.now().date() - date.fromisoformat(owed["since"])).days
    (line,) = [row for row in table(world, "balances") if row["line"] == "negative"]
    assert (line["payees"], line["amount_cents"]) == (1, -4500)


def test_what_payees_are_owed_is_what_the_ledger_says(world: World) -> None:
    world.lesson()
    (line,) = table(world, "balances")
    pending = -world.ledger()["instructor_pending"]
    assert (line["line"], line["amount_cents"]) == ("instructor_pending", pending)


def test_payouts_refunds_and_disputes_are_counted(world: World) -> None:
    lesson = world.lesson()
    world.onboard(lesson.instructor)
    world.travel(by=timedelta(days=8))
    world.run_payouts()
    lesson.refund(1000)
    world.dispute(lesson.payment)
    (payout,) = table(world, "payouts")
    assert (payout["status"], payout["payouts"], payout["amount_cents"]) == ("paid", 1, 4500)
    (refund,) = table(world, "refunds")
    assert (refund["status"], refund["refunds"], refund["amount_cents"]) == ("succeeded", 1, 1000)
    (dispute,) = table(world, "disputes")
    assert (dispute["opened"], dispute["closed"]) == (1, 0)


# Lessons


def test_cancellations_are_counted_by_side(world: World) -> None:
    for side in ("learner", "instructor", "instructor"):
        booking: Booking = world.booking()
        booking.pay()
        who = booking.learner if side == "learner" else booking.instructor.user_id
        world.cancel(who, booking.id)
    assert {row["side"]: row["cancelled"] for row in table(world, "cancellations")} == {
        "learner": 1,
        "instructor": 2,
    }


def test_utilisation_is_hours_sold_of_hours_offered(world: World) -> None:
    ann = world.instructor()
    world.window(ann)
    (before,) = table(world, "utilisation")
    assert before["offered_minutes"] > 0 == before["sold_minutes"]
    booking = world.booking(ann)
    booking.pay()
    (after,) = table(world, "utilisation")
    assert after["sold_minutes"] == 60
    assert after["offered_minutes"] - before["offered_minutes"] in (0, 60)
    world.closing(ann, world.in_days(3).date())
    (closed,) = table(world, "utilisation")
    assert closed["offered_minutes"] < after["offered_minutes"]


def test_exceptions_of_the_month_are_listed(world: World, stripe: Stripe) -> None:
    stripe.move("charge", 700, "ch_unknown")
    world.travel(by=timedelta(days=3))
    stripe.reconcile()
    (difference,) = table(world, "exceptions")
    assert (difference["object_key"], difference["difference_cents"]) == ("ch_unknown", 700)
    assert (difference["reason"], difference["state"]) == ("missing_here", "open")


def test_the_same_facts_give_the_same_report(world: World) -> None:
    world.lesson()
    assert report(world) == report(world)


# A school's own page


def school_report(world: World, school: UUID, month: date = JUNE) -> dict[str, Any]:
    (row,) = world.serve(
        "webhook_service",
        "private.report_for",
        p_user_id=world.member(school, "admin"),
        p_has_second_factor=False,
        p_org_id=school,
        p_month=month,
    )
    told: dict[str, Any] = row["report_for"]
    return told


def lesson_of(world: World, school: UUID) -> Booking:
    """A lesson of the school's that was paid for and given."""
    ann, ben = world.instructor(org_id=school), world.person("Ben")
    world.learner(school, ben)
    slot_id = world.slot(world.service(ann))
    booked = world.book(ben, slot_id)
    booking = Booking(world, booked["booking_id"], ben, ann, slot_id)
    booking.pay()
    booking.complete()
    return booking


def test_a_school_sees_its_own_numbers_alone(world: World) -> None:
    one, other = world.organization(name="One"), world.organization(name="Other")
    lesson_of(world, one)
    twice = [lesson_of(world, other) for _ in range(2)]
    twice[0].refund(1000)
    world.dispute(twice[1].payment)
    told = school_report(world, one)
    assert told["organization"] == "One"
    assert {"margin", "months", "days", "exceptions"}.isdisjoint(told["tables"])
    tables = told["tables"]
    assert [row["earned_cents"] for row in tables["revenue"]] == [4500]
    assert [row["organization"] for row in tables["utilisation"]] == ["One"]
    assert (tables["refunds"], tables["disputes"]) == ([], [])
    assert [row["lessons"] for row in tables["kpis"]] == [1]
    (whole,) = table(world, "revenue")
    shares = [school_report(world, org)["tables"]["revenue"][0] for org in (one, other)]
    for name in ("booked_cents", "earned_cents", "given_back_cents"):
        assert whole[name] == sum(share[name] for share in shares)


# A closed month's page


def close(world: World, stripe: Stripe) -> None:
    """June is over, reconciled, and closed."""
    world.travel(to=datetime(2026, 7, 3, 10, tzinfo=UTC))
    stripe.reconcile()
    stripe.report(JULY)
    stripe.reconcile()
    world.call(
        world.admin(), "public.admin_close_month", p_month=JUNE, p_reason="All is explained."
    )


@pytest.mark.slow
def test_a_closed_months_page_stays_after_a_late_dispute(world: World, stripe: Stripe) -> None:
    school = world.organization()
    booking = lesson_of(world, school)
    paid = booking.payment
    stripe.move("charge", paid["captured_cents"], paid["stripe_charge_id"])
    close(world, stripe)
    world.maintain()
    page, schools_page = render(report(world)), render(school_report(world, school))
    world.dispute(booking.payment, "lost")
    world.connection.execute(
        "update public.organizations set name = 'Another name' where id = %s", [school]
    )
    assert render(report(world)) == page
    assert render(school_report(world, school)) == schools_page
    assert "this page stays as it was then" in page
    (late,) = table(world, "disputes", JULY)
    assert late["lost_cents"] == booking.payment["amount_cents"]


def test_maintenance_keeps_the_platforms_report_and_not_the_closing(
    world: World, stripe: Stripe
) -> None:
    """Payments wait while a month is closed, and an admin's call has the Data API's time."""
    close(world, stripe)
    assert world.count("private.month_reports") == 0
    assert world.maintain()["reports_kept"] == world.count("private.month_reports") > 0
    kept = world.value(
        "select contents from private.month_reports where org_id = private.platform_id()"
    )
    assert kept["is_closed"] is True
    assert report(world) == kept
    assert world.maintain()["reports_kept"] == 0


def test_no_report_is_kept_of_a_month_that_is_open_again(world: World, stripe: Stripe) -> None:
    close(world, stripe)
    world.call(
        world.admin(), "public.admin_reopen_month", p_month=JUNE, p_reason="A fee was missed."
    )
    assert world.maintain()["reports_kept"] == 0


def test_a_month_that_is_opened_again_is_told_anew(world: World, stripe: Stripe) -> None:
    close(world, stripe)
    kept = report(world)
    world.call(
        world.admin(), "public.admin_reopen_month", p_month=JUNE, p_reason="A fee was missed."
    )
    told = report(world)
    assert (kept["is_closed"], told["is_closed"]) == (True, False)
    assert world.count("private.month_reports") == 1


def test_a_kept_report_never_changes(world: World, stripe: Stripe) -> None:
    close(world, stripe)
    world.maintain()
    for statement in (
        "update private.month_reports set contents = '{}'",
        "truncate private.month_reports",
    ):
        with world.refusing("PT409", "append_only"):
            world.connection.execute(statement)
