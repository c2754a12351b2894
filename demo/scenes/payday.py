"""Friday: the job pays everybody who can be paid, once."""

from demo.people import Instructor
from demo.play import Play
from demo.stage import Finished
from demo.story import money


def play(scene: Play) -> None:
    """Look, pay, look again."""
    stage, story = scene.stage, scene.story
    story.open_act(stage.travel("Friday", "09:00"), "Payday")
    story.check("the chores are done", stage.run_job("maintain").status == 0)
    story.check("the doctor finds nothing", stage.run_job("doctor").status == 0)

    preview = stage.run_job("payouts", "--dry-run")
    story.check("the dry run moved nothing", not scene.ivy.payouts() and preview.status == 0)
    expected = expect(scene)
    previewed = {
        line["instructor_id"]: (line["amount_cents"], line["reason"])
        for line in preview.events("payout_previewed")
    }
    story.check("it says who would be paid, and why not", previewed == expected)

    run = stage.run_job("payouts")
    stage.deliver_webhooks()
    paid_cents = sum(line["amount_cents"] for line in run.events("payout_paid"))
    due_cents = sum(cents for cents, reason in expected.values() if reason is None)
    story.check(
        f"{money(paid_cents)} went to {count_paid(run)} instructors",
        run.status == 0 and paid_cents == due_cents,
    )
    again = stage.run_job("payouts")
    story.check("a second run pays nothing", again.status == 0 and count_paid(again) == 0)
    story.check("the doctor still finds nothing", stage.run_job("doctor").status == 0)


def expect(scene: Play) -> dict[str, tuple[int, str | None]]:
    """What each instructor, by id, should get by what was agreed on, or why they do not."""
    reasons: dict[Instructor, str | None] = dict.fromkeys(scene.instructors, "account_not_ready")
    reasons |= dict.fromkeys(scene.onboarded) | {scene.mei: "no_account"}
    due: dict[str, tuple[int, str | None]] = {}
    for agreed in scene.agreed:
        # Thursday's lesson ended sixteen hours ago, and the hold is a day: it waits for next week.
        if agreed.day == "Thursday":
            continue
        offer = scene.offers[agreed.instructor]
        share = offer.price_cents or offer.hourly_rate_cents * offer.minutes // 60
        before, _ = due.get(agreed.instructor.instructor_id, (0, None))
        due[agreed.instructor.instructor_id] = before + share, reasons[agreed.instructor]
    return due


def count_paid(run: Finished) -> int:
    """How many payouts a run made."""
    return len(run.events("payout_paid"))
