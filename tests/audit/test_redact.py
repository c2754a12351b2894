"""Personal data is named but not shown; that there is none is no secret."""

from __future__ import annotations

import pytest

from tests.factories import World


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
