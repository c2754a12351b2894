"""The Friday payout: everybody is paid once, to the cent, whatever happens on the way."""

from __future__ import annotations

import signal
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.factories import Instructor
from tests.jobs.payday import INSTRUCTORS, Payday, finish, open_account, wait_until
from tests.payouts.paydays import owe


@pytest.mark.slow
def test_everybody_is_paid_once(payday: Payday) -> None:
    finished = payday.pay()
    assert (finished.status, finished.stderr) == (0, "")
    payday.assert_everybody_is_paid_once()
    assert len(finished.events("payout_paid")) == INSTRUCTORS
    [closed] = finished.events("payout_run_closed")
    assert (closed["is_completed"], closed["paid"]) == (True, INSTRUCTORS)


@pytest.mark.slow
def test_a_second_run_of_the_same_payday_pays_nobody(payday: Payday) -> None:
    payday.pay()
    payday.fake.clear_requests()
    second = payday.pay()
    assert (second.status, len(second.events("nothing_to_pay"))) == (0, 1)
    assert payday.fake.count() == 0
    payday.assert_everybody_is_paid_once()


@pytest.mark.slow
def test_a_person_at_a_terminal_sees_names_and_progress(payday: Payday) -> None:
    assert "Ann 0" in payday.watch("payouts", "--dry-run")
    shown = payday.watch("payouts")
    assert f"{INSTRUCTORS}/{INSTRUCTORS}" in shown
    assert "payout run closed" in shown
    payday.assert_everybody_is_paid_once()


def test_a_dry_run_shows_everything_and_does_nothing(payday: Payday) -> None:
    finished = payday.pay("--dry-run")
    assert (finished.status, finished.stderr) == (0, "")
    shown = finished.events("payout_previewed")
    assert [(row["amount_cents"], row["outcome"]) for row in shown] == [
        (4500 + 100 * number, "payout") for number in range(INSTRUCTORS)
    ]
    assert "Ann" not in finished.stdout
    assert payday.fake.count() == 0
    assert payday.world.count("public.payout_runs") == 0


@pytest.mark.parametrize(
    ("day", "advice"),
    [
        ("0001-01-05", "last twelve months"),
        ("2999-01-04", "omit the date"),
        ("the day before", "payout weekday"),
    ],
)
def test_a_day_that_is_no_payday_ends_with_status_2_and_writes_nothing(
    payday: Payday, day: str, advice: str
) -> None:
    if day == "the day before":
        [due] = payday.world.rows("select period_on from private.due_payout_runs(null, null)")
        day = str(due["period_on"] - timedelta(days=1))
    finished = payday.pay("--date", day)
    assert (finished.status, finished.stdout) == (2, "")
    assert advice in finished.stderr
    assert payday.world.count("public.payout_runs") == 0
    assert payday.fake.count() == 0


def test_an_unknown_organization_ends_with_status_2(payday: Payday) -> None:
    finished = payday.pay("--org", str(uuid4()))
    assert (finished.status, finished.stdout) == (2, "")
    assert "organization" in finished.stderr


def test_broken_books_stop_the_run_before_it_begins(payday: Payday) -> None:
    payday.world.rows("alter table public.earnings disable trigger all")
    payday.world.rows("update public.earnings set amount_cents = amount_cents + 1")
    payday.world.rows("update public.earnings set status = 'available'")
    broken = {row["invariant"] for row in payday.world.violations()}
    assert broken
    finished = payday.pay()
    assert finished.status == 1
    assert {event["invariant"] for event in finished.events("invariant_broken")} == broken
    assert payday.fake.count() == 0
    assert payday.world.count("public.payout_runs") == 0


@pytest.mark.slow
def test_an_instructor_whose_account_is_not_ready_waits_and_the_others_are_paid(
    payday: Payday,
) -> None:
    account = payday.fake.objects("account")[0]["id"]
    restricted = payday.fake.restrict(account)
    payday.world.travel(by=timedelta(seconds=2))
    payday.world.deliver("account.updated", restricted, endpoint="connect", account=account)
    finished = payday.pay()
    assert finished.status == 0
    assert payday.statuses() == {"paid": INSTRUCTORS - 1}
    payday.assert_books_agree_with_stripe()


# What is there to pay with


