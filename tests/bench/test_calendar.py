"""Closing a day costs what the day has, and listing what it lists, however much else there is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from uuid import UUID

import psycopg
import pytest

from tests.bench.measure import Ratio, compare
from tests.factories import Instructor, World
from tests.instant import start
from tools.cluster import Cluster

pytestmark = [pytest.mark.bench, pytest.mark.timeout(3600)]

DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def calendars(cluster: Cluster, template: str) -> Iterator[World]:
    """A database of its own, whose steps are committed."""
    cluster.create_database("calendars", template)
    start(cluster.admin_url("calendars"))
    with psycopg.connect(cluster.admin_url("calendars"), autocommit=True) as connection:
        yield World(connection)


def publish(world: World, instructor: Instructor, days: int) -> None:
    """A hundred times a day, of ten services from ten to eight."""
    for _ in range(10):
        service_id = world.service(instructor)
        world.rows(
            "insert into public.bookable_slots"
            " (org_id, service_id, instructor_id, start_at, end_at)"
            " select %s, %s, %s, at, at + interval '1 h' from (select"
            " %s + (number / 10) * interval '1 day' + (number %% 10) * interval '1 h' as at"
            " from generate_series(0, %s) as number) slot",
            instructor.org_id,
            service_id,
            instructor.id,
            world.in_days(1),
            10 * days - 1,
        )
    world.connection.execute("analyze public.bookable_slots")


def test_closing_a_day_costs_at_most_twice_as_long_with_20_000_slots(
    calendars: World, report: Callable[[Ratio], None]
) -> None:
    world = calendars
    many, few = (world.instructor(time_zone="UTC", horizon_days=365) for _ in range(2))
    for instructor, days in ((many, 200), (few, 2)):
        world.window(instructor, "00:00", "24:00")
        publish(world, instructor, days)

    def close(instructor: Instructor) -> int:
        """Closes the second day and undoes it; how many slots were withdrawn."""
        with world.connection.transaction(force_rollback=True):
            world.closing(instructor, world.in_days(2).date())
            withdrawn: int = world.value(
                "select count(*) from bookable_slots where instructor_id = %s"
                " and start_at between %s and %s and not is_published",
                instructor.id,
                world.in_days(2, 0),
                world.in_days(3, 0),
            )
        return withdrawn

    assert world.count("bookable_slots") == 20_200
    assert close(many) == close(few) == 100
    report(
        compare(
            "closing a day of 20,000 slots against 200",
            lambda _: close(many),
            lambda _: close(few),
            limit=2,
            calls=3,
        )
    )


def test_listing_with_50_windows_costs_at_most_half_as_much_again_for_each_slot(
    calendars: World, report: Callable[[Ratio], None]
) -> None:
    world = calendars
    offers = []
    for windows in (1, 50):
        instructor = world.instructor(time_zone="Europe/London")
        for number in range(windows):
            hour = 7 + number // 7 * 2
            world.window(instructor, f"{hour:02}:00", f"{hour + 2:02}:00", days=[number % 7])
        offers.append((instructor, world.service(instructor, duration_minutes=15)))

    def listed(offer: tuple[Instructor, UUID]) -> int:
        """Lists 62 days, page by page; how many times there were."""
        instructor, service_id = offer
        number, after = 0, None
        while True:
            rows = world.ask(
                None,
                "public.list_open_slots",
                p_instructor_id=instructor.id,
                p_service_id=service_id,
                p_from=world.in_days(1, 0),
                p_to=world.in_days(63, 0),
                p_limit=1000,
                p_after=after,
            )
            number += len(rows)
            if len(rows) < 1000:
                return number
            after = rows[-1]["start_at"]

    one, fifty = offers
    ratio = listed(fifty) / listed(one)
    assert ratio > 40
    report(
        compare(
            "listing 62 days with 50 windows against as many slots with one",
            lambda _: listed(fifty),
            lambda _: [listed(one) for _ in range(round(ratio))],
            limit=1.5,
            calls=3,
        )
    )
