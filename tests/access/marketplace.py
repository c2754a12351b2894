"""Three organizations with people, lessons and money in each, and how everybody stands to a row.

Time has passed there: somebody was dismissed, somebody left, somebody came back, somebody has
turned 18, somebody has another address than before, somebody was an admin, somebody was a guardian.
Each of them stands to a row as they do now.

A person's audience for a row follows from the parties that the row names and from how the
marketplace was built. No policy is asked: this is what policies are measured against.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Literal, get_args
from uuid import UUID, uuid4

from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from tests.factories import MARKETPLACE, Booking, Credit, Instructor, World, account_object
from tests.factories.billing_objects import subscribe
from tests.payouts import paydays
from tests.payouts.paydays import open_run, owe
from tests.tax.steps import save as save_seller

Audience = Literal[
    "self",
    "learner",
    "guardian",
    "instructor",
    "former",
    "fellow_learner",
    "fellow_instructor",
    "org_admin",
    "foreign_learner",
    "foreign_instructor",
    "foreign_admin",
    "platform_admin",
    "newcomer",
    "guest",
    "visitor",
]
AUDIENCES: tuple[Audience, ...] = get_args(Audience)

Kind = Literal[
    "learner",
    "guardian",
    "instructor",
    "former",
    "admin",
    "platform_admin",
    "newcomer",
    "guest",
    "visitor",
]


@dataclass(frozen=True)
class Person:
    """Somebody who sends requests; `id` is the learner's, the guardian's or the instructor's."""

    name: str
    kind: Kind
    user_id: UUID | None = None
    org_id: UUID | None = None
    id: UUID | None = None

    @property
    def role(self) -> Literal["anon", "authenticated"]:
        return "anon" if self.kind == "visitor" else "authenticated"

    @property
    def claims(self) -> dict[str, Any]:
        """What a verified token says of this person beside the role and the id."""
        return {"is_anonymous": True} if self.kind == "guest" else {}


@dataclass(frozen=True)
class Parties:
    """Whom a row names: a person's login, a learner, a guardian, an instructor, an organization."""

    person: UUID | None = None
    learner: UUID | None = None
    guardian: UUID | None = None
    instructor: UUID | None = None
    org: UUID | None = None


@dataclass(frozen=True)
class Story:
    """An instructor, and the one learner who has booked them, with the learner's guardian.

    Of who was the guardian until the learner came of age, only the name is left to them.
    """

    instructor: Person
    learner: Person | None = None
    guardian: Person | None = None
    former_guardian: Person | None = None

    def has(self, parties: Parties) -> bool:
        guardians = (self.guardian, self.former_guardian)
        return any(each is not None and parties.guardian == each.id for each in guardians) or any(
            person is not None
            and (party == person.id or (parties.person and parties.person == person.user_id))
            for person, party in (
                (self.instructor, parties.instructor),
                (self.learner, parties.learner),
            )
        )


@dataclass(frozen=True)
class Marketplace:
    people: tuple[Person, ...]
    stories: tuple[Story, ...]
    values: dict[str, Any]
    """What matrix.toml calls by name, such as @due_booking."""

    def person(self, name: str) -> Person:
        (found,) = [person for person in self.people if person.name == name]
        return found

    def audience(self, person: Person, parties: Parties) -> Audience:
        """How a person stands to a row that names these parties."""
        if person.kind in ("guest", "visitor"):
            return person.kind
        if person.user_id == parties.person:
            return "self"
        if person.kind == "former":
            return "former" if person.id == parties.instructor else "newcomer"
        stories = [story for story in self.stories if story.has(parties)]
        if any(person == story.learner for story in stories):
            return "learner"
        if any(person == story.guardian for story in stories):
            return "guardian"
        if any(person == story.instructor for story in stories):
            return "instructor"
        if person.kind == "platform_admin":
            return "platform_admin"
        if person.kind in ("newcomer", "guardian"):
            return "newcomer"
        org_id = stories[0].instructor.org_id if stories else parties.org
        is_fellow = person.org_id == org_id
        if person.kind == "admin":
            return "org_admin" if is_fellow else "foreign_admin"
        if person.kind == "learner":
            return "fellow_learner" if is_fellow else "foreign_learner"
        return "fellow_instructor" if is_fellow else "foreign_instructor"


