"""Checks configuration, database, books and Stripe, and says what to do about what is wrong."""

from collections.abc import Callable, Iterator
from dataclasses import asdict

import stripe

from jobs import check_database, check_stripe
from jobs.config import Config
from jobs.database import Concern, Database, Violation
from jobs.findings import CheckFailed, Finding, explain
from jobs.output import Output
from lplate.postgres import DatabaseError

Checks = dict[str, Callable[[], str]]


def examine(
    config: Config, database: Database, client: stripe.StripeClient, output: Output
) -> bool:
    """Make every check and show what it found; return whether nothing is wrong."""
    findings = list(_findings(config, database, client))
    output.table("check", [asdict(finding) for finding in findings])
    return all(finding.ok for finding in findings)


def show_violations(violations: list[Violation], output: Output) -> None:
    """Show which promises about the books are broken, and where."""
    for violation in violations:
        output.error("invariant_broken", invariant=violation.invariant, detail=violation.detail)


def _findings(config: Config, database: Database, client: stripe.StripeClient) -> Iterator[Finding]:
    """Make the checks that need no database first: without one there is nothing else to ask."""
    alone: Checks = {
        "configuration": lambda: f"{'live' if config.is_live else 'test'} mode",
        "connection": lambda: check_database.check_connection(config),
        "stripe": lambda: check_stripe.check_account(config, client),
        "webhooks": lambda: check_stripe.check_webhooks(config, client),
    }
    yield from (_make(*check) for check in alone.items())
    reached = _make("database", lambda: check_database.check_database(database))
    yield reached
    if not reached.ok:
        return
    with_database: Checks = {
        "clock": lambda: check_database.check_clock(database),
        "schema": lambda: check_database.check_schema(database),
        "privileges": lambda: check_database.check_privileges(database),
        "schedules": lambda: check_database.check_schedules(database),  # before it writes its own
        "writing": lambda: check_database.check_writing(database),
        "invariants": lambda: check_database.check_invariants(database),
        "paydays": lambda: check_database.check_paydays(database),
        "mode": lambda: check_stripe.check_mode(config, database),
        "thin_webhooks": lambda: check_stripe.check_thin_webhooks(config, database, client),
        "currencies": lambda: check_stripe.check_currencies(database, client),
        "transfers": lambda: check_stripe.check_transfers(database, client),
        "balance": lambda: check_stripe.check_balance(database, client),
        "funds": lambda: check_stripe.check_funds(database, client),
    }
    yield from (_make(*check) for check in with_database.items())
    try:
        concerns = database.needs_attention()
    except DatabaseError as error:
        yield explain("attention", error)
    else:
        yield Finding("attention", ok=not concerns, finding=f"{len(concerns)} things wait")
        yield from map(_describe_concern, concerns)


def _make(name: str, check: Callable[[], str]) -> Finding:
    try:
        return Finding(name, ok=True, finding=check())
    except CheckFailed as error:
        return Finding(name, ok=False, finding=str(error), next_step=error.next_step)
    except (DatabaseError, stripe.StripeError) as error:
        return explain(name, error)


def _describe_concern(concern: Concern) -> Finding:
    return Finding(
        concern.concern,
        ok=False,
        finding=concern.detail,
        next_step=concern.next_step,
        reference=concern.reference,
        since=concern.since,
    )
