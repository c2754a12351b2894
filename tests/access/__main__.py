"""Prints the size of the access matrix: `python -m tests.access`."""

from __future__ import annotations

from tests.access.matrix import COMMANDS, NOBODY, ROLES, load


def main() -> None:
    matrix = load()
    roles = len(ROLES)
    columns = sum(len(table.columns) for table in matrix.tables)
    private = len(matrix.private_tables)
    functions = len(matrix.functions) + len(matrix.private_functions)
    grids = [rows.cells for table in matrix.tables for rows in table.rows]
    calls = [call for function in matrix.functions for call in function.calls]
    lines = [
        (
            columns * 3 * roles,
            f"{columns} public columns, read, inserted, updated by {roles} roles",
        ),
        (
            private * len(COMMANDS) * roles,
            f"{private} private tables, four commands by {roles} roles",
        ),
        (functions * roles, f"{functions} functions, executed by {roles} roles"),
        (
            sum(cell != NOBODY for grid in grids for row in grid.values() for cell in row.values()),
            f"{len(grids)} kinds of rows, four commands by everybody who stands to them somehow",
        ),
        (
            sum(len(call.outcomes) - 1 for call in calls),
            f"{len(calls)} calls of public functions by everybody but oneself",
        ),
    ]
    for cells, what in lines:
        print(f"{cells:6} {what}")
    print(f"{sum(cells for cells, _ in lines):6} cells")


if __name__ == "__main__":
    main()
