"""Writes supabase/types/database.types.ts, as the Supabase CLI describes what migrations make.

Called by `make types`.
"""

from tools.cluster import ROOT, Cluster, generate_types

TYPES = ROOT / "supabase" / "types" / "database.types.ts"


def main() -> None:
    """Migrates a throw-away database and describes it."""
    with Cluster() as cluster:
        cluster.create_database("described")
        cluster.migrate("described")
        TYPES.parent.mkdir(exist_ok=True)
        TYPES.write_text(generate_types(cluster, "described"))
    print(f"Wrote {TYPES.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
