"""Defects that somebody might bring into the money functions: the judge has to notice each.

Each is a change of a line or two of sql/. A text that is not in its file any more fails the test,
so that the list keeps to the code.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Defect:
    """A change of a file below sql/, and the sequence that is likely to notice it."""

    name: str
    file: str
    old: str
    new: str
    noticed_by: str


BOOKS = "48_orders/40_books.sql"
PARTS = "45_credits/70_parts.sql"
RETURNED = "48_orders/60_discount.sql"
EARN = "70_earnings/20_accrue.sql"
FREEZE = "70_earnings/40_freeze.sql"
OUTCOME = "64_cancellations/20_outcome.sql"
SUCCESS = "60_payments/23_success.sql"
POST_REFUND = "60_payments/42_post_refund.sql"
ALLOCATE_REFUND = "60_payments/43_allocate_refund.sql"
ALLOCATE_LOSS = "62_disputes/31_allocate_loss.sql"
WRITE_OFF = "62_disputes/30_write_off.sql"
REFUND_HOURS = "64_cancellations/53_refund_credits.sql"

DEFECTS = [
    # Rounding, and parts of a whole
    Defect(
        "Parts are rounded down",
        "00_foundation/70_values.sql",
        "(2 * p_cents * p_part + p_whole) / (2 * p_whole)",
        "p_cents * p_part / p_whole",
        "test_row_22_refunded_then_cancelled",
    ),
    Defect(
        "Parts of a lot are rounded one by one",
        PARTS,
        "private.prorate(p_credit.platform_fee_cents, p_to_minutes, p_credit.minutes_purchased)\n"
        "        - private.prorate(p_credit.platform_fee_cents, p_from_minutes,"
        " p_credit.minutes_purchased)",
        "private.prorate(p_credit.platform_fee_cents, p_to_minutes - p_from_minutes,"
        " p_credit.minutes_purchased)",
        "test_some_minutes_are_refunded_where_the_fee_is_kept",
    ),
    Defect(
        "The minutes that come back are taken for the next ones",
        PARTS,
        "private.credit_part_between(p_credit, gone.minutes - p_minutes, gone.minutes)",
        "private.credit_part_between(p_credit, gone.minutes, gone.minutes + p_minutes)",
        "test_a_part_is_refunded_before_the_instructor_cancels",
    ),
    Defect(
        "Minutes that a cancellation owes are rounded down",
        "48_orders/50_end.sql",
        "(greatest(p_cents, 0) * prepaid.minutes + private.prepaid_cents(p_item) - 1)",
        "(greatest(p_cents, 0) * prepaid.minutes)",
        "test_a_part_is_refunded_before_the_instructor_cancels",
    ),
    # Who is entitled to what
    Defect(
        "The instructor keeps the share of a lesson that somebody else's fault ended",
        BOOKS,
        "when 'fault' then 0\n",
        "when 'fault' then paid.share_cents\n",
        "test_row_07_a_lesson_is_called_off_after_its_dispute_was_lost",
    ),
    Defect(
        "A learner who does not come pays the share in full, paid for or not",
        BOOKS,
        "when 'missed' then paid.share_cents",
        "when 'missed' then p_item.share_cents",
        "test_row_24_the_learner_does_not_come_to_a_lesson_paid_below_its_share",
    ),
    Defect(
        "What is kept of a late cancellation is the refunded fraction's share",
        BOOKS,
        "paid.share_cents - private.prorate(paid.share_cents, p_item.refund_bps, 10000)",
        "private.prorate(paid.share_cents, 10000 - p_item.refund_bps / 2, 10000)",
        "test_a_part_is_lost_before_a_late_cancellation",
    ),
    Defect(
        "The instructor has the larger of two bounds",
        BOOKS,
        "books.share_cents := least(private.keepable_cents(part), untaken_cents);",
        "books.share_cents := greatest(private.keepable_cents(part), untaken_cents);",
        "test_half_of_a_discounted_lesson_is_refunded",
    ),
    Defect(
        "A refund of all leaves the cents that rounding kept",
        BOOKS,
        "when p_back_cents >= p_item.total_cents then p_item.share_cents",
        "when p_back_cents > p_item.total_cents then p_item.share_cents",
        "test_all_of_a_lesson_paid_below_its_share_is_refunded",
    ),
    Defect(
        "Refunds take the share in proportion although the fee is not refundable",
        BOOKS,
        "else least(p_back_cents, p_item.share_cents, p_item.total_cents)",
        "else private.prorate(p_item.share_cents, p_back_cents, p_item.total_cents)",
        "test_two_refunds_and_a_loss_in_any_order",
    ),
    Defect(
        "A fault owes what a dispute has taken already",
        BOOKS,
        "p_item.total_cents - p_item.refunded_cents - p_item.restored_cents - p_item.lost_cents, 0",
        "p_item.total_cents - p_item.refunded_cents - p_item.restored_cents, 0",
        "test_row_07_a_lesson_is_called_off_after_its_dispute_was_lost",
    ),
    Defect(
        "The instructor bears a lost dispute whoever is liable",
        ALLOCATE_LOSS,
        "and p_dispute.liability = 'instructor' then p_cents",
        "then p_cents",
        "test_a_dispute_over_a_given_lesson_is_lost",
    ),
    Defect(
        "The instructor bears no lost dispute",
        ALLOCATE_LOSS,
        "and p_dispute.liability = 'instructor' then p_cents",
        "and false then p_cents",
        "test_a_dispute_over_a_given_lesson_is_lost",
    ),
    # Paid outside
    Defect(
        "What a cancellation gives back takes nothing of the fee of a lesson paid outside",
        BOOKS,
        "books.share_cents := -books.fee_cents;",
        "books.share_cents := -p_item.fee_cents;",
        "test_a_lesson_paid_outside_ends",
    ),
    Defect(
        "The share of a lesson paid outside is earned again",
        BOOKS,
        "    if p_item.is_paid_outside then\n"
        "        return private.outside_books(p_item);\n    end if;\n",
        "",
        "test_a_lesson_paid_outside_ends",
    ),
    Defect(
        "A cheaper time of a lesson paid outside is refunded",
        "48_orders/51_move.sql",
        "when is_paid and not is_paid_outside then",
        "when is_paid then",
        "test_a_lesson_paid_outside_moves_to_a_time_of_another_price",
    ),
    # The ledger
    Defect(
        "The fee is posted with the wrong sign",
        BOOKS,
        "row('platform_fees', null, before.fee_cents - after.fee_cents)",
        "row('platform_fees', null, after.fee_cents - before.fee_cents)",
        "test_a_lesson_is_given",
    ),
    Defect(
        "A loss is posted to suspense",
        BOOKS,
        "row('dispute_losses', null, after.loss_cents - before.loss_cents)",
        "row('suspense', null, after.loss_cents - before.loss_cents)",
        "test_a_dispute_over_a_given_lesson_is_lost",
    ),
    Defect(
        "The fee of hours is income when they are bought",
        BOOKS,
        "row('deferred_fees', null, p_sign * p_part.fee_cents)",
        "row('platform_fees', null, p_sign * p_part.fee_cents)",
        "test_a_lesson_is_given",
    ),
    Defect(
        "A refund that failed stays posted",
        POST_REFUND,
        "|| private.refund_cash(p_refund, -1)",
        "|| private.refund_cash(p_refund, 1)",
        "test_row_16_a_refund_fails_after_its_code_was_free_again",
    ),
    Defect(
        "A free lesson is never paid to its instructor",
        "48_orders/50_end.sql",
        "perform private.post_item(before, item, 'free_item_paid', '{}');",
        "",
        "test_a_free_lesson_is_given",
    ),
    # Cancellations and refunds
    Defect(
        "A cancellation forgets what was refunded before",
        OUTCOME,
        "- credit_cents - item.refunded_cents - item.lost_cents"
        " - private.waiting_refund_cents(item.id, true),\n            0\n        )\n    end;\n"
        "    outcome.cancellation_refund_cents",
        "- credit_cents - item.lost_cents,\n            0\n        )\n    end;\n"
        "    outcome.cancellation_refund_cents",
        "test_row_22_refunded_then_cancelled",
    ),
    Defect(
        "A cancellation gives a fee back that is not refundable",
        OUTCOME,
        "case when item.is_fee_refundable or private.makes_whole(outcome.ending)",
        "case when true",
        "test_a_discounted_lesson_is_cancelled_late",
    ),
    Defect(
        "The platform keeps a fee that is not refundable whoever is at fault",
        OUTCOME,
        "case when item.is_fee_refundable or private.makes_whole(outcome.ending)",
        "case when item.is_fee_refundable",
        "test_row_18_the_fee_comes_back_when_it_is_the_instructors_fault",
    ),
    Defect(
        "What a cheaper time costs less is not owed",
        "48_orders/51_move.sql",
        "then excess_cents + overpaid_cents",
        "then excess_cents",
        "test_a_lesson_moves_to_a_time_of_another_price",
    ),
    Defect(
        "A refund of hours gives a fee back that is not refundable",
        REFUND_HOURS,
        "is_whole constant boolean := p_credit.is_fee_refundable or p_is_fault;",
        "is_whole constant boolean := true;",
        "test_some_minutes_are_refunded_where_the_fee_is_kept",
    ),
    Defect(
        "A refund in the Dashboard ignores the lesson that it names",
        ALLOCATE_REFUND,
        "named_id constant uuid := private.uuid_or_null(p_refund.metadata ->> 'booking_id');",
        "named_id constant uuid := null;",
        "test_row_04_a_lesson_paid_with_hours_is_refunded_in_the_dashboard",
    ),
    Defect(
        "A second payment for the same lesson is kept",
        SUCCESS,
        "excess_cents = new_excess_cents + shortfall_cents,",
        "excess_cents = before.excess_cents,",
        "test_a_lesson_moves_to_a_time_of_another_price",
    ),
    # Disputes
    Defect(
        "A dispute that is won after all stays lost",
        WRITE_OFF,
        "if allocated_cents > claim_cents then",
        "if false then",
        "test_a_dispute_over_a_lesson_is_lost_and_won_after_all",
    ),
    Defect(
        "A lost dispute over a series falls on the first lesson ahead",
        ALLOCATE_LOSS,
        "order by paid.start_at desc, paid.item_id",
        "order by paid.start_at, paid.item_id",
        "test_a_part_of_the_hours_is_lost_and_falls_on_the_latest_lesson_ahead",
    ),
    # Earnings and payouts
    Defect(
        "What was earned before is earned again",
        EARN,
        "(private.item_books(item)).share_cents - coalesce(sum(earned.amount_cents), 0)::bigint",
        "(private.item_books(item)).share_cents",
        "test_half_of_a_discounted_lesson_is_refunded",
    ),
    Defect(
        "The hold counts from the completion, however early",
        EARN,
        "greatest(booking.end_at, private.clock())",
        "private.clock()",
        "test_row_20_a_lesson_is_completed_a_second_after_its_start",
    ),
    Defect(
        "An earning waits for no complaint",
        FREEZE,
        "and (report.resolved_at is null or report.awaits_refund)",
        "and report.awaits_refund",
        "test_a_dispute_that_is_won_does_not_thaw_what_was_reported",
    ),
    Defect(
        "An earning waits for no dispute",
        FREEZE,
        ") or private.is_earning_disputed(p_earning);",
        ");",
        "test_a_dispute_over_a_lesson_is_open_and_won",
    ),
    # Codes and rewards
    Defect(
        "Rewards come back in full with any refund",
        RETURNED,
        "private.prorate(p_item.discount_cents, least(private.returned_cents(p_item),"
        " p_item.total_cents), p_item.total_cents)",
        "p_item.discount_cents",
        "test_row_15_half_of_a_lesson_paid_with_rewards_is_refunded",
    ),
    Defect(
        "A code stays used although all was refunded",
        RETURNED,
        "else private.returned_cents(p_item) >= p_item.total_cents",
        "else false",
        "test_a_code_is_free_again_when_all_is_refunded",
    ),
    Defect(
        "A reward is not clawed back",
        "66_rewards/30_claw_back.sql",
        "item.total_cents - private.unreturned_cents(item), item.total_cents",
        "0, item.total_cents",
        "test_a_reward_is_clawed_back_when_its_lesson_is_refunded",
    ),
    Defect(
        "A reward exceeds what the platform earned",
        "66_rewards/20_grant.sql",
        "least(code.reward_cents, books.fee_cents - books.discount_cents)",
        "code.reward_cents",
        "test_a_reward_is_at_most_what_the_platform_earned",
    ),
    Defect(
        "Rewards are spent without being taken away",
        "35_discounts/50_redeem.sql",
        "if redemption.kind = 'reward' and p_status = 'redeemed' then",
        "if false then",
        "test_a_reward_is_earned_and_spent",
    ),
]
