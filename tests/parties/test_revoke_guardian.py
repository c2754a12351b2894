"""Each party ends a guardianship; a learner under age takes back no more than an offer."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID, uuid4

import pytest

from tests.factories import World
from tests.schools.conftest import School


@dataclass(frozen=True)
class Family:
    """A learner with a login and a guardian, and the link between them."""

    school: School
    learner: UUID
    guardian: UUID
    link_id: UUID

    def who(self, name: str) -> UUID:
        if name in ("learner", "guardian"):
            found: UUID = getattr(self, name)
            return found
        return self.school.who(name)


def family(school: School, age: int, *, is_accepted: bool) -> Family:
    world = school.world
    learner, guardian = world.person("Kit"), world.person("Gil")
    link_id = world.call(
        school.owner,
        "public.link_guardian",
        p_learner_id=world.child(school.id, learner, age),
        p_guardian_email=world.email(guardian),
    )
    if is_accepted:
        world.call(guardian, "public.give_guardian_consent", p_learner_guardian_id=link_id)
    return Family(school, learner, guardian, link_id)


def revoke(world: World, caller: UUID, link_id: UUID) -> None:
    world.call(caller, "public.revoke_guardian", p_learner_guardian_id=link_id)


@pytest.mark.parametrize(
    ("caller", "age"),
    [
        ("guardian", 10),
        ("owner", 10),
        ("admin", 10),
        ("platform admin", 10),
        ("guardian", 20),
        ("learner", 20),
    ],
)
def test_a_party_ends_it(school: School, caller: str, age: int) -> None:
    world, kin = school.world, family(school, age, is_accepted=True)
    revoke(world, kin.who(caller), kin.link_id)
    assert world.value("select revoked_at from public.learner_guardians") == world.now()
    with world.acting_as(kin.guardian):
        assert world.rows("select * from public.learners") == []


@pytest.mark.parametrize("caller", ["learner", "instructor", "stranger", "owner of another"])
def test_nobody_else_does_nor_a_learner_under_age(school: School, caller: str) -> None:
    world, kin = school.world, family(school, 17, is_accepted=True)
    person = kin.who(caller)
    with world.unchanged(), world.refusing("PT404", "guardianship_not_found"):
        revoke(world, person, kin.link_id)


def test_another_guardian_does_not(school: School) -> None:
    world, kin = school.world, family(school, 10, is_accepted=True)
    other = world.guardian(
        world.value("select id from public.learners where user_id = %s", kin.learner),
        view=True,
        book=True,
        pay=True,
    )
    with world.unchanged(), world.refusing("PT404", "guardianship_not_found"):
        revoke(world, other, kin.link_id)


@pytest.mark.parametrize("caller", ["learner", "guardian", "owner", "admin"])
def test_an_offer_is_declined_or_taken_back(school: School, caller: str) -> None:
    world, kin = school.world, family(school, 10, is_accepted=False)
    revoke(world, kin.who(caller), kin.link_id)
    with world.unchanged(), world.refusing("PT404", "guardianship_not_found"):
        world.call(kin.guardian, "public.give_guardian_consent", p_learner_guardian_id=kin.link_id)


def test_an_unproven_address_declines_nothing(school: School) -> None:
    world, kin = school.world, family(school, 10, is_accepted=False)
    world.connection.execute("update auth.users set email_confirmed_at = null")
    with world.unchanged(), world.refusing("PT404", "guardianship_not_found"):
        revoke(world, kin.guardian, kin.link_id)


def test_what_is_over_or_unknown_is_not_found(school: School) -> None:
    world, kin = school.world, family(school, 10, is_accepted=True)
    revoke(world, kin.guardian, kin.link_id)
    for link_id in (kin.link_id, uuid4()):
        with world.unchanged(), world.refusing("PT404", "guardianship_not_found"):
            revoke(world, school.owner, link_id)


def test_a_visitor_is_asked_to_sign_in(school: School) -> None:
    world, kin = school.world, family(school, 10, is_accepted=True)
    with world.unchanged():
        with world.refusing("42501", "sign_in_required"), world.acting_as(None):
            world.value("select public.revoke_guardian(%s)", kin.link_id)
        with world.refusing("42501"), world.acting_as(None, "anon"):
            world.value("select public.revoke_guardian(%s)", kin.link_id)
