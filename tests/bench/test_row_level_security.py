"""The lists cost little more under row-level security than they do without it.

The same call is made by the same person twice: once as PostgREST makes it, and once as a superuser
with that person's claims, to whom no policy applies.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.bench.city import City
from tests.bench.conftest import Connect
from tests.bench.measure import Ratio, compare
from tests.bench.test_growth import PEOPLE, QUESTIONS, Client, Question

pytestmark = [pytest.mark.bench, pytest.mark.timeout(7200)]

# What is left is asking who is calling: once a statement, however many rows there are.
LIMIT = 2.0

LISTS = [question for question in QUESTIONS if question.caller is not None]


@pytest.mark.parametrize("question", LISTS, ids=lambda question: question.name)
def test_a_list_costs_at_most_twice_as_much_as_without_policies(
    question: Question, large: City, connect: Connect, report: Callable[[Ratio], None]
) -> None:
    bound = Client(connect(large), question)
    unbound = Client(connect(large), question, role="supabase_admin")
    for number in range(PEOPLE):
        assert bound.ask(number) == unbound.ask(number) == question.rows
    report(
        compare(
            f"{question.name}, under row-level security",
            bound.ask,
            unbound.ask,
            limit=LIMIT,
            calls=PEOPLE,
        )
    )
