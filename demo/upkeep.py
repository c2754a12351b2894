"""Keeps a stack running for a frontend: what schedules do in production, and a clock to move."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from contextlib import ExitStack
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import IO, Any, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from demo.stage import Stage, StageError
from demo.stripe_stand_in import StripeStandIn

MAINTENANCE_SECONDS = 60
STOP_SECONDS = 60
HELP = 'Send {"to": "2027-01-31T09:00:00Z"} or {"by": {"days": 1, "hours": 2}}, as JSON.'


class BadMove(Exception):
    """The clock cannot be moved like that. The message says why."""


class Move(BaseModel):
    """What may be sent: a moment, or how far to go on."""

    model_config = ConfigDict(extra="forbid")

    to: AwareDatetime | None = None
    by: dict[Literal["days", "hours", "minutes"], int] = {}

    def end(self, present: datetime) -> datetime:
        """Return the moment to move to."""
        return self.to or present + timedelta(**self.by)


class Upkeep:
    """Delivers events, carries out the outbox, maintains, and moves the clock."""

    def __init__(self, stage: Stage, clock_port: int = 0) -> None:
        self.stage = stage
        self._clock_port = clock_port
        self._ended = threading.Event()
        self._working = threading.Lock()
        self._open = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as opening:
            opening.callback(self._ended.set)
            self._serve_clock(opening)
            self._watch_outbox(opening)
            if isinstance(self.stage.stripe, StripeStandIn):
                self.stage.stripe.fake.deliver_in_background()
            thread = threading.Thread(target=self._maintain, daemon=True)
            thread.start()
            opening.callback(thread.join)
            opening.callback(self._ended.set)
            self._open = opening.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def move_clock(self, move: Move) -> datetime:
        """Move the present of database and Stripe forward, and do what has become due."""
        with self._working:
            present = self.stage.present()
            moment = move.end(present)
            if moment < present:
                raise BadMove(f"The clock only moves forward, and it is {present.isoformat()}.")
            self.stage.move_clock(moment)
            for job in ("maintain", "payouts"):
                self._run(job)
            return self.stage.present()

    def _maintain(self) -> None:
        while not self._ended.wait(MAINTENANCE_SECONDS):
            with self._working:
                self._run("maintain")

    def _run(self, job: str) -> None:
        finished = self.stage.start_job(job, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        _, errors = finished.communicate()
        if finished.returncode and errors:
            print(f"python -m jobs {job}: {errors.strip()}", file=sys.stderr)

    def _watch_outbox(self, opening: ExitStack) -> None:
        log: IO[str] = opening.enter_context((self.stage.home / "outbox.log").open("w"))
        mail = self.stage.mail | {"SERVICE_URL": self.stage.service_url}
        process = self.stage.start_job("outbox", "--watch", stdout=log, stderr=log, **mail)

        def stop() -> None:
            process.terminate()
            try:
                process.wait(timeout=STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

        opening.callback(stop)

    def _serve_clock(self, opening: ExitStack) -> None:
        try:
            server = ClockServer(self, self._clock_port)
        except OSError as error:
            raise StageError(
                f"Port {self._clock_port}, wanted for the clock, is not available"
                f" ({error.strerror}). Stop what uses it, or choose another: LPLATE_CLOCK_PORT."
            ) from None
        self.clock_url = f"http://127.0.0.1:{server.server_port}/clock"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()

        def stop() -> None:
            server.shutdown()
            server.server_close()

        opening.callback(stop)


class ClockServer(ThreadingHTTPServer):
    """GET /clock says what time it is in the stack; POST /clock moves it."""

    daemon_threads = True

    def __init__(self, upkeep: Upkeep, port: int) -> None:
        self.upkeep = upkeep
        super().__init__(("127.0.0.1", port), ClockHandler)


class ClockHandler(BaseHTTPRequestHandler):
    """Answers in JSON. Pages may read the clock; a POST of JSON their browser asks for in vain."""

    server: ClockServer

    def do_GET(self) -> None:
        """Say what time it is."""
        if self.path != "/clock":
            return self._answer(404, {"error": "There is only /clock here."})
        return self._answer(200, {"now": self.server.upkeep.stage.present().isoformat()})

    def do_POST(self) -> None:
        """Move the clock."""
        if self.path != "/clock" or self.headers.get_content_type() != "application/json":
            return self._answer(422, {"error": HELP})
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            moment = self.server.upkeep.move_clock(Move.model_validate_json(body))
        except (ValidationError, OverflowError):
            return self._answer(422, {"error": HELP})
        except BadMove as error:
            return self._answer(422, {"error": str(error)})
        return self._answer(200, {"now": moment.isoformat()})

    def _answer(self, status: int, content: dict[str, str]) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Access-Control-Allow-Origin", "*")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""
