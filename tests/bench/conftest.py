"""A large city and one of a hundredth of it, built once; and the ratios, reported at the end.

BENCH_INSTRUCTORS makes the large one smaller, for a quick run; 5000 is the least.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import psycopg
import pytest

from tests.bench.city import City
from tests.bench.measure import Ratio
from tests.instant import start
from tools.cluster import Cluster

INSTRUCTORS = int(os.environ.get("BENCH_INSTRUCTORS", "10000"))

_ratios: list[Ratio] = []


@pytest.fixture(scope="session")
def large(cluster: Cluster, template: str) -> City:
    """Ten thousand instructors with five million slots, unless the environment says less."""
    return _city(cluster, template, "large", 1)


@pytest.fixture(scope="session")
def small(cluster: Cluster, template: str) -> City:
    """A hundredth of the large city."""
    return _city(cluster, template, "small", 100)


def _city(cluster: Cluster, template: str, name: str, part: int) -> City:
    cluster.create_database(name, template)
    start(cluster.admin_url(name))
    city = City(cluster.admin_url(name), INSTRUCTORS // part)
    city.build()
    return city


Connect = Callable[[City], psycopg.Connection]


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Connects to a city as its superuser, until the test ends."""
    with ExitStack() as closing:
        yield lambda city: closing.enter_context(psycopg.connect(city.url, autocommit=True))


@pytest.fixture
def report() -> Callable[[Ratio], None]:
    """Keeps a ratio for the summary, and fails the test if it is above its limit."""

    def keep(ratio: Ratio) -> None:
        _ratios.append(ratio)
        assert ratio.value <= ratio.limit, str(ratio)

    return keep


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _ratios:
        terminalreporter.section("measured ratios")
        for ratio in _ratios:
            terminalreporter.write_line(str(ratio))
