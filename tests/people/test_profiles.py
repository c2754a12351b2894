"""Every login has a profile, whatever was typed at sign-up, and its e-mail address follows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

import supabase
from tests.factories import World
from tools.cluster import Api

NAMES = ("full_name", "display_name", "first_name", "last_name")

# What jsonb can hold: neither NUL nor half a surrogate pair, and no infinite number.
texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=300)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=10,
)
metadata = values | st.dictionaries(st.sampled_from([*NAMES, "avatar_url", "role"]), values)


def sign_up(world: World, metadata: Any = None, email: str | None = "jo@example.org") -> DictRow:
    """Signs somebody up as Auth does, and returns their profile."""
    user_id = uuid4()
    with world.connection.transaction():
        world.connection.execute("set local session authorization supabase_auth_admin")
        world.connection.execute(
            "insert into auth.users (id, email, raw_user_meta_data) values (%s, %s, %s)",
            [user_id, email, Jsonb(metadata) if metadata is not None else None],
        )
        world.connection.execute("set local session authorization default")
    return profile(world, user_id)


def profile(world: World, user_id: UUID) -> DictRow:
    return world.row("select * from public.profiles where id = %s", user_id)


def test_a_sign_up_makes_a_profile_of_what_was_typed(world: World) -> None:
    made = sign_up(
        world,
        {
            "full_name": "Jo Ann Smith",
            "first_name": "Jo Ann",
            "last_name": "Smith",
            "avatar_url": "https://example.org/jo.png",
        },
    )
    assert made["email"] == "jo@example.org"
    assert made["full_name"] == made["display_name"] == "Jo Ann Smith"
    assert (made["first_name"], made["last_name"]) == ("Jo Ann", "Smith")
    assert made["avatar_url"] == "https://example.org/jo.png"


def test_a_sign_up_through_auth_makes_a_profile_that_its_owner_can_read(api: Api) -> None:
    client = supabase.create_client(api.url, api.anon_key)
    signed_up = client.auth.sign_up(
        {
            "email": f"{uuid4()}@example.org",
            "password": "correct horse",
            "options": {"data": {"full_name": "Jo"}},
        }
    )
    assert signed_up.user is not None
    (own,) = client.table("profiles").select("id, email, full_name").execute().data
    assert own == {"id": signed_up.user.id, "email": signed_up.user.email, "full_name": "Jo"}


def test_a_person_without_metadata_or_address_has_a_profile(world: World) -> None:
    made = sign_up(world, email=None)
    assert {name: made[name] for name in ("email", *NAMES)} == dict.fromkeys(("email", *NAMES))


@pytest.mark.slow
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(metadata=metadata)
def test_no_metadata_stops_a_sign_up(world: World, metadata: Any) -> None:
    with world.connection.transaction(force_rollback=True):
        made = sign_up(world, metadata)
    assert made["email"] == "jo@example.org"
    assert all(len(made[name] or "") <= 200 for name in NAMES)


@pytest.mark.parametrize(
    "metadata",
    [
        [],
        "full_name",
        42,
        True,
        {"full_name": {"first": "Jo"}},
        {"full_name": ["Jo", "Smith"], "display_name": 7, "avatar_url": True},
        {"full_name": ""},
        {"full_name": "x" * 1_000_000, "last_name": "é" * 100_000},
        {
            "full_name": "\u202e\u0007\ud83d\ude00".encode("utf-16", "surrogatepass").decode(
                "utf-16"
            )
        },
        {"full_name": "'; drop table public.profiles; --"},
        {"nested": [[[[[[[[{"deep": "er"}]]]]]]]]},
    ],
)
def test_odd_metadata_does_not_stop_a_sign_up(world: World, metadata: Any) -> None:
    made = sign_up(world, metadata)
    assert made["email"] == "jo@example.org"
    assert len(made["full_name"] or "") <= 200


def test_deeply_nested_metadata_does_not_stop_a_sign_up(world: World) -> None:
    nested: list[Any] = []
    for _ in range(500):
        nested = [nested]
    assert sign_up(world, {"full_name": "Jo", "nested": nested})["full_name"] == "Jo"


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:image/png;base64,AAAA",
        "https://example.org/a b",
        "https://",
        "https://example.org/" + "x" * 2000,
        "http://example.org\nx",
        "",
    ],
)
def test_an_avatar_that_is_no_link_is_left_out(world: World, url: str) -> None:
    made = sign_up(world, {"full_name": "Jo", "avatar_url": url})
    assert (made["full_name"], made["avatar_url"]) == ("Jo", None)


@pytest.mark.parametrize(
    "url", ["http://example.org", "https://example.org/é?s=96", "https://e.org/" + "x" * 1900]
)
def test_an_avatar_that_is_a_link_is_kept(world: World, url: str) -> None:
    assert sign_up(world, {"avatar_url": url})["avatar_url"] == url


def test_a_new_address_follows_and_nothing_else_changes(world: World) -> None:
    before = sign_up(world, {"full_name": "Jo"})
    with world.acting_as(before["id"]):
        world.connection.execute("update public.profiles set full_name = 'Josephine'")
    world.connection.execute(
        "update auth.users set email = 'new@example.org', raw_user_meta_data = %s where id = %s",
        [Jsonb({"full_name": "Somebody"}), before["id"]],
    )
    after = profile(world, before["id"])
    assert (after["email"], after["full_name"]) == ("new@example.org", "Josephine")


def test_an_address_that_is_taken_away_goes(world: World) -> None:
    person = sign_up(world)["id"]
    world.connection.execute("update auth.users set email = null where id = %s", [person])
    assert profile(world, person)["email"] is None


def test_a_sign_in_leaves_the_profile_alone(world: World) -> None:
    before = sign_up(world, {"full_name": "Jo"})
    world.travel(by=timedelta(hours=1))
    world.connection.execute(
        "update auth.users set email = email, updated_at = private.clock() where id = %s",
        [before["id"]],
    )
    assert profile(world, before["id"]) == before


def test_a_person_cannot_choose_another_address_in_the_profile(world: World) -> None:
    person = sign_up(world)["id"]
    with world.refusing("42501"), world.acting_as(person):
        world.connection.execute("update public.profiles set email = 'admin@example.org'")
    assert profile(world, person)["email"] == "jo@example.org"


def test_a_login_without_books_can_be_deleted_with_its_profile(world: World) -> None:
    person = world.person()
    world.connection.execute("delete from auth.users where id = %s", [person])
    assert world.rows("select id from public.profiles where id = %s", person) == []


def test_a_login_with_books_cannot_be_deleted(world: World) -> None:
    booking = world.booking()
    for person in (booking.learner, booking.instructor.user_id):
        with pytest.raises(psycopg.errors.IntegrityError), world.connection.transaction():
            world.connection.execute("delete from auth.users where id = %s", [person])
        assert profile(world, person)["id"] == person
