"""No list is cut without a word: the Data API answers with 1,000 rows at most, and status 200."""

from __future__ import annotations

import re
from typing import Any

import psycopg

FUNCTIONS = """
    select function.proname, function.proargnames as names,
        coalesce(obj_description(function.oid, 'pg_proc'), '') as comment
    from pg_proc function
    where function.pronamespace = 'public'::regnamespace
        and function.proretset
"""
CURSORS = {"p_after", "p_after_id", "p_before"}
ONE_ROW = "returns what it has done, found or reckoned, as one row"
FEW = "so few that they are one page"
WRITTEN = "a statement in a fixed order, of which the Data API's range is a page"

# Functions that return rows without a page size and a cursor of their own, and why they may.
WHOLE = {
    **dict.fromkeys(
        (
            *("admin_find_person", "buy_credits", "cancel_booking", "check_discount_code"),
            *("create_booking_with_payment", "create_referral_code", "current_terms"),
            *("find_organization", "finish_trip", "instructor_contact", "invite_member"),
            *("preview_cancellation", "reassign_booking", "refund_credits", "request_booking"),
            *("reschedule_booking", "transfer_credit", "withdraw_from_order"),
            "withdraw_from_subscription",
        ),
        ONE_ROW,
    ),
    **dict.fromkeys(("list_currencies", "list_time_zones"), FEW),
    **dict.fromkeys(("payout_statement", "year_statement"), WRITTEN),
    "admin_reconciliation_exceptions": "at most 1,000, and what is to be worked off comes first",
    "cancel_day": "the lessons of one day",
    "cancel_series": "the lessons of a series, of which there are 52 at most",
    "cancellation_policy": "the tiers of one policy",
    "credit_balance": "one row an instructor and service whose hours the caller has",
    "learner_progress": "one row a skill that the organization teaches",
    "my_balance": "one row an organization and currency",
    "my_message_preferences": "one row a kind and channel",
    "my_platform_report": "one row a quarter of a year, for each payee of the caller",
    "my_next_payout": "what one payday pays, and what waits for the next",
    "offboard_instructor": "one row a lot that is refunded with the act",
    "organization_templates": "one row a kind, channel and language",
    "organization_kpis": "one row a month",
    "organization_learner_revenue": "one row a month and currency",
    "preview_series_cancellation": "the lessons of a series, of which there are 52 at most",
    "quote_booking": "the lines of one price",
    "request_booking_series": "the lessons of a series, of which there are 52 at most",
    "request_series_paid_later": "the lessons of a series, of which there are 52 at most",
    "reward_balance": "one row an organization",
    "timeline": "has a cursor; its pages hold 1,000 rows, and all that happened at one moment",
}


def lists(connection: psycopg.Connection[Any]) -> dict[str, tuple[set[str], str]]:
    """The parameters and the comment of each public function that returns rows."""
    return {
        name: (set(names or []), comment)
        for name, names, comment in connection.execute(FUNCTIONS).fetchall()
    }


def faults(found: dict[str, tuple[set[str], str]]) -> list[str]:
    """Lists that are cut without a word."""
    return sorted(
        name
        for name, (parameters, comment) in found.items()
        if name not in WHOLE
        and not (
            "p_limit" in parameters
            and parameters & CURSORS
            and re.search(r"[Ii]n pages of (p_limit, )?at most [\d,]+", comment)
        )
    )


def test_every_list_comes_in_pages_or_is_short_for_a_reason(
    db: psycopg.Connection[Any],
) -> None:
    found = lists(db)
    assert faults(found) == []
    assert WHOLE.keys() <= found.keys()
    assert {name for name in found if name.startswith("list_")} - WHOLE.keys()


def test_a_list_without_a_cursor_or_a_word_about_it_is_seen() -> None:
    said = "All of them, in pages of at most 200."
    assert faults({"list_faults": ({"p_limit", "p_after"}, said)}) == []
    assert faults({"list_faults": ({"p_limit"}, said)}) == ["list_faults"]
    assert faults({"list_faults": ({"p_limit", "p_after"}, "All.")}) == ["list_faults"]
    assert faults({"list_faults": (set(), said)}) == ["list_faults"]
