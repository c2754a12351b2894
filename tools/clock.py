"""Time travel in test databases, where private.clock() is moved by private.test_clock."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import psycopg


def travel(
    connection: psycopg.Connection[Any],
    *,
    to: datetime | None = None,
    by: timedelta | None = None,
) -> datetime:
    """Moves the present of `connection`'s database to a moment, or by an amount; returns it.

    The move is part of the connection's transaction: a rollback undoes it. `connection` must
    belong to supabase_admin or postgres.
    """
    if (to is None) == (by is None):
        raise TypeError("travel takes either to= or by=")
    # In seconds, because a day of an interval is 23 hours when the clocks change.
    if by is not None:
        connection.execute(
            "update private.test_clock set"
            " offset_interval = offset_interval + make_interval(secs => %s)",
            [by.total_seconds()],
        )
    elif to is not None:
        if to.tzinfo is None:
            raise ValueError("travel needs a moment with a time zone")
        connection.execute(
            "update private.test_clock set"
            " offset_interval = make_interval(secs => extract(epoch from %s - now()))",
            [to],
        )
    row = connection.execute("select private.clock()").fetchone()
    assert row is not None
    moment: datetime = row[0]
    return moment