def _say_who_sells(world: World, person: Person, org_id: UUID | None = None) -> None:
    """Says for tax offices who is paid: the instructor, or the school of an admin."""
    save_seller(world, _user(person), p_org_id=org_id)


def _invoice_fees(world: World, pat: Person) -> None:
    """Registers the platform for VAT, and issues an invoice for each fee so far."""
    world.call(
        _user(pat),
        "public.admin_set_registration",
        p_country="GB",
        p_legal_name="LPlate Ltd",
        p_address="2 Low Street, Leeds",
        p_reason="Founded.",
        p_is_home=True,
    )
    world.connection.execute(
        "select private.issue_fee_invoices(organization.id) from public.organizations organization"
    )


def _order_of(world: World, credit: Credit) -> UUID:
    order_id: UUID = world.value(
        "select order_id from public.order_items where credit_id = %s", credit.id
    )
    return order_id


def _withdraw(world: World, credit: Credit) -> None:
    """Takes hours back within 14 days, which leaves a receipt."""
    world.ask(credit.learner, "public.withdraw_from_order", p_order_id=_order_of(world, credit))


def build(world: World) -> Marketplace:
    """Settles everybody: a week of lessons, a payday, and lessons to come."""
    elm, oak = world.organization(name="Elm", slug="elm"), world.organization(name="Oak")
    ann, eve = _instructor(world, "Ann", elm), _instructor(world, "Eve", elm)
    una = _instructor(world, "Una", elm, verification_status="pending")
    ian, max_ = _instructor(world, "Ian", oak), _instructor(world, "Max", MARKETPLACE)
    ben, cleo = _learner(world, "Ben", elm), _learner(world, "Cleo", elm)
    lea, mia = _learner(world, "Lea", oak), _learner(world, "Mia", MARKETPLACE)
    ada = Person("Ada", "admin", world.member(elm, "admin"), elm)
    otto = Person("Otto", "admin", world.member(oak, "owner"), oak)
    pat = Person("Pat", "platform_admin", world.admin())
    nia = Person("Nia", "newcomer", world.person("Nia"))
    gil, guardianship = _guardian(world, "Gil", ben, cleo)
    dan, liv, rex, dee = (_instructor(world, name, elm) for name in ("Dan", "Liv", "Rex", "Dee"))
    world.member(elm, "admin", dee.user_id)
    rae, revoked_guardianship = _guardian(world, "Rae", ben)
    tim = _learner(world, "Tim", elm)
    gus, _ = _guardian(world, "Gus", tim, age=None)
    _turn_eighteen(world, tim, days=4)
    stories = (
        Story(ann, ben, gil),
        Story(eve, cleo, gil),
        Story(ian, lea),
        Story(max_, mia),
        Story(dan, tim, former_guardian=gus),
        Story(una),
        Story(liv),
        Story(rex),
        Story(dee),
    )

    accounts = {person: world.onboard(_as_instructor(person)) for person in (ann, eve, max_, dan)}
    school_account = _pay_to_organization(world, ian)
    for story in stories[:5]:
        _hours(world, story.instructor)
        lesson = _book(world, story, world.in_days(2))
        lesson.complete()
        lesson.refund(1000)
        _pay_in_cash(world, story)
    for person in (una, liv, rex, dee):
        _hours(world, person)
    world.travel(by=timedelta(days=9))
    assert len(world.run_payouts()) == 3
    for person in (una, rex, dee):
        owe(world, _as_instructor(person))
    for account in (accounts[ann], accounts[dan], "acct_school"):
        _pay_to_bank(world, account)

    recent, doubtful, _ = (_lesson(world, story) for story in (*stories[:2], stories[4]))
    report = world.call(
        _user(cleo),
        "public.report_problem",
        p_booking_id=doubtful.id,
        p_description="It was half an hour.",
    )
    undecided_claim = doubtful.say_missing("instructor")
    world.call(_user(eve), "public.contest_claim", p_claim_id=undecided_claim)
    waiting, held = (_leave_unpaid(world, person) for person in (max_, eve))
    world.call(
        _user(pat), "public.admin_hold_payout", p_payout_id=held, p_reason="To be looked into."
    )
    discount_code = _discount(world, stories[0])
    _recommend(world, ben, pat)
    credit = world.hours(_user(ben), _as_instructor(ann), 2)
    _withdraw(world, world.hours(_user(ben), _as_instructor(ann), 1))
    world.dispute(_book(world, stories[0], world.in_days(5, 18)).payment)
    asked = world.call(
        _user(ben),
        "public.request_refund",
        p_booking_id=recent.id,
        p_amount_cents=200,
        p_reason="It ended early.",
    )
    alert, _ = (_alert(world, elm, ann.id), _alert(world, oak, None))
    _alert(world, elm, None, ben.id)

    missed = _book(world, stories[0], world.now() + timedelta(minutes=30))
    world.travel(to=missed.columns["start_at"] + timedelta(minutes=15))
    claim = missed.say_missing("learner")
    due = _book(world, stories[0], world.now() + timedelta(minutes=60))
    world.travel(to=due.columns["start_at"])
    trip = _set_out(world, due, ben, gil)
    next_lesson = _book(world, stories[0], world.now() + timedelta(minutes=70))
    world.travel(to=next_lesson.columns["start_at"] - timedelta(minutes=5))
    ann_service = due.columns["service_id"]
    ian_service = world.service(_as_instructor(ian))
    rate_card, _ = _rate_card(world, ada, ann_service), _rate_card(world, otto, ian_service)
    upcoming = _book(world, stories[0], world.in_days(6, 18))
    requested = _book_unpaid(world, stories[0], world.in_days(4), requires_approval=True)
    for org_id in (elm, oak):
        world.call(
            _user(pat),
            "public.admin_set_instructor_fee",
            p_org_id=org_id,
            p_amount_cents=5000,
            p_reason="Agreed by letter.",
        )
    held_booking = _book_unpaid(world, stories[1], world.in_days(4, 12))
    free_slots = {story: _free_slot(world, story.instructor) for story in stories[:4]}
    _book_series(world, stories[0], ann_service)
    world.service(_as_instructor(ann), title="Not offered any more", is_active=False)
    world.service(_as_instructor(ann), title="Given by anybody", instructor_id=None)
    proposed = world.book(
        _user(otto),
        world.slot(ian_service, world.in_days(5)),
        p_learner_user_id=None,
        p_learner_id=lea.id,
    )["booking_id"]
    managed_instructor, managed_learner = world.managed_instructor(elm), world.learner(elm)
    world.connection.execute(
        "update public.instructors set is_active = false where id = %s", [eve.id]
    )
    world.connection.execute(
        "update public.instructors set area = 'Leeds', area_lat = 53.8, area_lng = -1.55"
    )
    invited, _ = _invite(world, ada, nia), _invite(world, otto, nia)

    _record_trips(world)
    entry = world.call(
        _user(ben),
        "public.join_waiting_list",
        p_instructor_id=ann.id,
        p_days=[6],
        p_until_date=world.in_days(1).date(),
    )
    for admin in (ada, otto):
        world.call(
            _user(admin), "public.publish_terms", p_org_id=admin.org_id, p_body="Be on time."
        )
    terms = world.value("select id from public.terms_versions where org_id = %s", elm)
    world.call(_user(ben), "public.accept_terms", p_terms_id=terms)
    document = world.call(
        _user(ann),
        "public.add_document",
        p_instructor_id=ann.id,
        p_kind="licence",
        p_document_number="ADI 123456",
    )
    world.call(
        _user(dan),
        "public.add_document",
        p_instructor_id=dan.id,
        p_kind="licence",
        p_document_number="ADI 654321",
    )
    review = _rate_lessons(world, recent, ben)
    _note_times(world)
    for person in (ann, max_, dan):
        _say_who_sells(world, person)
    for admin in (ada, otto):
        _say_who_sells(world, admin, admin.org_id)
    _invoice_fees(world, pat)
    for person in (dan, liv):
        _free_slot(world, person)
    _book(world, stories[4], world.in_days(8))
    _leave(world, ada, dan, "instructor")
    _leave(world, liv, liv, "instructor")
    _leave(world, ada, rex, "instructor")
    _come_back(world, ada, rex)
    _leave(world, pat, dee, "admin", elm)
    world.call(_user(ada), "public.revoke_guardian", p_learner_guardian_id=revoked_guardianship)
    offered_guardianship = _offer_guardianship(world, lea, nia)
    hal = Person("Hal", "newcomer", _take_address(world, gil))
    dan, liv = replace(dan, kind="former"), replace(liv, kind="former")

    template = world.call(
        _user(ada),
        "public.save_message_template",
        p_org_id=elm,
        p_kind="booking_confirmed",
        p_channel="sms",
        p_locale="en",
        p_body="See you {{start_at}}",
    )
    unknown_message = _send_messages(world)
    subscribe(world, _user(ben))

    guests = tuple(
        Person(f"guest with {person.name}'s id", "guest", person.user_id)
        for person in (ben, ann, ada, pat)
    )
    return Marketplace(
        people=(
            *(ben, gil, ann, cleo, eve, una, ada, otto, pat, lea, ian, mia, max_, nia),
            *(dan, liv, rex, dee, hal, rae, tim, gus),
            *guests,
            Person("visitor", "visitor"),
        ),
        stories=stories,
        values={
            "elm": elm,
            "oak": oak,
            "ann": ann.id,
            "ann_user": ann.user_id,
            "ben": ben.id,
            "cleo": cleo.id,
            "dan": dan.id,
            "eve": eve.id,
            "ben_user": ben.user_id,
            "gil_user": gil.user_id,
            "ian_user": ian.user_id,
            "lea": lea.id,
            "max": max_.id,
            "mia": mia.id,
            "nia_user": nia.user_id,
            "una": una.id,
            "una_user": una.user_id,
            "liv_user": liv.user_id,
            "managed_instructor": managed_instructor,
            "managed_learner": managed_learner,
            "ann_service": ann_service,
            "ann_free_slot": free_slots[stories[0]],
            "ann_open_time": _open_times(world, ann, ann_service)[-1].isoformat(),
            "max_free_slot": free_slots[stories[3]],
            "due_booking": due.id,
            "trip": trip,
            "document": document,
            "review": review,
            "anns_busy_time": _row_id(world, "busy_times", instructor_id=ann.id),
            "bens_test": _row_id(world, "learner_tests", learner_id=ben.id, instructor_id=ann.id),
            "terms": terms,
            "entry": entry,
            "trip_points": json.dumps([_point(due.columns["start_at"] + timedelta(minutes=2))]),
            "claim": claim,
            "undecided_claim": undecided_claim,
            "next_booking": next_lesson.id,
            "recent_booking": recent.id,
            "requested_booking": requested,
            "held_booking": held_booking,
            "proposed_booking": proposed,
            "upcoming_booking": upcoming.id,
            "upcoming_date": upcoming.columns["start_at"].date().isoformat(),
            "series": _row_id(world, "booking_series"),
            "recent_payment": recent.payment["id"],
            "requested_refund": asked,
            "discount_code": discount_code,
            "ben_card": _row_id(world, "payment_methods"),
            "ben_credit": credit.id,
            "hours_order": _order_of(world, credit),
            "guardianship": guardianship,
            "offered_guardianship": offered_guardianship,
            "invitation": invited["invitation_id"],
            "invitation_token": invited["token"],
            "rate_card": rate_card,
            "alert": alert,
            "problem_report": report,
            "ann_account": _row_id(world, "stripe_connect_accounts", instructor_id=ann.id),
            "school_account": school_account,
            "ann_payout": _row_id(world, "payouts", instructor_id=ann.id),
            "waiting_payout": waiting,
            "held_payout": held,
            "template": template,
            "unknown_message": unknown_message,
            "lost_transfer": _lost_transfer(world, elm),
            "dead_command": _dead_command(world),
            "parked_event": _parked_event(world),
            "suspense_item": _suspense_item(world),
            "exception": _exception(world),
            "today": next_lesson.columns["start_at"].date().isoformat(),
            "yesterday": world.in_days(-1).isoformat(),
            "tomorrow": world.in_days(1).isoformat(),
            "next_week": world.in_days(7).isoformat(),
            "next_fortnight": world.in_days(14).isoformat(),
        },
    )


