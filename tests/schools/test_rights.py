"""Nobody raises a role or widens a right, their own or another's: every door is tried."""

from __future__ import annotations

import pytest

from tests.schools.privilege_probe import Marketplace, attempt, calls, writes

pytestmark = pytest.mark.slow

ATTACKERS = ("stranger", "learner", "guardian", "instructor", "admin")


@pytest.mark.parametrize("attacker", ATTACKERS)
def test_no_write_of_any_column_changes_a_right(marketplace: Marketplace, attacker: str) -> None:
    statements = list(writes(marketplace, marketplace.people[attacker]))
    before, outcomes = attempt(marketplace, attacker, statements)
    reached = [row for row in outcomes if row["reached"]]
    changed = {
        statements[row["nth"] - 1]: set(row["held"]) ^ before
        for row in reached
        if set(row["held"]) != before
    }
    # A name that was verified is verified no more once it is another.
    renamed = {
        statement
        for statement, rights in changed.items()
        if statement.startswith("update public.instructors set display_name")
        and all(right.endswith("is verified") and right in before for right in rights)
    }
    assert changed.keys() - renamed == set()
    assert bool(renamed) == (attacker == "admin")
    assert any("update public.profiles set phone" in statements[row["nth"] - 1] for row in reached)
    assert len(statements) > 2000


@pytest.mark.parametrize("attacker", ATTACKERS)
def test_no_call_of_any_function_raises_a_right(marketplace: Marketplace, attacker: str) -> None:
    statements = list(calls(marketplace, marketplace.people[attacker]))
    before, outcomes = attempt(marketplace, attacker, statements)
    reached = [row for row in outcomes if row["reached"]]
    raised = {
        right: statements[row["nth"] - 1] for row in reached for right in set(row["held"]) - before
    }
    # Whom a school pays is for its admins to decide.
    chosen = {right for right in raised if right.startswith("payee of ")}
    assert raised.keys() - chosen == set()
    assert bool(chosen) == (attacker == "admin")
    assert any("become_instructor" in statements[row["nth"] - 1] for row in reached)
    assert len(statements) > 2000
