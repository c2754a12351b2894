"""The rights of restricted keys in the guide are those that the programs' calls need."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.fake_stripe.permissions import resource_of
from tools.cluster import ROOT

GUIDE = (ROOT / "docs" / "operations.md").read_text()
CALL = re.compile(
    r"(?:\.v1|\.(v2)\.core|self\._stripe)\.([a-z_.]+)\.(list|retrieve|create|update|confirm|cancel|capture|detach|delete)\b"
)
READING = ("list", "retrieve")
KEY = "rk_test_of_the_guide"


def sources(package: str) -> Iterable[Path]:
    return (ROOT / package).glob("*.py")


def needed(paths: Iterable[Path]) -> dict[str, str]:
    """What calls in these files need, by resource."""
    permissions: dict[str, str] = {}
    for path in paths:
        for version, name, method in CALL.findall(path.read_text()):
            base = "/v2/core/" if version else "/v1/"
            resource = resource_of(base + name.replace(".", "/<id>/"))
            if method not in READING or resource not in permissions:
                permissions[resource] = "read" if method in READING else "write"
    return permissions


def listed(program: int) -> dict[str, str]:
    """What the guide gives a program: the first column is the webhook service's."""
    rows = re.findall(r"^\| [^|`]+ \(`([\w ]+)`\) \| (\w*) ?\| (\w*) ?\|$", GUIDE, re.MULTILINE)
    return {name: rights[program] for name, *rights in rows if rights[program]}


@pytest.mark.parametrize(("package", "program"), [("webhook_service", 0), ("jobs", 1)])
def test_the_guide_gives_what_the_calls_need_and_no_more(package: str, program: int) -> None:
    shared = ROOT / "lplate" / "stripe_client.py"
    assert listed(program) == needed([*sources(package), shared])
