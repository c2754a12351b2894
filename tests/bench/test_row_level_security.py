"""The lists cost hardly more under row-level security than their query would without it.

The query is the list's own, with the ids that its policies would find, asked by a superuser, to
whom no policy applies.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.bench.city import TOMORROW, City
from tests.bench.conftest import Connect
from tests.bench.measure import Ratio, compare
from tests.bench.test_growth import PEOPLE, QUESTIONS, Client

pytestmark = [pytest.mark.bench, pytest.mark.timeout(7200)]

LIMIT = 1.25


@dataclass(frozen=True)
class List:
    """A question of test_growth.py, and what it asks, written out."""

    name: str
    condition: str


LISTS = [
    List("a learner's bookings", "learner_id = any (array[md5('learner {n}')::uuid])"),
    List(
        "an instructor's day",
        "expert_id = md5('instructor {n}')::uuid and start_at >= '{tomorrow}'::date + 5"
        " and start_at < '{tomorrow}'::date + 6",
    ),
    List(
        "a school's bookings",
        "org_id = md5('school {school}')::uuid and start_at >= '{tomorrow}'",
    ),
]


@pytest.mark.parametrize("list_", LISTS, ids=lambda list_: list_.name)
def test_a_list_costs_at_most_a_quarter_more_than_without_policies(
    list_: List, large: City, connect: Connect, report: Callable[[Ratio], None]
) -> None:
    (question,) = [question for question in QUESTIONS if question.name == list_.name]
    asking, unbound = Client(connect(large), question), connect(large)

    def ask_without_policies(number: int) -> int:
        condition = list_.condition.format(n=number, school=number % 4, tomorrow=TOMORROW)
        return unbound.execute(
            f"select * from public.booking_details where {condition}"
            " order by start_at, id limit 50".encode()
        ).rowcount

    for number in range(PEOPLE):
        assert asking.ask(number) == ask_without_policies(number) == question.rows
    report(
        compare(
            f"{list_.name}, under row-level security",
            asking.ask,
            ask_without_policies,
            limit=LIMIT,
            calls=PEOPLE,
        )
    )
