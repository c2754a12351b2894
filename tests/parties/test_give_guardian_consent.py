"""Only the proven owner of the address consents: never the learner, never somebody under age."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID, uuid4

import psycopg
import pytest

from tests.factories import MARKETPLACE, Refusal, World, refusal
from tests.races import wait_for_lock
from tests.schools.conftest import School, open_school
from tools.cluster import Cluster

GIL = "gil@example.org"


def offer(school: School, learner_id: UUID, email: str = GIL) -> UUID:
    link_id: UUID = school.world.call(
        school.owner, "public.link_guardian", p_learner_id=learner_id, p_guardian_email=email
    )
    return link_id


def consent(world: World, caller: UUID, link_id: UUID) -> UUID:
    guardian_id: UUID = world.call(
        caller, "public.give_guardian_consent", p_learner_guardian_id=link_id
    )
    return guardian_id


@pytest.fixture
def child(school: School) -> UUID:
    return school.world.child(school.id)


def test_the_owner_of_the_address_becomes_the_guardian(school: School, child: UUID) -> None:
    world = school.world
    gil = world.person("Gil", "Gil@Example.org")
    guardian_id = consent(world, gil, offer(school, child))
    guardian = world.row("select * from public.guardians")
    assert (guardian["id"], guardian["user_id"], guardian["full_name"]) == (
        guardian_id,
        gil,
        "Gil",
    )
    link = world.row("select * from public.learner_guardians")
    assert (link["guardian_id"], link["consented_at"]) == (guardian_id, world.now())


def test_consent_is_given_once(school: School, child: UUID) -> None:
    world, gil = school.world, school.world.person("Gil", GIL)
    link_id = offer(school, child)
    guardian_id = consent(world, gil, link_id)
    consented_at = world.now()
    world.travel(by=timedelta(days=1))
    assert consent(world, gil, link_id) == guardian_id
    assert world.value("select consented_at from public.learner_guardians") == consented_at


def test_a_guardian_of_two_is_one_person(school: School, child: UUID) -> None:
    world, gil = school.world, school.world.person("Gil", GIL)
    sister = world.child(world.organization())
    link_id = world.call(
        world.admin(), "public.link_guardian", p_learner_id=sister, p_guardian_email=GIL
    )
    assert consent(world, gil, link_id) == consent(world, gil, offer(school, child))
    assert world.count("public.guardians") == 1


def test_only_the_proven_owner_of_the_address_consents(school: School, child: UUID) -> None:
    world, link_id = school.world, offer(school, child)
    unproven = world.person("Gil", GIL, verified=False)
    for person in (unproven, world.person(), school.owner, school.learner, world.admin()):
        with world.unchanged(), world.refusing("PT404", "guardianship_not_found"):
            consent(world, person, link_id)
    world.connection.execute("update auth.users set email_confirmed_at = private.clock()")
    consent(world, unproven, link_id)


def test_what_was_revoked_or_never_offered_is_not_found(school: School, child: UUID) -> None:
    world, gil = school.world, school.world.person("Gil", GIL)
    link_id = offer(school, child)
    world.call(school.owner, "public.revoke_guardian", p_learner_guardian_id=link_id)
    for unknown in (link_id, uuid4()):
        with world.unchanged(), world.refusing("PT404", "guardianship_not_found"):
            consent(world, gil, unknown)


def test_a_visitor_is_asked_to_sign_in(school: School, child: UUID) -> None:
    world, link_id = school.world, offer(school, child)
    with world.unchanged():
        with world.refusing("42501", "sign_in_required"), world.acting_as(None):
            world.value("select public.give_guardian_consent(%s)", link_id)
        with world.refusing("42501"), world.acting_as(None, "anon"):
            world.value("select public.give_guardian_consent(%s)", link_id)


def test_a_learner_is_never_their_own_guardian(school: School) -> None:
    world = school.world
    person = world.person("Sly")
    learner_id = world.learner(school.id, person)
    link_id = offer(school, learner_id)
    world.connection.execute("update auth.users set email = %s where id = %s", [GIL, person])
    with world.unchanged(), world.refusing("PT422", "own_guardian"):
        consent(world, person, link_id)


def test_nor_in_studio(school: School, child: UUID) -> None:
    world = school.world
    guardian = world.guardian(child, view=True)
    with world.unchanged(), world.refusing("PT422", "own_guardian"):
        world.connection.execute(
            "update public.learners set user_id = %s where id = %s", [guardian, child]
        )
    own = world.learner(school.id, guardian)
    with world.unchanged(), world.refusing("PT422", "own_guardian"):
        world.connection.execute("update public.learner_guardians set learner_id = %s", [own])
    with world.unchanged(), world.refusing("PT422", "own_guardian"):
        world.connection.execute(
            "insert into public.learner_guardians"
            " (org_id, learner_id, guardian_id, guardian_email, consented_at)"
            " select %s, %s, id, 'other@example.org', private.clock() from public.guardians",
            [school.id, own],
        )


@pytest.mark.parametrize("org", ["the same", "the marketplace"])
@pytest.mark.parametrize(("age", "is_guardian"), [(17, False), (18, True)])
def test_a_guardian_is_of_age(
    school: School, child: UUID, org: str, age: int, is_guardian: bool
) -> None:
    world, gil = school.world, school.world.person("Gil", GIL)
    world.child(school.id if org == "the same" else MARKETPLACE, gil, age)
    link_id = offer(school, child)
    if is_guardian:
        consent(world, gil, link_id)
    else:
        with world.unchanged(), world.refusing("PT422", "guardian_is_minor"):
            consent(world, gil, link_id)


def test_who_comes_of_age_can_be_a_guardian(school: School, child: UUID) -> None:
    world, gil = school.world, school.world.person("Gil", GIL)
    own = world.child(school.id, gil, 17)
    link_id = offer(school, child)
    birthday = world.value(
        "select (date_of_birth + interval '18 years') at time zone 'UTC'"
        " from public.learner_details where learner_id = %s",
        own,
    )
    world.travel(to=birthday - timedelta(seconds=1))
    with world.refusing("PT422", "guardian_is_minor"):
        consent(world, gil, link_id)
    world.travel(to=birthday)
    consent(world, gil, link_id)


def test_guardians_keep_their_own_name_and_telephone(school: School, child: UUID) -> None:
    world = school.world
    guardian, other = world.guardian(child, view=True), world.guardian(child, view=True)
    with world.acting_as(guardian):
        changed = world.connection.execute(
            "update public.guardians set full_name = 'Gilda', phone = '+44 1632 960001'"
        )
        assert changed.rowcount == 1
    names = {
        row["user_id"]: row["full_name"] for row in world.rows("select * from public.guardians")
    }
    assert names == {guardian: "Gilda", other: "Gil"}
    for column in ("email", "user_id"):
        with world.unchanged(), world.refusing("42501"), world.acting_as(guardian):
            world.connection.execute(f"update public.guardians set {column} = null")


@pytest.mark.parametrize("first", ["consent", "login"])
def test_a_login_that_is_linked_meanwhile_is_no_guardian_of_its_own(
    cluster: Cluster, committed_world: World, first: str
) -> None:
    """Neither of the two sees what the other has not committed yet."""
    world, school = committed_world, open_school(committed_world)
    learner, jo = world.learner(school.id), world.person("Jo", GIL)
    link_id = offer(school, learner)
    token = school.invite(school.owner, GIL, "learner", p_learner_id=learner)
    steps: dict[str, Callable[[World], object]] = {
        "consent": lambda world: consent(world, jo, link_id),
        "login": lambda world: world.call(jo, "public.accept_invitation", p_token=token),
    }
    (second,) = steps.keys() - {first}

    url = cluster.admin_url(world.connection.info.dbname)
    with psycopg.connect(url, autocommit=True) as other, ThreadPoolExecutor(1) as threads:
        with world.connection.transaction():
            steps[first](world)
            outcome = threads.submit(steps[second], World(other))
            wait_for_lock(other, world)
        refused = outcome.exception(timeout=30)
    assert isinstance(refused, psycopg.Error)
    assert refusal(refused) == Refusal("PT422", "own_guardian")
    assert (
        world.count("public.guardians"),
        world.value("select user_id from public.learners where id = %s", learner),
    ) == ((1, None) if first == "consent" else (0, jo))
