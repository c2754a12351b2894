"""What messages said is removed after 540 days; that they were sent stays."""

from __future__ import annotations

from datetime import timedelta

from tests.factories import Booking, World
from tests.messages.conftest import Post

KEPT = timedelta(days=540)


def removed(world: World) -> int:
    return world.maintain()["texts_removed"]


def test_texts_and_addresses_go_after_540_days(world: World, post: Post) -> None:
    booking = world.booking(start_at=world.in_days(5))
    number = post.phone(booking.learner)
    booking.pay()
    post.send()
    post.call_back("delivered", _provider_id(world, booking))
    post.answer(number, "Thank you")
    before = world.rows("select id, status, sent_at from public.messages order by id")

    world.travel(by=KEPT)
    world.connection.execute("delete from private.planned_messages")
    assert removed(world) == 0
    world.travel(by=timedelta(seconds=1))
    assert removed(world) > 0
    left = world.rows(
        "select to_address, subject, body, html, calendar, content_variables, provider_id"
        " from public.message_contents where created_at < private.clock() - interval '540 days'"
    )
    for row in left:
        assert not any(row[name] for name in row if name != "provider_id")
    assert any(row["provider_id"] for row in left)
    assert world.count("private.message_events") == 0
    ids = [row["id"] for row in before]
    after = world.rows(
        "select id, status, sent_at from public.messages where id = any (%s) order by id", ids
    )
    assert after == before
    assert removed(world) == 0


def test_what_is_said_of_a_disputed_payment_stays(
    world: World, post: Post, booking: Booking
) -> None:
    world.dispute(booking.payment)
    texts = (
        "select count(*) from public.message_contents where body is not null and to_address <> ''"
    )
    before = world.value(texts)
    world.travel(by=KEPT + timedelta(seconds=1))
    assert removed(world) == 0
    assert world.value(texts) == before
    world.dispute(booking.payment, "won")
    assert removed(world) > 0


def _provider_id(world: World, booking: Booking) -> str:
    found: str = world.value(
        "select content.provider_id from public.message_contents content"
        " join public.messages message on message.id = content.message_id"
        " where message.channel = 'sms' and message.recipient_id = %s",
        booking.learner,
    )
    return found
