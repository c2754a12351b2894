"""What a function requires of its caller and its arguments."""

from __future__ import annotations

import pytest

from tests.factories import World


@pytest.mark.parametrize("given", ["gbp", "GBP", "Gbp"])
def test_a_known_currency_is_its_lower_case_code(world: World, given: str) -> None:
    assert world.value("select private.require_currency(%s)", given) == "gbp"


@pytest.mark.parametrize("given", [None, "", "xyz", " gbp", "gb", "gbp\n", "£", "%", "g_p"])
def test_any_other_is_refused(world: World, given: str | None) -> None:
    with world.refusing("PT422", "unknown_currency"):
        world.value("select private.require_currency(%s)", given)
