"""Sunday and Thursday: hours bought ahead, and money that comes back."""

from demo.people import Learner
from demo.play import Agreed, Lesson, Play
from demo.story import money
from demo.stripe_side import Verdict

COUNTRY = Lesson("Country roads", 60, 40_00)
PRICE_CENTS = 47_20
CODE = "NEWROADS"
CODE_CENTS = 20_00


def play(scene: Play) -> None:
    """Buy hours, move a lesson, cancel one too late."""
    stage, story = scene.stage, scene.story
    story.open_act(stage.travel("Sunday", "14:00"), "Hours are bought ahead, and plans change")
    people_arrive(scene)
    hours_are_bought(scene)
    cancelled = book_and_pay(scene, scene.iris, "Monday", "11:00")
    moved = book_and_pay(scene, scene.iris, "Tuesday", "11:00")
    book_and_pay(scene, scene.kit, "Wednesday", "11:00")
    story.tell(
        f"Iris books Monday and Tuesday 11:00, Kit Wednesday 11:00, {money(PRICE_CENTS)} each"
    )
    stage.deliver_webhooks()
    a_prepaid_hour_is_booked(scene)
    a_lesson_is_moved(scene, moved)
    a_lesson_is_cancelled_late(scene, cancelled)


def people_arrive(scene: Play) -> None:
    """An instructor who is paid by the hour, and three learners."""
    zara = scene.zara
    for person in (zara, scene.hugo, scene.iris, scene.kit):
        person.sign_up()
    zara.begin(40_00)
    zara.offer(COUNTRY.title, COUNTRY.minutes, None)
    zara.open_hours("09:00", "12:00")
    scene.admin.verify(zara)
    scene.onboard(zara, zara.name)
    scene.story.tell(f"{zara.name} teaches “{COUNTRY.title}” at £40.00 an hour")


def hours_are_bought(scene: Play) -> None:
    """A code takes off what the platform gives away; the instructor's share stays whole."""
    hugo, story = scene.hugo, scene.story
    scene.admin.create_code(CODE, CODE_CENTS)
    lesson = hugo.check_code(CODE, scene.zara.service_id)
    wrong = hugo.check_code("OLDROADS", scene.zara.service_id)
    story.check(
        f"{CODE} is good for Hugo, and OLDROADS, which does not exist, is not",
        lesson["is_valid"] and not wrong["is_valid"],
    )
    hours = hugo.buy_hours(scene.zara, 5, CODE)
    hugo.pay_for(hours)
    story.check(
        f"five hours are £200.00 and £36.00, less {money(CODE_CENTS)}: {money(hours.amount_cents)}",
        hours.amount_cents == 216_00,
    )
    story.show(
        "admin_create_discount_code · check_discount_code · buy_credits · POST /payment-intents"
    )


def a_prepaid_hour_is_booked(scene: Play) -> None:
    """Nothing is due, so the booking is confirmed at once."""
    hugo, zara = scene.hugo, scene.zara
    start = scene.stage.week.at("Tuesday", "10:00")
    booking = hugo.request(zara, zara.service_id, start, p_use_credits=True)
    scene.agree(hugo, zara, "Tuesday", "10:00", COUNTRY, booking)
    scene.story.check(
        "Hugo books Tuesday 10:00 with one of them: confirmed, nothing to pay, four hours left",
        (booking.status, booking.amount_cents, hugo.hours_left(zara)) == ("confirmed", 0, 4),
    )
    scene.story.show("request_booking with p_use_credits · credit_balance")


def a_lesson_is_moved(scene: Play, agreed: Agreed) -> None:
    """What was paid moves along."""
    moved = scene.iris.reschedule(agreed.booking, scene.stage.week.at("Wednesday", "09:00"))
    agreed.booking, agreed.day, agreed.time = moved, "Wednesday", "09:00"
    seen = scene.iris.see(moved)
    scene.story.check(
        "Iris moves Tuesday's lesson to Wednesday 09:00, and her payment moves along",
        (seen["status"], seen["amount_captured"]) == ("confirmed", PRICE_CENTS),
    )
    scene.story.show("reschedule_booking")


def a_lesson_is_cancelled_late(scene: Play, agreed: Agreed) -> None:
    """With less than a day's notice half is kept, and the instructor has half of the share."""
    stage, story, iris = scene.stage, scene.story, scene.iris
    preview = iris.preview_cancellation(agreed.booking)
    ending = iris.cancel(agreed.booking, preview["refund_cents"])
    agreed.is_cancelled = True
    agreed.returned_share_cents = 20_00
    refund = stage.run_job("outbox")
    stage.deliver_webhooks()
    seen = iris.see(agreed.booking)
    story.check(
        "Iris cancels Monday's lesson 21 hours before, and has half back:"
        f" {money(seen['amount_refunded'])}, as the preview said",
        refund.status == 0
        and preview["refund_cents"] == ending["refund_cents"] == seen["amount_refunded"] == 23_60,
    )
    story.show("preview_cancellation · cancel_booking")


def play_on(scene: Play) -> None:
    """Ask for money back, and have it taken back."""
    stage, story = scene.stage, scene.story
    story.open_act(stage.travel("Thursday", "18:00"), "Two learners want their money back")
    decide_for_payer = a_payment_is_disputed(scene)
    iris = scene.agreed_on(scene.iris, "Wednesday")
    refund_id = scene.iris.ask_for_refund(iris.booking, 11_80, "It ended a quarter early.")
    scene.admin.grant_refund(refund_id)
    iris.returned_share_cents = 10_00
    refund = stage.run_job("outbox")
    stage.deliver_webhooks()
    story.check(
        "Iris asks for a quarter of Wednesday's price, Grace grants it: £11.80 are back",
        refund.status == 0 and scene.iris.see(iris.booking)["amount_refunded"] == 11_80,
    )
    story.show("request_refund · decide_refund")
    if decide_for_payer:
        a_dispute_is_lost(scene, decide_for_payer)


def a_payment_is_disputed(scene: Play) -> Verdict | None:
    """The bank takes it back at once."""
    paid = scene.kit.see(scene.agreed_on(scene.kit, "Wednesday").booking)
    return scene.stage.stripe.open_dispute(paid["stripe_payment_intent_id"])


def a_dispute_is_lost(scene: Play, decide_for_payer: Verdict) -> None:
    """The platform bears it: the instructor taught."""
    stage, story, admin = scene.stage, scene.story, scene.admin
    (before,) = admin.disputes()
    decide_for_payer()
    stage.deliver_webhooks()
    (after,) = admin.disputes()
    story.check(
        f"Kit's bank takes {money(PRICE_CENTS)} back and keeps it; the platform bears Zara's part",
        (before["status"], before["lost_cents"]) == ("needs_response", 0)
        and (after["status"], after["lost_cents"], after["liability"])
        == ("lost", PRICE_CENTS, "platform"),
    )
    told = admin.alerts()
    for alert in told:
        admin.call("resolve_alert", p_alert_id=alert["id"])
    story.check(
        "Grace was told twice, and has settled it",
        [alert["code"] for alert in told if alert["code"].startswith("dispute_")]
        == ["dispute_lost", "dispute_needs_response"]
        and not admin.alerts(),
    )
    story.show("disputes · alerts · resolve_alert")


def book_and_pay(scene: Play, learner: Learner, day: str, time: str) -> Agreed:
    """Book a listed time, and pay with a card that works."""
    zara = scene.zara
    booking = learner.request(zara, zara.service_id, scene.stage.week.at(day, time))
    learner.pay_for(booking)
    return scene.agree(learner, zara, day, time, COUNTRY, booking)
