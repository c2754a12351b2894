"""Payees and Stripe, from the first click to the bank: over a real database and the stand-in."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from tests.webhook_service.conftest import code_of
from tests.webhook_service.desk import Desk

# Onboarding


def test_every_click_makes_a_new_link_to_one_account(desk: Desk) -> None:
    ann = desk.world.instructor()
    first = desk.ask_for_onboarding(ann.user_id)
    second = desk.ask_for_onboarding(ann.user_id)
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json["url"] != second.json["url"]
    assert set(first.json) == {"url", "expires_at"}
    [made] = desk.fake.objects("account")
    assert desk.account()["stripe_account_id"] == made["id"]
    assert desk.account()["instructor_id"] == ann.id


def test_an_account_whose_making_was_not_answered_is_made_once(desk: Desk) -> None:
    ann = desk.world.instructor()
    desk.fake.fault("POST", "/v1/accounts", "html", "after", times=None)
    lost = desk.ask_for_onboarding(ann.user_id)
    assert (lost.status_code, code_of(lost)) == (503, "stripe_unavailable")
    desk.fake.clear_faults()
    assert desk.ask_for_onboarding(ann.user_id).status_code == 200
    assert len(desk.fake.objects("account")) == 1


def test_an_admin_onboards_the_school_that_is_paid_itself(desk: Desk) -> None:
    school = desk.world.organization()
    owner = desk.world.member(school, "owner")
    response = desk.ask_for_onboarding(owner, organization_id=school)
    assert response.status_code == 200
    account = desk.account()
    assert (account["org_id"], account["instructor_id"]) == (school, None)


def test_an_instructor_of_a_school_names_themselves_there(desk: Desk) -> None:
    school = desk.world.organization()
    ann = desk.world.instructor(org_id=school)
    refused = desk.ask_for_onboarding(ann.user_id, organization_id=school)
    assert (refused.status_code, code_of(refused)) == (404, "not_an_instructor")
    opened = desk.ask_for_onboarding(ann.user_id, organization_id=school, instructor_id=ann.id)
    assert opened.status_code == 200
    assert desk.account()["instructor_id"] == ann.id


@pytest.mark.parametrize("role", ["instructor", "learner", None])
def test_only_those_who_run_a_school_onboard_it(desk: Desk, role: str | None) -> None:
    school = desk.world.organization()
    person = desk.world.member(school, role) if role else desk.world.person()
    refused = desk.ask_for_onboarding(person, organization_id=school)
    assert (refused.status_code, code_of(refused)) == (404, "not_an_instructor")
    assert desk.world.count("public.stripe_connect_accounts") == 0
    assert desk.fake.count() == 0


def test_nobody_onboards_another_instructor(desk: Desk) -> None:
    ann, eve = desk.world.instructor(), desk.world.instructor(name="Eve")
    refused = desk.ask_for_onboarding(eve.user_id, instructor_id=ann.id)
    assert (refused.status_code, code_of(refused)) == (404, "not_an_instructor")
    assert desk.fake.count() == 0


@pytest.mark.parametrize(
    ("country", "made_in"),
    [(None, "GB"), ("gb", "GB"), ("US", "US")],
)
def test_everybody_is_under_the_full_agreement(
    desk: Desk, country: str | None, made_in: str
) -> None:
    """Stripe pays across borders under no other."""
    body = {"country": country} if country else {}
    assert desk.ask_for_onboarding(desk.world.instructor().user_id, **body).status_code == 200
    account = desk.account()
    assert (account["country"], account["service_agreement"]) == (made_in, "full")
    [made] = desk.fake.objects("account")
    said = made["tos_acceptance"].get("service_agreement", "full")
    assert (made["country"], said) == (made_in, "full")


def test_the_country_cannot_change_once_the_account_is_made(desk: Desk) -> None:
    ann = desk.world.instructor()
    desk.ask_for_onboarding(ann.user_id, country="US")
    assert desk.ask_for_onboarding(ann.user_id, country="GB").status_code == 200
    assert [made["country"] for made in desk.fake.objects("account")] == ["US"]
    assert desk.account()["country"] == "US"


def test_a_country_that_stripe_does_not_serve_can_be_corrected(desk: Desk) -> None:
    ann = desk.world.instructor()
    refused = desk.ask_for_onboarding(ann.user_id, country="BG")
    assert (refused.status_code, code_of(refused)) == (422, "country_not_served")
    assert desk.fake.count("POST", "/v1/accounts") == 1
    assert desk.ask_for_onboarding(ann.user_id, country="IE").status_code == 200
    assert [made["country"] for made in desk.fake.objects("account")] == ["IE"]


@pytest.mark.parametrize("country", ["AU", "RU", "ZZ"])
def test_a_country_that_cannot_be_paid_from_the_platforms_is_refused_before_anything_is_made(
    desk: Desk, country: str
) -> None:
    refused = desk.ask_for_onboarding(desk.world.instructor().user_id, country=country)
    assert (refused.status_code, code_of(refused)) == (422, "country_not_served")
    assert ", IE, IT, " in refused.json["hint"]
    assert desk.fake.count() == 0
    assert desk.world.count("public.stripe_connect_accounts") == 0


@pytest.mark.parametrize("country", ["G", "GBR", "12", "G\u00df", ""])
def test_a_country_that_is_none_is_refused(desk: Desk, country: str) -> None:
    refused = desk.ask_for_onboarding(desk.world.instructor().user_id, country=country)
    assert (refused.status_code, code_of(refused)) == (422, "invalid_request")
    assert desk.world.count("public.stripe_connect_accounts") == 0


def test_two_accounts_made_by_two_countries_leave_one_that_counts(desk: Desk) -> None:
    """The answer to the first was lost, and its webhook came before the second was recorded."""
    ann = desk.world.instructor()
    desk.fake.fault("POST", "/v1/accounts", "html", "after", times=None)
    desk.ask_for_onboarding(ann.user_id, country="US")
    desk.fake.clear_faults()
    [orphan] = desk.fake.objects("account")
    desk.fake.restrict(orphan["id"])
    assert "account.updated processed" in desk.deliver()
    assert desk.ask_for_onboarding(ann.user_id, country="GB").status_code == 200
    assert [made["id"] for made in desk.fake.objects("account")] == [orphan["id"]]
    assert desk.account()["stripe_account_id"] == orphan["id"]


# The dashboard, and a fresh look


def test_the_dashboard_opens_once_onboarding_is_finished(desk: Desk) -> None:
    ann = desk.world.instructor()
    nothing = desk.post(ann.user_id, "/connect/dashboard-links")
    assert (nothing.status_code, code_of(nothing)) == (404, "no_account")
    desk.ask_for_onboarding(ann.user_id)
    early = desk.post(ann.user_id, "/connect/dashboard-links")
    assert (early.status_code, code_of(early)) == (409, "onboarding_not_finished")
    account_id = desk.onboard(ann)
    opened = desk.post(ann.user_id, "/connect/dashboard-links")
    assert opened.status_code == 200
    assert account_id in opened.json["url"]


def test_an_account_is_fetched_at_most_once_a_minute(desk: Desk) -> None:
    ann = desk.world.instructor()
    desk.ask_for_onboarding(ann.user_id)
    desk.fake.complete_onboarding(desk.account()["stripe_account_id"])
    desk.fake.drop_pending()
    fetched = desk.post(ann.user_id, "/connect/sync")
    assert fetched.status_code == 200
    assert fetched.json == {"connect_account_id": str(desk.account()["id"])}
    assert desk.account()["status"] == "ready"

    asked = desk.fake.count("GET", "/v1/accounts/*")
    again = desk.post(ann.user_id, "/connect/sync")
    assert (again.status_code, code_of(again)) == (429, "too_soon")
    assert again.headers["Retry-After"] == "60"
    assert desk.fake.count("GET", "/v1/accounts/*") == asked
    desk.world.travel(by=timedelta(seconds=61))
    assert desk.post(ann.user_id, "/connect/sync").status_code == 200


def test_a_payee_gets_ten_onboarding_links_an_hour(desk: Desk) -> None:
    ann = desk.world.instructor()
    for _ in range(10):
        desk.ask_for_onboarding(ann.user_id)
    asked = desk.fake.count("POST", "/v1/account_links")
    refused = desk.ask_for_onboarding(ann.user_id)
    assert (refused.status_code, code_of(refused)) == (429, "too_many_links")
    assert refused.headers["Retry-After"] == "3600"
    assert desk.fake.count("POST", "/v1/account_links") == asked


@pytest.mark.parametrize("path", ["/connect/dashboard-links", "/connect/sync"])
def test_an_account_that_cut_the_platform_off_is_told_of(desk: Desk, path: str) -> None:
    ann = desk.world.instructor()
    desk.fake.deauthorize(desk.onboard(ann))
    response = desk.post(ann.user_id, path)
    assert (response.status_code, code_of(response)) == (409, "account_disconnected")
    assert response.json["hint"]


@pytest.mark.parametrize("path", ["/connect/dashboard-links", "/connect/sync"])
def test_nobody_reaches_another_payees_account(desk: Desk, path: str) -> None:
    ann = desk.world.instructor()
    desk.onboard(ann)
    desk.fake.clear_requests()
    refused = desk.post(desk.world.person("Eve"), path, instructor_id=ann.id)
    assert (refused.status_code, code_of(refused)) == (404, "not_an_instructor")
    assert desk.fake.count() == 0


# Embedded onboarding


def test_a_payee_onboards_inside_the_frontend(desk: Desk) -> None:
    ann = desk.world.instructor()
    session = desk.post(ann.user_id, "/connect/account-sessions")
    assert session.status_code == 200
    assert set(session.json) == {"client_secret", "expires_at", "publishable_key"}
    assert session.headers["Cache-Control"] == "no-store"
    [made] = desk.fake.objects("account")
    assert desk.account()["stripe_account_id"] == made["id"]
    [asked] = desk.fake.requests("POST", "/v1/account_sessions")
    assert made["id"] in asked["params"]
    secret = session.json["client_secret"]
    assert desk.world.rows("select 1 from public.audit_logs log where log::text ~ %s", secret) == []


def test_who_may_ask_for_a_session_is_who_may_ask_for_a_link(desk: Desk) -> None:
    ann, eve = desk.world.instructor(), desk.world.instructor(name="Eve")
    school = desk.world.organization(requires_second_factor=True)
    owner = desk.world.member(school, "owner")
    refusals: list[tuple[UUID, str, dict[str, object], tuple[int, str]]] = [
        (eve.user_id, "aal1", {"instructor_id": ann.id}, (404, "not_an_instructor")),
        (ann.user_id, "aal1", {"organization_id": school}, (404, "not_an_instructor")),
        (owner, "aal1", {"organization_id": school}, (403, "second_factor_required")),
        (ann.user_id, "aal1", {"country": "AU"}, (422, "country_not_served")),
    ]
    for user, aal, body, expected in refusals:
        refused = desk.post(user, "/connect/account-sessions", aal=aal, **body)
        assert (refused.status_code, code_of(refused)) == expected
    assert desk.fake.count() == 0
    path = "/connect/account-sessions"
    opened = desk.post(owner, path, aal="aal2", organization_id=school)
    assert opened.status_code == 200


def test_sessions_and_links_are_ten_an_hour_together(desk: Desk) -> None:
    ann = desk.world.instructor()
    for _ in range(5):
        assert desk.ask_for_onboarding(ann.user_id).status_code == 200
        assert desk.post(ann.user_id, "/connect/account-sessions").status_code == 200
    refused = desk.post(ann.user_id, "/connect/account-sessions")
    assert (refused.status_code, code_of(refused)) == (429, "too_many_links")
    assert refused.headers["Retry-After"] == "3600"
    assert desk.fake.count("POST", "/v1/account_sessions") == 5


# What Stripe tells of connected accounts


def test_an_account_becomes_ready_by_its_own_events(desk: Desk) -> None:
    ann = desk.world.instructor()
    desk.ask_for_onboarding(ann.user_id)
    assert desk.account()["status"] == "incomplete"
    desk.fake.drop_pending()
    desk.fake.complete_onboarding(desk.account()["stripe_account_id"])
    assert desk.deliver() == ["capability.updated processed", "account.updated processed"]
    assert desk.account()["status"] == "ready"


def test_a_capability_that_changed_has_the_account_fetched(desk: Desk) -> None:
    """Its event alone does not say what it means for the account."""
    ann = desk.world.instructor()
    account_id = desk.onboard(ann)
    desk.world.travel(by=timedelta(seconds=2))
    desk.fake.restrict(account_id)
    capability = next(it for it in desk.fake.collect() if it["type"] == "capability.updated")
    desk.fake.redeliver(capability["event"])
    assert desk.deliver() == ["capability.updated processed"]
    assert desk.account()["status"] == "ready"
    assert desk.jobs.run("outbox").status == 0
    assert desk.account()["status"] == "incomplete"
    assert desk.account()["status_reason"] == "more_information_needed"


def test_a_stale_event_takes_no_readiness_away(desk: Desk) -> None:
    ann = desk.world.instructor()
    desk.ask_for_onboarding(ann.user_id)
    account_id = desk.account()["stripe_account_id"]
    desk.fake.restrict(account_id, disabled_reason="requirements.pending_verification")
    stale = [it for it in desk.fake.collect() if it["type"] == "account.updated"]
    desk.fake.advance(seconds=5)
    desk.fake.complete_onboarding(account_id)
    desk.deliver()
    assert desk.account()["status"] == "ready"
    desk.fake.redeliver(stale[-1]["event"])
    assert desk.deliver() == ["account.updated processed"]
    assert desk.account()["status"] == "ready"


def test_a_rejected_account_is_paused_and_only_admins_learn_why(desk: Desk) -> None:
    ann = desk.world.instructor()
    account_id = desk.onboard(ann)
    desk.fake.advance(seconds=5)
    desk.fake.reject(account_id, "rejected.fraud")
    desk.deliver()
    account = desk.account()
    assert (account["status"], account["status_reason"]) == ("paused", "contact_support")
    assert "fraud" not in str(account)
    with desk.world.acting_as(ann.user_id):
        assert desk.world.count("public.connect_account_details") == 0
    detail = desk.world.value("select disabled_reason from public.connect_account_details")
    assert detail == "rejected.fraud"


def test_a_deauthorized_account_is_disconnected_and_its_owner_told(desk: Desk) -> None:
    ann = desk.world.instructor()
    account_id = desk.onboard(ann)
    desk.fake.advance(seconds=5)
    desk.fake.deauthorize(account_id)
    assert desk.deliver() == ["account.application.deauthorized processed"]
    assert desk.account()["status"] == "disconnected"
    alerts = desk.world.rows("select code, instructor_id from public.alerts")
    assert alerts == [{"code": "account_disconnected", "instructor_id": ann.id}]


def test_a_look_at_an_account_that_cut_the_platform_off_is_no_trouble(desk: Desk) -> None:
    account_id = desk.onboard(desk.world.instructor())
    desk.fake.restrict(account_id)
    desk.fake.deauthorize(account_id)
    desk.deliver()
    finished = desk.jobs.run("outbox")
    assert finished.status == 0
    assert finished.events("account_unreachable") != []
    assert desk.account()["status"] == "disconnected"


def test_a_bank_payout_is_mirrored_on_its_way(desk: Desk) -> None:
    account_id = with_money(desk)
    payout = desk.fake.pay_out(account_id)
    seen = []
    for _ in range(3):
        desk.deliver()
        seen.append(desk.world.row("select status::text, arrival_on from public.bank_payouts"))
        desk.fake.advance(days=1)
    assert [row["status"] for row in seen] == ["pending", "in_transit", "paid"]
    arrival = desk.world.value("select to_timestamp(%s)::date", payout["arrival_date"])
    assert {row["arrival_on"] for row in seen} == {arrival}
    assert desk.world.count("public.alerts") == 0


def test_a_bank_payout_that_fails_after_it_was_paid_alerts_and_pays_nothing(desk: Desk) -> None:
    account_id = with_money(desk)
    payout = desk.fake.pay_out(account_id)
    desk.fake.advance(days=1)
    desk.fake.advance(days=1)
    desk.fake.fail_payout(payout["id"], "account_closed")
    desk.deliver()
    mirrored = desk.world.row("select * from public.bank_payouts")
    assert (mirrored["status"], mirrored["failure_code"]) == ("failed", "account_closed")
    alerts = desk.world.rows("select code, instructor_id from public.alerts")
    assert alerts == [
        {"code": "bank_payout_failed", "instructor_id": desk.account()["instructor_id"]}
    ]
    assert desk.world.count("public.payouts") == 0
    assert desk.world.ledger() == {}
    assert desk.fake.count("POST", "/v1/transfers") == 1


def test_events_of_a_bank_payout_in_any_order_end_the_same(desk: Desk) -> None:
    account_id = with_money(desk)
    cancelled = desk.fake.pay_out(account_id)
    desk.fake.cancel_payout(cancelled["id"])
    arrived = desk.fake.pay_out(account_id)
    desk.fake.advance(days=1)
    desk.fake.advance(days=1)
    desk.fake.set_webhooks(shuffle=True, duplicates=1.0)
    for event in desk.fake.events("payout.*"):
        desk.fake.redeliver(event["id"])
    desk.deliver()
    rows = desk.world.rows("select stripe_payout_id as id, status::text from public.bank_payouts")
    assert {row["id"]: row["status"] for row in rows} == {
        cancelled["id"]: "cancelled",
        arrived["id"]: "paid",
    }


def test_a_bank_payout_of_an_unknown_account_is_parked(desk: Desk) -> None:
    account_id = with_money(desk)
    desk.world.rows("update public.stripe_connect_accounts set stripe_account_id = 'acct_other'")
    desk.fake.pay_out(account_id)
    assert desk.deliver() == ["payout.created parked"]
    assert desk.world.count("public.bank_payouts") == 0


def with_money(desk: Desk) -> str:
    """A ready account that holds 45.00."""
    account_id = desk.onboard(desk.world.instructor())
    desk.fake.add_funds(4500)
    desk.fake.stripe().v1.transfers.create(
        {"amount": 4500, "currency": "gbp", "destination": account_id}
    )
    return account_id


def test_where_money_goes_is_opened_with_the_factor_that_a_school_asks_for(desk: Desk) -> None:
    school = desk.world.organization(requires_second_factor=True)
    owner = desk.world.member(school, "owner")
    refused = desk.ask_for_onboarding(owner, organization_id=school)
    assert (refused.status_code, code_of(refused)) == (403, "second_factor_required")
    assert desk.world.count("public.stripe_connect_accounts") == 0
    opened = desk.ask_for_onboarding(owner, aal="aal2", organization_id=school)
    assert opened.status_code == 200
    desk.fake.complete_onboarding(desk.account()["stripe_account_id"])
    desk.deliver()
    links = {
        aal: desk.post(owner, "/connect/dashboard-links", aal=aal, organization_id=school)
        for aal in ("aal1", "aal2")
    }
    assert (links["aal1"].status_code, code_of(links["aal1"])) == (403, "second_factor_required")
    assert links["aal2"].status_code == 200
