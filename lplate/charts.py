"""The charts of a month's report: SVG for an HTML page, in the colours of the page.

A chart is drawn in colours that stand for the page's own (ink, grid, series), so that it follows
the page into the dark and onto paper.
"""

import io
import re
from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

Row = dict[str, Any]

# What is drawn in one of these becomes the page's property of that name.
INK, GRID, FIRST, SECOND, THIRD = "#000001", "#000002", "#000003", "#000004", "#000005"
PROPERTIES = {INK: "ink", GRID: "grid", FIRST: "first", SECOND: "second", THIRD: "third"}

STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",  # text stays text
    "svg.hashsalt": "report",
    "font.family": "sans-serif",
    "font.size": 9,
    "text.color": INK,
    "axes.edgecolor": GRID,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "grid.color": GRID,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
}


def margin(rows: Sequence[Row], digits: int, name: str) -> str:
    """Draw what made up the margin, and the margin."""
    return _across(
        [_words(row["line"]) for row in rows],
        {"": [_units(row["amount_cents"], digits) for row in rows]},
        name,
        "Platform margin",
    )


def months(rows: Sequence[Row], digits: int, name: str) -> str:
    """Draw the margin of each month."""
    return _along(
        [row["month"] for row in rows],
        {"": [_units(row["margin_cents"], digits) for row in rows]},
        name,
        "Margin by month",
    )


def days(rows: Sequence[Row], digits: int, name: str) -> str:
    """Draw what came in and went out on each day."""
    columns = {
        "Received": "received_cents",
        "Refunded": "refunded_cents",
        "Paid out": "paid_out_cents",
    }
    return _along(
        [row["day"][-2:] for row in rows],
        {title: [_units(row[column], digits) for row in rows] for title, column in columns.items()},
        name,
        "Money in and out by day of the month",
    )


def prepaid(rows: Sequence[Row], digits: int, name: str) -> str:
    """Draw how the prepaid hours of everybody rolled forward."""
    (total,) = [row for row in rows if row["instructor_id"] is None]
    lines = ("opening", "sold", "used", "refunded", "disputed", "expired", "closing")
    return _across(
        [line.capitalize() for line in lines],
        {"": [total[f"{line}_minutes"] / 60 for line in lines]},
        name,
        "Prepaid hours rolled forward",
    )


def utilisation(rows: Sequence[Row], digits: int, name: str) -> str:
    """Draw hours offered and sold by organization: of the twelve that offered most."""
    most = sorted(rows, key=lambda row: -row["offered_minutes"])[:12]
    return _across(
        [row["organization"] for row in most],
        {
            "Offered": [row["offered_minutes"] / 60 for row in most],
            "Sold": [row["sold_minutes"] / 60 for row in most],
        },
        name,
        "Hours offered and sold",
    )


def cancellations(rows: Sequence[Row], digits: int, name: str) -> str:
    """Draw who cancelled, and who did not come."""
    return _across(
        [_words(row["side"]) for row in rows],
        {
            "Cancelled": [row["cancelled"] for row in rows],
            "Did not come": [row["no_shows"] for row in rows],
        },
        name,
        "Cancellations and no-shows by side",
    )


def _across(labels: list[str], series: dict[str, list[float]], name: str, title: str) -> str:
    """Draw bars from left to right, the first on top."""
    with mpl.rc_context(STYLE):
        figure, axes = _canvas(height=0.9 + 0.34 * len(labels) * max(1, 0.75 * len(series)))
        thickness = 0.7 / len(series)
        for number, (label, values) in enumerate(series.items()):
            places = [place + number * thickness for place in range(len(labels))]
            bars = axes.barh(places, values, thickness * 0.9, color=_colour(number), label=label)
            axes.bar_label(bars, [_number(round(value, 2), 0) for value in values], padding=3)
        axes.set_yticks([place + 0.35 - thickness / 2 for place in range(len(labels))], labels)
        axes.invert_yaxis()
        axes.margins(x=0.15)
        axes.axvline(0, color=INK, linewidth=0.8)
        axes.grid(axis="x", linewidth=0.6)
        axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        axes.xaxis.set_major_formatter(FuncFormatter(_number))
        return _svg(figure, axes, series, name, title)


def _along(labels: list[str], series: dict[str, list[float]], name: str, title: str) -> str:
    """Draw stacked bars side by side: what is positive upwards, what is negative downwards."""
    with mpl.rc_context(STYLE):
        figure, axes = _canvas(height=2.6)
        up, down = [0.0] * len(labels), [0.0] * len(labels)
        for number, (label, values) in enumerate(series.items()):
            base = [
                high if value >= 0 else low
                for value, high, low in zip(values, up, down, strict=True)
            ]
            axes.bar(labels, values, 0.7, bottom=base, color=_colour(number), label=label)
            up = [high + max(value, 0) for high, value in zip(up, values, strict=True)]
            down = [low + min(value, 0) for low, value in zip(down, values, strict=True)]
        axes.axhline(0, color=INK, linewidth=0.8)
        axes.set_xlim(-0.6, max(len(labels), 12) - 0.4)
        axes.grid(axis="y", linewidth=0.6)
        axes.yaxis.set_major_locator(MaxNLocator(5))
        axes.yaxis.set_major_formatter(FuncFormatter(_number))
        return _svg(figure, axes, series, name, title)


def _canvas(height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(6.4, height), layout="constrained")
    axes = figure.add_subplot()
    axes.set_axisbelow(True)
    axes.tick_params(length=0)
    return figure, axes


def _svg(figure: Figure, axes: Axes, series: dict[str, list[float]], name: str, title: str) -> str:
    """Return a chart as an element of a page: its own ids, the page's colours, a title."""
    if len(series) > 1:
        figure.legend(loc="outside upper right", ncols=len(series))
    file = io.StringIO()
    figure.savefig(file, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    svg = file.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r'\bid="', f'id="{name}-', svg)
    svg = re.sub(r'(href="#|url\(#)', rf"\g<1>{name}-", svg)
    for colour, name_of_property in PROPERTIES.items():
        svg = svg.replace(colour, f"var(--{name_of_property})")
    return svg.replace("<svg ", f'<svg role="img" aria-label="{title}" ', 1)


def _colour(number: int) -> str:
    return (FIRST, SECOND, THIRD)[number]


def _units(cents: int, digits: int) -> float:
    units: float = cents / 10**digits
    return units


def _number(value: float, _place: int) -> str:
    return f"{value:,.10g}".replace("-", "\N{MINUS SIGN}")


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()
