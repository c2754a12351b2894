"""A webhook is stored, applied and marked in one transaction: once, and never lost."""

from __future__ import annotations

import json
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg.rows import DictRow

from tests.factories import (
    API_VERSION,
    Booking,
    World,
    account_object,
    dispute_object,
    refund_object,
)
from tools.cluster import Cluster

INBOX = ("private.webhook_events", "private.webhook_event_bodies")


def receive(world: World, body: bytes | str, **arguments: Any) -> str:
    """Hands over a verified webhook with exactly these bytes."""
    raw = body.encode() if isinstance(body, str) else body
    given = {
        "p_endpoint": "platform",
        "p_event_id": f"evt_{uuid4().hex}",
        "p_type": "payment_intent.succeeded",
        "p_account": None,
        "p_livemode": False,
        "p_api_version": API_VERSION,
        "p_created_at": world.now(),
        "p_raw": raw,
        "p_payload": raw.decode(),
        "p_expected_livemode": False,
        "p_expected_api_version": API_VERSION,
    } | arguments
    (row,) = world.serve("webhook_service", "private.receive_stripe_event", **given)
    status: str = row["receive_stripe_event"]
    return status


def event(world: World) -> DictRow:
    return world.row("select * from private.webhook_events")


def body(world: World) -> bytes:
    raw: bytes = world.value("select raw from private.webhook_event_bodies")
    return raw


def test_an_event_is_stored_with_its_bytes_and_what_became_of_it(world: World) -> None:
    booking = world.booking()
    payload = json.dumps({"data": {"object": booking.intent()}}, indent=2)
    assert receive(world, payload, p_event_id="evt_1") == "processed"
    stored = event(world)
    assert (stored["event_id"], stored["type"]) == ("evt_1", "payment_intent.succeeded")
    assert (stored["status"], stored["note"], stored["attempts"]) == ("processed", None, 1)
    assert stored["processed_at"] == stored["received_at"] == world.now()
    assert body(world) == payload.encode()
    assert booking.status == "confirmed"


def test_the_same_event_again_changes_nothing(world: World) -> None:
    booking = world.booking()
    intent = booking.intent()
    assert world.deliver("payment_intent.succeeded", intent, event_id="evt_1") == "processed"
    with world.unchanged():
        again = world.deliver("payment_intent.succeeded", intent, event_id="evt_1")
    assert again == "duplicate"


def test_the_same_event_with_another_body_changes_nothing(world: World) -> None:
    first, second = world.booking(), world.booking()
    world.deliver("payment_intent.succeeded", first.intent(), event_id="evt_1")
    intent = second.intent()
    with world.unchanged():
        assert world.deliver("payment_intent.succeeded", intent, event_id="evt_1") == "duplicate"


def test_two_events_about_one_payment_are_one_effect(world: World) -> None:
    booking = world.booking()
    intent = booking.intent()
    assert world.deliver("payment_intent.succeeded", intent) == "processed"
    with world.unchanged(leaving_out=INBOX):
        assert world.deliver("payment_intent.succeeded", intent) == "processed"


def test_an_event_is_kept_with_the_organization_that_it_is_about(world: World) -> None:
    booking = world.booking()
    intent = booking.intent()
    world.deliver("payment_intent.succeeded", intent)
    world.deliver("charge.updated", {"object": "charge", "payment_intent": intent["id"]})
    world.deliver("charge.updated", {"object": "charge", "payment_intent": {"id": intent["id"]}})
    events = world.rows(
        "select event.org_id, body.org_id as body_org_id from private.webhook_events event"
        " join private.webhook_event_bodies body on body.event_id = event.id"
    )
    org_id = booking.columns["org_id"]
    assert [set(row.values()) for row in events] == [{org_id}] * 3


@pytest.mark.parametrize("about", [{}, {"payment_intent": "pi_of_nobody"}, {"payment_intent": 1}])
def test_an_event_about_nobody_known_is_kept_with_the_platform(
    world: World, about: dict[str, object]
) -> None:
    world.deliver("charge.updated", {"object": "charge"} | about)
    world.deliver("account.updated", about, endpoint="connect", account="acct_of_nobody")
    kept = world.rows("select distinct org_id from private.webhook_events")
    assert [row["org_id"] for row in kept] == [world.value("select private.platform_id()")]


