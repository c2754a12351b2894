"""What the doctor's checks come to, and what to do about what is wrong."""

from dataclasses import dataclass
from datetime import datetime

import stripe

from lplate.postgres import DatabaseError, DatabaseFault, DatabaseUnavailable

# The database lacks a function or a table, or the login may not use it.
OTHER_RELEASE = ("42883", "42P01", "42703", "42501", "3F000")


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


def explain(check: str, error: DatabaseError | stripe.StripeError) -> Finding:
    """Return what an error means that kept a check from its answer."""
    finding, next_step = _explain(error)
    return Finding(check, ok=False, finding=finding, next_step=next_step)


def _explain(error: DatabaseError | stripe.StripeError) -> tuple[str, str]:
    match error:
        case DatabaseFault() if str(error).startswith(OTHER_RELEASE):
            return (
                f"the database is not the one of this release: {error}",
                "Apply the migrations of this release, and compare the findings of schema and"
                " privileges.",
            )
        case DatabaseUnavailable():
            return (
                f"the database {error.reason} ({error})",
                "See to what it says, then run this again; the programs go on by themselves.",
            )
        case stripe.AuthenticationError():
            return (
                "Stripe does not know the key",
                "Set STRIPE_SECRET_KEY to a key of this account that has not been rolled.",
            )
        case stripe.PermissionError():
            return (
                f"the key lacks a permission: {error.user_message or 'Stripe answers 403'}",
                "Give the restricted key what docs/operations.md lists for the jobs.",
            )
        case stripe.APIConnectionError():
            return (
                "Stripe cannot be reached from this machine",
                "Look at this machine's network and at https://status.stripe.com.",
            )
        case _:
            return (
                f"{type(error).__name__}: {error}",
                "Look at the configuration and at what it names, then run this again.",
            )
