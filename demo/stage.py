"""Everything that must run for the play, from its start to its end."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from itertools import groupby
from mailbox import Maildir
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Self

import httpx
import psycopg
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Mailbox
from psycopg.rows import DictRow, dict_row

from demo.story import Story
from demo.stripe_side import StripeSide
from demo.week import Week
from tools.clock import travel
from tools.cluster import ROOT, Program, run_file

if TYPE_CHECKING:
    from demo.people import Person

START_SECONDS = 120
STOP_SECONDS = 60
SNIPPETS = ROOT / "supabase" / "snippets"
# The pages of frontends that developers serve on this machine, whatever port their tools choose.
LOCAL_ORIGINS = "http://localhost:* http://127.0.0.1:*"
# Said by every line of a job, or of no use to people.
UNTOLD = {"event", "level", "timestamp"}


class StageError(Exception):
    """A part of the stage did not come up. The message says which, and what it said."""


@dataclass(frozen=True)
class Finished:
    """What a job left behind."""

    status: int
    lines: list[dict[str, Any]]

    def events(self, name: str) -> list[dict[str, Any]]:
        """Return the lines of one kind."""
        return [line for line in self.lines if line["event"] == name]


@dataclass(frozen=True)
class Place:
    """On which ports a stack listens (0 takes a free one), and where its data stays, if it does."""

    api_port: int = 0
    db_port: int = 0
    service_port: int = 0
    data_dir: str | None = None

    @property
    def arguments(self) -> list[str]:
        """Say so to start.mjs. An empty folder is its usual one."""
        ports = ["--api-port", str(self.api_port), "--db-port", str(self.db_port)]
        if self.data_dir is None:
            return ["--ephemeral", *ports]
        return [*ports, *(["--data-dir", self.data_dir] if self.data_dir else [])]


class Stage:
    """A database with Auth and the Data API, a Stripe, the webhook service, and a clock for all."""

    def __init__(self, story: Story, stripe: StripeSide, place: Place | None = None) -> None:
        self.story = story
        self.stripe = stripe
        self.place = place or Place()
        self.week = Week()
        self._open = ExitStack()

    def __enter__(self) -> Self:
        """Start everything; whatever was started ends, also if something else does not start."""
        with ExitStack() as opening:
            self._start(opening)
            self._open = opening.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        """End everything that was started."""
        self._open.close()

    def _start(self, opening: ExitStack) -> None:
        try:
            program = Program("start.mjs", *self.place.arguments)
        except RuntimeError as error:
            raise StageError(str(error)) from None
        opening.callback(program.stop)
        self.summary = program.summary
        self.api_url: str = self.summary["api_url"]
        self.anon_key: str = self.summary["anon_key"]
        self.operator = opening.enter_context(
            psycopg.connect(self.summary["db_url"], autocommit=True)
        )
        self.home = Path(self.summary["home"])
        self._take_mail(opening)
        if self.place.data_dir is not None:
            self.stripe.keep_in(self.home)
        opening.enter_context(self.stripe)
        self.service_url = self._start_service(opening)
        self.stripe.send_webhooks_to(self.service_url)

    def _start_service(self, opening: ExitStack) -> str:
        secrets = self.stripe.webhook_secrets
        # The socket is bound here and handed over, so that no other program can take the port.
        with self._listen() as listener:
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            bind = f"fd://{listener.fileno()}"
            service = Service(
                [sys.executable, "-m", "webhook_service", "--bind", bind],
                self._environment(
                    CORS_ORIGINS=LOCAL_ORIGINS,
                    WEBHOOK_SERVICE_DATABASE_URL=self.summary["webhook_service_db_url"],
                    SUPABASE_JWT_SECRET=self.summary["jwt_secret"],
                    STRIPE_WEBHOOK_SECRETS=secrets.platform,
                    STRIPE_CONNECT_WEBHOOK_SECRETS=secrets.connect,
                ),
                listener.fileno(),
                self.home / "webhook_service.log",
            )
        opening.callback(service.stop)
        service.wait_until_ready(url)
        return url

    def _take_mail(self, opening: ExitStack) -> None:
        """Keep what is mailed in the folder `mail`; `mail` is the jobs' settings for that."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        keeper = Controller(Mailbox(self.home / "mail"), hostname="127.0.0.1", port=port)
        keeper.start()
        opening.callback(keeper.stop)
        self.mail = {
            "SMTP_HOST": "127.0.0.1",
            "SMTP_PORT": str(port),
            "SMTP_SECURITY": "none",
            "MAIL_FROM": "lessons@lplate.example",
            "SERVICE_URL": "https://lessons.example",
        }

    def mails_to(self, address: str) -> list[EmailMessage]:
        """Return what has arrived at an address, the latest last."""
        box = Maildir(self.home / "mail", factory=None)
        mails = [message_from_bytes(box.get_bytes(key), policy=default) for key in box.iterkeys()]
        theirs = [mail for mail in mails if mail["To"] == address]
        return sorted(theirs, key=lambda mail: mail["Date"].datetime)

    def _listen(self) -> socket.socket:
        port = self.place.service_port
        try:
            return socket.create_server(("127.0.0.1", port), backlog=128)
        except OSError as error:
            raise StageError(
                f"Port {port}, wanted for the webhook service, is not available ({error.strerror})."
                " Stop what uses it, or choose another: LPLATE_SERVICE_PORT."
            ) from None

    def _environment(self, **more: str) -> dict[str, str]:
        """Only what the process needs: nothing of the caller's environment decides for it."""
        base = {"STRIPE_API_BASE": self.stripe.api_base} if self.stripe.api_base else {}
        key = {"STRIPE_SECRET_KEY": self.stripe.secret_key}
        return {"PATH": os.environ["PATH"]} | key | base | more

    # Time

    def install_clock(self) -> None:
        """Replace private.clock() in this database, as only tests and this demo do."""
        run_file(self.operator, ROOT / "tools" / "clock.sql")

    def travel(self, day: str, local_time: str) -> datetime:
        """Move the present of the database and of Stripe to a moment of the week."""
        moment = self.week.at(day, local_time)
        self.move_clock(moment)
        return moment

    def move_clock(self, moment: datetime) -> None:
        """Move the present of the database and of Stripe."""
        travel(self.operator, to=moment)
        self.stripe.travel(moment)

    def present(self) -> datetime:
        """Return the present of the database, by which every rule goes."""
        row = self.operator.execute("select private.clock()").fetchone()
        assert row
        moment: datetime = row[0]
        return moment

    # Services

    def post(self, path: str, token: str, body: dict[str, Any]) -> httpx.Response:
        """Call the webhook service as a signed-in person."""
        headers = {"Authorization": f"Bearer {token}"}
        return self._http().post(f"{self.service_url}{path}", json=body, headers=headers)

    def post_forged_webhook(self) -> httpx.Response:
        """Send the webhook service what Stripe never signed."""
        headers = {"Stripe-Signature": f"t={int(time.time())},v1={'0' * 64}"}
        body = {"id": "evt_forged", "object": "event", "type": "payment_intent.succeeded"}
        url = f"{self.service_url}/stripe/webhooks"
        return self._http().post(url, json=body, headers=headers)

    def deliver_webhooks(self) -> None:
        """Let Stripe deliver what has happened since the last time."""
        statuses = self.stripe.deliver_webhooks()
        self.story.show(f"Stripe delivers {len(statuses)} signed webhooks")
        is_taken = [status == 200 for status in statuses]
        if is_taken:
            self.story.check("each of them was taken", all(is_taken))

    def run_job(self, *arguments: str) -> Finished:
        """Run `python -m jobs …` with its own login, and show what it says."""
        self.story.show(f"$ python -m jobs {' '.join(arguments)}")
        mail = self.mail if "outbox" in arguments else {}
        process = self.start_job(*arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **mail)
        try:
            stdout, stderr = process.communicate(timeout=300)
        finally:
            process.kill()
            process.wait()
        lines = [json.loads(line) for line in stdout.splitlines()]
        for told, same in groupby([*map(_tell, lines), *stderr.splitlines()]):
            times = len(list(same))
            self.story.show(told + (f" ({times} times)" if times > 1 else ""), indent=6)
        return Finished(process.returncode, lines)

    def start_job(
        self, *arguments: str, stdout: int | IO[str], stderr: int | IO[str], **more: str
    ) -> subprocess.Popen[str]:
        """Start `python -m jobs …` with its own login, and more variables."""
        url = self.summary["jobs_db_url"]
        return subprocess.Popen(
            [sys.executable, "-m", "jobs", *arguments],
            cwd=ROOT,
            env=self._environment(JOBS_DATABASE_URL=url, **more),
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            start_new_session=True,
            text=True,
        )

    # The operator

    def appoint(self, person: Person) -> None:
        """Make somebody who has signed up a platform admin, as the operator does in Studio."""
        self.operator.execute(
            "insert into private.platform_admins (user_id, note) values (%s, 'The first admin')",
            [person.id],
        )

    def ask(self, snippet: str) -> list[DictRow]:
        """Run one of the operator's saved queries (supabase/snippets) and return its rows."""
        query = (SNIPPETS / f"{snippet}.sql").read_bytes()
        with self.operator.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(query).fetchall()

    def _http(self) -> httpx.Client:
        if not hasattr(self, "_client"):
            self._client = self._open.enter_context(httpx.Client(timeout=60, trust_env=False))
        return self._client


class Service:
    """The webhook service under gunicorn, a process of its own."""

    def __init__(
        self, command: list[str], environment: dict[str, str], socket_fd: int, log: Path
    ) -> None:
        self._log: IO[str] = log.open("w+")
        self._process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            pass_fds=[socket_fd],
            start_new_session=True,
        )

    def wait_until_ready(self, url: str) -> None:
        """Return once the service reaches its database; raise StageError if it never does."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                if httpx.get(f"{url}/readyz", timeout=5, trust_env=False).status_code == 200:
                    return
            except httpx.HTTPError:
                time.sleep(0.1)
        self._log.seek(0)
        raise StageError(f"The webhook service did not start:\n{self._log.read()}")

    def stop(self) -> None:
        """End gunicorn and its workers."""
        self._process.terminate()
        try:
            self._process.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._log.close()


def _tell(line: dict[str, Any]) -> str:
    facts = [
        f"{name}={value}"
        for name, value in line.items()
        if name not in UNTOLD and not name.endswith("_id") and value is not None
    ]
    return f"{line['event'].replace('_', ' ')}: {' '.join(facts)}"
