"""What was accepted is known word for word: which version, by whom, when and from where."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from tests.factories import World
from tests.races import Racers
from tests.schools.conftest import School
from tools.cluster import Cluster


def publish(school: School, body: str | None, by: UUID | None = None) -> int:
    version: int = school.world.call(
        by or school.owner, "public.publish_terms", p_org_id=school.id, p_body=body
    )
    return version


def current(school: School, person: UUID | None = None) -> dict[str, Any]:
    (terms,) = school.world.ask(person, "public.current_terms", p_org_id=school.id)
    return terms


def accept(school: School, person: UUID, terms_id: UUID) -> None:
    school.world.call(person, "public.accept_terms", p_terms_id=terms_id)


def test_the_latest_version_is_in_force(school: School) -> None:
    assert school.world.ask(None, "public.current_terms", p_org_id=school.id) == []
    assert publish(school, "Be on time.") == 1
    assert publish(school, "Be on time.\nBring your licence.") == 2
    terms = current(school)
    assert (terms["version"], terms["body"]) == (2, "Be on time.\nBring your licence.")
    assert terms["accepted_at"] is None


def test_what_is_accepted_is_known_with_time_and_address(school: School) -> None:
    world = school.world
    publish(school, "Be on time.")
    terms_id = current(school)["terms_id"]
    with world.acting_as(school.learner):
        world.connection.execute(
            "select set_config('lplate.client_address_header', 'x-real-ip', true),"
            " set_config('request.headers', %s, true)",
            [json.dumps({"x-real-ip": "192.0.2.7"})],
        )
        world.connection.execute("select public.accept_terms(%s)", [terms_id])
    row = world.row("select * from public.terms_acceptances")
    assert (row["user_id"], row["terms_id"], str(row["ip"])) == (
        school.learner,
        terms_id,
        "192.0.2.7",
    )
    assert current(school, school.learner)["accepted_at"] == row["accepted_at"] == world.now()
    world.travel(by=timedelta(days=1))
    with world.unchanged():
        accept(school, school.learner, terms_id)


def test_only_what_is_in_force_is_accepted(school: School) -> None:
    publish(school, "Be on time.")
    old = current(school)["terms_id"]
    publish(school, "Be early.")
    with school.world.unchanged(), school.world.refusing("PT409", "terms_superseded"):
        accept(school, school.learner, old)
    with school.world.unchanged(), school.world.refusing("PT404", "terms_not_found"):
        accept(school, school.learner, uuid4())


@pytest.mark.parametrize(
    ("body", "code"),
    [("", "body_is_a_text"), ("\u200b", "body_is_a_text"), (None, "value_missing")],
)
def test_terms_say_something(school: School, body: str | None, code: str) -> None:
    with school.world.unchanged(), school.world.refusing("PT422", code):
        publish(school, body)


def test_only_admins_publish(school: School) -> None:
    for stranger in (school.instructor.user_id, school.learner, school.world.person()):
        with school.world.unchanged(), school.world.refusing("PT404", "organization_not_found"):
            publish(school, "Pay twice.", stranger)


@pytest.mark.parametrize(
    "change", ["update {} set body = 'x'", "delete from {}", "truncate {} cascade"]
)
def test_what_was_published_stays(school: School, change: str) -> None:
    publish(school, "Be on time.")
    with school.world.refusing("PT409", "append_only"), school.world.in_studio():
        school.world.connection.execute(change.format("public.terms_versions"))


def test_addresses_are_forgotten(school: School) -> None:
    world = school.world
    publish(school, "Be on time.")
    terms_id = current(school)["terms_id"]
    for person in (school.learner, world.member(school.id, "learner")):
        accept(school, person, terms_id)
    world.connection.execute("update public.terms_acceptances set ip = '192.0.2.7'")
    world.call(school.learner, "public.erase_person", p_user_id=school.learner)
    assert world.count("public.terms_acceptances where ip is null") == 1
    world.travel(by=timedelta(days=540, seconds=1))
    world.maintain()
    assert world.count("public.terms_acceptances where ip is null") == 2


def test_two_versions_at_once_follow_one_another(cluster: Cluster, committed_world: World) -> None:
    world = committed_world
    org_id = world.organization()
    owner = world.member(org_id, "owner")

    def act(connection: psycopg.Connection[Any], nth: int) -> int:
        version: int = World(connection).call(
            owner, "public.publish_terms", p_org_id=org_id, p_body=f"Version {nth}"
        )
        return version

    with Racers(cluster.admin_url(world.connection.info.dbname), 4) as racers:
        assert Counter(map(str, racers.race(act))) == {"1": 1, "2": 1, "3": 1, "4": 1}
