"""A guardianship is offered, accepted and ended."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from tests.factories import MARKETPLACE, Refusal, World, refusal
from tests.patience import PATIENCE
from tests.races import wait_for_lock
from tests.schools.conftest import School, open_school
from tools.cluster import Cluster

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
    if caller != "learner":
        ben = world.child(school.id)
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
    born = world.now().date() - timedelta(days=4000)
    world.call(school.owner, "public.set_date_of_birth", p_learner_id=ben, p_date_of_birth=born)
    with world.unchanged(), world.refusing("PT422", "own_guardian"):
        offer(world, school.who(caller), ben, p_guardian_email=f" {address} ")


def test_a_childs_contact_address_may_be_its_guardians(school: School) -> None:
    world = school.world
    child = world.child(school.id)
    world.connection.execute(
        "update public.learner_contacts set email = %s where learner_id = %s", [GIL, child]
    )
    offer(world, school.owner, child)
    assert world.count("public.learner_guardians") == 1


def test_a_guardian_is_offered_one_guardianship_of_a_learner(school: School, ben: UUID) -> None:
    world = school.world
    link_id = offer(world, school.learner, ben)
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
        offer(school.world, school.learner, ben, **arguments)


def test_an_offer_gives_no_right_before_consent(school: School, ben: UUID) -> None:
    world = school.world
    gil = world.person("Gil", GIL)
    booked = world.book(school.learner, world.slot(world.service(school.instructor)))
    offer(world, school.learner, ben, p_can_view=True, p_can_book=True, p_can_pay=True)
    with world.acting_as(gil):
        assert [row["learner_id"] for row in world.rows("select * from learner_guardians")] == [ben]
        for table in ("learners", "learner_details", "bookings", "guardians"):
            assert world.rows(f"select * from public.{table}") == []
    slot = world.slot(world.service(school.instructor), world.in_days(3))
    with world.refusing("42501", "not_yourself"):
        world.book(gil, slot, p_learner_id=ben)
    with world.refusing("PT404", "order_not_found"):
        world.serve(
            "webhook_service",
            "private.open_payment",
            p_user_id=gil,
            p_ordered_id=booked["booking_id"],
        )


def offer_by_school(school: School, learner_id: UUID, **scopes: bool) -> UUID:
    return offer(school.world, school.owner, learner_id, **scopes)


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
    guardian_id = consent(world, gil, offer_by_school(school, child))
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
    link_id = offer_by_school(school, child)
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
    assert consent(world, gil, link_id) == consent(world, gil, offer_by_school(school, child))
    assert world.count("public.guardians") == 1


def test_only_the_proven_owner_of_the_address_consents(school: School, child: UUID) -> None:
    world, link_id = school.world, offer_by_school(school, child)
    unproven = world.person("Gil", GIL, verified=False)
    for person in (unproven, world.person(), school.owner, school.learner, world.admin()):
        with world.unchanged(), world.refusing("PT404", "guardianship_not_found"):
            consent(world, person, link_id)
    world.connection.execute("update auth.users set email_confirmed_at = private.clock()")
    consent(world, unproven, link_id)


def test_what_was_revoked_or_never_offered_is_not_found(school: School, child: UUID) -> None:
    world, gil = school.world, school.world.person("Gil", GIL)
    link_id = offer_by_school(school, child)
    world.call(school.owner, "public.revoke_guardian", p_learner_guardian_id=link_id)
    for unknown in (link_id, uuid4()):
        with world.unchanged(), world.refusing("PT404", "guardianship_not_found"):
            consent(world, gil, unknown)


def test_a_visitor_who_consents_is_asked_to_sign_in(school: School, child: UUID) -> None:
    world, link_id = school.world, offer_by_school(school, child)
    with world.unchanged():
        with world.refusing("42501", "sign_in_required"), world.acting_as(None):
            world.value("select public.give_guardian_consent(%s)", link_id)
        with world.refusing("42501"), world.acting_as(None, "anon"):
            world.value("select public.give_guardian_consent(%s)", link_id)


def test_a_learner_is_never_their_own_guardian(school: School) -> None:
    world = school.world
    person = world.person("Sly")
    link_id = offer(world, person, world.learner(school.id, person))
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
    own = world.child(school.id if org == "the same" else MARKETPLACE, gil, age)
    if org == "the marketplace":
        world.connection.execute(
            "update public.learner_details set is_birth_self_declared = true where learner_id = %s",
            [own],
        )
    link_id = offer_by_school(school, child)
    if is_guardian:
        consent(world, gil, link_id)
    else:
        with world.unchanged(), world.refusing("PT422", "guardian_is_minor"):
            consent(world, gil, link_id)


def test_what_another_school_records_makes_no_guardian_a_minor(school: School, child: UUID) -> None:
    world, gil = school.world, school.world.person("Gil", GIL)
    world.child(world.organization(), gil, 17)
    consent(world, gil, offer_by_school(school, child))


def test_the_next_owner_of_the_address_is_no_guardian(school: School, child: UUID) -> None:
    """The mother's right is hers, whatever becomes of her mailbox."""
    world, mother = school.world, school.world.person("Gil", GIL)
    link_id = offer_by_school(school, child, p_can_book=True, p_can_pay=True)
    guardian_id = consent(world, mother, link_id)
    world.connection.execute(
        "update auth.users set email = 'new@example.org' where id = %s", [mother]
    )
    heir = world.person("Heir", GIL)
    with world.unchanged(), world.refusing("PT404", "guardianship_not_found"):
        consent(world, heir, link_id)
    with world.acting_as(heir):
        for table in ("learner_guardians", "learners", "learner_details", "guardians"):
            assert world.count(f"public.{table}") == 0
    with world.unchanged(), world.refusing("PT404", "guardianship_not_found"):
        world.call(heir, "public.revoke_guardian", p_learner_guardian_id=link_id)
    assert consent(world, mother, link_id) == guardian_id
    with world.acting_as(mother):
        assert world.count("public.learners") == 1


