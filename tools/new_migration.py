"""Writes what sql/ has and supabase/migrations lacks as the next migration.

Called by `make migration name=add_x`. A file that no migration names yet is taken as it stands,
rows and roles included; what has changed in the others is the differ's. Changed rows and roles
are no part of a schema diff: write those by hand, as a migration of their own.
"""

import re
import sys
from datetime import UTC, datetime
from subprocess import CalledProcessError

import psycopg

from tools.cluster import ROOT, Cluster, run_file

MIGRATIONS = ROOT / "supabase" / "migrations"

# What may lose data. The differ sees a rename as a drop and an addition.
LOSS = re.compile(r"\bdrop (?:table|column|type)\b.*", re.IGNORECASE)

# The differ publishes columns before it adds them.
PUBLISHED = re.compile(r"^alter publication \S+ add table [^;]*;\n+", re.IGNORECASE | re.MULTILINE)

COLUMNS = """
    select attrelid::regclass::text, array_agg(attname::text order by attnum)
    from pg_attribute
    join pg_class on pg_class.oid = attrelid
    where relnamespace in ('public'::regnamespace, to_regnamespace('private'))
        and relkind in ('r', 'p', 'c')
        and attnum > 0
        and not attisdropped
    group by attrelid
"""

INCOMPLETE = """\
It does not lead to sql/. Change sql/ and try again, or write the migration by hand.
Is a check missing every time? Give its "between" a constraint of its own: before an "and",
Postgres prints it so that it reads back otherwise."""

REORDERED = """\
It gives a table its columns in another order than sql/.
A new column? Make it the last one in sql/. A new table? Give it a file of its own in sql/."""


def add_new_files(cluster: Cluster, database: str) -> str:
    """Runs what no migration names yet, and returns it.

    A file that does not run is left to the differ: it was renamed, or rests on something changed.
    """
    history = "".join(path.read_text() for path in MIGRATIONS.glob("*.sql"))
    added = ""
    with psycopg.connect(cluster.url("postgres", database), autocommit=True) as connection:
        for path in sorted(ROOT.glob("sql/*/*.sql")):
            title = f"-- {path.relative_to(ROOT)}\n"
            if title in history:
                continue
            try:
                run_file(connection, path)
            except psycopg.Error:
                continue
            added += f"{title}{path.read_text()}\n"
    return added


def difference(cluster: Cluster, source: str, target: str) -> str:
    """The statements that make one database like another."""
    changes = cluster.compare(source, cluster, target)
    return PUBLISHED.sub("", changes) + "".join(PUBLISHED.findall(changes))


def columns(cluster: Cluster, database: str) -> dict[str, list[str]]:
    """The columns of each table, in their order."""
    with psycopg.connect(cluster.url("postgres", database)) as connection:
        return dict(connection.execute(COLUMNS).fetchall())


def prove(cluster: Cluster) -> None:
    """Compares what all migrations lead to with sql/.

    The order of columns counts, though the differ does not see it: Postgres stores the body of a
    function that selects from another's row by position.
    """
    cluster.create_database("after")
    cluster.migrate("after")
    if rest := difference(cluster, "after", "wanted").strip():
        sys.exit(f"{INCOMPLETE}\nWhat is missing:\n{rest}")
    after, wanted = columns(cluster, "after"), columns(cluster, "wanted")
    for table in wanted:
        if after[table] != wanted[table]:
            sys.exit(
                f"{REORDERED}\nIn {table}, the migrations have {', '.join(after[table])};\n"
                f"sql/ has {', '.join(wanted[table])}"
            )


def write_migration(cluster: Cluster, name: str) -> None:
    """Writes the migration, shows what it may lose, and proves that it leads to sql/.

    A migration that does not is shown and deleted, so that nothing is left to be applied.
    """
    cluster.create_database("before")
    cluster.migrate("before")
    added = add_new_files(cluster, "before")
    cluster.create_database("wanted")
    cluster.load_sql("wanted")
    changed = difference(cluster, "before", "wanted")
    statements = (added + changed).strip()
    if not statements:
        sys.exit("Nothing to migrate: supabase/migrations leads to sql/ already.")

    path = MIGRATIONS / f"{datetime.now(UTC):%Y%m%d%H%M%S}_{name}.sql"
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"{statements}\n")
    try:
        prove(cluster)
    except BaseException:
        path.unlink()
        print(f"{statements}\nRefused this migration and deleted {path.relative_to(ROOT)}.")
        raise
    print(f"Wrote {path.relative_to(ROOT)}")
    for loss in LOSS.findall(statements):
        print(f"WARNING: may lose data: {loss}")


def main(name: str) -> None:
    """Refuses a bad name before anything is started."""
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name):
        sys.exit(f"A migration's name is snake_case, not {name!r}: make migration name=add_x")
    with Cluster() as cluster:
        try:
            write_migration(cluster, name)
        except CalledProcessError as failure:
            sys.exit("\n".join(failure.__notes__))
        except psycopg.Error as error:
            sys.exit("\n".join([f"sql/ has an error: {error}", *getattr(error, "__notes__", [])]))


if __name__ == "__main__":
    main(" ".join(sys.argv[1:]))
