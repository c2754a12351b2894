"""Sunday: a time that becomes free is kept for who waits for it."""

from demo.people import Booking
from demo.play import Lesson, Play
from demo.scenes.booking import show_mail

TASTER = Lesson("First look", 30, 0)


def play(scene: Play) -> None:
    """A free lesson is given back, and the next in line has it."""
    stage, story, mei = scene.stage, scene.story, scene.mei
    usual = mei.service_id
    mei.offer(TASTER.title, TASTER.minutes, 0)
    taster, mei.service_id = mei.service_id, usual
    start = stage.week.at("Tuesday", "12:00")

    given_back = scene.ben.request(mei, taster, start)
    scene.dev.wait_for(taster)
    story.tell("Ben has Mei's free “First look” on Tuesday 12:00; Dev waits for one")
    scene.ben.cancel(given_back, 0)
    stage.run_job("maintain")
    stage.run_job("outbox")
    show_mail(scene, next(m for m in stage.mails_to(scene.dev.email) if "free" in m["Subject"]))
    (offer,) = scene.dev.offered()
    status = scene.dev.accept(offer["id"])
    booking = Booking(offer["id"], 0, given_back.currency, status=status)
    scene.agree(scene.dev, mei, "Tuesday", "12:00", TASTER, booking)
    story.check(
        "Ben cancels, the time is kept for Dev for two hours, and Dev takes it",
        (given_back.status, status) == ("confirmed", "confirmed"),
    )
    story.show("join_waiting_list · cancel_booking · jobs maintain · accept_proposal")
