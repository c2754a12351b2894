"""A person is anonymised and the books stay: no trace of who, every trace of how much."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.factories import MARKETPLACE, Booking, Instructor, World
from tests.messages.conftest import Post
from tests.schools.conftest import School

MARK = "Zaphod"

# Stripe's raw events go after thirty days, and the login is Auth's to delete.
KEPT_ELSEWHERE = {"private.webhook_events", "private.webhook_event_bodies"}

BOOKS = (
    "private.ledger_transactions",
    "private.ledger_entries",
    "private.ledger_accounts",
    "public.payments",
    "public.refunds",
    "public.earnings",
    "public.payouts",
    "public.payout_items",
    "public.bookable_slots",
)


def erase(world: World, caller: UUID, person: UUID | None, reason: str | None = None) -> None:
    world.call(caller, "public.erase_person", p_user_id=person, p_reason=reason)


def traces(world: World) -> set[str]:
    """The tables in which the mark stands."""
    tables = world.rows(
        "select format('%%I.%%I', relnamespace::regnamespace, relname) as name from pg_class"
        " where relnamespace in ('public'::regnamespace, 'private'::regnamespace)"
        " and relkind in ('r', 'p') and not relispartition"
    )
    return {
        table["name"]
        for table in tables
        if table["name"] not in KEPT_ELSEWHERE
        and world.value(
            f"select exists (select from {table['name']} row where row::text ~* %s)", MARK
        )
    }


def delete_login(world: World, person: UUID) -> None:
    world.connection.execute("delete from auth.users where id = %s", [person])


def mark_profile(world: World, person: UUID) -> None:
    world.connection.execute(
        "update public.profiles set full_name = %(mark)s, display_name = %(mark)s,"
        " first_name = %(mark)s, last_name = %(mark)s, phone = %(mark)s, external_id = %(mark)s,"
        " avatar_url = 'https://example.org/' || %(mark)s where id = %(person)s",
        {"mark": MARK, "person": person},
    )


def mark(world: World, table: str, where: str, **columns: object) -> None:
    """Writes the mark into columns, or what is given for them, as an admin in Studio could."""
    changes = ", ".join(f"{name} = %s" for name in columns)
    changed = world.connection.execute(
        f"update public.{table} set {changes} where {where}", list(columns.values())
    )
    assert changed.rowcount > 0


def take_lesson(school: School, person: UUID) -> Booking:
    """A lesson of the school's that was booked, paid, given, and refunded in part."""
    world = school.world
    slot = world.slot(world.service(school.instructor))
    booked = world.book(person, slot, p_notes=MARK)
    booking = Booking(world, booked["booking_id"], person, school.instructor, slot)
    booking.pay()
    booking.complete()
    booking.refund(1000)
    return booking


@pytest.fixture
def learner(school: School) -> Booking:
    """A learner with the mark wherever they can have left it."""
    world, person = school.world, invited(school)
    booking = take_lesson(school, person)
    learner_id = booking.columns["learner_id"]
    own = f"learner_id = '{learner_id}'"
    mark_profile(world, person)
    mark(
        world,
        "learners",
        f"id = '{learner_id}'",
        full_name=MARK,
        learning_goals=[MARK],
        interests=[MARK],
    )
    mark(world, "learner_contacts", own, email=f"{MARK}@example.org", phone=MARK)
    mark(world, "learner_details", own, date_of_birth="2001-01-01", notes=MARK)
    mark(
        world,
        "bookings",
        own,
        learner_notes=MARK,
        pickup_address=MARK,
        pickup_lat=51,
        dropoff_address=MARK,
        cancellation_reason=MARK,
    )
    mark(world, "booking_notes", f"booking_id = '{booking.id}'", notes=MARK)
    mark(world, "lessons", own, notes=MARK)
    world.call(person, "public.rate_lesson", p_booking_id=booking.id, p_rating=4, p_review=MARK)
    mark(world, "lesson_ratings", own, reply=MARK, replied_at=world.now())
    world.guardian(learner_id, view=True)
    mark(world, "learner_guardians", own, relation=MARK)
    refund_id = world.call(
        person,
        "public.request_refund",
        p_booking_id=booking.id,
        p_amount_cents=100,
        p_reason=f"{MARK} was ill.",
    )
    world.call(school.owner, "public.decide_refund", p_refund_id=refund_id, p_is_granted=False)
    return booking


