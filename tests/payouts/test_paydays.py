"""Which paydays are due: Friday is each organization's own, and no Friday is lost or paid twice."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.factories import MARKETPLACE, World
from tests.payouts.paydays import DAY, FRIDAY, NOON, WEEK, close_run, due, open_run, owe, payable

SECOND = timedelta(seconds=1)


def school(world: World, time_zone: str, weekday: int = 5) -> UUID:
    """A school of this zone that owes its instructor something."""
    org_id = world.organization(time_zone=time_zone, payout_weekday=weekday, name=time_zone)
    owe(world, world.instructor(org_id=org_id), available_at=datetime(2020, 1, 1, tzinfo=UTC))
    return org_id


def periods(world: World, org_id: UUID | None = None) -> list[date]:
    return [run["period_on"] for run in due(world, org_id=org_id)]


def run(world: World, period_on: date, org_id: UUID = MARKETPLACE) -> None:
    assert close_run(world, open_run(world, period_on, org_id))["is_completed"]


def test_who_owes_nothing_has_no_payday(world: World) -> None:
    world.travel(to=NOON)
    world.organization()
    assert due(world) == []


def test_a_friday_on_which_something_is_owed_is_due(world: World) -> None:
    world.travel(to=NOON)
    owe(world, world.instructor())
    assert due(world) == [
        {
            "org_id": MARKETPLACE,
            "org_name": "Marketplace",
            "schedule": "weekly",
            "period_on": FRIDAY,
        }
    ]


def test_what_is_not_payable_yet_makes_the_payday_due_all_the_same(world: World) -> None:
    """A run with nothing to pay says so and is complete; a payday that is skipped looks dead."""
    world.travel(to=NOON)
    owe(world, world.instructor(), available_at=NOON + DAY)
    assert periods(world) == [FRIDAY]


# Friday is local


@pytest.mark.parametrize(
    ("time_zone", "friday_begins"),
    [
        ("UTC", datetime(2027, 1, 1, 0, tzinfo=UTC)),
        ("Pacific/Kiritimati", datetime(2026, 12, 31, 10, tzinfo=UTC)),
        ("Pacific/Honolulu", datetime(2027, 1, 1, 10, tzinfo=UTC)),
        ("Asia/Kathmandu", datetime(2026, 12, 31, 18, 15, tzinfo=UTC)),
        ("America/New_York", datetime(2027, 1, 1, 5, tzinfo=UTC)),
    ],
)
def test_a_friday_begins_at_midnight_of_the_organization(
    world: World, time_zone: str, friday_begins: datetime
) -> None:
    org_id = school(world, time_zone)
    world.travel(to=friday_begins - SECOND)
    assert periods(world, org_id) == [FRIDAY - WEEK]
    with world.refusing("PT422", "payday_in_future"):
        due(world, FRIDAY, org_id)
    world.travel(to=friday_begins)
    assert periods(world, org_id) == [FRIDAY]
    assert [run["period_on"] for run in due(world, FRIDAY, org_id)] == [FRIDAY]


def test_kiritimati_and_honolulu_have_their_fridays_a_day_apart(world: World) -> None:
    east, west = school(world, "Pacific/Kiritimati"), school(world, "Pacific/Honolulu")
    world.travel(to=datetime(2026, 12, 31, 12, tzinfo=UTC))
    assert {run["org_id"]: run["period_on"] for run in due(world)} == {
        east: FRIDAY,
        west: FRIDAY - WEEK,
    }


def test_a_friday_whose_midnight_does_not_exist_begins_an_hour_later(world: World) -> None:
    """Clocks in Cairo go from 23:59:59 on Thursday to 01:00 on Friday."""
    org_id, friday = school(world, "Africa/Cairo"), date(2027, 4, 30)
    begins = datetime(2027, 4, 29, 22, tzinfo=UTC)
    world.travel(to=begins - SECOND)
    assert periods(world, org_id) == [friday - WEEK]
    world.travel(to=begins)
    assert periods(world, org_id) == [friday]


@pytest.mark.parametrize("sunday", [date(2027, 3, 28), date(2027, 10, 31)])
def test_the_day_on_which_clocks_change_is_one_payday(world: World, sunday: date) -> None:
    """Every half hour of the 23 or 25 hours of a Sunday in London, one run is made."""
    org_id = school(world, "Europe/London", weekday=0)
    world.travel(
        to=datetime(sunday.year, sunday.month, sunday.day, tzinfo=UTC) - timedelta(hours=2)
    )
    made = []
    for _ in range(54):
        for due_run in due(world, org_id=org_id):
            run(world, due_run["period_on"], org_id)
            made.append(due_run["period_on"])
        world.travel(by=timedelta(minutes=30))
    assert made == [sunday - WEEK, sunday]


@pytest.mark.slow
def test_a_year_of_53_fridays_has_53_paydays(world: World) -> None:
    org_id = school(world, "Europe/London")
    world.travel(to=NOON)
    made = []
    while world.now().year == 2027:
        made += [due_run["period_on"] for due_run in due(world, org_id=org_id)]
        run(world, made[-1], org_id)
        world.travel(by=WEEK)
    assert made == [FRIDAY + number * WEEK for number in range(53)]


# Late, early, twice


def test_a_late_run_pays_last_friday_once(world: World) -> None:
    payable(world)
    world.travel(to=NOON + DAY)
    owe(world, world.instructor(), available_at=NOON - DAY)
    assert periods(world) == [FRIDAY]
    (closed,) = world.run_payouts()
    assert (closed["is_completed"], closed["amount_paid_cents"]) == (True, 4500)
    for _ in range(5):
        assert due(world) == []
        world.travel(by=DAY)
    assert world.now().date() == FRIDAY + 6 * DAY


def test_the_last_friday_of_a_year_is_paid_in_the_next(world: World) -> None:
    payable(world)
    world.travel(to=datetime(2028, 1, 1, 9, tzinfo=UTC))
    assert periods(world) == [date(2027, 12, 31)]
    assert world.run_payouts()[0]["amount_paid_cents"] == 4500
    assert due(world) == []


def test_a_second_run_on_the_same_day_pays_nothing(world: World) -> None:
    instructor = payable(world)
    world.travel(to=NOON)
    assert world.run_payouts()[0]["amount_paid_cents"] == 4500
    owe(world, instructor)
    assert world.run_payouts() == []
    assert world.count("public.payouts") == 1
    world.travel(by=WEEK)
    assert world.run_payouts()[0]["amount_paid_cents"] == 4500


def test_after_two_missed_fridays_the_last_one_pays_for_both(world: World) -> None:
    payable(world)
    world.travel(to=NOON + 2 * WEEK + DAY)
    assert periods(world) == [FRIDAY + 2 * WEEK]
    assert world.run_payouts()[0]["amount_paid_cents"] == 4500
    assert due(world) == []


def test_an_unfinished_run_is_due_before_the_next(world: World) -> None:
    instructor = payable(world)
    world.travel(to=NOON)
    open_run(world)
    assert periods(world) == [FRIDAY]
    world.travel(by=WEEK)
    assert periods(world) == [FRIDAY]
    owe(world, instructor, 100)
    assert periods(world) == [FRIDAY, FRIDAY + WEEK]
    first, second = world.run_payouts()
    assert (first["amount_paid_cents"], second["amount_paid_cents"]) == (4500, 100)


def test_an_unfinished_run_is_finished_after_the_weekday_has_changed(world: World) -> None:
    instructor = payable(world)
    world.travel(to=NOON)
    open_run(world)
    world.connection.execute("update public.organizations set payout_weekday = 2")
    world.travel(by=WEEK)
    owe(world, instructor, 100, available_at=NOON)
    tuesday = FRIDAY + 4 * DAY
    assert periods(world) == [FRIDAY, tuesday]
    assert [closed["amount_paid_cents"] for closed in world.run_payouts()] == [4500, 100]


def test_an_unfinished_run_is_finished_more_than_a_year_later(world: World) -> None:
    payable(world)
    world.travel(to=NOON)
    open_run(world)
    world.travel(by=60 * WEEK)
    assert periods(world)[0] == FRIDAY
    assert world.run_payouts()[0]["amount_paid_cents"] == 4500


# A given date


def test_a_given_friday_is_the_only_one(world: World) -> None:
    payable(world)
    world.travel(to=NOON + WEEK)
    assert [run["period_on"] for run in due(world, FRIDAY)] == [FRIDAY]


def test_a_given_friday_that_is_complete_is_not_due(world: World) -> None:
    payable(world)
    world.travel(to=NOON)
    world.run_payouts()
    assert due(world, FRIDAY) == []


def test_a_given_date_leaves_out_whose_payday_it_is_not(world: World) -> None:
    friday, monday = school(world, "UTC"), school(world, "UTC", weekday=1)
    world.travel(to=NOON + 4 * DAY)
    assert [run["org_id"] for run in due(world, FRIDAY)] == [friday]
    assert [run["org_id"] for run in due(world, FRIDAY + 3 * DAY)] == [monday]


def test_one_organization_is_asked_for_alone(world: World) -> None:
    first, _ = school(world, "UTC"), school(world, "UTC")
    world.travel(to=NOON)
    assert [run["org_id"] for run in due(world, org_id=first)] == [first]


@pytest.mark.parametrize(
    ("on", "code"),
    [
        (FRIDAY + DAY, "not_a_payday"),
        (FRIDAY + WEEK, "payday_in_future"),
        (date(9999, 12, 31), "payday_in_future"),
        (FRIDAY - timedelta(days=367), "payday_too_old"),
        (date(1, 1, 5), "payday_too_old"),
    ],
)
def test_a_date_that_can_be_no_payday_is_refused(world: World, on: date, code: str) -> None:
    payable(world)
    world.travel(to=NOON + DAY)
    with world.unchanged(), world.refusing("PT422", code):
        due(world, on)
    with world.unchanged(), world.refusing("PT422", code):
        open_run(world, on)


def test_an_unknown_organization_is_refused(world: World) -> None:
    world.travel(to=NOON)
    with world.refusing("PT404", "organization_not_found"):
        due(world, org_id=uuid4())
    with world.refusing("PT404", "organization_not_found"):
        open_run(world, org_id=uuid4())


days = st.dates(date(1990, 1, 1), date(2199, 12, 31))
weekdays = st.integers(0, 6)
examples = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def payday_of(world: World, schedule: str, on: date, weekday: int) -> date:
    payday: date = world.value(
        "select private.payday_of(%s, %s::date, %s::smallint)", schedule, on, weekday
    )
    return payday


@examples
@given(on=days, weekday=weekdays)
def test_the_latest_weekly_payday_is_within_the_last_seven_days(
    world: World, on: date, weekday: int
) -> None:
    payday = payday_of(world, "weekly", on, weekday)
    assert timedelta(0) <= on - payday < timedelta(days=7)
    assert payday.isoweekday() % 7 == weekday


@examples
@given(on=days, weekday=weekdays)
def test_the_latest_monthly_payday_is_the_first_of_the_month(
    world: World, on: date, weekday: int
) -> None:
    assert payday_of(world, "monthly", on, weekday) == on.replace(day=1)


@pytest.mark.parametrize("schedule", ["instant", "daily"])
def test_every_day_is_a_payday_of_who_is_paid_daily(world: World, schedule: str) -> None:
    for on in (date(2027, 1, 1), date(2028, 2, 29), date(2026, 12, 31)):
        assert payday_of(world, schedule, on, 5) == on
