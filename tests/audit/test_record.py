"""Every change of an audited table is recorded, with who made it, and without personal data."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from ipaddress import ip_address
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from tests.factories import MARKETPLACE, Booking, World
from tests.factories.billing_objects import subscribe
from tests.tax.steps import save as save_seller

MARK = "Zaphod"
HIDDEN = "(personal)"

AUDITED = """
    select class.oid::regclass::text as name, class.relname,
        string_to_array(encode(tgargs, 'escape'), '\\000') as arguments
    from pg_trigger
    join pg_class class on class.oid = tgrelid
    where tgname = 'record_insert'
"""


@pytest.fixture
def log(world: World) -> World:
    """The world, whose log is read from here on."""
    world.connection.execute("create temp table seen as select max(id) as id from audit_logs")
    return world


def entries(world: World, entity_type: str = "%") -> list[DictRow]:
    return world.rows(
        "select * from public.audit_logs"
        " where id > coalesce((select id from seen), 0) and entity_type like %s order by id",
        entity_type,
    )


def forget(world: World) -> None:
    world.connection.execute("update seen set id = (select max(id) from audit_logs)")


# What is recorded


def test_an_insert_is_recorded_as_the_new_row(log: World) -> None:
    school = log.organization(name="Ace", slug="ace", fee_bps=1500)
    (entry,) = entries(log, "organizations")
    assert (entry["org_id"], entry["entity_type"], entry["entity_id"], entry["action"]) == (
        school,
        "organizations",
        str(school),
        "insert",
    )
    assert entry["old_values"] is None
    assert {"name": "Ace", "fee_bps": 1500, "is_marketplace": False}.items() <= entry[
        "new_values"
    ].items()
    assert "tax_id" not in entry["new_values"]
    assert entry["created_at"] == log.now()


def test_an_update_is_recorded_as_what_changed(log: World) -> None:
    school = log.organization(tax_id="GB1")
    forget(log)
    log.connection.execute(
        "update public.organizations set fee_bps = 1500, tax_id = null, currency = currency"
        " where id = %s",
        [school],
    )
    (entry,) = entries(log)
    assert (entry["action"], entry["entity_id"], entry["org_id"]) == (
        "update",
        str(school),
        school,
    )
    assert entry["old_values"] == {"fee_bps": 1800, "tax_id": "GB1"}
    assert entry["new_values"] == {"fee_bps": 1500, "tax_id": None}


def test_a_delete_is_recorded_as_the_old_row(log: World) -> None:
    card = {"org_id": log.organization(), "name": "Summer", "currency": "gbp"}
    card_id = log.insert("public.rate_cards", card)
    forget(log)
    log.connection.execute("delete from public.rate_cards where id = %s", [card_id])
    (entry,) = entries(log)
    assert (entry["action"], entry["entity_id"]) == ("delete", str(card_id))
    assert (entry["old_values"]["name"], entry["new_values"]) == ("Summer", None)


@pytest.mark.parametrize(
    "no_op",
    [
        "update public.organizations set name = name",
        "update public.organizations set updated_at = '2000-01-01'",
        "update public.organizations set name = 'x' where false",
        "delete from public.organizations where false",
        "insert into public.organizations (name, slug, time_zone, currency)"
        " select 'x', 'x', 'UTC', 'gbp' where false",
        "insert into public.organizations (name, slug, time_zone, currency)"
        " values ('x', 'marketplace', 'UTC', 'gbp') on conflict do nothing",
    ],
)
def test_what_changes_nothing_leaves_no_row(log: World, no_op: str) -> None:
    log.connection.execute(no_op)
    assert entries(log) == []


def test_a_statement_records_each_row_that_changed(log: World) -> None:
    schools = [log.organization(fee_bps=bps) for bps in (1000, 2000, 3000)]
    forget(log)
    log.connection.execute(
        "update public.organizations set fee_bps = 2000 where id = any (%s)", [schools]
    )
    changes = {UUID(entry["entity_id"]): entry["old_values"] for entry in entries(log)}
    assert changes == {schools[0]: {"fee_bps": 1000}, schools[2]: {"fee_bps": 3000}}


def test_an_upsert_records_its_inserts_and_its_updates(log: World) -> None:
    school = log.organization(name="Old", slug="old")
    forget(log)
    log.connection.execute(
        "insert into public.organizations (id, name, slug, time_zone, currency)"
        " values (%s, 'New', 'old', 'Europe/London', 'gbp'),"
        " (gen_random_uuid(), 'Other', 'other', 'Europe/London', 'gbp')"
        " on conflict (id) do update set name = excluded.name",
        [school],
    )
    recorded = entries(log, "organizations")
    assert sorted((entry["action"], entry["new_values"]["name"]) for entry in recorded) == [
        ("insert", "Other"),
        ("update", "New"),
    ]


def test_a_row_that_becomes_another_is_recorded_as_leaving_and_coming(log: World) -> None:
    before, after = log.admin(), log.person()
    forget(log)
    log.connection.execute(
        "update private.platform_admins set user_id = %s where user_id = %s", [after, before]
    )
    assert {(entry["action"], entry["entity_id"]) for entry in entries(log)} == {
        ("delete", str(before)),
        ("insert", str(after)),
    }


def test_what_is_rolled_back_was_never_recorded(log: World) -> None:
    with log.connection.transaction(force_rollback=True):
        log.organization()
    assert entries(log) == []


# How much work it is


@pytest.fixture
def counted(log: World) -> World:
    """The world, where every insert into the log is counted."""
    log.connection.execute(
        """
        create table private.inserts (rows integer);
        create function private.count_insert() returns trigger
            language plpgsql security definer as $$
        begin
            insert into private.inserts select count(*) from new_rows;
            return null;
        end;
        $$;
        create trigger count_insert after insert on public.audit_logs
            referencing new table as new_rows
            for each statement execute function private.count_insert();
        """
    )
    return log


@pytest.mark.parametrize("rows", [1, 1000])
def test_a_statement_is_one_insert_into_the_log_however_many_rows(
    counted: World, rows: int
) -> None:
    for statement in (
        "insert into public.alerts"
        " (org_id, code, message, related_type, related_id, idempotency_key)"
        f" select '{MARKETPLACE}', 'many', 'One', 'none', gen_random_uuid(), 'many-' || n"
        f" from generate_series(1, {rows}) n",
        "update public.alerts set message = 'Another' where code = 'many'",
        "delete from public.alerts where code = 'many'",
    ):
        counted.connection.execute("delete from private.inserts")
        counted.connection.execute(statement)
        assert counted.rows("table private.inserts") == [{"rows": rows}]


# Personal data


def mark(column: DictRow) -> Any:
    """A value that would betray itself in the log."""
    match column["type"]:
        case "text" if "url" in column["name"]:
            return f"https://example.org/{MARK}"
        case "text" if "mail" in column["name"]:
            return f"{MARK}@example.org"
        case "text" if column["name"] == "code":
            return f"{MARK.upper()}42"
        case "text" if column["name"] == "vat_number":
            return f"FR{MARK.upper()}"
        case "jsonb" if column["name"] == "tax_ids":
            return Jsonb({"FR": MARK.upper()})
        case "text" if column["name"] == "last4":
            return "4204"
        case "text":
            return MARK
        case "integer":
            return 4
        case "bytea":
            return MARK.encode()
        case "text[]":
            return [MARK]
        case "inet":
            return "192.0.2.42"
        case "jsonb" if column["name"] == "line":
            return Jsonb([MARK])
        case "numeric":
            return Decimal("42.424242")
        case "date":
            return date(1942, 4, 2)
        case _:
            return Jsonb({MARK: MARK})


def personal_columns(world: World, table: DictRow) -> list[DictRow]:
    _, *names = table["arguments"]
    return world.rows(
        """
        select attname as name, format_type(atttypid, null) as type
        from pg_attribute
        where attrelid = %s::regclass
            and attname = any (%s)
        """,
        table["name"],
        names,
    )


def a_row_of_everything_personal(world: World) -> None:
    booking, admin = world.lesson(), world.admin()
    booking.refund(1000)
    save_seller(world, booking.instructor.user_id)
    claim_id = booking.say_missing("instructor")
    world.call(booking.learner, "public.withdraw_claim", p_claim_id=claim_id)
    a_lesson_with_a_trip_and_a_review(world, booking)
    world.discount_code()
    world.insert(
        "public.referral_codes",
        {
            "org_id": MARKETPLACE,
            "referrer_id": booking.columns["learner_id"],
            "code": "BENSCODE",
            "discount_bps": 1000,
            "reward_cents": 500,
            "currency": "gbp",
        },
    )
    subscribe(world, booking.learner)
    world.onboard(booking.instructor)
    world.closing(booking.instructor, world.in_days(9).date())
    report_id = world.call(
        booking.learner, "public.report_problem", p_booking_id=booking.id, p_description="Too short"
    )
    world.call(
        admin,
        "public.admin_resolve_problem",
        p_problem_report_id=report_id,
        p_unfreezes_earning=True,
        p_reason="Settled by telephone",
    )
    world.guardian(world.child(MARKETPLACE))
    school = world.organization()
    world.ask(
        world.member(school, "owner"),
        "public.invite_member",
        p_org_id=school,
        p_email="cho@example.org",
        p_role="learner",
    )


def a_lesson_with_a_trip_and_a_review(world: World, booking: Booking) -> None:
    review_id = world.call(
        booking.learner, "public.rate_lesson", p_booking_id=booking.id, p_rating=4
    )
    instructor = booking.instructor.user_id
    world.call(instructor, "public.reply_to_review", p_rating_id=review_id, p_reply="Thanks.")
    world.call(instructor, "public.report_review", p_rating_id=review_id, p_fault="off_topic")
    lesson = world.row("select id, org_id, instructor_id, learner_id from public.lessons")
    of_the_lesson = {"lesson_id": lesson.pop("id"), **lesson}
    world.insert("public.trips", {"started_at": world.now(), **of_the_lesson})
    world.call(
        instructor,
        "public.add_document",
        p_instructor_id=booking.instructor.id,
        p_kind="licence",
        p_document_number="ADI 123456",
    )
    terms = {"org_id": MARKETPLACE, "version": 1, "body": "Be on time."}
    terms_id = world.insert("public.terms_versions", terms)
    world.call(booking.learner, "public.accept_terms", p_terms_id=terms_id)
    skill = {"org_id": MARKETPLACE, "syllabus": "Driving", "title": "Mirrors", "position": 1}
    skill_id = world.insert("public.skills", skill)
    world.insert("public.skill_assessments", {"skill_id": skill_id, "level": 3, **of_the_lesson})
    hour = {"start_at": world.in_days(30), "end_at": world.in_days(30, 11)}
    of_the_lesson.pop("lesson_id")
    world.insert("public.learner_tests", {"kind": "practical", **hour, **of_the_lesson})
    of_the_lesson.pop("learner_id")
    world.insert("public.busy_times", hour | of_the_lesson)


def test_personal_data_never_enters_the_log(log: World) -> None:
    a_row_of_everything_personal(log)
    changed = 0
    for table in log.rows(AUDITED):
        if columns := personal_columns(log, table):
            places = ", ".join(f"{column['name']} = %s" for column in columns)
            forget(log)
            log.connection.execute(
                f"update {table['name']} set {places}"
                f" where ctid = (select ctid from {table['name']} limit 1)",
                [mark(column) for column in columns],
            )
            (entry,) = entries(log, table["relname"])
            # Another name also takes an instructor's verification back.
            personal = {column["name"]: HIDDEN for column in columns}
            assert personal.items() <= entry["new_values"].items()
            assert {entry["old_values"][name] for name in personal} <= {HIDDEN, None}
            changed += len(columns)
    assert changed > 35
    everything = log.value("select string_agg(entry::text, ' ') from public.audit_logs entry")
    for secret in (MARK, MARK.upper(), "42.424242", "1942-04-02", "@example.org"):
        assert secret not in everything
    for secret in ("Ben", "Ann", "Too short", "BENSCODE"):
        assert secret not in everything


def test_personal_data_is_recorded_as_changed(log: World) -> None:
    learner = log.learner(MARKETPLACE)
    seen = []
    for phone in ("1", "2", None):
        forget(log)
        log.connection.execute(
            "update public.learner_contacts set phone = %s where learner_id = %s", [phone, learner]
        )
        (entry,) = entries(log)
        seen.append((entry["old_values"], entry["new_values"]))
    assert seen == [
        ({"phone": None}, {"phone": HIDDEN}),
        ({"phone": HIDDEN}, {"phone": HIDDEN}),
        ({"phone": HIDDEN}, {"phone": None}),
    ]


def test_personal_data_that_is_deleted_is_not_shown_either(log: World) -> None:
    learner = log.learner(MARKETPLACE, name=MARK)
    log.connection.execute("delete from public.learner_details")
    log.connection.execute("delete from public.learner_contacts")
    forget(log)
    log.connection.execute("delete from public.learners where id = %s", [learner])
    (entry,) = entries(log)
    assert entry["old_values"]["full_name"] == HIDDEN
    assert MARK not in str(entry)


def test_every_column_that_sounds_personal_is_declared_or_known_not_to_be(world: World) -> None:
    undeclared = world.rows(
        """
        select table_name || '.' || attribute.attname as name
        from (
            select class.oid, class.relname as table_name,
                string_to_array(encode(tgargs, 'escape'), '\\000') as arguments
            from pg_trigger
            join pg_class class on class.oid = tgrelid
            where tgname = 'record_insert'
        ) audited
        join pg_attribute attribute on attribute.attrelid = audited.oid
        where attribute.attnum > 0
            and attribute.attname <> all (arguments)
            and attribute.attname ~ %s
        """,
        "name|mail|phone|address|_lat$|_lng$|note|birth|bio|avatar|licen|review|url$",
    )
    assert {row["name"] for row in undeclared} == {
        "learner_details.is_birth_self_declared",
        "organizations.name",
        "platform_admins.note",
        # The platform's own.
        "platform_registrations.address",
        "platform_registrations.legal_name",
        "rate_cards.name",
        "subscription_plans.name",
        "subscription_products.name",
        "trips.phone_skew_seconds",
    }


def test_every_table_of_people_and_money_is_audited(world: World) -> None:
    unaudited = world.rows(
        """
        select class.relname as name
        from pg_class class
        where class.relnamespace = 'public'::regnamespace
            and class.relkind in ('r', 'p')
            and not exists (
                select from pg_trigger where tgrelid = class.oid and tgname = 'record_insert'
            )
        """
    )
    assert {row["name"] for row in unaudited} == {
        "audit_logs",
        # Follow from rows that are audited.
        "bookable_slots",
        "cancellation_tiers",
        "instructor_learners",
        "payment_items",
        "payout_items",
        "payout_run_results",
        # Say themselves what became of them.
        "messages",
        "message_contents",
        "setup_intents",
        # A journal itself.
        "credit_entries",
        "fee_invoices",
        "reconciliation_reports",
    }


# Who reads it


def test_admins_read_the_log_of_their_organization_alone(world: World) -> None:
    here, there = world.organization(), world.organization()
    owner, learner = world.member(here, "owner"), world.member(here, "learner")
    with world.acting_as(owner):
        seen = world.rows("select distinct org_id from public.audit_logs")
    assert seen == [{"org_id": here}]
    for person in (learner, world.member(there, "instructor")):
        with world.acting_as(person):
            assert world.count("public.audit_logs") == 0


def test_the_platforms_reasons_are_for_the_platform(world: World) -> None:
    school = world.organization()
    owner = world.member(school, "owner")
    world.call(
        world.admin(),
        "public.admin_set_terms",
        p_org_id=school,
        p_reason="They are about to go bankrupt.",
        p_fee_bps=2000,
    )
    assert last_entry(world)["reason"] == "They are about to go bankrupt."
    with world.acting_as(owner):
        assert world.rows("select id from public.audit_logs where action = 'update'")
    for columns in ("reason", "*"):
        with world.refusing("42501"), world.acting_as(owner):
            world.rows(f"select {columns} from public.audit_logs")


@pytest.mark.parametrize(
    ("change", "key"),
    [
        (
            "update private.status_transitions set actors = '{studio}'"
            " where (entity, from_status, to_status) = ('booking', 'held', 'confirmed')",
            "booking held -> confirmed",
        ),
        (
            "insert into private.status_transitions"
            " values ('booking', 'cancelled', 'held', '{user}')",
            "booking cancelled -> held",
        ),
        (
            "delete from private.status_transitions where to_status = 'declined'"
            " and (entity, from_status) = ('booking', 'requested')",
            "booking requested -> declined",
        ),
        ("update private.currencies set minimum_charge_cents = 1 where code = 'gbp'", "gbp"),
        ("update private.payee_countries set crosses_borders = true where code = 'AU'", "AU"),
    ],
)
def test_whoever_changes_a_rule_in_studio_is_known(world: World, change: str, key: str) -> None:
    with world.in_studio():
        world.rows(change)
    entry = last_entry(world)
    assert (entry["entity_id"], entry["actor_kind"]) == (key, "studio")


def test_nobody_writes_the_log_through_the_api(world: World) -> None:
    admin = world.admin()
    for statement in (
        "insert into public.audit_logs (entity_type, entity_id, action, new_values, actor_kind)"
        " values ('bookings', '1', 'insert', '{}', 'user')",
        "update public.audit_logs set reason = 'x'",
        "delete from public.audit_logs",
        "truncate public.audit_logs",
    ):
        for role in ("authenticated", "service_role"):
            with world.refusing("42501"), world.acting_as(admin, role):
                world.connection.execute(statement)


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
    world.maintain()
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


@pytest.fixture
def proxy(world: World) -> None:
    """The platform's proxy says in X-Client-Address who is calling."""
    world.connection.execute("set local lplate.client_address_header = 'X-Client-Address'")


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("10.0.0.1, 10.0.0.2 , 203.0.113.7 ", "203.0.113.7"),
        ("10.0.0.1,2001:db8::1", "2001:db8::1"),
        ("::ffff:203.0.113.7", "::ffff:203.0.113.7"),
    ],
)
@pytest.mark.usefixtures("proxy")
def test_the_address_is_the_one_that_the_proxy_adds(world: World, given: str, address: str) -> None:
    headers = json.dumps({"x-client-address": given, "x-request-id": "req-1"})
    entry = rename(world, world.person(), headers)
    assert (entry["ip"], entry["request_id"]) == (ip_address(address), "req-1")