def test_a_parked_event_is_tried_again_when_it_is_delivered_again(world: World) -> None:
    booking = world.booking()
    intent = booking.intent()
    world.connection.execute("update public.payments set stripe_payment_intent_id = 'pi_other'")
    deliver = partial(world.deliver, "refund.updated", event_id="evt_1")
    refund = {
        "id": "re_1",
        "status": "succeeded",
        "amount": 10,
        "currency": "gbp",
        "payment_intent": intent["id"],
    }
    assert deliver(refund) == "parked"
    world.connection.execute(
        "update public.payments set stripe_payment_intent_id = %s", [intent["id"]]
    )
    booking.pay()
    assert deliver(refund) == "processed"
    assert booking.payment["refunded_cents"] == 10
    again = world.row("select * from private.webhook_events where event_id = 'evt_1'")
    assert (again["status"], again["note"], again["attempts"]) == ("processed", None, 2)
    assert deliver(refund) == "duplicate"


def test_a_parked_event_is_not_tried_again_at_the_other_endpoint(world: World) -> None:
    assert world.deliver("refund.updated", {"id": "re_1"}, event_id="evt_1") == "parked"
    with world.unchanged():
        again = world.deliver(
            "refund.updated", {"id": "re_1"}, event_id="evt_1", endpoint="connect", account="acct_1"
        )
    assert again == "duplicate"


def test_an_event_that_came_to_the_wrong_endpoint_is_taken_at_the_right_one(world: World) -> None:
    booking = world.booking()
    deliver = partial(world.deliver, "payment_intent.succeeded", booking.intent(), event_id="evt_1")
    assert deliver(endpoint="connect") == "parked"
    assert deliver(endpoint="connect") == "parked"
    assert deliver() == "processed"
    assert booking.status == "confirmed"
    stored = event(world)
    assert (stored["endpoint"], stored["status"], stored["note"]) == ("platform", "processed", None)
    assert deliver(endpoint="connect") == "duplicate"


def test_an_accounts_event_that_came_to_the_wrong_endpoint_is_taken_at_the_right_one(
    world: World,
) -> None:
    instructor = world.instructor()
    opened = world.open_account(instructor.user_id, instructor.id)
    account = account_object(opened["metadata"], ready=True)
    deliver = partial(
        world.deliver, "account.updated", account, event_id="evt_1", account=account["id"]
    )
    assert deliver(endpoint="platform") == "parked"
    assert deliver(endpoint="connect") == "processed"
    assert world.value("select status from public.stripe_connect_accounts") == "ready"


# Which events are for us


@pytest.mark.parametrize("livemode", [True, None])
def test_an_event_of_the_other_mode_is_ignored(world: World, livemode: bool | None) -> None:
    booking = world.booking()
    payload = json.dumps({"data": {"object": booking.intent()}})
    if livemode is None:
        assert receive(world, payload, p_expected_livemode=True) == "ignored"
    else:
        assert receive(world, payload, p_livemode=livemode) == "ignored"
    assert event(world)["note"] == "livemode_differs"
    assert booking.status == "held"


@pytest.mark.parametrize("version", ["2019-01-01", None, ""])
def test_an_event_of_another_api_version_is_parked(world: World, version: str | None) -> None:
    booking = world.booking()
    payload = json.dumps({"data": {"object": booking.intent()}})
    assert receive(world, payload, p_api_version=version) == "parked"
    assert event(world)["note"] == "api_version_differs"
    assert booking.status == "held"


PINNED = "2026-10-28.endive"


@pytest.mark.parametrize("version", [PINNED, "2026-11-25.endive", "2027-01-27.endive"])
def test_an_event_of_a_later_release_of_the_same_name_is_applied(
    world: World, version: str
) -> None:
    booking = world.booking()
    payload = json.dumps({"data": {"object": booking.intent()}})
    versions = {"p_api_version": version, "p_expected_api_version": PINNED}
    assert receive(world, payload, **versions) == "processed"
    assert booking.status == "confirmed"


@pytest.mark.parametrize(
    "version",
    [
        "2026-09-30.endive",
        "2027-03-31.fuchsia",
        "2026-11-25",
        "2026-11-25.",
        "2026-11-25.endive.preview",
        "9.endive",
        "endive",
    ],
)
def test_an_event_of_another_name_or_an_earlier_release_is_parked(
    world: World, version: str
) -> None:
    booking = world.booking()
    payload = json.dumps({"data": {"object": booking.intent()}})
    versions = {"p_api_version": version, "p_expected_api_version": PINNED}
    assert receive(world, payload, **versions) == "parked"
    assert event(world)["note"] == "api_version_differs"
    assert booking.status == "held"


@pytest.mark.parametrize(("endpoint", "account"), [("platform", "acct_1"), ("connect", None)])
def test_an_event_at_the_wrong_endpoint_is_parked(
    world: World, endpoint: str, account: str | None
) -> None:
    booking = world.booking()
    status = world.deliver(
        "payment_intent.succeeded", booking.intent(), endpoint=endpoint, account=account
    )
    assert status == "parked"
    assert event(world)["note"] == "wrong_endpoint"
    assert booking.status == "held"


