"""Which migrations have been released, in supabase/migrations/HISTORY.

Each release is a comment, and below it a line for every file that it added, as `sha256sum --check`
reads them. A released file never changes: databases have been migrated by it.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

NAME = "HISTORY"

Version = tuple[int, ...]


def version_of(text: str) -> Version:
    """Return a version such as 0.10.1 as numbers, which can be compared."""
    return tuple(map(int, text.split(".")))


def releases(migrations: Path) -> dict[str, dict[str, str]]:
    """Return the hash of each migration by its name, by the version that released it."""
    found: dict[str, dict[str, str]] = {}
    path = migrations / NAME
    for line in path.read_text().splitlines() if path.exists() else ():
        if line.startswith("# "):
            found[line.removeprefix("# ")] = {}
        else:
            digest, name = line.split()
            found[list(found)[-1]][name] = digest
    return found


def unreleased(migrations: Path) -> list[Path]:
    """Return the migrations that no release names."""
    known = {name for names in releases(migrations).values() for name in names}
    return [path for path in sorted(migrations.glob("*.sql")) if path.name not in known]


def faults(migrations: Path) -> list[str]:
    """Say which released migrations are gone or changed, and which new one is not the last."""
    recorded = [pair for names in releases(migrations).values() for pair in names.items()]
    found = []
    for name, digest in recorded:
        path = migrations / name
        if not path.exists():
            found.append(f"{name} was released, and is gone")
        elif digest_of(path) != digest:
            found.append(f"{name} was released, and has changed: correct it by another migration")
    names = [name for name, _ in recorded]
    if names != sorted(set(names)):
        found.append("the released migrations are not in their order, each once")
    found += [
        f"{path.name} would run before {names[-1]}, which was released"
        for path in unreleased(migrations)
        if names and path.name < names[-1]
    ]
    return found


def record(migrations: Path, version: str) -> None:
    """Add a release with the migrations that are new in it."""
    lines = [f"{digest_of(path)}  {path.name}" for path in unreleased(migrations)]
    with (migrations / NAME).open("a") as file:
        file.write("\n".join([f"# {version}", *lines]) + "\n")


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
