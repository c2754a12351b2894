"""What the tables refuse gets a code: the rule's name, or what is the matter with the value."""

from __future__ import annotations

import json

import psycopg
import pytest

from tests.factories import World


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