def _send_messages(world: World) -> UUID:
    """A worker takes all messages, and does not know what became of one of them; its id."""
    worker = uuid4()
    claimed = world.serve(
        "jobs",
        "private.claim_messages",
        p_worker_id=worker,
        p_channels=["email"],
        p_limit=1000,
        p_lease=timedelta(minutes=5),
    )
    message_id: UUID = claimed[0]["message_id"]
    world.serve(
        "jobs",
        "private.fail_message",
        p_message_id=message_id,
        p_worker_id=worker,
        p_outcome="unknown",
        p_error="smtp_no_answer",
        p_suppress=None,
    )
    # Everybody tries everything with every row: one for each recipient and organization will do.
    world.connection.execute(
        "delete from public.messages where id <> %s and id not in ("
        " select distinct on (org_id, recipient_id) id from public.messages"
        " where status in ('claimed', 'sent') order by org_id, recipient_id, id)",
        [message_id],
    )
    return message_id


def _instructor(world: World, name: str, org_id: UUID, **columns: Any) -> Person:
    made = world.instructor(name=name, org_id=org_id, **columns)
    world.member(org_id, "instructor", made.user_id)
    return Person(name, "instructor", made.user_id, org_id, made.id)


def _learner(world: World, name: str, org_id: UUID) -> Person:
    user_id = world.member(org_id, "learner", world.person(name))
    return Person(name, "learner", user_id, org_id, world.learner(org_id, user_id, name))


