"""A hundred times the slots and instructors cost at most 1.3 times as long to search and to list.

Answers are equally long in both cities, and no plan reads a big table from end to end.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from tests.bench.city import TABLES, TOMORROW, City
from tests.bench.conftest import Connect
from tests.bench.measure import Ratio, compare
from tests.bench.plans import INDEXED, observed, scans, sequential_scans

pytestmark = [pytest.mark.bench, pytest.mark.timeout(7200)]

LIMIT = 1.3

# Each question is asked about as many people, from 0 on.
PEOPLE = 20


@dataclass(frozen=True)
class Question:
    """A call, made by somebody or by a visitor; {n} is the number of whom it is about."""

    name: str
    call: str
    rows: int
    caller: str | None = None

    def about(self, number: int) -> str:
        return "select * from public." + self._filled(self.call, number)

    def called_by(self, number: int) -> str | None:
        return None if self.caller is None else self._filled(self.caller, number)

    def _filled(self, text: str, number: int) -> str:
        school = number % 4
        return text.format(
            n=number,
            school=school,
            zero=UUID(int=0),
            owner=school * 20 + 1,
            tomorrow=TOMORROW,
            month_later=TOMORROW + timedelta(days=31),
            sixth_day=TOMORROW + timedelta(days=5),
        )


QUESTIONS = [
    Question(
        "an instructor's open times of a month",
        "list_open_slots(md5('instructor {n}')::uuid, md5('service {n}')::uuid,"
        " '{tomorrow}', '{month_later}')",
        # Eight a day, of which one in ten is booked, and two on an evening.
        223 + 2,
    ),
    Question("instructors by name", "search_instructors('quixote')", 10),
    Question(
        "instructors by expertise", "search_instructors(p_expertise_areas => '{{skid-pan}}')", 10
    ),
    Question(
        "instructors of a school", "search_instructors(p_org_id => md5('school 1')::uuid)", 10
    ),
    Question("the first page of instructors", "search_instructors()", 50),
    Question(
        "a later page of instructors",
        "search_instructors(p_limit => 10, p_after => '80000000-0000-4000-8000-000000000000')",
        10,
    ),
    Question("services by title", "search_services('quixote')", 10),
    Question("services by topic", "search_services(p_topic_tags => '{{skid-pan}}')", 10),
    Question("services of a school", "search_services(p_org_id => md5('school 1')::uuid)", 10),
    Question("the first page of services", "search_services()", 50),
    Question("the directory by title", "search_directory('quixote')", 10),
    Question(
        "the directory by a facet", 'search_directory(p_facets => \'{{"languages": ["eo"]}}\')', 10
    ),
    Question(
        "the directory around a place",
        "search_directory(p_lat => 60, p_lng => 5, p_radius_km => 500)",
        10,
    ),
    Question("the first page of the directory", "search_directory()", 20),
    Question(
        "a later page of the directory",
        "search_directory(p_limit => 10,"
        " p_after => '0/80000000-0000-4000-8000-000000000000/{zero}')",
        10,
    ),
    Question("a learner's bookings", "my_bookings()", 50, "pupil {n}"),
    Question(
        "an instructor's day",
        "instructor_day(md5('instructor {n}')::uuid, '{sixth_day}')",
        1,
        "teacher {n}",
    ),
    Question(
        "a school's bookings",
        "organization_bookings(md5('school {school}')::uuid, '{tomorrow}', 'infinity')",
        50,
        "teacher {owner}",
    ),
]
by_question = pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.name)


class Client:
    """Asks a question in one city, about one person after the other."""

    def __init__(
        self,
        connection: psycopg.Connection[Any],
        question: Question,
        role: str = "authenticated",
    ) -> None:
        self.connection = connection
        self.question = question
        self.role = role

    def ask(self, number: int) -> int:
        """Asks; how many rows it was told."""
        caller = self.question.called_by(number)
        if caller is None:
            self.connection.execute("set role anon")
        else:
            self.connection.execute(
                "select set_config('role', %s, false),"
                " set_config('request.jwt.claims', json_build_object("
                "'role', 'authenticated', 'sub', md5(%s)::uuid)::text, false)",
                [self.role, caller],
            )
        return self.connection.execute(self.question.about(number).encode()).rowcount


@by_question
def test_a_hundred_times_the_data_costs_at_most_1_3_times_as_long(
    question: Question,
    small: City,
    large: City,
    connect: Connect,
    report: Callable[[Ratio], None],
) -> None:
    few, many = Client(connect(small), question), Client(connect(large), question)
    for number in range(PEOPLE):
        assert few.ask(number) == many.ask(number) == question.rows
    report(compare(question.name, many.ask, few.ask, limit=LIMIT, calls=PEOPLE))


@by_question
def test_no_big_table_is_read_from_end_to_end(
    question: Question, large: City, connect: Connect
) -> None:
    connection, other = connect(large), connect(large)
    before = sequential_scans(other, TABLES)
    client = Client(connection, question)
    # The first calls are planned for their values; a later plan serves any.
    for number in range(10):
        assert client.ask(number) == question.rows
    connection.execute("reset role")
    with observed(connection) as plans:
        client.ask(3)
        connection.execute("reset role")

    found = [scan for plan in plans for scan in scans(plan) if scan.table in TABLES]
    assert found
    assert [scan for scan in found if scan.method not in INDEXED] == []
    connection.execute("select pg_stat_force_next_flush()")
    assert sequential_scans(other, TABLES) == before
