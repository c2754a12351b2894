"""Invoices and credit notes for the fee as PDF: what their rows say, for whom the rows are."""

from __future__ import annotations

import io
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from psycopg.rows import DictRow
from pypdf import PdfReader

from lplate import fee_invoices
from tests.factories import MARKETPLACE
from tests.tax.steps import issued, lesson_at_school, register, save, terms
from tests.webhook_service.conftest import code_of
from tests.webhook_service.deployment import Deployment, bearer

DOCUMENT: dict[str, Any] = {
    "number": "F7-000001",
    "kind": "invoice",
    "credits_number": None,
    "credits_issued_on": None,
    "bearer": "payee",
    "order_id": "3f1d1b1e-0000-4000-8000-000000000001",
    "currency": "gbp",
    "minor_digits": 2,
    "fee_cents": 810,
    "discount_cents": 0,
    "total_cents": 810,
    "net_cents": 675,
    "vat_treatment": "standard",
    "vat_rate_bps": 2000,
    "vat_cents": 135,
    "issuer_name": "LPlate Ltd",
    "issuer_address": "2 Low Street, Leeds",
    "issuer_vat_number": "GB123456789",
    "recipient_name": "Ann Mary Lee",
    "recipient_address": "1 High Street, Leeds, LS1 1AA, GB",
    "recipient_vat_number": None,
    "supplied_on": "2026-11-20",
    "issued_on": "2026-11-21",
}


def text_of(pdf: bytes) -> str:
    pages = PdfReader(io.BytesIO(pdf)).pages
    return " ".join(" ".join(page.extract_text().split()) for page in pages)


def fetch(client: FlaskClient, invoice_id: object, user_id: UUID, **claims: str) -> Any:
    return client.get(f"/fee-invoices/{invoice_id}.pdf", headers=bearer(user_id, **claims))


def assert_says(text: str, row: DictRow) -> None:
    """That a paper has the number and every amount of its row."""
    for said in (
        row["number"],
        row["issuer_name"],
        f"Total{' credited' if row['kind'] == 'credit_note' else ''}, GBP"
        f" {row['total_cents'] / 100:,.2f}",
        f"Without VAT {(row['total_cents'] - row['vat_cents']) / 100:,.2f}",
        f"VAT, {row['vat_rate_bps'] / 100:g} % {row['vat_cents'] / 100:,.2f}",
    ):
        assert said in text, said


def test_a_payer_has_the_invoice_and_its_credit_note(
    deployment: Deployment, served: FlaskClient
) -> None:
    world = deployment.world
    register(world)
    booking = world.booking(discount_cents=500)
    booking.pay()
    (invoice,) = issued(world)
    booking.refund(1000)
    _, note = issued(world)
    assert (invoice["number"][0], note["number"][0]) == ("F", "C")

    answer = fetch(served, invoice["id"], booking.learner)
    assert (answer.status_code, answer.content_type) == (200, "application/pdf")
    assert answer.headers["Cache-Control"] == "no-store"
    assert invoice["number"] in answer.headers["Content-Disposition"]
    text = text_of(answer.data)
    assert_says(text, invoice)
    for said in (
        f"Invoice {invoice['number']}",
        "From LPlate Ltd 2 Low Street, Leeds VAT number GB123456789",
        "The payer of the order below",
        f"Order {invoice['order_id']}",
        "Booking fee 8.10 Discount \N{MINUS SIGN}5.00 Total, GBP 3.10",
    ):
        assert said in text.replace("From To", "From"), said

    text = text_of(fetch(served, note["id"], booking.learner).data)
    assert_says(text, note)
    assert f"Credits invoice {invoice['number']} of " in text


def test_a_payee_in_another_country_owes_the_vat(
    deployment: Deployment, served: FlaskClient
) -> None:
    world = deployment.world
    register(world)
    terms(world, MARKETPLACE, p_fee_mode="included")
    ann = world.instructor()
    save(
        world,
        ann.user_id,
        p_country="IE",
        p_tax_ids="{}",
        p_vat_number="IE1234567WA",
    )
    world.booking(ann).pay()
    (invoice,) = issued(world)
    assert invoice["vat_treatment"] == "reverse_charge"
    text = text_of(fetch(served, invoice["id"], ann.user_id).data)
    for said in (
        *("Ann Mary Lee", "1 High Street, Leeds, LS1 1AA, IE", "VAT number IE1234567WA"),
        *("VAT number GB123456789", "Platform fee", "Reverse charge: the recipient accounts"),
        f"Total, GBP {invoice['total_cents'] / 100:.2f}",
    ):
        assert said in text, said
    assert "Without VAT" not in text


