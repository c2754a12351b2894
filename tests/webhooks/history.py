"""A marketplace in the middle of everything, and all that Stripe then says about it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from psycopg.types.json import Jsonb

from tests.factories import (
    API_VERSION,
    Booking,
    Service,
    World,
    account_object,
    intent_object,
    refund_object,
    transfer_object,
)

RECEIVE = """
    select private.receive_stripe_event(
        %(endpoint)s, %(event_id)s, %(type)s, %(account)s, false, %(version)s, %(at)s,
        convert_to(%(payload)s, 'UTF8'), %(payload)s, false, %(version)s
    )
"""

# Everything that matters in the end: no ids that we make up, and no times.
STATE = """
    select 'booking' as what, array[id::text, status::text] as state from public.bookings
    union all
    select 'seats', array[id::text, current_bookings::text] from public.bookable_slots
    union all
    select 'calendar', array[coalesce(slot_id, booking_id)::text, expires_at::text]
    from private.person_calendar
    union all
    select 'payment', array[
        id::text, status::text, authorized_cents::text, captured_cents::text, refunded_cents::text,
        stripe_payment_intent_id, stripe_charge_id, failure_code, failure_message
    ]
    from public.payments
    union all
    select 'refund', array[
        payment_id::text, status::text, amount_cents::text, stripe_refund_id, failure_code
    ]
    from public.refunds
    union all
    select 'ledger', array[account.kind::text, account.owner_id::text, sum(amount_cents)::text]
    from private.ledger_entries entry
    join private.ledger_accounts account on account.id = entry.account_id
    group by account.kind, account.owner_id
    having sum(amount_cents) <> 0
    union all
    select 'earnings', array[instructor_id::text, status::text, sum(amount_cents)::text]
    from public.earnings
    group by instructor_id, status
    having sum(amount_cents) <> 0
    union all
    select 'payout', array[id::text, status::text, reversed_cents::text, stripe_transfer_id]
    from public.payouts
    union all
    select 'attempt', array[payout_id::text, attempt::text, status::text]
    from private.payout_attempts
    union all
    select 'account', array[
        id::text, stripe_account_id, status::text, charges_enabled::text, transfers_enabled::text
    ]
    from public.stripe_connect_accounts
    union all
    select 'dispute', array[
        stripe_dispute_id, status::text, withdrawn_cents::text, fee_cents::text, lost_cents::text
    ]
    from public.disputes
    union all
    select 'item', array[
        id::text, is_paid::text, ending::text, excess_cents::text, refunded_cents::text,
        restored_cents::text, lost_cents::text, liable_cents::text, owed_cents::text
    ]
    from public.order_items
    union all
    select 'hours', array[
        id::text, status::text, minutes_reserved::text, minutes_used::text, minutes_refunded::text
    ]
    from public.learner_credits
    union all
    select 'command', array[topic, count(*)::text]
    from private.outbox
    -- How often news of one second meet, and Stripe must be asked, depends on their order.
    where topic not in ('fetch_payment_intent', 'fetch_dispute', 'sync_account')
    group by topic
    order by 1, 2
"""


@dataclass(frozen=True)
class Step:
    """Something that one of the services tells the database."""

    login: Service
    query: str
    arguments: dict[str, Any]


@dataclass
class History:
    """Steps in the order in which they happened."""

    world: World
    steps: list[Step] = field(default_factory=list)

    def event(
        self, type: str, object: dict[str, Any], at: datetime, account: str | None = None
    ) -> None:
        payload = json.dumps({"type": type, "data": {"object": object}})
        arguments = {
            "endpoint": "connect" if account else "platform",
            "event_id": f"evt_{uuid4().hex}",
            "type": type,
            "account": account,
            "version": API_VERSION,
            "at": at,
            "payload": payload,
        }
        self.steps.append(Step("webhook_service", RECEIVE, arguments))

    def answer(self, login: Service, function: str, *values: Any) -> None:
        """Stripe's answer to a call of ours."""
        places = ", ".join(f"%(v{number})s" for number in range(len(values)))
        given = {f"v{number}": value for number, value in enumerate(values)}
        self.steps.append(Step(login, f"select private.{function}({places})", given))


def play(world: World, steps: Iterable[Step]) -> list[Any]:
    """Takes the steps in this order, and returns the state in which they end."""
    with world.connection.pipeline():
        for step in steps:
            world.connection.execute(f"set local session authorization {step.login}")
            world.connection.execute(step.query, step.arguments)
        world.connection.execute("set local session authorization default")
    return [(row["what"], row["state"]) for row in world.rows(STATE)]


