"""A command is added once, and listeners are notified."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest

from tests.factories import Service, World
from tests.outbox.conftest import Outbox
from tests.patience import PATIENCE
from tools.cluster import Cluster


def test_a_command_is_ready_at_once(outbox: Outbox) -> None:
    command = outbox.enqueue(payload='{"amount_cents": 4860}')
    assert (command["topic"], command["payload"]) == ("refund_payment", {"amount_cents": 4860})
    assert (command["attempts"], command["available_at"]) == (0, outbox.world.now())
    assert command["leased_by"] is command["processed_at"] is command["dead_at"] is None


def test_a_repeated_decision_is_one_command(outbox: Outbox) -> None:
    first = outbox.enqueue("refund:1")
    assert outbox.enqueue("refund:1", '{"other": true}') == first
    assert outbox.world.count("private.outbox") == 1


def test_a_key_is_used_once_in_each_organization(outbox: Outbox) -> None:
    outbox.enqueue("refund:1")
    enqueue = "select private.enqueue_command(%s, 'refund_payment', 'refund:1', '{}')"
    school = outbox.world.organization()
    for _ in range(2):
        outbox.world.rows(enqueue, school)
    assert outbox.world.count("private.outbox") == 2
    assert outbox.world.count(f"private.outbox where org_id = '{school}'") == 1


def test_a_decision_that_was_carried_out_is_not_made_again(outbox: Outbox) -> None:
    command = outbox.enqueue("refund:1")
    outbox.world.connection.execute(
        "update private.outbox set processed_at = private.clock() where id = %s", [command["id"]]
    )
    assert outbox.enqueue("refund:1")["processed_at"] == outbox.world.now()


def test_a_decision_that_is_undone_leaves_no_command(outbox: Outbox) -> None:
    with outbox.world.connection.transaction(force_rollback=True):
        outbox.enqueue()
    assert outbox.world.count("private.outbox") == 0


@pytest.mark.parametrize("login", ["jobs", "webhook_service"])
def test_the_services_put_nothing_into_the_outbox(outbox: Outbox, login: Service) -> None:
    with outbox.world.refusing("42501"), outbox.world.serving_as(login):
        outbox.world.value("select private.enqueue_command(null, 'refund_payment', 'x', '{}')")
    with outbox.world.refusing("42501"), outbox.world.serving_as(login):
        outbox.world.connection.execute("table private.outbox")
    assert outbox.world.count("private.outbox") == 0


def test_what_money_does_to_one_thing_is_about_one_subject(outbox: Outbox) -> None:
    booking = outbox.world.booking()
    booking.open_payment()
    outbox.world.travel(by=timedelta(hours=1))
    outbox.world.book(outbox.world.person("Cleo"), booking.slot_id)
    booking.pay()
    subjects = {
        row["topic"]: row["subject"]
        for row in outbox.world.rows("select topic, subject from private.outbox")
    }
    subject = f"payment:{booking.payment['id']}"
    assert subjects == {
        "cancel_payment_intent": subject,
        "refund_payment": subject,
        "fetch_processing_fee": None,
    }


ENQUEUE = "select private.enqueue_command(private.platform_id(), 'refund_payment', %s, '{}')"


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
        (notification,) = listener.notifies(timeout=PATIENCE, stop_after=1)
    assert (notification.channel, notification.payload) == ("outbox", "")


def test_a_repeated_or_undone_decision_wakes_nobody(committed_world: World, url: str) -> None:
    committed_world.rows(ENQUEUE, "refund:1")
    with psycopg.connect(url, autocommit=True) as listener:
        listener.execute("listen outbox")
        committed_world.rows(ENQUEUE, "refund:1")
        with committed_world.connection.transaction(force_rollback=True):
            committed_world.rows(ENQUEUE, "refund:2")
        committed_world.rows(ENQUEUE, "refund:3")
        list(listener.notifies(timeout=PATIENCE, stop_after=1))
        assert heard(listener) == 0
