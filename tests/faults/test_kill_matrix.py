"""A payout run struck at every point pays everybody once, to the cent, whenever it is resumed."""

from __future__ import annotations

import itertools
import time

import pytest

from tests.faults.cluster import FragileCluster
from tests.faults.figures import note, take_figures
from tests.faults.kills import BLOWS, PLACES, POINTS, RESUMED, Kill, Strike
from tests.jobs.payday import Payday

MATRIX = [
    Kill(point, place, blow, resumed)
    for point, place, blow, resumed in itertools.product(POINTS, PLACES, BLOWS, RESUMED)
]
# Each point once; between them, every place with every blow, and every blow with every delay.
SAMPLE = {
    Kill(
        point,
        list(PLACES)[number % 3],
        BLOWS[(number // 3) % 3],
        list(RESUMED)[(number + number // 3) % 3],
    )
    for number, point in enumerate(POINTS)
}


def test_the_matrix_is_whole_and_its_sample_touches_everything() -> None:
    assert len(MATRIX) == 14 * 3 * 3 * 3 == 378
    assert {kill.point for kill in SAMPLE} == set(POINTS)
    assert {(kill.place, kill.blow) for kill in SAMPLE} == set(itertools.product(PLACES, BLOWS))
    assert {(kill.blow, kill.resumed) for kill in SAMPLE} == set(itertools.product(BLOWS, RESUMED))


@pytest.mark.parametrize(
    "kill",
    [
        pytest.param(kill, marks=() if kill in SAMPLE else pytest.mark.faults, id=str(kill))
        for kill in MATRIX
    ],
)
def test_a_struck_run_pays_everybody_once(
    payday: Payday, fragile: FragileCluster, kill: Kill, request: pytest.FixtureRequest
) -> None:
    with Strike(payday, fragile, kill) as strike:
        struck = strike.carry_out()
        assert struck.status == {"SIGKILL": -9}.get(kill.blow, struck.status), struck
        assert struck.status in (-9, 0, 1), struck
        payday.assert_nothing_is_doubled()
        payday.later(RESUMED[kill.resumed])

        began = time.monotonic()
        resumed = payday.pay()
        seconds = time.monotonic() - began

        note(request, take_figures(payday, kill.blow, kill.resumed, seconds))
        assert resumed.status == 0, resumed
        payday.assert_everybody_is_paid_once()
