"""Sunday: a driving school moves in, and a mother books for her son."""

from datetime import timedelta

from demo.people import Booking, Refused
from demo.play import SCHOOL, Lesson, Play
from demo.story import money
from demo.week import moment_of

FEE_BPS = 1500
CITY = Lesson("Beginner's lesson", 60, 40_80)
MOTORWAY = Lesson("Motorway day", 90, 63_75)
PRICES = {CITY: 48_00, MOTORWAY: 75_00}


def play(scene: Play) -> None:
    """Found a school, fill it with people, and book there."""
    scene.story.open_act(scene.stage.travel("Sunday", "12:00"), "A driving school moves in")
    a_school_is_founded(scene)
    people_join(scene)
    lessons_are_offered(scene)
    a_minor_needs_consent(scene)
    a_guardian_books_and_pays(scene)
    a_request_is_confirmed(scene)
    scene.stage.deliver_webhooks()
    booked = scene.nora.week(
        scene.stage.week.at("Monday", "00:00"), scene.stage.week.at("Friday", "00:00")
    )
    scene.story.check(
        "Nora sees both lessons in the school's week, confirmed",
        [(row["learner_name"], row["status"]) for row in booked] == [("Pip Moss", "confirmed")] * 2,
    )


def a_school_is_founded(scene: Play) -> None:
    """Its owner makes it; what the platform earns of it is the platform's to set."""
    nora, story = scene.nora, scene.story
    nora.sign_up()
    nora.found(SCHOOL)
    nora.change_settings(p_checkout_hold_minutes=30, p_labels={"learner": "pupil"})
    scene.admin.call(
        "admin_set_terms",
        p_org_id=nora.org_id,
        p_reason="As agreed with the school.",
        p_fee_mode="included",
        p_fee_bps=FEE_BPS,
    )
    story.tell(f"{nora.name} founds {SCHOOL}; its prices include the platform's 15 %")
    story.show("create_organization · update_organization · admin_set_terms")
    scene.onboard(nora, SCHOOL, organization_id=nora.org_id)
    story.tell("The school is paid itself, so it is the school that Stripe onboards")


def people_join(scene: Play) -> None:
    """Whoever is invited accepts with a login of their own."""
    nora, tom, pip, story = scene.nora, scene.tom, scene.pip, scene.story
    tokens = {
        person: nora.invite(person.email, role)
        for person, role in ((tom, "instructor"), (pip, "learner"))
    }
    for person in (tom, pip, scene.ruth):
        person.sign_up()
    try:
        pip.accept_invitation(tokens[tom])
        code = ""
    except Refused as refused:
        code = refused.code
    story.check(f"Pip cannot take the invitation of Tom: {code}", code == "invitation_for_another")
    tom.join(tokens[tom])
    pip.join(tokens[pip])
    nora.be_paid_for(tom.instructor_id)
    scene.admin.verify(tom)
    story.check(
        "Tom teaches at the school now, and Pip learns there",
        nora.members() == {nora.name: ["owner"], tom.name: ["instructor"], pip.name: ["learner"]},
    )
    story.show("invite_member · accept_invitation · set_payout_settings · list_members")


def lessons_are_offered(scene: Play) -> None:
    """Any instructor of the school gives them; the rate card prices them."""
    stage, nora, tom, story = scene.stage, scene.nora, scene.tom, scene.story
    scene.services = {
        CITY: nora.offer(CITY.title, CITY.minutes),
        MOTORWAY: nora.offer(MOTORWAY.title, MOTORWAY.minutes, p_requires_approval=True),
    }
    nora.set_rates("Prices", {scene.services[lesson]: cents for lesson, cents in PRICES.items()})
    tom.open_hours("12:00", "18:00")
    tuesday = stage.week.at("Tuesday", "00:00")
    tom.close(tuesday.date(), "12:00", "15:00", "At the dentist's")
    times = scene.visitor.list_open_slots(
        tom, scene.services[CITY], tuesday, tuesday + timedelta(days=1)
    )
    local_times = [f"{moment_of(time['local_start']):%H:%M}" for time in times]
    story.check(
        f"Tom is away until three on Tuesday: {', '.join(local_times)} can be booked",
        local_times == ["15:00", "16:00", "17:00"],
    )
    story.show("create_service · create_rate_card · set_rate · availability_windows, _exceptions")


def a_minor_needs_consent(scene: Play) -> None:
    """A learner under 18 books nothing before a guardian has consented."""
    nora, pip, story = scene.nora, scene.pip, scene.story
    sixteen_years_ago = scene.stage.week.sunday.replace(day=1)
    sixteen_years_ago = sixteen_years_ago.replace(year=sixteen_years_ago.year - 16)
    nora.record_birth(pip.learner_id, sixteen_years_ago)
    start = scene.stage.week.at("Tuesday", "16:00")
    try:
        pip.request(scene.tom, scene.services[CITY], start)
        code = ""
    except Refused as refused:
        code = refused.code
    story.check(f"Pip is sixteen and cannot book alone: {code}", code == "consent_required")
    scene.ruth.consent(nora.link_guardian(pip.learner_id, scene.ruth.email))
    story.tell("Ruth, Pip's mother, accepts the guardianship: she may see, book and pay")
    story.show("set_date_of_birth · link_guardian · give_guardian_consent")


def a_guardian_books_and_pays(scene: Play) -> None:
    """The price is the rate card's; the fee is a part of it."""
    booking = book_for_pip(scene, CITY, "Tuesday", "16:00")
    scene.ruth.pay_for(booking)
    scene.story.check(
        f"Ruth books Tuesday 16:00 for Pip and pays {money(booking.amount_cents)}",
        booking.amount_cents == PRICES[CITY] and booking.status == "held",
    )


def a_request_is_confirmed(scene: Play) -> None:
    """A lesson that takes the whole afternoon is for the instructor to accept."""
    booking = book_for_pip(scene, MOTORWAY, "Wednesday", "12:00")
    scene.story.check(
        "Wednesday 12:00 on the motorway is a request first", booking.status == "requested"
    )
    scene.tom.confirm(booking)
    scene.ruth.pay_for(booking)
    scene.story.tell(f"Tom accepts, and Ruth pays {money(booking.amount_cents)}")
    scene.story.show("request_booking · confirm_booking · POST /payment-intents")


def book_for_pip(scene: Play, lesson: Lesson, day: str, time: str) -> Booking:
    """Book as the guardian."""
    booking = scene.ruth.request(
        scene.tom,
        scene.services[lesson],
        scene.stage.week.at(day, time),
        p_learner_id=scene.pip.learner_id,
    )
    scene.agree(scene.ruth, scene.tom, day, time, lesson, booking)
    return booking
