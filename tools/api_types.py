"""Writes supabase/types/api.ts: what the Supabase CLI generates, as tight as the API is.

`make types` calls it (new_types.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from tools.cluster import ROOT
from tools.contract import Column, Contract, Function, Parameter, Relation

API_TYPES = ROOT / "supabase" / "types" / "api.ts"

NUMBERS = {"smallint", "integer", "bigint", "numeric", "real", "double precision"}
TEXTS = {"uuid", "text", "date", "interval", "timestamp", "time"}

# What does not depend on the catalog.
HEAD = Path(__file__).with_name("api_head.ts")
TAIL = Path(__file__).with_name("api_tail.ts")


def write(contract: Contract, tables_with_hidden: dict[str, list[str]]) -> str:
    """Return the file; `tables_with_hidden` names the columns that nobody may read."""
    tables = [relation for relation in contract.relations if not relation.is_view]
    views = [relation for relation in contract.relations if relation.is_view]
    parts = [HEAD.read_text()]
    parts += [f"export type {name} = {shape};" for name, shape in contract.shapes.items()]
    parts += ["", "export type Database = {", "  public: {", "    Tables: {"]
    parts += [_table(one, tables_with_hidden.get(one.name, []), contract) for one in tables]
    parts += ["    };", "    Views: {", *(_view(one, contract) for one in views), "    };"]
    parts += ["    Functions: {", *(_function(one, contract) for one in contract.functions)]
    parts += ["    };", "    Enums: Enums;", "    CompositeTypes: { [_ in never]: never };"]
    parts += ["  };", "};", "", *_codes(contract), "", TAIL.read_text()]
    return "\n".join(parts)


def _table(relation: Relation, hidden: list[str], contract: Contract) -> str:
    parts = {
        "hidden": " | ".join(f'"{name}"' for name in hidden) or "never",
        "part": _object(
            (one.name, _column_type(one, contract), False) for one in relation.columns if one.shape
        ),
        "insert": _object(
            (one.name, _column_type(one, contract), one.is_optional)
            for one in relation.columns
            if one.is_insertable
        ),
        "update": _object(
            (one.name, _column_type(one, contract), True)
            for one in relation.columns
            if one.is_updatable
        ),
    }
    usual = {"hidden": "never", "part": "{}", "insert": "{}", "update": "{}"}
    given = [f'"{relation.name}"', *parts.values()]
    for name in ("insert", "update"):
        if parts[name] == usual[name]:
            given[1 + list(parts).index(name)] = "never"
    while len(given) > 1 and given[-1] in ("never", "{}"):
        given.pop()
    return f"      {relation.name}: Table<{', '.join(given)}>;"


def _view(relation: Relation, contract: Contract) -> str:
    row = _object((one.name, _column_type(one, contract), False) for one in relation.columns)
    return f'      {relation.name}: View<"{relation.name}", {row}>;'


def _function(function: Function, contract: Contract) -> str:
    arguments = _object(
        (one.name, _parameter_type(one, contract), one.default is not None)
        for one in function.parameters
    )
    if not function.parameters:
        arguments = "Record<PropertyKey, never>"
    answer = _returns(function, contract)
    return f'      {function.name}: Call<"{function.name}", {arguments}, {answer}>;'


def _returns(function: Function, contract: Contract) -> str:
    if function.relation:
        of = next(one for one in contract.relations if one.name == function.relation)
        kind = "Views" if of.is_view else "Tables"
        return f'Database["public"]["{kind}"]["{of.name}"]["Row"][]'
    if function.columns:
        row = _object((one.name, _column_type(one, contract), False) for one in function.columns)
        return f"{row}[]"
    if function.shape:
        return function.shape
    return "undefined" if function.returns == "void" else _scalar(function.returns, contract)


def _object(fields: Iterable[tuple[str, str, bool]]) -> str:
    listed = [f"{name}{'?' if is_optional else ''}: {type}" for name, type, is_optional in fields]
    return f"{{ {'; '.join(listed)} }}" if listed else "{}"


def _column_type(column: Column, contract: Contract) -> str:
    if column.texts:
        type = " | ".join(f'"{text}"' for text in column.texts)
    else:
        type = column.shape or _scalar(column.type, contract)
    return f"{type} | null" if column.is_nullable else type


def _parameter_type(parameter: Parameter, contract: Contract) -> str:
    type = parameter.shape or _scalar(parameter.type, contract)
    return f"{type} | null" if parameter.takes_null else type


def _scalar(type: str, contract: Contract) -> str:
    bare = type.removeprefix("public.")
    if bare.endswith("[]"):
        of = _scalar(bare.removesuffix("[]"), contract)
        return f"{of}[]" if of.isidentifier() else f"({of})[]"
    if bare in contract.enums:
        return f'Enums["{bare}"]'
    first = re.split(r"[ (]", bare)[0]
    if bare in NUMBERS or first in NUMBERS:
        return "number"
    if first in TEXTS:
        return "string"
    return {"boolean": "boolean", "json": "Json", "jsonb": "Json", "inet": "unknown"}[first]


def _codes(contract: Contract) -> Iterable[str]:
    yield "/** Codes of refusals; docs/api.md says what each means. */"
    yield from _union("RefusalCode", sorted({one.name for one in contract.codes}))
    yield "/** Rules of tables, whose names are codes where a function writes. */"
    yield from _union("RuleCode", contract.rules)
    yield "/** The webhook service's own codes; those of the database pass through it. */"
    yield from _union("ServiceCode", service_codes())
    yield "export type ErrorCode = RefusalCode | RuleCode | ServiceCode;"


def _union(name: str, values: Iterable[str]) -> Iterable[str]:
    yield f"export type {name} ="
    yield "\n".join(f'  | "{value}"' for value in values) + ";"


def service_codes() -> list[str]:
    """Find the codes of the service's own problems in its source."""
    made = re.compile(r'(?:Problem\(\s*\d{3},|_unauthorized\()\s*"(\w+)"|HTTPStatus\.\w+: "(\w+)"')
    found = {
        first or second
        for path in (ROOT / "webhook_service").glob("*.py")
        for first, second in made.findall(path.read_text())
    }
    return sorted(found | {"http_error"})
