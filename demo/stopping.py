"""How a program of the demo ends when somebody has had enough: everything is tidied up, once."""

from __future__ import annotations

import signal
from types import FrameType
from typing import NoReturn

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(BaseException):
    """Somebody has had enough."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.status = 128 + number


def stop_on_signals() -> None:
    """From now on the signals raise Stopped in the main thread."""
    for order in STOP_SIGNALS:
        signal.signal(order, _stop)


def wait_for_the_end() -> NoReturn:
    """Do nothing until Stopped is raised."""
    while True:
        signal.pause()


def _stop(number: int, _frame: FrameType | None) -> None:
    # Whoever is impatient does not keep it from tidying up.
    for order in STOP_SIGNALS:
        signal.signal(order, signal.SIG_IGN)
    raise Stopped(number)