def _guardian(
    world: World, name: str, *children: Person, age: int | None = 16
) -> tuple[Person, UUID]:
    """A guardian who may do everything for children of an age; with one of the links."""
    user_id = world.person(name)
    for child in children:
        world.connection.execute(
            "update public.learner_details set date_of_birth"
            " = (private.clock() - make_interval(years => %s))::date where learner_id = %s",
            [age, child.id],
        )
        link_id = world.call(
            _user(child),
            "public.link_guardian",
            p_learner_id=child.id,
            p_guardian_email=world.email(user_id),
            p_can_book=True,
            p_can_pay=True,
        )
        guardian_id = world.call(
            user_id, "public.give_guardian_consent", p_learner_guardian_id=link_id
        )
    return Person(name, "guardian", user_id, id=guardian_id), link_id


def _turn_eighteen(world: World, learner: Person, days: int) -> None:
    """The learner comes of age some days from now."""
    world.connection.execute(
        "update public.learner_details set date_of_birth"
        " = (private.clock() + make_interval(days => %s) - interval '18 years')::date"
        " where learner_id = %s",
        [days, learner.id],
    )


def _leave(
    world: World, caller: Person, person: Person, role: str, org_id: UUID | None = None
) -> None:
    """The caller takes a role from somebody, or gives up their own."""
    world.call(
        _user(caller),
        "public.remove_member_role",
        p_org_id=org_id or person.org_id,
        p_user_id=person.user_id,
        p_role=role,
    )


