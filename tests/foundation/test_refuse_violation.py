"""A constraint that is broken becomes a refusal that names it."""

from __future__ import annotations

import psycopg
import pytest

from tests.factories import World


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["fee_is_a_fraction", ""], "fee_is_a_fraction", "That breaks a rule: fee is a fraction."),
        (["", ""], "value_out_of_range", "That breaks a rule: value out of range."),
        ([None, None], "value_out_of_range", "That breaks a rule: value out of range."),
        (["", "full_name"], "value_missing", "The full name is missing."),
    ],
)
def test_the_rule_is_the_code_and_the_message(
    world: World, arguments: list[str | None], code: str, message: str
) -> None:
    with pytest.raises(psycopg.Error) as refused, world.connection.transaction():
        world.value("select private.refuse_violation(%s, %s)", *arguments)
    error = refused.value.diag
    assert (refused.value.sqlstate, error.message_primary) == ("PT422", message)
    assert error.message_detail == f'{{"code": "{code}"}}'
    assert error.message_hint
