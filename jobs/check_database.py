"""The doctor's checks of the database: that it is the right one, and does what the jobs need."""

import json
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

from psycopg.conninfo import conninfo_to_dict

from jobs.config import Config
from jobs.database import Database, LateCommand, OverduePayday
from jobs.findings import CheckFailed
from lplate.postgres import DatabaseUnavailable
from lplate.settings import LOOPBACK_HOSTS

MOST_SKEW = timedelta(seconds=30)
MIGRATE = "Apply the migrations of this release (docs/operations.md, Upgrades)."


@cache
def expected_schema() -> Any:
    """Return {migration, privileges} of the database that this release was made for.

    `make types` writes the file.
    """
    return json.loads(files("jobs").joinpath("schema.json").read_text())


def check_connection(config: Config) -> str:
    """Find a connection that is not encrypted, or could lead to somebody else."""
    given = conninfo_to_dict(config.jobs_database_url.get_secret_value())
    host = str(given.get("host") or "")
    if host in LOOPBACK_HOSTS or not host or host.startswith("/"):
        return "to this machine"
    mode = given.get("sslmode") or "prefer"
    if mode != "verify-full":
        raise CheckFailed(
            f"sslmode is {mode}: whoever stands between can read and change everything",
            "Add ?sslmode=verify-full&sslrootcert=… to JOBS_DATABASE_URL and to"
            " WEBHOOK_SERVICE_DATABASE_URL, with the project's certificate.",
        )
    return "encrypted, and the server is verified"


def check_database(database: Database) -> str:
    """Connect once, and say what the server answers."""
    try:
        database.connect_once()
    except DatabaseUnavailable as error:
        raise CheckFailed(
            str(error), "Set JOBS_DATABASE_URL right, or see to the database; then run this again."
        ) from None
    return f"its rules' clock says {database.clock():%Y-%m-%d %H:%M:%S %Z}"


def check_clock(database: Database) -> str:
    """Find this machine and the database in disagreement about the time."""
    skew = database.server_time() - datetime.now(UTC)
    if abs(skew) > MOST_SKEW:
        raise CheckFailed(
            f"the database's machine and this one are {abs(skew).total_seconds():.0f} s apart",
            "Set the clock right by NTP: on the webhook service's machine a wrong one refuses"
            " every event's signature.",
        )
    return "the database's machine and this one agree"


def check_schema(database: Database) -> str:
    """Find a database of another release."""
    expected, found = expected_schema()["migration"], database.schema_version()
    if found is None:
        raise CheckFailed("no migration is recorded", MIGRATE)
    if found < expected:
        raise CheckFailed(f"it is at {found}, this release needs {expected}", MIGRATE)
    if found > expected:
        raise CheckFailed(
            f"it is at {found}, this release knows {expected}",
            "Deploy the release that the database was migrated for.",
        )
    return found


def check_privileges(database: Database) -> str:
    """Find roles that may do more or less than was declared."""
    expected, found = set(expected_schema()["privileges"]), set(database.list_privileges())
    differences = [
        f"{len(these)} {kind}, such as: {min(these)}"
        for kind, these in (
            ("that nobody declared", found - expected),
            ("missing", expected - found),
        )
        if these
    ]
    if differences:
        raise CheckFailed(
            "; ".join(differences),
            "Close the API (Settings, Data API) until this is repaired. Was the database restored?"
            " Repeat it as docs/operations.md says; otherwise grant and revoke what is named.",
        )
    return "as declared"


def check_writing(database: Database) -> str:
    """Write the doctor's own heartbeat: a database can answer and take no writes."""
    database.record_heartbeat("doctor")
    return "writes are taken"


def check_schedules(database: Database) -> str:
    """Find scheduled commands that do not run."""
    late = database.late_commands()
    if late:
        raise CheckFailed(
            "; ".join(map(_describe_late, late)),
            "Look at the scheduler and at what the command said last, and run it by hand:"
            f" python -m jobs {late[0].command}",
        )
    return "every command has run"


def _describe_late(late: LateCommand) -> str:
    return f"{late.command} has not run to its end since {late.ran_at:%d %B %H:%M %Z}"


def check_invariants(database: Database) -> str:
    """Find promises about the books that are broken."""
    violations = database.check_invariants()
    if violations:
        names = sorted({violation.invariant for violation in violations})
        raise CheckFailed(
            f"{len(violations)} violations of {', '.join(names)}",
            "Pay nobody by hand. Look at the rows with the saved query invariants.",
        )
    return "all hold"


def check_paydays(database: Database) -> str:
    """Find paydays that are over and not settled."""
    overdue = database.overdue_paydays()
    if overdue:
        raise CheckFailed(
            "; ".join(map(_describe_payday, overdue)),
            "Run python -m jobs payouts, and find out why its schedule did not.",
        )
    return "none is overdue"


def _describe_payday(payday: OverduePayday) -> str:
    which = f"{payday.org_name}, {payday.schedule}, {payday.period_on}"
    if payday.heartbeat_at is None:
        return f"{which}: nobody has been paid"
    return (
        f"{which}: not finished, and nobody works on it since {payday.heartbeat_at:%d %B %H:%M %Z}"
    )
