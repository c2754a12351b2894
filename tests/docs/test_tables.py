"""What the guides say of tables is so: why rows go with others, and how long they are kept."""

from __future__ import annotations

import re

import psycopg

from tests.docs.test_docs import section
from tools.cluster import ROOT

ANSWERS = (ROOT / "docs" / "answers.md").read_text()
OPERATIONS = (ROOT / "docs" / "operations.md").read_text()

FOREIGN_KEYS = """
    select
        format('%s.%s', child.relnamespace::regnamespace, child.relname),
        format('%s.%s', parent.relnamespace::regnamespace, parent.relname),
        case confdeltype when 'c' then 'cascade' when 'n' then 'set null' else 'restrict' end
    from pg_constraint
    join pg_class child on child.oid = conrelid
    join pg_class parent on parent.oid = confrelid
    where contype = 'f'
        and conparentid = 0
        and connamespace in ('public'::regnamespace, 'private'::regnamespace)
"""


def cells(text: str) -> list[list[str]]:
    """The rows of a section's table, without its head."""
    rows = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows[2:]]


def names(cell: str) -> set[str]:
    return set(re.findall(r"`([\w.]+)`", cell))


def test_every_rule_of_deleting_has_its_reason(db: psycopg.Connection) -> None:
    """What is not listed is restricted: nothing that others rest on can be deleted."""
    found = {
        (rule, child.removeprefix("public."), parent.removeprefix("public."))
        for child, parent, rule in db.execute(FOREIGN_KEYS).fetchall()
        if rule != "restrict"
    }
    listed = {
        (rule, child, parent)
        for rule, children, parents, reason in cells(section(ANSWERS, "## Foreign keys"))
        for child in names(children)
        for parent in names(parents)
        if reason
    }
    assert found - listed == set()
    assert {rule for rule, _, _ in listed} == {"cascade", "set null"}
    for rule, children, parents, _ in cells(section(ANSWERS, "## Foreign keys")):
        assert {(rule, child, parent) for child in names(children) for parent in names(parents)} & (
            found
        ), children


def test_what_is_removed_is_removed_by_maintenance_when_it_is_said(db: psycopg.Connection) -> None:
    bodies: dict[str, str] = dict(
        db.execute(
            "select proname::text, prosrc from pg_proc where pronamespace = 'private'::regnamespace"
        ).fetchall()
    )
    tasks = bodies["maintain_platform"] + bodies["maintain_organization"]
    checked = set()
    for table, _, kept, task in cells(section(OPERATIONS, "## Retention")):
        if not task:
            continue
        (time,) = re.findall(r"\d+ (?:hours|days|years)", kept)
        for name in names(task):
            (function,) = re.findall(rf"'{name}', private\.(\w+)\(", tasks)
            for one in names(table):
                assert re.search(rf"\b{one}\b", bodies[function]), (one, function)
            assert f"interval '{time}'" in bodies[function], (function, time)
            checked.add(function)
    removing = {
        function
        for function in re.findall(r"private\.((?:remove|forget)_\w+)\(", tasks)
        if "interval '" in bodies[function]
    }
    assert removing == checked


FIELDS = (ROOT / "docs" / "fields.md").read_text()


def test_every_field_of_the_documents_is_where_the_page_says(db: psycopg.Connection) -> None:
    columns = {
        f"{schema}.{table}.{column}"
        for schema, table, column in db.execute(
            "select table_schema::text, table_name::text, column_name::text"
            " from information_schema.columns"
        ).fetchall()
    }
    tables = {column.rpartition(".")[0] for column in columns}
    functions = {
        f"{name}()"
        for (name,) in db.execute(
            "select proname::text from pg_proc where pronamespace = 'public'::regnamespace"
        ).fetchall()
    }
    known = columns | tables | functions
    _, *documents = FIELDS.split("\n## Document ")
    assert len(documents) == 5
    for document in documents:
        for entity, field, where in cells(document):
            assert field, entity
            said = [
                name
                for name in re.findall(r"`([a-z0-9_.]+(?:\(\))?)`", where)
                if "." in name or name.endswith("()") or f"public.{name}" in tables
            ]
            assert said, (entity, field)
            for name in said:
                assert {name, f"public.{name}"} & known, name
