"""Sunday morning: the operator opens the house, instructors move in, visitors look around."""

from demo.play import Play
from demo.story import money
from demo.week import moment_of, spell


def play(scene: Play) -> None:
    """Open the marketplace."""
    open_the_house(scene)
    instructors_move_in(scene)
    a_visitor_looks_around(scene)
    instructors_are_onboarded(scene)


def open_the_house(scene: Play) -> None:
    """The two steps that nobody can take through a public door."""
    stage, story = scene.stage, scene.story
    stage.install_clock()
    story.open_act(stage.travel("Sunday", "10:00"), "The operator opens the house")
    story.tell("Private door 1 of 2: the operator replaces this database's clock, so that the demo")
    story.tell("can let a week pass. Only tests do that too; every rule asks private.clock().")
    scene.admin.sign_up()
    stage.appoint(scene.admin)
    story.tell(f"Private door 2 of 2: {scene.admin.name} signs up, and the operator makes her the")
    story.tell("first platform admin with SQL, as in Studio. From here on, public doors only.")
    scene.admin.show_second_factor()
    story.tell("She shows a second factor, without which an admin is a person like any other.")
    maintained = stage.run_job("maintain")
    story.check("the chores are done", maintained.status == 0)


def instructors_move_in(scene: Play) -> None:
    """Four instructors sign up, open their hours and publish their times."""
    stage, story = scene.stage, scene.story
    for instructor, offer in scene.offers.items():
        instructor.sign_up()
        instructor.begin(offer.hourly_rate_cents)
        instructor.open_hours(offer.opens, offer.closes)
        instructor.offer(offer.title, offer.minutes, offer.price_cents)
        times = instructor.publish(
            stage.week.at("Monday", "00:00"), stage.week.at("Friday", "23:59")
        )
        fixed = f" for {money(offer.price_cents)}" if offer.price_cents else ""
        story.tell(
            f"{instructor.name}, {money(offer.hourly_rate_cents)} an hour, publishes {times} times"
            f" of “{offer.title}”: {offer.minutes} minutes{fixed}"
        )
    story.show(
        "auth.sign_up · become_instructor · availability_windows · create_session · publish_slots"
    )


def a_visitor_looks_around(scene: Play) -> None:
    """Who is not verified is not found."""
    stage, story, visitor = scene.stage, scene.story, scene.visitor
    story.check("nobody is found before an admin has verified them", scene.found() == [])
    for instructor in scene.offers:
        scene.admin.verify(instructor)
    story.tell(f"{scene.admin.first_name} verifies all four, each time with a reason")
    found = scene.found()
    lessons = {lesson["instructor_id"]: lesson for lesson in visitor.find_lessons()}
    monday, tuesday = stage.week.at("Monday", "00:00"), stage.week.at("Tuesday", "00:00")
    for row in found:
        lesson = lessons[row["id"]]
        times = visitor.find_slots(lesson["id"], monday, tuesday)
        story.show(
            f"{row['display_name']}: {lesson['title']}, {lesson['duration_minutes']} minutes;"
            f" {len(times)} free times on {spell(moment_of(times[0]['start_at']))} and after"
        )
    story.check(f"a visitor without an account finds {len(found)} instructors", len(found) == 4)


def instructors_are_onboarded(scene: Play) -> None:
    """Stripe's form is finished by two, only opened by a third, and forgotten by the fourth."""
    stage, story = scene.stage, scene.story
    scene.sol.ask_for_onboarding()
    onboarded = [
        instructor.first_name
        for instructor in (scene.ivy, scene.omar)
        if scene.onboard(instructor, instructor.name)
    ]
    names = " and ".join(onboarded) or "nobody yet"
    story.tell(f"Stripe onboards: {names}. Sol opens the link and leaves; Mei puts it off.")
    story.show("POST /connect/onboarding-links")
    stage.deliver_webhooks()
