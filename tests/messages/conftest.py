"""A world whose messages a worker claims and sends."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from tests.factories import Booking, World
from tests.health import healthy_committed_world, healthy_world
from tests.schools.conftest import school

__all__ = ["healthy_committed_world", "healthy_world", "school"]

LEASE = timedelta(minutes=5)
CHANNELS = ["email", "sms", "whatsapp"]


class Post:
    """The messages of a world, and the workers that send them."""

    def __init__(self, world: World) -> None:
        self.world = world

    def claim(
        self, worker: UUID | None = None, limit: int = 100, channels: list[str] | None = None
    ) -> list[DictRow]:
        return self.world.serve(
            "jobs",
            "private.claim_messages",
            p_worker_id=worker or uuid4(),
            p_channels=channels or CHANNELS,
            p_limit=limit,
            p_lease=LEASE,
        )

    def send(self) -> list[DictRow]:
        """Send everything that is due; what was sent."""
        sent = []
        while claimed := self.claim():
            for message in claimed:
                self.record_sent(message["message_id"], f"SM{message['message_id'].hex}")
            sent += claimed
        return sent

    def record_sent(self, message_id: UUID, provider_id: str = "<id>") -> None:
        self.world.serve(
            "jobs",
            "private.record_message_sent",
            p_message_id=message_id,
            p_provider_id=provider_id,
        )

    def fail(
        self,
        message_id: UUID,
        worker: UUID,
        outcome: str = "not_sent",
        suppress: str | None = None,
    ) -> str:
        (row,) = self.world.serve(
            "jobs",
            "private.fail_message",
            p_message_id=message_id,
            p_worker_id=worker,
            p_outcome=outcome,
            p_error="error",
            p_suppress=suppress,
        )
        status: str = row["fail_message"]
        return status

    def call_back(
        self,
        status: str,
        provider_id: str,
        message_id: UUID | None = None,
        error: str | None = None,
    ) -> str:
        (row,) = self.world.serve(
            "webhook_service",
            "private.record_message_status",
            p_message_id=message_id,
            p_provider_id=provider_id,
            p_status=status,
            p_error_code=error,
            p_payload=Jsonb({}),
        )
        outcome: str = row["record_message_status"]
        return outcome

    def answer(self, phone: str, words: str, channel: str = "sms", id: str | None = None) -> str:
        (row,) = self.world.serve(
            "webhook_service",
            "private.record_inbound_message",
            p_provider_id=id or f"SM{uuid4().hex}",
            p_channel=channel,
            p_sender=phone,
            p_body=words,
            p_payload=Jsonb({}),
        )
        meaning: str = row["record_inbound_message"]
        return meaning

    def mail_id(self, message_id: UUID) -> str:
        """The Message-ID under which a mail is sent."""
        key: str = self.world.value(
            "select private.key_of_mail(content) from public.message_contents content"
            " where message_id = %s",
            message_id,
        )
        return f"<{message_id}.{key}@lplate.example>"

    def of(self, person: UUID, kind: str = "%", channel: str = "email") -> list[DictRow]:
        """The messages to a person, oldest first."""
        return self.world.rows(
            "select * from public.messages"
            " where recipient_id = %s and kind like %s and channel = %s"
            " order by created_at, send_after",
            person,
            kind,
            channel,
        )

    def kinds_for(self, person: UUID, channel: str = "email") -> list[str]:
        return sorted(message["kind"] for message in self.of(person, channel=channel))

    def planned(self, booking: Booking) -> list[tuple[str, timedelta]]:
        """What is planned for a booking: the kind, and how long before the start."""
        start_at = booking.columns["start_at"]
        return [
            (row["kind"], start_at - row["due_at"])
            for row in self.world.rows(
                "select kind, due_at from private.planned_messages where booking_id = %s"
                " order by due_at",
                booking.id,
            )
        ]

    def prefer(
        self, person: UUID, channel: str, *, is_on: bool = True, kind: str | None = None
    ) -> None:
        self.world.call(
            person,
            "public.set_message_preference",
            p_channel=channel,
            p_is_on=is_on,
            p_kind=kind,
        )

    def phone(self, person: UUID, number: str = "+44 7700 900123") -> str:
        """Give a person a proven number that takes SMS; the number as providers take it."""
        with self.world.acting_as(person):
            self.world.connection.execute(
                "update public.profiles set phone = %s where id = %s", [number, person]
            )
        self.prefer(person, "sms")
        self.world.connection.execute(
            "insert into private.phone_codes (user_id, phone, proven_at)"
            " select %s, private.phone_or_null(%s), private.clock()"
            " where private.phone_or_null(%s) is not null",
            [person, number, number],
        )
        return number.replace(" ", "")

    def profile(self, person: UUID, **columns: Any) -> None:
        for name, value in columns.items():
            with self.world.acting_as(person):
                self.world.connection.execute(
                    f"update public.profiles set {name} = %s where id = %s", [value, person]
                )


@pytest.fixture
def post(world: World) -> Post:
    return Post(world)


@pytest.fixture
def booking(world: World) -> Booking:
    """A lesson in five days that is paid for, about which everybody has been told."""
    booking = world.booking(start_at=world.in_days(5))
    assert booking.pay() == "processed"
    Post(world).send()
    return booking
