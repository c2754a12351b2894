"""A person gets everything that is held about them; export and erasure know the same tables."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID, uuid4

import pytest
from psycopg.types.json import Jsonb

from tests.factories import Booking, Instructor, World
from tests.operations.test_erase_person import (  # noqa: F401  (fixtures)
    MARK,
    erase,
    guardian,
    instructor,
    learner,
    traces,
)
from tests.schools.conftest import School

# Each side of a person, and what tells about it.
TOLD_BY = {
    "learners": {"rows_about_learners", "rows_of_lessons_taken", "rows_of_money_spent"},
    "instructors": {"rows_about_instructors", "rows_of_lessons_given", "rows_of_money_earned"},
    "guardians": {"rows_about_guardian"},
    "profiles": {"rows_about_login", "rows_about_guardian", "rows_of_payments_made"},
}
ERASING = (
    *("erase_person", "withdraw_offers", "forget_addresses", "erase_messages_to"),
    *("forget_customer", "anonymise_instructor", "anonymise_learner", "anonymise_guardian"),
    *("erase_messages_about", "erase_trips"),
)

# Every other table, and why it tells nothing about a person that the export does not tell.
NOT_ABOUT_A_PERSON = {
    "a rule or a text of the school's or the platform's": {
        *("private.currencies", "private.message_kinds", "private.payee_countries"),
        "private.status_transitions",
        *("public.cancellation_policies", "public.cancellation_tiers", "public.discount_codes"),
        *("public.instructor_fee_plans", "public.message_templates", "public.organizations"),
        "public.rate_card_items",
        *("public.platform_registrations", "private.fee_invoice_series"),
        *("public.rate_cards", "public.skills", "public.subscription_plans"),
        *("public.subscription_products", "public.terms_versions"),
    },
    "the books: the amounts are in payments, refunds, earnings and payouts": {
        *("private.balance_transactions", "private.ledger_accounts", "private.ledger_entries"),
        *("private.ledger_transactions", "private.month_closings", "private.stripe_movements"),
        "private.month_reports",
        *("private.reconciliation_exceptions", "private.reconciliation_runs"),
        *("public.payout_runs", "public.reconciliation_reports", "private.uninvoiced_fees"),
    },
    "how a row that is told moves its money": {
        *("private.dispute_transactions", "private.invoice_refunds", "private.open_bookings"),
        "private.open_payments",
        *("private.payout_attempts", "private.return_items", "private.suspense_items"),
        "private.suspense_refunds",
    },
    "what a payment that is told was for, without names": {"private.receipts"},
    "machinery, with ids of rows that are told": {
        *("private.heartbeats", "private.imported_rows", "private.outbox"),
        "private.planned_messages",
        *("private.stripe_news", "private.stripe_objects"),
    },
    "a secret": {"private.invitation_tokens"},
    "what Stripe sent, which goes after thirty days": {
        *("private.webhook_events", "private.webhook_event_bodies"),
    },
}


def export(world: World, caller: UUID, person: UUID | None, reason: str | None = None) -> Any:
    return world.call(caller, "public.export_person", p_user_id=person, p_reason=reason)


def bodies(world: World, *functions: str) -> str:
    found = world.rows(
        "select prosrc from pg_proc where pronamespace = 'private'::regnamespace"
        " and proname = any (%s)",
        list(functions),
    )
    assert len(found) == len(functions)
    return "\n".join(row["prosrc"] for row in found)


def told(world: World, *functions: str) -> set[str]:
    """The tables that functions of the export name."""
    return set(re.findall(r"select\s+'(\w+\.\w+)'", bodies(world, *functions)))


def all_told(world: World) -> set[str]:
    return told(world, *sorted(set().union(*TOLD_BY.values())))


# By the catalog


def test_every_table_is_told_or_is_not_about_a_person(world: World) -> None:
    tables = {
        row["name"]
        for row in world.rows(
            "select format('%%s.%%s', relnamespace::regnamespace, relname) as name from pg_class"
            " where relnamespace in ('public'::regnamespace, 'private'::regnamespace)"
            " and relkind in ('r', 'p') and not relispartition"
        )
    }
    left_out = set().union(*NOT_ABOUT_A_PERSON.values())
    assert left_out & all_told(world) == set()
    of_tests = {"private.test_clock"}
    assert tables - left_out - of_tests == all_told(world) - {"auth.users"}


def test_whoever_a_row_names_is_told_of_it(world: World) -> None:
    """What points to somebody is told on their side; what somebody did is in the audit log."""
    references = world.rows(
        """
        select
            format('%%s.%%s', class.relnamespace::regnamespace, class.relname) as table,
            referenced.relname as side,
            attribute.attname as column,
            exists (
                select from pg_trigger where tgrelid = class.oid and tgname = 'record_update'
            ) as is_audited
        from pg_constraint named
        join pg_class class on class.oid = named.conrelid
        join pg_class referenced on referenced.oid = named.confrelid
        join pg_attribute attribute
            on attribute.attrelid = class.oid
            and attribute.attnum = named.conkey[array_length(named.conkey, 1)]
        where named.contype = 'f'
            and named.conparentid = 0
            and referenced.relnamespace = 'public'::regnamespace
            and referenced.relname in ('learners', 'instructors', 'guardians', 'profiles')
            and class.relnamespace in ('public'::regnamespace, 'private'::regnamespace)
        """
    )
    sides = {side: told(world, *sorted(functions)) for side, functions in TOLD_BY.items()}
    missing = {
        (row["table"], row["column"])
        for row in references
        if row["table"] not in sides[row["side"]]
        and not (row["column"] == "user_id" and row["table"] in all_told(world))
        and not (row["side"] == "profiles" and "_by" in row["column"] and row["is_audited"])
    }
    assert len(references) > 80
    assert missing == set()


def test_what_is_erased_is_told(world: World) -> None:
    erased = re.findall(
        r"(?:update|delete from) ((?:public|private)\.\w+)", bodies(world, *ERASING)
    )
    assert len(set(erased)) > 20
    assert set(erased) <= all_told(world)


# By what is written


@pytest.mark.parametrize("who", ["learner", "instructor", "guardian"])
def test_whatever_erasure_finds_is_told(
    school: School, who: str, request: pytest.FixtureRequest
) -> None:
    world, made = school.world, request.getfixturevalue(who)
    person = made.user_id if isinstance(made, Instructor) else made.learner
    # A message to somebody else that names the person is the other's, though erasure ends it.
    marked = traces(world) - {"public.message_contents"}
    learner_ids, instructor_ids = (
        [row["id"] for row in world.rows(f"select id from {table} where user_id = %s", person)]
        for table in ("public.learners", "public.instructors")
    )
    document = export(world, person, person)
    assert document["person_id"] == str(person)
    assert marked <= {
        table for table, rows in document["tables"].items() if MARK.lower() in str(rows).lower()
    }
    erase(world, person, person)
    left = world.rows(
        "select table_name, content::text as row from private.rows_about_person(%s, %s, %s)"
        " where table_name <> 'auth.users'",
        person,
        learner_ids,
        instructor_ids,
    )
    assert left != []
    assert [row for row in left if MARK.lower() in row["row"].lower()] == []


def test_amounts_and_times_are_told(school: School, learner: Booking) -> None:  # noqa: F811
    tables = export(school.world, learner.learner, learner.learner)["tables"]
    (payment,) = tables["public.payments"]
    assert payment["amount_cents"] == learner.payment["amount_cents"]
    assert len(tables["public.bookings"]) == len(tables["public.lessons"]) == 1
    assert "public.earnings" not in tables


def test_what_a_person_was_told_is_told(school: School, learner: Booking) -> None:  # noqa: F811
    tables = export(school.world, learner.learner, learner.learner)["tables"]
    told_of = {message["kind"] for message in tables["public.messages"]}
    assert "booking_confirmed" in told_of
    addresses = {content["to_address"] for content in tables["public.message_contents"]}
    assert f"{MARK}@example.org".lower() in {str(address).lower() for address in addresses}


def test_what_a_learner_wrote_is_not_the_instructors(school: School) -> None:
    world, ann = school.world, school.instructor
    slot = world.slot(world.service(ann))
    world.book(school.learner, slot, p_notes=MARK, p_pickup=Jsonb({"address": f"{MARK} Road"}))
    document = export(world, ann.user_id, ann.user_id)
    assert len(document["tables"]["public.bookings"]) == 1
    assert MARK not in str(document)
    assert MARK in str(export(world, school.learner, school.learner))


def test_a_refund_is_told_to_who_paid_and_not_to_who_made_it(school: School) -> None:
    world, ann = school.world, school.instructor
    child = world.child(school.id)
    payer = world.guardian(child, view=True, book=True, pay=True)
    slot = world.slot(world.service(ann))
    booked = world.book(payer, slot, p_learner_id=child)
    booking = Booking(world, booked["booking_id"], payer, ann, slot)
    booking.pay()
    world.cancel(school.admin, booking.id)
    assert world.value("select requested_by from public.refunds") == school.admin
    assert "public.refunds" not in export(world, school.admin, school.admin)["tables"]
    (refund,) = export(world, payer, payer)["tables"]["public.refunds"]
    assert refund["amount_cents"] == booking.payment["amount_cents"]


def test_no_secret_is_told(school: School, learner: Booking) -> None:  # noqa: F811
    document = str(export(school.world, learner.learner, learner.learner))
    assert "unsubscribe_token" not in document
    assert "token_hash" not in document


# Who may


def test_a_platform_admin_exports_with_a_reason_and_leaves_a_trace(school: School) -> None:
    world, admin = school.world, school.world.admin()
    for reason in (None, "", "x" * 501):
        with world.refusing("PT422", "reason_required"):
            export(world, admin, school.learner, reason)
    document = export(world, admin, school.learner, "Asked by letter")
    assert document == export(world, school.learner, school.learner)
    (entry,) = world.rows(
        "select * from public.audit_logs where reason = 'Asked by letter' and user_id = %s", admin
    )
    assert (entry["entity_type"], entry["entity_id"]) == ("profiles", str(school.learner))


@pytest.mark.parametrize("caller", ["owner", "admin", "instructor", "stranger"])
def test_nobody_else_exports(school: School, caller: str) -> None:
    world = school.world
    with world.unchanged(), world.refusing("42501", "not_an_admin"):
        export(world, school.who(caller), school.learner, "Because")


def test_an_unknown_person_is_not_found(school: School) -> None:
    world, admin = school.world, school.world.admin()
    for person in (uuid4(), None):
        with world.unchanged(), world.refusing("PT404", "person_not_found"):
            export(world, admin, person, "Because")
