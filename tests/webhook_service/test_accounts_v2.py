"""Payees whose accounts are of Accounts API v2: made, followed by thin events, and paid."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

import webhook_service
from tests.factories import Instructor
from tests.jobs.payday import Payday
from tests.webhook_service.conftest import NotingDatabase, code_of
from tests.webhook_service.desk import Desk, open_desk
from tests.webhook_service.settings import PLATFORM_SECRET, THIN_SECRET, an_event, sign
from webhook_service.config import Config

V2 = "v2.core.account"


@pytest.fixture
def desk(jobs: Payday, environment: pytest.MonkeyPatch) -> Iterator[Desk]:
    environment.setenv("STRIPE_ACCOUNTS_API", "v2")
    with open_desk(jobs) as desk:
        yield desk


def follow(desk: Desk) -> list[str]:
    """Hands over what Stripe tells, and looks at what changed."""
    outcomes = desk.deliver()
    assert desk.jobs.run("outbox").status == 0
    return outcomes


def onboard(desk: Desk, instructor: Instructor) -> str:
    """An instructor with an account that is ready; its id at Stripe."""
    desk.ask_for_onboarding(instructor.user_id)
    account_id: str = desk.account()["stripe_account_id"]
    desk.fake.complete_onboarding(account_id)
    follow(desk)
    assert desk.account()["status"] == "ready"
    return account_id


# Onboarding


def test_new_payees_get_accounts_of_v2(desk: Desk) -> None:
    ann = desk.world.instructor()
    first, second = (desk.ask_for_onboarding(ann.user_id) for _ in range(2))
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json["url"] != second.json["url"]
    assert set(first.json) == {"url", "expires_at"}
    [made] = desk.fake.objects(V2)
    assert (made["dashboard"], made["applied_configurations"]) == ("express", ["recipient"])
    account = desk.account()
    assert (account["stripe_account_id"], account["accounts_api"]) == (made["id"], "v2")
    assert (account["status"], account["country"]) == ("incomplete", "GB")
    assert account["status_reason"] == "onboarding_not_finished"
    assert desk.fake.count("POST", "/v1/accounts") == 0
    assert desk.fake.count("POST", "/v2/core/account_links") == 2


def test_an_account_whose_making_was_not_answered_is_made_once(desk: Desk) -> None:
    ann = desk.world.instructor()
    desk.fake.fault("POST", "/v2/core/accounts", "html", "after", times=None)
    lost = desk.ask_for_onboarding(ann.user_id)
    assert (lost.status_code, code_of(lost)) == (503, "stripe_unavailable")
    desk.fake.clear_faults()
    assert desk.ask_for_onboarding(ann.user_id).status_code == 200
    assert len(desk.fake.objects(V2)) == 1


def test_a_country_that_stripe_does_not_serve_can_be_corrected(desk: Desk) -> None:
    ann = desk.world.instructor()
    for country in ("AU", "BG"):
        refused = desk.ask_for_onboarding(ann.user_id, country=country)
        assert (refused.status_code, code_of(refused)) == (422, "country_not_served")
    assert desk.fake.count("POST", "/v2/core/accounts") == 1
    assert desk.ask_for_onboarding(ann.user_id, country="IE").status_code == 200
    assert desk.account()["country"] == "IE"


@pytest.mark.slow
def test_an_account_that_stripe_is_still_to_make_is_made_by_the_api_of_today(
    desk: Desk, environment: pytest.MonkeyPatch
) -> None:
    ann = desk.world.instructor()
    desk.fake.fault("POST", "/v2/core/accounts", "error", status=503, times=None)
    assert desk.ask_for_onboarding(ann.user_id).status_code == 503
    environment.setenv("STRIPE_ACCOUNTS_API", "v1")
    with open_desk(desk.jobs) as before_v2:
        assert before_v2.ask_for_onboarding(ann.user_id).status_code == 200
        assert before_v2.account()["accounts_api"] == "v1"
        assert before_v2.fake.objects(V2) == []


def test_a_page_of_the_frontends_own_onboards(desk: Desk) -> None:
    ann = desk.world.instructor()
    session = desk.post(ann.user_id, "/connect/account-sessions")
    assert session.status_code == 200
    assert desk.account()["accounts_api"] == "v2"


# Thin events


def test_an_account_becomes_ready_by_its_thin_events(desk: Desk) -> None:
    ann = desk.world.instructor()
    desk.ask_for_onboarding(ann.user_id)
    desk.fake.drop_pending()
    account_id = desk.account()["stripe_account_id"]
    desk.fake.complete_onboarding(account_id)
    assert follow(desk) == [
        "v2.core.account[configuration.recipient].capability_status_updated processed",
        "v2.core.account[requirements].updated processed",
    ]
    account = desk.account()
    assert (account["status"], account["status_reason"]) == ("ready", None)
    assert (account["transfers_enabled"], account["payouts_enabled"]) == (True, True)
    assert account["details_submitted"]
    stored = desk.world.row(
        "select endpoint, account, api_version, org_id from private.webhook_events limit 1"
    )
    expected = {"endpoint": "thin", "account": account_id, "api_version": None}
    assert stored == expected | {"org_id": ann.org_id}


def test_thin_events_in_any_order_and_doubled_end_the_same(desk: Desk) -> None:
    account_id = onboard(desk, desk.world.instructor())
    desk.fake.set_webhooks(shuffle=True, duplicates=1.0)
    desk.world.travel(by=timedelta(seconds=5))
    desk.fake.restrict(account_id)
    desk.fake.complete_onboarding(account_id)
    desk.fake.restrict(account_id)
    for event in desk.fake.objects("v2.core.event"):
        desk.fake.redeliver(event["id"])
    outcomes = follow(desk)
    assert len([it for it in outcomes if it.endswith(" duplicate")]) > len(outcomes) / 2
    account = desk.account()
    assert (account["status"], account["status_reason"]) == (
        "incomplete",
        "more_information_needed",
    )
    assert desk.world.rows("select 1 from private.webhook_events where status = 'parked'") == []


def test_what_stripe_asks_for_later_is_said_and_payouts_wait(desk: Desk) -> None:
    account_id = onboard(desk, desk.world.instructor())
    desk.world.travel(by=timedelta(seconds=5))
    desk.fake.restrict(account_id)
    follow(desk)
    account = desk.account()
    assert (account["status"], account["transfers_enabled"]) == ("incomplete", False)
    details = desk.world.row("select * from public.connect_account_details")
    assert details["disabled_reason"] == "requirements_past_due"
    assert details["requirements"]["currently_due"] == ["individual.verification.document"]


def test_a_rejected_account_is_paused_and_only_admins_learn_why(desk: Desk) -> None:
    account_id = onboard(desk, desk.world.instructor())
    desk.world.travel(by=timedelta(seconds=5))
    desk.fake.reject(account_id, "rejected.fraud")
    follow(desk)
    account = desk.account()
    assert (account["status"], account["status_reason"]) == ("paused", "contact_support")
    assert "fraud" not in str(account)
    detail = desk.world.value("select disabled_reason from public.connect_account_details")
    assert detail == "rejected_fraud"


def test_a_closed_account_is_disconnected_and_its_owner_told(desk: Desk) -> None:
    ann = desk.world.instructor()
    account_id = onboard(desk, ann)
    desk.world.travel(by=timedelta(seconds=5))
    desk.fake.close_account(account_id)
    assert follow(desk) == ["v2.core.account.closed processed"]
    assert desk.account()["status"] == "disconnected"
    alerts = desk.world.rows("select code, instructor_id from public.alerts")
    assert alerts == [{"code": "account_disconnected", "instructor_id": ann.id}]


@pytest.mark.slow
def test_a_snapshot_of_v1_about_such_an_account_only_has_it_fetched(desk: Desk) -> None:
    account_id = onboard(desk, desk.world.instructor())
    desk.world.travel(by=timedelta(seconds=5))
    snapshot = next(it for it in desk.fake.objects("account") if it["id"] == account_id)
    stale = snapshot | {"details_submitted": False, "payouts_enabled": False, "capabilities": {}}
    told = desk.world.deliver("account.updated", stale, endpoint="connect", account=account_id)
    assert (told, desk.account()["status"]) == ("processed", "ready")
    asked = desk.fake.count("GET", "/v2/core/accounts/*")
    assert desk.jobs.run("outbox").status == 0
    assert desk.fake.count("GET", "/v2/core/accounts/*") == asked + 1
    assert desk.account()["status"] == "ready"


def test_an_event_about_an_account_that_nobody_knows_is_parked_and_then_left(desk: Desk) -> None:
    desk.ask_for_onboarding(desk.world.instructor().user_id)
    desk.deliver()
    desk.world.rows("update public.stripe_connect_accounts set stripe_account_id = 'acct_other'")
    [made] = desk.fake.objects(V2)
    desk.fake.complete_onboarding(made["id"])
    assert {it.rpartition(" ")[2] for it in desk.deliver()} == {"parked"}
    desk.world.travel(by=timedelta(days=3, minutes=1))
    desk.world.maintain()
    assert desk.world.rows("select 1 from private.webhook_events where status = 'parked'") == []


def test_what_no_webhook_brought_is_fetched_from_the_log(desk: Desk) -> None:
    desk.ask_for_onboarding(desk.world.instructor().user_id)
    desk.fake.complete_onboarding(desk.account()["stripe_account_id"])
    desk.fake.drop_pending()
    replayed = desk.jobs.run("replay-events")
    assert replayed.status == 0, replayed.stdout
    assert desk.jobs.run("outbox").status == 0
    assert desk.account()["status"] == "ready"
    [again] = desk.jobs.run("replay-events").events("events_replayed")
    assert again["found"] == 0


def test_other_thin_events_are_ignored(desk: Desk) -> None:
    ping = thin(type="v2.core.event_destination.ping", related_object=None)
    response: Any = desk.client.post("/stripe/thin-webhooks", **sign(ping, THIN_SECRET))
    assert (response.status_code, response.json["outcome"]) == (200, "ignored")


# Money and doors


@pytest.mark.slow
def test_an_account_of_v2_and_one_of_v1_are_paid_by_the_same_run(
    desk: Desk, environment: pytest.MonkeyPatch
) -> None:
    ann, bob = desk.world.instructor(), desk.world.instructor(name="Bob")
    onboard(desk, ann)
    environment.setenv("STRIPE_ACCOUNTS_API", "v1")
    accounts = (
        "select stripe_account_id from public.stripe_connect_accounts where instructor_id = %s"
    )
    kept = desk.world.value(accounts, ann.id)
    earlier = desk.fake.stripe().v1.accounts.create(
        {
            "country": "GB",
            "capabilities": {"transfers": {"requested": True}},
            "metadata": desk.world.open_account(bob.user_id)["metadata"],
        }
    )
    desk.fake.complete_onboarding(earlier.id)
    desk.deliver()
    earned = {}
    for instructor in (ann, bob):
        booking = desk.world.booking(instructor)
        booking.pay()
        booking.complete()
        earned[desk.world.value(accounts, instructor.id)] = desk.world.value(
            "select amount_cents from public.earnings where instructor_id = %s", instructor.id
        )
    desk.world.rows("update private.outbox set processed_at = private.clock()")
    desk.world.travel(by=timedelta(days=40))
    desk.fake.advance(days=40)
    desk.fake.add_funds(desk.world.ledger()["stripe_balance"])
    paid = desk.jobs.pay()
    assert paid.status == 0, paid.stdout
    sent = {it["destination"]: it["amount"] for it in desk.fake.objects("transfer")}
    assert sent == earned
    assert kept in sent
    assert desk.world.violations() == []


def test_the_dashboard_and_a_fresh_look_are_open_to_payees_of_v2(desk: Desk) -> None:
    ann = desk.world.instructor()
    desk.ask_for_onboarding(ann.user_id)
    early = desk.post(ann.user_id, "/connect/dashboard-links")
    assert (early.status_code, code_of(early)) == (409, "onboarding_not_finished")
    account_id = desk.account()["stripe_account_id"]
    desk.fake.complete_onboarding(account_id)
    desk.fake.drop_pending()
    assert desk.post(ann.user_id, "/connect/sync").status_code == 200
    assert desk.account()["status"] == "ready"
    opened = desk.post(ann.user_id, "/connect/dashboard-links")
    assert account_id in opened.json["url"]


def thin(**fields: Any) -> dict[str, Any]:
    """A thin event as Stripe sends it, with `fields` in place of the usual ones."""
    related = {"id": "acct_1", "type": V2, "url": "/v2/core/accounts/acct_1"}
    return {
        "id": "evt_1",
        "object": "v2.core.event",
        "type": "v2.core.account[requirements].updated",
        "created": "2026-10-28T10:00:00.123Z",
        "livemode": False,
        "related_object": related,
        **fields,
    }


def test_a_thin_event_is_handed_on_with_its_account(
    client: FlaskClient, noting: NotingDatabase
) -> None:
    response = client.post("/stripe/thin-webhooks", **sign(thin(), THIN_SECRET))
    assert response.status_code == 200
    [(endpoint, event)] = noting.events
    assert (endpoint, event.account, event.api_version) == ("thin", "acct_1", None)
    assert event.created_at.isoformat() == "2026-10-28T10:00:00.123000+00:00"


@pytest.mark.parametrize(
    ("body", "secret", "code"),
    [
        (thin(), PLATFORM_SECRET, "signature_mismatch"),
        (an_event(), THIN_SECRET, "event_is_snapshot"),
        (thin(created="yesterday"), THIN_SECRET, "event_malformed"),
        (thin(id=None), THIN_SECRET, "event_malformed"),
        (thin(related_object={"id": "acct_1"}), THIN_SECRET, "event_malformed"),
        (["v2.core.event"], THIN_SECRET, "event_malformed"),
    ],
)
def test_what_is_no_thin_event_of_stripes_is_refused(
    client: FlaskClient, noting: NotingDatabase, body: Any, secret: str, code: str
) -> None:
    response = client.post("/stripe/thin-webhooks", **sign(json.dumps(body), secret))
    assert (response.status_code, code_of(response)) == (400, code)
    assert noting.events == []


def test_without_a_secret_no_thin_event_is_believed(
    environment: pytest.MonkeyPatch, noting: NotingDatabase
) -> None:
    with webhook_service.create_app(Config.load()).test_client() as client:
        response = client.post("/stripe/thin-webhooks", **sign(thin(), THIN_SECRET))
    assert (response.status_code, code_of(response)) == (400, "signature_mismatch")
    assert noting.events == []
