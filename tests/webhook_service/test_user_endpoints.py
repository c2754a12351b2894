"""What signed-in users ask Stripe for through the service."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient

from tests.factories import Booking, Instructor
from tests.webhook_service.conftest import code_of
from tests.webhook_service.deployment import Deployment, bearer
from webhook_service.database import Database


def pay(client: FlaskClient, booking: Booking, user: Any = None) -> Any:
    return client.post(
        "/payment-intents",
        json={"booking_id": str(booking.id)},
        headers=bearer(user or booking.learner),
    )


def onboard(client: FlaskClient, user: Any, **body: str) -> Any:
    urls = {
        "refresh_url": "https://app.example.com/again",
        "return_url": "https://app.example.com/done",
    }
    return client.post("/connect/onboarding-links", json=urls | body, headers=bearer(user))


def test_a_learner_gets_what_a_browser_needs_to_pay(
    served: FlaskClient, deployment: Deployment
) -> None:
    booking = deployment.world.booking()
    response = pay(served, booking)
    assert response.status_code == 200
    [intent] = deployment.fake.objects("payment_intent")
    assert response.json == {
        "payment_intent_id": intent["id"],
        "client_secret": intent["client_secret"],
        "publishable_key": "pk_test_0123456789",
        "status": "requires_payment_method",
        "next_step": "pay",
        "amount_cents": intent["amount"],
        "currency": intent["currency"],
        "hold_expires_at": booking.columns["hold_expires_at"].isoformat(),
    }
    assert booking.payment["stripe_payment_intent_id"] == intent["id"]
    assert intent["amount"] == booking.payment["amount_cents"]
    assert intent["metadata"]["order_id"] == str(booking.columns["order_id"])
    assert intent["transfer_group"] == str(booking.payment["id"])


def test_asking_again_finds_the_same_intent(served: FlaskClient, deployment: Deployment) -> None:
    booking = deployment.world.booking()
    first, second = pay(served, booking), pay(served, booking)
    assert first.json == second.json
    assert len(deployment.fake.objects("payment_intent")) == 1


@pytest.mark.parametrize("when", ["before", "after"])
def test_an_answer_that_was_lost_makes_no_second_intent(
    served: FlaskClient, deployment: Deployment, when: Any
) -> None:
    booking = deployment.world.booking()
    deployment.fake.fault("POST", "/v1/payment_intents", "html", when)
    assert code_of(pay(served, booking)) == "stripe_unavailable"
    assert pay(served, booking).status_code == 200
    assert len(deployment.fake.objects("payment_intent")) == 1


def test_the_client_secret_is_not_told_to_the_database(
    served: FlaskClient, deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    record = Database.record_payment_intent

    def listen(database: Database, payment_id: UUID, intent: dict[str, Any]) -> None:
        told.append(json.dumps(intent))
        record(database, payment_id, intent)

    monkeypatch.setattr(Database, "record_payment_intent", listen)
    secret = pay(served, deployment.world.booking()).json["client_secret"]
    assert len(told) == 1
    assert secret not in told[0]


def test_a_foreign_booking_is_as_unknown_as_none(
    served: FlaskClient, deployment: Deployment
) -> None:
    booking = deployment.world.booking()
    foreign = pay(served, booking, user=deployment.world.person())
    unknown: Any = served.post(
        "/payment-intents", json={"booking_id": str(uuid4())}, headers=bearer(booking.learner)
    )
    assert (foreign.status_code, code_of(foreign)) == (404, "order_not_found")
    assert foreign.json["detail"] == unknown.json["detail"]
    assert deployment.fake.count() == 0
    assert deployment.world.count("public.payments") == 0


def test_hours_are_paid_like_a_booking(served: FlaskClient, deployment: Deployment) -> None:
    world = deployment.world
    instructor, _ = world.hourly()
    credit = world.buy_hours(world.person(), instructor)
    sent: Any = {"json": {"credit_id": str(credit.id)}, "headers": bearer(credit.learner)}
    first, second = (served.post("/payment-intents", **sent) for _ in range(2))
    assert first.status_code == 200
    assert first.json == second.json
    [intent] = deployment.fake.objects("payment_intent")
    assert intent["amount"] == credit.columns["total_cents"]
    assert credit.payment["stripe_payment_intent_id"] == intent["id"]
    stranger = served.post("/payment-intents", **sent | {"headers": bearer(world.person())})
    assert (stranger.status_code, code_of(stranger)) == (404, "order_not_found")


def test_a_series_is_paid_at_once_by_its_order(served: FlaskClient, deployment: Deployment) -> None:
    world = deployment.world
    instructor, learner = world.instructor(), world.person("Ben")
    world.window(instructor, "09:00", "12:00")
    service_id = world.service(instructor)
    (first, *_) = world.open_times(instructor, service_id, world.in_days(1), world.in_days(9))
    lessons = world.ask(
        learner,
        "public.request_booking_series",
        p_instructor_id=instructor.id,
        p_service_id=service_id,
        p_start_at=first["start_at"],
        p_occurrences=3,
    )
    order_id = world.value("select id from public.orders")
    asked: list[Any] = [
        served.post("/payment-intents", json=body, headers=bearer(learner))
        for body in ({"order_id": str(order_id)}, {"booking_id": str(lessons[1]["booking_id"])})
    ]
    assert asked[0].status_code == 200
    assert asked[0].json == asked[1].json
    [intent] = deployment.fake.objects("payment_intent")
    assert len(lessons) == 3
    assert intent["amount"] == world.value("select sum(due_cents) from public.bookings")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"booking_id": None, "credit_id": None, "order_id": None},
        {"booking_id": str(uuid4()), "credit_id": str(uuid4())},
        {"booking_id": str(uuid4()), "order_id": str(uuid4())},
        {"credit_id": "x"},
    ],
    ids=["nothing", "nulls", "booking and hours", "booking and order", "no id"],
)
def test_one_thing_is_paid_at_a_time(
    served: FlaskClient, deployment: Deployment, body: Any
) -> None:
    response = served.post("/payment-intents", json=body, headers=bearer(deployment.world.person()))
    assert response.status_code == 422
    assert deployment.fake.count() == 0
    assert deployment.world.count("public.payments") == 0


def test_an_expired_hold_is_refused_with_what_to_do(
    served: FlaskClient, deployment: Deployment
) -> None:
    booking = deployment.world.booking()
    deployment.world.travel(by=timedelta(hours=1))
    response = pay(served, booking)
    assert (response.status_code, code_of(response)) == (409, "hold_expired")
    assert response.json["hint"]
    assert deployment.fake.count() == 0


def an_instructor(deployment: Deployment) -> Instructor:
    return deployment.world.instructor()


def test_an_instructor_is_led_to_stripe_and_back(
    served: FlaskClient, deployment: Deployment
) -> None:
    instructor = an_instructor(deployment)
    response = onboard(served, instructor.user_id)
    assert response.status_code == 200
    [account] = deployment.fake.objects("account")
    assert account["id"] in response.json["url"]
    assert response.json["expires_at"].endswith("+00:00")
    assert account["capabilities"] == {"transfers": "inactive"}
    assert account["controller"]["stripe_dashboard"]["type"] == "express"
    stored = deployment.world.row("select * from public.stripe_connect_accounts")
    assert stored["stripe_account_id"] == account["id"]


def test_every_click_gets_a_fresh_link_to_the_same_account(
    served: FlaskClient, deployment: Deployment
) -> None:
    instructor = an_instructor(deployment)
    first, second = (onboard(served, instructor.user_id) for _ in range(2))
    assert first.json["url"] != second.json["url"]
    assert len(deployment.fake.objects("account")) == 1


def test_an_account_whose_answer_was_lost_is_not_made_twice(
    served: FlaskClient, deployment: Deployment
) -> None:
    instructor = an_instructor(deployment)
    deployment.fake.fault("POST", "/v1/accounts", "html", "after")
    assert code_of(onboard(served, instructor.user_id)) == "stripe_unavailable"
    assert onboard(served, instructor.user_id).status_code == 200
    assert len(deployment.fake.objects("account")) == 1


def test_nobody_onboards_somebody_else(served: FlaskClient, deployment: Deployment) -> None:
    instructor = an_instructor(deployment)
    response = onboard(served, deployment.world.person(), instructor_id=str(instructor.id))
    assert (response.status_code, code_of(response)) == (404, "not_an_instructor")
    assert deployment.fake.count() == 0
    assert deployment.world.count("public.stripe_connect_accounts") == 0


def test_a_revoked_key_is_not_the_user_s_business(
    served: FlaskClient, deployment: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    deployment.fake.set_api_keys()
    response = pay(served, deployment.world.booking())
    assert (response.status_code, code_of(response)) == (503, "stripe_unavailable")
    assert "API Key" not in response.text
    assert '"error": "AuthenticationError"' in capsys.readouterr().out
