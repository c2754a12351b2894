"""One of two standbys may be lost, and then the primary: what was acknowledged is there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
import pytest

from tests.factories import World
from tests.fake_stripe import FakeStripe
from tests.faults.replicas import DatabaseServer, Standby
from tests.instant import install_clock, start
from tests.jobs.payday import connect, wait_until
from tests.webhook_service.deployment import Deployment, Server
from tests.webhook_service.settings import an_event
from tools.cluster import PASSWORD, ROOT

pytestmark = pytest.mark.slow

# As the operations guide sets it.
[SETTING] = re.findall(
    r"`synchronous_standby_names = '(ANY .*)'`", (ROOT / "docs" / "operations.md").read_text()
)
FIRST, SECOND = re.findall(r"standby_\w", SETTING)
WAIT_FOR_NOBODY = ("alter system reset synchronous_standby_names", "select pg_reload_conf()")
FOLLOWING = "select from pg_stat_replication where sync_state = 'quorum'"
DATABASE = "replicated"


@dataclass
class Servers:
    primary: DatabaseServer
    first: Standby
    second: Standby

    def __post_init__(self) -> None:
        self.running: list[DatabaseServer] = [self.primary, self.first, self.second]

    def lose(self, server: DatabaseServer) -> None:
        self.running.remove(server)
        server.lose()
        server.remove()

    @property
    def url(self) -> str:
        hosts = ",".join(f"{server.host}:{server.port}" for server in self.running)
        login = f"webhook_service:{PASSWORD}"
        return f"postgresql://{login}@{hosts}/{DATABASE}?target_session_attrs=read-write"


@pytest.fixture
def servers() -> Iterator[Servers]:
    primary = DatabaseServer()
    primary.create_database(DATABASE)
    primary.migrate(DATABASE)
    install_clock(primary, DATABASE)
    start(primary.admin_url(DATABASE))
    servers = Servers(primary, Standby(primary, FIRST), Standby(primary, SECOND))
    primary.administrate(
        f"alter system set synchronous_standby_names = '{SETTING}'", "select pg_reload_conf()"
    )
    with psycopg.connect(primary.admin_url(), autocommit=True) as connection:
        wait_until(lambda: connection.execute(FOLLOWING).rowcount == 2)
    yield servers
    for server in servers.running:
        server.stop()


def test_what_one_of_two_standbys_has_survives_the_primary(
    servers: Servers, shared_fake: FakeStripe
) -> None:
    with connect(servers.primary, DATABASE) as connection:
        world = World(connection)
        bookings = [world.booking() for _ in range(3)]
        events = [
            an_event(id=f"evt_{number}", data={"object": booking.intent()})
            for number, booking in enumerate(bookings)
        ]
        deployment = Deployment(world, shared_fake, servers.primary, DATABASE)
        with Server(deployment, WEBHOOK_SERVICE_DATABASE_URL=servers.url) as service:
            assert service.deliver(events[0]) == 200
            servers.lose(servers.first)
            assert service.deliver(events[1]) == 200  # nothing waits for the one that is lost
            servers.lose(servers.primary)
            servers.second.promote()
            servers.second.administrate(*WAIT_FOR_NOBODY)
            wait_until(lambda: service.deliver(events[2]) == 200)
    with connect(servers.second, DATABASE) as connection:
        world = World(connection)
        assert world.count("public.bookings where status = 'confirmed'") == len(bookings)
        assert world.count("private.webhook_events where status = 'processed'") == len(events)
        assert world.violations() == []


def test_without_any_standby_nothing_is_acknowledged_and_probes_answer(
    servers: Servers, shared_fake: FakeStripe
) -> None:
    with connect(servers.primary, DATABASE) as connection:
        world = World(connection)
        booking = world.booking()
        event = an_event(data={"object": booking.intent()})
        deployment = Deployment(world, shared_fake, servers.primary, DATABASE)
        with Server(deployment) as service:
            servers.lose(servers.first)
            servers.lose(servers.second)
            assert service.deliver(event) == 503
            for probe in ("healthz", "readyz", "metrics"):
                assert service.http.get(f"/{probe}").status_code == 200
            # The operator goes on without a standby, knowing what that means.
            servers.primary.administrate(*WAIT_FOR_NOBODY)
            wait_until(lambda: service.deliver(event) == 200)
        assert [status for status, _ in deployment.events()] == ["processed"]
        assert booking.status == "confirmed"
        assert world.violations() == []
