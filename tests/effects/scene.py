"""A marketplace in which everything that moves money can be done at this moment.

One instructor, one payer and mostly one learner: whatever is done meets the same people, payments
and balances.
"""

from __future__ import annotations

from copy import copy
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Self
from uuid import UUID, uuid4

from psycopg.types.json import Jsonb

from tests.cancellations.steps import follow, move, price_on
from tests.discounts.steps import rewarding
from tests.factories import MARKETPLACE, Booking, Credit, World, intent_object, transfer_object
from tests.factories.billing_objects import subscribe
from tests.payouts.paydays import claim, fail, open_run, owe, payable, record
from tests.payouts.transfers import book, made_for


class Scene:
    """What there is, each thing named by what can be done with it."""

    def __init__(self, world: World) -> None:
        self.world = world
        world.connection.execute(
            "update public.organizations set max_open_holds = 50, max_lessons_paid_later = 50"
        )
        rewarding(world)
        self.admin, self.owner = world.admin(), world.member(MARKETPLACE, "owner")
        self.learner = world.person("Ben")
        self.learner_id = world.learner(MARKETPLACE, self.learner, "Ben")
        self.instructor, self.service_id = world.hourly()
        world.connection.execute("update public.instructors set daily_cap = 20")
        world.window(self.instructor, "07:00", "21:00")
        self.approved = world.service(self.instructor, requires_approval=True)
        world.discount_code(code="WELCOME", max_uses_per_learner=9)
        self.prepare_payouts()
        self.prepare_lessons_given()
        self.prepare_lessons_ahead()
        self.prepare_lesson_begun()
        self.prepare_news_of_lessons()
        self.prepare_strangers()
        subscribe(world, self.learner)
        self.prepare_lessons_paid_later()
        self.prepare_refunds()
        world.travel(to=self.begun.columns["start_at"] - timedelta(minutes=5))
        self.prepare_checkouts()
        self.prepare_claims()

    def over(self, world: World) -> Self:
        """The same, over another connection."""
        seen = copy(self)
        for name, thing in vars(self).items():
            if isinstance(thing, Booking | Credit):
                setattr(seen, name, replace(thing, world=world))
        seen.world = world
        return seen

    # How it came to be

    def booked(self, start_at: datetime, service_id: UUID | None = None, **book: Any) -> Booking:
        slot_id = self.world.slot(service_id or self.service_id, start_at)
        booked = self.world.book(self.learner, slot_id, **book)
        return Booking(self.world, booked["booking_id"], self.learner, self.instructor, slot_id)

    def paid(self, start_at: datetime) -> Booking:
        booking = self.booked(start_at)
        assert booking.pay() == "processed"
        return booking

    def prepare_payouts(self) -> None:
        """A payday on which each payout has come to something else."""
        world = self.world
        self.former = world.lesson(self.instructor, price_cents=3000)
        self.former_learner_id = world.learner(MARKETPLACE, None, "Lou")
        self.past = self.paid(world.in_days(1))
        self.past.complete()
        world.onboard(self.instructor)
        self.debtor = world.instructor()
        owe(world, self.debtor, -300)
        payees = {name: payable(world) for name in ("paid", "doubtful", "held", "failed")}
        payees["sending"] = self.instructor
        world.travel(by=timedelta(days=8))
        (due,) = world.serve("jobs", "private.due_payout_runs", p_date=None, p_org_id=None)
        self.run_id = open_run(world, due["period_on"])
        claims = [claim(world, self.run_id) for _ in payees]
        owner = {row["id"]: row["payee_id"] for row in world.rows("select * from public.payouts")}
        self.payouts = {
            name: next(one for one in claims if owner[one["payout_id"]] == payee.id)
            for name, payee in payees.items()
        }
        record(world, self.payouts["paid"], transfer_object(self.payouts["paid"]))
        for name, outcome in (("failed", "refused"), ("held", "refused"), ("doubtful", "unknown")):
            fail(world, self.payouts[name], outcome)
        self.decide_payout("hold", "held")
        world.connection.execute(
            "update public.instructor_details set payout_schedule = 'daily'"
            " where instructor_id = %s",
            [self.instructor.id],
        )
        doubtful = world.row(
            "select * from public.payouts where id = %s", self.payouts["doubtful"]["payout_id"]
        )
        self.lost_transfer = made_for(doubtful, world, id="tr_lost", amount=1)
        assert book(world, self.lost_transfer)[0] == "unbooked"
        self.made_transfer = made_for(doubtful, world)

    def decide_payout(self, step: str, name: str) -> None:
        self.world.call(
            self.admin,
            f"public.admin_{step}_payout",
            p_payout_id=self.payouts[name]["payout_id"],
            p_reason="Looked into it.",
        )

    def prepare_lessons_given(self) -> None:
        """Lessons that were paid by card and have just been given; the earnings are payable."""
        world = self.world
        self.given, self.disputed, self.reported, self.refunded = (
            self.paid(world.in_days(1, hour)) for hour in (8, 10, 12, 14)
        )
        self.credit = world.hours(self.learner, self.instructor, 6)
        self.given_by_hours = self.credit.book(self.service_id, world.in_days(1, 16))
        for lesson in (
            self.given,
            self.disputed,
            self.reported,
            self.refunded,
            self.given_by_hours,
        ):
            lesson.complete()
        self.dispute = world.dispute(self.disputed.payment)
        self.report_id = self.report(self.reported)
        world.travel(by=timedelta(hours=25))
        world.maintain()

    def report(self, lesson: Booking) -> UUID:
        report_id: UUID = self.world.call(
            self.learner,
            "public.report_problem",
            p_booking_id=lesson.id,
            p_description="It lasted half an hour.",
        )
        return report_id

    def prepare_lessons_ahead(self) -> None:
        world = self.world
        self.ahead = self.paid(world.in_days(9))
        self.also_ahead = self.paid(world.in_days(9, 12))
        self.by_hours = self.credit.book(self.service_id, world.in_days(9, 14))
        series = world.ask(
            self.learner,
            "public.request_booking_series",
            p_instructor_id=self.instructor.id,
            p_service_id=self.service_id,
            p_start_at=world.in_days(1, 7),
            p_occurrences=3,
        )
        ids = [one["booking_id"] for one in series]
        self.series, self.series_next, self.series_too = (
            Booking(world, id, self.learner, self.instructor, self.slot_of(id)) for id in ids
        )
        assert self.series.pay() == "processed"
        self.moving = self.paid(world.in_days(11))
        self.free_slot = world.slot(self.service_id, world.in_days(30, 9))

    def slot_of(self, booking_id: UUID) -> UUID:
        slot_id: UUID = self.world.value(
            "select slot_id from public.bookings where id = %s", booking_id
        )
        return slot_id

    def prepare_strangers(self) -> None:
        """What a school does for its learners, and an invitation to one of them."""
        world = self.world
        self.ward_id = world.learner(MARKETPLACE, None, "Mo")
        guardian = world.guardian(self.ward_id, view=True, book=True, pay=True)
        slot_id = world.slot(self.service_id, world.in_days(15, 12))
        booked = world.book(guardian, slot_id, p_learner_id=self.ward_id)
        self.ward = Booking(world, booked["booking_id"], guardian, self.instructor, slot_id)
        assert self.ward.pay() == "processed"
        self.newcomer = world.person("Mo")
        (invited,) = world.ask(
            self.owner,
            "public.invite_member",
            p_org_id=MARKETPLACE,
            p_email=world.email(self.newcomer),
            p_role="learner",
            p_learner_id=self.ward_id,
        )
        self.token = invited["token"]
        slot_id = world.slot(self.service_id, world.in_days(16, 12))
        booked = world.book(
            self.owner, slot_id, p_learner_user_id=None, p_learner_id=self.learner_id
        )
        self.proposed = Booking(world, booked["booking_id"], self.learner, self.instructor, slot_id)
        stranger = {"id": uuid4(), "amount_cents": 5310, "currency": "gbp"}
        world.deliver("payment_intent.succeeded", intent_object(stranger, "succeeded"))
        self.suspense_id = world.value("select id from private.suspense_items")
        self.exception_id = a_missing_fee(world)

    def prepare_refunds(self) -> None:
        """A refund that is asked for, one that is to be sent, and one of hours."""
        world = self.world
        self.requested_refund = world.call(
            self.learner,
            "public.request_refund",
            p_booking_id=self.given.id,
            p_amount_cents=500,
            p_reason="It rained.",
        )
        self.waiting_refund = self.refund(self.refunded, 1000)
        world.ask(self.learner, "public.refund_credits", p_credit_id=self.credit.id, p_minutes=60)

    def refund(self, booking: Booking, cents: int, paid: Credit | None = None) -> UUID:
        refund_id: UUID = self.world.call(
            self.admin,
            "public.admin_refund",
            p_payment_id=(paid or booking).payment["id"],
            p_amount_cents=cents,
            p_reason="It was too short.",
            p_booking_id=booking.id,
        )
        return refund_id

    def prepare_checkouts(self) -> None:
        """Bookings that are not paid yet, or too late."""
        world = self.world
        self.lapsed = self.booked(world.in_days(20, 13))
        self.link(self.lapsed)
        world.travel(by=timedelta(minutes=20))
        world.maintain()
        assert self.lapsed.status == "expired"
        price_on(world, self.moving, world.in_days(13), 6000)
        self.replacement = follow(self.moving, move(world, self.moving, world.in_days(13)))
        self.link(self.replacement)
        self.authorized = self.booked(
            world.in_days(4), world.service(self.instructor, capture_mode="manual")
        )
        world.deliver(
            "payment_intent.amount_capturable_updated", self.authorized.intent("requires_capture")
        )
        world.check_code(self.learner, "WELCOME", self.service_id)
        self.requested = self.booked(world.in_days(21, 13), self.approved)
        self.held = self.booked(world.in_days(22, 13), p_discount_code="WELCOME")
        self.link(self.held)
        self.unopened = self.booked(world.in_days(23, 13))
        self.unpaid_credit = world.buy_hours(self.learner, self.instructor, 2)
        self.unpaid_credit.open_payment()

    def link(self, booking: Booking) -> None:
        self.world.serve(
            "webhook_service",
            "private.record_payment_intent",
            p_payment_id=booking.open_payment()["payment_id"],
            p_payment_intent=Jsonb(booking.intent("requires_payment_method")),
        )

    def prepare_lesson_begun(self) -> None:
        """A lesson of two learners that has begun, and of which nobody has said anything yet."""
        world = self.world
        self.rated, self.hidden, self.forgotten = (
            self.paid(world.in_days(1, hour)) for hour in (1, 2, 3)
        )
        self.just_given = self.paid(world.in_days(1, 6))
        self.claimed, self.contested = (self.paid(world.in_days(1, hour)) for hour in (4, 5))
        self.over_by_hours = self.credit.book(self.service_id, world.in_days(1, 8))
        self.on_the_road = self.paid(world.in_days(1, 9))
        group = world.service(self.instructor, max_participants=3, price_cents=2000)
        self.begun = self.booked(world.in_days(1), group)
        assert self.begun.pay() == "processed"
        friend = world.person("Eve")
        booked = world.book(friend, self.begun.slot_id)
        self.begun_too = Booking(
            world, booked["booking_id"], friend, self.instructor, self.begun.slot_id
        )
        assert self.begun_too.pay() == "processed"
        self.begin_lessons()
        self.just_given.complete()
        self.on_the_road.start()
        self.group_slot = world.slot(group, world.in_days(40))

    def begin_lessons(self) -> None:
        """Three lessons begin that nobody completes; two are rated, and one is on the road."""
        world, teacher = self.world, self.instructor.user_id
        for lesson in (self.rated, self.hidden, self.forgotten):
            lesson.start()
        self.trip_id = world.call(teacher, "public.start_trip", p_booking_id=self.forgotten.id)
        self.rating_id, self.hidden_rating_id = (
            world.call(self.learner, "public.rate_lesson", p_booking_id=lesson.id, p_rating=1)
            for lesson in (self.rated, self.hidden)
        )
        world.call(
            self.admin,
            "public.admin_hide_review",
            p_rating_id=self.hidden_rating_id,
            p_fault="off_topic",
            p_reason="Looked into it.",
        )

    def prepare_news_of_lessons(self) -> None:
        """What is noted of a learner and an instructor beside the money."""
        world = self.world
        self.former_instructor_id = world.managed_instructor(MARKETPLACE)
        self.skill_id = world.insert(
            "public.skills",
            {"org_id": MARKETPLACE, "syllabus": "Driving", "title": "Moving off", "position": 1},
        )
        self.test_id = world.call(
            self.learner,
            "public.add_test",
            p_learner_id=self.learner_id,
            p_kind="practical",
            p_start_at=world.in_days(24),
            p_end_at=world.in_days(24, 11),
        )
        self.busy_time_id = world.call(
            self.instructor.user_id,
            "public.add_busy_time",
            p_instructor_id=self.instructor.id,
            p_start_at=world.in_days(27),
            p_end_at=world.in_days(27, 12),
        )
        self.document_id = world.call(
            self.instructor.user_id,
            "public.add_document",
            p_instructor_id=self.instructor.id,
            p_kind="licence",
            p_document_number="ADI 123456",
        )
        # A lesson at that price is never offered: who offers gives up instead of waiting for long.
        self.entry_id = world.call(
            self.learner,
            "public.join_waiting_list",
            p_service_id=self.service_id,
            p_max_total_cents=1,
        )

    def prepare_lessons_paid_later(self) -> None:
        """Two lessons that are charged to a saved card, one of them just now."""
        world = self.world
        world.connection.execute(
            "update public.payment_methods set is_default = true"
            " where stripe_payment_method_id = 'pm_one'"
        )
        lessons = world.ask(
            self.learner,
            "public.request_series_paid_later",
            p_instructor_id=self.instructor.id,
            p_service_id=self.service_id,
            p_start_at=world.in_days(14, 16),
            p_occurrences=2,
        )
        ids = [one["booking_id"] for one in lessons]
        self.uncharged, self.charging = (
            Booking(world, id, self.learner, self.instructor, self.slot_of(id)) for id in ids
        )
        (self.charge,) = world.serve(
            "jobs", "private.open_collection", p_booking_id=self.charging.id, p_number=1
        )

    def prepare_claims(self) -> None:
        """A claim that the learner did not come, one that is contested, and who can stand in."""
        self.claim_id, self.contested_claim_id = (
            self.world.call(
                self.instructor.user_id,
                "public.mark_no_show",
                p_booking_id=lesson.id,
                p_who="learner",
            )
            for lesson in (self.claimed, self.contested)
        )
        self.world.call(self.learner, "public.contest_claim", p_claim_id=self.contested_claim_id)
        self.substitute, self.substitute_service = self.world.hourly()
        self.world.window(self.substitute, "00:00", "24:00")


def a_missing_fee(world: World) -> UUID:
    """A fee that Stripe took and the ledger lacks; the exception's id."""
    world.connection.execute(
        "insert into private.balance_transactions"
        " (id, type, reporting_category, object_key, is_known_category, balance_type, currency,"
        " amount_cents, fee_cents, net_cents, fee_details, occurred_at, booked_at, available_at)"
        " values ('txn_lost', 'stripe_fee', 'fee', 'txn_lost', true, 'payments', 'gbp',"
        " -50, 0, -50, '[]', private.clock(), private.clock(), private.clock())"
    )
    exception_id: UUID = world.value(
        "insert into private.reconciliation_exceptions"
        " (object_key, currency, reason, stripe_cents, ledger_cents, since)"
        " values ('txn_lost', 'gbp', 'missing_here', -50, 0, private.clock()) returning id"
    )
    return exception_id