def _come_back(world: World, admin: Person, instructor: Person) -> None:
    (invited,) = world.ask(
        _user(admin),
        "public.invite_member",
        p_org_id=admin.org_id,
        p_email=world.email(_user(instructor)),
        p_role="instructor",
    )
    world.call(_user(instructor), "public.accept_invitation", p_token=invited["token"])


def _take_address(world: World, person: Person) -> UUID:
    """Gives a person another address, and the old one to somebody else; who that is."""
    address = world.email(_user(person))
    world.connection.execute(
        "update auth.users set email = 'moved@example.org' where id = %s", [person.user_id]
    )
    return world.person("Hal", address)


def _offer_guardianship(world: World, learner: Person, person: Person) -> UUID:
    link_id: UUID = world.call(
        _user(learner),
        "public.link_guardian",
        p_learner_id=learner.id,
        p_guardian_email=world.email(_user(person)),
    )
    return link_id


def _user(person: Person) -> UUID:
    assert person.user_id is not None
    return person.user_id


def _as_instructor(person: Person) -> Instructor:
    assert person.id is not None
    assert person.org_id is not None
    return Instructor(person.id, _user(person), person.org_id)


def _row_id(world: World, table: str, **columns: Any) -> UUID:
    """The one row of a table with these values."""
    wanted = " and ".join(["true", *(f"{name} = %s" for name in columns)])
    row_id: UUID = world.value(f"select id from public.{table} where {wanted}", *columns.values())
    return row_id


