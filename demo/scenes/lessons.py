"""Monday to Thursday: the lessons take place."""

from datetime import datetime, timedelta
from itertools import groupby
from math import cos, sin, tau

from demo.people import Refused
from demo.play import Agreed, Play
from demo.scenes.booking import show_mail
from demo.week import DAYS


def play(scene: Play) -> None:
    """Start and complete every lesson that was agreed on, in its order."""
    stage, story = scene.stage, scene.story

    def moment(agreed: Agreed) -> tuple[int, str]:
        return DAYS.index(agreed.day), agreed.time

    kept = sorted((one for one in scene.agreed if not one.is_cancelled), key=moment)
    for day, lessons in groupby(kept, key=lambda lesson: lesson.day):
        todays = list(lessons)
        story.open_act(stage.week.at(day, todays[0].time), "Lessons are given")
        if day == "Monday":
            remind(scene, todays[0])
            too_early(scene, todays[0])
            drive(scene, todays.pop(0))
        for agreed in todays:
            give(scene, agreed)
    seen = [agreed.customer.see(agreed.booking)["status"] for agreed in kept]
    story.check(
        f"all {len(seen)} lessons took place", all(status == "completed" for status in seen)
    )


def too_early(scene: Play, agreed: Agreed) -> None:
    """A lesson cannot be completed before it has begun."""
    try:
        agreed.instructor.complete(agreed.booking, "Done already!")
        code = ""
    except Refused as refused:
        code = refused.code
    scene.story.check(f"a lesson cannot be completed in advance: {code}", code == "too_early")


def remind(scene: Play, agreed: Agreed) -> None:
    """Reminders by mail come two hours before, but not before eight."""
    scene.stage.travel(agreed.day, "08:00")
    sent = scene.stage.run_job("outbox")
    mail = scene.stage.mails_to(agreed.customer.email)[-1]
    show_mail(scene, mail)
    body = mail.get_body(("plain",))
    scene.story.check(
        f"{agreed.customer.first_name} is reminded of {agreed.time}",
        sent.status == 0 and body is not None and "This is a reminder." in body.get_content(),
    )


def drive(scene: Play, agreed: Agreed) -> None:
    """A lesson on the road: the phone notes the way, and learner and instructor see it."""
    instructor, story = agreed.instructor, scene.story
    start = scene.stage.travel(agreed.day, agreed.time)
    instructor.start(agreed.booking)
    trip_id = instructor.start_trip(agreed.booking)
    scene.stage.travel(agreed.day, f"{start + timedelta(minutes=agreed.lesson.minutes):%H:%M}")
    points = points_of_a_round(start, agreed.lesson.minutes)
    half = len(points) // 2
    for batch in (points[half:], points[:half], points[half:]):
        instructor.send_points(trip_id, batch)
    instructor.finish_trip(trip_id)
    instructor.complete(agreed.booking, "Well done.")
    scene.way, scene.driven = agreed.customer.way_of(trip_id), agreed
    told = scene.way["properties"]
    story.tell(
        f"{agreed.time}: {instructor.first_name} teaches {agreed.customer.first_name},"
        f" {agreed.lesson.title}; the phone sends the way late, and a part of it twice"
    )
    line = scene.way["geometry"]["coordinates"]
    story.check(
        f"the learner sees {told['distance_meters'] / 1000:.1f} km, a line of {len(line)} places",
        18_000 < told["distance_meters"] < 22_000 and len(line) < len(points) / 4,
    )
    story.show("start_trip · record_trip_points · finish_trip · trip_geojson")


def points_of_a_round(start: datetime, minutes: int) -> list[dict[str, object]]:
    """What a phone notes every five seconds of a drive around the town, back to its start."""
    number = 12 * minutes
    points: list[dict[str, object]] = []
    for nth in range(number):
        angle = tau * nth / number
        away = 1 + 0.2 * sin(3 * angle)
        points.append(
            {
                "ts": (start + timedelta(seconds=5 * nth)).isoformat(),
                "lat": round(51.5 + 0.026 * away * sin(angle), 6),
                "lng": round(-0.12 + 0.042 * away * cos(angle), 6),
            }
        )
    return points


def give(scene: Play, agreed: Agreed) -> None:
    """Start on time and end on time."""
    learner = agreed.customer.see(agreed.booking)["learner_name"].split()[0]
    start = scene.stage.travel(agreed.day, agreed.time)
    agreed.instructor.start(agreed.booking)
    end = start + timedelta(minutes=agreed.lesson.minutes)
    scene.stage.travel(agreed.day, f"{end:%H:%M}")
    agreed.instructor.complete(agreed.booking, f"Well done, {learner}.")
    scene.story.tell(
        f"{agreed.time} to {end:%H:%M}: {agreed.instructor.first_name} teaches"
        f" {learner}, {agreed.lesson.title}"
    )
