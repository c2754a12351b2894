"""A text is cut at a word where it can be, and says that it was."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.factories import World


def shorten(world: World, text: str | None, length: int) -> str | None:
    short: str | None = world.value("select private.shorten(%s, %s)", text, length)
    return short


@pytest.mark.parametrize(
    ("text", "short"),
    [
        (None, None),
        ("", ""),
        ("ten chars.", "ten chars."),
        ("eleven char", "eleven…"),
        ("onelongwordalone", "onelongwo…"),
        ("a b c d e f g", "a b c d…"),
        ("line\nbreak here", "line…"),
        ("éééé éééé éééé", "éééé…"),
    ],
)
def test_a_text_is_cut_at_a_word(world: World, text: str | None, short: str | None) -> None:
    assert shorten(world, text, 10) == short


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=st.text(st.sampled_from("ab é\n\t😀.…"), max_size=60), length=st.integers(1, 50))
def test_a_short_text_is_a_beginning_that_fits(world: World, text: str, length: int) -> None:
    short = shorten(world, text, length)
    assert short is not None
    assert len(short) <= length
    if len(text) <= length:
        assert short == text
    else:
        assert short.endswith("…")
        assert text.startswith(short[:-1])
