"""A threaded gunicorn worker in which nothing that is slow holds up anything else.

gunicorn has one pool of threads for all connections, and a thread waits with its request. Here a
request that has not come as a whole waits without a thread, and then goes to the pool of its kind:
probes, Stripe's webhooks, or what people ask for.
"""

import os
import socket
import time
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from queue import Empty, SimpleQueue
from selectors import EVENT_READ
from threading import Thread
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker  # type: ignore[import-untyped]

READING_SECONDS = float(os.environ.get("WEBHOOK_SERVICE_READING_SECONDS", "20"))
PROBES = (b"GET /healthz ", b"GET /readyz ", b"GET /metrics ")
WEBHOOKS = b"POST /stripe/"
PROBE_THREADS = 2
LARGEST_LOOK = 64 * 1024
SECONDS_BETWEEN_LOOKS = 0.01


class DeadlineWorker(ThreadWorker):  # type: ignore[misc]
    """Sorts connections by what they ask for, and stops listening to slow clients.

    gunicorn's `timeout` watches the worker's main loop and never a thread, so a client that sends
    a byte a second would keep a thread for hours. Answers can still be sent.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.deadlines: dict[Any, float] = {}
        self.pools: dict[str, ThreadPoolExecutor] = {}
        self.arriving: SimpleQueue[Any] = SimpleQueue()

    def get_thread_pool(self) -> ThreadPoolExecutor:
        """Make the pools, in the worker's own process; the one that gunicorn knows is people's."""
        self.pools = {
            "probes": ThreadPoolExecutor(PROBE_THREADS),
            "webhooks": ThreadPoolExecutor(self.cfg.threads),
            "people": ThreadPoolExecutor(self.cfg.threads),
            "streamed": ThreadPoolExecutor(self.cfg.threads),
        }
        Thread(target=self._watch_arrivals, daemon=True).start()
        return self.pools["people"]

    def accept(self, listener: Any) -> None:
        """Accept a connection; no thread is needed before its first bytes have come."""
        try:
            client, address = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        self.nr_conns += 1
        conn = TConn(self.cfg, client, address, listener.getsockname())
        conn.set_timeout()
        self.pending_conns.append(conn)
        self.poller.register(client, EVENT_READ, partial(self.on_pending_socket_readable, conn))

    def enqueue_req(self, conn: Any) -> None:
        """Hand a connection to a thread of its kind, or let it wait until its request has come."""
        read_ahead = conn.parser and conn.parser.unreader.buf.getvalue()
        kind = "streamed" if read_ahead else kind_of(_look(conn.sock))
        if kind == "arriving":
            self.arriving.put(conn)
        else:
            self._submit(conn, kind)

    def _submit(self, conn: Any, kind: str) -> None:
        handled: Future[Any] = self.pools[kind].submit(self.handle, conn)
        handled.add_done_callback(
            lambda future: self.method_queue.defer(self.finish_request, conn, future)
        )

    def _watch_arrivals(self) -> None:
        """Look again and again at what is on its way; one that takes too long is cut off."""
        waiting: dict[Any, float] = {}
        while True:
            try:
                conn = self.arriving.get(timeout=SECONDS_BETWEEN_LOOKS if waiting else None)
                waiting[conn] = time.monotonic() + READING_SECONDS
            except Empty:
                pass
            now = time.monotonic()
            for conn, deadline in list(waiting.items()):
                kind = kind_of(_look(conn.sock))
                if kind == "arriving" and now < deadline:
                    continue
                del waiting[conn]
                if kind == "arriving":
                    _stop_reading(conn.sock)
                    kind = "streamed"
                self.method_queue.defer(self._submit, conn, kind)

    def handle(self, conn: Any) -> Any:
        """Serve one request of a connection, in a thread of a pool."""
        self.deadlines[conn] = time.monotonic() + READING_SECONDS
        try:
            return super().handle(conn)
        finally:
            self.deadlines.pop(conn, None)

    def _cap_keepalive(self, deadline: float) -> None:
        """When the worker stops, wait for silent connections no longer than for kept-alive ones."""
        super()._cap_keepalive(deadline)
        for conn in self.pending_conns:
            conn.timeout = min(conn.timeout, deadline)

    def notify(self) -> None:
        """Tell the arbiter that the worker lives; called by the main loop about once a second."""
        super().notify()
        now = time.monotonic()
        for conn, deadline in list(self.deadlines.items()):
            if deadline < now:
                self.deadlines.pop(conn, None)
                _stop_reading(conn.sock)


def kind_of(beginning: bytes | None) -> str:
    """Whose request begins with these bytes: probes, webhooks or people.

    `arriving`, if more is to come. `streamed`, if a thread has to read it to know its end: a body
    in chunks or a large one, an encrypted connection, one that the client has closed.
    """
    if beginning is None:
        return "arriving"
    if not beginning[:1].isalpha():
        return "streamed"
    head, end, body = beginning.partition(b"\r\n\r\n")
    if not end:
        return "arriving" if len(beginning) < LARGEST_LOOK else "streamed"
    length = _length_of_body(head)
    if length is None or len(head) + length > LARGEST_LOOK:
        return "streamed"
    if len(body) < length:
        return "arriving"
    if beginning.startswith(PROBES):
        return "probes"
    return "webhooks" if beginning.startswith(WEBHOOKS) else "people"


def _length_of_body(head: bytes) -> int | None:
    """Return the length that a head announces; None if it announces none that can be known."""
    length = 0
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        match name.strip().lower():
            case b"transfer-encoding":
                return None
            case b"content-length":
                if not value.strip().isdigit():
                    return None
                length = int(value)
    return length


def _look(sock: socket.socket) -> bytes | None:
    """Return what has come, and leave it where it is; None if nothing has."""
    try:
        return sock.recv(LARGEST_LOOK, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except BlockingIOError:
        return None
    except (OSError, ValueError):  # gone; or encrypted: such a socket takes no flags
        return b""


def _stop_reading(sock: socket.socket) -> None:
    try:
        sock.shutdown(socket.SHUT_RD)
    except OSError:
        return  # the client is gone already
