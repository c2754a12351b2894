"""A page of another origin, in a real browser: from searching to a refund."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.demo.test_up import data_dir, running
from tests.patience import PATIENCE

__all__ = ["data_dir"]

pytestmark = pytest.mark.browser

HERE = Path(__file__).parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MAC = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"


@pytest.fixture(scope="module")
def chromium() -> str:
    """The machine's own Chromium, or the one that CHROMIUM names."""
    named = os.environ.get("CHROMIUM")
    found = named or next(filter(None, map(shutil.which, (*BROWSERS, MAC))), None)
    assert found, (
        "There is no Chromium on the PATH. Install one (Debian: apt-get install chromium),"
        " or name it: CHROMIUM=/path/to/chrome make test-browser"
    )
    return found


def test_a_learner_books_pays_moves_and_cancels(data_dir: Path, chromium: str) -> None:
    with running(data_dir) as up:
        finished = subprocess.run(
            ["node", str(HERE / "book.mjs")],
            env={
                "PATH": os.environ["PATH"],
                "HOME": os.environ.get("HOME", "/tmp"),
                "EXAMPLE_URL": up["example_url"],
                "EMAIL": "ada@example.com",
                "PASSWORD": up["password"],
                "CHROMIUM": chromium,
                "SCREENSHOTS": os.environ.get("SCREENSHOTS", ""),
                "PATIENCE": str(PATIENCE),
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    assert finished.returncode == 0, finished.stderr
    seen = json.loads(finished.stdout)

    assert seen["price"].startswith("£53.40, fee included")
    assert seen["due"] == "Pay £53.40"
    assert "insufficient funds" in seen["declined"]
    assert "confirmed · £53.40 paid" in seen["confirmed"]
    assert seen["moved"].startswith("Moved to ")
    assert seen["preview"] == "You get £53.40 back."
    assert seen["cancelled"] == "Cancelled. £53.40 is on its way back."

    assert "City driving for Ben Osei, confirmed" in seen["week"]
    assert re.match(r"\d+ new times of City driving are published", seen["published"])
    assert "Beginner's lesson for Pip Moss with Tom Ellis" in seen["ward"]
    assert "confirmed · £56.64 paid" in seen["ward"]

    assert seen["paidClicks"] <= 10
    assert seen["calendarRequests"] <= 3
    assert (seen["console"], seen["failed"]) == ([], [])
    assert (seen["findings"], seen["overflows"]) == ([], [])
    assert seen["planted"]["findings"] > 0
    assert seen["planted"]["overflows"] > 0
