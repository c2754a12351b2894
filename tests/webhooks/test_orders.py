"""In every order in which Stripe's events can arrive, the books end the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from tests.factories import Credit, World, dispute_object, refund_object
from tests.payments.steps import our_refund
from tests.webhooks.history import STATE, History, Step, linked, play

pytestmark = pytest.mark.slow

Books = list[Any]


@dataclass
class Sequence:
    """Events in the order in which they happened, and how Stripe's objects stand in the end."""

    history: History
    now: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def world(self) -> World:
        return self.history.world

    def tell(self, type: str, said: dict[str, Any], second: int = 0) -> None:
        at = self.world.now().replace(microsecond=0) + timedelta(seconds=second)
        self.history.event(type, said, at)
        self.now[said["id"]] = said

    def dispute(self, payment: DictRow, *statuses: str, **fields: Any) -> None:
        """A dispute goes through these statuses, a second each."""
        for second, status in enumerate(statuses):
            self.tell("charge.dispute.updated", dispute_object(payment, status, **fields), second)

    def books_after(self, steps: tuple[Step, ...]) -> Books:
        """Plays the events in this order; then Stripe answers what it was asked.

        What came before its payment was known is applied again minutes later.
        """
        play(self.world, steps)
        self.answer()
        if self.world.rows("select id from private.webhook_events where status = 'parked'"):
            self.world.travel(by=timedelta(minutes=10))
            self.world.rows("select private.assign_waiting_events()")
            self.world.rows("select private.apply_waiting_events(id) from public.organizations")
        assert self.world.violations() == []
        return [(row["what"], row["state"]) for row in self.world.rows(STATE)]

    def answer(self) -> None:
        for asked in self.world.commands("fetch_payment_intent"):
            self.world.serve(
                "jobs",
                "private.record_payment_intent",
                p_payment_id=asked["payment_id"],
                p_payment_intent=Jsonb(self.now[asked["payment_intent"]]),
                p_settles_at=asked["settles_at"],
            )
        for asked in self.world.commands("fetch_dispute"):
            self.world.serve(
                "jobs",
                "private.record_dispute",
                p_dispute_id=asked["dispute_id"],
                p_dispute=Jsonb(self.now[asked["dispute"]]),
                p_settles_at=asked["settles_at"],
            )


def hours(world: World, used: int = 1, ahead: int = 1) -> Credit:
    instructor, service_id = world.hourly()
    credit = world.hours(world.person("Ben"), instructor, 4)
    for day in range(used):
        credit.book(service_id, world.in_days(2 + day)).complete()
    for day in range(ahead):
        credit.book(service_id, world.in_days(20 + day))
    return credit


def a_lost_dispute_is_appealed_and_won(told: Sequence) -> None:
    lesson = told.world.lesson()
    statuses = ("needs_response", "lost", "appeal_needs_response", "appeal_under_review", "won")
    told.dispute(lesson.payment, *statuses)


def a_lost_dispute_over_hours_is_appealed_and_won(told: Sequence) -> None:
    # A loss cancels lessons ahead, and they stay cancelled: whether it was told of in time counts.
    statuses = ("needs_response", "lost", "appeal_under_review", "won")
    told.dispute(hours(told.world, ahead=0).payment, *statuses)


def an_appeal_is_lost(told: Sequence) -> None:
    lesson = told.world.lesson()
    told.dispute(lesson.payment, "needs_response", "lost", "appeal_needs_response", "lost")


def a_dispute_is_decided_twice_in_one_second(told: Sequence) -> None:
    payment = told.world.lesson().payment
    for status in ("needs_response", "lost", "won"):
        told.tell("charge.dispute.updated", dispute_object(payment, status))


def a_refund_is_pending_when_all_is_lost(told: Sequence) -> None:
    """Half is refunded, and all lost: the refund succeeds, or it fails."""
    lesson = told.world.lesson()
    ask_for_half(told.world, lesson.payment)
    told.dispute(lesson.payment, "needs_response", "lost")
    refund = our_refund(lesson, "pending")
    told.tell("refund.created", refund, 0)
    told.tell("refund.updated", refund | {"status": "succeeded"}, 2)


def a_refund_fails_after_all_was_lost(told: Sequence) -> None:
    lesson = told.world.lesson()
    ask_for_half(told.world, lesson.payment)
    told.dispute(lesson.payment, "needs_response", "lost")
    refund = our_refund(lesson, "succeeded")
    told.tell("refund.updated", refund, 2)
    told.tell("refund.failed", refund | {"status": "failed"}, 3)


