"""What no schema diff carries: rows, roles and their settings, and comments on a view's columns."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from tools.cluster import Cluster

Rows = list[tuple[Any, ...]]
Row = dict[str, Any]

TABLES = """
    select format('%I.%I', relnamespace::regnamespace::text, relname)
    from pg_class
    where relnamespace in ('public'::regnamespace, to_regnamespace('private'))
        and relkind = 'r'
        and relname !~ '^audit_logs'
    order by 1
"""

ROLES = """
    select
        rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication,
        rolbypassrls, rolconnlimit, rolvaliduntil, rolconfig,
        array(select roleid::regrole::text from pg_auth_members where member = role.oid order by 1)
    from pg_roles role
    where rolname !~ '^pg_'
    order by rolname
"""

COMMENTS = """
    select format('%I.%I.%I', relnamespace::regnamespace::text, relname, attname),
        col_description(attrelid, attnum)
    from pg_attribute
    join pg_class on pg_class.oid = attrelid
    where relnamespace in ('public'::regnamespace, to_regnamespace('private'))
        and relkind in ('v', 'm')
        and attnum > 0
    order by 1
"""

KEYS = """
    select array_agg(attribute.attname::text order by attribute.attnum)
    from pg_index
    join pg_attribute attribute
        on attribute.attrelid = pg_index.indrelid
        and attribute.attnum = any (pg_index.indkey::smallint[])
    where pg_index.indrelid = %s::regclass
        and pg_index.indisprimary
"""


def rows(cluster: Cluster, database: str) -> dict[str, Rows]:
    """Return the rows of our tables, without the moments at which they were made."""
    with psycopg.connect(cluster.admin_url(database)) as connection:
        return {
            table: connection.execute(
                f"select to_jsonb(r) - '{{created_at,updated_at}}'::text[] as kept"
                f" from {table} r order by kept".encode()
            ).fetchall()
            for (table,) in connection.execute(TABLES).fetchall()
        }


def roles(connection: psycopg.Connection) -> Rows:
    """Return every role with its attributes, settings and memberships."""
    return connection.execute(ROLES).fetchall()


def row_statements(cluster: Cluster, before: str, other: Cluster, wanted: str) -> str:
    """Return the statements that make the rows of one database those of another."""
    had, wants = rows(cluster, before), rows(other, wanted)
    with psycopg.connect(other.admin_url(wanted)) as connection:
        return "".join(
            statement
            for table in wants
            for statement in _row_statements(
                connection,
                table,
                [row for (row,) in had.get(table, [])],
                [row for (row,) in wants[table]],
            )
        )


def _row_statements(
    connection: psycopg.Connection, table: str, had: list[Row], wants: list[Row]
) -> Iterator[str]:
    if had == wants:
        return
    (key,) = connection.execute(KEYS, [table]).fetchone() or (None,)
    if not key:
        return  # without a key nobody can tell the rows apart: the proof will refuse
    by_key = {tuple(row[column] for column in key): row for row in had}
    wanted = {tuple(row[column] for column in key): row for row in wants}
    same = " and ".join(f"kept.{column} = given.{column}" for column in key)
    for values, row in by_key.items():
        if values not in wanted:
            gone = {column: row[column] for column in key}
            yield f"delete from {table} kept\nusing {_given(table, gone)}\nwhere {same};\n"
    for values, row in wanted.items():
        if values not in by_key:
            columns = ", ".join(row)
            yield (
                f"insert into {table} ({columns})\nselect {columns}\nfrom {_given(table, row)};\n"
            )
        elif row != by_key[values]:
            changed = {name: row[name] for name in row if row[name] != by_key[values].get(name)}
            sets = ", ".join(f"{name} = given.{name}" for name in changed)
            given = {column: row[column] for column in key} | changed
            yield f"update {table} kept\nset {sets}\nfrom {_given(table, given)}\nwhere {same};\n"


def _given(table: str, row: Row) -> str:
    text = json.dumps(row, ensure_ascii=False).replace("'", "''")
    return f"jsonb_populate_record(null::{table}, '{text}') given"


def comment_statements(cluster: Cluster, before: str, other: Cluster, wanted: str) -> str:
    """Return the statements that give the columns of views the comments of another database."""
    with (
        psycopg.connect(cluster.admin_url(before)) as one,
        psycopg.connect(other.admin_url(wanted)) as two,
    ):
        had: dict[str, str | None] = dict(one.execute(COMMENTS).fetchall())
        wants: dict[str, str | None] = dict(two.execute(COMMENTS).fetchall())
        return "".join(
            sql.SQL("comment on column {} is {};\n")
            .format(sql.SQL(column), sql.Literal(comment))
            .as_string(two)
            for column, comment in wants.items()
            if had.get(column) != comment
        )


def role_statements(cluster: Cluster, before: str, other: Cluster, wanted: str) -> str:
    """Return the statements that make the roles of one cluster those of another."""
    with (
        psycopg.connect(cluster.admin_url(before), row_factory=dict_row) as one,
        psycopg.connect(other.admin_url(wanted), row_factory=dict_row) as two,
    ):
        had = {role["rolname"]: role for role in one.execute(ROLES).fetchall()}
        wants = {role["rolname"]: role for role in two.execute(ROLES).fetchall()}
        statements = [
            statement
            for name, role in wants.items()
            for statement in _role_statements(name, had.get(name), role)
        ]
        return "".join(statement.as_string(two) + ";\n" for statement in statements)


def _role_statements(name: str, had: Row | None, wants: Row) -> Iterator[sql.Composed]:
    role = sql.Identifier(name)
    if had is None:
        login = sql.SQL("login" if wants["rolcanlogin"] else "nologin")
        yield sql.SQL("create role {} {} noinherit").format(role, login)
        had = wants | {"rolconnlimit": -1, "rolconfig": None, "array": [], "rolinherit": False}
    if had["rolconnlimit"] != wants["rolconnlimit"]:
        limit = sql.Literal(wants["rolconnlimit"])
        yield sql.SQL("alter role {} connection limit {}").format(role, limit)
    before, after = _settings(had), _settings(wants)
    for setting in before.keys() - after.keys():
        yield sql.SQL("alter role {} reset {}").format(role, sql.SQL(setting))
    for setting, value in after.items():
        if before.get(setting) != value:
            yield sql.SQL("alter role {} set {} = {}").format(
                role, sql.SQL(setting), sql.Literal(value)
            )
    for group in sorted(set(wants["array"]) - set(had["array"])):
        yield sql.SQL("grant {} to {}").format(sql.Identifier(group), role)
    for group in sorted(set(had["array"]) - set(wants["array"])):
        yield sql.SQL("revoke {} from {}").format(sql.Identifier(group), role)


def _settings(role: Row) -> dict[str, str]:
    return dict(setting.split("=", maxsplit=1) for setting in role["rolconfig"] or [])
