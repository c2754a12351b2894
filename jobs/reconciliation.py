"""Compares Stripe's balance, transaction by transaction, with the ledger."""

import math
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date
from typing import Any

import stripe

from jobs.database import Database
from jobs.output import Output
from jobs.stripe_calls import Lease, StripeCalls
from lplate.stripe_client import StripeDict, as_dict

PAGE = 100
MAX_LISTINGS = 5


class Reconciliation:
    """One run. Safe to repeat, and to stop at any point: the next one goes on."""

    def __init__(
        self,
        database: Database,
        client: stripe.StripeClient,
        calls: StripeCalls,
        output: Output,
    ) -> None:
        self._database = database
        self._stripe = client
        self._calls = calls
        self._output = output

    def run(self, until: date) -> bool:
        """Reconcile and write the reports of the days until then; return whether all is explained.

        Raises CallFailed if Stripe does not answer.
        """
        database, output = self._database, self._output
        began_at = database.clock()
        balance = self._mirror()
        after: int | None = database.movements_recorded_until()
        while after is not None:
            after = database.record_stripe_movements(after)
        key: str | None = ""
        while key is not None:
            key = database.match_balance_transactions(key)
        open_count = database.raise_reconciliation_exceptions()
        for day in database.days_to_report(until):
            for report in database.write_reconciliation_reports(day):
                output.event("report_written", **asdict(report))
        currencies = database.finish_reconciliation(balance, began_at)
        output.table("reconciled", [asdict(currency) for currency in currencies])
        for currency in currencies:
            if currency.remainder_cents:
                output.error(
                    "remainder_without_a_name",
                    currency=currency.currency,
                    remainder_cents=currency.remainder_cents,
                )
        if open_count:
            output.error("exceptions_open", count=open_count)
        return not open_count and not any(currency.remainder_cents for currency in currencies)

    def _mirror(self) -> StripeDict:
        """Copy what Stripe lists, and return its balance of that moment.

        Money may move meanwhile, so the balance is asked before and after, until it is the same.
        """
        after = self._balance()
        for _ in range(MAX_LISTINGS):
            before = after
            for page in self._pages():
                self._database.record_balance_transactions(page)
            after = self._balance()
            if after == before:
                break
        return after

    def _balance(self) -> StripeDict:
        return self._calls.make(
            Lease(), lambda: as_dict(self._stripe.v1.balance.retrieve(), "balance")
        )

    def _pages(self) -> Iterator[list[StripeDict]]:
        """List balance transactions, newest first, a page at a time."""
        since = self._database.balance_transactions_listed_until()
        parameters: Any = {"limit": PAGE, "expand": ["data.source"]}
        if since is not None:
            parameters["created"] = {"gte": math.floor(since.timestamp())}
        while True:

            def look(parameters: Any = parameters) -> tuple[list[StripeDict], bool]:
                page = self._stripe.v1.balance_transactions.list(parameters)
                return [as_dict(one, "balance_transaction") for one in page.data], page.has_more

            listed, has_more = self._calls.make(Lease(), look)
            yield listed
            if not has_more:
                return
            parameters = {**parameters, "starting_after": listed[-1]["id"]}