def ask_for_half(world: World, payment: DictRow) -> None:
    world.call(
        world.admin(),
        "public.admin_refund",
        p_payment_id=payment["id"],
        p_amount_cents=2655,
        p_reason="It was too short.",
    )


def hours_are_refunded_when_all_is_lost(told: Sequence) -> None:
    credit = hours(told.world)
    told.world.ask(credit.learner, "public.refund_credits", p_credit_id=credit.id, p_minutes=60)
    told.dispute(credit.payment, "needs_response", "lost")
    row = told.world.row("select id, amount_cents from public.refunds")
    metadata = {"refund_id": str(row["id"])}
    refund = refund_object(credit.payment, row["amount_cents"], id="re_ours", metadata=metadata)
    told.tell("refund.updated", refund, 2)


def hours_are_refunded_in_the_dashboard_and_lost(told: Sequence) -> None:
    payment = hours(told.world).payment
    told.dispute(payment, "needs_response", "lost", amount=9000)
    told.tell("refund.updated", refund_object(payment, 5400), 2)


def two_disputes_and_a_refund(told: Sequence) -> None:
    payment = told.world.lesson().payment
    first = dispute_object(payment, "lost", amount=2000)
    second = dispute_object(payment, "lost", amount=3000, id="du_2")
    second["balance_transactions"] = [{"id": "txn_2", "amount": -3000, "fee": 2000, "net": -5000}]
    told.tell("charge.dispute.closed", first, 1)
    told.tell("charge.dispute.closed", second, 2)
    told.tell("refund.updated", refund_object(payment, 999), 3)


def a_decline_comes_in_the_second_of_the_intents_creation(told: Sequence) -> None:
    booking = linked(told.history)
    at = booking.intent("requires_payment_method")
    error = {"last_payment_error": {"code": "card_declined", "message": "No."}}
    told.tell("payment_intent.created", at)
    told.tell("payment_intent.requires_action", booking.intent("requires_action"))
    declined = booking.intent("requires_payment_method", **error)
    told.tell("payment_intent.payment_failed", declined)


def a_payment_fails_in_the_second_of_its_processing(told: Sequence) -> None:
    booking = linked(told.history)
    error = {"last_payment_error": {"code": "bank_refused", "message": "No."}}
    told.tell("payment_intent.requires_action", booking.intent("requires_action"), 0)
    told.tell("payment_intent.processing", booking.intent("processing"), 1)
    declined = booking.intent("requires_payment_method", **error)
    told.tell("payment_intent.payment_failed", declined, 1)


def a_payment_is_lost_before_its_success_is_told(told: Sequence) -> None:
    booking = linked(told.history)
    succeeded = booking.intent()
    told.tell("payment_intent.succeeded", succeeded, 0)
    payment = booking.payment | {"captured_cents": 5310, "stripe_charge_id": None}
    told.dispute(payment, "needs_response", "lost")


def another_amount_is_lost_from_suspense(told: Sequence) -> None:
    booking = linked(told.history)
    told.tell("payment_intent.succeeded", booking.intent(amount_received=5000), 0)
    payment = booking.payment | {"captured_cents": 5000, "stripe_charge_id": None}
    told.dispute(payment, "needs_response", "lost", "appeal_under_review", "won")


SEQUENCES: list[Callable[[Sequence], None]] = [
    a_lost_dispute_is_appealed_and_won,
    a_lost_dispute_over_hours_is_appealed_and_won,
    an_appeal_is_lost,
    a_dispute_is_decided_twice_in_one_second,
    a_refund_is_pending_when_all_is_lost,
    a_refund_fails_after_all_was_lost,
    hours_are_refunded_when_all_is_lost,
    hours_are_refunded_in_the_dashboard_and_lost,
    two_disputes_and_a_refund,
    a_decline_comes_in_the_second_of_the_intents_creation,
    a_payment_fails_in_the_second_of_its_processing,
    a_payment_is_lost_before_its_success_is_told,
    another_amount_is_lost_from_suspense,
]


@pytest.mark.parametrize("liability", ["platform", "instructor"])
@pytest.mark.parametrize("sequence", SEQUENCES)
def test_every_order_of_the_events_ends_in_the_same_books(
    world: World, sequence: Callable[[Sequence], None], liability: str
) -> None:
    world.connection.execute("update public.organizations set dispute_liability = %s", [liability])
    told = Sequence(History(world))
    sequence(told)
    expected: Books | None = None
    for order in permutations(told.history.steps):
        with world.connection.transaction(force_rollback=True):
            books = told.books_after(order)
        expected = expected or books
        assert books == expected, [step.arguments["type"] for step in order]
