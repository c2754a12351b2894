"""What frontends import and read, and what the doctor compares with, is what the database has."""

from __future__ import annotations

import pytest

from tools.cluster import ROOT, Cluster
from tools.new_types import documents


@pytest.fixture(scope="module")
def written(cluster: Cluster, migrated: str) -> dict[str, str]:
    return documents(cluster, migrated)


@pytest.mark.parametrize(
    "path",
    [
        "supabase/types/database.types.ts",
        "supabase/types/api.ts",
        "docs/api.md",
        "jobs/schema.json",
    ],
)
def test_what_is_generated_is_current(written: dict[str, str], path: str) -> None:
    assert (ROOT / path).read_text() == written[path], "Run `make types`."
