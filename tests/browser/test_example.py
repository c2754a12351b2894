"""The example frontend in a real browser: everybody whom it is for does what they come for."""

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


def test_people_of_every_role_do_what_they_came_for(data_dir: Path, chromium: str) -> None:
    with running(data_dir) as up:
        finished = subprocess.run(
            ["node", str(HERE / "book.mjs")],
            env={
                "PATH": os.environ["PATH"],
                "HOME": os.environ.get("HOME", "/tmp"),
                "EXAMPLE_URL": up["example_url"],
                "CLOCK_URL": up["clock_url"],
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

    # A learner books with a code, pays, moves and cancels.
    assert seen["price"].startswith("£53.40, fee included")
    assert "cannot be used" in seen["badCode"]
    assert seen["discount"] == "£5.00 off: £48.40 to pay."
    assert seen["due"] == "Pay £48.40"
    assert "insufficient funds" in seen["declined"]
    assert "confirmed · £48.40 paid" in seen["confirmed"]
    assert seen["moved"].startswith("Moved to ")
    assert seen["preview"] == "You get £48.40 back."
    assert seen["cancelled"] == "Cancelled. £48.40 is on its way back."

    # The directory says what a lesson costs, and when it can be had next.
    (found,) = seen["directory"]
    assert "Motorway practice" in found
    assert "with Omar Reid" in found
    assert "£67.26, fee included" in found
    assert "Next free: " in found

    # A time that was given back is offered to who waits, and is told in the app.
    assert "City driving with Ivy Hart" in seen["waits"]
    assert any("new" in told for told in seen["news"])
    assert "City driving for Ben Osei with Ivy Hart" in seen["offered"]
    assert seen["proposed"].startswith("Proposed.")
    assert seen["declinedMove"] == "Declined. It costs nothing."

    # A key of Stripe's opens Stripe's own form.
    assert re.match(r"payment with pk_test_of_stripe for pi_\w+Pay £53.40", seen["paymentElement"])
    assert seen["confirmPayment"].endswith("/#/bookings")

    # Hours are bought ahead, used and given back.
    assert seen["bought"].startswith("2 h left")
    assert "confirmed" in seen["byHours"]
    assert seen["givenBack"].startswith("1 h given back: £53.39")

    # The instructor teaches, publishes, and is paid on Friday.
    assert "City driving for Ben Osei, confirmed" in seen["day"]
    assert re.match(r"\d+ new times are published", seen["published"])
    assert seen["paid"].startswith("£45.25, paid")
    assert "Lesson: City driving" in seen["statement"]
    assert "City driving" in seen["csv"].splitlines()[1]

    # The school's people and prices, and those who are invited or asked.
    assert "ruth@example.com is asked to consent" in seen["added"]
    assert "Night driving is saved" in seen["priced"]
    assert "verified you" in seen["invited"]
    assert seen["consented"].startswith("You answer for this learner")
    assert "Beginner's lesson for Pip Moss with Tom Ellis" in seen["ward"]
    assert "confirmed · £56.64 paid" in seen["ward"]

    # Who is said not to have come can say otherwise, and completes the lesson with a word.
    assert seen["absentTooEarly"] == 0
    assert "It is said that the learner did not come." in seen["claim"]
    assert seen["undecided"].startswith("The lesson stays as it was.")
    assert seen["byWord"] == "Thank you. The lesson is completed."
    assert "Beginner's lesson for Pip Moss" in seen["tookPlace"]

    # The platform's admin decides.
    assert "Ben Osei, taught by Ivy Hart" in seen["request"]
    assert seen["granted"].startswith("Granted.")

    assert seen["paidClicks"] <= 10
    assert seen["calendarRequests"] <= 3
    assert (seen["console"], seen["failed"]) == ([], [])
    assert (seen["findings"], seen["overflows"]) == ([], [])
    assert seen["planted"]["findings"] > 0
    assert seen["planted"]["overflows"] > 0
