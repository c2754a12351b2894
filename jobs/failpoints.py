"""Points at which a test can make the process die as if its power had gone."""

import itertools
import os
from dataclasses import dataclass
from typing import Self

POINTS = frozenset(
    {
        "run_opened",
        "payout_claimed",
        "looked_up",
        "before_transfer",
        "after_transfer",
        "transfer_recorded",
        "before_close",
        "after_close",
    }
)


@dataclass(frozen=True)
class Failpoint:
    """Die the nth time that a point is reached."""

    name: str
    nth: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `name` or `name:nth`."""
        name, _, nth = text.partition(":")
        if name not in POINTS or not (nth or "1").isdecimal():
            raise ValueError(f"must be one of {', '.join(sorted(POINTS))}, and may end in :nth")
        return cls(name, int(nth or "1"))


class Failpoints:
    """Does nothing, unless the configuration names a point."""

    def __init__(self, armed: Failpoint | None) -> None:
        self._armed = armed
        self._visits = itertools.count(1)

    def reach(self, name: str) -> None:
        """Kill the process here if this is the place and the time."""
        if self._armed and self._armed.name == name and next(self._visits) == self._armed.nth:
            os._exit(137)
