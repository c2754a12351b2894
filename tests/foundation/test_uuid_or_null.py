"""What came from outside is a uuid, or nothing."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.factories import World

ID = UUID("c5f0f6a2-6f0b-4f0e-8b0a-0d9a3a1b2c3d")


@pytest.mark.parametrize("text", [str(ID), str(ID).upper(), ID.hex])
def test_a_uuid_is_read_in_every_spelling(world: World, text: str) -> None:
    assert world.value("select private.uuid_or_null(%s)", text) == ID


@pytest.mark.parametrize("text", [None, "", "null", f"{ID}x", str(ID)[:-1], "pi_123", "é"])
def test_anything_else_is_null(world: World, text: str | None) -> None:
    assert world.value("select private.uuid_or_null(%s)", text) is None


@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=st.text(st.characters(exclude_characters="\0", codec="utf-8")))
def test_no_text_is_an_error(world: World, text: str) -> None:
    world.value("select private.uuid_or_null(%s)", text)
