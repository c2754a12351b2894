"""Append-only tables take rows and keep them."""

from __future__ import annotations

import pytest

from tests.factories import World


@pytest.fixture
def journal(world: World) -> World:
    world.connection.execute(
        """
        create table private.journal (line text);
        insert into private.journal values ('first');
        create trigger forbid_change before update or delete on private.journal
            for each row execute function private.forbid_change();
        create trigger forbid_truncate before truncate on private.journal
            for each statement execute function private.forbid_change();
        """
    )
    return world


@pytest.mark.parametrize(
    "statement",
    [
        "update private.journal set line = 'other'",
        "update private.journal set line = line",
        "delete from private.journal",
        "truncate private.journal",
        "merge into private.journal using (values (1)) as one on true when matched then delete",
    ],
)
def test_a_row_stays_as_it_was(journal: World, statement: str) -> None:
    with journal.refusing("PT409", "append_only"):
        journal.connection.execute(statement)
    assert journal.rows("table private.journal") == [{"line": "first"}]


def test_a_row_can_be_added(journal: World) -> None:
    journal.connection.execute("insert into private.journal values ('second')")
    assert journal.count("private.journal") == 2
