"""The demo's week on a database whose tables are spread by organization."""

from __future__ import annotations

import re
import tempfile
from contextlib import ExitStack
from functools import partial
from io import StringIO
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from rich.console import Console

from demo.__main__ import perform
from demo.stage import Place, Stage
from demo.story import WIDTH, Story
from demo.stripe_side import StripeSide
from demo.stripe_stand_in import StripeStandIn
from tests.spread.rewrite import load_spread
from tools.cluster import PASSWORD, SERVICE_LOGINS, Program


class EmptyPlace(Place):
    """A stack whose database has no schema of ours yet."""

    @property
    def arguments(self) -> list[str]:
        return [*super().arguments, "--no-migrations"]


class SpreadStage(Stage):
    """Loads the spread schema before the API, which reads it when it starts, and anybody else."""

    def __init__(self, story: Story, stripe: StripeSide, data_dir: Path) -> None:
        super().__init__(story, stripe, EmptyPlace(data_dir=str(data_dir)))

    def _start(self, opening: ExitStack) -> None:
        program = Program("start.mjs", *self.place.arguments)
        try:
            load_spread(program.summary["db_url"])
        finally:
            program.stop()
        super()._start(opening)

    def _start_service(self, opening: ExitStack) -> str:
        url: str = self.summary["db_url"]
        with psycopg.connect(url.replace("//postgres:", "//supabase_admin:", 1)) as connection:
            for login in SERVICE_LOGINS:
                alter = sql.SQL("alter role {} password {}")
                connection.execute(alter.format(sql.Identifier(login), sql.Literal(PASSWORD)))
                self.summary[f"{login}_db_url"] = url.replace("//postgres:", f"//{login}:", 1)
        return super()._start_service(opening)


@pytest.mark.slow
def test_the_week_keeps_every_promise() -> None:
    """Every promise but the doctor's, who says that this is no schema that a migration made."""
    screen = StringIO()
    story = Story(Console(file=screen, width=WIDTH))

    with tempfile.TemporaryDirectory(prefix="lplate-spread-") as folder:
        Path(folder).chmod(0o755)  # Postgres runs as another user where this one is root
        open_stage = partial(SpreadStage, data_dir=Path(folder))
        perform(story, StripeStandIn(), open_stage)

    told = screen.getvalue()
    assert set(story.broken) == {"the doctor finds nothing", "the doctor still finds nothing"}, told
    assert set(re.findall(r"check=(\w+)\s+ok=False", told)) == {"schema", "privileges"}, told
    assert "1 that nobody declared, such as: public may execute" in " ".join(told.split()), told
    assert told.count("✓") >= 55
