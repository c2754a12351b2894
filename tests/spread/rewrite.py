"""Loads `sql/` with the tables of organizations spread over partitions by organization.

Native `partition by hash (org_id)` has the rule of the engines that spread tenants over machines:
a unique or exclusion constraint carries the key by which the table is spread. A schema that loads
and works so is ready for such an engine. Only tests do this; nothing of it is shipped.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
from pglast import ast, enums, parse_sql
from pglast.stream import RawStream

from tools.cluster import ROOT

PARTITIONS = 4
KEY = "org_id"

# Not spread by organization. audit_logs has partitions by month already; the others are global.
WHOLE = {
    "public.audit_logs": "spread by month",
    "private.stripe_objects": "leads from Stripe's ids to organizations",
    "private.person_calendar": "of persons, who learn and teach in several organizations",
    "private.webhook_events": "an event is stored once, whosever it turns out to be",
    "private.webhook_event_bodies": "spread by month",
    "private.trip_points": "spread by month",
    "public.discount_codes": "a code of the platform can be used in every organization",
    "private.invitation_tokens": "leads from a token to an organization",
}


def load_spread(url: str) -> None:
    """Runs `sql/`, rewritten, as the postgres of a URL."""
    with psycopg.connect(url, autocommit=True) as connection:
        for number in range(PARTITIONS):
            connection.execute(f"create schema part_{number}".encode())
        connection.execute(
            "alter publication supabase_realtime set (publish_via_partition_root = true)"
        )
        spread: set[str] = set()
        for path in sorted(ROOT.glob("sql/*/*.sql")):
            for statement in rewritten(path.read_text(), spread):
                try:
                    connection.execute(statement.encode())
                except psycopg.Error as error:
                    error.add_note(f"{path.relative_to(ROOT)}: {statement[:2000]}")
                    raise
        name_indexes_after_parents(connection)
        # To leave partitions out, a planner evaluates their checks as whoever reads.
        connection.execute("grant execute on function private.platform_id() to public")


def rewritten(text: str, spread: set[str]) -> Iterator[str]:
    """A file's statements as the spread database takes them; adds to `spread` what it spreads."""
    for raw in parse_sql(text):
        statement = raw.stmt
        if isinstance(statement, ast.CreateStmt) and spreads(statement):
            name = table_of(statement)
            spread.add(name)
            yield RawStream()(create_spread(statement))
            for number in range(PARTITIONS):
                yield (
                    f"create table part_{number}.{name.partition('.')[2]} partition of {name} "
                    f"for values with (modulus {PARTITIONS}, remainder {number})"
                )
        elif isinstance(statement, ast.IndexStmt) and lacks_key(statement, spread):
            yield from index_spread(statement)
        elif not (isinstance(statement, ast.AlterTableStmt) and sets_storage(statement, spread)):
            yield statement_text(text, raw)


def statement_text(text: str, raw: Any) -> str:
    """What a file says for a statement; the last one's length is not told."""
    return text[raw.stmt_location :][: raw.stmt_len or None]


def spreads(statement: ast.CreateStmt) -> bool:
    """True of a table of organizations that is not one of the whole ones."""
    parts = statement.tableElts or ()
    return table_of(statement) not in WHOLE and any(
        isinstance(part, ast.ColumnDef) and part.colname == KEY for part in parts
    )


def create_spread(statement: ast.CreateStmt) -> ast.CreateStmt:
    """The table partitioned by its organization; constraints without the key get it in front."""
    parts: list[Any] = []
    for part in statement.tableElts or ():
        if isinstance(part, ast.ColumnDef):
            kept = tuple(c for c in part.constraints or () if not is_unique(c))
            extra = [c for c in part.constraints or () if is_unique(c)]
            part.constraints = kept or None
            parts.append(part)
            parts.extend(
                ast.Constraint(
                    contype=c.contype, conname=c.conname, keys=keys(KEY, str(part.colname))
                )
                for c in extra
                if c.contype == enums.ConstrType.CONSTR_PRIMARY or part.colname != "id"
            )
        elif is_unique(part) and KEY not in [key.sval for key in part.keys]:
            part.keys = (ast.String(KEY), *part.keys)
            parts.append(part)
        else:
            parts.append(part)
    statement.tableElts = tuple(parts)
    statement.options = None  # how pages are filled is the partitions' affair
    statement.partspec = ast.PartitionSpec(
        strategy=enums.PartitionStrategy.PARTITION_STRATEGY_HASH,
        partParams=(ast.PartitionElem(name=KEY),),
    )
    return statement


def table_of(statement: ast.CreateStmt | ast.IndexStmt | ast.AlterTableStmt) -> str:
    """The name of the table that a statement is about, with its schema."""
    assert statement.relation is not None
    return f"{statement.relation.schemaname}.{statement.relation.relname}"


def is_unique(part: Any) -> bool:
    """True of a primary key and of a unique constraint."""
    return isinstance(part, ast.Constraint) and part.contype in (
        enums.ConstrType.CONSTR_PRIMARY,
        enums.ConstrType.CONSTR_UNIQUE,
    )


def keys(*names: str) -> tuple[ast.String, ...]:
    """The columns of a constraint."""
    return tuple(ast.String(name) for name in names)


def sets_storage(statement: ast.AlterTableStmt, spread: set[str]) -> bool:
    """True if a spread table is told how to fill its pages."""
    return table_of(statement) in spread and all(
        command.subtype == enums.AlterTableType.AT_SetRelOptions for command in statement.cmds or ()
    )


def lacks_key(statement: ast.IndexStmt, spread: set[str]) -> bool:
    """True of a unique index of a spread table that does not name the key."""
    named = [element.name for element in statement.indexParams or ()]
    return bool(statement.unique) and table_of(statement) in spread and KEY not in named


def index_spread(statement: ast.IndexStmt) -> Iterator[str]:
    """The unique index with the key in front, and a plain one for look-ups without it."""
    yield (
        RawStream()(statement)
        .replace("CREATE UNIQUE INDEX", "CREATE INDEX")
        .replace(f" {statement.idxname} ", f" {statement.idxname}_looked_up ", 1)
    )
    statement.indexParams = (
        ast.IndexElem(
            name=KEY,
            ordering=enums.SortByDir.SORTBY_DEFAULT,
            nulls_ordering=enums.SortByNulls.SORTBY_NULLS_DEFAULT,
        ),
        *(statement.indexParams or ()),
    )
    yield RawStream()(statement)


def name_indexes_after_parents(connection: psycopg.Connection) -> None:
    """Gives the indexes of partitions their parents' names: by these, refusals are told apart."""
    named = connection.execute(
        """
        select child.oid::regclass::text, parent.relname
        from pg_inherits
        join pg_class child on child.oid = inhrelid
        join pg_class parent on parent.oid = inhparent
        where child.relkind = 'i'
            and child.relname <> parent.relname
            and child.relnamespace::regnamespace::text like 'part%'
        """
    )
    for child, name in named.fetchall():
        connection.execute(f'alter index {child} rename to "{name}"'.encode())