def invited(school: School) -> UUID:
    """A learner of the school, who came by an invitation to a marked address."""
    person = school.world.person(MARK, f"{MARK}@example.org")
    school.accept(person, school.invite(school.owner, f"{MARK}@example.org", "learner"))
    return person


def test_a_learner_leaves_no_trace(school: School, learner: Booking) -> None:
    world = school.world
    left = traces(world)
    assert {"public.learners", "public.bookings", "public.lessons", "public.invitations"} < left
    assert "public.refunds" in left
    erase(world, learner.learner, learner.learner)
    assert traces(world) == set()
    row = world.row("select * from public.learners where id = %s", learner.columns["learner_id"])
    assert (row["full_name"], row["user_id"]) == ("Erased learner", None)
    details = world.row("select * from public.learner_details where learner_id = %s", row["id"])
    assert (details["date_of_birth"], details["notes"]) == (None, None)
    assert learner.columns["pickup_lat"] is None


def test_what_a_learner_complained_of_leaves_no_trace(school: School) -> None:
    world, lesson = school.world, take_lesson(school, school.learner)
    mark(world, "bookings", "true", learner_notes=None)
    report_id = world.call(
        school.learner,
        "public.report_problem",
        p_booking_id=lesson.id,
        p_description=f"{MARK} smelled of smoke.",
    )
    world.call(
        world.admin(),
        "public.admin_resolve_problem",
        p_problem_report_id=report_id,
        p_unfreezes_earning=True,
        p_reason="That was right to say.",
    )
    erase(world, school.learner, school.learner)
    assert traces(world) == set()
    report = world.row("select description, resolution from public.problem_reports")
    assert set(report.values()) == {"Erased"}


def test_texts_to_a_number_and_answers_leave_no_trace(school: School) -> None:
    world, post = school.world, Post(school.world)
    number = post.phone(school.learner, "+44 7700 900456")
    unasked_at = world.now()
    post.answer(number, "Wrong number")  # before anything was sent: whose words are these?
    world.travel(by=timedelta(minutes=1))
    slot = world.slot(world.service(school.instructor))
    booked = world.book(school.learner, slot)
    booking = Booking(world, booked["booking_id"], school.learner, school.instructor, slot)
    booking.pay()
    (text,) = [message for message in post.send() if message["channel"] == "sms"]
    world.serve(
        "webhook_service",
        "private.record_message_status",
        p_message_id=text["message_id"],
        p_provider_id="SM1",
        p_status="delivered",
        p_error_code=None,
        p_payload=Jsonb({"To": number}),
    )
    world.travel(by=timedelta(minutes=1))
    post.answer(number, "I am ill")
    post.answer(number, "STOP")
    booking.complete()
    tables = world.call(school.learner, "public.export_person", p_user_id=school.learner)["tables"]
    told = {event["status"] for event in tables["private.message_events"]}
    assert told == {"delivered", "other", "stop"}
    assert "Wrong number" not in str(tables)
    assert [entry["cause"] for entry in tables["private.suppressed_addresses"]] == ["stop"]
    erase(world, school.learner, school.learner)
    (words,) = world.rows("select * from private.message_events where status <> 'erased'")
    assert words["received_at"] == unasked_at
    kept = world.rows("select * from private.message_events where status = 'erased'")
    assert {(row["message_id"], row["address"], str(row["payload"])) for row in kept} == {
        (None, None, "{}")
    }
    assert world.count("private.suppressed_addresses") == 1  # or the number would be texted again