@pytest.mark.slow
def test_a_run_that_the_balance_does_not_cover_is_left_alone(payday: Payday) -> None:
    needed = payday.world.value("select sum(amount_cents)::bigint from public.earnings")
    spare = payday.fake.funds() - needed
    payday.fake.spend(spare + 1)
    finished = payday.pay()
    assert finished.status == 1
    [told] = finished.events("payout_shortfall")
    assert (told["currency"], told["needed_cents"]) == ("gbp", needed)
    assert (told["available_cents"], told["shortfall_cents"]) == (needed - 1, 1)
    assert payday.fake.count("POST", "/v1/transfers") == 0
    assert payday.statuses() == {"pending": INSTRUCTORS}
    [closed] = finished.events("payout_run_closed")
    assert closed["is_completed"] is False

    payday.fake.add_funds(spare + 1)
    assert payday.pay().status == 0
    payday.assert_everybody_is_paid_once()


@pytest.mark.slow
def test_funds_that_are_still_pending_do_not_cover_a_run(payday: Payday) -> None:
    funds = payday.fake.funds()
    payday.fake.spend(funds)
    payday.fake.add_funds(funds, available_in=2 * 24 * 3600)
    assert payday.pay().status == 1
    assert payday.statuses() == {"pending": INSTRUCTORS}
    payday.later(timedelta(days=2))
    assert payday.pay().status == 0
    payday.assert_everybody_is_paid_once()


def test_money_in_another_currency_does_not_cover_a_run(payday: Payday) -> None:
    payday.fake.spend(payday.fake.funds())
    payday.fake.add_funds(10**9, "eur")
    finished = payday.pay()
    assert finished.status == 1
    assert [told["currency"] for told in finished.events("payout_shortfall")] == ["gbp"]
    assert payday.fake.count("POST", "/v1/transfers") == 0


@pytest.mark.slow
def test_a_balance_that_cannot_be_asked_for_stops_the_run(payday: Payday) -> None:
    payday.fake.fault("GET", "/v1/balance", "error", times=None)
    finished = payday.pay()
    assert finished.status == 1
    assert len(finished.events("balance_unknown")) == 1
    assert payday.statuses() == {"pending": INSTRUCTORS}
    assert payday.fake.count("POST", "/v1/transfers") == 0
    payday.fake.clear_faults()
    assert payday.pay().status == 0
    payday.assert_everybody_is_paid_once()


# Schedules


@pytest.mark.slow
def test_each_schedule_has_its_own_run(payday: Payday) -> None:
    schedules = ["instant", "daily", "weekly", "monthly", "weekly"]
    instructors = payday.world.rows(
        "select id, user_id from public.instructors order by created_at"
    )
    for instructor, schedule in zip(instructors, schedules, strict=True):
        payday.world.call(
            instructor["user_id"],
            "public.set_payout_settings",
            p_instructor_id=instructor["id"],
            p_payout_schedule=schedule,
        )
    finished = payday.pay()
    assert finished.status == 0
    closed = {event["run_id"]: event["paid"] for event in finished.events("payout_run_closed")}
    opened = finished.events("payout_run_opened")
    assert {event["schedule"]: closed[event["run_id"]] for event in opened} == {
        "instant": 1,
        "daily": 1,
        "weekly": 2,
        "monthly": 1,
    }
    payday.assert_everybody_is_paid_once()


@pytest.mark.slow
def test_an_instant_run_is_made_as_often_as_somebody_can_be_paid(payday: Payday) -> None:
    world = payday.world
    instructor = world.row("select id, user_id, org_id from public.instructors limit 1")
    world.call(
        instructor["user_id"],
        "public.set_payout_settings",
        p_instructor_id=instructor["id"],
        p_payout_schedule="instant",
    )
    assert payday.pay().status == 0
    assert payday.pay().events("payout_run_opened") == []
    booking = world.booking(Instructor(**instructor))
    booking.pay()
    payday.fake.add_funds(booking.payment["amount_cents"])
    booking.complete()
    assert payday.pay().events("payout_paid") == []
    payday.later(timedelta(days=2))
    assert len(payday.pay().events("payout_paid")) == 1
    payday.assert_books_agree_with_stripe()


# Trouble with Stripe


@pytest.mark.slow
def test_a_look_up_that_fails_keeps_the_doubt(payday: Payday) -> None:
    payday.fake.fault("POST", "/v1/transfers", "html", "after", times=None)
    payday.pay()
    payday.fake.clear_faults()
    payday.fake.fault("GET", "/v1/transfers", "rate_limit", times=None)
    payday.fake.clear_requests()
    assert payday.pay("--workers", "5").status == 1
    assert payday.statuses() == {"unknown": INSTRUCTORS}
    assert payday.fake.count("POST", "/v1/transfers") == 0
    payday.fake.clear_faults()
    assert payday.pay().status == 0
    payday.assert_everybody_is_paid_once()