def _pay_to_organization(world: World, person: Person) -> UUID:
    """Has a school paid for an instructor's lessons, into an account of the school's."""
    world.connection.execute(
        "update public.instructor_details set payee = 'organization' where instructor_id = %s",
        [person.id],
    )
    account_id: UUID = world.value(
        "insert into public.stripe_connect_accounts"
        " (org_id, stripe_account_id, status, payouts_enabled, transfers_enabled)"
        " values (%s, 'acct_school', 'ready', true, true) returning id",
        person.org_id,
    )
    world.connection.execute(
        "insert into public.connect_account_details (connect_account_id, org_id) values (%s, %s)",
        [account_id, person.org_id],
    )
    return account_id


def _pay_to_bank(world: World, account: str) -> None:
    """Stripe pays an account out to its bank."""
    payout = {
        "object": "payout",
        "id": f"po_{account}",
        "amount": 100,
        "currency": "gbp",
        "status": "paid",
        "arrival_date": int(world.now().timestamp()),
        "failure_code": None,
        "failure_message": None,
    }
    assert world.deliver("payout.paid", payout, endpoint="connect", account=account) == "processed"


def _leave_unpaid(world: World, person: Person) -> UUID:
    """A payout of the instructor in a daily run that nobody has worked on yet."""
    instructor = _as_instructor(person)
    world.connection.execute(
        "update public.instructor_details set payout_schedule = 'daily' where instructor_id = %s",
        [person.id],
    )
    owe(world, instructor)
    (due,) = (run for run in paydays.due(world, org_id=person.org_id) if run["schedule"] == "daily")
    run_id = open_run(world, due["period_on"], instructor.org_id, "daily")
    return _row_id(world, "payouts", run_id=run_id)


def _alert(
    world: World, org_id: UUID, instructor_id: UUID | None, learner_id: UUID | None = None
) -> UUID:
    key = f"marketplace:{learner_id or org_id}"
    world.value(
        "select private.raise_alert(%s, %s, 'payout_held', 'Held.', 'organizations', %s, %s, %s)",
        org_id,
        instructor_id,
        org_id,
        key,
        learner_id,
    )
    return _row_id(world, "alerts", idempotency_key=key)


def _hours(world: World, person: Person) -> None:
    """Opening hours every Monday, and on one more day."""
    instructor = _as_instructor(person)
    world.window(instructor, "09:00", "12:00", days=[1])
    world.opening(instructor, date(2030, 1, 1), "15:00", "16:00")


def _open_times(world: World, person: Person, service_id: UUID) -> list[datetime]:
    """When the instructor's service can be booked in the next eight days."""
    times = world.open_times(_as_instructor(person), service_id, world.in_days(1), world.in_days(9))
    return [time["start_at"] for time in times]


def _rate_card(world: World, admin: Person, service_id: UUID) -> UUID:
    """A school's prices for one year, with one on it."""
    rate_card_id: UUID = world.call(
        _user(admin),
        "public.create_rate_card",
        p_org_id=admin.org_id,
        p_name="Some day",
        p_valid_from="2040-01-01",
        p_valid_to="2040-12-31",
    )
    world.call(
        _user(admin),
        "public.set_rate",
        p_rate_card_id=rate_card_id,
        p_service_id=service_id,
        p_price_cents=4000,
    )
    return rate_card_id


def _invite(world: World, admin: Person, person: Person) -> DictRow:
    (invited,) = world.ask(
        _user(admin),
        "public.invite_member",
        p_org_id=admin.org_id,
        p_email=world.email(_user(person)),
        p_role="learner",
    )
    return invited


def _book_unpaid(world: World, story: Story, start_at: datetime, **service_columns: Any) -> UUID:
    assert story.learner is not None
    service_id = world.service(_as_instructor(story.instructor), **service_columns)
    booking_id: UUID = world.book(_user(story.learner), world.slot(service_id, start_at))[
        "booking_id"
    ]
    return booking_id


def _book(world: World, story: Story, start_at: datetime) -> Booking:
    """A lesson that is booked and paid."""
    assert story.learner is not None
    booking_id = _book_unpaid(world, story, start_at)
    slot_id = world.value("select slot_id from public.bookings where id = %s", booking_id)
    booking = Booking(
        world, booking_id, _user(story.learner), _as_instructor(story.instructor), slot_id
    )
    assert booking.pay() == "processed"
    return booking


