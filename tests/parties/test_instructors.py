"""How one becomes an instructor, is verified and is found."""

from __future__ import annotations

from collections import Counter
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.rows import DictRow

from tests.factories import MARKETPLACE, Instructor, Refusal, World
from tests.races import Racers
from tests.schools.conftest import School
from tools.cluster import Cluster


def become_instructor(world: World, person: UUID, **arguments: Any) -> DictRow:
    given = {"p_display_name": "Ann", "p_hourly_rate_cents": 4500} | arguments
    instructor_id = world.call(person, "public.become_instructor", **given)
    return world.row("select * from public.instructors where id = %s", instructor_id)


def test_a_person_becomes_an_unverified_instructor_of_the_marketplace(world: World) -> None:
    person = world.person()
    instructor = become_instructor(world, person, p_bio="Patient.")
    assert (instructor["org_id"], instructor["user_id"]) == (MARKETPLACE, person)
    assert instructor["verification_status"] == "pending"
    assert (instructor["hourly_rate_cents"], instructor["bio"]) == (4500, "Patient.")


def test_currency_and_time_zone_are_the_marketplaces_unless_named(world: World) -> None:
    default = become_instructor(world, world.person())
    assert (default["currency"], default["time_zone"]) == ("gbp", "Europe/London")
    named = become_instructor(
        world, world.person(), p_currency="DKK", p_time_zone="Europe/Copenhagen"
    )
    assert (named["currency"], named["time_zone"]) == ("dkk", "Europe/Copenhagen")


def test_an_instructor_has_a_private_half_and_the_role(world: World) -> None:
    person = world.person()
    instructor = become_instructor(world, person)
    details = world.row(
        "select * from public.instructor_details where instructor_id = %s", instructor["id"]
    )
    assert (details["org_id"], details["payee"], details["fee_bps"]) == (
        MARKETPLACE,
        "instructor",
        None,
    )
    roles = world.rows("select * from public.organization_members where user_id = %s", person)
    assert [(row["org_id"], row["role"]) for row in roles] == [(MARKETPLACE, "instructor")]


def test_nobody_becomes_an_instructor_twice(world: World) -> None:
    person = world.person()
    before = become_instructor(world, person)
    with world.refusing("PT409", "already_an_instructor"):
        become_instructor(world, person, p_hourly_rate_cents=9900)
    assert world.rows("select * from public.instructors where user_id = %s", person) == [before]


def test_a_visitor_is_asked_to_sign_in(world: World) -> None:
    with world.refusing("42501", "sign_in_required"), world.acting_as(None):
        world.value("select public.become_instructor('Ann', 4500)")
    with world.refusing("42501"), world.acting_as(None, "anon"):
        world.value("select public.become_instructor('Ann', 4500)")
    assert world.count("public.instructors") == 0


@pytest.mark.parametrize(
    ("arguments", "sqlstate", "code"),
    [
        ({"p_currency": "xyz"}, "PT422", "unknown_currency"),
        ({"p_currency": ""}, "PT422", "unknown_currency"),
        ({"p_hourly_rate_cents": -1}, "PT422", "hourly_rate_can_be_charged"),
        ({"p_hourly_rate_cents": 100_000_000}, "PT422", "hourly_rate_can_be_charged"),
        ({"p_hourly_rate_cents": None}, "PT422", "value_missing"),
        ({"p_display_name": ""}, "PT422", "display_name_is_short"),
        ({"p_display_name": "x" * 201}, "PT422", "display_name_is_short"),
        ({"p_display_name": None}, "PT422", "value_missing"),
        ({"p_bio": "x" * 10_001}, "PT422", "bio_is_short"),
        ({"p_time_zone": "Moon/Base"}, "PT422", "time_zone_is_known"),
        ({"p_time_zone": "Europe/London+3"}, "PT422", "time_zone_is_known"),
    ],
)
def test_a_bad_offer_is_refused_whole(
    world: World, arguments: dict[str, Any], sqlstate: str, code: str
) -> None:
    person = world.person()
    with world.refusing(sqlstate, code):
        become_instructor(world, person, **arguments)
    assert world.count("public.instructors") == 0
    assert world.rows("select * from public.organization_members where user_id = %s", person) == []


