"""Receipts and statements, as PDF, for those who may see what they say."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from pypdf import PdfReader

from lplate import receipts
from tests.factories import Booking, World
from tests.webhook_service.conftest import code_of
from tests.webhook_service.deployment import Deployment, bearer

RECEIPT: dict[str, Any] = {
    "receipt_id": "3f1d1b1e-0000-4000-8000-000000000001",
    "organization": "Open Road",
    "tax_id": "GB 123 4567 89",
    "time_zone": "Europe/London",
    "paid_on": "2026-11-20",
    "currency": "gbp",
    "minor_digits": 2,
    "method": "card",
    "reference": "pi_1",
    "lines": [
        {
            "title": "Motorway lesson",
            "lesson_at": "2026-11-23 10:30",
            "minutes": 90,
            "amount_cents": 6750,
        }
    ],
    "fee_cents": 1215,
    "discount_cents": 500,
    "amount_cents": 7465,
    "uncaptured_cents": 0,
    "payer": "Ruth Low",
    "learner": "Pip Low",
    "instructor": "Ann Lee",
}
NAMES = [
    "Łukasz Żółć",
    "Ελένη Παπαδοπούλου",
    "Олена Петрівна Ґудзь",
    '#panic("no") *Ann* _Lee_ $x$ <a>',
    '"; #read("/etc/passwd")',
]
# No font of ours has all of these, or they are made to break a typesetter.
HOSTILE = [
    "😀 Ann 👨\u200d👩\u200d👧",
    "王小明",
    "สวัสดี नमस्ते",
    "שרה לוי",
    "فاطمة الزهراء",
    "\u202eeeL nnA\u202c שרה Ann فاطمة 王 😀",
    "a" + "\u0301" * 500,
    "\x07\x1b[31mAnn\ud7ff\U0010fffd",
    "Ann " * 500,
    "A" * 2000,
    " ",
]


def text_of(pdf: bytes) -> str:
    pages = PdfReader(io.BytesIO(pdf)).pages
    return " ".join(" ".join(page.extract_text().split()) for page in pages)


def receipt(client: FlaskClient, payment_id: Any, user_id: UUID) -> Any:
    return client.get(f"/receipts/{payment_id}.pdf", headers=bearer(user_id))


def paid_in(world: World, school: UUID) -> Booking:
    """A booking of a school's learner, paid."""
    ann, ben = world.instructor(org_id=school), world.person("Ben")
    world.learner(school, ben)
    slot_id = world.slot(world.service(ann))
    booked = world.book(ben, slot_id)
    booking = Booking(world, booked["booking_id"], ben, ann, slot_id)
    assert booking.pay() == "processed"
    return booking


def paid(world: World, **columns: Any) -> Booking:
    booking = world.booking(**columns)
    assert booking.pay() == "processed"
    return booking


def test_who_paid_has_a_receipt_that_adds_up(deployment: Deployment, served: FlaskClient) -> None:
    world = deployment.world
    booking = paid(world, title="Motorway lesson", discount_cents=500)
    answer = receipt(served, booking.payment["id"], booking.learner)
    assert (answer.status_code, answer.content_type) == (200, "application/pdf")
    assert answer.headers["Cache-Control"] == "no-store"
    text = text_of(answer.data)
    for said in (
        *("Receipt", "Paid by Ben", "Instructor Ann", "Motorway lesson 1:00 45.00"),
        *("Booking fee 8.10", "Discount \N{MINUS SIGN}5.00", "Paid, GBP 48.10"),
        *(str(booking.payment["id"]), booking.payment["stripe_payment_intent_id"]),
    ):
        assert said in text, said
    assert booking.payment["amount_cents"] == 4810


def test_a_receipt_stays_as_it_was(deployment: Deployment, served: FlaskClient) -> None:
    world = deployment.world
    booking = paid(world)
    payment_id = booking.payment["id"]
    first = receipt(served, payment_id, booking.learner).data
    booking.refund(1000)
    world.connection.execute("update public.services set title = 'Another lesson'")
    world.connection.execute("update public.organizations set name = 'Another name'")
    assert receipt(served, payment_id, booking.learner).data == first
    assert world.count("private.receipts") == 1
    with world.refusing("PT409", "append_only"):
        world.connection.execute("update private.receipts set contents = '{}'")


