"""The controls for money that comes back: refunds, disputes, fraud warnings."""

from __future__ import annotations

from typing import Literal

from . import disputes, fraud, refund_outcomes, refunds
from .remote import Remote, remote
from .world import Json


class MoneyBack(Remote):
    """What the bank, the cardholder, and the merchant in the Dashboard may do."""

    # Refunds

    @remote
    def refund_in_dashboard(
        self,
        payment_intent: str,
        amount: int | None = None,
        reason: str | None = "requested_by_customer",
    ) -> Json:
        """The merchant refunds by hand (the rest, if no amount is said): without metadata."""
        wishes = {"payment_intent": payment_intent, "amount": amount, "reason": reason}
        said = {name: value for name, value in wishes.items() if value is not None}
        return refunds.create_refund(self.world, said)

    @remote
    def finish_refund(self, refund: str) -> Json:
        """A refund under way succeeds."""
        return refund_outcomes.finish_refund(self.world, self.world.get("refund", refund))

    @remote
    def fail_refund(self, refund: str, reason: str = "unknown") -> Json:
        """The bank sends a refund back, under way or succeeded."""
        return refund_outcomes.fail_refund(self.world, self.world.get("refund", refund), reason)

    @remote
    def cancel_refund(self, refund: str) -> Json:
        """The merchant takes back a refund that is under way."""
        return refund_outcomes.cancel_refund(self.world, self.world.get("refund", refund))

    @remote
    def ask_customer(self, refund: str) -> Json:
        """A pending refund waits for what the customer answers (`requires_action`)."""
        return refund_outcomes.ask_customer(self.world, self.world.get("refund", refund))

    # Disputes

    @remote
    def open_dispute(
        self,
        charge: str,
        amount: int | None = None,
        *,
        reason: str = "fraudulent",
        status: Literal["needs_response", "warning_needs_response", "prevented"] = "needs_response",
        takes_money: bool | None = None,
    ) -> Json:
        """The cardholder disputes a charge; `warning_needs_response` is an inquiry.

        A chargeback takes the amount (what was captured, if none is said: it may be more) and a
        fee. Of a fully refunded charge Stripe takes nothing more; `takes_money=True` is for a
        bank that had already asked for it.
        """
        return disputes.open_dispute(
            self.world,
            charge,
            amount=amount,
            reason=reason,
            status=status,
            takes_money=takes_money,
        )

    @remote
    def escalate_dispute(self, dispute: str) -> Json:
        """An inquiry becomes a chargeback."""
        return disputes.escalate_dispute(self.world, dispute)

    @remote
    def end_dispute(
        self,
        dispute: str,
        status: Literal["won", "lost", "warning_closed", "prevented"],
        returned: int | None = None,
        *,
        returns_fee: bool = False,
    ) -> Json:
        """The bank decides. A lost dispute may return a part: what was refunded before."""
        return disputes.end_dispute(self.world, dispute, status, returned, returns_fee=returns_fee)

    # Fraud

    @remote
    def warn_of_fraud(self, charge: str, fraud_type: str = "unauthorized_use_of_card") -> Json:
        """The issuer suspects a charge; no money moves."""
        return fraud.warn_of_fraud(self.world, charge, fraud_type)
