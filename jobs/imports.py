"""Reads a school's CSV file and has the database import it: all of it, or nothing.

The file is read line by line and handed over in batches, so that its length does not matter. One
transaction holds them all: a dry run undoes it, and so does a line that is refused.
"""

import csv
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

from jobs.database import Database, ImportedLine
from jobs.output import Output

BATCH = 100

# The columns of each kind of file, and those that may be left out.
COLUMNS = {
    "learners": (("reference", "name"), ("email", "phone", "date_of_birth", "notes")),
    "hours": (("reference", "learner", "instructor", "hours"), ("service",)),
    "bookings": (
        ("reference", "learner", "instructor", "service", "start_at", "payment"),
        ("pickup",),
    ),
}


class BadFile(Exception):
    """No line can be imported of this file. The message says why."""


def run(database: Database, output: Output, org_id: UUID, file: Path, *, is_dry_run: bool) -> bool:
    """Import a file; return whether every line is imported or was before.

    Tells of every refused line its number, its column and the reason. Raises BadFile, Refused.
    """
    counts: Counter[str] = Counter()
    with (
        file.open(encoding="utf-8-sig", newline="") as opened,
        database.importing(is_dry_run=is_dry_run) as importing,
    ):
        kind, lines = read(opened)
        while batch := list(islice(lines, BATCH)):
            bad = [line for line in batch if isinstance(line, ImportedLine)]
            good = [line for line in batch if not isinstance(line, ImportedLine)]
            for told in sorted([*bad, *importing.lines(org_id, kind, good)], key=_number_of):
                counts[told.outcome] += 1
                if told.outcome == "refused":
                    output.error(
                        "line_refused",
                        line=told.line,
                        column=told.column_name,
                        reason=told.reason,
                    )
        if counts["refused"]:
            importing.undo()
    output.event(
        "file_checked" if is_dry_run or counts["refused"] else "file_imported",
        kind=kind,
        new=counts["imported"],
        known=counts["known"],
        refused=counts["refused"],
    )
    return not counts["refused"]


def _number_of(line: ImportedLine) -> int:
    return line.line


def read(opened: Iterator[str]) -> tuple[str, Iterator[dict[str, Any] | ImportedLine]]:
    """Return the kind of a file, by its header, and its lines: cells by column, or what is wrong.

    Empty cells are left out, and empty lines skipped.
    """
    rows = csv.reader(opened, strict=True)
    try:
        header = [name.strip().lower() for name in next(rows)]
    except StopIteration:
        raise BadFile("The file is empty.") from None
    except (csv.Error, UnicodeDecodeError) as error:
        raise BadFile(f"The first line cannot be read: {error}.") from None
    for kind, (needed, optional) in COLUMNS.items():
        if set(needed) <= set(header) <= {*needed, *optional} and len(set(header)) == len(header):
            return kind, _read_lines(rows, header)
    wanted = "; ".join(
        f"{kind}: {', '.join(needed)}, and if you like {', '.join(optional)}"
        for kind, (needed, optional) in COLUMNS.items()
    )
    raise BadFile(f"The first line names the columns, which are for {wanted}.")


def _read_lines(rows: Any, header: list[str]) -> Iterator[dict[str, Any] | ImportedLine]:
    while True:
        number = rows.line_num + 1
        try:
            cells = [cell.strip() for cell in next(rows)]
        except StopIteration:
            return
        except csv.Error as error:
            yield ImportedLine(number, "refused", None, f"This is no CSV: {error}.")
            continue
        except UnicodeDecodeError as error:
            raise BadFile(
                f"The file is not encoded as UTF-8, at line {number} or later."
            ) from error
        if not any(cells):
            continue
        if len(cells) != len(header):
            reason = f"There are {len(cells)} cells instead of {len(header)}."
            yield ImportedLine(number, "refused", None, reason)
            continue
        named = {name: cell for name, cell in zip(header, cells, strict=True) if cell}
        strange = [name for name, cell in named.items() if "\0" in cell]
        if strange:
            yield ImportedLine(
                number, "refused", strange[0], "There is a character without a name."
            )
        else:
            yield {"line": number, "cells": named}
