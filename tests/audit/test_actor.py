"""The log says who acted, for whom, from where and why, however odd the request's headers are."""

from __future__ import annotations

import json
from ipaddress import ip_address
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.rows import DictRow

from tests.factories import World


def last_entry(world: World) -> DictRow:
    return world.row("select * from public.audit_logs order by id desc limit 1")


def rename(world: World, person: UUID, headers: str | None = None) -> DictRow:
    """A person changes their name; returns what the log says of it."""
    with world.acting_as(person):
        world.connection.execute(
            "select set_config('request.headers', %s, true)", [headers if headers else ""]
        )
        world.connection.execute(
            "update public.profiles set full_name = gen_random_uuid()::text where id = %s",
            [person],
        )
    world.connection.execute("select set_config('request.headers', '', true)")
    return last_entry(world)


# Who


def test_a_person_acts_as_themselves(world: World) -> None:
    person = world.person()
    entry = rename(world, person)
    assert (entry["actor_kind"], entry["user_id"], entry["reason"]) == ("user", person, None)


def test_studio_acts_without_a_name(world: World) -> None:
    with world.in_studio():
        world.connection.execute("update public.organizations set fee_bps = 1")
    entry = last_entry(world)
    assert (entry["actor_kind"], entry["user_id"]) == ("studio", None)


def test_the_webhook_service_acts_for_a_person(world: World) -> None:
    booking = world.booking()
    booking.open_payment()
    entry = world.row("select * from public.audit_logs where entity_type = 'payments'")
    assert (entry["actor_kind"], entry["user_id"]) == ("service", booking.learner)


def test_the_webhook_service_acts_by_itself(world: World) -> None:
    booking = world.booking()
    intent = booking.intent()
    # Each request is a transaction of its own, which this note outlives in a test's single one.
    world.connection.execute("select set_config('lplate.acting_user', '', true)")
    world.deliver("payment_intent.succeeded", intent)
    entry = world.row(
        "select * from public.audit_logs where entity_type = 'bookings' and action = 'update'"
        " order by id desc limit 1"
    )
    assert (entry["actor_kind"], entry["user_id"]) == ("service", None)
    assert entry["new_values"]["status"] == "confirmed"


def test_the_jobs_act_by_themselves(world: World) -> None:
    booking = world.booking()
    world.travel(to=booking.columns["hold_expires_at"])
    world.serve("jobs", "private.maintain")
    entry = last_entry(world)
    assert (entry["entity_id"], entry["new_values"]["status"]) == (str(booking.id), "expired")
    assert (entry["actor_kind"], entry["user_id"]) == ("job", None)


def test_an_anonymous_sign_in_is_no_name_to_hold_on_to(world: World) -> None:
    person = world.person()
    with world.acting_as(person, is_anonymous=True):
        assert world.value("select auth.uid()") == person
    world.connection.execute(
        "select set_config('request.jwt.claims', %s, true)",
        [json.dumps({"role": "authenticated", "sub": str(person), "is_anonymous": True})],
    )
    world.organization()
    assert last_entry(world)["user_id"] is None


# From where


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        ("203.0.113.7", "203.0.113.7"),
        (" 203.0.113.7 , 10.0.0.1, 10.0.0.2", "203.0.113.7"),
        ("2001:db8::1,10.0.0.1", "2001:db8::1"),
        ("::ffff:203.0.113.7", "::ffff:203.0.113.7"),
    ],
)
def test_the_first_address_is_the_persons(world: World, forwarded: str, address: str) -> None:
    headers = json.dumps({"x-forwarded-for": forwarded, "x-request-id": "req-1"})
    entry = rename(world, world.person(), headers)
    assert (entry["ip"], entry["request_id"]) == (ip_address(address), "req-1")


@pytest.mark.parametrize(
    "forwarded",
    [
        "",
        "unknown",
        "999.1.1.1",
        "1.2.3",
        "203.0.113.7:8080",
        "[2001:db8::1]:443",
        ":::::",
        "fe80::1%eth0",
        "'; drop table x; --",
        "é",
        ",",
        "1" * 10_000,
        None,
        7,
        {"a": 1},
        ["203.0.113.7"],
    ],
)
def test_an_address_that_is_none_is_left_out(world: World, forwarded: object) -> None:
    headers = json.dumps({"x-forwarded-for": forwarded, "x-request-id": "req-1"})
    entry = rename(world, world.person(), headers)
    assert (entry["ip"], entry["request_id"]) == (None, "req-1")


@pytest.mark.parametrize(
    "headers", ["", "{}", "[]", "null", "7", '"x"', "garbage", "{", '{"x": "\\u0000"}', "{'a': 1}"]
)
def test_headers_that_are_none_lose_no_change(world: World, headers: str) -> None:
    person = world.person()
    entry = rename(world, person, headers)
    assert (entry["user_id"], entry["actor_kind"]) == (person, "user")
    assert (entry["ip"], entry["request_id"]) == (None, None)


def test_a_request_id_is_cut(world: World) -> None:
    headers = json.dumps({"x-request-id": "é" * 10_000})
    assert rename(world, world.person(), headers)["request_id"] == "é" * 200


printable = st.text(st.characters(codec="utf-8", exclude_characters="\0"))


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    headers=printable
    | st.dictionaries(
        st.sampled_from(["x-forwarded-for", "x-request-id", "user-agent"]),
        printable | st.ip_addresses().map(str) | st.integers() | st.none(),
    ).map(json.dumps)
)
def test_no_header_stops_a_change(world: World, headers: str) -> None:
    with world.connection.transaction(force_rollback=True):
        assert rename(world, world.person(), headers)["actor_kind"] == "user"
