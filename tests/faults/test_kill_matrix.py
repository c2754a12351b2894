"""A payout run struck at every point pays everybody once, to the cent, whenever it is resumed."""

from __future__ import annotations

import itertools
import time

import pytest

from tests.faults.cluster import FragileCluster
from tests.faults.figures import note, take_figures
from tests.faults.kills import BLOWS, PLACES, POINTS, RESUMED, Kill, Strike
from tests.jobs.payday import Payday

pytestmark = pytest.mark.slow

MATRIX = [
    Kill(point, place, blow, resumed)
    for point, place, blow, resumed in itertools.product(POINTS, PLACES, BLOWS, RESUMED)
]
# Whatever brings a job to a stand, with every blow.
SAMPLED = (
    (
        "once sending is committed",
        "after the answer, before it is recorded",
        "between two payouts",
    ),
    (
        "making payouts",
        "recording, before the lease ends",
        "in the commit of the record",
    ),
    (
        "after the effect, before the answer",
        "in the middle of the request",
        "after the effect, before the answer",
    ),
)
SAMPLE = {
    Kill(
        next(point for point in POINTS if point.name == name),
        list(PLACES)[(row + column) % 3],
        blow,
        list(RESUMED)[(2 * row + column) % 3],
    )
    for row, names in enumerate(SAMPLED)
    for column, (name, blow) in enumerate(zip(names, BLOWS, strict=True))
}
# These, and a tenth of all others, which `make faults` tries.
OFTEN = SAMPLE | set(MATRIX[::10])


def test_the_matrix_is_whole_and_its_sample_touches_everything() -> None:
    assert len(MATRIX) == 14 * 3 * 3 * 3 == 378
    stands = {point.where for point in POINTS}
    assert {(kill.point.where, kill.blow) for kill in SAMPLE} == set(
        itertools.product(stands, BLOWS)
    )
    assert {(kill.place, kill.blow) for kill in SAMPLE} == set(itertools.product(PLACES, BLOWS))
    assert {(kill.blow, kill.resumed) for kill in SAMPLE} == set(itertools.product(BLOWS, RESUMED))


@pytest.mark.parametrize(
    "kill",
    [
        pytest.param(kill, marks=() if kill in OFTEN else pytest.mark.faults, id=str(kill))
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
