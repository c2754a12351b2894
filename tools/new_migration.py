"""Writes what sql/ has and supabase/migrations lacks as the next migration.

Called by `make migration name=add_x`. A file that no migration names yet is taken as it stands,
rows and roles included; what has changed in the others is the differ's. Changed rows and roles
are no part of a schema diff: write those by hand, as a migration of their own.
"""

import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from subprocess import CalledProcessError

import psycopg

from tools.cluster import ROOT, Cluster, run_file
from tools.compare import comment_statements, role_statements, row_statements, rows

MIGRATIONS = ROOT / "supabase" / "migrations"

# A migration that cannot have its lock at once fails, rather than stop everybody behind it.
TOP = "set lock_timeout = '3s';\n\n"

# What may lose data, fail on the data there are, or hold a lock for as long as a table is read.
LOSS = re.compile(r"^.*\bdrop (?:table|column|type)\b.*$", re.IGNORECASE | re.MULTILINE)
RISKS = {
    "fails if the table has rows: give it a default, or fill it before it is not null": re.compile(
        r"^.*\badd column\b(?!.*\b(?:default|generated)\b).*\bnot null\b.*$", re.I | re.M
    ),
    "fails if a row has none, and reads the table under a lock": re.compile(
        r"^.*\bset not null\b.*$", re.I | re.M
    ),
    "reads the table under a lock: add it not valid, and validate it in a file of its own": (
        re.compile(
            r"^.*\badd constraint\b.*\b(?:check|foreign key)\b(?!.*\bnot valid\b).*$", re.I | re.M
        )
    ),
    "stops writes while it is made: create it concurrently, in a file of its own": re.compile(
        r"^.*\bcreate (?:unique )?index\b(?!.*\bconcurrently\b).*$", re.I | re.M
    ),
}
COLUMN = re.compile(r"\balter table\s+(\S+)\s+(drop|add) column\s+(\S+)", re.IGNORECASE)

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


OF_ROLES = re.compile(r"^(?:CREATE|ALTER|DROP) ROLE [^;]*;\n?", re.MULTILINE)


DROPPED = re.compile(r"^DROP FUNCTION ([^;]*);\n+", re.MULTILINE)

SIGNATURE = """
    select pg_get_function_arguments(oid), pg_get_function_result(oid)
    from pg_proc
    where oid = to_regprocedure(%s)
"""


def difference(cluster: Cluster, source: str, other: Cluster, target: str) -> str:
    """The statements that make the schema of one database that of another.

    What the differ says of roles is left out: it sees them in part, and changed_data in full.
    So is that it drops a function before it replaces it: that would take its grants, and the old
    programs' calls, though only its language or its body is another.
    """
    changes = OF_ROLES.sub("", cluster.compare(source, other, target))
    for dropped in list(DROPPED.finditer(changes)):
        signatures = [
            signature(side, database, dropped[1])
            for side, database in ((cluster, source), (other, target))
        ]
        if signatures[0] == signatures[1]:
            changes = changes.replace(dropped[0], "")
    return PUBLISHED.sub("", changes) + "".join(PUBLISHED.findall(changes))


def changes(cluster: Cluster, source: str, other: Cluster, target: str) -> str:
    """The statements that make the schema of one database that of another.

    All but the last ones, the comments that views have lost that were made anew, have been run.
    """
    first = difference(cluster, source, other, target)
    with psycopg.connect(cluster.url("postgres", source), autocommit=True) as connection:
        connection.execute(first.encode())
    return first + comment_statements(cluster, source, other, target)


def signature(cluster: Cluster, database: str, function: str) -> tuple[str, str] | None:
    """The parameters and the result of a function; None if it does not exist."""
    with psycopg.connect(cluster.url("postgres", database)) as connection:
        return connection.execute(SIGNATURE, [function]).fetchone()


def columns(cluster: Cluster, database: str) -> dict[str, list[str]]:
    """The columns of each table, in their order."""
    with psycopg.connect(cluster.url("postgres", database)) as connection:
        return dict(connection.execute(COLUMNS).fetchall())


