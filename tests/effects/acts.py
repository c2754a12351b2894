"""Every door to the money functions, as acts in the scene.

An act is named by the function that it calls, and after that by what it does with it where that can
be several things.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

from psycopg.types.json import Jsonb

from tests.effects.scene import Scene
from tests.factories import (
    MARKETPLACE,
    charge_transaction,
    dispute_object,
    intent_object,
    refund_object,
    transfer_object,
)
from tests.factories.billing_objects import invoice_payment_object
from tests.payments.steps import fail_refund, record_refund
from tests.payouts.paydays import record, worker_of
from tests.payouts.transfers import book as book_transfer
from tests.trips.steps import point

Act = Callable[[Scene], Any]


def ask(by: str, function: str, **arguments: Any) -> Act:
    """Calls a public function as somebody in the scene; texts with a dot name things in it."""

    def asks(scene: Scene) -> None:
        given = {name: look(scene, value) for name, value in arguments.items()}
        scene.world.ask(look(scene, by), f"public.{function}", **given)

    return asks


def look(scene: Scene, value: Any) -> Any:
    """What a path such as scene.ahead.id leads to; other values are themselves."""
    if not isinstance(value, str) or not value.startswith("scene."):
        return value
    found: Any = scene
    for name in value.split(".")[1:]:
        found = found[name] if isinstance(found, dict) else getattr(found, name)
    return found


def booking(by: str, function: str, name: str, **arguments: Any) -> Act:
    return ask(by, function, p_booking_id=f"scene.{name}.id", **arguments)


def decide(function: str, **arguments: Any) -> Act:
    """What an admin does, who gives a reason."""
    return ask("scene.admin", f"admin_{function}", p_reason="Looked into it.", **arguments)


LEARNER, INSTRUCTOR, OWNER = "scene.learner", "scene.instructor.user_id", "scene.owner"


def request(scene: Scene) -> None:
    scene.world.request(scene.learner, scene.instructor, scene.service_id, scene.world.in_days(17))


def request_series(function: str) -> Act:
    """Books the same two lessons, paid at once or later."""

    def requests(scene: Scene) -> None:
        scene.world.ask(
            scene.learner,
            f"public.{function}",
            p_instructor_id=scene.instructor.id,
            p_service_id=scene.service_id,
            p_start_at=scene.world.in_days(18),
            p_occurrences=2,
        )

    return requests


def open_collection(scene: Scene) -> None:
    scene.world.serve(
        "jobs", "private.open_collection", p_booking_id=scene.uncharged.id, p_number=1
    )


def record_collection(scene: Scene) -> None:
    declined = scene.charging.intent(
        "requires_payment_method", last_payment_error={"code": "card_declined"}
    )
    scene.world.serve(
        "jobs",
        "private.record_collection",
        p_booking_id=scene.charging.id,
        p_number=1,
        p_payment_id=scene.charge["payment_id"],
        p_payment_intent=Jsonb(declined),
    )


def import_school(scene: Scene) -> None:
    """A learner, and a lesson of theirs that is paid with the hours they are owed."""
    instructor, title = scene.world.value(
        "select array[instructor_id::text, title] from public.services where id = %s",
        scene.service_id,
    )
    named = {"reference": "1", "learner": "1", "instructor": instructor, "service": title}
    for kind, cells in {
        "learners": {"reference": "1", "name": "Kim"},
        "hours": {**named, "hours": "2"},
        "bookings": {
            **named,
            "start_at": f"{scene.world.in_days(25):%Y-%m-%d %H:%M}+00",
            "payment": "hours",
        },
    }.items():
        (line,) = scene.world.serve(
            "jobs",
            "private.import_lines",
            p_org_id=MARKETPLACE,
            p_kind=kind,
            p_lines=Jsonb([{"line": 2, "cells": cells}]),
        )
        assert line["outcome"] == "imported", line


def move(name: str, by: str = LEARNER) -> Act:
    def moves(scene: Scene) -> None:
        scene.world.ask(
            look(scene, by),
            "public.reschedule_booking",
            p_booking_id=getattr(scene, name).id,
            p_start_at=scene.world.in_days(19),
        )

    return moves


def cancel_day(scene: Scene) -> None:
    scene.world.ask(
        scene.instructor.user_id,
        "public.cancel_day",
        p_instructor_id=scene.instructor.id,
        p_on=scene.ahead.columns["start_at"].date(),
    )


def withdraw(scene: Scene) -> None:
    """From hours of which some are used, some reserved, and some being refunded."""
    scene.world.ask(
        scene.learner,
        "public.withdraw_from_order",
        p_order_id=scene.world.value(
            "select order_id from public.order_items where credit_id = %s", scene.credit.id
        ),
    )


# What Stripe says, by webhooks and by its answers


def hear_of_intent(name: str, status: str = "succeeded") -> Act:
    type = "payment_intent.canceled" if status == "canceled" else "payment_intent.succeeded"
    return lambda scene: scene.world.deliver(
        type, intent_object(getattr(scene, name).payment, status)
    )


def hear_of_refund(name: str) -> Act:
    """Somebody refunds a part in the Dashboard."""
    return lambda scene: scene.world.deliver(
        "refund.updated", refund_object(getattr(scene, name).payment, 700)
    )


def hear_of_dispute(name: str, status: str) -> Act:
    return lambda scene: scene.world.deliver(
        "charge.dispute.updated", dispute_object(getattr(scene, name).payment, status)
    )


def hear_of_reversal(scene: Scene) -> None:
    reversed_whole = transfer_object(scene.payouts["paid"], amount_reversed=4500)
    scene.world.deliver("transfer.reversed", reversed_whole)


def answer_intent(scene: Scene) -> None:
    scene.world.serve(
        "webhook_service",
        "private.record_payment_intent",
        p_payment_id=scene.held.payment["id"],
        p_payment_intent=Jsonb(scene.held.intent("succeeded")),
    )


def answer_dispute(scene: Scene) -> None:
    scene.world.serve(
        "jobs",
        "private.record_dispute",
        p_dispute_id=scene.world.value("select id from public.disputes"),
        p_dispute=Jsonb(dispute_object(scene.disputed.payment, "lost")),
        p_settles_at=scene.world.now(),
    )


def answer_refund(scene: Scene) -> None:
    record_refund(scene.world, scene.waiting_refund, sent_refund(scene))


def sent_refund(scene: Scene) -> dict[str, Any]:
    return refund_object(
        scene.refunded.payment,
        1000,
        id="re_ours",
        created=int(scene.world.now().timestamp()),
        balance_transaction="txn_1",
        metadata={"refund_id": str(scene.waiting_refund)},
    )


def compare_refund(scene: Scene) -> None:
    scene.world.serve(
        "jobs",
        "private.compare_refund",
        p_refund_id=scene.waiting_refund,
        p_made=Jsonb([sent_refund(scene) | {"id": "re_other", "metadata": {}}]),
    )


def learn_fee(scene: Scene) -> None:
    scene.world.settle_funds(scene.also_ahead.payment, scene.world.now(), fee_cents=25)


def learn_fee_of_suspense(scene: Scene) -> None:
    charge = charge_transaction("txn_nobody", "gbp", 5310, 25, scene.world.now())
    scene.world.serve(
        "jobs",
        "private.record_suspense_fee",
        p_suspense_item_id=scene.suspense_id,
        p_balance_transactions=Jsonb([charge]),
    )


def learn_fee_of_invoice(scene: Scene) -> None:
    charge = charge_transaction("txn_invoice", "gbp", 900, 25, scene.world.now())
    scene.world.serve(
        "jobs",
        "private.record_invoice_fee",
        p_invoice_payment_id=scene.world.value("select id from public.invoice_payments"),
        p_balance_transactions=Jsonb([charge]),
    )


def answer_invoice_payment(scene: Scene) -> None:
    """Another payment of the invoice, which Stripe was asked about."""
    scene.world.serve(
        "jobs",
        "private.record_billing_object",
        p_object=Jsonb(invoice_payment_object(id="inpay_two", amount=100)),
        p_settles_at=scene.world.now(),
    )


def hear_of_invoice_refund(scene: Scene) -> None:
    intent = {"id": uuid4(), "stripe_payment_intent_id": "pi_inpay_one", "stripe_charge_id": None}
    said = refund_object({**intent, "currency": "gbp"}, 300)
    assert scene.world.deliver("refund.updated", said) == "processed"


def learn_fees_of_stripe(scene: Scene) -> None:
    fee = {"id": "txn_fee", "currency": "gbp", "net": -30, "created": 1_770_000_000}
    scene.world.serve("jobs", "private.record_stripe_fees", p_balance_transactions=Jsonb([fee]))


def maintain_later(scene: Scene) -> None:
    """A day later, when holds have expired, and authorizations and earnings are due."""
    scene.world.travel(by=timedelta(days=2))
    scene.world.serve("jobs", "private.maintain_organization", p_org_id=MARKETPLACE)


# What is said and recorded of lessons


def record_points(scene: Scene) -> None:
    """Of a lesson that is over, whose trip nobody has finished."""
    scene.world.ask(
        scene.instructor.user_id,
        "public.record_trip_points",
        p_trip_id=scene.trip_id,
        p_points=Jsonb([point(scene.forgotten.columns["start_at"])]),
    )


def assess(scene: Scene) -> None:
    scene.world.ask(
        scene.instructor.user_id,
        "public.assess_skills",
        p_booking_id=scene.forgotten.id,
        p_levels=Jsonb([{"skill_id": str(scene.skill_id), "level": 3}]),
    )


def add_test(scene: Scene) -> None:
    scene.world.ask(
        scene.learner,
        "public.add_test",
        p_learner_id=scene.learner_id,
        p_kind="practical",
        p_start_at=scene.world.in_days(25),
        p_end_at=scene.world.in_days(25, 11),
        p_instructor_id=scene.instructor.id,
    )


def be_busy(scene: Scene) -> None:
    scene.world.ask(
        scene.instructor.user_id,
        "public.add_busy_time",
        p_instructor_id=scene.instructor.id,
        p_start_at=scene.world.in_days(26),
        p_end_at=scene.world.in_days(26, 12),
    )


# Paying instructors


def open_run(scene: Scene) -> None:
    scene.world.serve(
        "jobs",
        "private.open_payout_run",
        p_org_id=MARKETPLACE,
        p_schedule="daily",
        p_period_on=scene.world.now().date(),
    )


def claim(scene: Scene) -> None:
    scene.world.claim_payout(scene.run_id, scene.world.now())


def record_transfer(scene: Scene) -> None:
    record(scene.world, scene.payouts["sending"], transfer_object(scene.payouts["sending"]))


def record_failure(scene: Scene) -> None:
    claimed = scene.payouts["sending"]
    scene.world.serve(
        "jobs",
        "private.record_transfer_failure",
        p_payout_id=claimed["payout_id"],
        p_attempt=claimed["attempt"],
        p_worker_id=worker_of(scene.world, claimed),
        p_outcome="refused",
        p_code="balance_insufficient",
        p_message="No.",
    )


def payout(step: str, name: str) -> Act:
    return lambda scene: scene.decide_payout(step, name)


# Direct edits, which wait for nobody


def edit(name: str, change: str, *, in_studio: bool = False) -> Act:
    """Somebody with the service key, or in Studio, changes a booking's row."""

    def edits(scene: Scene) -> None:
        by = scene.world.acting_as(scene.admin, "service_role")
        with scene.world.in_studio() if in_studio else by:
            if not in_studio:
                scene.world.connection.execute("set local role postgres")
            scene.world.connection.execute(
                f"update public.bookings set {change} where id = %s", [getattr(scene, name).id]
            )

    return edits


