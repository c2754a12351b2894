"""Two things done in turn and compared, so that a busy machine slows both alike."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass

ROUNDS = 25
# On a busy machine some never have a quiet moment: what is above its limit is measured again.
ATTEMPTS = 4

Act = Callable[[int], object]


@dataclass(frozen=True)
class Ratio:
    """How long something takes for each second that its baseline takes."""

    name: str
    limit: float
    seconds: float
    baseline_seconds: float

    @property
    def value(self) -> float:
        return self.seconds / self.baseline_seconds

    def __str__(self) -> str:
        return (
            f"{self.name}: {self.value:.2f} (at most {self.limit:.2f}; "
            f"{1000 * self.seconds:.2f} ms against {1000 * self.baseline_seconds:.2f} ms)"
        )


def compare(name: str, act: Act, baseline: Act, *, limit: float, calls: int = 20) -> Ratio:
    """Calls `act` and `baseline` in turn, each with 0 … calls - 1, and that many times over.

    Of each call its shortest time counts: what else the machine does only ever adds to it.
    """
    ours, theirs = [float("inf")] * calls, [float("inf")] * calls
    gc.disable()
    try:
        for turn in range(ATTEMPTS * ROUNDS):
            if turn % ROUNDS == 0 and sum(ours) <= limit * sum(theirs) < float("inf"):
                break
            for number in range(calls):
                pair = [(ours, act), (theirs, baseline)]
                for shortest, do in pair if turn % 2 else reversed(pair):
                    shortest[number] = min(shortest[number], _seconds(do, number))
    finally:
        gc.enable()
    return Ratio(name, limit, sum(ours) / calls, sum(theirs) / calls)


def _seconds(act: Act, number: int) -> float:
    started = time.perf_counter()
    act(number)
    return time.perf_counter() - started
