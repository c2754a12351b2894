"""Monday to Thursday: the lessons take place."""

from datetime import timedelta
from itertools import groupby

from demo.people import Refused
from demo.play import Agreed, Play
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
            too_early(scene, todays[0])
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
