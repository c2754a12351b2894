"""Points at which a test can kill the process, as a power cut would, or stop it."""

import itertools
import os
import re
import signal
import threading
from dataclasses import dataclass
from typing import Self

POINTS = frozenset(
    {
        "started",
        "run_opened",
        "compared",
        "payout_claimed",
        "looked_up",
        "before_transfer",
        "after_transfer",
        "transfer_recorded",
        "before_close",
        "after_close",
        "message_claimed",
        "message_sent",
        "message_recorded",
    }
)
NOTATION = re.compile(r"(?P<name>\w+)(:(?P<nth>[1-9]\d{0,5}))?(:(?P<action>kill|stop))?", re.ASCII)


@dataclass(frozen=True)
class Failpoint:
    """Die, or stop until SIGCONT, the nth time that a point is reached."""

    name: str
    nth: int
    is_deadly: bool

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `name`, `name:nth`, `name:stop` or `name:nth:stop`; `kill` is what others do."""
        parts = NOTATION.fullmatch(text)
        if parts is None or parts["name"] not in POINTS:
            points = ", ".join(sorted(POINTS))
            raise ValueError(f"must be one of {points}, and may go on with :nth and :stop")
        return cls(parts["name"], int(parts["nth"] or "1"), parts["action"] != "stop")


class Failpoints:
    """Does nothing, unless the configuration names a point."""

    def __init__(self, armed: Failpoint | None) -> None:
        self._armed = armed
        self._visits = itertools.count(1)

    def reach(self, name: str) -> None:
        """Kill or stop the process here if this is the place and the time."""
        if self._armed and self._armed.name == name and next(self._visits) == self._armed.nth:
            if self._armed.is_deadly:
                os._exit(137)
            # Sent to this thread: a signal to the process may let it run on for a while.
            signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)
