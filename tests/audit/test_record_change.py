"""The log says what changed and no more: no no-op, no personal data, one insert a statement."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from tests.factories import MARKETPLACE, World

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
    service = log.service(log.instructor(), title="Parking")
    forget(log)
    log.connection.execute("delete from public.services where id = %s", [service])
    (entry,) = entries(log)
    assert (entry["action"], entry["entity_id"]) == ("delete", str(service))
    assert (entry["old_values"]["title"], entry["new_values"]) == ("Parking", None)


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
        "insert into public.services (org_id, title, duration_minutes, currency)"
        f" select '{MARKETPLACE}', 'many-' || n, 60, 'gbp' from generate_series(1, {rows}) n",
        "update public.services set duration_minutes = 90 where title like 'many-%'",
        "delete from public.services where title like 'many-%'",
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
        case "text":
            return MARK
        case "bytea":
            return MARK.encode()
        case "text[]":
            return [MARK]
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
            assert entry["new_values"] == {column["name"]: HIDDEN for column in columns}
            assert set(entry["old_values"].values()) <= {HIDDEN, None}
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
            "update public.learners set phone = %s where id = %s", [phone, learner]
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
        "organizations.name",
        "platform_admins.note",
        "rate_cards.name",
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
        "payout_items",
        "payout_run_results",
        # A journal itself.
        "credit_entries",
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