def test_who_was_erased_waits_for_no_time(school: School) -> None:
    world = school.world
    world.service(school.instructor)
    entry = world.call(
        school.learner, "public.join_waiting_list", p_instructor_id=school.instructor.id
    )
    erase(world, school.learner, school.learner)
    row = world.row("select ended_at from public.waiting_list_entries where id = %s", entry)
    assert row["ended_at"] == world.now()


def test_the_learners_lessons_and_money_stay(school: School, learner: Booking) -> None:
    world = school.world
    personal = {
        *("learner_notes", "pickup_address", "pickup_lat", "dropoff_address"),
        *("cancellation_reason", "learner_person_id", "updated_at"),
    }
    before, books = learner.columns, {name: world.contents()[name] for name in BOOKS}
    del books["public.refunds"]  # whose reasons go
    refunds = "select amount_cents, unmatched_cents, status from public.refunds order by id"
    refunded = world.rows(refunds)
    erase(world, learner.learner, learner.learner)
    assert world.rows(refunds) == refunded
    after = learner.columns
    assert {name for name in before if before[name] != after[name]} <= personal
    assert after["learner_person_id"] == after["learner_id"]
    assert {name: world.contents()[name] for name in books} == books
    assert world.count("public.lessons") == 1


def test_a_learner_who_was_erased_is_still_refunded(school: School, learner: Booking) -> None:
    world = school.world
    erase(world, learner.learner, learner.learner)
    assert learner.refund(4310) == "processed"
    assert world.ledger().get("instructor_pending", 0) == 0
    delete_login(world, learner.learner)
    assert learner.payment["payer_id"] is None
    assert learner.payment["refunded_cents"] == 5310


def test_a_learners_guardians_are_guardians_no_more(school: School, learner: Booking) -> None:
    world = school.world
    guardian = world.value("select user_id from public.guardians")
    erase(world, learner.learner, learner.learner)
    with world.acting_as(guardian):
        assert world.count("public.learners") == 0
        assert world.count("public.bookings") == 0
    link = world.row("select * from public.learner_guardians")
    assert (link["revoked_at"], link["relation"]) == (world.now(), None)


# The instructor


@pytest.fixture
def instructor(school: School) -> Instructor:
    """An instructor who was paid, with the mark wherever they can have left it."""
    world, ann = school.world, school.instructor
    take_lesson(school, school.learner)
    world.onboard(ann)
    world.travel(by=timedelta(days=9))
    assert [run["paid"] for run in world.run_payouts()] == [1]
    world.connection.execute(
        "update auth.users set email = %s where id = %s", [f"{MARK}.ann@example.org", ann.user_id]
    )
    mark_profile(world, ann.user_id)
    own = f"instructor_id = '{ann.id}'"
    mark(
        world,
        "instructors",
        f"id = '{ann.id}'",
        display_name=MARK,
        bio=MARK,
    )
    mark(world, "instructor_details", own, phone=MARK, license_id=MARK)
    mark(
        world,
        "services",
        own,
        description=MARK,
        short_description=MARK,
        prerequisites=MARK,
    )
    mark(world, "service_materials", own, materials_url=f"https://example.org/{MARK}")
    mark(
        world,
        "connect_account_details",
        "true",
        business_profile=Jsonb({"name": MARK}),
        requirements=Jsonb({"errors": [MARK]}),
    )
    world.window(ann)
    world.closing(ann, world.in_days(3).date(), note=MARK)
    world.slot(world.service(ann), world.in_days(20))
    # What the learner left is the learner's to have erased.
    learner = world.value("select user_id from public.learners")
    lesson = world.value("select booking_id from public.lessons")
    world.call(learner, "public.rate_lesson", p_booking_id=lesson, p_rating=4, p_review=MARK)
    erase(world, learner, learner)
    mark(world, "booking_notes", own, notes=MARK)
    mark(world, "lessons", own, notes=MARK)
    mark(world, "lesson_ratings", own, reply=MARK, replied_at=world.now())
    return ann