@pytest.mark.slow
def test_a_revoked_key_stops_the_run_before_it_sends_anything(payday: Payday) -> None:
    payday.fake.set_api_keys("sk_test_another")
    finished = payday.pay("--workers", "1")
    assert finished.status == 1
    assert len(finished.events("transfers_unknown")) == 1
    assert payday.fake.count("POST", "/v1/transfers") == 0
    payday.fake.set_api_keys(payday.fake.api_key)
    assert payday.pay().status == 0
    payday.assert_everybody_is_paid_once()


@pytest.mark.slow
def test_a_key_revoked_in_the_middle_stops_the_run_at_once(payday: Payday) -> None:
    payday.fake.fault("POST", "/v1/transfers", "hold", nth=2)
    job = payday.start("payouts", "--workers", "1")
    wait_until(payday.fake.held)
    payday.fake.set_api_keys("sk_test_another")
    payday.fake.release()
    assert finish(job).status == 1
    assert payday.fake.count("POST", "/v1/transfers") == 3
    assert payday.statuses() == {"paid": 2, "pending": INSTRUCTORS - 2}
    payday.fake.set_api_keys(payday.fake.api_key)
    assert payday.pay().status == 0
    payday.assert_everybody_is_paid_once()


@pytest.mark.slow
def test_transfers_that_cannot_be_listed_stop_the_run(payday: Payday) -> None:
    payday.fake.fault("GET", "/v1/transfers", "error", times=None)
    finished = payday.pay()
    assert finished.status == 1
    assert len(finished.events("transfers_unknown")) == 1
    assert payday.statuses() == {"pending": INSTRUCTORS}
    assert payday.fake.count("POST", "/v1/transfers") == 0
    payday.fake.clear_faults()
    assert payday.pay().status == 0
    payday.assert_everybody_is_paid_once()


@pytest.mark.slow
def test_a_transfer_that_the_books_lack_stops_its_organization_alone(payday: Payday) -> None:
    world, fake = payday.world, payday.fake
    admin = world.admin()
    school = world.organization()
    other = world.instructor(org_id=school)
    account = open_account(fake, world.open_account(other.user_id, other.id)["metadata"])
    world.deliver("account.updated", account, endpoint="connect", account=account["id"])
    owe(world, other, 5000, available_at=world.now() - timedelta(days=14))
    fake.add_funds(5000)
    lost = fake.stripe().v1.transfers.create(
        {
            "amount": 3000,
            "currency": "gbp",
            "destination": world.value(
                "select min(stripe_account_id) from public.stripe_connect_accounts"
                " where org_id <> %s",
                school,
            ),
            "metadata": {"payout_id": str(uuid4())},
        }
    )
    fake.clear_requests()

    for _ in range(2):
        finished = payday.pay()
        assert finished.status == 1
        [told] = finished.events("transfer_not_in_books")
        assert (told["stripe_transfer_id"], told["amount_cents"]) == (lost.id, 3000)
        assert payday.statuses() == {"pending": INSTRUCTORS, "paid": 1}
        assert fake.count("POST", "/v1/transfers") == 1
    concerns = {
        event["check"]: event["reference"] for event in payday.run("doctor").events("check")
    }
    assert concerns["transfer_not_in_books"] == lost.id

    world.call(
        admin,
        "public.admin_adopt_transfer",
        p_stripe_transfer_id=lost.id,
        p_reason="Paid before the restore.",
    )
    fake.add_funds(3000)
    assert payday.pay().status == 0
    assert payday.statuses() == {"paid": INSTRUCTORS + 1}
    checks = {event["check"]: event["ok"] for event in payday.run("doctor").events("check")}
    assert checks["transfers"]
    assert "transfer_not_in_books" not in checks
    # Two top-ups were made that the books do not know.
    assert fake.funds() == world.ledger()["stripe_balance"] + 5000 + 3000
    assert world.violations() == []