def test_a_price_with_the_fee_in_it_shows_no_fee(
    deployment: Deployment, served: FlaskClient
) -> None:
    world = deployment.world
    school = world.organization(fee_mode="included", tax_id="GB 1")
    booking = paid_in(world, school)
    text = text_of(receipt(served, booking.payment["id"], booking.learner).data)
    assert "1:00 45.00 Paid, GBP 45.00" in text
    assert "Tax ID GB 1" in text
    assert "fee" not in text


def test_hours_bought_ahead_have_a_receipt(deployment: Deployment, served: FlaskClient) -> None:
    world = deployment.world
    ann, _ = world.hourly()
    bought = world.hours(world.person("Hugo"), ann, 10)
    text = text_of(receipt(served, bought.payment["id"], bought.learner).data)
    assert "Paid by Hugo" in text
    assert "Prepaid hours 10:00 450.00" in text


def test_what_was_paid_in_cash_has_a_receipt(deployment: Deployment, served: FlaskClient) -> None:
    world = deployment.world
    booking = world.booking()
    outside_id = world.call(
        booking.instructor.user_id,
        "public.record_payment_outside",
        p_booking_id=booking.id,
        p_method="cash",
    )
    answer = receipt(served, outside_id, booking.learner)
    assert answer.status_code == 200
    text = text_of(answer.data)
    assert "Means cash" in text
    assert "Paid, GBP 53.10" in text
    assert code_of(receipt(served, outside_id, world.person())) == "payment_not_found"


def test_nobody_else_has_a_receipt(deployment: Deployment, served: FlaskClient) -> None:
    world = deployment.world
    school = world.organization(requires_second_factor=False)
    booking = paid_in(world, school)
    payment_id = booking.payment["id"]
    school_admin = world.member(school, "admin")
    guardian = world.guardian(booking.columns["learner_id"], view=True)
    for person in (school_admin, guardian):
        assert receipt(served, payment_id, person).status_code == 200
    platform_admin = world.admin()
    with_factor = bearer(platform_admin, aal="aal2")
    assert served.get(f"/receipts/{payment_id}.pdf", headers=with_factor).status_code == 200
    strangers = (
        *(world.person(), booking.instructor.user_id, platform_admin),
        world.member(world.organization(), "admin"),
    )
    for stranger in strangers:
        refused = receipt(served, payment_id, stranger)
        assert (refused.status_code, code_of(refused)) == (404, "payment_not_found")
    assert code_of(receipt(served, uuid4(), booking.learner)) == "payment_not_found"
    assert served.get(f"/receipts/{payment_id}.pdf").status_code == 401
    assert receipt(served, "x", booking.learner).status_code == 404


def test_nothing_paid_has_no_receipt(deployment: Deployment, served: FlaskClient) -> None:
    booking = deployment.world.booking()
    booking.open_payment()
    refused = receipt(served, booking.payment["id"], booking.learner)
    assert (refused.status_code, code_of(refused)) == (409, "payment_not_succeeded")
    assert deployment.world.count("private.receipts") == 0


def test_a_receipt_keeps_no_names(deployment: Deployment, served: FlaskClient) -> None:
    booking = paid(deployment.world)
    receipt(served, booking.payment["id"], booking.learner)
    kept = deployment.world.value("select contents::text from private.receipts")
    assert "Ben" not in kept
    assert "Ann" not in kept


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_printed_as_it_is(name: str) -> None:
    pdf = receipts.render(RECEIPT | {"payer": name, "learner": name, "organization": name})
    assert text_of(pdf).count(name) == 2


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_stops_a_receipt(name: str) -> None:
    line = RECEIPT["lines"][0] | {"title": name}
    hostile = {"payer": name, "instructor": name, "organization": name, "lines": [line] * 40}
    text = text_of(receipts.render(RECEIPT | hostile))
    assert "Paid, GBP 74.65" in text


def test_the_same_receipt_gives_the_same_bytes() -> None:
    assert receipts.render(RECEIPT) == receipts.render(RECEIPT)


def test_what_was_authorized_and_not_taken_is_taken_off() -> None:
    text = text_of(receipts.render(RECEIPT | {"uncaptured_cents": 1000}))
    assert "Authorized, and not taken \N{MINUS SIGN}10.00 Paid, GBP 64.65" in text