def linked(history: History, **service_columns: Any) -> Booking:
    """A held booking whose payment has its PaymentIntent."""
    booking = history.world.booking(**service_columns)
    history.world.serve(
        "webhook_service",
        "private.record_payment_intent",
        p_payment_id=booking.open_payment()["payment_id"],
        p_payment_intent=Jsonb(booking.intent("requires_payment_method")),
    )
    return booking


def write_history(world: World) -> History:
    """Forty steps about ten bookings, two payouts and an account."""
    history = History(world)
    for chapter in CHAPTERS:
        chapter(history)
    return history


def seconds(history: History, number: int) -> datetime:
    return history.world.now().replace(microsecond=0) + timedelta(seconds=number)


def a_card_is_declined_and_succeeds(history: History) -> None:
    booking = linked(history)
    charge = {"id": f"ch_{booking.payment['id'].hex}", "status": "succeeded"}
    charge["payment_intent"] = booking.payment["stripe_payment_intent_id"]
    error = {"last_payment_error": {"code": "card_declined", "message": "No."}}
    told = [
        ("created", booking.intent("requires_payment_method"), 0),
        ("requires_action", booking.intent("requires_action"), 1),
        ("processing", booking.intent("processing"), 1),
        ("payment_failed", booking.intent("requires_payment_method", **error), 2),
        ("processing", booking.intent("processing"), 3),
        ("succeeded", booking.intent(), 4),
        ("succeeded", booking.intent(), 4),
    ]
    for type, intent, at in told:
        history.event(f"payment_intent.{type}", intent, seconds(history, at))
    history.event(
        "charge.failed", charge | {"id": "ch_declined", "status": "failed"}, seconds(history, 2)
    )
    history.event("charge.succeeded", charge, seconds(history, 4))


def a_payment_is_refunded_in_parts_of_which_some_fail(history: History) -> None:
    booking = linked(history)
    history.event("payment_intent.succeeded", booking.intent(), seconds(history, 0))
    history.answer(
        "webhook_service",
        "record_payment_intent",
        booking.payment["id"],
        Jsonb(booking.intent("requires_payment_method")),
    )
    refund_in_parts(history, booking)


def a_lesson_that_was_given_is_refunded_in_parts(history: History) -> None:
    booking = history.world.lesson()
    refund_in_parts(history, booking)


def refund_in_parts(history: History, booking: Booking) -> None:
    """10, 10 and 999 of 5310: the first two leave another cent than each alone; one fails."""
    first, second, third = (refund_object(booking.payment, cents) for cents in (10, 10, 999))
    history.event("refund.created", first | {"status": "pending"}, seconds(history, 10))
    history.event("refund.updated", first, seconds(history, 11))
    history.event("refund.created", second, seconds(history, 12))
    history.event("refund.failed", first | {"status": "failed"}, seconds(history, 13))
    history.event("charge.refund.updated", third, seconds(history, 14))
    history.event("refund.updated", third, seconds(history, 14))


def an_intent_is_cancelled_after_a_decline(history: History) -> None:
    booking = linked(history)
    error = {"last_payment_error": {"code": "expired_card", "message": "No."}}
    declined = booking.intent("requires_payment_method", **error)
    history.event("payment_intent.payment_failed", declined, seconds(history, 1))
    history.event("payment_intent.canceled", booking.intent("canceled"), seconds(history, 2))


def an_authorization_is_captured(history: History) -> None:
    booking = linked(history, capture_mode="manual")
    authorized = booking.intent("requires_capture")
    history.event("payment_intent.amount_capturable_updated", authorized, seconds(history, 1))
    history.event("payment_intent.succeeded", booking.intent(), seconds(history, 2))


def another_amount_arrives_after_a_decline(history: History) -> None:
    booking = linked(history)
    error = {"last_payment_error": {"code": "expired_card", "message": "No."}}
    declined = booking.intent("requires_payment_method", **error)
    history.event("payment_intent.payment_failed", declined, seconds(history, 1))
    authorized = booking.intent("requires_capture")
    history.event("payment_intent.amount_capturable_updated", authorized, seconds(history, 2))
    wrong = booking.intent(amount_received=5309)
    history.event("payment_intent.succeeded", wrong, seconds(history, 3))


