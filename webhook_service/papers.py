"""Papers for the person signed in: receipts, invoices, statements and evidence; reports as HTML."""

import re
from datetime import date
from typing import Any
from uuid import UUID

from flask import Blueprint, Response

from lplate import evidence, fee_invoices, receipts, statements
from webhook_service.auth import Authenticator
from webhook_service.config import Config
from webhook_service.database import Database
from webhook_service.problems import Problem

MONTH = re.compile(r"20\d\d-(0[1-9]|1[0-2])", re.ASCII)


def make_blueprint(config: Config, database: Database, auth: Authenticator) -> Blueprint:
    """Make the endpoints. The database decides what a caller may read, as for its tables."""
    blueprint = Blueprint("papers", __name__)

    @blueprint.route(
        "/receipts/<uuid:payment_id>.pdf",
        methods=["GET", "OPTIONS"],
        provide_automatic_options=True,
    )
    def show_receipt(payment_id: UUID) -> Response:
        """Return the receipt of a payment, as my_payments lists it."""
        receipt = database.receipt_for(auth.caller(), payment_id)
        return _as_pdf(receipts.render(receipt, config.statement_fonts_dir), "receipt")

    @blueprint.route(
        "/payout-statements/<uuid:payout_id>.pdf",
        methods=["GET", "OPTIONS"],
        provide_automatic_options=True,
    )
    def show_statement(payout_id: UUID) -> Response:
        """Return the statement of a payout, with the lines of payout_statement."""
        statement = database.statement_for(auth.caller(), payout_id)
        pdf = statements.render_for_reader(statement, config.statement_fonts_dir)
        return _as_pdf(pdf, "statement")

    @blueprint.route(
        "/fee-invoices/<uuid:invoice_id>.pdf",
        methods=["GET", "OPTIONS"],
        provide_automatic_options=True,
    )
    def show_fee_invoice(invoice_id: UUID) -> Response:
        """Return an invoice or credit note for the platform's fee, as list_fee_invoices has it."""
        document = database.fee_invoice_for(auth.caller(), invoice_id)
        pdf = fee_invoices.render(document, config.statement_fonts_dir)
        return _as_pdf(pdf, document["number"])

    @blueprint.route(
        "/disputes/<uuid:dispute_id>/evidence.pdf",
        methods=["GET", "OPTIONS"],
        provide_automatic_options=True,
    )
    def show_evidence(dispute_id: UUID) -> Response:
        """Return what answers a dispute, for admins of the platform."""
        told = database.evidence_for(auth.caller(), dispute_id)
        return _as_pdf(evidence.render(told, config.statement_fonts_dir), "evidence")

    @blueprint.route(
        "/reports/<month>.html", methods=["GET", "OPTIONS"], provide_automatic_options=True
    )
    def show_report(month: str) -> Response:
        """Return the page of a month, such as 2026-10, for admins of the platform."""
        return _as_page(database.report_for(auth.caller(), None, _parse_month(month)))

    @blueprint.route(
        "/organizations/<uuid:org_id>/reports/<month>.html",
        methods=["GET", "OPTIONS"],
        provide_automatic_options=True,
    )
    def show_organization_report(org_id: UUID, month: str) -> Response:
        """Return a school's own page of the same numbers, for its admins."""
        return _as_page(database.report_for(auth.caller(), org_id, _parse_month(month)))

    return blueprint


def _parse_month(text: str) -> date:
    """Return the first day of a month. Answers 404 to what is none."""
    if not MONTH.fullmatch(text):
        raise Problem(404, "no_such_route", "A report is of a month such as 2026-10.")
    return date.fromisoformat(f"{text}-01")


def _as_page(report: dict[str, Any]) -> Response:
    from lplate import reports  # a plotting library is not loaded by who draws nothing

    answer = Response(reports.render(report), content_type="text/html; charset=utf-8")
    # Nothing is fetched or run by a page that names what people call themselves.
    answer.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'"
    return answer


def _as_pdf(pdf: bytes, name: str) -> Response:
    answer = Response(pdf, content_type="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    return answer
