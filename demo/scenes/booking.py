"""Sunday: learners find times, book and pay."""

from email.message import EmailMessage

from demo.people import Learner, Refused
from demo.play import Agreed, Mail, Play
from demo.story import money
from demo.stripe_side import Declined


def play(scene: Play) -> None:
    """Book and pay, with what goes wrong on an ordinary day."""
    stage, story = scene.stage, scene.story
    story.open_act(stage.travel("Sunday", "11:00"), "Learners book and pay")
    for learner in scene.learners:
        learner.sign_up()
    story.tell("Ada, Ben, Cho and Dev sign up")

    first = scene.book_and_pay(scene.ada, scene.ivy, "Monday", "09:00")
    tell(scene, first)
    story.show(
        "create_booking_with_payment · POST /payment-intents · card confirmed in the browser"
    )
    story.check("18 % of £45.25 is £8.15: Ada pays £53.40", first.booking.amount_cents == 53_40)
    somebody_wants_the_same_time(scene, first)
    a_card_is_declined(scene)

    for learner, instructor, day, time in (
        (scene.cho, scene.omar, "Tuesday", "14:00"),
        (scene.ada, scene.mei, "Tuesday", "11:00"),
        (scene.ben, scene.omar, "Wednesday", "14:00"),
        (scene.dev, scene.sol, "Wednesday", "17:00"),
        (scene.ada, scene.omar, "Thursday", "15:30"),
    ):
        tell(scene, scene.book_and_pay(learner, instructor, day, time))

    stage.deliver_webhooks()
    is_confirmed = [
        agreed.customer.see(agreed.booking)["status"] == "confirmed" for agreed in scene.agreed
    ]
    story.check(f"all {len(is_confirmed)} bookings are confirmed by webhooks", all(is_confirmed))
    forged = stage.post_forged_webhook()
    story.refuse(
        "somebody", "POST /stripe/webhooks", forged.json()["code"], forged.json()["detail"]
    )
    story.check(
        f"a webhook that Stripe did not sign is refused: {forged.json()['code']}",
        forged.status_code == 400,
    )
    asked = stage.run_job("outbox")
    story.check("Stripe has said what it keeps of each payment", asked.status == 0)
    a_confirmation_arrives(scene, first)


def somebody_wants_the_same_time(scene: Play, taken: Agreed) -> None:
    """A time can be had once."""
    refused = refusal_of(scene.ben, taken.booking.slot_id)
    scene.story.check(f"Ben wants the same time and is told: {refused}", refused == "slot_taken")


def a_card_is_declined(scene: Play) -> None:
    """The first card is empty; the same payment succeeds with the second."""
    story = scene.story
    agreed = scene.book(scene.ben, scene.ivy, "Monday", "10:00")
    intent = scene.ben.open_payment(agreed.booking)
    try:
        scene.ben.pay(intent, card="empty")
        story.check("Ben's empty card is declined", is_kept=False)
    except Declined as declined:
        story.tell(f"Ben books Monday 10:00 with Ivy; his bank says: {declined}")
    scene.ben.pay(intent)
    story.tell(f"He tries another card, and pays {money(intent.amount_cents)}")


def a_confirmation_arrives(scene: Play, agreed: Agreed) -> None:
    """The mail that the server took, with the lesson as an entry for a calendar."""
    (mail,) = (
        mail
        for mail in scene.stage.mails_to(agreed.customer.email)
        if f"{agreed.day[:3]}" in mail["Subject"] and agreed.time in mail["Subject"]
    )
    show_mail(scene, mail)
    attached = [part.get_content_type() for part in mail.iter_attachments()]
    scene.story.check(
        f"{agreed.customer.first_name} has a confirmation, with an entry for a calendar",
        attached == ["text/calendar"],
    )


def show_mail(scene: Play, mail: EmailMessage) -> None:
    """Show a mail as it arrived, and keep it for the page."""
    body = mail.get_body(("plain",))
    assert body is not None
    lines = [line.strip() for line in body.get_content().splitlines() if "https://" not in line]
    attached = [str(part.get_filename()) for part in mail.iter_attachments()]
    arrived = Mail(mail["From"], mail["To"], mail["Subject"], lines, attached)
    scene.mails.append(arrived)
    scene.story.show(f"a mail to {arrived.recipient}: {arrived.subject}")
    for line in filter(None, lines):
        scene.story.show(line, indent=6)


def tell(scene: Play, agreed: Agreed) -> None:
    """Say who booked what."""
    scene.story.tell(
        f"{agreed.customer.first_name} books {agreed.day} {agreed.time} with"
        f" {agreed.instructor.first_name} and pays {money(agreed.booking.amount_cents)}"
    )


def refusal_of(learner: Learner, slot_id: str) -> str:
    """Return the code with which a booking is refused; empty if it is not."""
    try:
        learner.book(slot_id)
    except Refused as refused:
        return refused.code
    return ""
