"""What policies ask: which rows are the caller's, as what."""

from __future__ import annotations

from uuid import UUID

from tests.factories import MARKETPLACE, World


def ids(world: World, function: str, person: UUID | None) -> set[UUID]:
    """Asks as the owner of the policies' tables would, on behalf of a person."""
    world.connection.execute(
        f"""
        create or replace function pg_temp.ids() returns uuid[] language sql security definer
            return private.{function}()
        """
    )
    with world.acting_as(person):
        found: list[UUID] = world.value("select pg_temp.ids()")
    return set(found)


def test_a_person_is_an_instructor_in_each_of_their_organizations(world: World) -> None:
    school = world.organization()
    here = world.instructor()
    there = world.instructor(org_id=school, user_id=here.user_id)
    world.instructor(org_id=school)
    assert ids(world, "my_instructor_ids", here.user_id) == {here.id, there.id}
    assert ids(world, "my_instructor_ids", world.person()) == set()
    assert ids(world, "my_instructor_ids", None) == set()


def test_a_person_is_a_learner_in_each_of_their_organizations(world: World) -> None:
    school, person = world.organization(), world.person()
    own = {world.learner(MARKETPLACE, person), world.learner(school, person)}
    world.learner(school)
    world.learner(school, world.person())
    assert ids(world, "my_learner_ids", person) == own
    assert ids(world, "my_learner_ids", None) == set()


def test_members_belong_and_owners_and_admins_administer(world: World) -> None:
    school, other = world.organization(), world.organization()
    world.member(other, "owner")
    for role, administers in {
        "owner": {school},
        "admin": {school},
        "instructor": set[UUID](),
        "learner": set[UUID](),
    }.items():
        person = world.member(school, role)
        assert ids(world, "my_org_ids", person) >= {school}
        assert other not in ids(world, "my_org_ids", person)
        assert ids(world, "my_admin_org_ids", person) == administers


def test_two_roles_in_one_organization_are_one_membership(world: World) -> None:
    school = world.organization()
    person = world.member(school, "learner")
    world.member(school, "instructor", person)
    assert ids(world, "my_org_ids", person) == {school}


def test_a_platform_admin_administers_every_organization(world: World) -> None:
    everywhere = {MARKETPLACE, world.organization(), world.organization()}
    admin = world.admin()
    assert ids(world, "my_admin_org_ids", admin) == everywhere
    assert ids(world, "my_org_ids", admin) == everywhere


def test_a_booking_makes_two_people_contacts(world: World) -> None:
    booking = world.booking()
    world.booking()
    learner_id = booking.columns["learner_id"]
    assert ids(world, "my_contact_ids", booking.learner) == {booking.instructor.id}
    assert ids(world, "my_contact_ids", booking.instructor.user_id) == {learner_id}
    assert ids(world, "my_contact_ids", world.person()) == set()
