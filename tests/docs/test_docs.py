"""What the guides say is so."""

from __future__ import annotations

import re
from pathlib import Path

import psycopg
import pytest
from pydantic import BaseModel

from jobs.config import Config as JobsConfig
from lplate.stripe_events import EVENTS, PATHS
from tools.cluster import ROOT
from webhook_service.config import Config as ServiceConfig

# The table and the columns of an index, one of which may be an expression.
INDEX = re.compile(r".* ON (?:ONLY )?\w+\.(\w+) USING \w+ (\([^()]*(?:\(\w+\))?[^()]*\)).*")
ROOMS = ROOT / "sql" / "README.md"
GUIDES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]


def section(text: str, heading: str) -> str:
    """What stands below a heading, up to the next of any level."""
    _, _, rest = text.partition(f"\n{heading}\n")
    return re.split(r"\n#+ ", rest)[0]


def slug(heading: str) -> str:
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("guide", [*GUIDES, ROOMS], ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(guide: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", guide.read_text())
    assert links
    for link in links:
        if link.startswith("https://"):
            continue
        path, _, anchor = link.partition("#")
        target = (guide.parent / path).resolve() if path else guide
        assert target.exists(), link
        if anchor:
            headings = re.findall(r"^#+ (.+)$", target.read_text(), re.MULTILINE)
            assert anchor in map(slug, headings), link


def test_the_readme_lists_every_room() -> None:
    listed = re.findall(
        r"^\| \[`(\w+)`\]\(sql/\1\)", (ROOT / "README.md").read_text(), re.MULTILINE
    )
    assert listed == sorted(path.name for path in (ROOT / "sql").iterdir() if path.is_dir())


def test_every_rule_stands_in_the_file_that_the_readme_leads_to() -> None:
    text = section(ROOMS.read_text(), "## Where to find a rule")
    rules = re.findall(r"^\| [^|]+ \| \[`(.+)`\]\(\1\) \| `(\w+)` \|$", text, re.MULTILINE)
    assert len(rules) == text.count("\n| ") - 1
    for path, name in rules:
        created = rf"^create (?:function private\.|policy ){name}\b"
        assert re.search(created, (ROOMS.parent / path).read_text(), re.MULTILINE), name


@pytest.mark.parametrize(
    ("heading", "config"), [("### webhook_service", ServiceConfig), ("### jobs", JobsConfig)]
)
def test_every_variable_is_listed_with_its_default(heading: str, config: type[BaseModel]) -> None:
    text = (ROOT / "docs" / "operations.md").read_text()
    rows = re.findall(r"^\| `([A-Z_]+)` \| ([^|]*)\|", section(text, heading), re.MULTILINE)
    listed = {name: default.strip() for name, default in rows}
    assert listed.keys() == {name.upper() for name in config.model_fields}
    for name, field in config.model_fields.items():
        if isinstance(field.default, int | float):
            assert float(listed[name.upper()]) == field.default


def test_every_saved_query_is_listed() -> None:
    text = section((ROOT / "docs" / "operations.md").read_text(), "## What to watch")
    listed = re.findall(r"\[`(\w+)`\]\(\.\./supabase/snippets/\1\.sql\)", text)
    assert sorted(listed) == sorted(
        path.stem for path in (ROOT / "supabase" / "snippets").glob("*.sql")
    )


def test_every_index_that_is_named_exists(db: psycopg.Connection) -> None:
    text = section((ROOT / "docs" / "answers.md").read_text(), "## Indexes")
    named = re.findall(r"^\|[^|]*\| `(\w+ \(.+\))` \|", text, re.MULTILINE)
    assert len(named) >= 30
    definitions = db.execute("select indexdef from pg_indexes").fetchall()
    there = {INDEX.sub(r"\1 \2", definition) for (definition,) in definitions}
    assert [index for index in named if index not in there] == []


@pytest.mark.parametrize("endpoint", PATHS)
def test_the_events_to_listen_to_are_those_that_the_doctor_asks_for(endpoint: str) -> None:
    guide = (ROOT / "docs" / "operations.md").read_text()
    [row] = re.findall(rf"^\| `https://…{PATHS[endpoint]}` \|(.+)$", guide, re.MULTILINE)
    listed = re.findall(r"`([a-z_]+(?:\.[a-z_]+)+)`", row)
    assert sorted(listed) == sorted(EVENTS[endpoint])
