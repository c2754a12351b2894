"""A cluster that can be stopped at once, as by a crash, and started again on the same data."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg

from tests.patience import PATIENCE
from tools.cluster import LOCAL, Cluster, Program

# Safe against everything but a crash of the machine itself: what is committed is with the kernel.
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "timezone": "UTC",
    "wal_level": "logical",
    "synchronous_commit": "on",
    "fsync": "off",
    "full_page_writes": "off",
}


class FragileCluster(Cluster):
    """As Cluster, but nothing that was committed is lost when it stops."""

    def __init__(self) -> None:
        # Not below pytest's own folder, which only its owner may enter.
        self._folder = Path(tempfile.mkdtemp(prefix="lplate-faults-"))
        self._folder.chmod(0o755)
        kept = ("--data-dir", str(self._folder), "--db-port", "0")
        program = Program("start.mjs", *kept, "--no-api", "--no-migrations")
        self.host = program.summary["db_host"]
        self.port = program.summary["db_port"]
        self.home = Path(program.summary["home"])
        with psycopg.connect(self.admin_url()) as connection:
            query = "select setting from pg_config where name = 'BINDIR'"
            (binaries,) = connection.execute(query).fetchone() or ("",)
        self._binary = Path(binaries) / "postgres"
        program.stop()
        self.start()

    def start(self) -> None:
        """Starts it; what it was doing when it was stopped is recovered first."""
        data = self.home / "postgres"
        owner = data.stat()
        is_root = os.getuid() == 0
        settings = SETTINGS | {"port": str(self.port)}
        chosen = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        guard = (LOCAL / "postgres.sh").read_text()
        server = [str(self._binary), "-D", str(data), *chosen]
        with (self.home / "postgres.log").open("a") as log:
            self._guard = subprocess.Popen(
                ["/bin/sh", "-c", guard, "postgres.sh", "KEEP", str(self.home), *server],
                cwd="/",
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                text=True,
                start_new_session=True,
                user=owner.st_uid if is_root else None,
                group=owner.st_gid if is_root else None,
            )
        deadline = time.monotonic() + PATIENCE
        while not self._is_ready():
            if self._guard.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((self.home / "postgres.log").read_text())
            time.sleep(0.02)

    def _is_ready(self) -> bool:
        try:
            psycopg.connect(self.admin_url(), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def crash(self) -> None:
        """An immediate stop: every connection ends, and nothing is finished or written down."""
        self._end("QUIT")

    def stop(self) -> None:
        self._end("INT")
        shutil.rmtree(self._folder)

    def _end(self, signal: str) -> None:
        assert self._guard.stdin
        self._guard.stdin.write(f"{signal}\n")
        self._guard.stdin.close()
        self._guard.wait(timeout=PATIENCE)
