"""How long a test waits for what has to happen, in seconds.

It only decides how late a failure is told, so it is long: a slow machine fails no test.
"""

from __future__ import annotations

import psycopg

PATIENCE = 300.0


def let_api_wait(connection: psycopg.Connection) -> None:
    """Hosted cancels a request after eight seconds, which a crowd on a slow machine may need."""
    for setting in ("statement_timeout", "lock_timeout"):
        connection.execute(
            "do $$ begin execute format("
            f"'alter role authenticator in database %I set {setting} = %L',"
            f" current_database(), '{PATIENCE:.0f}s'"
            "); end $$".encode()
        )
