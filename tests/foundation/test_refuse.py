"""A refusal has a SQLSTATE for HTTP, a sentence, a next step and a code for the machine."""

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
