"""What frontends meet: the Data API and Auth, with a marketplace behind them."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest

from tests.factories import World
from tests.patience import PATIENCE
from tools.cluster import LOCAL, Api, Cluster


@dataclass(frozen=True)
class Frontend:
    """An HTTP client of the Data API, and the marketplace as a superuser sees it."""

    api: Api
    world: World
    client: httpx.Client

    def send(self, user_id: UUID | None, method: str, path: str, **request: Any) -> httpx.Response:
        """A request as a signed-in person, or as a visitor."""
        headers = request.pop("headers", {})
        if user_id is not None:
            headers = {"Authorization": f"Bearer {self.api.mint_token(user_id)}"} | headers
        return self.client.request(method, path, headers=headers, **request)

    def call(self, user_id: UUID | None, function: str, **arguments: Any) -> httpx.Response:
        sent = json.loads(json.dumps(arguments, default=str))
        return self.send(user_id, "POST", f"/rpc/{function}", json=sent)


@pytest.fixture(scope="session")
def frontend(cluster: Cluster, api: Api) -> Iterator[Frontend]:
    with (
        psycopg.connect(cluster.admin_url("served"), autocommit=True) as connection,
        httpx.Client(
            base_url=f"{api.url}/rest/v1", headers={"apikey": api.anon_key}, timeout=PATIENCE
        ) as client,
    ):
        yield Frontend(api, World(connection), client)


def run_node(script: str, **environment: str) -> Any:
    """What a script beside this file prints, run with the packages of the local stack."""
    finished = subprocess.run(
        ["node", "--input-type=module", "-"],
        cwd=LOCAL,
        env=os.environ | environment,
        input=Path(__file__).with_name(script).read_text(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    return json.loads(finished.stdout)
