"""The job writes what answers a dispute."""

from __future__ import annotations

from pathlib import Path

from tests.jobs.payday import Payday


def test_the_paper_of_a_dispute_is_written(payday: Payday, tmp_path: Path) -> None:
    payment = payday.world.row("select * from public.payments limit 1")
    sent = payday.world.dispute(payment)
    file = tmp_path / "evidence.pdf"
    finished = payday.run("evidence", sent["id"], "--pdf", str(file))
    assert (finished.status, finished.stderr) == (0, "")
    assert file.read_bytes().startswith(b"%PDF")


def test_an_unknown_dispute_has_no_paper(payday: Payday, tmp_path: Path) -> None:
    file = tmp_path / "evidence.pdf"
    finished = payday.run("evidence", "du_unknown", "--pdf", str(file))
    assert (finished.status, finished.stdout) == (2, "")
    assert "There is no dispute with that id" in finished.stderr
    assert not file.exists()
