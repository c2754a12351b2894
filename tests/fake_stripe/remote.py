"""What lets a control be written once: in the server it acts, in a client it calls the server."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast

import httpx

from .world import World

if TYPE_CHECKING:
    from .server import Server

F = TypeVar("F", bound=Callable[..., Any])
REMOTE: set[str] = set()


class ControlError(Exception):
    """The stand-in refused a control call: the message says why."""


def remote(act: F) -> F:
    """Makes a method act in the server, also when it is called in a client."""
    REMOTE.add(act.__name__)

    @wraps(act)
    def call(self: Remote, *args: Any, **kwargs: Any) -> Any:
        if self.server is not None:
            return act(self, *args, **kwargs)
        body = {"args": args, "kwargs": kwargs}
        answer = self.http.post(f"{self.url}/_control/{act.__name__}", json=body)
        if answer.status_code != 200:
            raise ControlError(f"{act.__name__}: {answer.text}")
        return answer.json()

    return cast(F, call)


class Remote:
    """Something that acts on the stand-in at `url`: in its server, or from a client of it."""

    def __init__(self, url: str, server: Server | None = None) -> None:
        self.url = url
        self.server = server
        self.http = httpx.Client(timeout=300, trust_env=False)

    @property
    def here(self) -> Server:
        assert self.server is not None, "only in the server"
        return self.server

    @property
    def world(self) -> World:
        return self.here.world