def test_an_instructor_leaves_no_trace(school: School, instructor: Instructor) -> None:
    world = school.world
    assert {"public.instructors", "public.services", "public.booking_notes"} <= traces(world)
    erase(world, instructor.user_id, instructor.user_id)
    assert traces(world) == set()
    row = world.row("select * from public.instructors where id = %s", instructor.id)
    assert (row["display_name"], row["user_id"]) == ("Erased instructor", None)
    assert (row["is_active"], row["is_available"]) == (False, False)
    assert world.count("public.availability_windows") == 0
    assert world.count("public.availability_exceptions") == 0


def test_alerts_that_name_an_instructor_name_nobody_more(
    school: School, instructor: Instructor
) -> None:
    world = school.world
    world.connection.execute(
        "select private.raise_alert(org_id, null, 'move_proposed', %s || ' would like to move it.',"
        " 'bookings', id, 'moved', learner_id) from public.bookings",
        [MARK],
    )
    assert "public.audit_logs" not in traces(world)
    Post(world).send()
    erase(world, instructor.user_id, instructor.user_id)
    assert traces(world) == set()


def test_an_instructor_offers_nothing_more(school: School, instructor: Instructor) -> None:
    world = school.world
    erase(world, instructor.user_id, instructor.user_id)
    assert world.ask(None, "public.search_instructors") == []
    assert world.ask(None, "public.search_services") == []
    with world.acting_as(None, "anon"):
        for table in ("instructors", "services", "bookable_slots"):
            assert world.count(f"public.{table}") == 0


def test_the_instructors_lessons_and_payouts_stay(school: School, instructor: Instructor) -> None:
    world = school.world
    kept = {
        name: digest
        for name, digest in world.contents().items()
        if name in BOOKS and name != "public.bookable_slots"
    }
    erase(world, instructor.user_id, instructor.user_id)
    after = world.contents()
    assert {name: after[name] for name in kept} == kept
    assert world.count("public.lessons") == 1
    assert world.rows("select status::text from public.payouts") == [{"status": "paid"}]


def test_a_refund_after_the_instructor_was_erased_is_booked(
    school: School, instructor: Instructor
) -> None:
    world = school.world
    erase(world, instructor.user_id, instructor.user_id)
    delete_login(world, instructor.user_id)
    booking_id = world.value("select id from public.bookings")
    booking = Booking(world, booking_id, uuid4(), instructor, uuid4())
    assert booking.refund(1000) == "processed"
    assert world.violations() == []


# The guardian who pays


@pytest.fixture
def guardian(school: School) -> Booking:
    """A guardian who has paid for a lesson, with the mark wherever they can have left it."""
    world = school.world
    child = world.child(school.id)
    person = world.guardian(child, view=True, book=True, pay=True)
    world.connection.execute(
        "update auth.users set email = %s where id = %s", [f"{MARK}@example.org", person]
    )
    mark_profile(world, person)
    mark(world, "guardians", "true", full_name=MARK, phone=MARK, email=f"{MARK}@example.org")
    mark(world, "learner_guardians", "true", relation=MARK, guardian_email=f"{MARK}@example.org")
    # Two offers to the address that were never answered.
    for learner in (world.child(school.id), world.child(school.id)):
        world.call(
            school.owner,
            "public.link_guardian",
            p_learner_id=learner,
            p_guardian_email=f"{MARK}@example.org",
            p_relation=MARK,
        )
    school.invite(school.owner, f"{MARK}@example.org", "admin")
    slot = world.slot(world.service(school.instructor))
    booked = world.book(person, slot, p_learner_id=child)
    booking = Booking(world, booked["booking_id"], person, school.instructor, slot)
    booking.pay()
    booking.complete()
    return booking


def test_a_guardian_leaves_no_trace(school: School, guardian: Booking) -> None:
    world = school.world
    assert {"public.guardians", "public.learner_guardians", "public.invitations"} <= traces(world)
    erase(world, guardian.learner, guardian.learner)
    assert traces(world) == set()
    row = world.row("select * from public.guardians")
    assert (row["full_name"], row["user_id"]) == ("Erased guardian", None)
    links = world.rows("select * from public.learner_guardians")
    assert [link["revoked_at"] for link in links] == [world.now()] * 3
    assert world.value("select revoked_at from public.invitations") == world.now()


