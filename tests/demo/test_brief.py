"""What `make demo` says: little, and where the page is."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.patience import PATIENCE
from tools.cluster import ROOT


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "demo", *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=3 * PATIENCE,
        check=False,
    )


@pytest.mark.slow
def test_help_plays_nothing() -> None:
    asked = run("--help")
    assert asked.returncode == 0
    assert "--verbose" in asked.stdout
    assert "Sunday 10:00" not in asked.stdout


@pytest.mark.slow
def test_the_week_is_told_in_25_lines_and_shown_on_a_page() -> None:
    played = run()
    lines = played.stdout.splitlines()
    assert played.returncode == 0, played.stdout + played.stderr
    assert len(lines) <= 25
    page = Path(lines[-1].rpartition(": ")[2]).read_text()
    # Of itself: nothing is loaded, and nothing is run.
    assert not re.search(r"<script|<link|<img|url\(|https?://(?!lessons\.example)", page)
    for heading in ("calendar", "Where each pound went", "What was refused", "The ledger"):
        assert heading in page
    assert "A lesson on the road" in page
    assert "<polyline" in page
    for mail in ("A lesson on Tue", "is confirmed", "This is a reminder."):
        assert mail in page
    assert "lesson.ics" in page
    for told in ("slot_taken", "consent_required", "card_declined", "Motorway day", "£1,195.41"):
        assert told in page
    assert json.dumps("Traceback") not in page