def test_an_endpoint_that_does_not_exist_is_refused(world: World) -> None:
    with world.unchanged(), world.refusing("23514", "endpoint_is_known"):
        world.deliver("payment_intent.succeeded", {}, endpoint="elsewhere")


@pytest.mark.parametrize(
    ("type", "endpoint", "account"),
    [
        ("foo.bar", "platform", None),
        ("invoice.paid", "platform", None),
        ("charge.dispute.created", "connect", "acct_1"),
        ("checkout.session.completed", "platform", None),
        ("person.updated", "connect", "acct_1"),
        ("payment_intent.succeeded", "connect", "acct_1"),
        ("transfer.created", "connect", "acct_1"),
        ("", "platform", None),
    ],
)
def test_what_we_do_not_listen_to_is_stored_and_ignored(
    world: World, type: str, endpoint: str, account: str | None
) -> None:
    intent = world.booking().intent()
    with world.unchanged(leaving_out=INBOX):
        assert world.deliver(type, intent, endpoint=endpoint, account=account) == "ignored"
    assert event(world)["status"] == "ignored"


# Poison


@pytest.mark.parametrize(
    "poison",
    [
        '{"data": {"object": {"id": "\\u0000"}}}',
        '{"data": {"object": {"id": "\\ud800"}}}',
        '{"data": {"object": {"amount": NaN}}}',
        "no json",
        "",
        '{"data": ' + "9" * 200_000 + "}",
        '{"data": {"object": {"amount": 1e999999}}}',
    ],
)
def test_a_body_that_is_no_jsonb_is_parked_with_its_bytes(world: World, poison: str) -> None:
    with world.unchanged(leaving_out=INBOX):
        assert receive(world, poison) == "parked"
    assert event(world)["note"] == "body_is_no_jsonb"
    assert body(world) == poison.encode()


def test_a_body_that_is_nested_too_deeply_is_parked_with_its_bytes(world: World) -> None:
    poison = "[" * 50_000
    with world.unchanged(leaving_out=INBOX):
        assert receive(world, poison) == "parked"
    assert event(world)["note"] == "54001"
    assert body(world) == poison.encode()


@pytest.mark.parametrize(
    "strange",
    [
        "null",
        "[]",
        '"text"',
        "7",
        "{}",
        '{"data": null}',
        '{"data": []}',
        '{"data": {"object": null}}',
        '{"data": {"object": []}}',
        '{"data": {"object": "pi_1"}}',
        '{"data": {"object": {}}}',
        '{"data": {"object": {"id": 7, "status": []}}}',
        '{"data": {"object": {"id": "pi_1", "status": "succeeded", "metadata": 7}}}',
        '{"data": {"object": {"id": "pi_1", "status": "succeeded", "amount_received": "ten"}}}',
        '{"data": {"object": {"id": "pi_1", "status": "succeeded", "amount_received": 1.5}}}',
        '{"data": {"object": {"id": "pi_1", "status": "succeeded", "amount_received": 1e30}}}',
    ],
)
@pytest.mark.parametrize(
    "type", ["payment_intent.succeeded", "refund.updated", "charge.succeeded", "transfer.created"]
)
def test_a_body_of_another_shape_is_stored_and_moves_nothing(
    world: World, strange: str, type: str
) -> None:
    world.booking().open_payment()
    with world.unchanged(leaving_out=INBOX):
        assert receive(world, strange, p_type=type) in ("parked", "ignored")
    assert body(world) == strange.encode()


def test_an_event_that_breaks_a_rule_leaves_no_half_of_its_effect(world: World) -> None:
    """The charge's id is taken already, so the payment cannot be settled: nothing of it stays."""
    first, second = world.booking(), world.booking()
    first.pay()
    intent = second.intent(latest_charge=first.payment["stripe_charge_id"])
    with world.unchanged(leaving_out=INBOX):
        assert world.deliver("payment_intent.succeeded", intent) == "parked"
    note = world.value("select note from private.webhook_events where status = 'parked'")
    assert note == "23505 a_stripe_id_belongs_to_one_row"
    assert second.pay() == "processed"


def test_the_time_of_an_event_is_stripes(world: World) -> None:
    at = world.now() - timedelta(days=3)
    world.deliver("foo.bar", {}, occurred_at=at)
    assert event(world)["occurred_at"] == at


@pytest.mark.parametrize("caller", ["anon", "authenticated", "service_role"])
def test_only_the_services_deliver(world: World, caller: str) -> None:
    with world.unchanged(), world.refusing("42501"), world.connection.transaction():
        world.connection.execute(f"set local role {caller}")
        world.connection.execute(
            "select private.receive_stripe_event('platform', 'evt_1', 'x', null, false, 'v',"
            " private.clock(),"
            " '', '{}', false, 'v')"
        )


