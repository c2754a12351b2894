"""What answers a dispute as one PDF, as Stripe takes it: at most 5 MB and 19 pages."""

import re
from pathlib import Path
from typing import Any

from lplate.papers import money_in, typeset_for_reader

TEMPLATE = Path(__file__).with_name("evidence.typ")
MAX_PAGES, MAX_BYTES = 19, 5_000_000
PAGE_COUNT = re.compile(rb"/Type\s*/Pages\b.*?/Count (\d+)", re.DOTALL)

# How much is told, the most first: lessons, messages, and characters of a message.
MEASURES = ((60, 100, 600), (60, 60, 160), (40, 30, 0), (20, 10, 0))


class TooLong(Exception):
    """No measure makes the evidence short enough for Stripe."""


def render(evidence: dict[str, Any], fonts_dir: Path | None = None) -> bytes:
    """Return the PDF of a dispute's evidence, as dispute_evidence gives it.

    What does not fit on 19 pages is shortened, messages first, and the paper says so. Raises
    TooLong.
    """
    for lessons, messages, characters in MEASURES:
        told = describe(evidence, lessons, messages, characters)
        pdf = typeset_for_reader(TEMPLATE, told, fonts_dir)
        if count_pages(pdf) <= MAX_PAGES and len(pdf) <= MAX_BYTES:
            return pdf
    raise TooLong("The evidence does not fit on 19 pages. Tell its most important part by hand.")


def count_pages(pdf: bytes) -> int:
    """Return how many pages a PDF of ours has."""
    found = PAGE_COUNT.search(pdf)
    if found is None:
        raise ValueError("no PDF of the typesetter's")
    return int(found[1])


def describe(
    evidence: dict[str, Any], lessons: int = 60, messages: int = 100, characters: int = 600
) -> dict[str, Any]:
    """Return what the document says, every amount as it is printed."""
    money = money_in(evidence["minor_digits"])
    shown = evidence["messages"][:messages]
    return evidence | {
        "currency": evidence["currency"].upper(),
        "time_zone": evidence["time_zone"].replace("_", " "),
        "amount": money(evidence["amount_cents"]),
        "paid": money(evidence["paid_cents"]),
        "refunds": [
            refund | {"amount": money(refund["amount_cents"])} for refund in evidence["refunds"]
        ],
        "bookings": [
            booking | {"policy_words": describe_policy(booking["tiers"])}
            for booking in evidence["bookings"][:lessons]
        ],
        "messages": [
            message | {"body": shorten(message["body"] or "", characters)} for message in shown
        ],
        "left_out": {
            "lessons": max(len(evidence["bookings"]) - lessons, 0),
            "messages": max(len(evidence["messages"]) - messages, 0),
        },
    }


def describe_policy(tiers: list[dict[str, int]]) -> str:
    """Say what a policy gives back: 100 % until 24 hours before the start, 50 % until the start."""
    parts = []
    for tier in tiers:
        share = f"{tier['refund_bps'] / 100:g} %"
        notice = tier["notice_minutes"]
        if notice == 0:
            parts.append(f"{share} until the start")
        elif notice % 60:
            parts.append(f"{share} until {notice} minutes before the start")
        else:
            parts.append(f"{share} until {notice // 60} hours before the start")
    return ", ".join([*parts, "nothing after it"])


def shorten(text: str, characters: int) -> str:
    """Return the beginning of a text."""
    text = " ".join(text.split())
    return text if len(text) <= characters else text[:characters].rstrip() + " …"
