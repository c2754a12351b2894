"""Checks configuration, database, books and Stripe, and says what to do about what is wrong."""

import math
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import stripe

from jobs.config import Config
from jobs.database import (
    BalanceDifference,
    Concern,
    Database,
    MissingFunds,
    OverduePayday,
    Violation,
)
from jobs.output import Output
from lplate.postgres import DatabaseError
from lplate.stripe_client import as_dict


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found. `reference` is the id to search for, `since` when it began."""

    check: str
    ok: bool
    finding: str
    next_step: str | None = None
    reference: str | None = None
    since: datetime | None = None


class CheckFailed(Exception):
    """A check found something wrong. Says what, and what to do about it."""

    def __init__(self, finding: str, next_step: str) -> None:
        super().__init__(finding)
        self.next_step = next_step


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
    checks: dict[str, Callable[[], str]] = {
        "configuration": lambda: f"{'live' if config.is_live else 'test'} mode",
        "database": lambda: f"its clock says {database.clock():%Y-%m-%d %H:%M:%S %Z}",
        "invariants": lambda: _check_invariants(database),
        "paydays": lambda: _check_paydays(database),
        "stripe": lambda: _check_stripe(config, database, client),
        "transfers": lambda: _check_transfers(database, client),
        "balance": lambda: _check_balance(database, client),
        "funds": lambda: _check_funds(database, client),
    }
    for name, check in checks.items():
        try:
            yield Finding(name, ok=True, finding=check())
        except CheckFailed as error:
            yield Finding(name, ok=False, finding=str(error), next_step=error.next_step)
        except (DatabaseError, stripe.StripeError) as error:
            yield _unanswered(name, error)
    try:
        concerns = database.needs_attention()
    except DatabaseError as error:
        yield _unanswered("attention", error)
    else:
        yield Finding("attention", ok=not concerns, finding=f"{len(concerns)} things wait")
        yield from map(_describe_concern, concerns)


def _unanswered(check: str, error: Exception) -> Finding:
    finding = f"{type(error).__name__}: {error}"
    next_step = "Look at the configuration and at what it names, then run this again."
    return Finding(check, ok=False, finding=finding, next_step=next_step)


def _describe_concern(concern: Concern) -> Finding:
    return Finding(
        concern.concern,
        ok=False,
        finding=concern.detail,
        next_step=concern.next_step,
        reference=concern.reference,
        since=concern.since,
    )


def _check_invariants(database: Database) -> str:
    violations = database.check_invariants()
    if violations:
        names = sorted({violation.invariant for violation in violations})
        raise CheckFailed(
            f"{len(violations)} violations of {', '.join(names)}",
            "Pay nobody by hand. Look at the rows with the saved query invariants.",
        )
    return "all hold"


def _check_paydays(database: Database) -> str:
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


def _check_stripe(config: Config, database: Database, client: stripe.StripeClient) -> str:
    balance = as_dict(client.v1.balance.retrieve(), "balance")
    if balance["livemode"] != config.is_live:
        raise CheckFailed(
            "the account's mode is not that of the key", "Set the right STRIPE_SECRET_KEY."
        )
    settled = {funds["currency"] for funds in balance["available"]}
    missing = sorted(set(database.traded_currencies()) - settled)
    if missing:
        raise CheckFailed(
            f"the platform's account does not settle in {', '.join(missing)}",
            "Add a bank account in that currency in Stripe's Dashboard, or payments are converted.",
        )
    return f"answers in {'live' if config.is_live else 'test'} mode"


def _check_transfers(database: Database, client: stripe.StripeClient) -> str:
    known_until = database.transfers_known_until()
    if known_until is None:
        return "nobody can be paid yet"
    parameters: Any = {"created": {"gte": math.floor(known_until.timestamp())}, "limit": 100}
    made = client.v1.transfers.list(parameters).auto_paging_iter()
    unbooked = database.find_unbooked_transfers([as_dict(one, "transfer") for one in made])
    if unbooked:
        raise CheckFailed(
            f"Stripe has made {len(unbooked)} that the books lack, such as {unbooked[0]['id']}",
            "Was the database restored? Before python -m jobs payouts pays, it books what it can."
            " Each of those that it cannot book is then listed here: call admin_adopt_transfer.",
        )
    return "all that Stripe has made are booked"


def _check_balance(database: Database, client: stripe.StripeClient) -> str:
    balance = as_dict(client.v1.balance.retrieve(), "balance")
    differences = database.compare_stripe_balance(balance)
    if differences:
        raise CheckFailed(
            "; ".join(map(_describe_difference, differences)),
            "Compare Stripe's balance transactions with the ledger's stripe_balance: look for"
            " events that did not come, and for fees and payouts that nobody booked.",
        )
    return "Stripe holds what the books say"


def _describe_difference(difference: BalanceDifference) -> str:
    return (
        f"Stripe holds {difference.stripe_cents} {difference.currency}, the books say"
        f" {difference.ledger_cents}, and at most {difference.on_the_way_cents} is on its way"
    )


def _check_funds(database: Database, client: stripe.StripeClient) -> str:
    balance = as_dict(client.v1.balance.retrieve(), "balance")
    missing = database.find_missing_funds(balance)
    if missing:
        raise CheckFailed(
            "; ".join(map(_describe_missing, missing)),
            "Top up Stripe's balance before the next payday, and find in the ledger what the"
            " platform has lost: promotions, processor_fees, dispute_losses, write_offs.",
        )
    return "what is owed is covered"


def _describe_missing(missing: MissingFunds) -> str:
    return (
        f"{missing.owed_cents} {missing.currency} is owed, Stripe holds {missing.stripe_cents} and"
        f" {missing.bank_cents} went to the bank"
    )
