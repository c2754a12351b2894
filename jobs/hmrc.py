"""The yearly report of sellers as HMRC takes it: the OECD's XML for digital platforms (DPI 1.0).

Elements and their order are those of the schema that HMRC publishes under "Create a digital
platform report". Lessons are personal services.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

DPI = "urn:oecd:ties:dpi:v1"
STF = "urn:oecd:ties:dpistf:v1"
HOME = "GB"
NEW_DATA, NOTHING_TO_REPORT = "DPI401", "DPI403"
REGISTERED_OFFICE, RESIDENTIAL, BUSINESS = "OECD304", "OECD302", "OECD303"
# How the OECD's formats write that a person has no first name.
NO_FIRST_NAME = "NFN"
# What Postgres keeps and XML cannot say.
UNSAYABLE = str.maketrans("\ufffe\uffff", "\N{REPLACEMENT CHARACTER}" * 2)
OPERATOR_ID = re.compile(r"[A-Z0-9]{1,40}", re.ASCII)


class NotReportable(Exception):
    """The file cannot be written. The message says what to do."""


def write(
    message: Mapping[str, Any], file: Path, operator_id: str, operator_tin: str, at: datetime
) -> None:
    """Write what platform_message gives, as of a moment. Raises NotReportable."""
    tree = ET.ElementTree(compose(message, operator_id, operator_tin, at))
    ET.indent(tree)
    tree.write(file, encoding="utf-8", xml_declaration=True)


def compose(
    message: Mapping[str, Any], operator_id: str, operator_tin: str, at: datetime
) -> ET.Element:
    """Return the root element of the file. Raises NotReportable."""
    operator = message["operator"]
    if operator is None or operator["country"] != HOME:
        raise NotReportable(
            "The XML is HMRC's, for a platform that is established in the United Kingdom."
            " Say so with admin_set_registration ('GB', …, p_is_home => true); elsewhere, hand in"
            " the CSV through an intermediary."
        )
    if not OPERATOR_ID.fullmatch(operator_id):
        raise NotReportable("--operator-id is not one of HMRC's: capitals and digits, no spaces.")

    ET.register_namespace("dpi", DPI)
    ET.register_namespace("stf", STF)
    moment = at.astimezone(UTC)
    reference = f"{HOME}{message['year']}{HOME}-{operator_id}-{moment:%Y%m%dT%H%M%SZ}"
    sellers = message["sellers"]
    root = ET.Element(f"{{{DPI}}}DPI_OECD", version="1.0")
    spec = _add(root, "MessageSpec")
    _add(spec, "SendingEntityIN", operator_id)
    _add(spec, "TransmittingCountry", HOME)
    _add(spec, "ReceivingCountry", HOME)
    _add(spec, "MessageType", "DPI")
    _add(spec, "MessageRefId", reference)
    _add(spec, "MessageTypeIndic", NEW_DATA if sellers else NOTHING_TO_REPORT)
    _add(spec, "ReportingPeriod", f"{message['year']}-12-31")
    _add(spec, "Timestamp", f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z")

    body = _add(root, "DPIBody")
    _add_operator(body, operator, operator_tin, f"{reference}_PlatformOperator")
    for number, seller in enumerate(sellers, 1):
        _add_seller(body, seller, f"{reference}_ReportableSeller{number:06}")
    return root


def _add(parent: ET.Element, name: str, text: str | None = None, **attributes: str) -> ET.Element:
    element = ET.SubElement(parent, f"{{{DPI}}}{name}", attributes)
    element.text = text and text.translate(UNSAYABLE)
    return element


def _add_document(parent: ET.Element, reference: str) -> None:
    document = _add(parent, "DocSpec")
    ET.SubElement(document, f"{{{STF}}}DocTypeIndic").text = "OECD1"
    ET.SubElement(document, f"{{{STF}}}DocRefId").text = reference


def _add_operator(body: ET.Element, operator: Mapping[str, Any], tin: str, reference: str) -> None:
    element = _add(body, "PlatformOperator")
    _add(element, "ResCountryCode", operator["country"])
    _add(element, "TIN", tin, issuedBy=operator["country"], unknown="false")
    if operator["vat_number"]:
        _add(element, "VAT", operator["vat_number"])
    _add(element, "Name", operator["name"])
    _add(element, "PlatformBusinessName", operator["business_name"])
    address = _add(element, "Address", legalAddressType=REGISTERED_OFFICE)
    _add(address, "CountryCode", operator["country"])
    _add(address, "AddressFree", operator["address"])
    _add(element, "AssumedReporting", "false")
    _add_document(element, reference)


def _add_seller(body: ET.Element, seller: Mapping[str, Any], reference: str) -> None:
    element = _add(body, "ReportableSeller")
    is_company = seller["kind"] == "company"
    identity = _add(
        _add(_add(element, "Identity"), "EntitySeller" if is_company else "IndividualSeller"),
        "Standard",
    )
    said = _add(identity, "EntSellerID" if is_company else "IndSellerID")
    _add(said, "ResCountryCode", seller["country"])
    for country, number in sorted(seller["tax_ids"].items()):
        _add(said, "TIN", number, issuedBy=country, unknown="false")
    if not seller["tax_ids"]:
        _add(said, "TIN", "NOTIN", unknown="true")
    if is_company:
        _add(said, "IN", seller["registration_number"], issuedBy=seller["country"], INType="BRN")
    if seller["vat_number"]:
        _add(said, "VAT", seller["vat_number"])
    if is_company:
        _add(said, "Name", seller["legal_name"])
    else:
        name = _add(said, "Name")
        *first_names, last_name = seller["legal_name"].split()
        _add(name, "FirstName", " ".join(first_names) or NO_FIRST_NAME)
        _add(name, "LastName", last_name)
    _add_address(said, seller, BUSINESS if is_company else RESIDENTIAL)
    if not is_company:
        _add(_add(said, "BirthInfo"), "BirthDate", seller["birth_date"])
    for account_id in seller["account_ids"]:
        account = _add(identity, "FinancialIdentifier")
        _add(account, "Identifier", account_id, AccountNumberType="Stripe")

    services = _add(_add(element, "RelevantActivities"), "PersonalServices")
    currency = seller["currency"].upper()
    _add_quarters(services, "Consideration", "Cons", seller["consideration"], currCode=currency)
    _add_quarters(services, "NumberOfActivities", "Numb", seller["activities"])
    _add_quarters(services, "Fees", "Fees", seller["fees"], currCode=currency)
    # The platform withholds no taxes.
    _add_quarters(services, "Taxes", "Tax", [0, 0, 0, 0], currCode=currency)
    _add_document(element, reference)


def _add_address(said: ET.Element, seller: Mapping[str, Any], legal_type: str) -> None:
    address = _add(said, "Address", legalAddressType=legal_type)
    _add(address, "CountryCode", seller["country"])
    fixed = _add(address, "AddressFix")
    if seller["address_line"]:
        _add(fixed, "Street", seller["address_line"])
    if seller["postal_code"]:
        _add(fixed, "PostCode", seller["postal_code"])
    _add(fixed, "City", seller["city"])


def _add_quarters(
    services: ET.Element, name: str, prefix: str, values: Sequence[int], **attributes: str
) -> None:
    element = _add(services, name)
    for quarter, value in enumerate(values, 1):
        _add(element, f"{prefix}Q{quarter}", str(value), **attributes)