def _pay_in_cash(world: World, story: Story) -> None:
    """A lesson is paid to its instructor, who cannot come then."""
    booking_id = _book_unpaid(world, story, world.in_days(5))
    instructor = _user(story.instructor)
    world.call(instructor, "public.record_payment_outside", p_booking_id=booking_id)
    world.cancel(instructor, booking_id)


def _lesson(world: World, story: Story) -> Booking:
    """A lesson that has just been given."""
    booking = _book(world, story, world.now() + timedelta(minutes=30))
    booking.complete()
    return booking


def _set_out(world: World, booking: Booking, learner: Person, guardian: Person) -> UUID:
    """A lesson begins, and is recorded: its learner and the guardian have agreed."""
    for person in (learner, guardian):
        world.call(_user(person), "public.set_trip_consent", p_learner_id=learner.id, p_agrees=True)
    teacher = booking.instructor.user_id
    world.call(teacher, "public.start_lesson", p_booking_id=booking.id)
    trip_id: UUID = world.call(teacher, "public.start_trip", p_booking_id=booking.id)
    points = Jsonb([_point(world.now())])
    world.call(teacher, "public.record_trip_points", p_trip_id=trip_id, p_points=points)
    return trip_id


def _point(at: datetime) -> dict[str, Any]:
    return {"ts": at.isoformat(), "lat": 53.8, "lng": -1.55}


def _record_trips(world: World) -> None:
    """Every lesson that is over has a trip."""
    world.connection.execute(
        "insert into public.trips"
        " (org_id, lesson_id, instructor_id, learner_id, started_at, ended_at, distance_meters)"
        " select org_id, id, instructor_id, learner_id, started_at, ended_at, 9000"
        " from public.lessons where ended_at is not null"
    )


def _rate_lessons(world: World, unrated: Booking, reporter: Person) -> UUID:
    """Every lesson that is over is assessed, and but for one rated; the reporter's own review."""
    world.connection.execute(
        "insert into public.skills (org_id, syllabus, title, position)"
        " select id, 'Driving', 'Moving off', 1 from public.organizations where not is_platform"
    )
    world.connection.execute(
        "insert into public.skill_assessments"
        " (org_id, lesson_id, skill_id, instructor_id, learner_id, level)"
        " select lesson.org_id, lesson.id, skill.id, instructor_id, learner_id, 3"
        " from public.lessons lesson join public.skills skill using (org_id)"
    )
    world.connection.execute(
        "insert into public.lesson_ratings"
        " (org_id, lesson_id, instructor_id, learner_id, rating, review, is_of_paid_lesson)"
        " select org_id, id, instructor_id, learner_id, 4, 'Good.', true from public.lessons"
        " where ended_at is not null and booking_id <> %s",
        [unrated.id],
    )
    review_id: UUID = world.value(
        "select id from public.lesson_ratings where learner_id = %s", reporter.id
    )
    world.call(
        _user(reporter), "public.report_review", p_rating_id=review_id, p_fault="personal_data"
    )
    return review_id


def _note_times(world: World) -> None:
    """Every instructor is busy at some time, and whoever had a lesson has a test."""
    world.connection.execute(
        "insert into public.busy_times (org_id, instructor_id, start_at, end_at)"
        " select org_id, id, '2031-01-01 10:00Z', '2031-01-01 11:00Z' from public.instructors"
    )
    world.connection.execute(
        "insert into public.learner_tests"
        " (org_id, learner_id, instructor_id, kind, start_at, end_at)"
        " select distinct org_id, learner_id, instructor_id, 'practical',"
        " timestamptz '2031-01-01 10:00Z', timestamptz '2031-01-01 11:00Z' from public.lessons"
    )


def _discount(world: World, story: Story) -> UUID:
    """A code of the school's, with which the learner has booked and paid a lesson."""
    assert story.learner is not None
    instructor, learner = _as_instructor(story.instructor), _user(story.learner)
    code_id = world.discount_code(
        code="ELM-TENTH", org_id=instructor.org_id, discount_bps=1000, max_uses_per_learner=9
    )
    service_id = world.service(instructor)
    world.check_code(learner, "ELM-TENTH", service_id)
    slot_id = world.slot(service_id, world.in_days(7, 18))
    booked = world.book(learner, slot_id, p_discount_code="ELM-TENTH")
    Booking(world, booked["booking_id"], learner, instructor, slot_id).pay()
    return code_id


