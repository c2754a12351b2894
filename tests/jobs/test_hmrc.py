"""HMRC's file has the elements of the OECD's format for digital platforms, in its order."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from jobs.hmrc import DPI, STF, NotReportable, compose, write
from tests.jobs.payday import Payday
from tests.tax.steps import register, save

AT = datetime(2027, 1, 5, 10, 11, 12, 345000, tzinfo=UTC)
OPERATOR_ID = "XEDPI2078675698"
OPERATOR = {
    "country": "GB",
    "name": "LPlate Ltd",
    "address": "2 Low Street, Leeds",
    "vat_number": "GB123456789",
    "business_name": "LPlate",
}
ANN: dict[str, Any] = {
    "kind": "individual",
    "legal_name": "Ann Mary Lee",
    "address_line": "1 High Street",
    "city": "Leeds",
    "postal_code": "LS1 1AA",
    "country": "GB",
    "birth_date": "1985-05-17",
    "registration_number": None,
    "tax_ids": {"GB": "AB123456C"},
    "vat_number": None,
    "currency": "gbp",
    "account_ids": ["acct_1"],
    "consideration": [45, 0, -9, 135],
    "fees": [8, 0, 0, 24],
    "activities": [1, 0, 0, 3],
}
SCHOOL = ANN | {
    "kind": "company",
    "legal_name": "Open <Road> & Sons Ltd",
    "birth_date": None,
    "registration_number": "01234567",
    "vat_number": "GB987654321",
}

# What the format asks of each element, in its order; ? where it may be absent, + where it repeats.
QUARTERS = {
    "Consideration": "ConsQ1 ConsQ2 ConsQ3 ConsQ4",
    "NumberOfActivities": "NumbQ1 NumbQ2 NumbQ3 NumbQ4",
    "Fees": "FeesQ1 FeesQ2 FeesQ3 FeesQ4",
    "Taxes": "TaxQ1 TaxQ2 TaxQ3 TaxQ4",
}
MODEL = QUARTERS | {
    "DPI_OECD": "MessageSpec DPIBody",
    "MessageSpec": "SendingEntityIN TransmittingCountry ReceivingCountry MessageType MessageRefId"
    " MessageTypeIndic ReportingPeriod Timestamp",
    "DPIBody": "PlatformOperator ReportableSeller*",
    "PlatformOperator": "ResCountryCode TIN VAT? Name PlatformBusinessName Address"
    " AssumedReporting DocSpec",
    "ReportableSeller": "Identity RelevantActivities DocSpec",
    "Identity": "EntitySeller? IndividualSeller?",
    "EntitySeller": "Standard",
    "IndividualSeller": "Standard",
    "Standard": "EntSellerID? IndSellerID? FinancialIdentifier*",
    "EntSellerID": "ResCountryCode TIN+ IN VAT? Name Address",
    "IndSellerID": "ResCountryCode TIN+ VAT? Name Address BirthInfo",
    "Address": "CountryCode AddressFree? AddressFix?",
    "AddressFix": "Street? PostCode? City",
    "BirthInfo": "BirthDate",
    "FinancialIdentifier": "Identifier",
    "RelevantActivities": "PersonalServices",
    "PersonalServices": "Consideration NumberOfActivities Fees Taxes",
    "DocSpec": "DocTypeIndic DocRefId",
}


def local(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


def assert_is_of_the_format(element: ET.Element) -> None:
    name = local(element)
    assert (
        element.tag == f"{{{STF if name.startswith('Doc') and name != 'DocSpec' else DPI}}}{name}"
    )
    children = "".join(f"{local(child)} " for child in element)
    is_person = name == "Name" and children
    asked = "FirstName LastName" if is_person else MODEL.get(name, "")
    pattern = "".join(
        f"(?:{word.rstrip('?*+')} ){word[-1] if word[-1] in '?*+' else ''}"
        for word in asked.split()
    )
    assert re.fullmatch(pattern, children), (name, children)
    if not asked:
        assert 1 <= len(element.text or "") <= 4000, name
    if re.fullmatch(r"(Cons|Fees|Tax)Q\d", name):
        assert element.get("currCode") == "GBP"
    if re.fullmatch(r"(Cons|Fees|Tax|Numb)Q\d", name):
        assert re.fullmatch(r"-?\d+", element.text or "")
    for child in element:
        assert_is_of_the_format(child)


def composed(*sellers: dict[str, Any], **operator: Any) -> ET.Element:
    message = {"year": 2026, "operator": OPERATOR | operator, "sellers": list(sellers)}
    return compose(message, OPERATOR_ID, "1234567890", AT)


def texts(root: ET.Element, name: str) -> list[str | None]:
    return [element.text for element in root.iter() if local(element) == name]


def test_the_file_has_what_the_format_asks() -> None:
    root = composed(ANN, SCHOOL, ANN | {"tax_ids": {}, "account_ids": []})
    assert_is_of_the_format(root)
    assert texts(root, "ConsQ3") == ["-9"] * 3
    assert texts(root, "ConsQ4") == ["135"] * 3
    assert texts(root, "NumbQ4") == ["3"] * 3
    assert texts(root, "MessageTypeIndic") == ["DPI401"]
    assert texts(root, "ReportingPeriod") == ["2026-12-31"]
    assert texts(root, "Timestamp") == ["2027-01-05T10:11:12.345Z"]
    assert texts(root, "MessageRefId") == [f"GB2026GB-{OPERATOR_ID}-20270105T101112Z"]
    references = texts(root, "DocRefId")
    assert len(set(references)) == 4
    assert all(str(one).startswith(f"GB2026GB-{OPERATOR_ID}") for one in references)
    assert (texts(root, "FirstName"), texts(root, "LastName")) == (["Ann Mary"] * 2, ["Lee"] * 2)
    assert texts(root, "BirthDate") == ["1985-05-17"] * 2
    assert texts(root, "IN") == ["01234567"]
    numbers = [element.attrib for element in root.iter() if local(element) == "TIN"]
    known = {"issuedBy": "GB", "unknown": "false"}
    assert numbers == [known, known, known, {"unknown": "true"}]
    assert texts(root, "TIN")[-1] == "NOTIN"


def test_a_year_without_sellers_says_so() -> None:
    root = composed()
    assert_is_of_the_format(root)
    assert texts(root, "MessageTypeIndic") == ["DPI403"]


def test_one_name_is_the_last_name() -> None:
    root = composed(ANN | {"legal_name": "Suharto", "vat_number": "GB111111111"})
    assert_is_of_the_format(root)
    assert (texts(root, "FirstName"), texts(root, "LastName")) == (["NFN"], ["Suharto"])


def test_the_file_is_plain_xml_without_comments(tmp_path: Path) -> None:
    file = tmp_path / "sellers.xml"
    message = {"year": 2026, "operator": OPERATOR, "sellers": [SCHOOL]}
    write(message, file, OPERATOR_ID, "1234567890", AT)
    text = file.read_text()
    assert text.startswith("<?xml version='1.0' encoding='utf-8'?>")
    assert f'<dpi:DPI_OECD xmlns:dpi="{DPI}" xmlns:stf="{STF}" version="1.0">' in text
    assert "<!--" not in text
    assert texts(ET.parse(file).getroot(), "Name")[-1] == SCHOOL["legal_name"]


def test_no_name_spoils_the_file(tmp_path: Path) -> None:
    file = tmp_path / "sellers.xml"
    named = [ANN | {"legal_name": name} for name in ("A\uffff B]]>", "&amp; <!--", "\U0001f600")]
    write({"year": 2026, "operator": OPERATOR, "sellers": named}, file, OPERATOR_ID, "1", AT)
    root = ET.parse(file).getroot()
    assert texts(root, "FirstName") == ["A\N{REPLACEMENT CHARACTER}", "&amp;", "NFN"]
    assert texts(root, "LastName") == ["B]]>", "<!--", "\U0001f600"]


@pytest.mark.parametrize("operator", [None, OPERATOR | {"country": "IE"}])
def test_a_platform_that_is_not_at_home_in_the_united_kingdom_has_none(operator: Any) -> None:
    with pytest.raises(NotReportable, match="admin_set_registration"):
        compose({"year": 2026, "operator": operator, "sellers": []}, OPERATOR_ID, "1", AT)


@pytest.mark.parametrize("operator_id", ["", "XE 1", "xe1", "X" * 41, "X\n"])
def test_an_id_that_hmrc_gives_nobody_is_refused(operator_id: str) -> None:
    with pytest.raises(NotReportable, match="--operator-id"):
        compose({"year": 2026, "operator": OPERATOR, "sellers": []}, operator_id, "1", AT)


@pytest.mark.slow
def test_the_job_writes_both_files(payday: Payday, tmp_path: Path) -> None:
    world, file, xml = payday.world, tmp_path / "sellers.csv", tmp_path / "sellers.xml"
    year = str(world.value("select extract(year from min(created_at)) from public.earnings"))
    command = ("platform-report", "--year", year, "--out", str(file), "--xml", str(xml))
    known = ("--operator-id", OPERATOR_ID, "--operator-tin", "1234567890")
    finished = payday.run(*command)
    assert (finished.status, xml.exists()) == (2, False)
    assert "--operator-id" in finished.stderr
    finished = payday.run(*command, *known)
    assert (finished.status, xml.exists()) == (2, False)
    assert "admin_set_registration" in finished.stderr

    register(world)
    finished = payday.run(*command, *known)
    assert (finished.status, xml.exists()) == (2, False)
    assert "save_seller_details" in finished.stderr
    people = world.rows("select user_id from public.instructors order by user_id")
    for number, person in enumerate(people[1:]):
        save(world, person["user_id"], p_legal_name=f"Ann Lee{number}")
    finished = payday.run(*command, *known)
    assert finished.status == 1
    assert len(finished.events("seller_incomplete")) == 1
    root = ET.parse(xml).getroot()
    assert len(texts(root, "ReportableSeller")) == len(people) - 1
    assert_is_of_the_format(ET.fromstring(ET.canonicalize(ET.tostring(root), strip_text=True)))