def test_of_eight_requests_at_once_one_succeeds(cluster: Cluster, committed_world: World) -> None:
    person = committed_world.person()

    def ask(connection: psycopg.Connection[Any], _: int) -> str:
        become_instructor(World(connection), person)
        return "made"

    with Racers(cluster.admin_url(committed_world.connection.info.dbname), 8) as racers:
        outcomes = Counter(racers.race(ask))
    assert outcomes == {"made": 1, Refusal("PT409", "already_an_instructor"): 7}
    assert committed_world.count("public.instructors") == 1


def add(school: School, caller: UUID, **arguments: Any) -> DictRow:
    given = {"p_org_id": school.id, "p_display_name": "Mo", "p_hourly_rate_cents": 5000}
    instructor_id = school.world.call(caller, "public.add_instructor", **(given | arguments))
    return school.world.row("select * from public.instructors where id = %s", instructor_id)


@pytest.mark.parametrize("caller", ["owner", "admin", "platform admin"])
def test_who_administers_the_school_adds_an_instructor(school: School, caller: str) -> None:
    added = add(school, school.who(caller), p_display_name=" Mo ", p_bio="<b>Calm</b>")
    assert (added["org_id"], added["user_id"], added["display_name"]) == (school.id, None, "Mo")
    assert (added["hourly_rate_cents"], added["currency"], added["time_zone"]) == (
        5000,
        "gbp",
        "Europe/London",
    )
    assert (added["verification_status"], added["is_active"]) == ("pending", True)
    assert added["bio"] == "<b>Calm</b>"


def test_an_added_instructor_has_a_private_half(school: School) -> None:
    added = add(school, school.owner)
    details = school.world.row(
        "select * from public.instructor_details where instructor_id = %s", added["id"]
    )
    assert (details["org_id"], details["fee_bps"]) == (school.id, None)


def test_the_school_earns_for_an_instructor_without_a_login(school: School) -> None:
    added = add(school, school.owner)
    assert school.world.value("select private.payee_id(%s)", added["id"]) == school.id


@pytest.mark.parametrize("caller", ["instructor", "learner", "stranger", "owner of another"])
def test_nobody_else_does(school: School, caller: str) -> None:
    person = school.who(caller)
    with school.world.unchanged(), school.world.refusing("PT404", "organization_not_found"):
        add(school, person)


def test_a_visitor_who_adds_an_instructor_is_asked_to_sign_in(school: School) -> None:
    world, call = school.world, "select public.add_instructor(%s, 'Mo', 5000)"
    with world.unchanged():
        with world.refusing("42501", "sign_in_required"), world.acting_as(None):
            world.value(call, school.id)
        with world.refusing("42501"), world.acting_as(None, "anon"):
            world.value(call, school.id)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"p_display_name": None}, "value_missing"),
        ({"p_display_name": "  "}, "display_name_is_short"),
        ({"p_display_name": "x" * 201}, "display_name_is_short"),
        ({"p_display_name": "x" * 1_000_000}, "display_name_is_short"),
        ({"p_hourly_rate_cents": None}, "value_missing"),
        ({"p_hourly_rate_cents": -1}, "hourly_rate_can_be_charged"),
        ({"p_hourly_rate_cents": 100_000_000}, "hourly_rate_can_be_charged"),
        ({"p_currency": "xyz"}, "unknown_currency"),
        ({"p_bio": "x" * 10_001}, "bio_is_short"),
        ({"p_bio": "x" * 1_000_000}, "bio_is_short"),
        ({"p_time_zone": "Moon/Base"}, "time_zone_is_known"),
    ],
)
def test_a_bad_value_adds_nobody(school: School, arguments: dict[str, Any], code: str) -> None:
    with school.world.unchanged(), school.world.refusing("PT422", code):
        add(school, school.owner, **arguments)


