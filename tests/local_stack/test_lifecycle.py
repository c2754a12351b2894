import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from tests.patience import PATIENCE
from tools.cluster import LOCAL, Program

pytestmark = [
    pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks into /proc"),
    pytest.mark.slow,
]

CALLER = "4f6e1c34-9f7b-4c55-8a43-3d1f1c5a0001"


@pytest.fixture
def data_dir() -> Iterator[str]:
    # Not below pytest's own folder, which only its owner may enter.
    with tempfile.TemporaryDirectory(prefix="lplate-kept-") as folder:
        Path(folder).chmod(0o755)
        yield folder


def start(data_dir: str, *arguments: str) -> Program:
    kept = ("--data-dir", data_dir, "--db-port", "0", "--no-migrations", *arguments)
    return Program("start.mjs", *kept)


def run(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["node", str(LOCAL / script), *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def server_pid(home: str) -> int:
    return int((Path(home) / "postgres" / "postmaster.pid").read_text().split()[0])


def status(pid: int) -> list[str]:
    """The fields of /proc/PID/stat after the name: state, parent …; empty once it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def is_alive(pid: int) -> bool:
    return status(pid)[:1] not in ([], ["Z"])


def parent(pid: int) -> int:
    return int(status(pid)[1])


def children(pid: int) -> set[int]:
    everyone = {int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()}
    return {other for other in everyone if status(other)[1:2] == [str(pid)]}


def soon(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False


@pytest.fixture
def taken_port() -> Iterator[str]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield str(listener.getsockname()[1])


def test_data_and_hosted_auth_functions_survive_a_restart(data_dir: str) -> None:
    first = start(data_dir, "--no-api")
    with psycopg.connect(first.summary["db_url"]) as connection:
        connection.execute("create table public.kept (x int)")
    first.stop()

    second = start(data_dir, "--no-api")
    with psycopg.connect(second.summary["db_url"]) as connection:
        connection.execute("select set_config('request.jwt.claims', %s, true)", [claims()])
        seen = connection.execute("select to_regclass('public.kept')::text, auth.uid()::text")
        assert seen.fetchone() == ("kept", CALLER)
    second.stop()


def claims() -> str:
    return f'{{"sub": "{CALLER}"}}'


@pytest.mark.parametrize("order", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_leaves_nothing_running(order: signal.Signals) -> None:
    stack = Program("start.mjs", "--ephemeral", "--no-migrations", "--api-port=0", "--db-port=0")
    home = stack.summary["home"]
    server = server_pid(home)
    os.kill(stack.pid, order)
    stack.wait()
    assert not is_alive(server)
    assert not Path(home).exists()


def test_a_stack_without_standard_input_ends_when_told_to_mind_it() -> None:
    alone = ("--ephemeral", "--no-api", "--no-migrations", "--db-port=0", "--exit-with-stdin")
    assert run("start.mjs", *alone).returncode == 0


def test_a_killed_stack_takes_its_server_and_temporary_data_along() -> None:
    stack = Program("start.mjs", "--ephemeral", "--no-api", "--no-migrations", "--db-port=0")
    home = stack.summary["home"]
    server = server_pid(home)
    os.kill(stack.pid, signal.SIGKILL)
    with pytest.raises(RuntimeError, match="status -9"):
        stack.wait()
    assert soon(lambda: not is_alive(server))
    assert soon(lambda: not Path(home).exists())


@pytest.mark.parametrize("is_server_killed", [False, True])
def test_a_start_recovers_when_everything_was_killed(data_dir: str, is_server_killed: bool) -> None:
    first = start(data_dir, "--no-api")
    with psycopg.connect(first.summary["db_url"]) as connection:
        connection.execute("create table public.kept (x int)")
    server = server_pid(data_dir)
    guard = parent(server)
    victims = [*children(guard) - {server}, guard, first.pid]
    for pid in [*victims, server] if is_server_killed else victims:
        os.kill(pid, signal.SIGKILL)
    with pytest.raises(RuntimeError, match="status -9"):
        first.wait()
    assert soon(lambda: is_alive(server) is not is_server_killed)

    second = start(data_dir, "--no-api")
    assert not is_alive(server)
    with psycopg.connect(second.summary["db_url"]) as connection:
        kept = connection.execute("select to_regclass('public.kept')::text").fetchone()
    assert kept == ("kept",)
    second.stop()


def test_a_second_start_on_the_same_data_says_who_runs_there(data_dir: str) -> None:
    stack = start(data_dir, "--no-api")
    second = run("start.mjs", "--data-dir", data_dir, "--no-api", "--db-port=0")
    assert second.returncode == 1
    assert f"already runs on {data_dir} (process {stack.pid})" in second.stderr
    stack.stop()


@pytest.mark.parametrize("which", ["--api-port", "--db-port"])
def test_a_taken_port_is_named_with_the_way_out(taken_port: str, which: str) -> None:
    ports = {"--api-port": "0", "--db-port": "0"} | {which: taken_port}
    refused = run("start.mjs", "--ephemeral", *(f"{name}={port}" for name, port in ports.items()))
    assert refused.returncode == 1
    assert f"Port {taken_port}" in refused.stderr
    assert which in refused.stderr
    assert "    at " not in refused.stderr, "no stack trace"


def test_missing_packages_are_named_with_the_way_out(tmp_path: Path) -> None:
    for file in LOCAL.iterdir():
        if file.is_file():
            shutil.copy(file, tmp_path)
    refused = run(str(tmp_path / "start.mjs"))
    assert refused.returncode == 1
    assert "npm ci --prefix supabase/local" in refused.stderr
    assert "    at " not in refused.stderr, "no stack trace"
