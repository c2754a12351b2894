"""Sunday: two learners pay after their time was no longer kept for them."""

from demo.play import Play
from demo.story import money


def play(scene: Play) -> None:
    """One late payment finds its time taken and goes back; the other still gets the lesson."""
    stage, story = scene.stage, scene.story
    story.open_act(stage.travel("Sunday", "11:30"), "Two payments come too late")
    cho = scene.book(scene.cho, scene.ivy, "Tuesday", "09:00")
    dev = scene.book(scene.dev, scene.ivy, "Wednesday", "10:00")
    cho_intent = scene.cho.open_payment(cho.booking)
    dev_intent = scene.dev.open_payment(dev.booking)
    story.tell("Cho books Tuesday 09:00 with Ivy, Dev Wednesday 10:00; both put the phone away")

    story.open_act(stage.travel("Sunday", "11:50"), "Their fifteen minutes are over")
    swept = stage.run_job("maintain")
    expired = {line["task"]: line["affected"] for line in swept.events("task_done")}
    story.check("both holds have expired", expired.get("holds_expired") == 2)
    scene.book_and_pay(scene.ada, scene.ivy, "Tuesday", "09:00")
    story.tell("Ada takes Tuesday 09:00. Now Cho and Dev pay, each by the page that is still open")
    scene.cho.pay(cho_intent)
    scene.dev.pay(dev_intent)
    stage.deliver_webhooks()

    refund = stage.run_job("outbox")
    story.check("the outbox carried the refund to Stripe", refund.status == 0)
    stage.deliver_webhooks()
    cho_sees, dev_sees = scene.cho.see(cho.booking), scene.dev.see(dev.booking)
    story.check(
        f"Cho has all of it back: {money(cho_sees['amount_refunded'])}",
        cho_sees["payment_status"] == "refunded"
        and cho_sees["amount_refunded"] == cho.booking.amount_cents,
    )
    story.check("Dev's time was still free: confirmed", dev_sees["status"] == "confirmed")
    scene.agreed.remove(cho)