def test_the_ward_and_the_payment_stay(school: School, guardian: Booking) -> None:
    world = school.world
    before = {name: world.contents()[name] for name in (*BOOKS, "public.bookings")}
    erase(world, guardian.learner, guardian.learner)
    assert {name: world.contents()[name] for name in (*BOOKS, "public.bookings")} == before
    assert guardian.payment["payer_id"] == guardian.learner
    assert guardian.columns["booked_by"] == guardian.learner
    delete_login(world, guardian.learner)
    assert guardian.payment["payer_id"] is None
    assert guardian.columns["booked_by"] is None
    assert guardian.payment["status"] == "succeeded"


def test_a_minor_without_that_guardian_is_booked_no_more(school: School, guardian: Booking) -> None:
    world, child = school.world, guardian.columns["learner_id"]
    erase(world, guardian.learner, guardian.learner)
    slot = world.slot(world.service(school.instructor), world.in_days(9))
    with world.refusing("PT422", "consent_required"):
        world.book(school.owner, slot, p_learner_id=child)


def test_an_unproven_address_withdraws_no_offer(school: School) -> None:
    world = school.world
    school.invite(school.owner, "jo@example.org", "learner")
    squatter = world.person("Sly", "jo@example.org", verified=False)
    erase(world, squatter, squatter)
    assert world.rows("select email, revoked_at from public.invitations") == [
        {"email": "jo@example.org", "revoked_at": None}
    ]


# The login


@pytest.mark.parametrize("who", ["learner", "instructor", "guardian"])
def test_a_login_with_books_is_deleted_after_and_not_before(
    school: School, who: str, request: pytest.FixtureRequest
) -> None:
    world, made = school.world, request.getfixturevalue(who)
    person = made.user_id if isinstance(made, Instructor) else made.learner
    refused = pytest.raises(psycopg.errors.IntegrityError)
    with world.unchanged(), refused, world.connection.transaction():
        delete_login(world, person)
    erase(world, person, person)
    delete_login(world, person)
    assert world.rows("select id from public.profiles where id = %s", person) == []
    assert traces(world) == set()


def test_an_erased_person_can_begin_again(school: School, learner: Booking) -> None:
    world, person = school.world, learner.learner
    erase(world, person, person)
    slot = world.slot(world.service(world.instructor()), world.in_days(9))
    assert world.book(person, slot)["booking_id"]
    with world.acting_as(person):
        assert len(world.rows("select id from public.bookings")) == 1


def test_erasing_twice_changes_nothing_more(school: School, learner: Booking) -> None:
    world = school.world
    erase(world, learner.learner, learner.learner)
    with world.unchanged(leaving_out=["public.profiles"]):
        erase(world, learner.learner, learner.learner)


# Who may, and when not


def test_a_platform_admin_erases_with_a_reason(school: School, learner: Booking) -> None:
    world, admin = school.world, school.world.admin()
    for reason in (None, "", "x" * 501):
        with world.unchanged(), world.refusing("PT422", "reason_required"):
            erase(world, admin, learner.learner, reason)
    erase(world, admin, learner.learner, "Asked by letter")
    assert traces(world) == set()
    reasons = {row["reason"] for row in world.rows("select reason from public.audit_logs")}
    assert "Asked by letter" in reasons


@pytest.mark.parametrize("caller", ["owner", "admin", "instructor", "stranger"])
def test_nobody_else_erases_a_person(school: School, learner: Booking, caller: str) -> None:
    world, person = school.world, school.who(caller)
    with world.unchanged(), world.refusing("42501", "not_an_admin"):
        erase(world, person, learner.learner, "Because")


def test_a_visitor_erases_nobody(school: School, learner: Booking) -> None:
    world, call = school.world, "select public.erase_person(%s, 'Because')"
    with world.unchanged():
        with world.refusing("42501", "sign_in_required"), world.acting_as(None):
            world.value(call, learner.learner)
        with world.refusing("42501"), world.acting_as(None, "anon"):
            world.value(call, learner.learner)


