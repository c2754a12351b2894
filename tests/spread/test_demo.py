"""The demo's week on a database whose tables are spread by organization."""

from __future__ import annotations

from contextlib import ExitStack
from io import StringIO

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
from tools.cluster import PASSWORD, SERVICE_LOGINS


class EmptyPlace(Place):
    """A stack whose database has no schema of ours yet."""

    @property
    def arguments(self) -> list[str]:
        return [*super().arguments, "--no-migrations"]


class SpreadStage(Stage):
    """Loads the spread schema before anybody needs it."""

    def __init__(self, story: Story, stripe: StripeSide) -> None:
        super().__init__(story, stripe, EmptyPlace())

    def _start_service(self, opening: ExitStack) -> str:
        url: str = self.summary["db_url"]
        load_spread(url)
        with psycopg.connect(url.replace("//postgres:", "//supabase_admin:", 1)) as connection:
            for login in SERVICE_LOGINS:
                alter = sql.SQL("alter role {} password {}")
                connection.execute(alter.format(sql.Identifier(login), sql.Literal(PASSWORD)))
                self.summary[f"{login}_db_url"] = url.replace("//postgres:", f"//{login}:", 1)
        return super()._start_service(opening)


@pytest.mark.slow
def test_the_week_keeps_every_promise() -> None:
    screen = StringIO()

    is_good = perform(Story(Console(file=screen, width=WIDTH)), StripeStandIn(), SpreadStage)

    assert is_good, screen.getvalue()
    assert screen.getvalue().count("✓") >= 55
