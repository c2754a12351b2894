"""The week as one page: its calendar, where each pound went, the ledger, and what was refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import cos, radians
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from demo.play import Play
from demo.story import money
from demo.week import DAYS, LONDON, moment_of, spell
from tools.cluster import ROOT

PATH = ROOT / "build" / "demo.html"
OPENS, CLOSES = 9 * 60, 21 * 60  # minutes of the day that the calendar shows


@dataclass(frozen=True)
class Card:
    """A lesson in the calendar; positions in percent of a day's column."""

    top: float
    height: float
    left: float
    width: float
    time: str
    title: str
    who: str
    status: str


@dataclass(frozen=True)
class Part:
    """A part of the money that learners paid."""

    name: str
    cents: int
    meaning: str

    @property
    def amount(self) -> str:
        """Write it for people."""
        return money(self.cents)


@dataclass(frozen=True)
class Road:
    """Where a lesson led: a line, where it starts, and how long a kilometre is on the map."""

    points: str
    start: tuple[float, float]
    kilometre: float
    caption: str


def write(play: Play) -> Path:
    """Write the page, and return where it is."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"money": money, "spell": spell}
    collected = play.admin.collected_cents()
    text = environment.get_template("page.html").render(
        story=play.story,
        week=play.stage.week,
        hours=range(OPENS // 60, CLOSES // 60),
        days=list(zip(DAYS[1:5], calendar(play), strict=True)),
        collected=collected,
        parts=money_path(play),
        left=left_at_stripe(play),
        kept=play.story.kept,
        road=road(play),
        mails=play.mails,
    )
    PATH.parent.mkdir(exist_ok=True)
    PATH.write_text(text)
    return PATH


def road(play: Play) -> Road:
    """Draw where the lesson on the road led on a map of 600 by 400, north up."""
    assert play.driven is not None
    places = play.way["geometry"]["coordinates"]
    west, east = min(lng for lng, _ in places), max(lng for lng, _ in places)
    south, north = min(lat for _, lat in places), max(lat for _, lat in places)
    narrowing = cos(radians(south))
    scale = min(560 / ((east - west) * narrowing), 340 / (north - south))
    drawn = [
        (20 + (lng - west) * narrowing * scale, 20 + (north - lat) * scale) for lng, lat in places
    ]
    driven = play.driven
    return Road(
        points=" ".join(f"{x:.1f},{y:.1f}" for x, y in drawn),
        start=drawn[0],
        kilometre=scale * 360 / 40_075,
        caption=f"{driven.day} {driven.time}: {driven.instructor.first_name} teaches"
        f" {driven.customer.first_name}, {driven.lesson.title},"
        f" {play.way['properties']['distance_meters'] / 1000:.1f} km.",
    )


def calendar(play: Play) -> list[list[Card]]:
    """Return the lessons of Monday to Thursday."""
    days: list[list[dict[str, Any]]] = [[], [], [], []]
    for row in play.admin.bookings():
        start, end = (moment_of(row[name]).astimezone(LONDON) for name in ("start_at", "end_at"))
        on = (start.date() - play.stage.week.sunday).days - 1
        if on in range(len(days)):
            days[on].append(row | {"start": start, "end": end})
    return [side_by_side(lessons) for lessons in days]


def side_by_side(rows: Sequence[dict[str, Any]]) -> list[Card]:
    """Give lessons that overlap a lane each, of the same width."""
    cards: list[Card] = []
    together: list[dict[str, Any]] = []
    lanes: list[datetime] = []
    for row in rows:
        if all(free <= row["start"] for free in lanes):
            cards += [card(one, len(lanes)) for one in together]
            together, lanes = [], []
        lane = next(
            (number for number, free in enumerate(lanes) if free <= row["start"]), len(lanes)
        )
        lanes[lane : lane + 1] = [row["end"]]
        together.append(row | {"lane": lane})
    return [*cards, *(card(one, len(lanes)) for one in together)]


def card(row: dict[str, Any], lanes: int) -> Card:
    """Place a lesson in its day."""
    start, end = minutes(row["start"]), minutes(row["end"])
    return Card(
        top=percent(start - OPENS, CLOSES - OPENS),
        height=percent(end - start, CLOSES - OPENS),
        left=percent(row["lane"], lanes),
        width=percent(1, lanes),
        time=f"{row['start']:%H:%M}",
        title=row["session_title"],
        who=f"{row['learner_name']} with {row['expert_name']}",
        status=row["booking_status"],
    )


def minutes(moment: datetime) -> int:
    """Return the minute of the day."""
    return moment.hour * 60 + moment.minute


def percent(part: int, whole: int) -> float:
    """Return a share for a style sheet."""
    return round(100 * part / whole, 2)


def balances(play: Play) -> dict[str, int]:
    """Return the balance of every kind of ledger account."""
    return {row["account"]: row["balance_cents"] for row in play.stage.ask("ledger_by_account")}


def money_path(play: Play) -> list[Part]:
    """Return where all that learners paid by card is now; the parts add up to it."""
    ledger = balances(play)
    fees = ledger.get("processor_fees", 0) + ledger.get("dispute_fees", 0)
    refunded = [row["amount_cents"] for row in play.admin.refunds() if row["status"] == "succeeded"]
    paid_out = [row["amount_cents"] for row in play.admin.payouts() if row["status"] == "paid"]
    return [
        Part("paid to instructors and the school", sum(paid_out), "Friday's transfers"),
        Part("back to learners", sum(refunded), "refunds"),
        Part(
            "taken by a bank",
            sum(row["lost_cents"] for row in play.admin.disputes()),
            "a lost dispute",
        ),
        Part("kept by Stripe", fees, "for payments and for the dispute"),
        Part("still at Stripe", ledger.get("stripe_balance", 0), "see below whose it is"),
    ]


def left_at_stripe(play: Play) -> list[Part]:
    """Return whose the money is that is still at Stripe; the parts add up to it."""
    ledger = balances(play)
    owed = [
        Part(
            "lessons paid ahead", -ledger.get("learner_prepaid", 0), "hours that learners have left"
        ),
        Part(
            "held for a day",
            -ledger.get("instructor_pending", 0),
            "lessons that may be complained of",
        ),
        Part("payable", -ledger.get("payee_payable", 0), "waits for a Stripe account"),
    ]
    own = ledger.get("stripe_balance", 0) - sum(part.cents for part in owed)
    return [
        *owed,
        Part(
            "the platform's own", own, "fees, less what it bears; a part of it for hours paid ahead"
        ),
    ]
