"""Friday: the job pays everybody who can be paid, once."""

from demo.play import SCHOOL, Play
from demo.stage import Finished
from demo.story import money


def play(scene: Play) -> None:
    """Look, pay, look again."""
    stage, story = scene.stage, scene.story
    story.open_act(stage.travel("Friday", "09:00"), "Payday")
    story.check("the chores are done", stage.run_job("maintain").status == 0)
    story.check("the outbox has nothing left", stage.run_job("outbox").status == 0)
    agrees = stage.run_job("reconcile").status == 0
    if stage.stripe.balance_cents("gbp") is not None:
        story.check("all that moved Stripe's balance is in the ledger, one by one", agrees)
    story.check("the doctor finds nothing", stage.run_job("doctor").status == 0)

    preview = stage.run_job("payouts", "--dry-run")
    story.check("the dry run moved nothing", not scene.ivy.payouts() and preview.status == 0)
    expected = expect(scene)
    names = {instructor.instructor_id: instructor.name for instructor in scene.instructors}
    previewed = {
        names.get(line["instructor_id"], SCHOOL): (line["amount_cents"], line["reason"])
        for line in preview.events("payout_previewed")
    }
    story.check("it says who would be paid, and why not", previewed == expected)

    run = stage.run_job("payouts")
    stage.deliver_webhooks()
    paid_cents = sum(line["amount_cents"] for line in run.events("payout_paid"))
    due_cents = sum(cents for cents, reason in expected.values() if reason is None)
    story.check(
        f"{money(paid_cents)} went to {count_paid(run)} payees",
        run.status == 0 and paid_cents == due_cents,
    )
    again = stage.run_job("payouts")
    story.check("a second run pays nothing", again.status == 0 and count_paid(again) == 0)
    story.check("the doctor still finds nothing", stage.run_job("doctor").status == 0)


def expect(scene: Play) -> dict[str, tuple[int, str | None]]:
    """What each payee, by name, should get by what was agreed on, or why they do not."""
    due: dict[str, tuple[int, str | None]] = {}
    for agreed in scene.agreed:
        # Thursday's lesson ended sixteen hours ago, and the hold is a day: it waits for next week.
        if agreed.day == "Thursday":
            continue
        payee = agreed.instructor.payee
        reason: str | None = "account_not_ready"
        if payee in scene.onboarded:
            reason = None
        elif agreed.instructor is scene.mei:
            reason = "no_account"
        before, _ = due.get(payee, (0, None))
        due[payee] = before + agreed.earned_cents, reason
    return due


def count_paid(run: Finished) -> int:
    """How many payouts a run made."""
    return len(run.events("payout_paid"))
