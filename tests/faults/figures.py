"""What the fault campaign amounted to, printed at its end: a claim without its numbers is none."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from statistics import median

import pytest

from tests.jobs.payday import SEED, Payday

NAME = "faults"


@dataclass(frozen=True)
class Figures:
    """Of one run: what struck, what Stripe and the books hold after it, how long healing took."""

    fault: str
    resumed: str
    payouts: int
    transfers: int
    doubled: int
    unsettled: int
    seconds: float


def take_figures(payday: Payday, fault: str, resumed: str, seconds: float) -> Figures:
    sent = Counter(it["metadata"]["payout_id"] for it in payday.fake.objects("transfer"))
    statuses = payday.statuses()
    return Figures(
        fault,
        resumed,
        payouts=statuses.total(),
        transfers=sent.total(),
        doubled=sum(1 for times in sent.values() if times > 1),
        unsettled=statuses.total() - statuses["paid"],
        seconds=seconds,
    )


def note(request: pytest.FixtureRequest, figures: Figures) -> None:
    """Keeps the figures of a test with its report, which travels between processes."""
    request.node.user_properties.append((NAME, asdict(figures)))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [
        report
        for outcome in ("passed", "failed")
        for report in terminalreporter.stats.get(outcome, [])
        if getattr(report, "when", None) == "call"
    ]
    runs = [
        Figures(**value)
        for report in reports
        for name, value in report.user_properties
        if name == NAME
    ]
    if not runs:
        return
    seconds = [run.seconds for run in runs]
    terminalreporter.section(f"faults, seed {SEED}")
    for title, counted in (
        ("struck by", Counter(run.fault for run in runs)),
        ("resumed", Counter(run.resumed for run in runs)),
    ):
        parts = ", ".join(f"{name} {number}" for name, number in sorted(counted.items()))
        terminalreporter.write_line(f"{len(runs)} runs {title}: {parts}")
    terminalreporter.write_line(
        f"{sum(run.payouts for run in runs)} payouts,"
        f" {sum(run.transfers for run in runs)} transfers,"
        f" {sum(run.doubled for run in runs)} doubled,"
        f" {sum(run.unsettled for run in runs)} unsettled;"
        f" healed in {median(seconds):.1f} s (median), {max(seconds):.1f} s (at most)"
    )
