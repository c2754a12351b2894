"""How long a test waits for what has to happen, in seconds.

It only decides how late a failure is told, so it is long: a slow machine fails no test.
"""

from __future__ import annotations

import psycopg

PATIENCE = 300.0

# Options of a connection. Hosted cancels a request after eight seconds, which a crowd on a slow
# machine may need.
PATIENT = f"-c statement_timeout={PATIENCE:.0f}s -c lock_timeout={PATIENCE:.0f}s"


def let_api_wait(connection: psycopg.Connection) -> None:
    """Lets every request of the Data API to a database take as long."""
    for setting in ("statement_timeout", "lock_timeout"):
        connection.execute(
            "do $$ begin execute format("
            f"'alter role authenticator in database %I set {setting} = %L',"
            f" current_database(), '{PATIENCE:.0f}s'"
            "); end $$".encode()
        )
