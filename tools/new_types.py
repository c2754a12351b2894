"""Writes what is derived from the database that migrations make.

Called by `make types`: the types of the Supabase CLI, the tighter ones over them, docs/api.md, and
what `jobs doctor` compares a database with.
"""

from __future__ import annotations

import json
from typing import Any

import psycopg

from tests.access.matrix import load
from tools import api_types, reference
from tools.cluster import ROOT, Cluster, generate_types
from tools.contract import read

SCHEMA = ROOT / "jobs" / "schema.json"
TYPES = ROOT / "supabase" / "types" / "database.types.ts"


def hidden_columns() -> dict[str, list[str]]:
    """Name the columns that no role may read."""
    return {table.name: sorted(table.hidden) for table in load().tables if table.hidden}


def documents(cluster: Cluster, dbname: str) -> dict[str, str]:
    """Return the files by their path in the project, as a migrated database has them."""
    connection: psycopg.Connection[Any]
    with psycopg.connect(cluster.url("postgres", dbname)) as connection:
        contract = read(connection)
        privileges = connection.execute("select private.list_privileges()").fetchall()
        (migration,) = connection.execute("select private.schema_version()").fetchone() or (None,)
    schema = {"migration": migration, "privileges": [privilege for (privilege,) in privileges]}
    return {
        str(TYPES.relative_to(ROOT)): generate_types(cluster, dbname),
        str(api_types.API_TYPES.relative_to(ROOT)): api_types.write(contract, hidden_columns()),
        str(reference.REFERENCE.relative_to(ROOT)): reference.write(contract),
        str(SCHEMA.relative_to(ROOT)): json.dumps(schema, indent=1) + "\n",
    }


def main() -> None:
    """Migrate a throw-away database and describe it."""
    with Cluster() as cluster:
        cluster.create_database("described")
        cluster.migrate("described")
        for path, text in documents(cluster, "described").items():
            (ROOT / path).write_text(text)
            print(f"Wrote {path}")


if __name__ == "__main__":
    main()
