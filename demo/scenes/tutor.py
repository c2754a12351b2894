"""Sunday: a tutor who works alone sets herself up, and is found and booked."""

from datetime import timedelta

from demo.play import Lesson, Play
from demo.story import money
from demo.week import moment_of

THEORY = Lesson("Theory evening", 45, 30_00)


def play(scene: Play) -> None:
    """From signing up to a full evening, without anybody's help but an admin's."""
    stage, story = scene.stage, scene.story
    story.open_act(stage.travel("Sunday", "13:00"), "A tutor opens her evenings")
    a_tutor_sets_up(scene)
    she_is_found(scene)
    a_listed_time_is_booked(scene)
    the_same_time_each_week(scene)
    stage.deliver_webhooks()
    asked = stage.run_job("outbox")
    story.check("Stripe has said what it keeps of these payments too", asked.status == 0)


def a_tutor_sets_up(scene: Play) -> None:
    """On the open marketplace, with the published calls."""
    stage, ella, story = scene.stage, scene.ella, scene.story
    ella.sign_up()
    ella.begin(40_00)
    ella.offer(THEORY.title, THEORY.minutes, THEORY.share_cents)
    ella.open_hours("18:00", "21:00")
    times = ella.publish(stage.week.at("Monday", "00:00"), stage.week.at("Tuesday", "00:00"))
    scene.onboard(ella, ella.name)
    story.tell(f"{ella.name} offers “{THEORY.title}” and publishes {times} times on Monday")
    story.show("become_instructor · create_session · publish_slots")


def she_is_found(scene: Play) -> None:
    """By anybody, once an admin has verified her."""
    ella, visitor, story = scene.ella, scene.visitor, scene.story
    before = visitor.search_instructors(p_query="frost")
    scene.admin.verify(ella)
    after = visitor.search_instructors(p_query="frost")
    lessons = visitor.search_services(p_query="theory")
    story.check(
        "visitors find Ella and her lesson as soon as she is verified",
        not before
        and [row["id"] for row in after] == [ella.instructor_id]
        and [row["id"] for row in lessons] == [ella.service_id],
    )
    story.show("admin_verify_instructor · search_instructors · search_services")


def a_listed_time_is_booked(scene: Play) -> None:
    """Tuesday was not published; its times follow from the weekly hours."""
    stage, ella, ben = scene.stage, scene.ella, scene.ben
    tuesday = stage.week.at("Tuesday", "00:00")
    listed = scene.visitor.list_open_slots(
        ella, ella.service_id, tuesday, tuesday + timedelta(days=1)
    )
    (chosen,) = [time for time in listed if time["local_start"].endswith("19:30:00")]
    booking = ben.request(ella, ella.service_id, moment_of(chosen["start_at"]))
    ben.pay_for(booking)
    scene.agree(ben, ella, "Tuesday", "19:30", THEORY, booking)
    scene.story.check(
        f"Ben books Tuesday 19:30, which nobody published, and pays {money(booking.amount_cents)}",
        chosen["slot_id"] is None and booking.amount_cents == 35_40,
    )
    scene.story.show("list_open_slots · request_booking")


def the_same_time_each_week(scene: Play) -> None:
    """A series is one order, and is paid at once."""
    dev, ella = scene.dev, scene.ella
    series = dev.request_series(ella, scene.stage.week.at("Monday", "18:00"), 3)
    intent = dev.open_payment(series[0])
    dev.pay(intent)
    scene.agree(dev, ella, "Monday", "18:00", THEORY, series[0])
    scene.story.check(
        f"Dev books Monday 18:00 for three weeks, and pays {money(intent.amount_cents)} at once",
        [booking.amount_cents for booking in series] == [35_40] * 3
        and intent.amount_cents == 3 * 35_40,
    )
    scene.story.show("request_booking_series · POST /payment-intents")
