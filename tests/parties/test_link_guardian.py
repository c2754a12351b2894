"""A guardianship is offered to an address by the learner or the school, and gives no right yet."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.factories import World
from tests.schools.conftest import School

GIL = "gil@example.org"
HUGE = "x" * 1_000_000


def offer(world: World, caller: UUID, learner_id: UUID, **arguments: Any) -> UUID:
    given = {"p_learner_id": learner_id, "p_guardian_email": GIL} | arguments
    link_id: UUID = world.call(caller, "public.link_guardian", **given)
    return link_id


@pytest.fixture
def ben(school: School) -> UUID:
    """The learner's id."""
    found: UUID = school.world.value(
        "select id from public.learners where user_id = %s", school.learner
    )
    return found


@pytest.mark.parametrize("caller", ["learner", "owner", "admin", "platform admin"])
def test_who_answers_for_a_learner_offers(school: School, ben: UUID, caller: str) -> None:
    world, person = school.world, school.who(caller)
    link_id = offer(
        world,
        person,
        ben,
        p_guardian_email=" Gil@Example.org ",
        p_relation="<b>aunt</b>",
        p_can_view=False,
        p_can_pay=True,
    )
    link = world.row("select * from public.learner_guardians")
    assert (link["id"], link["org_id"], link["learner_id"]) == (link_id, school.id, ben)
    assert (link["guardian_email"], link["relation"]) == (GIL, "<b>aunt</b>")
    assert (link["can_view"], link["can_book"], link["can_pay"]) == (False, False, True)
    assert (link["guardian_id"], link["consented_at"], link["invited_by"]) == (None, None, person)


def test_viewing_is_what_a_guardian_may_unless_said_otherwise(school: School, ben: UUID) -> None:
    offer(school.world, school.learner, ben)
    link = school.world.row("select * from public.learner_guardians")
    assert (link["can_view"], link["can_book"], link["can_pay"]) == (True, False, False)


@pytest.mark.parametrize("caller", ["instructor", "stranger", "owner of another"])
def test_nobody_else_offers(school: School, ben: UUID, caller: str) -> None:
    world, person = school.world, school.who(caller)
    world.book(school.learner, world.slot(world.service(school.instructor)))
    with world.unchanged(), world.refusing("PT404", "learner_not_found"):
        offer(world, person, ben)


def test_a_guardian_brings_in_no_other(school: School, ben: UUID) -> None:
    world = school.world
    guardian = world.guardian(ben, view=True, book=True, pay=True)
    with world.unchanged(), world.refusing("PT404", "learner_not_found"):
        offer(world, guardian, ben)


def test_an_unknown_learner_is_not_found(school: School) -> None:
    for learner_id in (uuid4(), None):
        with school.world.refusing("PT404", "learner_not_found"):
            school.world.call(
                school.owner,
                "public.link_guardian",
                p_learner_id=learner_id,
                p_guardian_email=GIL,
            )


def test_a_visitor_is_asked_to_sign_in(school: School, ben: UUID) -> None:
    world, call = school.world, "select public.link_guardian(%s, 'gil@example.org')"
    with world.unchanged():
        with world.refusing("42501", "sign_in_required"), world.acting_as(None):
            world.value(call, ben)
        with world.refusing("42501"), world.acting_as(None, "anon"):
            world.value(call, ben)


@pytest.mark.parametrize("caller", ["learner", "owner"])
def test_nobody_is_offered_their_own_guardianship(school: School, ben: UUID, caller: str) -> None:
    world, address = school.world, school.world.email(school.learner).upper()
    with world.unchanged(), world.refusing("PT422", "own_guardian"):
        offer(world, school.who(caller), ben, p_guardian_email=f" {address} ")


def test_a_childs_contact_address_may_be_its_guardians(school: School) -> None:
    world = school.world
    child = world.child(school.id)
    world.connection.execute("update public.learners set email = %s where id = %s", [GIL, child])
    offer(world, school.owner, child)
    assert world.count("public.learner_guardians") == 1


def test_a_guardian_is_offered_one_guardianship_of_a_learner(school: School, ben: UUID) -> None:
    world = school.world
    link_id = offer(world, school.owner, ben)
    with world.unchanged(), world.refusing("PT409", "guardian_is_linked"):
        offer(world, school.learner, ben, p_guardian_email="GIL@example.org", p_can_pay=True)
    world.call(school.owner, "public.revoke_guardian", p_learner_guardian_id=link_id)
    assert offer(world, school.learner, ben) != link_id
    offer(world, school.owner, world.child(school.id))
    assert world.count("public.learner_guardians") == 3


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"p_guardian_email": None}, "value_missing"),
        ({"p_guardian_email": ""}, "email_is_short"),
        ({"p_guardian_email": "gil"}, "email_is_short"),
        ({"p_guardian_email": "@example.org"}, "email_is_short"),
        ({"p_guardian_email": "g@" + "x" * 319}, "email_is_short"),
        ({"p_guardian_email": "g@" + HUGE}, "email_is_short"),
        ({"p_relation": "x" * 101}, "relation_is_short"),
        ({"p_relation": HUGE}, "relation_is_short"),
        ({"p_can_view": None}, "value_missing"),
        ({"p_can_book": None}, "value_missing"),
        ({"p_can_pay": None}, "value_missing"),
    ],
)
def test_a_bad_value_offers_nothing(
    school: School, ben: UUID, arguments: dict[str, Any], code: str
) -> None:
    with school.world.unchanged(), school.world.refusing("PT422", code):
        offer(school.world, school.owner, ben, **arguments)


def test_an_offer_gives_no_right_before_consent(school: School, ben: UUID) -> None:
    world = school.world
    gil = world.person("Gil", GIL)
    booked = world.book(school.learner, world.slot(world.service(school.instructor)))
    offer(world, school.owner, ben, p_can_view=True, p_can_book=True, p_can_pay=True)
    with world.acting_as(gil):
        assert [row["learner_id"] for row in world.rows("select * from learner_guardians")] == [ben]
        for table in ("learners", "learner_details", "bookings", "guardians"):
            assert world.rows(f"select * from public.{table}") == []
    slot = world.slot(world.service(school.instructor), world.in_days(3))
    with world.refusing("42501", "not_yourself"):
        world.book(gil, slot, p_learner_id=ben)
    with world.refusing("PT404", "booking_not_found"):
        world.serve(
            "webhook_service",
            "private.open_payment",
            p_user_id=gil,
            p_booking_id=booked["booking_id"],
        )