CLAIMED = ["x-forwarded-for", "x-real-ip", "forwarded", "cf-connecting-ip", "true-client-ip"]


@pytest.mark.parametrize("header", CLAIMED)
def test_what_a_caller_claims_in_a_header_of_their_own_is_no_address(
    world: World, header: str
) -> None:
    headers = json.dumps({header: "203.0.113.7"})
    assert rename(world, world.person(), headers)["ip"] is None
    world.connection.execute("set local lplate.client_address_header = 'x-client-address'")
    assert rename(world, world.person(), headers)["ip"] is None


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
@pytest.mark.usefixtures("proxy")
def test_an_address_that_is_none_is_left_out(world: World, forwarded: object) -> None:
    headers = json.dumps({"x-client-address": forwarded, "x-request-id": "req-1"})
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


@pytest.mark.slow
@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    headers=printable
    | st.dictionaries(
        st.sampled_from(["x-client-address", "x-request-id", "user-agent"]),
        printable | st.ip_addresses().map(str) | st.integers() | st.none(),
    ).map(json.dumps)
)
@pytest.mark.usefixtures("proxy")
def test_no_header_stops_a_change(world: World, headers: str) -> None:
    with world.connection.transaction(force_rollback=True):
        assert rename(world, world.person(), headers)["actor_kind"] == "user"


@pytest.mark.parametrize(
    ("columns", "redacted"),
    [
        ([], {"a": "1", "b": None}),
        (["a"], {"a": "(personal)", "b": None}),
        (["b"], {"a": "1", "b": None}),
        (["a", "b", "c"], {"a": "(personal)", "b": None}),
    ],
)
def test_columns_with_a_value_are_hidden(
    world: World, columns: list[str], redacted: dict[str, str | None]
) -> None:
    assert (
        world.value(
            "select extensions.hstore_to_jsonb("
            "private.redact(extensions.hstore(array['a', '1', 'b', null]), %s::text[]))",
            columns,
        )
        == redacted
    )


def test_no_image_stays_none(world: World) -> None:
    assert world.value("select private.redact(null, '{a}')") is None
