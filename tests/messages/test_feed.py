"""A person's notifications: what they were told in the app, until they have read it."""

from __future__ import annotations

from uuid import UUID

from psycopg.rows import DictRow

from tests.factories import Booking, World
from tests.messages.conftest import Post


def feed(world: World, person: UUID, **arguments: object) -> list[DictRow]:
    return world.ask(person, "public.my_notifications", **arguments)


def test_notifications_come_latest_first(world: World, post: Post, booking: Booking) -> None:
    world.travel(to=world.in_days(1))
    world.cancel(booking.learner, booking.id)
    post.claim()
    kinds = [row["kind"] for row in feed(world, booking.learner)]
    assert kinds == ["booking_cancelled", "booking_confirmed"]
    assert all(row["title"] for row in feed(world, booking.learner))
    assert feed(world, world.person()) == []


def test_what_is_not_true_any_more_is_not_shown(world: World, post: Post) -> None:
    booking = world.booking()
    booking.pay()
    world.cancel(booking.learner, booking.id)
    post.claim()
    assert [row["kind"] for row in feed(world, booking.learner)] == ["booking_cancelled"]


def test_a_page_goes_on_where_the_last_one_ended(
    world: World, post: Post, booking: Booking
) -> None:
    world.cancel(booking.learner, booking.id)
    post.claim()
    (first,) = feed(world, booking.learner, p_limit=1)
    (second,) = feed(
        world,
        booking.learner,
        p_limit=1,
        p_after_created_at=first["created_at"],
        p_after_id=first["id"],
    )
    assert {first["kind"], second["kind"]} == {"booking_cancelled", "booking_confirmed"}


def test_what_was_read_is_read(world: World, booking: Booking) -> None:
    (unread,) = feed(world, booking.learner, p_only_unread=True)
    stranger = world.person()
    assert world.call(stranger, "public.mark_notifications_read", p_ids=[unread["id"]]) == 0
    assert world.call(booking.learner, "public.mark_notifications_read") == 1
    assert feed(world, booking.learner, p_only_unread=True) == []
    (read,) = feed(world, booking.learner)
    assert read["read_at"] == world.now()


def test_the_three_statuses_of_the_log(world: World, post: Post) -> None:
    booking = world.booking()
    booking.pay()

    def statuses() -> list[str]:
        with world.acting_as(booking.learner):
            rows = world.rows("select status from public.message_log where channel = 'email'")
        return [row["status"] for row in rows]

    assert statuses() == ["queued"]
    post.send()
    assert statuses() == ["sent"]
    world.cancel(booking.learner, booking.id)
    assert sorted(statuses()) == ["queued", "sent"]


def test_admins_see_that_something_was_sent_and_not_what(world: World, post: Post) -> None:
    school = world.organization()
    owner, ben = world.member(school, "owner"), world.person("Ben")
    world.learner(school, ben)
    instructor = world.instructor(org_id=school)
    world.book(ben, world.slot(world.service(instructor, price_cents=0)))
    post.send()
    with world.acting_as(owner):
        rows = world.rows("select * from public.message_log where channel = 'email'")
    assert {row["status"] for row in rows} == {"sent"}
    assert {row["body"] for row in rows} | {row["to_address"] for row in rows} == {None}