EDIT = "a direct edit"
CANCELLED = "status = 'cancelled', cancelled_by = 'system', cancelled_at = private.clock()"

ACTS: dict[str, Act] = {
    "public.add_learner": ask(OWNER, "add_learner", p_org_id=MARKETPLACE, p_full_name="Kim"),
    "public.accept_invitation": ask("scene.newcomer", "accept_invitation", p_token="scene.token"),
    "public.check_discount_code": ask(
        LEARNER, "check_discount_code", p_code="WELCOME", p_service_id="scene.service_id"
    ),
    "public.create_referral_code": ask(LEARNER, "create_referral_code"),
    "public.buy_credits": ask(
        LEARNER, "buy_credits", p_instructor_id="scene.instructor.id", p_hours=2
    ),
    "public.create_booking_with_payment": ask(
        LEARNER,
        "create_booking_with_payment",
        p_learner_user_id=LEARNER,
        p_slot_id="scene.free_slot",
    ),
    "public.create_booking_with_payment with hours": ask(
        LEARNER,
        "create_booking_with_payment",
        p_learner_user_id=LEARNER,
        p_slot_id="scene.free_slot",
        p_use_credits=True,
    ),
    "public.create_booking_with_payment with a code": ask(
        LEARNER,
        "create_booking_with_payment",
        p_learner_user_id=LEARNER,
        p_slot_id="scene.free_slot",
        p_discount_code="WELCOME",
    ),
    "public.create_booking_with_payment in a group": ask(
        LEARNER,
        "create_booking_with_payment",
        p_learner_user_id=LEARNER,
        p_slot_id="scene.group_slot",
    ),
    "public.request_booking": request,
    "public.request_booking_series": request_series("request_booking_series"),
    "public.request_series_paid_later": request_series("request_series_paid_later"),
    "public.confirm_booking": booking(INSTRUCTOR, "confirm_booking", "requested"),
    "public.decline_booking": booking(INSTRUCTOR, "decline_booking", "requested"),
    "public.accept_proposal": booking(LEARNER, "accept_proposal", "proposed"),
    "public.decline_proposal": booking(LEARNER, "decline_proposal", "proposed"),
    "public.record_payment_outside": booking(INSTRUCTOR, "record_payment_outside", "unopened"),
    "public.start_lesson": booking(INSTRUCTOR, "start_lesson", "begun"),
    "public.complete_lesson": booking(LEARNER, "complete_lesson", "begun"),
    "public.complete_lesson of a series": booking(INSTRUCTOR, "complete_lesson", "series"),
    "public.complete_lesson paid with hours": booking(
        INSTRUCTOR, "complete_lesson", "over_by_hours"
    ),
    "public.accept_claim": ask(LEARNER, "accept_claim", p_claim_id="scene.claim_id"),
    "public.contest_claim": ask(LEARNER, "contest_claim", p_claim_id="scene.claim_id"),
    "public.withdraw_claim": ask(INSTRUCTOR, "withdraw_claim", p_claim_id="scene.claim_id"),
    "public.decide_claim": ask(
        "scene.admin",
        "decide_claim",
        p_claim_id="scene.contested_claim_id",
        p_no_show_by="learner",
        p_reason="Looked into it.",
    ),
    "public.reassign_booking": booking(
        OWNER,
        "reassign_booking",
        "ahead",
        p_instructor_id="scene.substitute.id",
        p_service_id="scene.substitute_service",
    ),
    "public.mark_no_show of a learner": booking(
        INSTRUCTOR, "mark_no_show", "begun_too", p_who="learner"
    ),
    "public.mark_no_show of the instructor": booking(
        LEARNER, "mark_no_show", "begun", p_who="instructor"
    ),
    "public.cancel_booking by its learner": booking(LEARNER, "cancel_booking", "ahead"),
    "public.cancel_booking by its instructor": booking(INSTRUCTOR, "cancel_booking", "ahead"),
    "public.cancel_booking paid with hours": booking(LEARNER, "cancel_booking", "by_hours"),
    "public.cancel_booking unpaid": booking(LEARNER, "cancel_booking", "held"),
    "public.cancel_booking authorized": booking(LEARNER, "cancel_booking", "authorized"),
    "public.cancel_booking of a series": booking(LEARNER, "cancel_booking", "series_too"),
    "public.cancel_booking that moves": booking(LEARNER, "cancel_booking", "moving"),
    "public.cancel_booking of a replacement": booking(LEARNER, "cancel_booking", "replacement"),
    "public.cancel_booking of a ward": booking("scene.ward.learner", "cancel_booking", "ward"),
    "public.cancel_series": ask(
        INSTRUCTOR, "cancel_series", p_series_id="scene.series.columns.series_id"
    ),
    "public.cancel_day": cancel_day,
    "public.reschedule_booking": move("ahead"),
    "public.reschedule_booking paid with hours": move("by_hours"),
    "public.reschedule_booking of a series": move("series_too"),
    "public.request_refund": booking(
        LEARNER, "request_refund", "reported", p_amount_cents=500, p_reason="It rained."
    ),
    "public.decide_refund": ask(
        OWNER, "decide_refund", p_refund_id="scene.requested_refund", p_is_granted=True
    ),
    "public.admin_refund": lambda scene: scene.refund(scene.given, 700),
    "public.admin_refund paid with hours": lambda scene: scene.refund(
        scene.given_by_hours, 700, scene.credit
    ),
    "public.admin_refund of a series": lambda scene: scene.refund(scene.series, 700),
    "public.admin_record_refund": decide(
        "record_refund", p_payment_id="scene.given.payment.id", p_amount_cents=700
    ),
    "public.refund_credits": ask(
        LEARNER, "refund_credits", p_credit_id="scene.credit.id", p_minutes=30
    ),
    "public.transfer_credit": ask(
        LEARNER,
        "transfer_credit",
        p_credit_id="scene.credit.id",
        p_instructor_id="scene.debtor.id",
    ),
    "public.withdraw_from_order": withdraw,
    "public.rate_lesson": booking(LEARNER, "rate_lesson", "forgotten", p_rating=5),
    "public.reply_to_review": ask(
        INSTRUCTOR, "reply_to_review", p_rating_id="scene.rating_id", p_reply="Thank you."
    ),
    "public.report_review": ask(
        INSTRUCTOR, "report_review", p_rating_id="scene.rating_id", p_fault="abusive"
    ),
    "public.admin_hide_review": decide(
        "hide_review", p_rating_id="scene.rating_id", p_fault="off_topic"
    ),
    "public.admin_keep_review": decide("keep_review", p_rating_id="scene.hidden_rating_id"),
    "public.write_lesson_notes": booking(
        INSTRUCTOR, "write_lesson_notes", "forgotten", p_notes="Mirrors."
    ),
    "public.assess_skills": assess,
    "public.add_test": add_test,
    "public.record_test_result": ask(
        LEARNER, "record_test_result", p_test_id="scene.test_id", p_outcome="cancelled"
    ),
    "public.start_trip": booking(INSTRUCTOR, "start_trip", "on_the_road"),
    "public.record_trip_points": record_points,
    "public.finish_trip": ask(INSTRUCTOR, "finish_trip", p_trip_id="scene.trip_id"),
    "public.set_trip_consent": ask(
        LEARNER, "set_trip_consent", p_learner_id="scene.learner_id", p_agrees=True
    ),
    "public.add_busy_time": be_busy,
    "public.remove_busy_time": ask(
        INSTRUCTOR, "remove_busy_time", p_busy_time_id="scene.busy_time_id"
    ),
    "public.add_document": ask(
        INSTRUCTOR,
        "add_document",
        p_instructor_id="scene.instructor.id",
        p_kind="insurance",
        p_document_number="INS 1",
    ),
    "public.verify_document": ask(
        OWNER, "verify_document", p_document_id="scene.document_id", p_is_valid=True
    ),
    "public.join_waiting_list": ask(LEARNER, "join_waiting_list", p_service_id="scene.service_id"),
    "public.leave_waiting_list": ask(LEARNER, "leave_waiting_list", p_entry_id="scene.entry_id"),
    "public.create_organization": ask(
        LEARNER,
        "create_organization",
        p_name="Blake Driving School",
        p_time_zone="Europe/London",
        p_currency="gbp",
    ),
    "public.become_instructor": ask(
        LEARNER, "become_instructor", p_display_name="Ben", p_hourly_rate_cents=4500
    ),
    "public.add_member_role": ask(
        OWNER,
        "add_member_role",
        p_org_id=MARKETPLACE,
        p_user_id="scene.instructor.user_id",
        p_role="admin",
    ),
    "public.remove_member_role": ask(
        OWNER,
        "remove_member_role",
        p_org_id=MARKETPLACE,
        p_user_id="scene.learner",
        p_role="learner",
    ),
    "public.offboard_instructor": ask(
        OWNER, "offboard_instructor", p_instructor_id="scene.instructor.id"
    ),
    "public.report_problem": lambda scene: scene.report(scene.just_given),
    "public.admin_resolve_problem": decide(
        "resolve_problem", p_problem_report_id="scene.report_id", p_unfreezes_earning=True
    ),
    "public.admin_resolve_suspense": decide(
        "resolve_suspense", p_suspense_item_id="scene.suspense_id", p_resolution="written_off"
    ),
    "public.admin_resolve_exception": decide(
        "resolve_exception", p_exception_id="scene.exception_id", p_resolution="write_offs"
    ),
    "public.admin_write_off_balance": decide(
        "write_off_balance", p_payee_id="scene.debtor.id", p_currency="gbp"
    ),
    "public.admin_hold_payout": payout("hold", "failed"),
    "public.admin_release_payout": payout("release", "held"),
    "public.admin_cancel_payout": payout("cancel", "failed"),
    "public.admin_adopt_transfer": decide("adopt_transfer", p_stripe_transfer_id="tr_lost"),
    "public.erase_learner": ask(OWNER, "erase_learner", p_learner_id="scene.former_learner_id"),
    "public.erase_instructor": ask(
        OWNER, "erase_instructor", p_instructor_id="scene.former_instructor_id"
    ),
    "public.erase_person": ask(
        "scene.former.learner", "erase_person", p_user_id="scene.former.learner"
    ),
    "private.book_transfer": lambda scene: book_transfer(scene.world, scene.made_transfer),
    "private.claim_payout": claim,
    "private.compare_refund": compare_refund,
    "private.import_lines": import_school,
    "private.maintain_organization": maintain_later,
    "private.open_collection": open_collection,
    "private.open_payment": lambda scene: scene.unopened.open_payment(),
    "private.open_payment of hours": lambda scene: scene.unpaid_credit.open_payment(),
    "private.open_payout_run": open_run,
    "private.receive_stripe_event paid": hear_of_intent("held"),
    "private.receive_stripe_event paid hours": hear_of_intent("unpaid_credit"),
    "private.receive_stripe_event paid for a move": hear_of_intent("replacement"),
    "private.receive_stripe_event paid too late": hear_of_intent("lapsed"),
    "private.receive_stripe_event authorization lost": hear_of_intent("authorized", "canceled"),
    "private.receive_stripe_event refunded": hear_of_refund("ahead"),
    "private.receive_stripe_event refunded after a payout": hear_of_refund("past"),
    "private.receive_stripe_event refunded hours": hear_of_refund("credit"),
    "private.receive_stripe_event refunded of a series": hear_of_refund("series"),
    "private.receive_stripe_event disputed": hear_of_dispute("ahead", "needs_response"),
    "private.receive_stripe_event disputed after a payout": hear_of_dispute(
        "past", "needs_response"
    ),
    "private.receive_stripe_event disputed hours": hear_of_dispute("credit", "needs_response"),
    "private.receive_stripe_event lost": hear_of_dispute("ahead", "lost"),
    "private.receive_stripe_event lost hours": hear_of_dispute("credit", "lost"),
    "private.receive_stripe_event lost of a series": hear_of_dispute("series", "lost"),
    "private.receive_stripe_event won": hear_of_dispute("disputed", "won"),
    "private.receive_stripe_event reversed": hear_of_reversal,
    "private.receive_stripe_event refunded of an invoice": hear_of_invoice_refund,
    "private.record_collection": record_collection,
    "private.record_billing_object": answer_invoice_payment,
    "private.record_dispute": answer_dispute,
    "private.record_invoice_fee": learn_fee_of_invoice,
    "private.record_payment_intent": answer_intent,
    "private.record_processing_fee": learn_fee,
    "private.record_refund": answer_refund,
    "private.record_refund_failure": lambda scene: fail_refund(scene.world, scene.waiting_refund),
    "private.record_stripe_fees": learn_fees_of_stripe,
    "private.record_suspense_fee": learn_fee_of_suspense,
    "private.record_transfer": record_transfer,
    "private.record_transfer_failure": record_failure,
    f"{EDIT} cancels": edit("ahead", CANCELLED),
    f"{EDIT} cancels what is not paid": edit("held", CANCELLED),
    f"{EDIT} cancels what is paid with hours": edit("by_hours", CANCELLED),
    f"{EDIT} completes": edit("begun", "status = 'completed'", in_studio=True),
    f"{EDIT} marks a no-show": edit(
        "begun", "status = 'no_show', no_show_by = 'learner'", in_studio=True
    ),
}
