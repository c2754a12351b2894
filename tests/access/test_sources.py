"""Rules that the files of sql/ keep, and the catalogue of error codes in sql/README.md."""

from __future__ import annotations

import re

import pytest

from tests.access.sources import Refusal, Sources
from tools.cluster import ROOT

SQL = Sources.read()

# | `slot_taken` | 409 | refuse_taken_slot, ... | meaning | next step |
LINE = re.compile(r"^\| `(\w+)` \| (\d{3}) \| ([\w, ]+) \| [^|]+ \| [^|]+ \|$", re.MULTILINE)
DISCOUNTS = {
    *("code_not_checked", "code_not_valid"),
    *("discount_with_credit", "one_discount_at_a_time"),
}
PAID_LATER = {"not_paid_later", "too_many_lessons_paid_later", "lesson_was_not_paid"}
# What a shared function refuses, and cannot have to refuse here.
NEVER_REACHED = {
    # A session is offered by its own instructor, so create_service finds nobody to doubt.
    "public.create_session": {"organization_not_found", "instructor_not_found"},
    # The role of owners is given.
    "public.update_organization": {"value_missing"},
    # Rewards take nothing off hours.
    "public.buy_credits": {"one_discount_at_a_time"},
    # Hours move without a code.
    "public.transfer_credit": DISCOUNTS,
    # What is booked so is paid in the checkout.
    "public.create_booking_with_payment": PAID_LATER,
    "public.request_booking": PAID_LATER,
    # A series and a new time take no code and no rewards; who moves to a new time is known.
    "public.request_booking_series": DISCOUNTS | PAID_LATER,
    # It takes no hours either, no places and no client's key.
    "public.request_series_paid_later": DISCOUNTS
    | {"bad_place", "client_key_reused", "credit_changed", "insufficient_credit"},
    "public.reschedule_booking": DISCOUNTS | {"own_lesson", "bad_place", "learner_spends"},
    # A time that cannot be paid for is left out of the list, which is asked about no single time.
    "public.list_reschedule_times": DISCOUNTS
    | {"same_time", "price_missing", "amount_too_small", "amount_too_large", "insufficient_credit"},
    # A lesson ahead of one's own school; without a place, a client's key, hours or a code.
    "public.reassign_booking": DISCOUNTS
    | PAID_LATER
    | {
        *("bad_place", "client_key_reused", "credit_changed", "insufficient_credit"),
        *("learner_spends", "may_not_book", "not_yourself", "slot_in_the_past"),
    },
    # The next free time is asked of lessons that are offered.
    "public.search_directory": {"bad_time_range", "service_not_found"},
    # Bookings of one's own school, and all that is left of lots that are not disputed.
    "public.offboard_instructor": {
        *("booking_not_found", "bad_minutes", "client_key_reused"),
        *("payment_disputed", "refund_exceeds_payment", "insufficient_credit"),
    },
}
# What everything that only an admin of the platform may do can come to; sql/README.md says so once.
OF_THE_PLATFORM = {"second_factor_required"}
STATUSES = {"42501": "403", "PT404": "404", "PT409": "409", "PT422": "422", "PT429": "429"}


def test_every_code_is_catalogued_with_its_status_and_place() -> None:
    assert catalogued() == {
        (each.code, STATUSES[each.sqlstate], each.raised_in) for each in SQL.refusals
    }


def test_codes_are_sorted_so_that_one_finds_them() -> None:
    codes = [code for code, _, _ in LINE.findall((ROOT / "sql" / "README.md").read_text())]
    assert codes == sorted(codes)


def test_a_code_that_nobody_catalogued_is_found() -> None:
    planted = SQL.changed("sql/10_people/40_require.sql", "'sign_in_required'", "'planted'")
    assert Refusal("planted", "42501", "refuse_visitor") in planted.refusals - SQL.refusals
    assert "sign_in_required" not in {each.code for each in planted.refusals}


@pytest.mark.parametrize("name", sorted(SQL.documented()))
def test_a_function_names_the_errors_that_it_can_come_to(name: str) -> None:
    documented = SQL.documented()[name]
    reachable = SQL.reachable(name) - NEVER_REACHED.get(name, set())
    assert reachable <= documented | (OF_THE_PLATFORM if "not_an_admin" in documented else set())
    assert documented <= reachable | SQL.guarded(name)


@pytest.mark.parametrize("name", sorted(SQL.documented()))
def test_a_function_names_the_tables_whose_rules_become_codes(name: str) -> None:
    documented, ruled = SQL.documented_rules()[name], SQL.ruled(name)
    assert all(documented & tables for tables in ruled)
    assert documented <= set().union(*ruled)


def test_every_public_function_names_its_errors() -> None:
    public = {name for name in SQL.functions if name.startswith("public.")}
    assert SQL.documented().keys() == public


def test_an_error_that_is_not_named_is_found() -> None:
    planted = SQL.changed(
        "sql/55_lessons/20_lessons.sql",
        "begin\n",
        "begin\n    perform private.require_currency('gbp');\n",
    )
    assert planted.reachable("public.start_lesson") - SQL.reachable("public.start_lesson") == {
        "unknown_currency"
    }


def test_a_trigger_whose_refusal_may_be_named_is_found() -> None:
    assert "last_owner" in SQL.guarded("public.remove_member_role")
    assert "last_owner" not in SQL.guarded("public.start_lesson")


def test_rules_that_are_not_named_are_found() -> None:
    planted = SQL.changed(
        "sql/55_lessons/20_lessons.sql",
        "    broken_rule text;\nbegin\n",
        "    broken_rule text;\nbegin\n"
        "    perform private.refuse_violation(broken_rule, missing_column);\n",
    )
    assert planted.ruled("public.start_lesson") == []
    assert [tables & {"public.lessons"} for tables in planted.ruled("public.complete_lesson")] == [
        {"public.lessons"}
    ]
    assert "value_missing" in planted.reachable("public.complete_lesson")


def test_definers_say_why() -> None:
    assert SQL.silent_definers() == []


def test_a_definer_without_a_reason_is_found() -> None:
    planted = SQL.changed("sql/55_lessons/20_lessons.sql", "-- Definer: ", "-- ")
    assert planted.silent_definers() == [
        *("private.start_lesson", "private.complete_lesson", "private.write_lesson_notes")
    ]


def test_what_excludes_is_written_without_waiting() -> None:
    """A plain insert that catches the violation deadlocks under a race."""
    assert SQL.racing_inserts() == []


@pytest.mark.parametrize(
    ("path", "table"),
    [
        ("sql/40_availability/40_occupy.sql", "private.person_calendar"),
        ("sql/40_availability/41_link.sql", "private.person_calendar"),
    ],
)
def test_an_insert_that_waits_is_found(path: str, table: str) -> None:
    planted = SQL.changed(path, "on conflict do nothing", "")
    assert planted.racing_inserts() == [f"{path}: {table}"]


def catalogued() -> set[tuple[str, str, str]]:
    lines = LINE.findall((ROOT / "sql" / "README.md").read_text())
    return {
        (code, status, function)
        for code, status, functions in lines
        for function in functions.split(", ")
    }
