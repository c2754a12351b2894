"""In the database, each person and each service can call what matrix.toml says, and no more."""

from __future__ import annotations

from typing import get_args

import pytest
from psycopg import sql

from tests.access.conftest import Prober
from tests.access.marketplace import Marketplace, Parties, Person
from tests.access.matrix import REFUSED, Call, Matrix, load
from tests.access.oracle import fill
from tests.factories import Service

CALLS = [call for function in load().functions for call in function.calls]

# How each function of private is called, with nulls for whatever it takes.
CALL_EACH = """
    select
        proname as name,
        format(
            'select private.%%I(%%s)',
            proname,
            array_to_string(array_fill('null'::text, array[pronargs]), ', ')
        ) as call
    from pg_proc
    where pronamespace = 'private'::regnamespace
"""


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.function)
def test_each_person_gets_what_is_declared(
    prober: Prober, marketplace: Marketplace, call: Call
) -> None:
    parties = Parties(**fill(call.of, marketplace.values))
    with prober.world.unchanged():
        outcomes = {
            person.name: prober.try_each(
                person, [(_statement(marketplace, person, call), "select true")]
            )
            for person in marketplace.people
        }
    assert outcomes == {
        person.name: [call.outcomes[marketplace.audience(person, parties)]]
        for person in marketplace.people
    }


@pytest.mark.parametrize("name", ["Ben", "Pat", "guest with Pat's id", "visitor"])
def test_nobody_reaches_into_private(
    prober: Prober, marketplace: Marketplace, matrix: Matrix, name: str
) -> None:
    statements = [each["call"] for each in prober.world.rows(CALL_EACH)]
    statements += [f"select from private.{table}" for table in matrix.private_tables]
    attempts = [(statement, "select true") for statement in statements]
    assert prober.try_each(marketplace.person(name), attempts) == [REFUSED] * len(attempts)


@pytest.mark.parametrize("login", get_args(Service))
def test_a_service_calls_its_functions_and_touches_no_table(
    prober: Prober, matrix: Matrix, login: Service
) -> None:
    calls = {each["name"]: each["call"] for each in prober.world.rows(CALL_EACH)}
    tables = [f"public.{table.name}" for table in matrix.tables]
    tables += [f"private.{name}" for name in matrix.private_tables]
    statements = [
        *(calls[name] for name, roles in matrix.private_functions.items() if login not in roles),
        *(f"select from {table}" for table in tables),
        *(f"insert into {table} default values" for table in tables),
        *(f"delete from {table}" for table in tables),
    ]
    attempts = [(statement, "select true") for statement in statements]
    assert prober.try_each_as_service(login, attempts) == [REFUSED] * len(attempts)


def _statement(marketplace: Marketplace, person: Person, call: Call) -> str:
    arguments = ", ".join(
        f"{name} => {sql.Literal(value).as_string()}"
        for name, value in fill(
            call.arguments, marketplace.values | {"caller": person.user_id}
        ).items()
    )
    return f"select * from public.{call.function}({arguments}) limit 1"
