"""What is searched for is found as it was typed, signs that mean something to Postgres included."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.factories import World

texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)
odd_texts = st.text(st.sampled_from("%_\\ab"), max_size=6)


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(sought=texts | odd_texts, before=texts | odd_texts, after=texts | odd_texts)
def test_a_text_contains_itself(world: World, sought: str, before: str, after: str) -> None:
    contains = "select %s like private.like_pattern(%s)"
    assert world.value(contains, before + sought + after, sought)
    assert world.value(contains, before + after, sought) == (sought in before + after)


def test_no_text_is_no_pattern(world: World) -> None:
    assert world.value("select private.like_pattern(null)") is None
