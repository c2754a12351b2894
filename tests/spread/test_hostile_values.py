"""Whatever value is sent to a spread database: answered as on one whose tables are whole."""

from __future__ import annotations

import pytest

from tests.access.conftest import Settled, settle
from tests.access.hostile import Doors
from tests.access.matrix import load
from tests.access.test_hostile_values import CALLS, PARTS, assert_all_answered, copied
from tools.cluster import Cluster


@pytest.fixture(scope="module")
def settled(cluster: Cluster, spread: str) -> Settled:
    return settle(cluster, "spread_marketplace", spread)


@pytest.mark.parametrize(
    "part",
    [
        pytest.param(part, marks=pytest.mark.faults if part else pytest.mark.slow)
        for part in range(PARTS)
    ],
)
def test_every_value_is_taken_or_refused_with_a_code(
    cluster: Cluster, settled: Settled, part: int
) -> None:
    with copied(cluster, settled) as world:
        doors = Doors(world, settled.marketplace, load())
        assert_all_answered(world, doors, part * CALLS, CALLS)