def test_events_are_never_deleted_with_their_bodies(world: World) -> None:
    world.deliver("foo.bar", {})
    with world.refusing("23503", "webhook_event_bodies_org_id_event_id_fkey"):
        world.connection.execute("delete from private.webhook_events")


@pytest.fixture
def booking(world: World) -> Booking:
    booking = world.booking()
    booking.open_payment()
    return booking


def break_with(world: World, sqlstate: str) -> None:
    """Lets every payment intent fail with an error of this class, after a half of its effect."""
    world.connection.execute(
        "create or replace function private.apply_payment_intent(p_intent jsonb,"
        " p_occurred_at timestamptz, p_is_fetched boolean default false)"
        " returns private.stripe_outcome language plpgsql as $$"
        " begin update public.payments set failure_code = 'half';"
        f" raise exception 'broken' using errcode = '{sqlstate}'; end $$"
    )


@pytest.mark.parametrize(
    "sqlstate",
    ["08006", "40001", "40P01", "53100", "53200", "53300", "55P03", "57014", "57P01", "58030"],
)
def test_trouble_that_passes_is_raised_and_nothing_is_stored(
    world: World, booking: Booking, sqlstate: str
) -> None:
    break_with(world, sqlstate)
    intent = booking.intent()
    with world.unchanged(), world.refusing(sqlstate):
        world.deliver("payment_intent.succeeded", intent)


@pytest.mark.parametrize(
    "sqlstate",
    ["22003", "22P02", "23502", "23503", "23505", "23514", "42883", "54001", "P0002", "PT409"],
)
def test_an_event_that_breaks_a_rule_is_parked_with_its_code(
    world: World, booking: Booking, sqlstate: str
) -> None:
    break_with(world, sqlstate)
    intent = booking.intent()
    with world.unchanged(leaving_out=INBOX):
        assert world.deliver("payment_intent.succeeded", intent) == "parked"
    assert world.value("select note from private.webhook_events") == sqlstate


@pytest.mark.parametrize(
    ("fields", "note"),
    [
        ({"amount": "Mallory"}, "22P02"),
        ({"amount": 0}, "23514 amount_is_positive"),
        ({"amount": 9_999_999}, "23514 money_returned_is_at_most_the_amount"),
        ({"status": "Mallory"}, "22P02"),
        ({"id": "Mallory"}, "23514 refund_id_is_stripes"),
    ],
)
def test_the_note_of_a_parked_event_is_a_code(
    world: World, fields: dict[str, Any], note: str
) -> None:
    lesson = world.lesson()
    assert world.deliver("refund.updated", refund_object(lesson.payment, 10) | fields) == "parked"
    assert world.value("select note from private.webhook_events where status = 'parked'") == note


def test_a_refusal_of_ours_is_noted_by_its_code(world: World) -> None:
    lesson = world.lesson()
    world.deliver("charge.dispute.updated", dispute_object(lesson.payment, "lost"))
    later = world.now() + timedelta(seconds=1)
    backwards = dispute_object(lesson.payment, "needs_response")
    assert world.deliver("charge.dispute.updated", backwards, occurred_at=later) == "parked"
    note = world.value("select note from private.webhook_events where status = 'parked'")
    assert note == "illegal_transition"


def test_a_payment_that_somebody_locks_is_left_to_stripes_retry(
    cluster: Cluster, fresh_database: str, committed_world: World
) -> None:
    world = committed_world
    booking = world.booking()
    intent = booking.intent()
    with psycopg.connect(cluster.admin_url(fresh_database), autocommit=True) as connection:
        webhook = World(connection)
        connection.execute("set lock_timeout = '50ms'")
        with world.connection.transaction():
            world.connection.execute("select from public.payments for update")
            with webhook.refusing("55P03"):
                webhook.deliver("payment_intent.succeeded", intent, event_id="evt_1")
        assert world.count("private.webhook_events") == 0
        assert webhook.deliver("payment_intent.succeeded", intent, event_id="evt_1") == "processed"
    assert booking.status == "confirmed"


def test_a_statement_that_takes_too_long_is_left_to_stripes_retry(
    cluster: Cluster, fresh_database: str, committed_world: World
) -> None:
    world = committed_world
    booking = world.booking()
    intent: dict[str, Any] = booking.intent()
    with psycopg.connect(cluster.admin_url(fresh_database), autocommit=True) as connection:
        webhook = World(connection)
        connection.execute("set statement_timeout = '50ms'")
        with world.connection.transaction():
            world.connection.execute("select from public.bookings for update")
            with webhook.refusing("57014"):
                webhook.deliver("payment_intent.succeeded", intent)
    assert world.count("private.webhook_events") == 0
    assert booking.payment["status"] == "requires_payment"
