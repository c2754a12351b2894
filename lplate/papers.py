"""Papers for people to keep: typeset in PDF/A (for archives) and PDF/UA (for screen readers).

The fonts are the typesetter's own (Latin, Greek, Cyrillic, Hebrew, Arabic), the machine's, and
those of a folder. The same contents and fonts give the same bytes.
"""

import json
import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import typst

WITHOUT_GLYPH = re.compile(r'the text `"(.+?)"` could not be displayed')
ESCAPED = re.compile(r"\\u\{([0-9a-f]+)\}")
# Formatting that is not seen, such as joiners and overrides of direction.
UNSEEN = re.compile("[\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u2069\\ufe00-\\ufe0f\\ufeff]")
# What the typesetter's own fonts can be trusted with: Latin, Greek, Cyrillic, and signs.
PLAIN = "\\x20-\\u0525\\u1e00-\\u1fff\\u2010-\\u2027\\u2030-\\u205e\\u20a0-\\u20ba\\ufffd"
REFUSED = (re.compile(f"[^{PLAIN}\\u0590-\\u06ff]"), re.compile(f"[^{PLAIN}]"))
# More marks on a letter than any language writes.
PILE = re.compile("([\\u0300-\\u036f]{3})[\\u0300-\\u036f]+")
UNKNOWN = "\N{REPLACEMENT CHARACTER}"

Money = Callable[[int], str]


class NoGlyph(Exception):
    """No font at hand has a character of the paper. The message says what to do."""


def typeset(template: Path, contents: dict[str, Any], fonts_dir: Path | None = None) -> bytes:
    """Return the PDF that a template makes of its contents. Raises NoGlyph."""
    try:
        return typst.compile(
            template,
            sys_inputs={"contents": json.dumps(contents)},
            font_paths=[fonts_dir] if fonts_dir else [],
            pdf_standards=["a-2a", "ua-1"],
        )
    except typst.TypstError as error:
        strange = "".join(dict.fromkeys(WITHOUT_GLYPH.findall(str(error))))
        if not strange:
            raise
        raise NoGlyph(
            f"No font on this machine has {strange}. Install one that has, such as Noto Sans CJK,"
            " or name a folder of fonts in STATEMENT_FONTS_DIR."
        ) from None


def typeset_for_reader(
    template: Path, contents: dict[str, Any], fonts_dir: Path | None = None
) -> bytes:
    """Return the PDF, with a mark in place of every character that no font at hand has.

    A person who asks for a receipt cannot install a font, and is better served with a marked gap.
    What people call themselves stops nobody's paper: what the typesetter cannot do with is marked.
    """
    contents = _each_text(contents, lambda text: PILE.sub(r"\1", UNSEEN.sub("", text)))
    for refused in REFUSED:
        try:
            return typeset(template, contents, fonts_dir)
        except NoGlyph:
            pass
        except BaseException as error:
            if type(error).__name__ != "PanicException":  # how the typesetter's own faults come
                raise
        contents = _each_text(contents, partial(refused.sub, UNKNOWN))
    return typeset(template, contents, fonts_dir)


def _each_text(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {name: _each_text(part, change) for name, part in value.items()}
    return [_each_text(part, change) for part in value] if isinstance(value, list) else value


def money_in(digits: int) -> Money:
    """Return how amounts in the minor unit are printed, by the digits of their currency."""

    def money(cents: int) -> str:
        amount = f"{Decimal(cents).scaleb(-digits):,.{digits}f}"
        return amount.replace("-", "\N{MINUS SIGN}")

    return money


def spell(day: str, *, short: bool = False) -> str:
    """Write an ISO date as people read it: 30 January 2026, or 30 Jan 2026."""
    on: date = datetime.fromisoformat(day).date()
    return f"{on.day} {on:%b %Y}" if short else f"{on.day} {on:%B %Y}"
