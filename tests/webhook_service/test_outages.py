"""Troubles of the database that pass: 503 while they last, nothing half done, and Stripe's next try
succeeds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from threading import Thread

import psycopg
import pytest
from flask.testing import FlaskClient

from tests.jobs.payday import wait_until
from tests.webhook_service.conftest import code_of
from tests.webhook_service.deployment import Deployment
from tests.webhook_service.settings import an_event, sign

pytestmark = pytest.mark.slow

# How Postgres answers a write while its disk is full; a real one cannot be filled here.
FULL = """
    create function private.disk_is_full() returns trigger language plpgsql as $$
    begin
        raise exception using errcode = 'disk_full', message = 'No space left on device';
    end;
    $$;
    create trigger disk_is_full before insert on private.webhook_events
        execute function private.disk_is_full()
"""

WAITING = """
    select 1 from pg_stat_activity where wait_event_type = 'Lock' and query ~ 'add column later'
"""


@contextmanager
def full_disk(deployment: Deployment) -> Iterator[None]:
    deployment.world.rows(FULL)
    yield
    deployment.world.rows("drop trigger disk_is_full on private.webhook_events")


@contextmanager
def no_connection_left(deployment: Deployment) -> Iterator[None]:
    deployment.disconnect_service()
    deployment.world.rows("alter role webhook_service connection limit 0")
    try:
        yield
    finally:
        deployment.world.rows("alter role webhook_service connection limit 50")


@contextmanager
def read_only(deployment: Deployment) -> Iterator[None]:
    deployment.administer(
        "alter role webhook_service in database {} set default_transaction_read_only = on"
    )
    deployment.disconnect_service()
    yield
    deployment.administer(
        "alter role webhook_service in database {} reset default_transaction_read_only"
    )
    deployment.disconnect_service()


@pytest.mark.parametrize("trouble", [full_disk, no_connection_left, read_only])
def test_an_event_is_not_taken_until_the_trouble_is_over(
    served: FlaskClient,
    deployment: Deployment,
    trouble: Callable[[Deployment], AbstractContextManager[None]],
) -> None:
    booking = deployment.world.booking()
    event = an_event(data={"object": booking.intent()})
    with trouble(deployment):
        for _ in range(2):
            response = served.post("/stripe/webhooks", **sign(event))
            assert (response.status_code, code_of(response)) == (503, "database_unavailable")
    assert deployment.events() == []
    assert served.post("/stripe/webhooks", **sign(event)).status_code == 200
    assert booking.status == "confirmed"
    assert deployment.world.violations() == []


def test_a_migration_behind_an_open_reader_gives_way_to_events(
    served: FlaskClient, deployment: Deployment
) -> None:
    """It waits for the reader, and events wait for it, no longer than its lock_timeout."""
    booking = deployment.world.booking()
    url = deployment.cluster.admin_url(deployment.database)
    outcome: list[str | None] = []

    def migrate() -> None:
        with psycopg.connect(url, autocommit=True) as migration:
            migration.execute("set lock_timeout = '3s'")  # on top of every migration
            try:
                migration.execute("alter table public.bookings add column later text")
            except psycopg.Error as error:
                outcome.append(error.sqlstate)

    with psycopg.connect(url) as reader:
        reader.execute("select from public.bookings")
        migrating = Thread(target=migrate)
        migrating.start()
        wait_until(lambda: outcome or deployment.world.rows(WAITING))
        event = an_event(data={"object": booking.intent()})
        wait_until(lambda: served.post("/stripe/webhooks", **sign(event)).status_code == 200)
        migrating.join()
    assert outcome == ["55P03"]
    assert booking.status == "confirmed"
