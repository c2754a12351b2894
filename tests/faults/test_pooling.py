"""Both programs work through a pooler that gives a connection away after each transaction."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.factories import World
from tests.faults.cluster import FragileCluster
from tests.faults.pooler import Pooler
from tests.jobs.payday import Payday
from tests.webhook_service.deployment import Deployment, Server
from tests.webhook_service.settings import an_event, sign

pytestmark = [pytest.mark.slow, pytest.mark.faults]

PAYMENTS = 60


@pytest.fixture
def pooler(fragile: FragileCluster) -> Iterator[Pooler]:
    """With two connections for each login."""
    with Pooler(fragile, size=2) as pooler:
        yield pooler


def test_sixty_payments_are_taken_eight_at_once(payday: Payday, pooler: Pooler) -> None:
    world: World = payday.world
    bookings = [world.booking() for _ in range(PAYMENTS)]
    deliveries = [
        sign(an_event(id=f"evt_{number}", data={"object": booking.intent()}))
        for number, booking in enumerate(bookings)
    ]
    deployment = Deployment(world, payday.fake, payday.cluster, payday.database)
    url = pooler.url("webhook_service", payday.database)
    with (
        Server(deployment, WEBHOOK_SERVICE_DATABASE_URL=url) as server,
        ThreadPoolExecutor(8) as clients,
    ):
        answers = clients.map(
            lambda signed: server.http.post(
                "/stripe/webhooks", content=signed["data"], headers=signed["headers"]
            ),
            deliveries,
        )
        assert {answer.status_code for answer in answers} == {200}
    assert {booking.status for booking in bookings} == {"confirmed"}
    assert world.violations() == []


def test_everybody_is_paid_once(payday: Payday, pooler: Pooler) -> None:
    url = pooler.url("jobs", payday.database)
    for command in (["maintain"], ["outbox"], ["payouts", "--workers", "8"]):
        finished = payday.run(*command, JOBS_DATABASE_URL=url)
        assert finished.status == 0, finished
    payday.assert_everybody_is_paid_once()
