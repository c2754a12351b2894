"""The public API as the catalog of a migrated database has it: functions, tables, views, enums.

What the catalog cannot tell (which results may be null, what a view's texts are, how JSON is built)
is declared in contract.toml, and tests hold it against what the API answers.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from tools.cluster import ROOT

ROLES = ("anon", "authenticated", "service_role")
DECLARED = Path(__file__).with_name("contract.toml")

FUNCTIONS = """
    select
        function.proname::text,
        obj_description(function.oid, 'pg_proc'),
        function.proretset,
        format_type(function.prorettype, null),
        (
            select relname::text from pg_class
            where oid = returned.typrelid and relkind in ('r', 'v')
        ),
        function.pronargs,
        function.pronargdefaults,
        function.proargnames,
        array(
            select format_type(type, null)
            from unnest(coalesce(function.proallargtypes, function.proargtypes::oid[]))
                with ordinality as argument (type, place)
            order by place
        ),
        array(
            select pg_get_function_arg_default(function.oid, place)
            from generate_series(1, function.pronargs) place
            order by place
        ),
        array(
            select role from unnest(%(roles)s::text[]) with ordinality as asked (role, place)
            where has_function_privilege(role, function.oid, 'execute')
            order by place
        )
    from pg_proc function
    join pg_type returned on returned.oid = function.prorettype
    where function.pronamespace = 'public'::regnamespace
    order by function.proname
"""

RELATIONS = """
    select
        relation.oid,
        relation.relname::text,
        relation.relkind = 'v',
        obj_description(relation.oid, 'pg_class'),
        has_table_privilege('authenticated', relation.oid, 'delete'),
        array(
            select conname::text from pg_constraint
            where conrelid = relation.oid and contype = 'c'
            order by conname
        ),
        array(
            select role from unnest(%(roles)s::text[]) with ordinality as asked (role, place)
            where has_any_column_privilege(role, relation.oid, 'select')
            order by place
        )
    from pg_class relation
    where relation.relnamespace = 'public'::regnamespace
        and relation.relkind in ('r', 'p', 'v')
        and not relation.relispartition
    order by relation.relname
"""

COLUMNS = """
    select
        attname::text,
        format_type(atttypid, null),
        not attnotnull,
        col_description(attrelid, attnum),
        has_column_privilege('authenticated', attrelid, attnum, 'insert'),
        has_column_privilege('authenticated', attrelid, attnum, 'update'),
        atthasdef or attidentity <> ''
    from pg_attribute
    where attrelid = %s
        and attnum > 0
        and not attisdropped
        and (
            has_column_privilege('anon', attrelid, attnum, 'select')
            or has_column_privilege('authenticated', attrelid, attnum, 'select')
        )
    order by attnum
"""

ENUMS = """
    select typname::text, array_agg(enumlabel::text order by enumsortorder)
    from pg_enum
    join pg_type on pg_type.oid = enumtypid
    where typnamespace = 'public'::regnamespace
    group by typname
    order by typname
"""


@dataclass(frozen=True)
class Parameter:
    """What a function takes; `default` is None if it must be given."""

    name: str
    type: str
    default: str | None
    takes_null: bool
    shape: str | None = None


@dataclass(frozen=True)
class Column:
    """What a table, a view or a function's answer has."""

    name: str
    type: str
    is_nullable: bool
    comment: str = ""
    is_insertable: bool = False
    is_updatable: bool = False
    is_optional: bool = False
    texts: tuple[str, ...] = ()
    shape: str | None = None


@dataclass(frozen=True)
class Function:
    """A call. It answers with `columns`, with rows of a `relation`, or with a value of a type."""

    name: str
    room: str
    comment: str
    roles: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    is_set: bool
    returns: str
    relation: str | None
    columns: tuple[Column, ...]
    shape: str | None = None

    @property
    def text(self) -> str:
        """Return the comment without its list of errors."""
        return self.comment.partition(" Errors: ")[0]

    @property
    def codes(self) -> list[str]:
        """Return the codes that the comment lists."""
        listed = self.comment.partition(" Errors: ")[2].rstrip(".")
        return [part for part in re.split(r", (?:and )?", listed) if re.fullmatch(r"\w+", part)]

    @property
    def rules_of(self) -> list[str]:
        """Return the tables whose rules are codes as well."""
        return re.findall(r"the rules of public\.(\w+)", self.comment)