@pytest.mark.slow
def test_whoever_may_read_the_row_has_the_paper(
    deployment: Deployment, served: FlaskClient
) -> None:
    """And nobody else: not the other side, the school's staff, or an admin by password alone."""
    world = deployment.world
    on_top = world.booking()
    on_top.pay()
    terms(world, MARKETPLACE, p_fee_mode="included")
    included = world.booking(world.instructor(), start_at=world.in_days(4))
    included.pay()
    school = world.organization(fee_mode="included")
    owner = world.member(school, "owner")
    hired = world.instructor(org_id=school)
    world.connection.execute(
        "update public.instructor_details set payee = 'organization' where instructor_id = %s",
        [hired.id],
    )
    lesson_at_school(world, hired).pay()
    invoices = issued(world)
    assert len(invoices) == 3
    admin = world.admin()
    people = {
        on_top.learner: {MARKETPLACE: "payer"},
        included.instructor.user_id: {MARKETPLACE: "payee"},
        owner: {school: "payee"},
        on_top.instructor.user_id: {},
        included.learner: {},
        hired.user_id: {},
        world.member(school, "instructor"): {},
        world.member(world.organization(), "owner"): {},
        world.guardian(on_top.columns["learner_id"], view=True): {},
        world.person(): {},
        admin: {},
    }
    for person, bears in people.items():
        for invoice in invoices:
            answer = fetch(served, invoice["id"], person)
            may = bears.get(invoice["org_id"]) == invoice["bearer"]
            with world.acting_as(person, aal="aal1"):
                assert world.count(f"public.fee_invoices where id = '{invoice['id']}'") == may
            assert answer.status_code == (200 if may else 404), (person, invoice)
            assert may or code_of(answer) == "fee_invoice_not_found"
    for invoice in invoices:
        assert fetch(served, invoice["id"], admin, aal="aal2").status_code == 200
    assert code_of(fetch(served, uuid4(), on_top.learner)) == "fee_invoice_not_found"
    assert served.get(f"/fee-invoices/{invoices[0]['id']}.pdf").status_code == 401


def test_an_invoice_stays_as_it_was(deployment: Deployment, served: FlaskClient) -> None:
    world = deployment.world
    register(world)
    booking = world.booking()
    booking.pay()
    (invoice,) = issued(world)
    first = fetch(served, invoice["id"], booking.learner).data
    register(world, p_legal_name="Another Ltd", p_vat_rate_bps=1000)
    booking.refund(1000)
    world.connection.execute("update public.organizations set name = 'Another name'")
    world.connection.execute("update public.profiles set full_name = 'Another Ben'")
    assert fetch(served, invoice["id"], booking.learner).data == first


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, "Platform fee 8.10 Total, GBP 8.10 Without VAT 6.75 VAT, 20 % 1.35"),
        ({"vat_rate_bps": 550}, "VAT, 5.5 %"),
        ({"vat_rate_bps": 0, "vat_cents": 0, "net_cents": 810}, "VAT, 0 % 0.00"),
        ({"vat_treatment": "none", "issuer_vat_number": None}, "8.10 No VAT is charged."),
        ({"order_id": None}, "Agreed fee 8.10"),
        ({"currency": "jpy", "minor_digits": 0, "fee_cents": 81000}, "Platform fee 81,000"),
        (
            {"kind": "credit_note", "credits_number": "F7-1", "credits_issued_on": "2026-10-02"},
            "Credits invoice F7-1 of 2 October 2026",
        ),
        ({"kind": "credit_note"}, "Total credited, GBP 8.10"),
        ({"issuer_address": None, "recipient_address": None}, "Ann Mary Lee"),
        ({"recipient_name": '#panic("no") *Ann*'}, '#panic("no") *Ann*'),
        ({"recipient_name": "Ann 😀 王 " * 50}, "Total, GBP 8.10"),
    ],
)
def test_what_a_paper_says(changed: dict[str, Any], said: str) -> None:
    pdf = fee_invoices.render(DOCUMENT | changed)
    assert said in text_of(pdf)
    assert pdf == fee_invoices.render(DOCUMENT | changed)
