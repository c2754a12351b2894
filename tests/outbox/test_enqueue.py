"""A command is added once, and announced to nobody."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest

from tests.factories import Service
from tests.outbox.conftest import Outbox


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


def test_no_transaction_announces_anything(db: psycopg.Connection) -> None:
    """NOTIFY takes one lock of the whole cluster while its transaction commits."""
    announcing = db.execute(
        r"select oid::regprocedure::text from pg_proc where prosrc ~* '\mpg_notify\M|\mnotify\s+\w'"
        " and pronamespace in ('public'::regnamespace, 'private'::regnamespace)"
    ).fetchall()
    assert announcing == []
