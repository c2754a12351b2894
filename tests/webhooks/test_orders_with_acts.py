"""People and paydays come between Stripe's events, at any moment: the books end the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import permutations

import pytest
from psycopg.rows import DictRow

from tests.factories import MARKETPLACE, Booking, World, intent_object, refund_object
from tests.model.judge import Play
from tests.payouts.paydays import claim, fail, open_run
from tests.webhooks.history import History, Step, play
from tests.webhooks.test_orders import Books, Sequence

pytestmark = pytest.mark.slow

HOUR, WEEK = timedelta(hours=1), timedelta(weeks=1)

Act = Callable[[], object]


@dataclass
class Scene:
    """A tale's events and acts, which come in any order, and what is done in the end."""

    play: Play
    told: Sequence
    acts: list[Act] = field(default_factory=list)
    afterwards: list[Act] = field(default_factory=list)

    @property
    def world(self) -> World:
        return self.play.world

    def books_after(self, order: tuple[Step | Act, ...]) -> Books:
        """What Stripe is asked depends on what is known by then; what comes of it does not."""
        for one in order:
            if isinstance(one, Step):
                play(self.world, [one])
            else:
                one()
        for act in self.afterwards:
            act()
        return [row for row in self.told.books_after(()) if row[0] != "command"]

    def tell_of_our_refund(self, payment: DictRow) -> None:
        """The refund that waits is made at Stripe: it is pending there, and succeeds."""
        row = self.world.row("select id, amount_cents from public.refunds")
        named = {"metadata": {"refund_id": str(row["id"])}, "id": f"re_{row['id'].hex}"}
        made = refund_object(payment, row["amount_cents"], "pending", **named)
        self.told.tell("refund.created", made, 0)
        self.told.tell("refund.updated", made | {"status": "succeeded"}, 1)


def offboard(scene: Scene) -> None:
    owner = scene.world.member(MARKETPLACE, "owner")
    scene.world.ask(owner, "public.offboard_instructor", p_instructor_id=scene.play.instructor.id)


def the_instructor_leaves_while_a_lesson_is_paid(scene: Scene) -> None:
    booking = scene.play.hold().booking
    booking.open_payment()
    scene.told.tell("payment_intent.processing", booking.intent("processing"), 0)
    scene.told.tell("payment_intent.succeeded", booking.intent(), 1)
    scene.acts.append(lambda: offboard(scene))


def the_instructor_leaves_while_hours_are_paid(scene: Scene) -> None:
    credit = scene.play.buy(2).credit
    credit.open_payment()
    scene.told.tell("payment_intent.processing", intent_object(credit.payment, "processing"), 0)
    scene.told.tell("payment_intent.succeeded", intent_object(credit.payment, "succeeded"), 1)
    scene.acts.append(lambda: offboard(scene))


def the_instructor_leaves_amid_a_dispute_over(by: str) -> Callable[[Scene], None]:
    def tale(scene: Scene) -> None:
        lesson = scene.play.sell(by)
        scene.told.dispute(lesson.payment, "needs_response", "under_review", "won")
        scene.acts.append(lambda: offboard(scene))
        scene.afterwards.append(scene.world.maintain)

    return tale


def a_transfer_fails_amid_a_dispute_over(by: str) -> Callable[[Scene], None]:
    """The payout was claimed before; its failure and the dispute are heard of in any order."""

    def tale(scene: Scene) -> None:
        world = scene.world
        world.onboard(scene.play.instructor)
        lesson = scene.play.sell(by)
        lesson.give()
        world.travel(by=WEEK)
        world.maintain()
        (due,) = world.serve("jobs", "private.due_payout_runs", p_date=None, p_org_id=None)
        claimed = claim(world, open_run(world, due["period_on"]))
        scene.acts.append(lambda: fail(world, claimed, "not_sent"))
        scene.told.dispute(lesson.payment, "needs_response", "under_review")
        scene.afterwards += [lambda: world.travel(by=HOUR), world.run_payouts]
        scene.afterwards.append(lambda: nobody_is_paid(world))

    return tale


def nobody_is_paid(world: World) -> None:
    assert world.rows("select id from public.payouts where status = 'paid'") == []


