"""Anybody lists who gives which lesson, where, for how much and when next, in one call."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from itertools import product
from typing import Any
from uuid import UUID, uuid4

import pytest
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from tests.factories import World

NOBODY = UUID("00000000-0000-0000-0000-000000000001")

LONDON: dict[str, Any] = {"p_lat": 51.51, "p_lng": -0.13}


@pytest.fixture(autouse=True)
def unrated(world: World) -> Iterator[None]:
    """Instructors are rated here without lessons, which no invariant would let pass."""
    yield
    world.rows("update public.instructors set rating = null, rating_count = 0")


def search(world: World, person: UUID | None = None, **arguments: Any) -> list[DictRow]:
    return world.ask(person, "public.search_directory", **arguments)


def titles(found: list[DictRow]) -> list[str]:
    return [row["title"] for row in found]


def quoted(world: World, row: DictRow, at: Any) -> int:
    """What a lesson of a row costs the learner at a time, before any discount."""
    lines = world.ask(
        None,
        "public.quote_booking",
        p_service_id=row["service_id"],
        p_instructor_id=row["instructor_id"],
        p_start_at=at,
    )
    return sum(line["amount_cents"] for line in lines)


def test_a_visitor_sees_all_of_a_row(world: World) -> None:
    school = world.organization(
        name="Blake Driving School", slug="blake", labels=Jsonb({"transmission": "Gearbox"})
    )
    facets = {"languages": ["en", "pl"], "transmission": ["manual"]}
    ann = world.instructor(
        org_id=school,
        name="Ann",
        avatar_url="https://example.org/ann.jpg",
        area="Camden",
        area_lat=51.538765,
        area_lng=-0.142551,
        facets=Jsonb(facets),
        rating=4.75,
        rating_count=8,
        lesson_count=20,
    )
    service = world.service(ann, title="Motorway", price_cents=4000, topic_tags=["motorway"])
    start = world.in_days(3)
    world.slot(service, start)

    (row,) = search(world, **LONDON)
    cursor = row.pop("cursor")
    assert row == {
        "service_id": service,
        "instructor_id": ann.id,
        "org_id": school,
        "title": "Motorway",
        "short_description": None,
        "topic_tags": ["motorway"],
        "level": None,
        "duration_minutes": 60,
        "max_participants": 1,
        "requires_approval": False,
        "instructor_name": "Ann",
        "avatar_url": "https://example.org/ann.jpg",
        "area": "Camden",
        "area_lat": Decimal("51.54"),
        "area_lng": Decimal("-0.14"),
        "distance_km": Decimal("3.4"),
        "facets": facets,
        "rating": Decimal("4.75"),
        "rating_count": 8,
        "lesson_count": 20,
        "organization_name": "Blake Driving School",
        "organization_slug": "blake",
        "labels": {"transmission": "Gearbox"},
        "time_zone": "Europe/London",
        "currency": "gbp",
        "list_cents": 4000,
        "fee_cents": 720,
        "total_cents": 4720,
        "next_free_at": start,
    }
    assert search(world, p_after=cursor, **LONDON) == []


def test_only_what_can_be_booked_is_listed(world: World) -> None:
    ann = world.instructor()
    own, inactive = world.service(ann), world.service(ann, is_active=False)
    for unlisted in (
        {"verification_status": "pending"},
        {"is_active": False},
        {"is_available": False},
    ):
        world.service(world.instructor(**unlisted))
    for person in (None, world.person(), world.admin()):
        assert [row["service_id"] for row in search(world, person)] == [own]
    assert inactive != own


def test_a_lesson_that_any_instructor_gives_is_listed_with_each(world: World) -> None:
    school = world.organization()
    ann, bob = world.instructor(org_id=school), world.instructor(org_id=school)
    elsewhere = world.instructor()
    anybody = world.service(ann, instructor_id=None)
    rows = search(world)
    assert {(row["service_id"], row["instructor_id"]) for row in rows} == {
        (anybody, ann.id),
        (anybody, bob.id),
    }
    (row,) = search(world, p_instructor_id=bob.id)
    assert row["instructor_id"] == bob.id
    assert search(world, p_instructor_id=elsewhere.id) == []


def test_words_tags_level_facets_school_and_currency_narrow_it_down(world: World) -> None:
    school = world.organization()
    ann = world.instructor(name="Ann", facets=Jsonb({"languages": ["en", "pl"]}))
    bob = world.instructor(name="Bob", org_id=school, facets=Jsonb({"languages": ["en"]}))
    world.service(ann, title="Parking", topic_tags=["parking"], level="beginner")
    world.service(bob, title="Night driving", topic_tags=["night"], price_cents=5, currency="eur")
    both = {"Parking", "Night driving"}
    answers: list[tuple[dict[str, Any], set[str]]] = [
        ({}, both),
        ({"p_query": "PARK"}, {"Parking"}),
        ({"p_query": "%"}, set()),
        ({"p_name": "bo"}, {"Night driving"}),
        ({"p_topic_tags": ["night"]}, {"Night driving"}),
        ({"p_level": "beginner"}, {"Parking"}),
        ({"p_facets": Jsonb({"languages": ["en"]})}, both),
        ({"p_facets": Jsonb({"languages": ["pl", "en"]})}, {"Parking"}),
        ({"p_facets": Jsonb({"transmission": ["manual"]})}, set()),
        ({"p_facets": None, "p_topic_tags": None, "p_order": None, "p_limit": None}, both),
        ({"p_org_id": school}, {"Night driving"}),
        ({"p_currency": "GBP"}, {"Parking"}),
    ]
    for asked, found in answers:
        assert set(titles(search(world, **asked))) == found, asked


def test_a_radius_leaves_out_what_is_farther_away(world: World) -> None:
    for place, lat, lng in [
        ("Camden", 51.54, -0.14),
        ("Oxford", 51.75, -1.26),
        ("Suva", -18.14, 178.44),
        ("Apia", -13.83, -171.77),
        ("nowhere", None, None),
    ]:
        world.service(world.instructor(area_lat=lat, area_lng=lng), title=place)
    assert set(titles(search(world, p_radius_km=10, **LONDON))) == {"Camden"}
    assert set(titles(search(world, p_radius_km=90, **LONDON))) == {"Camden", "Oxford"}
    # The shortest way leads over the date line.
    across = search(world, p_lat=-18.14, p_lng=179.99, p_radius_km=1100, p_order="distance")
    assert titles(across) == ["Suva", "Apia"]
    assert titles(search(world, p_order="distance", **LONDON))[:2] == ["Camden", "Oxford"]
    assert len(search(world, p_order="distance", **LONDON)) == 4
    assert len(search(world, **LONDON)) == 5


@pytest.mark.parametrize(
    "asked",
    [
        {"p_lat": 51.5},
        {"p_radius_km": 5},
        {"p_order": "distance"},
        {"p_lat": 91, "p_lng": 0},
        {"p_lat": "NaN", "p_lng": 0},
        {"p_lat": 0, "p_lng": 0, "p_radius_km": -1},
        {"p_lat": 0, "p_lng": 0, "p_radius_km": "infinity"},
    ],
    ids=str,
)
def test_a_place_that_is_none_is_refused(world: World, asked: dict[str, Any]) -> None:
    with world.refusing("PT422", "bad_area"):
        search(world, **asked)


@pytest.mark.parametrize(
    "cursor",
    ["", "1", "x/y/z", f"1/{NOBODY}", f"1/{NOBODY}/{'-' * 36}", f"NaN/{NOBODY}/{NOBODY}"],
)
def test_a_cursor_that_no_row_had_is_refused(world: World, cursor: str) -> None:
    with world.refusing("PT422", "bad_cursor"):
        search(world, p_after=cursor)


@pytest.mark.parametrize("facets", [[], {"languages": "en"}, {"languages": [1]}, {"": ["en"]}])
def test_facets_that_nobody_can_have_are_refused(world: World, facets: Any) -> None:
    with world.refusing("PT422", "facets_are_lists_of_words"):
        search(world, p_facets=Jsonb(facets))


@pytest.mark.parametrize("order", ["rating", "price", "distance"])
def test_pages_follow_one_another_in_each_order(world: World, order: str) -> None:
    for number in range(7):
        ann = world.instructor(
            rating=None if number == 3 else 1 + number % 3, area_lat=51 + number / 10, area_lng=0
        )
        # Two at the same price, one for nothing, and one that nobody can pay.
        cents = [4000, 0, 4000, 1, 50_00, 60_00, 70_00][number]
        world.service(ann, price_cents=cents)
        world.service(ann, price_cents=cents + 1000)
    asked: dict[str, Any] = {"p_order": order} | LONDON
    everything = search(world, p_limit=50, **asked)
    assert len(everything) == 14
    paged: list[DictRow] = []
    while page := search(world, p_limit=3, p_after=paged[-1]["cursor"] if paged else None, **asked):
        assert len(page) <= 3
        paged += page
    assert paged == everything
    keys = {
        "rating": [-float(row["rating"] or 0) for row in everything],
        "price": [row["total_cents"] for row in everything if row["total_cents"] is not None],
        "distance": [row["distance_km"] for row in everything],
    }[order]
    assert keys == sorted(keys)


@pytest.mark.parametrize(("limit", "rows"), [(None, 20), (-5, 1), (9999, 50)])
def test_a_page_has_at_most_fifty(world: World, limit: int | None, rows: int) -> None:
    ann = world.instructor()
    world.connection.execute(
        "insert into public.services (org_id, instructor_id, title, duration_minutes, currency)"
        " select %s, %s, 'Lesson ' || number, 60, 'gbp' from generate_series(1, 51) number",
        [ann.org_id, ann.id],
    )
    assert len(search(world, p_limit=limit)) == rows


@pytest.mark.slow
def test_no_listing_shows_less_than_the_undiscounted_quote(world: World) -> None:
    """Of lessons at every kind of price, under every kind of fee, with cards of any day."""
    today = world.now().date()
    for fee_mode, fee_bps, own_bps, price, length in product(
        ("on_top", "included"), (0, 1800), (None, 333), (None, 4525, 3), (45, 60)
    ):
        school = world.organization(fee_mode=fee_mode, fee_bps=fee_bps)
        owner = world.member(school, "owner")
        ann = world.instructor(org_id=school, hourly_rate_cents=4111)
        if own_bps is not None:
            world.connection.execute(
                "update public.instructor_details set fee_bps = %s where instructor_id = %s",
                [own_bps, ann.id],
            )
        columns = {"price_cents": price, "duration_minutes": length}
        own = world.service(ann, **columns)
        anybody = world.service(ann, instructor_id=None, **columns)
        world.slot(own, world.in_days(5))
        for cents, dates in [
            (4999, {"p_valid_from": today, "p_valid_to": today + timedelta(days=2)}),
            (5999, {"p_valid_from": today + timedelta(days=3)}),
        ]:
            card(world, owner, school, {own: cents, anybody: cents + 1}, **dates)
        card(world, owner, school, {anybody: 3999}, p_is_default=True)

    rows: list[DictRow] = []
    after = None
    while page := search(world, p_limit=50, p_after=after):
        rows, after = rows + page, page[-1]["cursor"]
    assert len(rows) == 2 * 48
    assert {row["next_free_at"] is None for row in rows} == {True, False}
    for row in rows:
        assert row["total_cents"] == quoted(world, row, row["next_free_at"])
        assert row["total_cents"] == row["list_cents"] + row["fee_cents"]


def test_a_group_that_has_begun_to_fill_costs_what_its_seats_cost(world: World) -> None:
    ann = world.instructor()
    service = world.service(ann, price_cents=4000, max_participants=3)
    slot = world.slot(service)
    ben = world.person("Ben")
    world.book(ben, slot)
    world.connection.execute(
        "update public.services set duration_minutes = 120 where id = %s", [service]
    )
    (row,) = search(world)
    assert row["total_cents"] == quoted(world, row, row["next_free_at"])


def test_a_lesson_without_a_price_that_can_be_charged_shows_none(world: World) -> None:
    ann = world.instructor()
    world.service(ann, price_cents=None, currency="eur")
    world.service(ann, price_cents=10)
    rows = search(world)
    assert len(rows) == 2
    for row in rows:
        shown = [row[name] for name in ("list_cents", "fee_cents", "total_cents", "next_free_at")]
        assert shown == [None] * 4


def test_the_next_free_time_is_the_first_that_can_be_booked(world: World) -> None:
    ann = world.instructor(minimum_notice_minutes=24 * 60)
    service = world.service(ann)
    first, second = world.in_days(20), world.in_days(40)
    for start in (world.now() + timedelta(hours=12), first, second):
        world.slot(service, start)
    assert search(world)[0]["next_free_at"] == first
    (slot,) = world.rows("select id from public.bookable_slots where start_at = %s", first)
    world.book(world.person(), slot["id"])
    assert search(world)[0]["next_free_at"] == second


def test_an_exact_place_is_never_kept(world: World) -> None:
    ann = world.instructor()
    with world.acting_as(ann.user_id):
        world.connection.execute(
            "update public.instructors set area_lat = 51.4987654, area_lng = -0.1234567"
            " where id = %s",
            [ann.id],
        )
    everywhere = world.value(
        "select concat(row_to_json(kept), (select json_agg(entry) from public.audit_logs entry))"
        " from public.instructors kept where id = %s",
        ann.id,
    )
    assert '"area_lat":51.50,"area_lng":-0.12' in everywhere
    assert "51.4987" not in everywhere


def card(
    world: World, owner: UUID, school: UUID, prices: dict[UUID, int], **columns: date | bool
) -> None:
    """A rate card of a school."""
    given = {"p_org_id": school, "p_name": str(uuid4())}
    card_id = world.call(owner, "public.create_rate_card", **given, **columns)
    for service_id, cents in prices.items():
        world.call(
            owner,
            "public.set_rate",
            p_rate_card_id=card_id,
            p_service_id=service_id,
            p_price_cents=cents,
        )


@pytest.mark.parametrize(
    ("lat", "lng"),
    [("90.01", "0"), ("0", "-180.01"), ("1e300", "0"), ("0", "NaN"), ("Infinity", "0")],
)
def test_a_place_off_the_earth_is_refused_by_its_rule(world: World, lat: str, lng: str) -> None:
    ann = world.instructor()
    with (
        world.unchanged(),
        world.acting_as(ann.user_id),
        world.refusing("23514", "area_is_on_earth"),
    ):
        world.connection.execute(
            "update public.instructors set area_lat = %s::numeric, area_lng = %s::numeric"
            " where id = %s",
            [lat, lng, ann.id],
        )


@pytest.mark.parametrize("instructors", [-1, 0, 3])
@pytest.mark.parametrize("services", [-1, 0, 3])
def test_however_it_is_planned_a_time_is_looked_for_with_who_gives_the_lesson(
    world: World, instructors: int, services: int
) -> None:
    """Where tables were empty when they were last counted, it seems cheap to pair all rows."""
    for number in range(3):
        instructor = world.instructor(area_lat=51.5, area_lng=-0.13)
        world.service(instructor, title=f"lesson {number}")
    for table, rows in (("instructors", instructors), ("services", services)):
        world.rows(
            "update pg_class set relpages = %s, reltuples = %s where oid = %s::regclass",
            0 if rows < 0 else 1,
            rows,
            f"public.{table}",
        )
    assert len(search(world, p_order="distance", **LONDON)) == 3
    assert len(search(world)) == 3