def test_an_unknown_person_is_not_found(school: School) -> None:
    world, admin = school.world, school.world.admin()
    for person in (uuid4(), None):
        with world.unchanged(), world.refusing("PT404", "person_not_found"):
            erase(world, admin, person, "Because")


def test_who_runs_the_platform_lays_that_down_first(world: World) -> None:
    admin, other = world.admin(), world.admin()
    for caller in (admin, other):
        with world.unchanged(), world.refusing("PT409", "is_platform_admin"):
            erase(world, caller, admin, "Leaving")
    world.connection.execute("delete from private.platform_admins where user_id = %s", [admin])
    erase(world, admin, admin)


def test_the_last_owner_of_a_school_stays(school: School) -> None:
    world = school.world
    with world.unchanged(), world.refusing("PT409", "last_owner"):
        erase(world, school.owner, school.owner)
    world.member(school.id, "owner")
    erase(world, school.owner, school.owner)
    assert school.owner not in {person for person, _ in school.roles}


def held(booking: Booking) -> None:
    assert booking.status == "held"


def confirmed(booking: Booking) -> None:
    booking.pay()


def in_progress(booking: Booking) -> None:
    booking.pay()
    booking.start()


@pytest.mark.parametrize("come_to", [held, confirmed, in_progress])
def test_lessons_ahead_come_first(world: World, come_to: Callable[[Booking], None]) -> None:
    booking, admin = world.booking(), world.admin()
    come_to(booking)
    for person in (booking.learner, booking.instructor.user_id):
        with world.unchanged(), world.refusing("PT409", "lessons_ahead"):
            erase(world, person, person)
        with world.unchanged(), world.refusing("PT409", "lessons_ahead"):
            erase(world, admin, person, "Now")


def test_a_request_is_a_lesson_ahead(world: World) -> None:
    booking = world.booking(requires_approval=True)
    assert booking.status == "requested"
    for person in (booking.learner, booking.instructor.user_id):
        with world.unchanged(), world.refusing("PT409", "lessons_ahead"):
            erase(world, person, person)


@pytest.mark.parametrize("organization", [MARKETPLACE, None])
def test_money_that_is_not_paid_out_comes_first(world: World, organization: UUID | None) -> None:
    ann = world.instructor(org_id=organization or world.organization())
    if organization is None:
        booking = Booking(world, *paid_lesson(world, ann))
    else:
        booking = world.lesson(ann)
    with world.unchanged(), world.refusing("PT409", "money_on_the_way"):
        erase(world, ann.user_id, ann.user_id)
    world.onboard(ann)
    world.travel(by=timedelta(days=9))
    with world.unchanged(), world.refusing("PT409", "money_on_the_way"):
        erase(world, ann.user_id, ann.user_id)
    world.run_payouts()
    erase(world, ann.user_id, ann.user_id)
    assert booking.status == "completed"


def test_a_balance_of_zero_is_in_nobodys_way_after_a_payday(world: World) -> None:
    """An instructor who never had an account, and gave everything back."""
    lesson = world.lesson()
    ann = lesson.instructor
    lesson.refund(5310)
    with world.unchanged(), world.refusing("PT409", "money_on_the_way"):
        erase(world, ann.user_id, ann.user_id)
    world.travel(by=timedelta(days=9))
    world.run_payouts()
    erase(world, ann.user_id, ann.user_id)


def paid_lesson(world: World, ann: Instructor) -> tuple[UUID, UUID, Instructor, UUID]:
    """A lesson of a school's, given."""
    learner = world.person()
    world.learner(ann.org_id, learner)
    slot = world.slot(world.service(ann))
    booking = Booking(world, world.book(learner, slot)["booking_id"], learner, ann, slot)
    booking.pay()
    booking.complete()
    return booking.id, learner, ann, slot