def an_earning_is_refunded_whole_before_payday(scene: Scene) -> None:
    world = scene.world
    world.onboard(scene.play.instructor)
    lesson = scene.play.lesson()
    lesson.give()
    scene.told.dispute(lesson.payment, "needs_response", "won")
    refunded = refund_object(lesson.payment, 5310, "pending", id="re_dashboard")
    scene.told.tell("refund.created", refunded, 2)
    scene.told.tell("refund.updated", refunded | {"status": "succeeded"}, 3)
    scene.acts.append(lambda: (world.travel(by=3 * HOUR * 24), world.maintain()))
    scene.afterwards += [lambda: world.travel(by=WEEK), world.run_payouts]
    scene.afterwards.append(lambda: nobody_is_paid(world))


def hours_that_expire_are_refunded_and_disputed(scene: Scene) -> None:
    hours = scene.play.hours(3)
    hours.lesson().give()
    hours.expire()
    scene.tell_of_our_refund(hours.credit.payment)
    scene.told.dispute(hours.credit.payment, "needs_response", "lost", amount=1000)


def minutes_that_come_back_to_expired_hours_are_refunded(scene: Scene) -> None:
    world = scene.world
    hours = scene.play.hours(1)
    world.travel(to=hours.credit.columns["expires_at"] - HOUR)
    lesson = hours.lesson(world.in_days(3))
    world.travel(to=hours.credit.columns["expires_at"] + HOUR)
    made = refund_object(hours.credit.payment, 2655, "pending", id="re_dashboard")
    scene.told.tell("refund.created", made, 0)
    scene.told.tell("refund.updated", made | {"status": "succeeded"}, 1)
    scene.told.dispute(hours.credit.payment, "needs_response", "won")
    lesson.cancel_by_instructor()


def a_series_is_refunded_and_disputed(scene: Scene) -> None:
    """One payment of three lessons: one is given, one refunded, and a part of all is lost."""
    world, owner = scene.world, scene.play
    world.window(owner.instructor)
    booked = world.ask(
        owner.learner,
        "public.request_booking_series",
        p_instructor_id=owner.instructor.id,
        p_service_id=owner.service_id,
        p_start_at=world.in_days(3),
        p_occurrences=3,
    )
    first, second, _ = (
        Booking(world, one["booking_id"], owner.learner, owner.instructor, owner.service_id)
        for one in booked
    )
    assert first.pay() == "processed"
    first.complete()
    for number, (lesson, cents) in enumerate([(first, 1000), (second, 5310)]):
        named = {"booking_id": str(lesson.id)}
        made = refund_object(first.payment, cents, id=f"re_{number}", metadata=named)
        scene.told.tell("refund.updated", made, number)
    scene.told.dispute(first.payment, "needs_response", "lost", amount=3000)


TALES: dict[str, Callable[[Scene], None]] = {
    "the instructor leaves while a lesson is paid": the_instructor_leaves_while_a_lesson_is_paid,
    "the instructor leaves while hours are paid": the_instructor_leaves_while_hours_are_paid,
    "the instructor leaves amid a dispute": the_instructor_leaves_amid_a_dispute_over("card"),
    "the instructor leaves amid one over hours": the_instructor_leaves_amid_a_dispute_over("hours"),
    "a transfer fails amid a dispute": a_transfer_fails_amid_a_dispute_over("card"),
    "a transfer fails amid a dispute over hours": a_transfer_fails_amid_a_dispute_over("hours"),
    "an earning is refunded whole before payday": an_earning_is_refunded_whole_before_payday,
    "hours that expire are refunded and disputed": hours_that_expire_are_refunded_and_disputed,
    "minutes come back expired": minutes_that_come_back_to_expired_hours_are_refunded,
    "a series is refunded and disputed": a_series_is_refunded_and_disputed,
}


@pytest.mark.parametrize("name", TALES)
def test_every_order_of_events_and_acts_ends_in_the_same_books(world: World, name: str) -> None:
    scene = Scene(Play(world, credit_validity_months=1), Sequence(History(world)))
    TALES[name](scene)
    expected: Books | None = None
    happenings: list[Step | Act] = [*scene.told.history.steps, *scene.acts]
    for order in permutations(happenings):
        with world.connection.transaction(force_rollback=True):
            books = scene.books_after(order)
        expected = expected or books
        assert books == expected, [
            one.arguments["type"] if isinstance(one, Step) else "act" for one in order
        ]
