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
        """Return the transfer that an earlier try of this attempt made; None if there is none.

        Raises CallFailed, always in doubt: not having looked says nothing about that try.
        """

        def look() -> list[dict[str, Any]]:
            page = self._transfers.list({"transfer_group": claim.transfer_group, "limit": 100})
            return [as_dict(transfer, "transfer") for transfer in page.auto_paging_iter()]

        try:
            made = self._calls.make(lease, look)
        except CallFailed as error:
            raise CallFailed(error.failure.in_doubt()) from error
        return next((transfer for transfer in made if _settles(transfer, claim)), None)

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


def _settles(transfer: dict[str, Any], claim: Claim) -> bool:
    fields = ("amount", "currency", "destination", "amount_reversed")
    wanted = (claim.amount_cents, claim.currency, claim.destination, 0)
    is_this_attempt = transfer["metadata"].get("attempt") == str(claim.attempt)
    return is_this_attempt and tuple(transfer[field] for field in fields) == wanted