def test_a_statement_has_the_same_lines_everywhere(
    deployment: Deployment, served: FlaskClient
) -> None:
    """As PDF as from the API, whose CSV is the same rows (tests/api/test_payout_statement.py)."""
    world = deployment.world
    lesson = world.lesson(title="Motorway lesson")
    world.onboard(lesson.instructor)
    lesson.refund(531)
    world.travel(by=timedelta(days=8))
    world.maintain()
    assert [run["paid"] for run in world.run_payouts()] == [1]
    payout_id = world.value("select id from public.payouts")
    lines = world.ask(lesson.instructor.user_id, "public.payout_statement", p_payout_id=payout_id)
    assert [line["amount_cents"] for line in lines] == [4500, -450]
    path = f"/payout-statements/{payout_id}.pdf"
    answer = served.get(path, headers=bearer(lesson.instructor.user_id))
    assert (answer.status_code, answer.content_type) == (200, "application/pdf")
    text = text_of(answer.data)
    place = 0
    for line in lines:
        amount = f"{line['amount_cents'] / 100:,.2f}".replace("-", "\N{MINUS SIGN}")
        for said in (line["service"], line["explanation"] or "", amount):
            place = text.index(said, place)
    assert f"Total, GBP {sum(line['amount_cents'] for line in lines) / 100:,.2f}" in text
    for stranger in (lesson.learner, world.person()):
        refused = served.get(path, headers=bearer(stranger))
        assert (refused.status_code, code_of(refused)) == (404, "payout_not_found")


def test_other_sites_may_not_read_papers(deployment: Deployment, served: FlaskClient) -> None:
    answer = served.options(
        f"/receipts/{uuid4()}.pdf", headers={"Origin": "https://elsewhere.example"}
    )
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_a_platforms_admin_prints_what_answers_a_dispute(
    deployment: Deployment, served: FlaskClient
) -> None:
    world = deployment.world
    booking = paid(world)
    world.dispute(booking.payment)
    dispute_id = world.value("select id from public.disputes")
    path, admin = f"/disputes/{dispute_id}/evidence.pdf", world.admin()
    answer = served.get(path, headers=bearer(admin, aal="aal2"))
    assert (answer.status_code, answer.content_type) == (200, "application/pdf")
    assert "Evidence for the dispute" in text_of(answer.data)
    printed = world.rows(
        "select user_id from public.audit_logs where entity_type = 'disputes'"
        " and new_values ? 'is_evidence_printed'"
    )
    assert [row["user_id"] for row in printed] == [admin]
    for person, code in (
        (admin, "second_factor_required"),
        (booking.learner, "not_an_admin"),
        (booking.instructor.user_id, "not_an_admin"),
    ):
        refused = served.get(path, headers=bearer(person))
        assert (refused.status_code, code_of(refused)) == (403, code)
    unknown = served.get(f"/disputes/{uuid4()}/evidence.pdf", headers=bearer(admin, aal="aal2"))
    assert code_of(unknown) == "dispute_not_found"


def test_a_months_page_is_for_admins(deployment: Deployment, served: FlaskClient) -> None:
    world = deployment.world
    school = world.organization(name="Open <Road>")
    owner, admin = world.member(school, "owner"), world.admin()
    month = f"{world.now():%Y-%m}"
    whole = served.get(f"/reports/{month}.html", headers=bearer(admin, aal="aal2"))
    assert (whole.status_code, whole.content_type) == (200, "text/html; charset=utf-8")
    assert f"Report of {month}" in whole.text
    assert "Platform margin" in whole.text
    path = f"/organizations/{school}/reports/{month}.html"
    own = served.get(path, headers=bearer(owner))
    assert "Open &lt;Road&gt;" in own.text
    assert "Platform margin" not in own.text
    assert own.headers["Content-Security-Policy"].startswith("default-src 'none'")
    for refused, code in (
        (served.get(f"/reports/{month}.html", headers=bearer(admin)), "second_factor_required"),
        (served.get(f"/reports/{month}.html", headers=bearer(owner)), "not_an_admin"),
        (served.get(path, headers=bearer(world.person())), "organization_not_found"),
        (served.get(path), "missing_token"),
        (served.get("/reports/2099-01.html", headers=bearer(admin, aal="aal2")), "month_not_begun"),
        (served.get("/reports/2026-13.html", headers=bearer(admin, aal="aal2")), "no_such_route"),
    ):
        assert code_of(refused) == code
