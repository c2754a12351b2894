"""Supabase's Storage takes an instructor's photo from the instructor and the school."""

from __future__ import annotations

import re
from uuid import UUID

import pytest

from tests.factories import Instructor, World
from tools.cluster import ROOT

# As much of Storage as its policies are about.
STORAGE = """
    create schema storage;
    create table storage.buckets (
        id text primary key, name text, public boolean,
        file_size_limit bigint, allowed_mime_types text[]
    );
    create table storage.objects (bucket_id text, name text);
    alter table storage.objects enable row level security;
    create function storage.foldername(name text) returns text[]
        language sql immutable as $$ select (string_to_array(name, '/'))[1:2] $$;
    grant usage on schema storage to anon, authenticated;
    grant all on storage.objects to anon, authenticated;
"""


@pytest.fixture
def storage(world: World) -> World:
    access = (ROOT / "sql" / "52_directory" / "90_access.sql").read_text()
    (block,) = re.findall(r"^do \$\$.*?^\$\$;", access, re.MULTILINE | re.DOTALL)
    world.connection.execute(STORAGE)
    world.connection.execute(block)
    return world


def put(
    world: World, person: UUID | None, folder: UUID, inner: UUID, bucket: str = "photos"
) -> None:
    with world.acting_as(person, "authenticated" if person else "anon"):
        world.connection.execute(
            "insert into storage.objects values (%s, %s)", [bucket, f"{folder}/{inner}/photo.jpg"]
        )


def of_a_school(world: World) -> tuple[Instructor, UUID]:
    school = world.organization()
    return world.instructor(org_id=school), world.member(school, "admin")


def test_the_bucket_is_public_and_takes_pictures(storage: World) -> None:
    (bucket,) = storage.rows("select * from storage.buckets")
    assert (bucket["id"], bucket["public"]) == ("photos", True)
    assert bucket["allowed_mime_types"] == ["image/jpeg", "image/png", "image/webp"]


def test_the_instructor_and_the_schools_admins_put_it_there(storage: World) -> None:
    ann, admin = of_a_school(storage)
    for person in (ann.user_id, admin):
        put(storage, person, ann.org_id, ann.id)
    with storage.acting_as(ann.user_id):
        assert storage.count("storage.objects") == 2
        storage.connection.execute("delete from storage.objects")
    assert storage.count("storage.objects") == 0


def test_nobody_else_does(storage: World) -> None:
    ann, _ = of_a_school(storage)
    bob, stranger_admin = of_a_school(storage)
    for person in (None, storage.person(), bob.user_id, stranger_admin):
        with storage.refusing("42501"):
            put(storage, person, ann.org_id, ann.id)
    with storage.refusing("42501"):
        put(storage, bob.user_id, ann.org_id, bob.id)
    with storage.refusing("42501"):
        put(storage, ann.user_id, ann.org_id, ann.id, "others")
    put(storage, ann.user_id, ann.org_id, ann.id)
    with storage.acting_as(stranger_admin):
        assert storage.count("storage.objects") == 0
