"""Whatever paid for a lesson, in every order of Stripe's events the books end the same.

Each sequence is of the faults that were found once where two things happened to the same money; it
is played with a lesson that a card paid, that prepaid hours paid, and that both paid.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations
from typing import Any
from uuid import uuid4

import pytest

from tests.factories import World, intent_object, refund_object
from tests.model.judge import Lesson, Play
from tests.payments.steps import our_refund
from tests.webhooks.history import History
from tests.webhooks.test_orders import Books, Sequence, ask_for_half

pytestmark = pytest.mark.slow

BY_ANYTHING, BY_CARD = ("card", "hours", "both"), ("card",)


def refund(lesson: Lesson, cents: int, status: str = "succeeded", **fields: Any) -> dict[str, Any]:
    """A refund that was made in the Dashboard, for this lesson."""
    named = {"metadata": {"booking_id": str(lesson.booking.id)}}
    return refund_object(lesson.payment, cents, status, **(named | fields))


def a_part_is_lost(told: Sequence, play: Play, by: str) -> None:
    lesson = play.sell(by)
    lesson.give()
    told.dispute(lesson.payment, "needs_response", "under_review", "lost", amount=2000)


def a_part_is_lost_and_won_and_a_part_refunded(told: Sequence, play: Play, by: str) -> None:
    lesson = play.sell(by)
    lesson.give()
    told.dispute(lesson.payment, "needs_response", "lost", "won", amount=2000)
    told.tell("refund.updated", refund(lesson, 600), 3)


def a_bad_lesson_is_refunded_and_more_of_it_lost(told: Sequence, play: Play, by: str) -> None:
    lesson = play.sell(by)
    lesson.give()
    pending = refund(lesson, 1000, "pending", id=f"re_{uuid4().hex}")
    told.tell("refund.created", pending, 0)
    told.tell("refund.updated", pending | {"status": "succeeded"}, 1)
    told.dispute(lesson.payment, "needs_response", "lost", amount=1500)


def a_refund_fails_while_a_part_is_lost(told: Sequence, play: Play, by: str) -> None:
    lesson = play.sell(by)
    lesson.give()
    made = refund(lesson, 1000, id=f"re_{uuid4().hex}")
    told.tell("refund.updated", made, 0)
    told.tell("refund.failed", made | {"status": "failed"}, 1)
    told.dispute(lesson.payment, "needs_response", "lost", amount=1500)


def two_refunds_and_a_loss(told: Sequence, play: Play, by: str) -> None:
    lesson = play.sell(by)
    lesson.give()
    told.tell("refund.updated", refund(lesson, 777), 0)
    told.tell("refund.updated", refund(lesson, 333), 1)
    told.dispute(lesson.payment, "needs_response", "lost", amount=1333)


def a_reported_lesson_is_refunded_and_its_dispute_won(told: Sequence, play: Play, by: str) -> None:
    lesson = play.sell(by)
    lesson.give()
    lesson.report()
    told.dispute(lesson.payment, "needs_response", "under_review", "won", amount=2000)
    told.tell("refund.updated", refund(lesson, 1000), 3)


def the_learner_did_not_come_and_a_part_is_lost(told: Sequence, play: Play, by: str) -> None:
    lesson = play.sell(by)
    lesson.miss()
    told.dispute(lesson.payment, "needs_response", "lost", amount=1500)
    told.tell("refund.updated", refund(lesson, 500), 2)


def half_is_asked_for_and_all_is_lost(told: Sequence, play: Play, by: str) -> None:
    lesson = play.sell(by)
    lesson.give()
    ask_for_half(told.world, lesson.payment)
    ours = our_refund(lesson.booking, "pending")
    told.tell("refund.created", ours, 0)
    told.tell("refund.updated", ours | {"status": "succeeded"}, 2)
    told.dispute(lesson.payment, "needs_response", "lost")


def a_code_is_free_again_and_the_refund_fails(told: Sequence, play: Play, by: str) -> None:
    lesson = play.lesson(450)
    lesson.give()
    made = refund(lesson, lesson.item.price.total, id=f"re_{uuid4().hex}")
    told.tell("refund.created", made | {"status": "pending"}, 0)
    told.tell("refund.updated", made, 1)
    told.tell("refund.failed", made | {"status": "failed"}, 2)


def rewards_come_back_in_part(told: Sequence, play: Play, by: str) -> None:
    play.earn_reward()
    lesson = play.lesson(p_use_rewards=True)
    lesson.give()
    told.tell("refund.updated", refund(lesson, 2505), 0)
    told.dispute(lesson.payment, "needs_response", "lost", amount=1000)


def a_lesson_below_its_share_is_refunded_and_lost(told: Sequence, play: Play, by: str) -> None:
    lesson = play.lesson(2000)
    lesson.give()
    told.tell("refund.updated", refund(lesson, 1000), 0)
    told.dispute(lesson.payment, "needs_response", "lost", amount=1000)
    told.tell("refund.updated", refund(lesson, 310), 1)


def a_dearer_time_is_refunded_and_lost(told: Sequence, play: Play, by: str) -> None:
    lesson = play.lesson()
    lesson.move(6000)
    lesson.give()
    told.tell("refund.updated", refund(lesson, 1000), 0)
    told.dispute(lesson.payment, "needs_response", "lost", amount=2000)
    told.tell("refund.updated", refund(lesson, 400), 1)


def a_cheaper_time_is_refunded_and_more_than_it_lost(told: Sequence, play: Play, by: str) -> None:
    lesson = play.lesson()
    lesson.move(3000)
    play.carry_refunds()
    lesson.give()
    told.tell("refund.updated", refund(lesson, 500), 0)
    told.dispute(lesson.payment, "needs_response", "lost")


def unknown_money_is_paid_back(told: Sequence, play: Play, by: str) -> None:
    nobodys = {
        "id": uuid4(),
        "amount_cents": 5310,
        "currency": "gbp",
        "captured_cents": 5310,
        "stripe_payment_intent_id": None,
        "stripe_charge_id": None,
    }
    intent = intent_object(nobodys, "succeeded")
    nobodys |= {
        "stripe_payment_intent_id": intent["id"],
        "stripe_charge_id": intent["latest_charge"],
    }
    told.tell("payment_intent.succeeded", intent, 0)
    made = refund_object(nobodys, 5310, "pending", id=f"re_{uuid4().hex}")
    told.tell("refund.created", made, 1)
    told.tell("refund.updated", made | {"status": "succeeded"}, 2)


Tale = Callable[[Sequence, Play, str], None]

TALES: dict[Tale, tuple[str, ...]] = {
    a_part_is_lost: BY_ANYTHING,
    a_part_is_lost_and_won_and_a_part_refunded: BY_ANYTHING,
    a_bad_lesson_is_refunded_and_more_of_it_lost: BY_ANYTHING,
    a_refund_fails_while_a_part_is_lost: BY_ANYTHING,
    two_refunds_and_a_loss: BY_ANYTHING,
    a_reported_lesson_is_refunded_and_its_dispute_won: BY_ANYTHING,
    the_learner_did_not_come_and_a_part_is_lost: BY_ANYTHING,
    half_is_asked_for_and_all_is_lost: BY_CARD,
    a_code_is_free_again_and_the_refund_fails: BY_CARD,
    rewards_come_back_in_part: BY_CARD,
    a_lesson_below_its_share_is_refunded_and_lost: BY_CARD,
    a_dearer_time_is_refunded_and_lost: BY_CARD,
    a_cheaper_time_is_refunded_and_more_than_it_lost: BY_CARD,
    unknown_money_is_paid_back: BY_CARD,
}


@pytest.mark.parametrize("terms", ["the platform bears it", "the instructor, and the fee is kept"])
@pytest.mark.parametrize(
    ("tale", "by"),
    [
        pytest.param(tale, by, id=f"{tale.__name__}-{by}")
        for tale, ways in TALES.items()
        for by in ways
    ],
)
def test_every_order_of_the_events_ends_in_the_same_books(
    world: World, tale: Tale, by: str, terms: str
) -> None:
    is_liable = terms != "the platform bears it"
    play = Play(world, is_instructor_liable=is_liable, is_fee_refundable=not is_liable)
    told = Sequence(History(world))
    tale(told, play, by)
    expected: Books | None = None
    for order in permutations(told.history.steps):
        with world.connection.transaction(force_rollback=True):
            books = told.books_after(order)
        expected = expected or books
        assert books == expected, [step.arguments["type"] for step in order]
