"""What a payout run does at Stripe: looks at the balance, finds transfers and makes them."""

import math
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import stripe

from jobs.database import Claim
from jobs.stripe_calls import CallFailed, Lease, StripeCalls
from lplate.stripe_client import as_dict


class Transfers:
    """The platform's balance, and the transfer of a payout."""

    def __init__(self, client: stripe.StripeClient, calls: StripeCalls) -> None:
        self._balance = client.v1.balance
        self._transfers = client.v1.transfers
        self._calls = calls

    def available_funds(self) -> list[dict[str, Any]]:
        """Return what the platform can transfer now: a list of {amount, currency, …}.

        Raises CallFailed.
        """

        def look() -> dict[str, Any]:
            return as_dict(self._balance.retrieve(), "balance")

        funds: list[dict[str, Any]] = self._calls.make(Lease(), look)["available"]
        return funds

    def since(self, start: datetime) -> Iterator[list[dict[str, Any]]]:
        """Yield all transfers made since then, a page at a time, the newest first.

        Raises CallFailed.
        """
        parameters: Any = {"created": {"gte": math.floor(start.timestamp())}, "limit": 100}

        def look() -> dict[str, Any]:
            return as_dict(self._transfers.list(parameters), "list")

        has_more = True
        while has_more:
            page = self._calls.make(Lease(), look)
            yield page["data"]
            has_more = page["has_more"]
            if has_more:
                parameters["starting_after"] = page["data"][-1]["id"]

    def find(self, claim: Claim, lease: Lease) -> dict[str, Any] | None:
        """Return the transfer that an earlier try made for this payout; None if there is none.

        Any transfer that bears the payout's id is returned, so that no second one is sent: whether
        it settles the payout is for the database to decide. Raises CallFailed, always in doubt:
        without a look-up nothing is known about the earlier try.
        """

        def look() -> list[dict[str, Any]]:
            page = self._transfers.list({"transfer_group": claim.transfer_group, "limit": 100})
            return [as_dict(transfer, "transfer") for transfer in page.auto_paging_iter()]

        try:
            made = self._calls.make(lease, look)
        except CallFailed as error:
            raise CallFailed(error.failure.in_doubt()) from error
        payout_id = str(claim.payout_id)
        return next((one for one in made if one["metadata"].get("payout_id") == payout_id), None)

    def create(self, claim: Claim, lease: Lease) -> dict[str, Any]:
        """Make the transfer, under the key that was committed with the payout."""

        def transfer() -> dict[str, Any]:
            made = self._transfers.create(
                {
                    "amount": claim.amount_cents,
                    "currency": claim.currency,
                    "destination": claim.destination,
                    "transfer_group": claim.transfer_group,
                    "metadata": claim.metadata,
                },
                {"idempotency_key": claim.idempotency_key},
            )
            return as_dict(made, "transfer")

        return self._calls.make(lease, transfer)
