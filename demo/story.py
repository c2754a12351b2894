"""What the audience sees."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

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


class Story:
    """Prints the play as it goes, and remembers every promise that was not kept."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.kept = 0
        self.broken: list[str] = []

    def open_act(self, moment: datetime, title: str) -> None:
        """Begin a part of the week."""
        self.console.print()
        title = f"[bold]{spell(moment)}[/] · {escape(title)}"
        self.console.rule(title, align="left", style="cyan")

    def tell(self, text: str) -> None:
        """Say what somebody does."""
        self.console.print(_indent(text, 2))

    def show(self, text: str, indent: int = 4) -> None:
        """Show how it is done: a call, a command, its output."""
        self.console.print(_indent(text, indent, "dim"))

    def check(self, promise: str, is_kept: bool) -> None:
        """Make a promise, and say whether it is kept."""
        if is_kept:
            self.kept += 1
            self.console.print(f"  [green]✓[/] {escape(promise)}")
        else:
            self.console.print(f"  [bold red]✗ {escape(promise)}[/]")
            self.broken.append(promise)

    def table(
        self,
        title: str,
        columns: Sequence[str],
        rows: Iterable[Sequence[str]],
        *,
        footer: Sequence[str] | None = None,
    ) -> None:
        """Show rows; a column whose name begins with > is aligned to the right."""
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
