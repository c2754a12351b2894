"""What a name, an address and a link look like, for every door that takes one."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.factories import World

INVISIBLE = [
    " ",
    "\t",
    "\n",
    "\u00a0",
    "\u00ad",
    "\u034f",
    "\u115f",
    "\u200b",
    "\u200d\u200d",
    "\u2028",
    "\u202e",
    "\u2060",
    "\u2800",
    "\u3000",
    "\u3164",
    "\ufe0f",
    "\ufeff",
    "\uffa0",
    "\U000e0041",
    " \u200b\u2800\u00a0 ",
]


@pytest.mark.parametrize("text", INVISIBLE, ids=ascii)
def test_what_nobody_can_see_is_neither_visible_nor_a_line(world: World, text: str) -> None:
    assert not world.value("select private.is_visible(%s)", text)
    assert not world.value("select private.is_line(%s)", text)


@pytest.mark.parametrize(
    "text",
    [
        "Ann",
        "Ann Bell-O'Hara",
        "Ж",
        "李",
        "مرحبا",
        "👩‍🏫",
        "❤️",
        "प्रिया",
        "क्\u200dष",
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        "<b>",
        ".",
    ],
)
def test_a_name_in_any_script_is_a_line(world: World, text: str) -> None:
    assert world.value("select private.is_line(%s)", text)


@pytest.mark.parametrize(
    "text",
    ["Ann\n", "Ann\r\nBell", "Ann\x07", "Ann\x85", "Ann\u2028", "Ann\u202egnp", "A\u2066nn"],
    ids=ascii,
)
def test_a_line_has_no_end_within_and_turns_no_writing_round(world: World, text: str) -> None:
    assert world.value("select private.is_visible(%s)", text)
    assert not world.value("select private.is_line(%s)", text)


def test_nothing_is_a_line_that_shows_nothing(world: World) -> None:
    assert world.value("select private.is_line('')")
    assert not world.value("select private.is_visible('')")
    assert world.value("select private.is_line(null)") is None


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_what_a_letter_is_part_of_is_visible(world: World, text: str) -> None:
    """By Unicode's categories, of which the rule knows nothing."""
    categories = {unicodedata.category(character) for character in text}
    if categories & {"Lu", "Ll", "Nd", "Sm", "Sc", "Pd"}:
        assert world.value("select private.is_visible(%s)", text)
    if categories & {"Cc", "Zl", "Zp"}:
        assert not world.value("select private.is_line(%s)", text)
    if categories <= {"Cc", "Zl", "Zp", "Zs"}:
        assert not world.value("select private.is_visible(%s)", text)


@pytest.mark.parametrize(
    "address", ["ann@example.org", "a@b", "Ann.O'Hara+x@mail.example.co.uk", "1_2@x-y.org"]
)
def test_one_address_is_an_address(world: World, address: str) -> None:
    assert world.value("select private.is_email(%s)", address)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "@",
        "ann",
        "ann@",
        "@example.org",
        "ann@@example.org",
        "ann@example.org\n",
        "ann@example.org\u00a0",
        " ann@example.org",
        "Ann <ann@example.org>",
        "<ann@example.org>",
        "ann@example.org,ben@example.org",
        "ann@example.org;ben@example.org",
        "ann@example.org ben@example.org",
        "ann@exa\u200bmple.org",
        "ann@example..org",
        "ann@example.org.",
        "ann@-example.org",
        "ann@\u0435xample.org",  # with a Cyrillic letter
    ],
    ids=ascii,
)
def test_nothing_else_is_an_address(world: World, text: str) -> None:
    assert not world.value("select private.is_email(%s)", text)


@pytest.mark.parametrize(
    ("text", "is_link"),
    [
        ("https://example.org/a?b=c#d", True),
        ("http://example.org", True),
        ("https://example.org/žluť", True),
        ("https://example.org/" + "x" * 1980, True),
        ("https://example.org/" + "x" * 1981, False),
        ("https://", False),
        ("javascript:alert(1)", False),
        ("//example.org", False),
        ("https://example.org/ x", False),
        ("https://example.org/\n", False),
        ("https://example.org/\u202egnp.exe", False),
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_a_link_leads_to_the_web_and_can_be_read(world: World, text: str, is_link: bool) -> None:
    assert world.value("select private.is_link(%s)", text) == is_link


@pytest.mark.parametrize(
    ("labels", "are_lines"),
    [
        ("{}", True),
        ('{"instructor": "coach", "learner": ""}', True),
        ('{"instructor": "\\u200b"}', False),
        ('{"instructor": {"one": "coach"}}', False),
        ('{"instructor": ["coach"]}', False),
        ('{"instructor": null}', False),
        ('{"instructor": 1}', False),
    ],
)
def test_labels_are_words(world: World, labels: str, are_lines: bool) -> None:
    assert world.value("select private.values_are_lines(%s)", labels) == are_lines
