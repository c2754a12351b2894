"""docs/api.md names all of the API; what the catalog cannot tell about it is declared truly."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from tests.factories import World
from tools.cluster import LOCAL, ROOT
from tools.contract import DECLARED, Contract, read

REFERENCE = (ROOT / "docs" / "api.md").read_text()


@pytest.fixture
def contract(db: psycopg.Connection) -> Contract:
    return read(db)


def test_every_function_table_and_view_is_described(db: psycopg.Connection) -> None:
    functions = db.execute(
        "select distinct proname from pg_proc where pronamespace = 'public'::regnamespace"
    ).fetchall()
    relations = db.execute(
        "select relname from pg_class where relnamespace = 'public'::regnamespace"
        " and relkind in ('r', 'p', 'v') and not relispartition"
    ).fetchall()
    assert len(functions) > 50
    assert [name for (name,) in functions if f"\n#### {name}\n" not in REFERENCE] == []
    assert [name for (name,) in relations if f"\n### {name}\n" not in REFERENCE] == []


def test_every_function_and_table_says_what_it_is(contract: Contract) -> None:
    assert [one.name for one in contract.functions if len(one.text) < 20] == []
    assert [one.name for one in contract.relations if len(one.comment) < 20] == []


def test_every_code_of_a_function_is_explained(contract: Contract) -> None:
    known = {code.name for code in contract.codes} | set(contract.rules)
    named = {(one.name, code) for one in contract.functions for code in one.codes}
    assert sorted((name, code) for name, code in named if code not in known) == []


@pytest.mark.slow
def test_every_example_is_refused_by_no_compiler(tmp_path: Path, contract: Contract) -> None:
    examples = re.findall(r"```ts\n(.*?)\n```", REFERENCE, re.DOTALL)
    assert len(examples) == len(contract.functions) + len(contract.relations)
    ids = sorted({name for text in examples for name in re.findall(r": (\w+Id|id)\b", text)})
    declared = "".join(f"declare const {name}: string;\n" for name in ids)
    blocks = "".join(f"{{\n{text}\nvoid [data, error];\n}}\n" for text in examples)
    program = (
        'import type { SupabaseClient } from "@supabase/supabase-js";\n'
        'import type { Database } from "../types/api";\n'
        f"declare const supabase: SupabaseClient<Database>;\n{declared}{blocks}"
    )
    assert compile_ts({"examples.ts": program}) == ""


@pytest.mark.slow
def test_the_types_say_what_may_be_done() -> None:
    program = Path(__file__).with_name("api_types.test.ts").read_text()
    assert compile_ts({"api_types.test.ts": program}) == ""


@pytest.mark.slow
def test_a_type_that_does_not_hold_is_found() -> None:
    program = (
        'import { expectTypeOf } from "expect-type";\n'
        'import type { Tables } from "../types/api";\n'
        'expectTypeOf<Tables<"booking_details">["status"]>().toEqualTypeOf<string>();\n'
    )
    assert "error TS" in compile_ts({"wrong.test.ts": program})


@pytest.mark.slow
def test_a_code_is_read_from_whatever_comes_back() -> None:
    script = """
        import ts from "typescript";
        import { readFileSync } from "node:fs";
        const source = readFileSync("../types/api.ts", "utf8");
        const options = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 };
        const program = ts.transpileModule(source, { compilerOptions: options }).outputText;
        const { codeOf } = await import("data:text/javascript," + encodeURIComponent(program));
        const refusals = [
          { code: "PT409", message: "Taken.", details: '{"code": "slot_taken"}' },
          { type: "urn:lplate:problem:token_expired", code: "token_expired", status: 401 },
          { code: "42501", message: "permission denied", details: null },
          { code: "23505", message: "duplicate", details: "Key (id)=(1) already exists." },
          { code: "PGRST202", details: '"text"' },
          new TypeError("fetch failed"),
          null,
          "gone",
        ];
        console.log(JSON.stringify(refusals.map(codeOf)));
    """
    finished = subprocess.run(
        ["node", "--input-type=module", "--eval", script],
        cwd=LOCAL,
        capture_output=True,
        text=True,
        check=True,
    )
    expected = ["slot_taken", "token_expired", None, None, None, None, None, None]
    assert json.loads(finished.stdout) == expected


def compile_ts(files: dict[str, str]) -> str:
    """What `tsc --strict` says about files that stand in supabase/local, where the packages are."""
    folder = LOCAL / f".types-{uuid4().hex}"
    folder.mkdir()
    try:
        for name, text in files.items():
            (folder / name).write_text(text.replace("../types/api", "../../types/api"))
        options = (
            "--strict --noEmit --skipLibCheck --exactOptionalPropertyTypes --noUnusedLocals"
            " --target es2022 --module esnext --moduleResolution bundler"
        )
        finished = subprocess.run(
            [
                *("node", str(LOCAL / "node_modules" / "typescript" / "bin" / "tsc")),
                *options.split(),
                *files,
            ],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        return finished.stdout + finished.stderr
    finally:
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()


def test_the_views_answer_as_they_are_declared(world: World, contract: Contract) -> None:
    booking = world.booking()
    booking.pay()
    for view in (one for one in contract.relations if one.is_view):
        rows = world.rows(f"select * from public.{view.name}")
        for column in view.columns:
            seen = [row[column.name] for row in rows if row[column.name] is not None]
            assert column.is_nullable or len(seen) == len(rows), (view.name, column.name)
            assert not column.texts or set(seen) <= set(column.texts), (view.name, column.name)


def test_declared_columns_and_parameters_exist(contract: Contract) -> None:
    declared = tomllib.loads(DECLARED.read_text())
    columns = {one.name: {column.name for column in one.columns} for one in contract.relations}
    for function in contract.functions:
        columns[function.name] = {one.name for one in function.columns} | {
            one.name for one in function.parameters
        }
    for kind in ("functions", "relations"):
        for name, facts in declared[kind].items():
            for fact, names in facts.items():
                assert fact == "returns" or set(names) <= columns[name], (name, fact)


def test_the_kinds_of_messages_are_those_that_there_are(
    db: psycopg.Connection, contract: Contract
) -> None:
    kinds = db.execute("select key, about from private.message_kinds").fetchall()
    for shape, place in (("MessageKind", 0), ("MessageAbout", 1)):
        declared = re.findall(r'"(\w+)"', contract.shapes[shape])
        assert set(declared) == {row[place] for row in kinds}, shape


def test_every_text_of_a_view_is_one_that_its_definition_has(
    db: psycopg.Connection, contract: Contract
) -> None:
    definition = str(db.execute("select pg_get_viewdef('public.booking_details')").fetchone())
    (details,) = [one for one in contract.relations if one.name == "booking_details"]
    for column in details.columns:
        for text in column.texts:
            known = f"'{text}'" in definition or any(
                text in labels for labels in contract.enums.values()
            )
            assert known, (column.name, text)
