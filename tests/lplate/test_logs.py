"""Every line of a program's log is a JSON object, also those of libraries."""

from __future__ import annotations

import json
import subprocess
import sys

PROGRAM = """
import logging, structlog
from lplate import logs
logs.configure()
structlog.get_logger("jobs").info("command_finished", command_id=1)
logging.getLogger("psycopg.pool").warning("error connecting in %r: %s", "pool-1", "refused")
logging.getLogger("psycopg.pool").info("adding new connection to the pool")
try:
    1 / 0
except ZeroDivisionError:
    logging.getLogger("somebody").exception("unexpected")
"""


def test_a_library_writes_lines_like_the_programs_own() -> None:
    finished = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
    )
    assert finished.stderr == ""
    own, pool, failure = (json.loads(line) for line in finished.stdout.splitlines())
    assert (own["event"], own["level"], own["command_id"]) == ("command_finished", "info", 1)
    assert (pool["event"], pool["level"], pool["logger"]) == (
        "error connecting in 'pool-1': refused",
        "warning",
        "psycopg.pool",
    )
    assert "ZeroDivisionError" in failure["exception"]
    assert all(line["timestamp"] for line in (own, pool, failure))