def test_a_refund_on_its_way_comes_first(world: World) -> None:
    lesson = world.lesson()
    lesson.refund(1000, "pending")
    with world.unchanged(), world.refusing("PT409", "money_on_the_way"):
        erase(world, lesson.learner, lesson.learner)
    (refund,) = world.rows("select * from public.refunds")
    lesson.refund(1000, id=refund["stripe_refund_id"])
    erase(world, lesson.learner, lesson.learner)


@pytest.mark.parametrize("is_paid", [False, True])
def test_prepaid_hours_come_first(world: World, is_paid: bool) -> None:
    instructor, _ = world.hourly()
    learner, admin = world.person(), world.admin()
    credit = world.buy_hours(learner, instructor, 2)
    if is_paid:
        credit.pay()
    for person in (learner, instructor.user_id):
        with world.unchanged(), world.refusing("PT409", "hours_left"):
            erase(world, person, person)
        with world.unchanged(), world.refusing("PT409", "hours_left"):
            erase(world, admin, person, "Now")


def test_hours_that_were_given_back_are_in_nobodys_way(world: World) -> None:
    instructor, _ = world.hourly()
    credit = world.hours(world.person(), instructor, 2)
    world.ask(credit.learner, "public.refund_credits", p_credit_id=credit.id)
    with world.unchanged(), world.refusing("PT409", "money_on_the_way"):
        erase(world, credit.learner, credit.learner)
    assert world.carry_refunds() == ["processed"]
    for person in (credit.learner, instructor.user_id):
        erase(world, person, person)


def test_hours_that_nobody_paid_are_in_nobodys_way_after_a_day(world: World) -> None:
    instructor, _ = world.hourly()
    credit = world.buy_hours(world.person(), instructor, 2)
    world.travel(by=timedelta(hours=24))
    world.maintain()
    assert credit.columns["status"] == "cancelled"
    erase(world, credit.learner, credit.learner)


def test_frozen_hours_come_first(world: World) -> None:
    instructor, _ = world.hourly()
    credit = world.hours(world.person(), instructor, 2)
    world.dispute(credit.payment)
    assert credit.columns["status"] == "frozen"
    for person in (credit.learner, instructor.user_id):
        with world.unchanged(), world.refusing("PT409", "hours_left"):
            erase(world, person, person)


def test_an_open_dispute_comes_first(world: World) -> None:
    """Also one over a lesson that was refunded before, of which no earning is left."""
    booking, admin = world.booking(), world.admin()
    booking.pay()
    world.cancel(booking.instructor.user_id, booking.id)
    assert world.carry_refunds() == ["processed"]
    world.dispute(booking.payment)
    for person in (booking.learner, booking.instructor.user_id):
        with world.unchanged(), world.refusing("PT409", "money_on_the_way"):
            erase(world, person, person)
        with world.unchanged(), world.refusing("PT409", "money_on_the_way"):
            erase(world, admin, person, "Now")
    world.dispute(booking.payment, "won")
    for person in (booking.learner, booking.instructor.user_id):
        erase(world, person, person)


def test_a_discount_of_a_payment_that_may_still_come_comes_first(world: World) -> None:
    booking = world.booking(discount_cents=100)
    booking.open_payment()
    world.travel(by=timedelta(hours=1))
    world.maintain()
    assert booking.status == "expired"
    assert world.value("select status from public.code_redemptions") == "reserved"
    with world.unchanged(), world.refusing("PT409", "money_on_the_way"):
        erase(world, booking.learner, booking.learner)
    world.deliver("payment_intent.canceled", booking.intent("canceled"))
    erase(world, booking.learner, booking.learner)


def test_the_code_of_a_learner_who_was_erased_ends(world: World) -> None:
    world.connection.execute("update public.organizations set referral_discount_bps = 1000")
    learner, friend = world.person(), world.person()
    service_id = world.service(world.instructor())
    (made,) = world.ask(learner, "public.create_referral_code")
    assert world.check_code(friend, made["code"], service_id)["is_valid"]
    erase(world, learner, learner)
    assert not world.value("select is_active from public.referral_codes")
    assert not world.check_code(friend, made["code"], service_id)["is_valid"]
