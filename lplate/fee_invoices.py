"""An invoice or credit note for the platform's fee as a PDF, for whoever bears the fee."""

from decimal import Decimal
from pathlib import Path
from typing import Any

from lplate.papers import money_in, spell, typeset_for_reader

TEMPLATE = Path(__file__).with_name("fee_invoice.typ")

TITLES = {"invoice": "Invoice", "credit_note": "Credit note"}
FEES = {"payer": "Booking fee", "payee": "Platform fee"}
# What the law asks a document to say of the VAT that it does not charge.
NO_VAT = {
    "standard": None,
    "reverse_charge": "Reverse charge: the recipient accounts for the VAT.",
    "none": "No VAT is charged.",
}


def render(document: dict[str, Any], fonts_dir: Path | None = None) -> bytes:
    """Return the PDF of a document, as fee_invoice_for gives it."""
    return typeset_for_reader(TEMPLATE, describe(document), fonts_dir)


def describe(document: dict[str, Any]) -> dict[str, Any]:
    """Return what the document says, every amount and date as it is printed."""
    money = money_in(document["minor_digits"])
    discount = document["discount_cents"]
    has_vat = document["vat_treatment"] == "standard"
    credited_on = document["credits_issued_on"]
    return {
        "title": TITLES[document["kind"]],
        "number": document["number"],
        "issued_on": document["issued_on"],
        "issued": spell(document["issued_on"]),
        "supplied": spell(document["supplied_on"]),
        "credits": f"{document['credits_number']} of {spell(credited_on)}" if credited_on else None,
        "issuer": {
            "name": document["issuer_name"],
            "address": document["issuer_address"],
            "vat_number": document["issuer_vat_number"],
        },
        "recipient": {
            # A payer's invoice is a simplified one, which names nobody.
            "name": document["recipient_name"] or "The payer of the order below",
            "address": document["recipient_address"],
            "vat_number": document["recipient_vat_number"],
        },
        "order": document["order_id"],
        "currency": document["currency"].upper(),
        "fee_name": FEES[document["bearer"]] if document["order_id"] else "Agreed fee",
        "fee": money(document["fee_cents"]),
        "discount": money(-discount) if discount else None,
        "total_name": "Total credited" if document["kind"] == "credit_note" else "Total",
        "total": money(document["total_cents"]),
        "net": money(document["net_cents"]) if has_vat else None,
        "vat_name": f"VAT, {percent(document['vat_rate_bps'])}",
        "vat": money(document["vat_cents"]) if has_vat else None,
        "no_vat": NO_VAT[document["vat_treatment"]],
    }


def percent(bps: int) -> str:
    """Write a rate in basis points as people read it: 20 %, or 5.5 %."""
    return f"{Decimal(bps).scaleb(-2).normalize():f} %"
