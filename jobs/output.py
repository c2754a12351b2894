"""A job's output: progress and tables on a terminal, one JSON object a line anywhere else."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

import structlog
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from lplate import logs

Row = Mapping[str, object]
Step = Callable[[], None]

PERSONAL = frozenset({"display_name"})


class Output(Protocol):
    """Where a job reports what it does."""

    def event(self, name: str, **fields: object) -> None:
        """Report that something happened."""

    def error(self, name: str, **fields: object) -> None:
        """Report something that a person should look at."""

    def table(self, name: str, rows: Sequence[Row]) -> None:
        """Show rows that belong together. One whose `ok` is false needs a look."""

    def progress(self, name: str, total: int) -> AbstractContextManager[Step]:
        """Show how far a piece of work is; call the yielded function after each step."""


class JsonLines:
    """For schedulers and log collectors: without names of people."""

    def __init__(self) -> None:
        logs.configure()
        self._log = structlog.get_logger("jobs")

    def event(self, name: str, **fields: object) -> None:
        """Write a line of level info."""
        self._log.info(name, **fields)

    def error(self, name: str, **fields: object) -> None:
        """Write a line of level error."""
        self._log.error(name, **fields)

    def table(self, name: str, rows: Sequence[Row]) -> None:
        """Write a line for each row, of level error where its `ok` is false."""
        for row in rows:
            write = self._log.info if row.get("ok", True) else self._log.error
            write(name, **{key: value for key, value in row.items() if key not in PERSONAL})

    @contextmanager
    def progress(self, name: str, total: int) -> Iterator[Step]:
        """Write nothing: the events of a piece of work are its progress."""
        yield lambda: None


class Terminal:
    """For a person who watches."""

    def __init__(self) -> None:
        self._console = Console()

    def event(self, name: str, **fields: object) -> None:
        """Print a line."""
        self._console.print(_line(name, fields))

    def error(self, name: str, **fields: object) -> None:
        """Print a line in red."""
        self._console.print(_line(name, fields), style="red")

    def table(self, name: str, rows: Sequence[Row]) -> None:
        """Print a table."""
        if not rows:
            return
        table = Table(*rows[0], title=_words(name))
        for row in rows:
            table.add_row(*(escape(_text(value)) for value in row.values()))
        self._console.print(table)

    @contextmanager
    def progress(self, name: str, total: int) -> Iterator[Step]:
        """Draw a bar."""
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        with Progress(*columns, TimeElapsedColumn(), console=self._console) as bars:
            task = bars.add_task(escape(name), total=total)
            yield lambda: bars.advance(task)


def open_output() -> Output:
    """Write for a person if standard output is a terminal, else JSON lines."""
    return Terminal() if sys.stdout.isatty() else JsonLines()


def _line(name: str, fields: Row) -> str:
    facts = (f"{field}={_text(value)}" for field, value in fields.items())
    return escape(" ".join([_words(name), *facts]))


def _words(name: str) -> str:
    return name.replace("_", " ")


def _text(value: object) -> str:
    return "" if value is None else str(value)