def a_late_payment_finds_its_time_free(history: History) -> None:
    booking = linked(history)
    history.world.connection.execute(
        "update public.bookings set status = 'expired', hold_expires_at = private.clock()"
        " where id = %s",
        [booking.id],
    )
    history.event("payment_intent.processing", booking.intent("processing"), seconds(history, 1))
    history.event("payment_intent.succeeded", booking.intent(), seconds(history, 2))


def a_late_payment_finds_its_time_gone(history: History) -> None:
    booking = linked(history)
    history.world.connection.execute(
        "update public.bookings set status = 'expired', hold_expires_at = private.clock()"
        " where id = %s",
        [booking.id],
    )
    history.world.book(history.world.person("Cleo"), booking.slot_id)
    history.event("payment_intent.succeeded", booking.intent(), seconds(history, 1))
    history.event("payment_intent.succeeded", booking.intent(), seconds(history, 1))


def a_payment_is_known_by_its_metadata_alone(history: History) -> None:
    booking = history.world.booking()
    booking.open_payment()
    history.event(
        "payment_intent.created", booking.intent("requires_confirmation"), seconds(history, 0)
    )
    history.event("payment_intent.succeeded", booking.intent(), seconds(history, 1))


def strangers_speak(history: History) -> None:
    payment = history.world.booking().open_payment()
    stranger = {"id": payment["payment_id"], "amount_cents": 777, "currency": "eur"}
    foreign = intent_object(stranger, "succeeded", id="pi_foreign", metadata={})
    unknown = intent_object(stranger, "succeeded", id="pi_unknown", metadata={"payment_id": "x"})
    history.event("payment_intent.succeeded", unknown, seconds(history, 0))
    history.event("payment_intent.succeeded", foreign, seconds(history, 0))
    history.event("payment_intent.succeeded", foreign, seconds(history, 5))
    history.event("customer.created", {"id": "cus_1"}, seconds(history, 0))
    history.event(
        "refund.updated",
        {"id": "re_1", "payment_intent": "pi_x", "status": "pending"},
        seconds(history, 0),
    )


def an_account_becomes_ready(history: History) -> None:
    world = history.world
    instructor = world.instructor()
    (opened,) = world.serve(
        "webhook_service",
        "private.open_connect_account",
        p_user_id=instructor.user_id,
        p_instructor_id=instructor.id,
        p_org_id=None,
        p_country="GB",
        p_platform_country="GB",
    )
    incomplete = account_object(opened["metadata"], ready=False)
    reviewed = incomplete | {"details_submitted": True}
    ready = account_object(opened["metadata"], ready=True)
    for account, at in ((incomplete, 0), (reviewed, 1), (reviewed, 2), (ready, 2), (ready, 3)):
        history.event("account.updated", account, seconds(history, at), account=account["id"])


def transfers_are_made_and_come_back(history: History) -> None:
    world = history.world
    for _ in range(2):
        instructor = world.instructor()
        world.onboard(instructor)
        world.lesson(instructor)
    world.travel(by=timedelta(days=8))
    (due,) = world.serve("jobs", "private.due_payout_runs", p_date=None, p_org_id=None)
    (run,) = world.serve(
        "jobs",
        "private.open_payout_run",
        p_org_id=due["org_id"],
        p_schedule=due["schedule"],
        p_period_on=due["period_on"],
    )
    kept, returned = (world.claim_payout(run["open_payout_run"], world.now()) for _ in range(2))
    assert kept is not None
    assert returned is not None
    for claimed, parts in ((kept, [0]), (returned, [0, 1000, 4500])):
        history.answer(
            "jobs",
            "record_transfer",
            claimed["payout_id"],
            claimed["attempt"],
            Jsonb(transfer_object(claimed)),
        )
        for number, cents in enumerate(parts):
            type = "transfer.reversed" if cents else "transfer.created"
            made = transfer_object(claimed, amount_reversed=cents)
            history.event(type, made, seconds(history, number))


# The first may let time pass; the others are of one moment.
CHAPTERS: list[Callable[[History], None]] = [
    transfers_are_made_and_come_back,
    a_lesson_that_was_given_is_refunded_in_parts,
    a_card_is_declined_and_succeeds,
    a_payment_is_refunded_in_parts_of_which_some_fail,
    an_intent_is_cancelled_after_a_decline,
    an_authorization_is_captured,
    another_amount_arrives_after_a_decline,
    a_late_payment_finds_its_time_free,
    a_late_payment_finds_its_time_gone,
    a_payment_is_known_by_its_metadata_alone,
    an_account_becomes_ready,
    strangers_speak,
]
