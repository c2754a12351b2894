"""What was paid, for lessons and subscriptions, in one list."""

from __future__ import annotations

from datetime import timedelta

from tests.billing.conftest import Shop
from tests.model.judge import Play


def test_lessons_and_subscriptions_stand_in_one_list(shop: Shop) -> None:
    world = shop.world
    instructor = world.instructor()
    world.onboard(instructor)
    lesson = world.lesson(instructor)
    shop.subscribe(lesson.learner, shop.plan())
    world.travel(by=timedelta(days=8))
    assert len(world.run_payouts()) == 1
    payout = world.row("select * from public.payouts")
    paid, period = world.rows("select * from public.transactions order by kind")
    payment = lesson.payment
    assert (paid["kind"], paid["status"]) == ("session_payment", "completed")
    assert (paid["amount_cents"], paid["currency"]) == (payment["amount_cents"], "gbp")
    assert paid["platform_fee_cents"] + paid["coach_payout_cents"] == paid["amount_cents"]
    assert (paid["booking_ids"], paid["coach_id"]) == ([lesson.id], instructor.id)
    assert paid["stripe_transfer_ids"] == [payout["stripe_transfer_id"]]
    assert paid["stripe_payment_intent_id"] == payment["stripe_payment_intent_id"]
    assert paid["metadata"] == payment["metadata"]
    assert (period["kind"], period["status"]) == ("subscription_payment", "completed")
    assert (period["amount_cents"], period["payer_id"]) == (900, lesson.learner)
    with world.acting_as(lesson.learner):
        mine = world.rows("select * from public.transactions order by kind")
    assert [each["id"] for each in mine] == [paid["id"], period["id"]]
    assert mine[0]["stripe_transfer_ids"] == []


def test_what_hours_were_paid_with_names_the_transfers_for_their_lessons(shop: Shop) -> None:
    play = Play(shop.world)
    hours = play.hours(2)
    hours.lesson().give()
    shop.world.onboard(play.instructor)
    play.pay_out()
    payout = shop.world.row("select * from public.payouts")
    bought = shop.world.row("select * from public.transactions")
    assert bought["id"] == hours.credit.payment["id"]
    assert bought["stripe_transfer_ids"] == [payout["stripe_transfer_id"]]