REASON = "Licence seen"


@pytest.fixture
def candidate(world: World) -> Instructor:
    return world.instructor(verification_status="pending")


def verify(
    world: World,
    caller: UUID,
    instructor_id: UUID,
    status: str = "verified",
    reason: str | None = REASON,
) -> None:
    world.call(
        caller,
        "public.admin_verify_instructor",
        p_instructor_id=instructor_id,
        p_verification_status=status,
        p_reason=reason,
    )


def status(world: World, instructor: Instructor) -> str:
    found: str = world.value(
        "select verification_status::text from public.instructors where id = %s", instructor.id
    )
    return found


@pytest.mark.parametrize("decision", ["verified", "rejected", "pending"])
def test_an_admin_decides(world: World, candidate: Instructor, decision: str) -> None:
    verify(world, world.admin(), candidate.id, decision)
    assert status(world, candidate) == decision


def test_the_decision_is_audited_with_its_reason(world: World, candidate: Instructor) -> None:
    admin = world.admin()
    verify(world, admin, candidate.id)
    entry = world.row("select * from public.audit_logs order by id desc limit 1")
    assert (entry["entity_id"], entry["action"]) == (str(candidate.id), "update")
    assert entry["old_values"] == {"verification_status": "pending"}
    assert entry["new_values"] == {"verification_status": "verified"}
    assert (entry["user_id"], entry["actor_kind"], entry["reason"]) == (admin, "user", REASON)


def test_nobody_else_decides(world: World, candidate: Instructor) -> None:
    school_admin = world.member(candidate.org_id, "owner")
    for caller in (world.person(), candidate.user_id, school_admin):
        with world.refusing("42501", "not_an_admin"):
            verify(world, caller, candidate.id)
    with world.refusing("42501", "not_an_admin"), world.acting_as(None):
        world.value("select public.admin_verify_instructor(%s, 'verified', 'Me')", candidate.id)
    assert status(world, candidate) == "pending"


def test_an_instructor_cannot_verify_their_own_row(world: World, candidate: Instructor) -> None:
    with world.refusing("42501"), world.acting_as(candidate.user_id):
        world.connection.execute("update public.instructors set verification_status = 'verified'")
    assert status(world, candidate) == "pending"


@pytest.mark.parametrize("reason", [None, "", "  ", "ok", "  a  ", "x" * 501])
def test_a_decision_needs_a_reason(world: World, candidate: Instructor, reason: str | None) -> None:
    with world.refusing("PT422", "reason_required"):
        verify(world, world.admin(), candidate.id, reason=reason)
    assert status(world, candidate) == "pending"


@pytest.mark.parametrize("who", ["instructor", "admin", "studio"])
def test_another_name_waits_to_be_verified(world: World, candidate: Instructor, who: str) -> None:
    verify(world, world.admin(), candidate.id)
    rename = "update public.instructors set display_name = 'Someone Else'"
    if who == "studio":
        with world.in_studio():
            world.rows(rename)
    else:
        person = candidate.user_id if who == "instructor" else world.member(MARKETPLACE, "admin")
        with world.acting_as(person):
            world.rows(rename)
    assert status(world, candidate) == "pending"
    slot = world.slot(world.service(candidate))
    with world.refusing("PT409", "instructor_unavailable"):
        world.book(world.person(), slot)


def test_another_login_waits_to_be_verified(school: School) -> None:
    world = school.world
    managed = world.managed_instructor(school.id)
    person = school.join("instructor", p_instructor_id=managed)
    assert status(world, Instructor(managed, person, school.id)) == "pending"


