"""The school of supabase/seed.sql can be found, quoted and booked as it stands."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import psycopg
import pytest

from tests.factories import World
from tools.cluster import ROOT, Cluster, run_file

SCHOOL, INSTRUCTOR, LEARNER, SERVICE = (
    UUID(f"00000000-0000-4000-8000-0000000000{number}") for number in ("d0", "d2", "d3", "d4")
)
OWNER = UUID("00000000-0000-4000-8000-0000000000d1")


@pytest.fixture
def seeded(cluster: Cluster, fresh_database: str, committed_world: World) -> World:
    """A database of its own, seeded as `supabase db reset` does it."""
    with psycopg.connect(cluster.url("postgres", fresh_database), autocommit=True) as connection:
        run_file(connection, ROOT / "supabase" / "seed.sql")
    return committed_world


def test_an_hour_costs_95_australian_dollars_and_the_fee(seeded: World) -> None:
    quoted = seeded.ask(
        None, "public.quote_booking", p_service_id=SERVICE, p_instructor_id=INSTRUCTOR
    )
    assert [(line["amount_cents"], line["currency"]) for line in quoted] == [
        (9500, "aud"),
        (1710, "aud"),
    ]


def test_the_school_and_its_instructor_are_found(seeded: World) -> None:
    (school,) = seeded.ask(None, "public.find_organization", p_slug="demo-driving-school")
    assert (school["id"], school["time_zone"]) == (SCHOOL, "Australia/Sydney")
    (found,) = seeded.ask(None, "public.search_instructors", p_org_id=SCHOOL)
    assert found["id"] == INSTRUCTOR
    (service,) = seeded.ask(None, "public.search_services", p_org_id=SCHOOL)
    assert (service["id"], service["duration_minutes"]) == (SERVICE, 60)


def test_the_owner_books_a_listed_time_for_the_learner(seeded: World) -> None:
    times = seeded.ask(
        None,
        "public.list_open_slots",
        p_instructor_id=INSTRUCTOR,
        p_service_id=SERVICE,
        p_from=seeded.now(),
        p_to=seeded.now() + timedelta(days=7),
    )
    assert len(times) >= 4 * 8
    (booked,) = seeded.ask(
        OWNER,
        "public.request_booking",
        p_instructor_id=INSTRUCTOR,
        p_service_id=SERVICE,
        p_start_at=times[-1]["start_at"],
        p_learner_id=LEARNER,
    )
    assert (booked["status"], booked["amount_cents"], booked["currency"]) == ("held", 11210, "aud")
    assert seeded.violations() == []


def test_the_school_teaches_a_drivers_record(seeded: World) -> None:
    progress = seeded.ask(OWNER, "public.learner_progress", p_learner_id=LEARNER)
    assert len(progress) == 27
    assert {row["syllabus"] for row in progress} == {"Driving"}