@dataclass(frozen=True)
class Relation:
    """A table or view; columns that no caller may read are not among its columns."""

    name: str
    room: str
    is_view: bool
    comment: str
    can_delete: bool
    rules: tuple[str, ...]
    roles: tuple[str, ...]
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class Code:
    """A refusal's code, as sql/README.md lists it."""

    name: str
    status: str
    means: str
    next_step: str


@dataclass(frozen=True)
class Contract:
    """All of it."""

    functions: tuple[Function, ...]
    relations: tuple[Relation, ...]
    enums: Mapping[str, tuple[str, ...]]
    codes: tuple[Code, ...]
    shapes: Mapping[str, str]

    @property
    def rules(self) -> list[str]:
        """Return the names of all rules of tables, which are codes too."""
        return sorted({rule for relation in self.relations for rule in relation.rules})


def read(connection: psycopg.Connection[Any]) -> Contract:
    """Read the contract from a migrated database."""
    declared = tomllib.loads(DECLARED.read_text())
    rooms = rooms_of_objects()
    return Contract(
        tuple(
            _function(row, rooms, declared)
            for row in connection.execute(FUNCTIONS, {"roles": list(ROLES)}).fetchall()
        ),
        tuple(
            _relation(connection, row, rooms, declared)
            for row in connection.execute(RELATIONS, {"roles": list(ROLES)}).fetchall()
        ),
        {name: tuple(labels) for name, labels in connection.execute(ENUMS).fetchall()},
        tuple(listed_codes()),
        declared["shapes"],
    )


def rooms_of_objects() -> dict[str, str]:
    """Say in which room of sql/ each public function, table and view is made."""
    made = re.compile(r"^create (?:table|view|function) public\.(\w+)", re.MULTILINE)
    return {
        name: path.parent.name
        for path in sorted(ROOT.glob("sql/*/*.sql"))
        for name in made.findall(path.read_text())
    }


def listed_codes() -> list[Code]:
    """Read the table of errors in sql/README.md."""
    row = re.compile(r"^\| `(\w+)` \| (\d{3}) \| [^|]* \| ([^|]*) \| ([^|]*) \|$", re.MULTILINE)
    text = (ROOT / "sql" / "README.md").read_text()
    return [Code(*(cell.strip() for cell in cells)) for cells in row.findall(text)]


def _function(row: Any, rooms: Mapping[str, str], declared: Mapping[str, Any]) -> Function:
    name, comment, is_set, returns, relation, count, defaults, names, types, values, roles = row
    facts = declared["functions"].get(name, {})
    names = names or []
    first_default = count - defaults
    parameters = tuple(
        Parameter(
            names[place],
            types[place],
            (values[place] or "null") if place >= first_default else None,
            takes_null=names[place] in facts.get("takes_null", ())
            or (place >= first_default and (values[place] or "NULL").upper().startswith("NULL")),
            shape=facts.get("shapes", {}).get(names[place]),
        )
        for place in range(count)
    )
    columns = tuple(
        Column(
            names[place],
            types[place],
            names[place] in facts.get("nullable", ()),
            texts=tuple(facts.get("texts", {}).get(names[place], ())),
            shape=facts.get("shapes", {}).get(names[place]),
        )
        for place in range(count, len(types))
    )
    return Function(
        name,
        rooms[name],
        comment or "",
        tuple(roles),
        parameters,
        is_set,
        returns,
        relation,
        columns,
        facts.get("returns"),
    )


def _relation(
    connection: psycopg.Connection[Any],
    row: Any,
    rooms: Mapping[str, str],
    declared: Mapping[str, Any],
) -> Relation:
    oid, name, is_view, comment, can_delete, rules, roles = row
    facts = declared["relations"].get(name, {})
    nullable, filled = facts.get("nullable", ()), facts.get("filled", ())
    columns = tuple(
        Column(
            column,
            type,
            column in nullable if is_view else is_nullable,
            text or "",
            can_insert,
            can_update,
            is_optional=has_default or is_nullable or column in filled,
            texts=tuple(facts.get("texts", {}).get(column, ())),
            shape=facts.get("shapes", {}).get(column),
        )
        for column, type, is_nullable, text, can_insert, can_update, has_default in (
            connection.execute(COLUMNS, [oid]).fetchall()
        )
    )
    return Relation(
        name, rooms[name], is_view, comment or "", can_delete, tuple(rules), tuple(roles), columns
    )