def test_what_was_rejected_stays_so_under_another_name(world: World, candidate: Instructor) -> None:
    verify(world, world.admin(), candidate.id, "rejected")
    with world.acting_as(candidate.user_id):
        world.rows("update public.instructors set display_name = 'Someone Else'")
    assert status(world, candidate) == "rejected"


def test_anything_else_leaves_the_verification(world: World, candidate: Instructor) -> None:
    verify(world, world.admin(), candidate.id)
    with world.acting_as(candidate.user_id):
        world.rows("update public.instructors set bio = 'Calm', display_name = display_name")
    assert status(world, candidate) == "verified"


def test_an_unknown_instructor_is_not_found(world: World, candidate: Instructor) -> None:
    with world.refusing("PT404", "instructor_not_found"):
        verify(world, world.admin(), uuid4())
    assert status(world, candidate) == "pending"


def test_there_is_no_other_decision(world: World, candidate: Instructor) -> None:
    admin = world.admin()
    with world.refusing("22P02"):
        verify(world, admin, candidate.id, "maybe")
    assert status(world, candidate) == "pending"


def search(world: World, person: UUID | None = None, **arguments: Any) -> list[DictRow]:
    return world.ask(person, "public.search_instructors", **arguments)


def names(found: list[DictRow]) -> set[str]:
    return {row["display_name"] for row in found}


def test_a_visitor_finds_who_is_listed(world: World) -> None:
    listed = {
        world.instructor(name="Ann").id,
        world.instructor(name="Bo", org_id=world.organization()).id,
        world.managed_instructor(world.organization(), "Mo"),
    }
    world.instructor(verification_status="pending")
    world.instructor(verification_status="rejected")
    world.instructor(is_active=False)
    world.instructor(is_available=False)
    for person in (None, world.person(), world.admin()):
        assert {row["id"] for row in search(world, person)} == listed


def test_the_rows_are_those_that_a_visitor_may_read(world: World) -> None:
    ann = world.instructor(name="Ann", bio="Calm.", expertise_areas=["parking"])
    world.connection.execute(
        "update public.instructor_details set phone = '+44 1632 960000', license_id = 'L1'"
    )
    (found,) = search(world)
    with world.acting_as(None, "anon"):
        (row,) = world.rows("select * from public.instructors")
    assert found == row
    assert found["id"] == ann.id
    assert not {"phone", "license_id", "fee_bps", "email"} & set(found)


def test_the_directory_itself_shows_visitors_the_listed_only(world: World) -> None:
    shown = world.instructor(name="Ann").id
    world.instructor(verification_status="pending")
    world.instructor(is_active=False)
    for person, role in ((None, "anon"), (world.person(), "authenticated")):
        with world.acting_as(person, role):
            assert [row["id"] for row in world.rows("select id from instructors")] == [shown]
    with world.refusing("42501"), world.acting_as(None, "anon"):
        world.count("public.instructor_details")


def test_an_instructor_who_is_verified_appears(world: World) -> None:
    instructor_id = world.call(
        world.person(), "public.become_instructor", p_display_name="Ann", p_hourly_rate_cents=1
    )
    assert search(world) == []
    world.call(
        world.admin(),
        "public.admin_verify_instructor",
        p_instructor_id=instructor_id,
        p_verification_status="verified",
        p_reason="Licence seen",
    )
    assert [row["id"] for row in search(world)] == [instructor_id]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (None, {"Ann Smith", "Anna 100%", "Bo_b", "Łukasz", "<b>Eve</b>", "back\\slash"}),
        ("", {"Ann Smith", "Anna 100%", "Bo_b", "Łukasz", "<b>Eve</b>", "back\\slash"}),
        ("ann", {"Ann Smith", "Anna 100%"}),
        ("N SM", {"Ann Smith"}),
        ("łuk", {"Łukasz"}),
        ("%", {"Anna 100%"}),
        ("_", {"Bo_b"}),
        ("\\", {"back\\slash"}),
        ("a%s", set()),
        ("<b>", {"<b>Eve</b>"}),
        ("'; drop table public.instructors; --", set()),
        ("x" * 1_000_000, set()),
    ],
)
def test_a_query_is_part_of_the_name(world: World, query: str | None, found: set[str]) -> None:
    for name in ("Ann Smith", "Anna 100%", "Bo_b", "Łukasz", "<b>Eve</b>", "back\\slash"):
        world.instructor(name=name)
    assert names(search(world, p_query=query)) == found


