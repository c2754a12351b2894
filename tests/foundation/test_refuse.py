"""A refusal has a code, a sentence and a next step; append-only tables refuse every change."""

from __future__ import annotations

import json

import psycopg
import pytest

from tests.factories import World


@pytest.mark.parametrize("sqlstate", ["PT404", "PT409", "PT422", "PT429", "42501"])
def test_a_refusal_says_what_is_wrong_and_what_to_do_next(world: World, sqlstate: str) -> None:
    with pytest.raises(psycopg.Error) as refused:
        world.value(
            "select private.refuse(%s, 'slot_taken', %s, %s)",
            sqlstate,
            "That's 100 % taken.",
            'Say "when".',
        )
    diagnosis = refused.value.diag
    assert diagnosis.sqlstate == sqlstate
    assert json.loads(diagnosis.message_detail or "") == {"code": "slot_taken"}
    assert diagnosis.message_primary == "That's 100 % taken."
    assert diagnosis.message_hint == 'Say "when".'


def test_every_refusal_in_the_rules_has_a_status_that_the_data_api_knows(world: World) -> None:
    used = world.rows(
        """
        select distinct match[1] as sqlstate
        from pg_proc function,
            regexp_matches(function.prosrc, 'private\\.refuse\\(\\s*''(.....)''', 'g') match
        where function.pronamespace = 'private'::regnamespace
        """
    )
    assert {row["sqlstate"] for row in used} == {"PT404", "PT409", "PT422", "PT429", "42501"}


@pytest.mark.parametrize(
    ("constraint", "column", "code", "message"),
    [
        (
            "duration_is_in_quarters",
            "",
            "duration_is_in_quarters",
            "That breaks a rule: duration is in quarters.",
        ),
        ("", "display_name", "value_missing", "The display name is missing."),
        ("", "", "value_out_of_range", "A value is out of range."),
    ],
)
def test_a_violation_is_refused_by_name(
    world: World, constraint: str, column: str, code: str, message: str
) -> None:
    with pytest.raises(psycopg.Error) as refused:
        world.value("select private.refuse_violation(%s, %s)", constraint, column)
    diagnosis = refused.value.diag
    assert diagnosis.sqlstate == "PT422"
    assert json.loads(diagnosis.message_detail or "") == {"code": code}
    assert diagnosis.message_primary == message


@pytest.fixture
def journal(world: World) -> World:
    world.connection.execute(
        """
        create table private.journal (line text);
        insert into private.journal values ('first');
        create trigger forbid_change before update or delete on private.journal
            for each row execute function private.forbid_change();
        create trigger forbid_truncate before truncate on private.journal
            for each statement execute function private.forbid_change();
        """
    )
    return world


@pytest.mark.parametrize(
    "statement",
    [
        "update private.journal set line = 'other'",
        "update private.journal set line = line",
        "delete from private.journal",
        "truncate private.journal",
        "merge into private.journal using (values (1)) as one on true when matched then delete",
    ],
)
def test_a_row_stays_as_it_was(journal: World, statement: str) -> None:
    with journal.refusing("PT409", "append_only"):
        journal.connection.execute(statement)
    assert journal.rows("table private.journal") == [{"line": "first"}]


def test_a_row_can_be_added(journal: World) -> None:
    journal.connection.execute("insert into private.journal values ('second')")
    assert journal.count("private.journal") == 2
