"""A script of faults: which call fails, how, and whether its effect took place."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal, get_args

Kind = Literal[
    "timeout",  # no answer for `seconds`, then the connection is dropped
    "reset",  # the connection is reset
    "truncated",  # the answer breaks off in the middle of its body
    "error",  # `status` 500, 502, 503 …; a 502 or 503 comes from a gateway, as HTML
    "html",  # 200 with a page that is not from Stripe
    "rate_limit",  # 429, before the idempotency layer
    "conflict",  # 409, nothing kept
    "balance_insufficient",  # 400, kept under the key
    "destination_restricted",  # 400, kept under the key
    "delay",  # answers `seconds` late; the key is in use meanwhile
    "hold",  # stands still until `release`, which lets it go on or be lost
]
When = Literal[
    "before",  # nothing took place, nothing is kept under the key
    "after",  # the effect took place and its outcome is kept under the key
    "kept",  # an error without any effect that is kept under the key
]
NEVER_BEFORE = {
    "truncated": "after",
    "balance_insufficient": "kept",
    "destination_restricted": "kept",
}


@dataclass
class Fault:
    """Strikes calls that match `method` and the `path` pattern: `times` of them from the `nth`.

    `times=None` strikes every call from the nth on.
    """

    method: str
    path: str
    kind: Kind
    when: When = "before"
    nth: int = 1
    times: int | None = 1
    status: int = 500
    seconds: float = 0.0
    seen: int = 0
    struck: int = 0

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind) or self.when not in get_args(When):
            raise ValueError(f"no fault {self.kind!r} {self.when!r}")
        self.when = NEVER_BEFORE.get(self.kind, self.when)  # type: ignore[assignment]

    def strikes(self, method: str, path: str) -> bool:
        if self.method not in (method, "*") or not fnmatchcase(path, self.path):
            return False
        self.seen += 1
        hit = self.seen >= self.nth and (self.times is None or self.seen < self.nth + self.times)
        self.struck += hit
        return hit


class Faults:
    def __init__(self) -> None:
        self.script: list[Fault] = []

    def next(self, method: str, path: str) -> Fault | None:
        """The first fault of the script that strikes this call; every one counts the call."""
        struck = [fault for fault in self.script if fault.strikes(method, path)]
        return struck[0] if struck else None