def test_an_offer_ends_after_two_weeks(school: School, child: UUID) -> None:
    world, gil = school.world, school.world.person("Gil", GIL)
    link_id = offer_by_school(school, child)
    world.travel(by=timedelta(days=14))
    with world.unchanged(), world.refusing("PT404", "guardianship_not_found"):
        consent(world, gil, link_id)
    with world.acting_as(gil):
        assert world.count("public.learner_guardians") == 0
    consent(world, gil, offer_by_school(school, child))


@pytest.mark.parametrize("caller", ["owner", "admin", "platform admin"])
@pytest.mark.parametrize("born", [None, "1990-01-01"])
def test_a_school_chooses_no_guardian_for_an_adult(
    school: School, ben: UUID, caller: str, born: str | None
) -> None:
    world = school.world
    if born:
        world.call(school.owner, "public.set_date_of_birth", p_learner_id=ben, p_date_of_birth=born)
    person = school.who(caller)
    with world.unchanged(), world.refusing("PT422", "learner_is_adult"):
        offer(world, person, ben, p_can_pay=True)


def test_who_comes_of_age_can_be_a_guardian(school: School, child: UUID) -> None:
    world, gil = school.world, school.world.person("Gil", GIL)
    own = world.child(school.id, gil, 17)
    birthday = world.value(
        "select (date_of_birth + interval '18 years') at time zone 'UTC'"
        " from public.learner_details where learner_id = %s",
        own,
    )
    world.travel(to=birthday - timedelta(seconds=1))
    link_id = offer_by_school(school, child)
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
    link_id = offer_by_school(school, learner)
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
        refused = outcome.exception(timeout=PATIENCE)
    assert isinstance(refused, psycopg.Error)
    assert refusal(refused) == Refusal("PT422", "own_guardian")
    assert (
        world.count("public.guardians"),
        world.value("select user_id from public.learners where id = %s", learner),
    ) == ((1, None) if first == "consent" else (0, jo))


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
        learner,
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


def test_a_visitor_who_revokes_is_asked_to_sign_in(school: School) -> None:
    world, kin = school.world, family(school, 10, is_accepted=True)
    with world.unchanged():
        with world.refusing("42501", "sign_in_required"), world.acting_as(None):
            world.value("select public.revoke_guardian(%s)", kin.link_id)
        with world.refusing("42501"), world.acting_as(None, "anon"):
            world.value("select public.revoke_guardian(%s)", kin.link_id)
