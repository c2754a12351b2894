"""Studio's back end over a marketplace of one test."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.factories import World
from tests.patience import PATIENCE
from tools.cluster import Cluster

SERVER = Path(__file__).parent / "node_modules/@supabase/postgres-meta/dist/server/server.js"


@dataclass(frozen=True)
class Refused:
    """What Studio shows of an error."""

    sqlstate: str
    message: str
    hint: str
    code: str


@dataclass(frozen=True)
class Studio:
    """The table editor: it sends the statements that Studio's writes."""

    http: httpx.Client
    world: World

    def query(self, statement: str) -> Any:
        """The rows of a statement of the SQL editor, or why it was refused."""
        answer = self.http.post("/query", json={"query": statement})
        if answer.status_code == 200:
            return answer.json()
        told = answer.json()
        detail = told.get("detail") or ""
        code = json.loads(detail)["code"] if detail.startswith('{"code"') else ""
        return Refused(told["code"], told["message"], told.get("hint") or "", code)

    def update(self, table: str, id: UUID, key: str = "id", **columns: Any) -> Any:
        names, values = ", ".join(columns), _quote(json.dumps(columns, default=str))
        return self.query(
            f"update {table} set ({names}) = (select {names} from"
            f" json_populate_record(null::{table}, {values})) where {key} = '{id}' returning *"
        )

    def insert(self, table: str, **columns: Any) -> Any:
        names, values = ", ".join(columns), _quote(json.dumps(columns, default=str))
        return self.query(
            f"insert into {table} ({names}) select {names} from"
            f" json_populate_record(null::{table}, {values}) returning *"
        )

    def delete(self, table: str, id: UUID, key: str = "id") -> Any:
        return self.query(f"delete from {table} where {key} = '{id}' returning *")


def _quote(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


@pytest.fixture
def studio(cluster: Cluster, fresh_database: str, committed_world: World) -> Iterator[Studio]:
    """Studio's back end, as the role and with the rights that Studio has."""
    assert SERVER.exists(), "Run `make test-studio`, which installs Studio's back end."
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    server = subprocess.Popen(
        ["node", str(SERVER)],
        env={
            "PATH": os.environ["PATH"],
            "NODE_ENV": "production",
            "PG_META_HOST": "127.0.0.1",
            "PG_META_PORT": str(port),
            "PG_META_DB_URL": cluster.url("postgres", fresh_database),
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        with httpx.Client(
            base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE, trust_env=False
        ) as http:
            deadline = time.monotonic() + PATIENCE
            while not _is_up(http):
                assert server.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.1)
            yield Studio(http, committed_world)
    finally:
        server.terminate()
        server.wait(PATIENCE)


def _is_up(http: httpx.Client) -> bool:
    try:
        return http.get("/health").status_code == 200
    except httpx.TransportError:
        return False
