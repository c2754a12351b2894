"""Whoever listens hears of new commands when they are committed."""

from __future__ import annotations

import psycopg
import pytest

from tests.factories import World
from tools.cluster import Cluster

ENQUEUE = "select private.enqueue_command('refund_payment', %s, '{}')"


@pytest.fixture
def url(cluster: Cluster, committed_world: World) -> str:
    return cluster.url("jobs", committed_world.connection.info.dbname)


def heard(connection: psycopg.Connection) -> int:
    """How many notifications have arrived; what was committed before is among them."""
    connection.execute("select 1")
    return len(list(connection.notifies(timeout=0)))


def test_a_listener_hears_of_a_new_command(committed_world: World, url: str) -> None:
    with psycopg.connect(url, autocommit=True) as listener:
        listener.execute("listen outbox")
        committed_world.rows(ENQUEUE, "refund:1")
        (notification,) = listener.notifies(timeout=60, stop_after=1)
    assert (notification.channel, notification.payload) == ("outbox", "")


def test_a_repeated_or_undone_decision_wakes_nobody(committed_world: World, url: str) -> None:
    committed_world.rows(ENQUEUE, "refund:1")
    with psycopg.connect(url, autocommit=True) as listener:
        listener.execute("listen outbox")
        committed_world.rows(ENQUEUE, "refund:1")
        with committed_world.connection.transaction(force_rollback=True):
            committed_world.rows(ENQUEUE, "refund:2")
        committed_world.rows(ENQUEUE, "refund:3")
        list(listener.notifies(timeout=60, stop_after=1))
        assert heard(listener) == 0
