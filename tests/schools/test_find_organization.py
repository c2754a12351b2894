"""Anybody finds a school's page by its slug, and nothing there that is not for everybody."""

from __future__ import annotations

import pytest

from tests.schools.conftest import School


@pytest.mark.parametrize("caller", [None, "stranger", "learner", "owner"])
def test_a_school_is_found_by_its_slug(school: School, caller: str | None) -> None:
    world, slug = school.world, school.settings["slug"]
    person = school.who(caller) if caller else None
    for written in (slug, slug.upper()):
        (found,) = world.ask(person, "public.find_organization", p_slug=written)
        assert found == {
            name: school.settings[name]
            for name in ("id", "name", "slug", "time_zone", "currency", "labels")
        }


@pytest.mark.parametrize("slug", [None, "", "nowhere", "%", "<b>", "x" * 1_000_000])
def test_an_unknown_slug_finds_nothing(school: School, slug: str | None) -> None:
    assert school.world.ask(None, "public.find_organization", p_slug=slug) == []


def test_the_table_itself_is_closed_to_visitors(school: School) -> None:
    with school.world.refusing("42501"), school.world.acting_as(None, "anon"):
        school.world.count("public.organizations")
