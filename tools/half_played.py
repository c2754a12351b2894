"""The demo's week as it stands at five of its points, for the tests of upgrades.

Kept of each point are a dump of the database, what the stand-in for Stripe holds, and the moment.
"""

from __future__ import annotations

import json
import shutil
import sys
from datetime import datetime
from io import StringIO
from pathlib import Path

from rich.console import Console

from demo.__main__ import perform
from demo.stage import Stage
from demo.story import WIDTH, Story
from demo.stripe_side import StripeSide
from demo.stripe_stand_in import StripeStandIn
from tests.demo.recording import DatedStage
from tools.clock import travel
from tools.cluster import ROOT, postgres_tool, run_file

# The days at whose end the week is kept, or while their first lesson is under way.
ENDING = ("Sunday", "Tuesday", "Thursday")
UNDER_WAY = ("Monday", "Wednesday")
POINTS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday")

# What would let somebody act as a person of the play: nothing rests on it.
SESSIONS = ("auth.refresh_tokens", "auth.sessions")


class HalfPlayedStage(DatedStage):
    """Keeps what there is when the clock moves on from a point."""

    def __init__(self, story: Story, stripe: StripeSide, folder: Path, state: Path) -> None:
        super().__init__(story, stripe)
        self._folder = folder
        self._state = state
        self._day = ""
        self.moments: dict[str, str] = {}

    def install_clock(self) -> None:
        """Remember the clock that this release has, which every dump has to hold."""
        query = "select pg_get_functiondef('private.clock()'::regprocedure)"
        (self._real_clock,) = self.operator.execute(query).fetchone() or ("",)
        super().install_clock()

    def travel(self, day: str, local_time: str) -> datetime:
        """Keep the point that is left by this."""
        is_leaving = day != self._day or self._day in UNDER_WAY
        if self._day in POINTS and self._day not in self.moments and is_leaving:
            self._keep(self._day)
        self._day = day
        return super().travel(day, local_time)

    def _keep(self, point: str) -> None:
        """Dump the database as one that nobody travels in. The stand-in has written its file."""
        present = self.present()
        self.moments[point] = present.isoformat()
        self.operator.execute(self._real_clock.encode())
        self.operator.execute("drop table private.test_clock")
        postgres_tool(
            "pg_dump",
            "--format=custom",
            "--compress=none",  # several dumps are compressed together
            *(f"--exclude-table-data={table}" for table in SESSIONS),
            f"--file={self._folder / point}.dump",
            self.admin_url,
        )
        run_file(self.operator, ROOT / "tools" / "clock.sql")
        travel(self.operator, to=present)
        shutil.copy(self._state, self._folder / f"{point}.stripe")


def keep(folder: Path) -> None:
    """Play the week, and write its points into a folder; end the program if it goes wrong."""
    output = StringIO()
    story = Story(Console(file=output, width=WIDTH))
    stripe = StripeStandIn()
    scratch = folder / "scratch"
    scratch.mkdir()
    stripe.keep_in(scratch)
    stages: list[HalfPlayedStage] = []

    def open_stage(story: Story, stripe: StripeSide) -> Stage:
        stages.append(HalfPlayedStage(story, stripe, folder, scratch / "stripe.state"))
        return stages[0]

    if not perform(story, stripe, open_stage):
        sys.exit(f"{output.getvalue()}\nThe demo's week does not end well: nothing was released.")
    shutil.rmtree(scratch)
    assert tuple(stages[0].moments) == POINTS
    (folder / "moments.json").write_text(json.dumps(stages[0].moments, indent=1) + "\n")
