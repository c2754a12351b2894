"""Waits between two looks at the outbox, and is woken when the database announces a command."""

import threading
import time

import psycopg

from jobs.output import Output

# How soon a wait notices that it was told to stop.
SLICE_SECONDS = 0.25


class NotificationListener:
    """Listens on the channel `outbox`, on a connection of its own.

    The connection must be a direct one: a transaction pooler delivers no notifications. Without a
    URL, or while the connection is lost, wait() only waits.
    """

    def __init__(self, url: str | None, output: Output, stop: threading.Event) -> None:
        self._url = url
        self._output = output
        self._stop = stop
        self._connection: psycopg.Connection | None = None

    def wait(self, seconds: float) -> None:
        """Return on a notification, after so many seconds, or when told to stop."""
        deadline = time.monotonic() + seconds
        try:
            if self._connection is None and self._url:
                self._connection = _listen(self._url)
                return  # the caller looks for commands that came before
            while self._connection and not self._stop.is_set():
                left = deadline - time.monotonic()
                if left <= 0:
                    return
                timeout = min(left, SLICE_SECONDS)
                if list(self._connection.notifies(timeout=timeout, stop_after=1)):
                    return
        except psycopg.OperationalError as error:
            self.close()
            self._output.error("listening_failed", reason=type(error).__name__)
        self._stop.wait(max(0.0, deadline - time.monotonic()))

    def close(self) -> None:
        """Stop listening."""
        if self._connection:
            self._connection.close()
            self._connection = None


def _listen(url: str) -> psycopg.Connection:
    connection = psycopg.connect(
        url,
        application_name="jobs",
        autocommit=True,
        connect_timeout=5,
        keepalives_idle=30,
        tcp_user_timeout=10_000,
    )
    connection.execute("listen outbox")
    return connection
