"""Every invariant sees the violation that is planted for it, and names it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from tests.factories import MARKETPLACE, Booking, World
from tools.cluster import ROOT

pytestmark = pytest.mark.slow

ROOM = ROOT / "sql" / "92_invariants"


@pytest.fixture
def world(world: World) -> World:
    """A marketplace in health, with a little of everything: past, present and paid out."""
    instructor = world.instructor(name="Ann")
    world.onboard(instructor)
    returned = world.lesson(instructor)
    world.travel(by=timedelta(days=8))
    assert world.run_payouts()[0]["is_completed"]
    returned.refund(531)
    world.lesson(instructor)
    world.travel(by=timedelta(days=2))
    world.maintain()
    waiting = world.booking(instructor)
    waiting.open_payment()
    expired = world.booking(world.instructor(name="Zoe"))
    world.travel(by=timedelta(hours=1))
    world.maintain()
    assert expired.status == "expired"
    confirmed = world.booking(instructor, start_at=world.in_days(5))
    confirmed.pay()
    in_cash = world.booking(instructor, start_at=world.in_days(6))
    world.call(instructor.user_id, "public.record_payment_outside", p_booking_id=in_cash.id)
    assert world.violations() == []
    return world


@pytest.fixture
def returns(world: World) -> World:
    """The marketplace with hours bought and booked, a code used, a reward and a dispute."""
    instructor, service_id = world.hourly()
    learner, friend = world.person("Ben"), world.person("Cleo")
    world.hours(learner, instructor, 3).book(service_id, world.in_days(10))
    world.discount_code(code="WELCOME")
    world.call(
        world.admin(),
        "public.admin_set_terms",
        p_org_id=MARKETPLACE,
        p_reason="test",
        p_referral_discount_bps=1000,
        p_referral_reward_cents=500,
    )
    (referral,) = world.ask(learner, "public.create_referral_code")
    for person, code, day in ((learner, "WELCOME", 11), (friend, referral["code"], 2)):
        world.check_code(person, code, service_id)
        slot_id = world.slot(service_id, world.in_days(day))
        booked = world.book(person, slot_id, p_discount_code=code)
        booking = Booking(world, booked["booking_id"], person, instructor, slot_id)
        booking.pay()
    booking.complete()
    disputed = world.booking(start_at=world.in_days(12))
    disputed.pay()
    world.dispute(disputed.payment)
    assert world.violations() == []
    return world


def plant(world: World, statement: str) -> None:
    """Changes rows past every trigger and foreign key."""
    with world.connection.transaction():
        world.connection.execute("set local session_replication_role = replica")
        cursor = world.connection.execute(statement)
        while cursor.nextset():
            pass
        assert cursor.rowcount > 0
        world.connection.execute("set local session_replication_role = origin")


def one(table: str, condition: str = "true") -> str:
    return f"id = (select id from {table} where {condition} order by id limit 1)"


def entry(kind: str, of: str = "%") -> str:
    """One ledger entry of an account of this kind, and of a kind of transaction."""
    return (
        "id = (select max(entry.id) from private.ledger_entries entry"
        " join private.ledger_accounts account on account.id = entry.account_id"
        " join private.ledger_transactions posted on posted.id = entry.transaction_id"
        f" where account.kind = '{kind}' and posted.kind like '{of}')"
    )


CONFIRMED = one(
    "public.bookings",
    "status = 'confirmed' and id in (select booking_id from public.payment_items)",
)
COMPLETED = one("public.bookings", "status = 'completed'")
PAID = one("public.payouts")
OPEN_EARNING = one(
    "public.earnings", "kind = 'lesson' and status = 'available' and payout_id is null"
)
UNSENT = (
    "update public.payouts set status = 'sending', leased_until = private.clock(),"
    " stripe_transfer_id = null, paid_at = null"
)

PLANTED = {
    "ledger_transactions_sum_to_zero": [
        f"update private.ledger_entries set amount_cents = amount_cents + 1"
        f" where {entry('platform_fees')}",
        f"delete from private.ledger_entries where {entry('platform_fees')}",
        "delete from private.ledger_entries where transaction_id ="
        " (select max(id) from private.ledger_transactions)",
    ],
    "balances_are_sums_of_entries": [
        "update private.ledger_accounts set balance_cents = balance_cents + 1"
        " where kind = 'instructor_pending'",
    ],
    "frozen_earnings_have_a_cause": [
        f"update public.earnings set status = 'frozen' where {OPEN_EARNING}",
    ],
    "suspense_is_explained": [
        "select private.post_transaction(private.platform_id(), 'x', 'x', null, 'x', 'gbp',"
        " private.clock(), array[row('stripe_balance', null, 5), row('suspense', null, -5)]"
        "::private.posting[])",
    ],
    "subscription_revenue_is_what_was_received": [
        "select private.post_transaction(private.platform_id(), 'x', 'x', null, 'x', 'gbp',"
        " private.clock(), array[row('stripe_balance', null, 5),"
        " row('subscription_revenue', null, -5)]::private.posting[])",
    ],
    "fees_are_invoiced": [
        f"update public.fee_invoices set fee_cents = fee_cents + 1"
        f" where {one('public.fee_invoices')}",
        f"delete from public.fee_invoices where {one('public.fee_invoices')}",
        "delete from private.uninvoiced_fees where entry_id ="
        " (select max(entry_id) from private.uninvoiced_fees)",
    ],
    "invoice_numbers_have_no_gaps": [
        "update private.fee_invoice_series set invoices = invoices + 1",
        "update public.fee_invoices set number = replace(number, '-0', '-9')"
        f" where {one('public.fee_invoices')}",
    ],
    "payments_are_posted_once": [
        "update private.ledger_transactions set idempotency_key = 'gone'"
        " where id = (select max(id) from private.ledger_transactions"
        " where kind = 'payment_succeeded')",
        "update public.payments set status = 'processing', captured_cents = 0"
        f" where {one('public.payments', 'captured_cents > 0')}",
    ],
    "refunds_are_posted_once": [
        "update private.ledger_transactions set idempotency_key = 'gone'"
        " where kind = 'refund_succeeded'",
        "update public.refunds set status = 'failed'",
    ],
    "refunds_are_at_most_what_was_captured": [
        "update public.payments set refunded_cents = refunded_cents + 1"
        f" where {one('public.payments', 'refunded_cents > 0')}",
        "update public.refunds set amount_cents = 5311",
    ],
    "confirmed_bookings_are_paid": [
        "delete from public.payment_items where booking_id ="
        f" (select id from public.bookings where {CONFIRMED})",
    ],
    "payments_are_the_sum_of_their_items": [
        "update public.payments set share_cents = share_cents - 1, fee_cents = fee_cents + 1"
        f" where {one('public.payments', 'captured_cents > 0')}",
    ],
    "what_was_paid_outside_is_recorded": [
        "update public.outside_payments set amount_cents = amount_cents - 1",
        "delete from public.outside_payments",
    ],
    "lessons_paid_later_are_charged": [
        "update public.bookings set status = 'held', hold_expires_at = start_at,"
        f" is_collected_later = true where {CONFIRMED}",
        "update public.bookings set status = 'held', hold_expires_at = start_at,"
        f" is_collected_later = true, collection_tries = 2 where {CONFIRMED}",
    ],
    "what_is_due_is_being_refunded": [
        "update public.order_items set excess_cents = 1 where booking_id ="
        f" (select id from public.bookings where {CONFIRMED})",
    ],
    "cash_is_posted_as_it_moved": [
        f"update private.ledger_entries set amount_cents = amount_cents + 1"
        f" where {entry('stripe_balance', 'payment_succeeded')}",
        f"update private.ledger_entries set amount_cents = amount_cents + 1"
        f" where {entry('stripe_balance', 'refund_succeeded')}",
    ],
    "ended_bookings_have_ended_items": [
        f"update public.bookings set status = 'expired' where {CONFIRMED}",
        "update public.order_items set ending = null where booking_id ="
        f" (select id from public.bookings where {COMPLETED})",
    ],
    "ratings_are_counted": [
        "update public.instructors set rating_count = 3 where"
        f" {one('public.instructors', 'lesson_count > 0')}",
        "update public.instructors set rating = 4.5 where"
        f" {one('public.instructors', 'lesson_count > 0')}",
        f"update public.lessons set rating = 5 where {one('public.lessons')}",
        "insert into public.lesson_ratings"
        " (org_id, lesson_id, instructor_id, learner_id, rating, is_of_paid_lesson)"
        " select org_id, id, instructor_id, learner_id, 5, true from public.lessons",
    ],
    "open_bookings_have_not_ended": [
        "delete from private.open_bookings",
        "update private.open_bookings set end_at = end_at + interval '1 hour'",
        "update private.open_bookings set hold_expires_at = private.clock()",
        "insert into private.open_bookings (org_id, booking_id, end_at)"
        f" select org_id, id, end_at from public.bookings where {COMPLETED}",
        "update public.bookings set status = 'held', hold_expires_at = private.clock()"
        f" where {CONFIRMED}",
    ],
    "seats_are_counted": [
        "update public.bookable_slots set current_bookings = 0 where id ="
        f" (select slot_id from public.bookings where {CONFIRMED})",
        f"update public.bookings set status = 'expired' where {COMPLETED}",
    ],
    "taken_slots_are_in_the_calendar": [
        "delete from private.person_calendar where slot_id ="
        f" (select slot_id from public.bookings where {CONFIRMED})",
        "update private.person_calendar set expires_at = private.clock() where slot_id ="
        f" (select slot_id from public.bookings where {CONFIRMED})",
        "update private.person_calendar set slot_id = (select slot_id from public.bookings"
        " where status = 'expired' limit 1) where slot_id ="
        f" (select slot_id from public.bookings where {CONFIRMED})",
    ],
    "bookings_are_in_the_calendar": [
        "delete from private.person_calendar where booking_id ="
        f" (select id from public.bookings where {CONFIRMED})",
        "update private.person_calendar set expires_at = private.clock() where booking_id ="
        f" (select id from public.bookings where {CONFIRMED})",
        f"update public.bookings set status = 'expired' where {COMPLETED}",
    ],
    "bookings_are_where_their_slots_are": [
        "update public.bookable_slots set start_at = start_at - interval '1 h' where id ="
        f" (select slot_id from public.bookings where {CONFIRMED})",
    ],
    "instructors_are_never_double_booked": [
        "update public.bookable_slots set start_at = moved.start_at, end_at = moved.end_at"
        " from (select start_at + interval '30 min' as start_at, end_at from public.bookings"
        f" where {CONFIRMED}) moved where bookable_slots.id ="
        f" (select slot_id from public.bookings where {COMPLETED})",
    ],
    "learners_are_never_double_booked": [
        "update public.bookings set learner_person_id = other.learner_person_id,"
        " start_at = other.start_at, end_at = other.end_at from public.bookings other"
        f" where bookings.{CONFIRMED} and other.id ="
        f" (select id from public.bookings where {COMPLETED})",
    ],
    "pending_agrees_with_payments_and_earnings": [
        "update public.order_items set share_cents = share_cents - 1, fee_cents = fee_cents + 1"
        f" where booking_id = (select id from public.bookings where {CONFIRMED})",
        f"update public.earnings set status = 'pending' where {OPEN_EARNING}",
    ],
    "ended_items_are_earned": [
        f"delete from public.earnings where {OPEN_EARNING}",
        "update public.order_items set refunded_cents = refunded_cents + 100 where booking_id ="
        f" (select id from public.bookings where {COMPLETED})",
    ],
    "payouts_are_sums_of_their_items": [
        f"update public.payouts set amount_cents = amount_cents + 1 where {PAID}",
        "delete from public.payout_items",
    ],
    "payout_items_are_their_earnings": [
        "update public.earnings set amount_cents = amount_cents + 1 where payout_id is not null",
        "update public.earnings set payout_id = null, status = 'available'"
        " where payout_id is not null",
    ],
    "earnings_are_paid_by_their_payouts": [
        "update public.earnings set status = 'available' where payout_id is not null",
        "update public.earnings set payout_id = (select id from public.payouts limit 1),"
        f" status = 'paid' where {OPEN_EARNING}",
    ],
    "payouts_are_posted_once": [
        "update private.ledger_transactions set idempotency_key = 'gone'"
        " where kind = 'payout_paid'",
        UNSENT,
    ],
    "adopted_transfers_are_posted": [
        "insert into private.unbooked_transfers (org_id, stripe_transfer_id, payout_id, currency,"
        " amount_cents, reversed_cents, destination, cause, transferred_at, adopted_at)"
        " values (private.platform_id(), 'tr_lost', gen_random_uuid(), 'gbp', 1000, 0, 'acct_lost',"
        " 'unknown_transfer', private.clock(), private.clock())",
    ],
    "reversals_are_posted": [
        "update public.payouts set reversed_cents = 1",
    ],
    "earnings_agree_with_the_ledger": [
        f"update public.earnings set amount_cents = amount_cents + 1 where {OPEN_EARNING}",
        f"update public.earnings set payee_id = org_id where {OPEN_EARNING}",
    ],
    "transit_agrees_with_unsettled_payouts": [
        UNSENT,
    ],
    "what_organizations_owe_each_other_sums_to_zero": [
        "update private.ledger_accounts set kind = 'interorganization'"
        f" where kind = 'stripe_balance' and org_id = '{MARKETPLACE}'",
    ],
    "stripe_ids_lead_to_their_rows": [
        "delete from private.stripe_objects where table_name = 'payments'",
        "update private.stripe_objects set row_id = gen_random_uuid() where type = 'transfer'",
    ],
    "received_events_are_processed": [
        "update private.webhook_events set status = 'received', processed_at = null,"
        " received_at = received_at - interval '2 min'",
    ],
    "leases_end": [
        "update private.outbox set leased_by = gen_random_uuid(),"
        " leased_until = private.clock() - interval '25 h'",
    ],
    "rows_are_audited": [
        f"delete from public.audit_logs where entity_type = '{entity}' and action = 'insert'"
        for entity in ("bookings", "payments", "refunds", "earnings", "payouts")
    ],
}

PLANTED_IN_RETURNS = {
    "minutes_are_sums_of_their_entries": [
        "update public.learner_credits set minutes_used = minutes_used + 15",
        "delete from public.credit_entries where kind = 'reserve'",
    ],
    "minutes_are_reserved_for_lessons_ahead": [
        "update public.bookings set status = 'expired' where credit_applied_cents > 0",
        "delete from public.credit_entries where kind = 'reserve'",
    ],
    "prepaid_money_is_that_of_unused_minutes": [
        "update public.learner_credits set instructor_share_cents = instructor_share_cents - 60,"
        " platform_fee_cents = platform_fee_cents + 60",
        f"update private.ledger_entries set amount_cents = amount_cents + 1"
        f" where {entry('learner_prepaid')}",
        "update public.learner_credits set minutes_used = minutes_used + 15",
    ],
    "uses_are_counted": [
        "update public.discount_codes set uses_count = 0",
        "update public.code_redemptions set status = 'released' where kind = 'discount'",
    ],
    "discounts_have_their_redemption": [
        "delete from public.code_redemptions where kind = 'discount'",
    ],
    "rewards_agree_with_the_ledger": [
        "update public.referral_rewards set clawed_back_cents = 1",
        "update private.ledger_accounts set balance_cents = balance_cents - 1"
        " where kind = 'learner_rewards'",
    ],
    "claims_are_those_of_open_disputes": [
        "update public.disputes set withdrawn_cents = withdrawn_cents - 1",
        "update public.disputes set status = 'lost', closed_at = private.clock()",
        f"update private.ledger_entries set amount_cents = amount_cents - 1"
        f" where {entry('dispute_receivable')}",
    ],
    "losses_are_those_of_disputes": [
        "update public.order_items set lost_cents = 1",
        "insert into private.return_items (org_id, item_id, payment_id, dispute_id, kind,"
        " amount_cents) select part.org_id, part.item_id, part.payment_id, dispute.id, 'lost', 1"
        " from public.disputes dispute"
        " join public.payment_items part on part.payment_id = dispute.payment_id",
    ],
    "only_lost_disputes_cost_anything": [
        "update public.disputes set lost_cents = 1",
        "update public.disputes set status = 'lost', closed_at = private.clock(),"
        " lost_cents = withdrawn_cents + 1",
    ],
}


def each(planted: dict[str, list[str]]) -> pytest.MarkDecorator:
    pairs = [(invariant, each) for invariant, several in planted.items() for each in several]
    return pytest.mark.parametrize(("invariant", "statement"), pairs)


@each(PLANTED)
def test_a_planted_violation_is_named(world: World, invariant: str, statement: str) -> None:
    assert_named(world, invariant, statement)


@each(PLANTED_IN_RETURNS)
def test_a_violation_planted_in_returns_is_named(
    returns: World, invariant: str, statement: str
) -> None:
    assert_named(returns, invariant, statement)


def assert_named(world: World, invariant: str, statement: str) -> None:
    with world.connection.transaction(force_rollback=True):
        plant(world, statement)
        found = world.violations()
    assert invariant in {violation["invariant"] for violation in found}
    assert all(violation["detail"] for violation in found)


def test_old_months_of_the_audit_log_may_be_taken_out(world: World) -> None:
    """What is newer than the log's oldest entry is judged all the same."""
    month = f"private.audit_logs_{world.now():%Y_%m}"
    world.travel(by=timedelta(days=40))
    world.maintain()
    newer = world.booking(world.instructor(name="Eve"))
    world.rows(f"alter table public.audit_logs detach partition {month}")
    assert world.count("public.audit_logs") > 0
    assert world.violations() == []

    with world.connection.transaction(force_rollback=True):
        plant(world, f"delete from public.audit_logs where entity_id = '{newer.id}'")
        (found,) = world.violations()
    assert found["detail"] == {"entity_type": "bookings", "entity_id": str(newer.id)}


def test_every_invariant_has_a_violation_planted() -> None:
    assert invariants() == {*PLANTED, *PLANTED_IN_RETURNS}


def test_every_invariant_is_checked_under_its_name() -> None:
    checked = re.findall(
        r"select '(\w+)', violation.detail from private.(\w+) violation",
        (ROOM / "85_check.sql").read_text(),
    )
    assert len(checked) == len(invariants())
    assert {(name, name) for name in invariants()} == set(checked)


def test_an_invariant_is_a_file_that_bears_its_name() -> None:
    for path in ROOM.glob("*.sql"):
        views = re.findall(r"^create view private\.(\w+)", path.read_text(), re.MULTILINE)
        assert views in ([], [path.stem[3:]])


def invariants() -> set[str]:
    """The names of the views in the room."""
    text = "".join(path.read_text() for path in ROOM.glob("*.sql"))
    return set(re.findall(r"^create view private\.(\w+)", text, re.MULTILINE))