def _recommend(world: World, learner: Person, admin: Person) -> None:
    """The learner has recommended the school to somebody, who has had a first lesson there."""
    assert learner.org_id is not None
    world.call(
        _user(admin),
        "public.admin_set_terms",
        p_org_id=learner.org_id,
        p_reason="Agreed by letter.",
        p_referral_discount_bps=1000,
        p_referral_reward_cents=300,
    )
    (made,) = world.ask(_user(learner), "public.create_referral_code", p_org_id=learner.org_id)
    friend = world.person("Friend")
    world.learner(learner.org_id, friend)
    instructor = world.instructor(name="Joe", org_id=learner.org_id)
    service_id = world.service(instructor)
    world.check_code(friend, made["code"], service_id)
    slot_id = world.slot(service_id, world.now() + timedelta(minutes=30))
    booked = world.book(friend, slot_id, p_discount_code=made["code"])
    lesson = Booking(world, booked["booking_id"], friend, instructor, slot_id)
    lesson.pay()
    lesson.complete()


def _book_series(world: World, story: Story, service_id: UUID) -> None:
    assert story.learner is not None
    booked = world.ask(
        _user(story.learner),
        "public.request_booking_series",
        p_instructor_id=story.instructor.id,
        p_service_id=service_id,
        p_start_at=_open_times(world, story.instructor, service_id)[0],
        p_occurrences=2,
    )
    assert len(booked) == 2


def _free_slot(world: World, person: Person) -> UUID:
    return world.slot(world.service(_as_instructor(person)), world.in_days(3))


def _lost_transfer(world: World, org_id: UUID) -> str:
    """A transfer to nobody known, which the books lack."""
    transfer_id: str = world.value(
        "insert into private.unbooked_transfers (org_id, stripe_transfer_id, payout_id, currency,"
        " amount_cents, reversed_cents, destination, cause, transferred_at)"
        " values (%s, 'tr_lost', gen_random_uuid(), 'gbp', 1000, 0, 'acct_lost',"
        " 'unknown_transfer', private.clock()) returning stripe_transfer_id",
        org_id,
    )
    return transfer_id


def _dead_command(world: World) -> int:
    """A command that was given up."""
    command_id: int = world.value(
        "insert into private.outbox (org_id, topic, idempotency_key, payload, dead_at)"
        " values (private.platform_id(), 'paint_it_blue', 'blue', '{}', private.clock())"
        " returning id"
    )
    return command_id


def _parked_event(world: World) -> str:
    """An event about an account that nobody knows."""
    account = account_object({"connect_account_id": str(uuid4())}, ready=True)
    outcome = world.deliver(
        "account.updated",
        account,
        event_id="evt_parked",
        endpoint="connect",
        account=account["id"],
    )
    assert outcome == "parked"
    return "evt_parked"


def _suspense_item(world: World) -> UUID:
    """Money that came by a PaymentIntent that nobody knows."""
    intent = {
        "object": "payment_intent",
        "id": "pi_strange",
        "status": "succeeded",
        "amount_received": 100,
        "currency": "gbp",
        "metadata": {"payment_id": "unknown"},
    }
    assert world.deliver("payment_intent.succeeded", intent) == "processed"
    item_id: UUID = world.value("select id from private.suspense_items")
    return item_id


def _exception(world: World) -> UUID:
    """Yesterday's report, and a difference that an admin may decide about."""
    world.connection.execute(
        "insert into public.reconciliation_reports"
        " (report_date, currency, version, total_revenue_cents, total_payouts_cents,"
        " total_fees_cents, opening_cents, closing_cents, payment_breakdown, payout_breakdown,"
        " balance_breakdown, content_hash)"
        " values ('2026-06-01', 'gbp', 1, 0, 0, 0, 0, 0, '{}', '{}',"
        " '{\"net_cents\": 0, \"categories\": {}}', 'none')"
    )
    exception_id: UUID = world.value(
        "insert into private.reconciliation_exceptions"
        " (object_key, currency, reason, stripe_cents, ledger_cents, since)"
        " values ('tu_lost', 'gbp', 'missing_here', 500, 0, private.clock()) returning id"
    )
    return exception_id
