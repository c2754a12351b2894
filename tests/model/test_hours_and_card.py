"""A lesson that hours pay in part, and a card for the rest: each comes back as what it was."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from itertools import permutations

import pytest

from tests.cancellations.steps import follow, move, price_on, refunds
from tests.factories import MARKETPLACE, World
from tests.model.judge import Hours, Lesson, Play

# Every way that hours and a card pay for one lesson, times what becomes of it: most of a minute.
pytestmark = pytest.mark.slow

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WHO_BEARS_A_LOSS = pytest.mark.parametrize("is_liable", [False, True])


@pytest.fixture(params=["on_top", "included"])
def play(world: World, request: pytest.FixtureRequest) -> Play:
    return Play(world, fee_mode=request.param)


def held(play: Play) -> tuple[Hours, Lesson]:
    """An hour that was bought, and a lesson of 90 minutes whose other half hour is to be paid."""
    hours = play.hours(1)
    return hours, hours.mixed()


def paid(play: Play) -> tuple[Hours, Lesson]:
    hours, lesson = held(play)
    play.pay(lesson)
    return hours, lesson


# Before it is paid


def test_a_card_pays_what_the_hours_do_not(world: World) -> None:
    play = Play(world)
    _, lesson = held(play)
    row = lesson.booking.columns
    assert (row["status"], row["credit_minutes"], row["due_cents"]) == ("held", 60, 2655)
    assert (row["total_cents"], row["credit_applied_cents"]) == (7965, 5310)
    play.agrees()
    play.pay(lesson)
    assert lesson.booking.status == "confirmed"
    assert lesson.payment["amount_cents"] == 2655
    play.agrees()


@pytest.mark.parametrize("how", ["expires", "cancelled", "expires and is paid late"])
def test_minutes_come_back_if_the_rest_is_not_paid(play: Play, how: str) -> None:
    hours, lesson = held(play)
    if how != "cancelled":
        lesson.booking.open_payment()
        play.world.travel(by=HOUR)
        play.world.maintain()
    else:
        play.world.cancel(lesson.booking.learner, lesson.booking.id)
    lesson.fall_through()
    play.agrees()
    assert hours.lot.left == 60
    if how == "expires and is paid late":
        play.pay(lesson)
        play.agrees()
        assert lesson.booking.status == "expired"


def test_a_request_that_is_declined_gives_the_minutes_back(world: World) -> None:
    play = Play(world)
    world.connection.execute("update public.services set requires_approval = true")
    _, lesson = held(play)
    assert lesson.booking.status == "requested"
    world.call(play.instructor.user_id, "public.decline_booking", p_booking_id=lesson.booking.id)
    lesson.fall_through()
    play.agrees()


def test_what_hours_leave_to_pay_is_never_only_authorized(world: World) -> None:
    play = Play(world)
    world.connection.execute("update public.services set capture_mode = 'manual'")
    _, lesson = paid(play)
    assert lesson.payment["capture_method"] == "automatic"
    play.agrees()


def test_without_a_card_for_the_rest_too_few_hours_are_refused(world: World) -> None:
    play = Play(world)
    play.hours(1)
    slot = world.slot(play.long_service_id)
    with world.unchanged(), world.refusing("PT409", "insufficient_credit"):
        world.book(play.learner, slot, p_use_credits=True)


def test_without_any_hours_the_card_pays_everything(world: World) -> None:
    play = Play(world)
    slot = world.slot(play.long_service_id)
    booked = world.book(play.learner, slot, p_use_credits=True, p_pay_rest_by_card=True)
    assert booked["amount_cents"] == 7965


def test_with_enough_hours_no_card_is_needed(world: World) -> None:
    play = Play(world)
    play.hours(2)
    slot = world.slot(play.long_service_id)
    booked = world.book(play.learner, slot, p_use_credits=True, p_pay_rest_by_card=True)
    assert booked["amount_cents"] == 0


def test_a_rest_below_what_stripe_charges_is_refused(world: World) -> None:
    play = Play(world)
    world.hours(play.learner, play.instructor, Decimal("1.25"))
    world.connection.execute("update public.instructors set hourly_rate_cents = 80")
    slot = world.slot(play.long_service_id)
    with world.unchanged(), world.refusing("PT422", "amount_too_small"):
        world.book(play.learner, slot, p_use_credits=True, p_pay_rest_by_card=True)
    with world.refusing("PT422", "amount_too_small"):
        quoted(play)


def test_a_rest_that_is_free_is_confirmed_at_once(world: World) -> None:
    play = Play(world)
    hours = play.hours(1)
    world.connection.execute("update public.instructors set hourly_rate_cents = 0")
    lesson = hours.mixed(list_cents=0)
    assert lesson.booking.status == "confirmed"
    play.agrees()
    lesson.give()
    play.agrees()


def quoted(play: Play, **arguments: object) -> dict[str, int]:
    lines = play.world.ask(
        play.learner,
        "public.quote_booking",
        p_service_id=play.long_service_id,
        p_use_credits=True,
        **arguments,
    )
    return {line["line_item"]: line["amount_cents"] for line in lines}


def test_a_quote_shows_both_parts(world: World) -> None:
    play = Play(world)
    play.hours(1)
    assert quoted(play) == {"lesson": 6750, "platform_fee": 1215, "prepaid_hours": -5310}


def test_a_quote_counts_nobody_elses_hours(world: World) -> None:
    play = Play(world)
    play.hours(1)
    learner_id = world.value("select learner_id from public.learner_credits")
    lines = world.ask(
        world.person("Eve"),
        "public.quote_booking",
        p_service_id=play.long_service_id,
        p_use_credits=True,
        p_learner_id=learner_id,
    )
    assert [line["line_item"] for line in lines] == ["lesson", "platform_fee"]


# Its end


def test_half_of_both_comes_back_of_a_late_cancellation(world: World) -> None:
    play = Play(world)
    hours, lesson = paid(play)
    world.travel(to=lesson.start_at - HOUR)
    preview = world.ending(lesson.booking.learner, lesson.booking.id)
    assert (preview["restored_minutes"], preview["refund_cents"]) == (30, 1328)
    lesson.cancel()
    play.agrees()
    assert hours.lot.left == 30


def test_the_instructor_leaves(play: Play) -> None:
    paid(play)
    play.offboard()
    play.agrees()


def test_the_fee_comes_back_with_the_minutes_also_where_it_is_kept(world: World) -> None:
    play = Play(world, is_fee_refundable=False)
    _, lesson = paid(play)
    world.travel(to=lesson.start_at - HOUR)
    lesson.cancel()
    play.agrees()


# Refunds


@pytest.mark.parametrize("cents", [1000, 2655])
@pytest.mark.parametrize("then", ["given", "cancelled late", "not given"])
def test_a_part_of_what_the_card_paid_is_refunded_before(
    world: World, cents: int, then: str
) -> None:
    play = Play(world)
    _, lesson = paid(play)
    lesson.refund(cents)
    play.carry_refunds()
    play.agrees()
    if then == "given":
        lesson.give()
    elif then == "cancelled late":
        world.travel(to=lesson.start_at - HOUR)
        lesson.cancel()
    else:
        lesson.cancel_by_instructor()
    play.agrees()


def test_all_of_a_given_lesson_is_refunded_in_money(world: World) -> None:
    play = Play(world)
    _, lesson = paid(play)
    lesson.give()
    refund_id = world.call(
        play.learner,
        "public.request_refund",
        p_booking_id=lesson.booking.id,
        p_amount_cents=7965,
        p_reason="It was bad.",
    )
    owner = world.member(MARKETPLACE, "owner")
    world.call(owner, "public.decide_refund", p_refund_id=refund_id, p_is_granted=True)
    lesson.item.refund("card", 2655)
    lesson.item.refund("hours", 5310)
    assert lesson.by_hours
    lesson.by_hours.of_hours.add("hours")
    play.agrees()


def test_what_the_card_paid_is_refunded_in_the_dashboard(play: Play) -> None:
    _, lesson = paid(play)
    lesson.give()
    lesson.refund_in_dashboard(1000)
    play.agrees()


# Disputes


@WHO_BEARS_A_LOSS
@pytest.mark.parametrize("cents", [1000, 2655])
@pytest.mark.parametrize("when", ["ahead", "given", "cancelled late"])
@pytest.mark.parametrize("is_won_after_all", [False, True])
def test_the_card_is_disputed(
    world: World, is_liable: bool, cents: int, when: str, is_won_after_all: bool
) -> None:
    play = Play(world, is_instructor_liable=is_liable)
    _, lesson = paid(play)
    if when == "given":
        lesson.give()
    elif when == "cancelled late":
        world.travel(to=lesson.start_at - HOUR)
        lesson.cancel()
        play.quiet()
        cents = min(cents, 1327)
    lesson.lose(cents)
    play.agrees()
    if is_won_after_all:
        lesson.win(cents)
        play.agrees()


@WHO_BEARS_A_LOSS
@pytest.mark.parametrize("cents", [2000, 5310])
@pytest.mark.parametrize("is_given", [False, True])
@pytest.mark.parametrize("is_won_after_all", [False, True])
def test_the_hours_are_disputed(
    world: World, is_liable: bool, cents: int, is_given: bool, is_won_after_all: bool
) -> None:
    play = Play(world, is_instructor_liable=is_liable)
    hours, lesson = paid(play)
    if is_given:
        lesson.give()
    hours.lose(cents)
    play.agrees()
    if is_won_after_all:
        hours.win(cents)
        play.agrees()


@pytest.mark.parametrize("cents", [2000, 5310])
@pytest.mark.parametrize("then", ["paid", "expires"])
@pytest.mark.parametrize("is_won_after_all", [False, True])
def test_the_hours_are_lost_before_the_card_has_paid(
    world: World, cents: int, then: str, is_won_after_all: bool
) -> None:
    """The hold is given up at once; a card that pays it all the same is paid back."""
    play = Play(world)
    hours = play.hours(1)
    lesson = hours.mixed()
    lesson.booking.open_payment()
    hours.lose(cents)
    play.agrees()
    assert lesson.booking.status == "cancelled"
    if then == "paid":
        play.pay(lesson)
    else:
        world.travel(by=HOUR)
    play.agrees()
    if is_won_after_all:
        hours.win(cents)
        play.agrees()


@pytest.mark.parametrize(
    "order", list(permutations(["refund", "lose card", "lose hours"])), ids="-".join
)
def test_a_refund_and_two_losses_in_any_order(world: World, order: tuple[str, ...]) -> None:
    play = Play(world)
    hours, lesson = paid(play)
    lesson.give()
    for step in order:
        match step:
            case "refund":
                lesson.refund_in_dashboard(777)
            case "lose card":
                lesson.lose(1333)
            case "lose hours":
                hours.lose(2999)
    play.agrees()


# Moves


def for_the_service(play: Play) -> tuple[Hours, Lesson]:
    """An hour is left of what was bought for this very service, which pays on every day."""
    credit = play.world.buy_hours(
        play.learner, play.instructor, Decimal("1.5"), p_service_id=play.long_service_id
    )
    hours = play.lot_of(credit, 6750, 90)
    hours.pay()
    hours.refund(30)
    play.carry_refunds()
    lesson = hours.mixed()
    play.pay(lesson)
    return hours, lesson


@pytest.mark.parametrize("cents", [3000, 6750, 9000])
@pytest.mark.parametrize("then", ["given", "cancelled", "cancelled late", "not given"])
@pytest.mark.parametrize("is_proposed", [False, True])
def test_it_moves_to_another_price(play: Play, cents: int, then: str, is_proposed: bool) -> None:
    """The minutes move along; what the rest costs more is paid, what it costs less refunded."""
    _, lesson = for_the_service(play)
    lesson.move(cents, is_proposed=is_proposed)
    play.agrees()
    match then:
        case "given":
            lesson.give()
        case "cancelled":
            lesson.cancel()
        case "cancelled late":
            play.world.travel(to=lesson.start_at - HOUR)
            lesson.cancel()
        case "not given":
            lesson.cancel_by_instructor()
    play.agrees()


def test_a_dearer_time_that_is_not_paid_leaves_the_lesson_as_it_was(world: World) -> None:
    play = Play(world)
    _, lesson = for_the_service(play)
    dearer_at = lesson.start_at + DAY
    price_on(world, lesson.booking, dearer_at, 9000)
    moved = move(world, lesson.booking, dearer_at)
    play.agrees()
    world.travel(by=HOUR)
    world.maintain()
    statuses = (follow(lesson.booking, moved).status, lesson.booking.status)
    assert statuses == ("expired", "confirmed")
    play.agrees()


def test_a_lesson_moves_with_its_hours(play: Play) -> None:
    hours, lesson = paid(play)
    start_at = lesson.start_at + DAY
    lesson.move_at_its_price(start_at)
    play.agrees()
    assert lesson.booking.columns["credit_minutes"] == 60
    lesson.cancel()
    play.agrees()
    assert hours.lot.left == 60


# Moves that wait for the learner's word


@pytest.mark.parametrize("answer", ["accepted", "declined", "lapsed"])
def test_a_proposed_move_leaves_the_minutes_where_they_are(play: Play, answer: str) -> None:
    hours, lesson = paid(play)
    there = lesson.propose(lesson.start_at + DAY)
    play.agrees()
    columns = there.columns
    assert (columns["credit_minutes"], columns["due_cents"]) == (60, 0)
    if answer == "accepted":
        lesson.accept(there)
        assert (there.status, lesson.booking.status) == ("confirmed", "cancelled")
        lesson.booking = there
    elif answer == "declined":
        play.world.call(play.learner, "public.decline_proposal", p_booking_id=there.id)
    else:
        play.world.travel(to=columns["hold_expires_at"])
        play.world.maintain()
    play.agrees()
    assert (lesson.booking.status, hours.lot.left) == ("confirmed", 0)
    lesson.give()
    play.agrees()


def test_what_was_just_accepted_is_cancelled_for_nothing(play: Play) -> None:
    hours, lesson = paid(play)
    card_cents = lesson.payment["amount_cents"]
    play.world.travel(to=lesson.start_at - 3 * HOUR)
    lesson.move_at_its_price(lesson.start_at + HOUR / 2, is_proposed=True)
    ended = play.world.cancel(play.learner, lesson.booking.id)
    assert (ended["refund_cents"], ended["restored_minutes"]) == (card_cents, 60)
    lesson.fall_through()
    play.agrees()
    assert hours.lot.left == 60


def test_a_dearer_proposal_that_is_accepted_and_not_paid_leaves_the_lesson(world: World) -> None:
    play = Play(world)
    _, lesson = for_the_service(play)
    dearer_at = lesson.start_at + DAY
    price_on(world, lesson.booking, dearer_at, 9000)
    there = lesson.propose(dearer_at)
    lesson.accept(there)
    assert (there.status, there.columns["due_cents"]) == ("held", 885)
    play.agrees()
    world.travel(by=HOUR)
    world.maintain()
    assert (there.status, lesson.booking.status) == ("expired", "confirmed")
    play.agrees()


@pytest.mark.parametrize("is_proposed", [False, True])
def test_a_shorter_time_is_paid_by_the_minutes_alone(world: World, is_proposed: bool) -> None:
    """What the card has paid goes back, once the lesson has moved."""
    play = Play(world)
    _, lesson = paid(play)
    world.connection.execute("update public.services set duration_minutes = 60")
    start_at = lesson.start_at + DAY
    if is_proposed:
        there = lesson.propose(start_at)
        assert refunds(world) == []
        lesson.accept(there)
    else:
        there = follow(lesson.booking, move(world, lesson.booking, start_at))
    columns = there.columns
    assert (columns["status"], columns["credit_minutes"]) == ("confirmed", 60)
    assert (columns["total_cents"], columns["due_cents"]) == (5310, 0)
    assert refunds(world) == [2655]
    play.carry_refunds()
    there.complete()
    assert world.value("select sum(amount_cents)::bigint from public.earnings") == 4500


# Claims that somebody did not come


@pytest.mark.parametrize("who", ["learner", "instructor"])
def test_a_no_show_is_settled_in_both_kinds(play: Play, who: str) -> None:
    hours, lesson = paid(play)
    if who == "learner":
        lesson.miss()
    else:
        lesson.be_stood_up()
    play.agrees()
    assert hours.lot.left == (0 if who == "learner" else 60)


def test_a_claim_moves_nothing_while_it_is_open(world: World) -> None:
    play = Play(world)
    hours, lesson = paid(play)
    world.travel(to=lesson.start_at + HOUR / 2)
    lesson.booking.say_missing("instructor")
    play.agrees()
    assert hours.lot.left == 0


def test_a_lesson_said_to_be_given_was_not(play: Play) -> None:
    """It counted as given: minutes that were used, and what the card paid, come back."""
    hours, lesson = paid(play)
    lesson.give()
    play.agrees()
    lesson.booking.miss("instructor")
    lesson.item.ending = None
    lesson.fall_through()
    play.agrees()
    assert hours.lot.left == 60


def test_two_words_against_each_other_give_both_back(world: World) -> None:
    play = Play(world)
    hours, lesson = paid(play)
    world.travel(to=lesson.start_at + HOUR / 2)
    lesson.booking.say_missing("instructor")
    claim_id = lesson.booking.say_missing("learner")
    world.call(
        play.admin,
        "public.decide_claim",
        p_claim_id=claim_id,
        p_no_show_by=None,
        p_reason="Neither has proven it.",
    )
    assert lesson.booking.status == "cancelled"
    lesson.fall_through()
    play.agrees()
    assert hours.lot.left == 60
