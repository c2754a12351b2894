"""PgBouncer in transaction mode before a server, as Supabase's pooler is on port 6543."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path
from typing import Self

import psycopg

from tests.jobs.payday import wait_until
from tests.patience import PATIENCE
from tools.cluster import PASSWORD, SERVICE_LOGINS, Cluster, Role

MISSING = "PgBouncer is missing. Install it (apt-get install pgbouncer), or name it by PGBOUNCER."

SETTINGS = """\
[databases]
* = host={host} port={server_port}

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {users}
pool_mode = transaction
default_pool_size = {size}
"""


class Pooler:
    """Shares `size` connections a login and database among all who connect."""

    def __init__(self, cluster: Cluster, size: int) -> None:
        program = os.environ.get("PGBOUNCER") or shutil.which("pgbouncer")
        assert program, MISSING
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._folder = Path(tempfile.mkdtemp(prefix="lplate-pooler-"))
        self._folder.chmod(0o755)
        users = self._folder / "users.txt"
        users.write_text("".join(f'"{login}" "{PASSWORD}"\n' for login in SERVICE_LOGINS))
        settings = self._folder / "pgbouncer.ini"
        settings.write_text(
            SETTINGS.format(
                host=cluster.host, server_port=cluster.port, port=self.port, users=users, size=size
            )
        )
        owner = cluster.home.stat()
        is_root = os.getuid() == 0  # as which it does not start
        with (self._folder / "log").open("w") as log:
            self._process = subprocess.Popen(
                [program, "--quiet", str(settings)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                user=owner.st_uid if is_root else None,
                group=owner.st_gid if is_root else None,
            )

    def __enter__(self) -> Self:
        wait_until(self._answers)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(PATIENCE)
        shutil.rmtree(self._folder)

    def url(self, role: Role, dbname: str) -> str:
        return f"postgresql://{role}:{PASSWORD}@127.0.0.1:{self.port}/{dbname}"

    def _answers(self) -> bool:
        assert self._process.poll() is None, (self._folder / "log").read_text()
        try:
            psycopg.connect(self.url("jobs", "postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True
