"""The latest answer of a number counts, whoever brings it, and in whatever order."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.factories import World
from tests.messages.conftest import Post
from tests.races import wait_for_lock
from tools.cluster import Cluster

NUMBER = "+447700900123"


def listed(world: World, words: str, sent_at: object, channel: str = "sms") -> str:
    """Twilio lists an answer that is sent at a moment; what it was."""
    text = {"sid": f"SM{uuid4().hex}", "channel": channel, "is_inbound": True, "sender": NUMBER}
    text |= {"body": words, "status": "received", "sent_at": sent_at and str(sent_at)}
    (row,) = world.serve("jobs", "private.compare_texts", p_texts=Jsonb([text]))
    outcome: str = row["outcome"]
    return outcome


def is_suppressed(world: World, channel: str = "sms") -> bool:
    found: bool = world.value(
        "select exists (select from private.suppressed_addresses"
        " where address = %s and channel = %s::public.message_channel)",
        NUMBER,
        channel,
    )
    return found


@pytest.fixture
def known(world: World) -> World:
    """A world in which somebody has the number."""
    Post(world).phone(world.person(), NUMBER)
    return world


def test_a_channel_is_stopped_and_started_by_itself(known: World) -> None:
    now = known.now()
    listed(known, "STOP", now - timedelta(minutes=2), "whatsapp")
    listed(known, "START", now - timedelta(minutes=1), "sms")
    assert is_suppressed(known, "whatsapp")
    listed(known, "STOP", now - timedelta(minutes=3), "sms")
    assert not is_suppressed(known, "sms")


def test_an_answer_without_a_time_lifts_nothing(known: World) -> None:
    """The job of 0.1.0 tells none."""
    listed(known, "STOP", known.now())
    known.travel(by=timedelta(hours=1))
    listed(known, "START", None)
    assert is_suppressed(known)


def test_a_list_without_times_leaves_the_order_that_is_known(known: World) -> None:
    start, stop = f"SM{uuid4().hex}", f"SM{uuid4().hex}"
    for sid, words in ((start, "START"), (stop, "STOP")):
        Post(known).answer(NUMBER, words, id=sid)
        known.travel(by=timedelta(minutes=1))
    sent = known.rows("select provider_id, sent_at from private.message_events order by id")
    texts = [
        {"sid": sid, "channel": "sms", "is_inbound": True, "sender": NUMBER, "body": words}
        for sid, words in ((stop, "STOP"), (start, "START"))
    ]
    for row in known.serve("jobs", "private.compare_texts", p_texts=Jsonb(texts)):
        assert row["outcome"] == "known"
    assert is_suppressed(known)
    assert sent == known.rows("select provider_id, sent_at from private.message_events order by id")


def test_an_answer_of_the_former_release_has_its_place(known: World) -> None:
    """It bears neither a channel nor when it was sent, but when it was received."""
    sid = f"SM{uuid4().hex}"
    Post(known).answer(NUMBER, "STOP", id=sid)
    known.connection.execute("update private.message_events set channel = null, sent_at = null")
    listed(known, "START", known.now() - timedelta(minutes=1))
    assert is_suppressed(known)
    known.travel(by=timedelta(minutes=2))
    listed(known, "START", known.now() - timedelta(minutes=1))
    assert not is_suppressed(known)


def test_a_link_that_ended_everything_outlives_an_earlier_start(known: World) -> None:
    known.connection.execute("select private.suppress_address('sms', %s, 'unsubscribed')", [NUMBER])
    listed(known, "START", known.now() - timedelta(minutes=1))
    assert is_suppressed(known)
    known.travel(by=timedelta(minutes=2))
    listed(known, "START", known.now() - timedelta(minutes=1))
    assert not is_suppressed(known)


def test_a_number_that_does_not_exist_is_started_by_nobody(known: World) -> None:
    known.connection.execute("select private.suppress_address('sms', %s, 'hard_bounce')", [NUMBER])
    listed(known, "START", known.now())
    assert is_suppressed(known)


@pytest.mark.parametrize("moment", ["infinity", "-infinity", "2035-01-01", "0001-01-01 BC"])
@pytest.mark.parametrize("words", ["STOP", "START", "Thanks"])
def test_a_hostile_moment_keeps_nobody_from_answering(
    known: World, moment: str, words: str
) -> None:
    assert listed(known, words, moment) == "answer"
    known.travel(by=timedelta(seconds=2))
    Post(known).answer(NUMBER, "STOP")
    assert is_suppressed(known)
    known.travel(by=timedelta(seconds=2))
    Post(known).answer(NUMBER, "START")
    assert not is_suppressed(known)


def test_the_answer_of_a_stranger_is_told_apart_and_not_kept(world: World) -> None:
    assert listed(world, "STOP", world.now()) == "answer"
    assert not is_suppressed(world)
    (event,) = world.rows("select address, payload::text from private.message_events")
    assert event["address"] is None
    assert NUMBER not in event["payload"]


def test_of_answers_at_once_the_later_waits_for_the_earlier(
    cluster: Cluster, committed_world: World
) -> None:
    """Or neither would see the other, and START would lift a STOP that is not there yet."""
    world = committed_world
    Post(world).phone(world.person(), NUMBER)
    url = cluster.admin_url(world.connection.info.dbname)
    with (
        psycopg.connect(url, autocommit=True) as stopping,
        psycopg.connect(url, autocommit=True) as starting,
        ThreadPoolExecutor(1) as threads,
    ):
        with stopping.transaction():
            Post(World(stopping)).answer(NUMBER, "STOP")
            started = threads.submit(Post(World(starting)).answer, NUMBER, "START")
            wait_for_lock(starting, world)
        assert started.result() == "start"
    assert not is_suppressed(world)
