"""Hours are sold at the price of now, once a key, and are there when they are paid."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.credits.steps import left
from tests.documents.test_documents import verified
from tests.factories import MARKETPLACE, Credit, World, intent_object


def test_hours_are_there_once_they_are_paid(world: World) -> None:
    instructor, _ = world.hourly()
    ben = world.person("Ben")
    (bought,) = world.ask(
        ben, "public.buy_credits", p_instructor_id=instructor.id, p_hours=10, p_client_key="a"
    )
    assert bought["hold_expires_at"] > world.now() + timedelta(hours=23)
    assert (bought["amount_cents"], bought["currency"], bought["status"]) == (
        53100,
        "gbp",
        "pending",
    )
    assert left(world, ben) == 0
    credit = world.buy_hours(ben, instructor, 10, p_client_key="a")
    assert credit.id == bought["credit_id"]
    credit.pay()
    assert (credit.columns["status"], left(world, ben)) == ("active", 600)
    assert world.ledger() == {
        "stripe_balance": 53100,
        "learner_prepaid": -45000,
        "deferred_fees": -8100,
    }
    assert world.count("public.earnings") == 0


@pytest.mark.parametrize(
    "hours",
    [
        -1,
        0,
        Decimal("0.1"),
        Decimal("0.24"),
        501,
        Decimal("500.25"),
        Decimal("1e300"),
        Decimal("1e-300"),
        Decimal("NaN"),
        Decimal("Infinity"),
        Decimal("-Infinity"),
        2**31,
        2**63,
        None,
    ],
)
def test_no_such_hours_are_sold(world: World, hours: Any) -> None:
    instructor, _ = world.hourly()
    ben = world.person("Ben")
    with world.unchanged(), world.refusing("PT422", "bad_hours"):
        world.buy_hours(ben, instructor, hours)


@pytest.mark.parametrize(
    ("hours", "cents"), [(Decimal("0.25"), 1328), (Decimal("1.5"), 7965), (150, 796500)]
)
def test_hours_are_sold_in_quarters(world: World, hours: Any, cents: int) -> None:
    instructor, _ = world.hourly()
    assert world.buy_hours(world.person(), instructor, hours).columns["total_cents"] == cents


def test_hours_of_a_service_are_whole_lessons_at_its_price(world: World) -> None:
    instructor, service_id = world.hourly(duration_minutes=90, price_cents=6000)
    ben = world.person("Ben")
    with world.unchanged(), world.refusing("PT422", "not_whole_lessons"):
        world.buy_hours(ben, instructor, 2, p_service_id=service_id)
    credit = world.buy_hours(ben, instructor, 3, p_service_id=service_id)
    assert (credit.columns["price_cents"], credit.columns["service_id"]) == (12000, service_id)


@pytest.mark.parametrize(
    "who", ["unknown", "inactive", "unverified", "another school's", "foreign service"]
)
def test_hours_are_bought_of_who_gives_lessons_here(world: World, who: str) -> None:
    instructor, service_id = world.hourly()
    ben = world.person("Ben")
    arguments: dict[str, Any] = {"p_instructor_id": instructor.id, "p_hours": 1}
    refused = ("PT404", "instructor_not_found")
    if who == "unknown":
        arguments["p_instructor_id"] = MARKETPLACE
    elif who == "inactive":
        world.connection.execute("update public.instructors set is_active = false")
    elif who == "unverified":
        world.connection.execute("update public.instructors set verification_status = 'pending'")
    elif who == "another school's":
        arguments["p_instructor_id"] = world.instructor(org_id=world.organization()).id
        refused = ("42501", "not_a_learner_here")
    else:
        arguments |= {"p_service_id": service_id, "p_instructor_id": world.instructor().id}
        refused = ("PT404", "service_not_found")
    with world.unchanged(), world.refusing(*refused):
        world.ask(ben, "public.buy_credits", **arguments)


def test_a_stranger_buys_nothing_for_a_child(world: World) -> None:
    instructor, _ = world.hourly()
    child = world.child(MARKETPLACE)
    gil = world.guardian(child, book=True, pay=True)
    with world.unchanged(), world.refusing("42501", "not_yourself"):
        world.buy_hours(world.person("Eve"), instructor, 1, p_learner_id=child)
    credit = world.buy_hours(gil, instructor, 1, p_learner_id=child)
    assert credit.columns["learner_id"] == child
    credit.pay()
    assert credit.columns["status"] == "active"


def test_a_double_click_buys_once(world: World) -> None:
    instructor, service_id = world.hourly()
    ben = world.person("Ben")
    first = world.buy_hours(ben, instructor, 2, p_client_key="a")
    with world.unchanged():
        assert world.buy_hours(ben, instructor, 2, p_client_key="a") == first
        for other in ({"hours": 3}, {"p_service_id": service_id}):
            with world.refusing("PT409", "client_key_reused"):
                world.buy_hours(ben, instructor, **({"hours": 2, "p_client_key": "a"} | other))  # type: ignore[arg-type]
    assert world.buy_hours(world.person(), instructor, 2, p_client_key="a").id != first.id


def test_a_code_comes_off_once(world: World) -> None:
    instructor, service_id = world.hourly()
    ben = world.person("Ben")
    world.discount_code(code="Spring", discount_bps=1000)
    with world.unchanged(), world.refusing("PT422", "code_not_checked"):
        world.buy_hours(ben, instructor, 10, p_discount_code="Spring")
    world.check_code(ben, "Spring", service_id)
    credit = world.buy_hours(ben, instructor, 10, p_discount_code="Spring")
    columns = credit.columns
    assert (columns["total_cents"], columns["discount_cents"]) == (48600, 4500)
    with world.unchanged(), world.refusing("PT409", "code_not_valid"):
        world.buy_hours(ben, instructor, 10, p_discount_code="Spring")
    credit.pay()
    assert world.value("select status from public.code_redemptions") == "redeemed"


def test_hours_that_cost_nothing_or_too_much_are_not_sold(world: World) -> None:
    instructor, service_id = world.hourly()
    ben = world.person("Ben")
    world.discount_code(code="Free", amount_cents=100000, currency="gbp", may_exceed_fee=True)
    world.check_code(ben, "Free", service_id)
    with world.unchanged(), world.refusing("PT422", "nothing_to_sell"):
        world.buy_hours(ben, instructor, 1, p_discount_code="Free")
    world.connection.execute("update public.instructors set hourly_rate_cents = 200000")
    with world.unchanged(), world.refusing("PT422", "amount_too_large"):
        world.buy_hours(ben, instructor, 500)


def test_hours_are_sold_in_the_currency_of_what_they_pay_for(world: World) -> None:
    instructor, hourly_id = world.hourly()
    service_id = world.service(instructor, price_cents=6000, currency="eur")
    ben = world.person("Ben")
    world.discount_code(code="Pounds", amount_cents=500, currency="gbp")
    world.check_code(ben, "Pounds", hourly_id)
    with world.unchanged(), world.refusing("PT409", "code_not_valid"):
        world.buy_hours(ben, instructor, 1, p_service_id=service_id, p_discount_code="Pounds")
    credit = world.buy_hours(ben, instructor, 1, p_service_id=service_id)
    assert (credit.columns["currency"], credit.columns["total_cents"]) == ("eur", 7080)
    world.deliver("payment_intent.succeeded", paid_in(credit, "gbp"))
    assert (credit.columns["status"], credit.payment["status"]) == ("pending", "unknown")
    assert left(world, ben) == 0


def paid_in(credit: Credit, currency: str) -> dict[str, Any]:
    credit.open_payment()
    return intent_object(credit.payment, "succeeded", currency=currency)


def test_a_purchase_that_is_not_paid_within_a_day_is_given_up(world: World) -> None:
    instructor, service_id = world.hourly()
    ben = world.person("Ben")
    world.discount_code(code="Spring")
    world.check_code(ben, "Spring", service_id)
    credit = world.buy_hours(ben, instructor, 2, p_discount_code="Spring")
    world.travel(to=credit.columns["hold_expires_at"] - timedelta(seconds=1))
    world.maintain()
    assert credit.columns["status"] == "pending"
    world.travel(to=credit.columns["hold_expires_at"])
    with world.unchanged(), world.refusing("PT409", "hold_expired"):
        credit.open_payment()
    world.maintain()
    assert credit.columns["status"] == "cancelled"
    assert world.value("select status from public.code_redemptions") == "released"


def test_a_given_up_purchase_whose_payment_comes_after_all_is_there(world: World) -> None:
    instructor, _ = world.hourly()
    credit = world.buy_hours(world.person("Ben"), instructor, 2)
    credit.open_payment()
    world.travel(to=credit.columns["hold_expires_at"])
    world.maintain()
    (command,) = world.commands("cancel_payment_intent")
    assert command["payment_id"] == str(credit.payment["id"])
    world.deliver("payment_intent.succeeded", intent_object(credit.payment, "succeeded"))
    assert (credit.columns["status"], credit.columns["minutes_left"]) == ("active", 120)
    assert world.count("public.refunds") == 0


def test_an_instructor_whose_document_has_lapsed_sells_none(world: World) -> None:
    """Nobody could book with them."""
    instructor, _ = world.hourly()
    verified(world, instructor, world.in_days(0).date())
    world.travel(by=timedelta(days=1))
    with world.unchanged(), world.refusing("PT404", "instructor_not_found"):
        world.buy_hours(world.person("Ben"), instructor)
