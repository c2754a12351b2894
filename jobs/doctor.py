"""Looks for what is wrong before somebody notices."""

from collections.abc import Callable, Iterator

import stripe

from jobs.config import Config
from jobs.database import Database, OverduePayday, Violation
from jobs.output import Output
from webhook_service.database import DatabaseError
from webhook_service.stripe_client import as_dict


class Unwell(Exception):
    """What a check found."""


def examine(
    config: Config, database: Database, client: stripe.StripeClient, output: Output
) -> bool:
    """Make every check and show what it found; return whether all is well."""
    findings = list(_findings(config, database, client))
    output.table("check", findings)
    return all(finding["is_well"] for finding in findings)


def show_violations(violations: list[Violation], output: Output) -> None:
    """Show which promises about the books are broken, and where."""
    for violation in violations:
        output.trouble("invariant_broken", invariant=violation.invariant, detail=violation.detail)


def _findings(
    config: Config, database: Database, client: stripe.StripeClient
) -> Iterator[dict[str, object]]:
    checks: dict[str, Callable[[], str]] = {
        "configuration": lambda: f"{'live' if config.is_live else 'test'} mode",
        "database": lambda: f"its clock says {database.clock():%Y-%m-%d %H:%M:%S %Z}",
        "invariants": lambda: _check_invariants(database),
        "paydays": lambda: _check_paydays(database),
        "stripe": lambda: _check_stripe(config, client),
    }
    for name, check in checks.items():
        try:
            yield {"check": name, "is_well": True, "finding": check()}
        except (DatabaseError, stripe.StripeError, Unwell) as error:
            yield {"check": name, "is_well": False, "finding": f"{type(error).__name__}: {error}"}


def _check_invariants(database: Database) -> str:
    violations = database.check_invariants()
    if violations:
        names = sorted({violation.invariant for violation in violations})
        raise Unwell(f"{len(violations)} violations of {', '.join(names)}")
    return "all hold"


def _check_paydays(database: Database) -> str:
    overdue = database.overdue_paydays()
    if overdue:
        raise Unwell("; ".join(map(_describe, overdue)))
    return "none is overdue"


def _describe(payday: OverduePayday) -> str:
    which = f"{payday.org_name}, {payday.schedule}, {payday.period_on}"
    if payday.heartbeat_at is None:
        return f"{which}: nobody has been paid, run the payout job"
    return (
        f"{which}: not finished, and nobody works on it since {payday.heartbeat_at:%d %B %H:%M %Z}"
    )


def _check_stripe(config: Config, client: stripe.StripeClient) -> str:
    balance = as_dict(client.v1.balance.retrieve(), "balance")
    if balance["livemode"] != config.is_live:
        raise Unwell("the account's mode is not that of the key")
    return f"answers in {'live' if config.is_live else 'test'} mode"
