"""Prints the size of the access matrix: `python -m tests.access`."""

from __future__ import annotations

from tests.access.matrix import NOBODY, ROLES, load


def main() -> None:
    matrix = load()
    columns = sum(len(table.columns) for table in matrix.tables)
    functions = len(matrix.functions) + len(matrix.private_functions)
    calls = [call for function in matrix.functions for call in function.calls]
    grids = [rows.cells for table in matrix.tables for rows in table.rows]
    sizes = {
        f"{columns} columns of {len(matrix.tables)} tables and views, read, inserted, updated by "
        f"{len(ROLES)} roles": columns * 3 * len(ROLES),
        f"{functions} functions, executed by {len(ROLES)} roles": functions * len(ROLES),
        f"{len(matrix.private_tables)} private tables, four commands by {len(ROLES)} roles": len(
            matrix.private_tables
        )
        * 4
        * len(ROLES),
        f"{len(grids)} kinds of rows, four commands by each audience": sum(
            cell != NOBODY for grid in grids for cells in grid.values() for cell in cells.values()
        ),
        f"{len(calls)} calls of public functions by each audience": sum(
            len(call.outcomes) - 1 for call in calls
        ),
    }
    for what, cells in sizes.items():
        print(f"{cells:6} {what}")
    print(f"{sum(sizes.values()):6} cells")


if __name__ == "__main__":
    main()
