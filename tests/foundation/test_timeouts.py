"""The services' logins give up waiting, and the jobs wait longer where they have to."""

from __future__ import annotations

import psycopg
import pytest

from jobs.database import Database
from lplate.postgres import Postgres
from tests.patience import PATIENCE
from tools.cluster import Cluster, Role

SHOWN = (
    "select current_setting('lock_timeout'), current_setting('statement_timeout'),"
    " current_setting('idle_in_transaction_session_timeout')"
)


@pytest.mark.parametrize("login", ["webhook_service", "jobs"])
def test_a_login_waits_for_no_lock_for_ever(cluster: Cluster, migrated: str, login: Role) -> None:
    with psycopg.connect(cluster.url(login, migrated)) as connection:
        assert connection.execute(SHOWN).fetchone() == ("3s", "15s", "30s")


class Asking(Postgres):
    """Asks how long a statement may take, in a function that is slow and in one that is not."""

    slow = frozenset({"slow_timeout"})

    def timeout(self, name: str) -> str:
        shown: str = (
            self._scalar("slow_timeout") if name == "slow_timeout" else self._scalar("timeout")
        )
        return shown


def test_what_takes_long_may_take_long_and_nothing_else(
    cluster: Cluster, fresh_database: str
) -> None:
    with psycopg.connect(cluster.url("postgres", fresh_database), autocommit=True) as owner:
        for name in ("timeout", "slow_timeout"):
            owner.execute(
                f"create function private.{name}() returns text"
                " return current_setting('statement_timeout')".encode()
            )
            owner.execute(f"grant execute on function private.{name} to jobs".encode())
    url = cluster.url("jobs", fresh_database)
    with Asking(url, login="jobs", size=1, timeout=PATIENCE) as database:
        assert database.timeout("timeout") == "15s"
        assert database.timeout("slow_timeout") == "30min"
        assert database.timeout("timeout") == "15s"


def test_every_slow_function_is_one_of_the_jobs(cluster: Cluster, migrated: str) -> None:
    with psycopg.connect(cluster.url("postgres", migrated)) as connection:
        known = connection.execute(
            "select proname::text from pg_proc where pronamespace = 'private'::regnamespace"
            " and has_function_privilege('jobs', oid, 'execute')"
        ).fetchall()
    assert Database.slow <= {name for (name,) in known}
