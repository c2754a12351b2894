"""Who may import whom."""

from __future__ import annotations

import ast

import pytest

from tools.cluster import ROOT

OURS = frozenset({"lplate", "webhook_service", "jobs", "tools", "tests", "demo"})
MAY_IMPORT = {
    "lplate": set(),
    "webhook_service": {"lplate"},
    "jobs": {"lplate"},
    # The reference says who may do what, which the access matrix declares. A release keeps the
    # demo's week, half played, for the tests of upgrades.
    "tools": {
        *("lplate", "tests.access.matrix", "tests.access.marketplace"),
        *("demo", "tests.demo.recording"),
    },
    # The stand-in for Stripe, which its own tests check, stands under tests.
    "demo": {"lplate", "webhook_service", "jobs", "tools", "tests.fake_stripe"},
}


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_a_package_rests_only_on_those_below_it(package: str) -> None:
    imported = set()
    for path in (ROOT / package).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                imported.add(str(node.module))
            elif isinstance(node, ast.Import):
                imported |= {alias.name for alias in node.names}
    ours = {name for name in imported if name.split(".")[0] in OURS - {package}}
    assert {name for name in ours if not {name, name.split(".")[0]} & MAY_IMPORT[package]} == set()
