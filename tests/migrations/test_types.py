"""The TypeScript types that frontends import are those of the migrated database."""

from __future__ import annotations

from tools.cluster import ROOT, Cluster, generate_types


def test_the_types_are_current(cluster: Cluster, migrated: str) -> None:
    types = (ROOT / "supabase" / "types" / "database.types.ts").read_text()
    assert types == generate_types(cluster, migrated), "Run `make types`."
