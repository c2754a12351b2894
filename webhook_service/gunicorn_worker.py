"""A threaded gunicorn worker that a slow client cannot hold on to."""

import os
import socket
import time
from typing import Any

from gunicorn.workers.gthread import ThreadWorker  # type: ignore[import-untyped]

READING_SECONDS = float(os.environ.get("WEBHOOK_SERVICE_READING_SECONDS", "20"))


class DeadlineWorker(ThreadWorker):  # type: ignore[misc]
    """Stops listening to a client that has not sent its whole request in time.

    gunicorn's `timeout` watches the worker's main loop and never a thread, so a client that sends
    a byte a second would keep a thread for hours. Answers can still be sent.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.deadlines: dict[Any, float] = {}

    def handle(self, conn: Any) -> Any:
        """Serve one request of a connection, in a thread of the pool."""
        self.deadlines[conn] = time.monotonic() + READING_SECONDS
        try:
            return super().handle(conn)
        finally:
            self.deadlines.pop(conn, None)

    def notify(self) -> None:
        """Tell the arbiter that the worker lives; called by the main loop about once a second."""
        super().notify()
        now = time.monotonic()
        for conn, deadline in list(self.deadlines.items()):
            if deadline < now:
                self.deadlines.pop(conn, None)
                _stop_reading(conn.sock)


def _stop_reading(sock: socket.socket) -> None:
    try:
        sock.shutdown(socket.SHUT_RD)
    except OSError:
        return  # the client is gone already
