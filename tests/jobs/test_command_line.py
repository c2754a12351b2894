from __future__ import annotations

import json
import subprocess

import pytest

from tests.jobs.forked import run_forked

ENVIRONMENT = {
    "STRIPE_SECRET_KEY": "sk_test_0123456789",
    "STRIPE_API_BASE": "http://127.0.0.1:1",
    "JOBS_DATABASE_URL": "postgresql://jobs:x@127.0.0.1:1/none",
    "DATABASE_POOL_TIMEOUT_SECONDS": "0.5",
    "COLUMNS": "200",
}


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    finished = run_forked(arguments, ENVIRONMENT | environment)
    return subprocess.CompletedProcess(arguments, *finished)


@pytest.mark.parametrize(
    ("arguments", "advice"),
    [
        (["payouts", "--date", "yesterday"], "Write it as 2026-01-30"),
        (["payouts", "--date", "2026-02-30"], "Write it as 2026-01-30"),
        (["payouts", "--date", ""], "Write it as 2026-01-30"),
        (["payouts", "--date"], "requires an argument"),
        (["payouts", "--date", "2026-01-02", "--date", "2026-01-09"], "Give --date once"),
        (["payouts", "--org", "school"], "UUID"),
        (["payouts", "--workers", "0"], "greater than or equal to 1"),
        (["payouts", "--workers", "many"], "integer"),
        (["payouts", "--force"], "No such option"),
        (["payouts", "2026-01-02"], "unexpected extra argument"),
        (["statement"], "PAYOUT_ID"),
        (["statement", "monday", "--pdf", "x.pdf"], "UUID"),
        (["statement", "00000000-0000-4000-8000-000000000001"], "--pdf"),
        (["statement", "00000000-0000-4000-8000-000000000001", "--pdf", "/tmp"], "is a directory"),
        (["pay"], "No such command"),
    ],
)
def test_bad_arguments_end_with_status_2_and_advice(arguments: list[str], advice: str) -> None:
    finished = run(*arguments)
    assert finished.returncode == 2
    assert advice in finished.stderr
    assert finished.stdout == ""


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("STRIPE_SECRET_KEY", ""),
        ("STRIPE_SECRET_KEY", "sk_live_0123456789"),
        ("STRIPE_SECRET_KEY", "whsec_0123456789abcdef"),
        ("JOBS_DATABASE_URL", ""),
        ("JOBS_DATABASE_URL", "postgresql://postgres:hidden@127.0.0.1:1/none"),
        ("PAYOUT_LEASE_SECONDS", "0"),
        ("LPLATE_FAILPOINT", "nowhere"),
        ("LPLATE_FAILPOINT", "after_transfer:often"),
        ("LPLATE_FAILPOINT", "after_transfer:0"),
        ("STRIPE_REQUESTS_PER_SECOND", "0"),
        ("STATEMENT_FONTS_DIR", "/nowhere"),
    ],
)
@pytest.mark.parametrize("command", ["payouts", "outbox", "maintain", "doctor"])
def test_a_bad_configuration_ends_with_status_2_and_names_the_variable(
    command: str, variable: str, value: str
) -> None:
    finished = run(command, **{variable: value})
    assert finished.returncode == 2
    assert variable in finished.stderr
    assert "hidden" not in finished.stderr
    assert finished.stdout == ""


def test_failpoints_are_refused_beside_the_real_stripe() -> None:
    finished = run("payouts", STRIPE_API_BASE="", LPLATE_FAILPOINT="after_transfer")
    assert finished.returncode == 2
    assert "LPLATE_FAILPOINT" in finished.stderr


@pytest.mark.slow
@pytest.mark.parametrize("command", ["payouts", "outbox", "maintain"])
def test_an_absent_database_ends_with_status_1_and_advice(command: str) -> None:
    finished = run(command)
    assert finished.returncode == 1
    assert finished.stderr == "The database does not answer. Run the same command again later.\n"
    said = [json.loads(line) for line in finished.stdout.splitlines()]
    assert {line["logger"] for line in said} <= {"psycopg.pool"}


@pytest.mark.slow
def test_the_doctor_says_what_is_wrong_and_goes_on() -> None:
    """Without a database there is nothing to ask of it; Stripe is asked all the same."""
    finished = run("doctor")
    assert finished.returncode == 1
    findings = [json.loads(line) for line in finished.stdout.splitlines()]
    wrong = [line["check"] for line in findings if line.get("ok") is False]
    assert wrong == ["stripe", "webhooks", "database"]
    assert all(line["next_step"] for line in findings if line.get("ok") is False)
    assert {line["level"] for line in findings if line.get("ok") is False} == {"error"}
