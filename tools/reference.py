"""Writes docs/api.md: every function, table, view, enum and code of the public API.

`make types` calls it (new_types.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from tests.access.marketplace import AUDIENCES
from tests.access.matrix import ALLOWED, Command, Rows, load
from tools.cluster import ROOT
from tools.contract import Column, Contract, Function, Parameter, Relation

REFERENCE = ROOT / "docs" / "api.md"

INTRODUCTION = """\
# API reference

Written by `make types` from the comments in [`sql/`](../sql/README.md): do not edit it. [The
guide](frontend.md) says how the calls go together; the types of all of them are in
[`supabase/types/api.ts`](../supabase/types/api.ts).

Functions are called with `supabase.rpc`, tables and views are read with `supabase.from`. What a
caller may not see is not there: a row of somebody else is no error. **Visitors** send the
publishable key only; **signed-in people** their token as well; the **secret key** is for servers,
and passes row-level security. Amounts (`…_cents`) are integers in the minor unit of the
`currency` beside them, times (`timestamptz`) are ISO 8601 with an offset, dates `2027-01-31`,
intervals `24:00:00`. A function with columns answers with rows, also where it is one.

Each function lists the codes with which it refuses. [What they mean](#codes) stands at the end; a
function that lists a table refuses with the names of [its rules](#rules-of-tables) as well.
"""
PEOPLE = {
    "anon": "visitors",
    "authenticated": "signed-in people",
    "service_role": "the secret key",
}
# How somebody stands to a row, in the words of tests/access/matrix.toml.
READERS = {
    "self": "the person",
    "learner": "the learner",
    "guardian": "the learner's guardian",
    "instructor": "the instructor",
    "fellow_learner": "other learners of the organization",
    "fellow_instructor": "other instructors of the organization",
    "org_admin": "the organization's admins",
    "foreign_learner": "learners elsewhere",
    "foreign_instructor": "instructors elsewhere",
    "foreign_admin": "admins elsewhere",
    "platform_admin": "platform admins",
}
# What stands for a value of a type in an example; names make it more telling.
VALUES = {
    "bigint": "1",
    "boolean": "true",
    "date": '"2027-06-01"',
    "integer": "1",
    "interval": '"24:00:00"',
    "jsonb": "{}",
    "numeric": "5",
    "text": '"…"',
    "text[]": '["…"]',
    "timestamp with time zone": '"2027-06-01T09:00:00Z"',
}
SHAPED_VALUES = {
    "MessageKind": '"booking_confirmed"',
    "Skill[]": '[{ area: "Manoeuvres", title: "Bay parking" }]',
    "SkillLevel[]": "[{ skill_id: skillId, level: 3 }]",
    "TripPoint[]": '[{ ts: "2027-06-01T09:00:00Z", lat: 51.54, lng: -0.14 }]',
}
NAMED_VALUES = {
    "p_currency": '"gbp"',
    "p_party": '"learner"',
    "p_tiers": "[{ notice_minutes: 1440, refund_bps: 10000 }]",
    "p_time_zone": '"Europe/London"',
}


def write(contract: Contract) -> str:
    """Return the reference."""
    rooms = {
        room: list(functions)
        for room, functions in groupby(
            sorted(contract.functions, key=lambda function: (function.room, function.name)),
            key=lambda function: function.room,
        )
    }
    readers = {table.name: table.rows for table in load().tables}
    parts = [INTRODUCTION, "## Functions\n", *_contents(rooms)]
    for room, functions in rooms.items():
        parts.append(f"### {title(room)}\n")
        parts += [_function(function, contract) for function in functions]
    parts.append("## Tables and views\n")
    parts += [_relation(relation, readers[relation.name]) for relation in contract.relations]
    parts += [_enums(contract), _rules(contract), _codes(contract)]
    return "\n".join(parts)


def title(room: str) -> str:
    """Name a room: 50_bookings is Bookings."""
    return room.partition("_")[2].replace("_", " ").capitalize()


def _contents(rooms: dict[str, list[Function]]) -> Iterable[str]:
    rows = [
        (title(room), ", ".join(f"[`{one.name}`](#{one.name})" for one in functions))
        for room, functions in rooms.items()
    ]
    yield _table(("about", "functions"), rows)


def _function(function: Function, contract: Contract) -> str:
    parts = [f"#### {function.name}\n", f"{function.text}\n", f"For {_people(function.roles)}.\n"]
    if function.parameters:
        parts.append(
            _table(
                ("parameter", "type", "default"),
                [
                    (f"`{one.name}`", f"`{_type(one)}`", _default(one))
                    for one in function.parameters
                ],
            )
        )
    parts.append(_answer(function))
    if codes := _refusals(function):
        parts.append(f"Refuses with {codes}.\n")
    parts.append(f"```ts\n{example(function, contract)}\n```\n")
    return "\n".join(parts)


def _people(roles: Sequence[str]) -> str:
    names = [PEOPLE[role] for role in roles]
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]])) or "nobody"


def _default(parameter: Parameter) -> str:
    if parameter.default is None:
        return "must be given, or null" if parameter.takes_null else "must be given"
    return f"`{parameter.default.partition('::')[0].lower()}`"


def _type(thing: Parameter | Column) -> str:
    if thing.shape:
        return f"{thing.type}: {thing.shape}"
    short = {"timestamp with time zone": "timestamptz", "timestamp without time zone": "timestamp"}
    return short.get(thing.type, thing.type.removeprefix("public."))


def _answer(function: Function) -> str:
    if function.relation:
        return f"Answers with rows of [`{function.relation}`](#{function.relation}).\n"
    if function.columns:
        rows = [(f"`{one.name}`", f"`{_type(one)}`", _nulls(one)) for one in function.columns]
        return "Answers with rows:\n\n" + _table(("column", "type", ""), rows)
    if function.returns == "void":
        return "Answers with nothing.\n"
    of = f": {function.shape}" if function.shape else ""
    return f"Answers with a value: `{function.returns.removeprefix('public.')}{of}`.\n"


def _nulls(column: Column) -> str:
    texts = ", ".join(f"`{text}`" for text in column.texts)
    return "; ".join(filter(None, ["may be null" if column.is_nullable else "", texts]))


def _refusals(function: Function) -> str:
    codes = [f"`{code}`" for code in function.codes]
    codes += [f"the rules of [`{table}`](#rules-of-tables)" for table in function.rules_of]
    return ", ".join(codes)


def example(function: Function, contract: Contract) -> str:
    """Return a call with what must be given, in TypeScript."""
    given = [
        f"{one.name}: {_value(one, contract)}" for one in function.parameters if one.default is None
    ]
    arguments = f", {{ {', '.join(given)} }}" if given else ""
    line = f'const {{ data, error }} = await supabase.rpc("{function.name}"{arguments});'
    if len(line) <= 130:
        return line
    inner = "".join(f"  {one},\n" for one in given)
    return f'const {{ data, error }} = await supabase.rpc("{function.name}", {{\n{inner}}});'


def _value(parameter: Parameter, contract: Contract) -> str:
    if parameter.shape in SHAPED_VALUES:
        return SHAPED_VALUES[parameter.shape]
    if parameter.name in NAMED_VALUES:
        return NAMED_VALUES[parameter.name]
    enum = parameter.type.removeprefix("public.")
    if enum in contract.enums:
        return f'"{contract.enums[enum][0]}"'
    if parameter.type == "uuid":
        first, *others = parameter.name.removeprefix("p_").split("_")
        return first + "".join(word.capitalize() for word in others)
    if parameter.name.endswith("_cents"):
        return "4500"
    if parameter.name.endswith("_minutes"):
        return "60"
    return VALUES[parameter.type]


def _relation(relation: Relation, readers: Sequence[Rows]) -> str:
    kind = "A view. " if relation.is_view else ""
    parts = [f"### {relation.name}\n", f"{kind}{relation.comment}\n"]
    parts.append(f"Read by {_people(relation.roles)}. {_audiences(readers)}\n")
    columns: dict[Command, list[str]] = {
        "insert": [one.name for one in relation.columns if one.is_insertable],
        "update": [one.name for one in relation.columns if one.is_updatable],
    }
    for command, names in columns.items():
        if names:
            listed = ", ".join(f"`{name}`" for name in names)
            parts.append(f"{_writers(readers, command)} may {command} {listed}.\n")
    if relation.can_delete:
        parts.append(f"{_writers(readers, 'delete')} may delete rows.\n")
    rows = [
        (f"`{one.name}`", f"`{_type(one)}`", ". ".join(filter(None, [_nulls(one), one.comment])))
        for one in relation.columns
    ]
    parts.append(_table(("column", "type", ""), rows))
    some = ", ".join(one.name for one in relation.columns[:4])
    line = f'const {{ data, error }} = await supabase.from("{relation.name}").select("{some}");'
    parts.append(f"```ts\n{line}\n```\n")
    return "\n".join(parts)


def _writers(readers: Sequence[Rows], command: Command) -> str:
    allowed = {
        audience
        for rows in readers
        for audience in AUDIENCES
        if rows.cells[command][audience] == ALLOWED
    }
    named = ", ".join(words for audience, words in READERS.items() if audience in allowed)
    return named[:1].upper() + named[1:]


def _audiences(readers: Sequence[Rows]) -> str:
    sentences = []
    for rows in readers:
        cells = rows.cells["select"]
        allowed = {audience for audience in AUDIENCES if cells[audience] == ALLOWED}
        if "visitor" in allowed:
            who = "everybody"
        elif "newcomer" in allowed:
            who = "everybody who is signed in"
        else:
            named = [words for audience, words in READERS.items() if audience in allowed]
            who = ", ".join(named) or "nobody"
        where = "" if rows.where == "true" else f" where `{' '.join(rows.where.split())}`"
        sentences.append(f"Rows{where} are seen by {who}.")
    return " ".join(sentences)


def _enums(contract: Contract) -> str:
    rows = [
        (f"`{name}`", ", ".join(f"`{one}`" for one in labels))
        for name, labels in contract.enums.items()
    ]
    shapes = [(f"`{name}`", f"`{shape}`") for name, shape in contract.shapes.items()]
    return (
        "## Enums\n\n"
        + _table(("type", "values"), rows)
        + "\n## Shapes of JSON\n\n"
        + _table(("shape", "is"), shapes)
    )


def _rules(contract: Contract) -> str:
    rows = [
        (f"`{relation.name}`", ", ".join(f"`{rule}`" for rule in relation.rules))
        for relation in contract.relations
        if relation.rules
    ]
    text = "A function refuses a value that breaks one with 422, and the rule's name is the code.\n"
    return f"## Rules of tables\n\n{text}\n" + _table(("table", "rules"), rows)


def _codes(contract: Contract) -> str:
    rows = [(f"`{one.name}`", one.status, one.means, one.next_step) for one in contract.codes]
    return "## Codes\n\n" + _table(("code", "status", "means", "next step"), rows)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [[cell.replace("|", r"\|") for cell in row] for row in (head, *rows)]
    lines.insert(1, ["---"] * len(head))
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
