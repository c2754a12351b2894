"""A marketplace with the service in front of it and a Stripe behind it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from uuid import UUID

import httpx
import jwt
import psycopg
from psycopg import sql

from tests.factories import World
from tests.fake_stripe import FakeStripe
from tests.instant import real_time
from tests.patience import PATIENCE
from tests.webhook_service.settings import (
    CONNECT_SECRET,
    ENVIRONMENT,
    JWT_SECRET,
    PLATFORM_SECRET,
    sign,
)
from tools.cluster import ROOT, Cluster


@dataclass
class Deployment:
    """One database, one Stripe, and what the service must know of them."""

    world: World
    fake: FakeStripe
    cluster: Cluster
    database: str

    def environment(self, **changes: str) -> dict[str, str]:
        return ENVIRONMENT | {
            "STRIPE_SECRET_KEY": self.fake.api_key,
            "STRIPE_PUBLISHABLE_KEY": "pk_test_0123456789",
            "STRIPE_API_BASE": self.fake.url,
            "STRIPE_TIMEOUT_SECONDS": "20",
            "WEBHOOK_SERVICE_DATABASE_URL": self.cluster.url("webhook_service", self.database),
            **changes,
        }

    def events(self) -> list[tuple[str, str]]:
        rows = self.world.rows(
            "select status::text, note from private.webhook_events order by received_at"
        )
        return [(row["status"], row["note"]) for row in rows]

    def administer(self, statement: str, *parameters: Any) -> None:
        """Runs a statement about this database from outside of it."""
        with psycopg.connect(self.cluster.admin_url(), autocommit=True) as other:
            name = sql.Identifier(self.database)
            other.execute(sql.SQL(statement).format(name), parameters)

    def disconnect_service(self) -> None:
        self.administer(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where usename = 'webhook_service' and datname = %s",
            self.database,
        )

    def cut_off_database(self) -> None:
        self.administer("alter database {} allow_connections false")
        self.disconnect_service()

    def restore_database(self) -> None:
        self.administer("alter database {} allow_connections true")


def bearer(user_id: UUID, **more: str) -> dict[str, str]:
    """The header of a signed-in user, with more claims, such as of a second factor."""
    claims = {
        "sub": str(user_id),
        "aud": "authenticated",
        "role": "authenticated",
        "exp": real_time() + 600,
        **more,
    }
    return {"Authorization": f"Bearer {jwt.encode(claims, JWT_SECRET, algorithm='HS256')}"}


class Server:
    """The service as it runs in production: gunicorn, with processes and threads.

    Its sources are those below `folder`.
    """

    def __init__(
        self,
        deployment: Deployment,
        *arguments: str,
        folder: Path = ROOT,
        **environment: str,
    ) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.output = tempfile.TemporaryFile("w+")  # noqa: SIM115
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "webhook_service",
                "--bind",
                f"127.0.0.1:{self.port}",
                *arguments,
            ],
            cwd=folder,
            env={"PATH": os.environ["PATH"]} | deployment.environment(**environment),
            stdout=self.output,
            stderr=subprocess.STDOUT,
        )
        self.http = httpx.Client(base_url=self.url, timeout=PATIENCE, trust_env=False)

    def __enter__(self) -> Self:
        deadline = time.monotonic() + PATIENCE
        while not self.is_alive():
            assert self.process.poll() is None, self.log()
            assert time.monotonic() < deadline
            time.sleep(0.05)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def is_alive(self) -> bool:
        try:
            return self.http.get("/healthz").status_code == 200
        except httpx.TransportError:
            return False

    def deliver(self, event: dict[str, Any]) -> int:
        """Sends an event as Stripe does, and returns the status that it is answered with."""
        signed = sign(event)
        path = "/stripe/webhooks"
        answer = self.http.post(path, content=signed["data"], headers=signed["headers"])
        return answer.status_code

    def stop(self) -> str:
        """Ends the service as a deployment would; returns what it logged."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.http.close()
        self.process.wait(timeout=PATIENCE)
        return self.log()

    def log(self) -> str:
        self.output.seek(0)
        return self.output.read()

    def workers(self) -> list[int]:
        children = subprocess.run(
            ["ps", "--ppid", str(self.process.pid), "-o", "pid="],
            capture_output=True,
            text=True,
            check=True,
        )
        return [int(pid) for pid in children.stdout.split()]


def listen(deployment: Deployment, server: Server) -> None:
    """Makes Stripe deliver its events to the service."""
    deployment.fake.add_webhook(f"{server.url}/stripe/webhooks", PLATFORM_SECRET)
    deployment.fake.add_webhook(
        f"{server.url}/stripe/connect-webhooks", CONNECT_SECRET, connect=True
    )
