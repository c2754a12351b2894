"""What the audience sees."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from io import StringIO
from typing import Literal

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from demo.week import spell

WIDTH = 100
SYMBOLS = {"gbp": "£"}


def open_console() -> Console:
    """Make a console that is wide enough for the tables where nobody says how wide it is."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=WIDTH)


def money(cents: int, currency: str = "gbp") -> str:
    """Write an amount in the minor unit for people: 5340 is £53.40."""
    sign = "-" if cents < 0 else ""
    symbol = SYMBOLS.get(currency, f"{currency.upper()} ")
    return f"{sign}{symbol}{abs(cents) // 100:,}.{abs(cents) % 100:02}"


@dataclass(frozen=True)
class Line:
    """What was told, shown, kept or broken."""

    kind: Literal["told", "shown", "kept", "broken"]
    text: str


@dataclass
class Act:
    """A part of the week, as it was played."""

    moment: datetime
    title: str
    lines: list[Line] = field(default_factory=list)

    def texts(self, kind: str) -> list[str]:
        """Return the lines of one kind."""
        return [line.text for line in self.lines if line.kind == kind]


@dataclass(frozen=True)
class Grid:
    """A table that was shown."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    footer: Sequence[str] | None


@dataclass(frozen=True)
class Refusal:
    """What somebody wanted, and was not given."""

    moment: datetime
    person: str
    call: str
    code: str
    message: str


class Story:
    """Prints the play as it goes, in full or a line an act, and remembers all of it."""

    def __init__(self, console: Console, *, is_brief: bool = False) -> None:
        self.is_brief = is_brief
        self.audience = console
        self.console = Console(file=StringIO(), width=WIDTH) if is_brief else console
        self.kept = 0
        self.broken: list[str] = []
        self.acts: list[Act] = []
        self.grids: list[Grid] = []
        self.refusals: list[Refusal] = []

    def open_act(self, moment: datetime, title: str) -> None:
        """Begin a part of the week."""
        self.close_act()
        self.acts.append(Act(moment, title))
        self.console.print()
        title = f"[bold]{spell(moment)}[/] · {escape(title)}"
        self.console.rule(title, align="left", style="cyan")

    def open_ending(self, title: str) -> None:
        """Begin what comes after the week, at the moment at which the week ended."""
        self.close_act()
        self.acts.append(Act(self.acts[-1].moment, title))
        self.console.print()
        self.console.rule(f"[bold]{escape(title)}", style="cyan")

    def close_act(self) -> None:
        """End a part of the week: in brief, it is a line."""
        if not self.is_brief or not self.acts:
            return
        act = self.acts[-1]
        kept, broken = len(act.texts("kept")), act.texts("broken")
        mark = "[bold red]✗[/]" if broken else "[green]✓[/]"
        promises = f"{kept} promise{'' if kept == 1 else 's'} kept" if kept else ""
        self.audience.print(f"{mark} {spell(act.moment):<16} {escape(act.title):<46}{promises}")
        for promise in broken:
            self.audience.print(f"  [bold red]not kept: {escape(promise)}[/]", soft_wrap=True)

    def tell(self, text: str) -> None:
        """Say what somebody does."""
        self._note("told", text)
        self.console.print(_indent(text, 2))

    def show(self, text: str, indent: int = 4) -> None:
        """Show how it is done: a call, a command, its output."""
        self._note("shown", text)
        self.console.print(_indent(text, indent, "dim"))

    def check(self, promise: str, is_kept: bool) -> None:
        """Make a promise, and say whether it is kept."""
        self._note("kept" if is_kept else "broken", promise)
        if is_kept:
            self.kept += 1
            self.console.print(f"  [green]✓[/] {escape(promise)}")
        else:
            self.console.print(f"  [bold red]✗ {escape(promise)}[/]")
            self.broken.append(promise)

    def refuse(self, person: str, call: str, code: str, message: str) -> None:
        """Remember that somebody was told no."""
        if self.acts:
            self.refusals.append(Refusal(self.acts[-1].moment, person, call, code, message))

    def _note(self, kind: Literal["told", "shown", "kept", "broken"], text: str) -> None:
        if self.acts:
            self.acts[-1].lines.append(Line(kind, text))

    def table(
        self,
        title: str,
        columns: Sequence[str],
        rows: Iterable[Sequence[str]],
        *,
        footer: Sequence[str] | None = None,
    ) -> None:
        """Show rows; a column whose name begins with > is aligned to the right."""
        rows = [tuple(row) for row in rows]
        self.grids.append(Grid(title, columns, rows, footer))
        table = Table(
            title=title, title_justify="left", title_style="bold", show_footer=bool(footer)
        )
        for number, column in enumerate(columns):
            table.add_column(
                column.removeprefix(">"),
                footer=footer[number] if footer else "",
                justify="right" if column.startswith(">") else "left",
            )
        for row in rows:
            table.add_row(*map(escape, row))
        self.console.print()
        self.console.print(table)


def _indent(text: str, spaces: int, style: str = "") -> Padding:
    return Padding(Text(text, style=style), (0, 0, 0, spaces), expand=False)