@pytest.mark.slow
def test_all_pages_of_transfers_are_compared(payday: Payday) -> None:
    fake = payday.fake
    fake.add_funds(130)
    account = fake.objects("account")[0]["id"]
    ours = [fake.stripe().v1.transfers.create(foreign(account, uuid4())) for _ in range(2)]
    for _ in range(126):
        fake.stripe().v1.transfers.create(foreign(account))
    ours.append(fake.stripe().v1.transfers.create(foreign(account, uuid4())))
    fake.clear_requests()
    finished = payday.pay()
    assert [told["transfer"] for told in finished.events("transfer_unbooked")] == [
        transfer.id for transfer in ours
    ]
    assert fake.count("GET", "/v1/transfers") == 2


def foreign(account: str, payout_id: UUID | None = None) -> Any:
    """A transfer of other business, or one that bears the id of a payout that nobody knows."""
    metadata = {"payout_id": str(payout_id)} if payout_id else {"order": "7"}
    return {"amount": 1, "currency": "gbp", "destination": account, "metadata": metadata}


@pytest.mark.slow
def test_a_foreign_transfer_in_the_group_is_not_taken_for_ours(payday: Payday) -> None:
    payday.fake.fault("POST", "/v1/transfers", "reset", "before", times=None)
    payday.pay("--workers", "5")
    payday.fake.clear_faults()
    payout = payday.world.rows("select id::text, amount_cents from public.payouts")[0]
    account = payday.fake.objects("account")[0]["id"]
    payday.fake.add_funds(payout["amount_cents"])
    foreign = payday.fake.stripe().v1.transfers.create(
        {
            "amount": payout["amount_cents"],
            "currency": "gbp",
            "destination": account,
            "transfer_group": payout["id"],
        }
    )
    assert payday.pay().status == 0
    assert payday.statuses() == {"paid": INSTRUCTORS}
    taken = payday.world.rows("select stripe_transfer_id as id from public.payouts")
    assert foreign.id not in {row["id"] for row in taken}


@pytest.mark.slow
def test_a_transfer_of_the_payout_that_does_not_fit_stops_it(payday: Payday) -> None:
    """It bears the payout's id, so nothing is sent beside it; a person has to look."""
    payday.fake.fault("POST", "/v1/transfers", "reset", "before", times=None)
    payday.pay("--workers", "5")
    payday.fake.clear_faults()
    payout = payday.world.rows("select id::text, amount_cents from public.payouts")[0]
    payday.fake.stripe().v1.transfers.create(
        {
            "amount": payout["amount_cents"] - 1,
            "currency": "gbp",
            "destination": payday.fake.objects("account")[0]["id"],
            "transfer_group": payout["id"],
            "metadata": {"payout_id": payout["id"], "attempt": "1"},
        }
    )
    finished = payday.pay()
    assert finished.status == 1
    [left] = finished.events("payout_not_paid")
    assert (left["payout_id"], left["code"]) == (payout["id"], "transfer_differs")
    assert payday.statuses() == {"paid": INSTRUCTORS - 1, "unknown": 1}
    assert len(payday.fake.objects("transfer")) == INSTRUCTORS


# Told to stop, and cut off


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_lets_the_transfer_in_hand_finish_and_leaves_the_rest(
    payday: Payday, number: signal.Signals
) -> None:
    payday.fake.fault("POST", "/v1/transfers", "hold", "before", nth=2)
    job = payday.start("payouts", "--workers", "1")
    wait_until(payday.fake.held)
    job.send_signal(number)
    payday.fake.release()
    stopped = finish(job)
    assert stopped.status == 1
    assert payday.statuses() == {"paid": 2, "pending": INSTRUCTORS - 2}
    [closed] = stopped.events("payout_run_closed")
    assert closed["is_completed"] is False
    payday.assert_books_agree_with_stripe()
    assert payday.pay().status == 0
    payday.assert_everybody_is_paid_once()


@pytest.mark.slow
def test_a_database_that_goes_away_stops_the_run_and_the_next_one_heals_it(
    payday: Payday,
) -> None:
    payday.fake.fault("POST", "/v1/transfers", "hold", "after", nth=2)
    job = payday.start("payouts", "--workers", "1", DATABASE_POOL_TIMEOUT_SECONDS="1")
    wait_until(payday.fake.held)
    payday.cut_off_database()
    payday.fake.release()
    stopped = finish(job)
    assert stopped.status == 1
    assert "The database does not answer" in stopped.stderr
    payday.restore_database()
    payday.later(timedelta(minutes=5))
    assert payday.pay().status == 0
    payday.assert_everybody_is_paid_once()