def changed_data(cluster: Cluster, source: str, other: Cluster, target: str) -> str:
    """The statements about rows and roles, which the differ does not see, or not whole."""
    return role_statements(cluster, source, other, target) + row_statements(
        cluster, source, other, target
    )


def risks(statements: str) -> Iterator[str]:
    """What a person should look at before this is applied to data."""
    for loss in LOSS.findall(statements):
        yield f"may lose data: {loss.strip()}"
    changes: dict[str, dict[str, list[str]]] = {}
    for table, change, column in COLUMN.findall(statements):
        changes.setdefault(table, {}).setdefault(change.lower(), []).append(column.strip(";,"))
    for table, of_table in changes.items():
        if of_table.keys() >= {"drop", "add"}:
            old, new = of_table["drop"][0], of_table["add"][0]
            yield (
                f"is this a rename? Then write: alter table {table} rename column {old} to {new};"
            )
    made = re.findall(r"\bcreate table\s+(\S+)", statements, re.IGNORECASE)
    for risk, pattern in RISKS.items():
        for found in pattern.findall(statements):
            if not any(re.search(rf"{re.escape(table)}\b", found) for table in made):
                yield f"{risk}: {found.strip()}"


def prove(other: Cluster) -> None:
    """Compares what all migrations lead to with sql/, which `other` has loaded.

    They run in a cluster of their own: one that has run the first ones knows the roles that they
    make. The order of columns counts, though the differ does not see it: Postgres stores the body
    of a function that selects from another's row by position.
    """
    with Cluster() as cluster:
        cluster.create_database("after")
        cluster.migrate("after")
        rest = difference(cluster, "after", other, "wanted").strip()
        rest += comment_statements(cluster, "after", other, "wanted")
        rest += changed_data(cluster, "after", other, "wanted")
        if rest:
            sys.exit(f"{INCOMPLETE}\nWhat is missing:\n{rest}")
        if rows(cluster, "after") != rows(other, "wanted"):
            sys.exit(f"{INCOMPLETE}\nThe rows of a table without a primary key differ.")
        after, wanted = columns(cluster, "after"), columns(other, "wanted")
    for table in wanted:
        if after[table] != wanted[table]:
            sys.exit(
                f"{REORDERED}\nIn {table}, the migrations have {', '.join(after[table])};\n"
                f"sql/ has {', '.join(wanted[table])}"
            )


def write_migration(cluster: Cluster, other: Cluster, name: str) -> None:
    """Writes the migration, shows what it may lose, and proves that it leads to sql/.

    A migration that does not is shown and deleted, so that nothing is left to be applied. sql/ is
    loaded into a cluster of its own, since roles and their settings belong to the cluster.
    """
    cluster.create_database("before")
    cluster.migrate("before")
    added = add_new_files(cluster, "before")
    other.create_database("wanted")
    other.load_sql("wanted")
    changed = changes(cluster, "before", other, "wanted")
    data = changed_data(cluster, "before", other, "wanted")
    statements = (added + changed + data).strip()
    if not statements:
        sys.exit(
            "Nothing to migrate: supabase/migrations leads to the schema, rows and roles of sql/."
        )

    path = MIGRATIONS / f"{datetime.now(UTC):%Y%m%d%H%M%S}_{name}.sql"
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"{TOP}{statements}\n")
    try:
        prove(other)
    except BaseException:
        path.unlink()
        print(f"{statements}\nRefused this migration and deleted {path.relative_to(ROOT)}.")
        raise
    print(f"Wrote {path.relative_to(ROOT)}")
    for risk in risks(added + changed):
        print(f"WARNING: {risk}")


def main(name: str) -> None:
    """Refuses a bad name before anything is started."""
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name):
        sys.exit(f"A migration's name is snake_case, not {name!r}: make migration name=add_x")
    with Cluster() as cluster, Cluster() as other:
        try:
            write_migration(cluster, other, name)
        except CalledProcessError as failure:
            sys.exit("\n".join(failure.__notes__))
        except psycopg.Error as error:
            sys.exit("\n".join([f"sql/ has an error: {error}", *getattr(error, "__notes__", [])]))


if __name__ == "__main__":
    main(" ".join(sys.argv[1:]))
