"""What roles may do, as the catalog has it and as matrix.toml declares it, in the same words."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg

from tests.access.matrix import ROLES, Matrix

# PUBLIC is what every role has.
GRANTEES = [*ROLES, "public"]

PRIVILEGES = """
    with grantee as (
        select unnest(%(grantees)s::text[]) as name
    ),

    relation as (
        select oid, relkind, format('%%s.%%s', relnamespace::regnamespace, relname) as name
        from pg_class
        where relnamespace in ('public'::regnamespace, 'private'::regnamespace)
    )

    select format('%%s may %%s %%s', grantee.name, privilege, relation.name)
    from grantee, relation, unnest('{delete,truncate,trigger,maintain}'::text[]) privilege
    where relation.relkind in ('r', 'p', 'v', 'm', 'f')
        and has_table_privilege(grantee.name, relation.oid, privilege)
    union all
    select format('%%s may %%s %%s.%%s', grantee.name, privilege, relation.name, attribute.attname)
    from grantee, relation, unnest('{select,insert,update,references}'::text[]) privilege,
        pg_attribute attribute
    where relation.relkind in ('r', 'p', 'v', 'm', 'f')
        and attribute.attrelid = relation.oid
        and attribute.attnum > 0
        and not attribute.attisdropped
        and has_column_privilege(grantee.name, relation.oid, attribute.attnum, privilege)
    union all
    select format('%%s may %%s %%s', grantee.name, privilege, relation.name)
    from grantee, relation, unnest('{usage,select,update}'::text[]) privilege
    where relation.relkind = 'S'
        and has_sequence_privilege(grantee.name, relation.oid, privilege)
    union all
    select format(
        '%%s may execute %%s.%%s',
        grantee.name, function.pronamespace::regnamespace, function.proname
    )
    from grantee, pg_proc function
    where function.pronamespace in ('public'::regnamespace, 'private'::regnamespace)
        and has_function_privilege(grantee.name, function.oid, 'execute')
    union all
    select format('%%s may %%s schema %%s', grantee.name, privilege, namespace.nspname)
    from grantee, pg_namespace namespace, unnest('{usage,create}'::text[]) privilege
    where namespace.nspname in ('public', 'private')
        and has_schema_privilege(grantee.name, namespace.oid, privilege)
"""

# Hosted Supabase lets everybody look names up in public.
SCHEMAS = {f"{grantee} may usage schema public" for grantee in GRANTEES} | {
    "webhook_service may usage schema private",
    "jobs may usage schema private",
}

# A partition is reached through its parent, and is no table to declare.
OBJECTS = """
    select format('%%s.%%s', class.relnamespace::regnamespace, class.relname)
    from pg_class class
    where class.relnamespace in ('public'::regnamespace, 'private'::regnamespace)
        and class.relkind in ('r', 'p', 'v', 'm', 'f')
        and (not class.relispartition or class.relname ~ '_default$')
    union all
    select format('%%s.%%s.%%s', class.relnamespace::regnamespace, class.relname, attribute.attname)
    from pg_class class
    join pg_attribute attribute on attribute.attrelid = class.oid
    where class.relnamespace = 'public'::regnamespace
        and class.relkind in ('r', 'p', 'v', 'm', 'f')
        and attribute.attnum > 0
        and not attribute.attisdropped
    union all
    select format('%%s.%%s()', function.pronamespace::regnamespace, function.proname)
    from pg_proc function
    where function.pronamespace in ('public'::regnamespace, 'private'::regnamespace)
"""

OTHER_GRANTEES = """
    select format('%%s has %%s on %%s', granted.grantee::regrole, privilege_type, granted.name)
    from (
        select (aclexplode(relacl)).*, relname as name, relnamespace as namespace
        from pg_class
        union all
        select (aclexplode(attacl)).*, attname, relnamespace
        from pg_attribute
        join pg_class on pg_class.oid = attrelid
        union all
        select (aclexplode(proacl)).*, proname, pronamespace
        from pg_proc
    ) granted
    where granted.namespace in ('public'::regnamespace, 'private'::regnamespace)
        and granted.grantee <> 'postgres'::regrole
        and granted.grantee::regrole::text <> all (%(grantees)s)
"""


def granted(connection: psycopg.Connection) -> set[str]:
    """Every privilege of our roles, and of PUBLIC, in our schemas."""
    return _texts(connection, PRIVILEGES)


def granted_to_others(connection: psycopg.Connection) -> set[str]:
    """Privileges of any other role than the owner."""
    return _texts(connection, OTHER_GRANTEES)


def objects(connection: psycopg.Connection) -> set[str]:
    """Every table, view, public column and function."""
    return _texts(connection, OBJECTS)


def declared_grants(matrix: Matrix) -> set[str]:
    return SCHEMAS | set(_declared_grants(matrix))


def declared_objects(matrix: Matrix) -> set[str]:
    return {
        *(f"public.{table.name}" for table in matrix.tables),
        *(
            f"public.{table.name}.{column}"
            for table in matrix.tables
            for column in table.columns | table.hidden
        ),
        *(f"private.{name}" for name in matrix.private_tables),
        *(f"public.{function.name}()" for function in matrix.functions),
        *(f"private.{name}()" for name in matrix.private_functions),
    }


def _declared_grants(matrix: Matrix) -> Iterator[str]:
    for table in matrix.tables:
        columns = {"select": table.columns, "insert": table.insert, "update": table.update}
        for role, commands in table.granted.items():
            for command in commands:
                if command == "delete":
                    yield f"{role} may delete public.{table.name}"
                else:
                    for column in columns[command]:
                        yield f"{role} may {command} public.{table.name}.{column}"
    for function in matrix.functions:
        for role in function.execute:
            yield f"{role} may execute public.{function.name}"
    for name, roles in matrix.private_functions.items():
        for role in roles:
            yield f"{role} may execute private.{name}"


def _texts(connection: psycopg.Connection, query: str) -> set[str]:
    return {text for (text,) in connection.execute(query, {"grantees": GRANTEES})}