@pytest.mark.parametrize(
    ("areas", "found"),
    [
        (None, {"Ann", "Bo", "Cy"}),
        ([], {"Ann", "Bo", "Cy"}),
        (["parking"], {"Ann", "Bo"}),
        (["parking", "motorway"], {"Bo"}),
        (["Parking"], set()),
        (["<script>"], set()),
        (["x" * 1_000_000], set()),
    ],
)
def test_every_area_is_covered(world: World, areas: list[str] | None, found: set[str]) -> None:
    world.instructor(name="Ann", expertise_areas=["parking"])
    world.instructor(name="Bo", expertise_areas=["motorway", "parking", "night"])
    world.instructor(name="Cy")
    assert names(search(world, p_expertise_areas=areas)) == found


@pytest.mark.parametrize(
    "areas", [[None], ["\u200b"], ["a\nb"], [["a", "b"], ["c", "d"]]], ids=ascii
)
def test_what_nobody_can_carry_is_not_searched(world: World, areas: list[Any]) -> None:
    with world.refusing("PT422", "tags_are_lines"):
        search(world, p_expertise_areas=areas)


def test_a_school_can_be_asked_for(world: World) -> None:
    school = world.organization()
    world.instructor(name="Ann", org_id=school)
    world.instructor(name="Bo")
    assert names(search(world, p_org_id=school)) == {"Ann"}
    assert names(search(world, p_org_id=school, p_query="bo")) == set()
    assert names(search(world, p_org_id=world.organization())) == set()


def test_pages_follow_one_another(world: World) -> None:
    everybody = sorted(world.instructor().id for _ in range(7))
    paged: list[UUID] = []
    while page := search(world, p_limit=3, p_after=paged[-1] if paged else None):
        assert len(page) <= 3
        paged += [row["id"] for row in page]
    assert paged == everybody


@pytest.mark.parametrize(("limit", "rows"), [(None, 50), (-1, 1), (0, 1), (60, 60), (9999, 200)])
def test_a_page_has_at_most_two_hundred(world: World, limit: int | None, rows: int) -> None:
    world.connection.execute(
        "insert into public.instructors (org_id, display_name, hourly_rate_cents, currency,"
        " time_zone, verification_status)"
        " select private.marketplace_id(), 'Ann', 1, 'gbp', 'Europe/London', 'verified'"
        " from generate_series(1, 201)"
    )
    assert len(search(world, p_limit=limit)) == rows


@pytest.mark.parametrize(
    "areas", [["x" * 101], [""], [None], ["x"] * 51, ["x" * 1_000_000], ["ж" * 101]]
)
def test_areas_that_no_index_holds_are_refused(world: World, areas: list[str]) -> None:
    ann = world.instructor()
    with (
        world.unchanged(),
        world.refusing("23514", "expertise_is_short"),
        world.acting_as(ann.user_id),
    ):
        world.connection.execute("update public.instructors set expertise_areas = %s", [areas])


def test_areas_are_kept_as_they_were_typed(world: World) -> None:
    ann = world.instructor()
    areas = ["<b>", "ж" * 100, *(str(number) for number in range(48))]
    with world.acting_as(ann.user_id):
        world.connection.execute("update public.instructors set expertise_areas = %s", [areas])
    assert search(world, p_expertise_areas=["ж" * 100])[0]["expertise_areas"] == areas
