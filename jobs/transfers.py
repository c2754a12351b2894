"""Transfers at Stripe: the two things that a payout may do there."""

from typing import Any

import stripe

from jobs.database import Claim
from jobs.stripe_calls import CallFailed, Lease, StripeCalls
from webhook_service.stripe_client import as_dict


class Transfers:
    """Finds and makes the transfer of a payout."""

    def __init__(self, client: stripe.StripeClient, calls: StripeCalls) -> None:
        self._transfers = client.v1.transfers
        self._calls = calls

    def find(self, claim: Claim, lease: Lease) -> dict[str, Any] | None:
        """Return the transfer that an earlier try made for this payout; None if there is none.

        Whatever bears the payout's id is returned, so that nothing is sent beside it: whether it
        settles the payout is for the database to judge. Raises CallFailed, always in doubt: not
        having looked says nothing about that try.
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
