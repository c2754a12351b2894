"""Sends to Stripe what SQL decided: refunds, captures, reversals, and look-ups."""

import math
import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import stripe

from jobs.billing import BillingCommands
from jobs.config import Config
from jobs.database import Command, Database
from jobs.output import Output
from jobs.stripe_calls import CallFailed, Lease, LeaseExpired, StripeCalls
from jobs.stripe_failures import Outcome
from lplate.postgres import DatabaseFault, DatabaseUnavailable, Refused
from lplate.stripe_client import as_dict, make_payment_intent, retrieve_account

# One at a time, so that a command that kills its worker takes no others with it.
BATCH = 1

HEARTBEAT_SECONDS = 60

Payload = dict[str, Any]


class NotYet(Exception):
    """Stripe does not have the answer yet."""


class Outbox:
    """Carries out the commands that are due, one after the other, each of another organization.

    So what one organization has queued by the thousands holds up no other.
    """

    def __init__(
        self,
        config: Config,
        database: Database,
        client: stripe.StripeClient,
        calls: StripeCalls,
        output: Output,
        stop: threading.Event,
    ) -> None:
        self._config = config
        self._database = database
        self._client = client
        self._stripe = client.v1
        self._calls = calls
        self._output = output
        self._stop = stop
        self._worker_id = uuid4()
        self._served_org_id: UUID | None = None
        self._beat_at = -math.inf
        self._handlers: dict[str, Callable[[Payload, Lease], None]] = {
            "refund_payment": self._refund_payment,
            "fetch_processing_fee": self._fetch_processing_fee,
            "fetch_stripe_fees": self._fetch_stripe_fees,
            "cancel_payment_intent": self._cancel_payment_intent,
            "capture_payment": self._capture_payment,
            "reverse_transfer": self._reverse_transfer,
            "fetch_payment_intent": self._fetch_payment_intent,
            "fetch_dispute": self._fetch_dispute,
            "sync_account": self._sync_account,
        } | BillingCommands(client, database, calls).handlers

    def drain(self) -> bool:
        """Carry out everything that is due now; return whether no command failed."""
        all_carried_out = True
        while not self._stop.is_set():
            lease = Lease(self._config.outbox_lease_seconds)
            commands = self._database.claim_commands(
                self._worker_id, BATCH, self._config.outbox_lease, self._served_org_id
            )
            if not commands:
                break
            for command in commands:
                self._served_org_id = command.org_id
                all_carried_out &= self._carry_out(command, lease)
        self._record_heartbeat()
        return all_carried_out

    def watch(self) -> None:
        """Drain again and again until told to stop, also through an outage of the database.

        It looks for commands by itself: announcing them (NOTIFY) would make every payment take one
        lock of the whole cluster while it commits.
        A command that failed does not end the watch: it is reported, and the doctor lists it.
        """
        while not self._stop.is_set():
            try:
                self.drain()
            except DatabaseUnavailable as error:
                self._output.error("database_unavailable", reason=str(error))
            self._stop.wait(self._config.outbox_poll_seconds)

    def _record_heartbeat(self) -> None:
        if time.monotonic() >= self._beat_at + HEARTBEAT_SECONDS:
            self._database.record_heartbeat("outbox")
            self._beat_at = time.monotonic()

    def _carry_out(self, command: Command, lease: Lease) -> bool:
        try:
            lease.check()
            handler = self._handlers.get(command.topic)
            if handler is None:
                self._fail(command, "no handler for this topic", is_final=False)
                return False
            handler(command.payload, lease)
        except LeaseExpired:
            self._output.error("command_abandoned", command_id=command.command_id)
            return True
        except NotYet as error:
            return self._fail(command, str(error), is_final=False) == "retry"
        except CallFailed as error:
            failure = error.failure
            if failure.is_systemic:
                return self._postpone(command, f"{failure.code}: {failure.message}")
            is_final = failure.outcome is Outcome.REFUSED
            self._fail(command, f"{failure.code}: {failure.message}", is_final=is_final)
            return False
        except Refused as refusal:
            self._fail(command, f"{refusal.code}: {refusal.message}", is_final=True)
            return False
        except DatabaseFault as fault:
            self._fail(command, str(fault), is_final=False)
            return False
        except (KeyError, TypeError, ValueError) as error:
            self._fail(command, f"malformed payload: {error!r}", is_final=True)
            return False
        self._database.finish_command(command.command_id, self._worker_id)
        self._output.event("command_finished", command_id=command.command_id, topic=command.topic)
        return True

    def _postpone(self, command: Command, reason: str) -> bool:
        """Let the topic rest: Stripe would refuse its other commands as well."""
        self._database.postpone_commands(command.command_id, self._worker_id, reason)
        self._output.error("topic_postponed", topic=command.topic, reason=reason)
        return False

    def _fail(self, command: Command, reason: str, *, is_final: bool) -> str:
        outcome = self._database.fail_command(
            command.command_id, self._worker_id, reason, is_final=is_final
        )
        self._output.error(
            "command_failed",
            command_id=command.command_id,
            topic=command.topic,
            attempts=command.attempts,
            reason=reason,
            outcome=outcome,
        )
        return outcome

    def _refund_payment(self, payload: Payload, lease: Lease) -> None:
        """Make a refund, unless it was made before.

        Stripe forgets idempotency keys after a day, a part of a payment can be refunded twice, and
        a restored database has forgotten what it decided: so look first.
        """
        refund_id = UUID(payload["refund_id"])
        try:
            made = self._list_refunds(payload, lease)
            decision = self._database.compare_refund(refund_id, made)
            if decision == "refused":
                code = "refunds_not_in_books"
                self._output.error("refund_refused", refund_id=refund_id, code=code)
            if decision != "send":
                return
            refund = self._make_refund(payload, lease)
        except CallFailed as error:
            failure = error.failure
            if failure.outcome is not Outcome.REFUSED:
                raise
            self._database.record_refund_failure(refund_id, failure.code, failure.message)
            self._output.error("refund_refused", refund_id=refund_id, code=failure.code)
            return
        self._database.record_refund(refund_id, refund)

    def _list_refunds(self, payload: Payload, lease: Lease) -> list[dict[str, Any]]:
        def look() -> list[dict[str, Any]]:
            page = self._stripe.refunds.list(
                {"payment_intent": payload["payment_intent"], "limit": 100}
            )
            return [as_dict(refund, "refund") for refund in page.auto_paging_iter()]

        return self._calls.make(lease, look)

    def _make_refund(self, payload: Payload, lease: Lease) -> dict[str, Any]:
        def refund() -> dict[str, Any]:
            made = self._stripe.refunds.create(
                {
                    "payment_intent": payload["payment_intent"],
                    "amount": payload["amount_cents"],
                    "metadata": payload["metadata"],
                },
                {"idempotency_key": payload["idempotency_key"]},
            )
            return as_dict(made, "refund")

        return self._calls.make(lease, refund)

    def _cancel_payment_intent(self, payload: Payload, lease: Lease) -> None:
        """Cancel an intent so that it can no longer be paid, or record that it was paid before.

        Whether it was ever made may be unknown: the same key finds it, or makes it now.
        """
        payment_id = UUID(payload["payment_id"])
        intent_id = payload["payment_intent"] or self._make_intent(payload, lease)["id"]

        def cancel() -> dict[str, Any]:
            key = f"cancel:{payment_id}"
            cancelled = self._stripe.payment_intents.cancel(intent_id, {}, {"idempotency_key": key})
            return as_dict(cancelled, "payment_intent")

        try:
            intent = self._calls.make(lease, cancel)
        except CallFailed as error:
            if error.failure.code != "payment_intent_unexpected_state":
                raise
            intent = self._retrieve_intent(intent_id, lease)
        self._record_intent(payment_id, intent)

    def _make_intent(self, payload: Payload, lease: Lease) -> dict[str, Any]:
        return self._calls.make(
            lease,
            lambda: make_payment_intent(self._client, payload["create"], payload["create_key"]),
        )

    def _capture_payment(self, payload: Payload, lease: Lease) -> None:
        """Capture an authorized payment; if the authorization has ended, record how."""
        payment_id = UUID(payload["payment_id"])
        intent_id = payload["payment_intent"]

        def capture() -> dict[str, Any]:
            captured = self._stripe.payment_intents.capture(
                intent_id,
                {"amount_to_capture": payload["amount_cents"]},
                {"idempotency_key": payload["idempotency_key"]},
            )
            return as_dict(captured, "payment_intent")

        try:
            intent = self._calls.make(lease, capture)
        except CallFailed as error:
            if error.failure.outcome is not Outcome.REFUSED:
                raise
            intent = self._retrieve_intent(intent_id, lease)
            if intent["amount_capturable"]:
                raise
        self._record_intent(payment_id, intent)

    def _retrieve_intent(self, intent_id: str, lease: Lease) -> dict[str, Any]:
        return self._calls.make(
            lease,
            lambda: as_dict(self._stripe.payment_intents.retrieve(intent_id), "payment_intent"),
        )

    def _record_intent(
        self, payment_id: UUID, intent: dict[str, Any], settles_at: datetime | None = None
    ) -> None:
        intent.pop("client_secret", None)
        self._database.record_payment_intent(payment_id, intent, settles_at)

    def _fetch_payment_intent(self, payload: Payload, lease: Lease) -> None:
        """Settle which news of an intent was the last of its second."""
        intent = self._retrieve_intent(payload["payment_intent"], lease)
        self._record_intent(
            UUID(payload["payment_id"]), intent, datetime.fromisoformat(payload["settles_at"])
        )

    def _fetch_dispute(self, payload: Payload, lease: Lease) -> None:
        """Settle which news of a dispute was the last of its second."""
        dispute = self._calls.make(
            lease,
            lambda: as_dict(self._stripe.disputes.retrieve(payload["dispute"]), "dispute"),
        )
        self._database.record_dispute(
            UUID(payload["dispute_id"]), dispute, datetime.fromisoformat(payload["settles_at"])
        )

    def _fetch_processing_fee(self, payload: Payload, lease: Lease) -> None:
        """Fetch Stripe's processing fee of a payment, or of money that matches none.

        A partial capture is booked as the whole and a reversal of the rest: two transactions of one
        charge.
        """
        charge = payload["charge"]
        if charge is None:
            charge = self._retrieve_intent(payload["payment_intent"], lease)["latest_charge"]

        def look() -> list[dict[str, Any]]:
            page = self._stripe.balance_transactions.list({"source": charge, "limit": 100})
            return [as_dict(one, "balance_transaction") for one in page.auto_paging_iter()]

        transactions = self._calls.make(lease, look) if charge else []
        if not transactions:
            raise NotYet("the charge has no balance transaction yet")
        if "payment_id" in payload:
            self._database.record_processing_fee(UUID(payload["payment_id"]), transactions)
        elif "invoice_payment_id" in payload:
            id = UUID(payload["invoice_payment_id"])
            self._database.record_invoice_fee(id, transactions)
        else:
            self._database.record_suspense_fee(UUID(payload["suspense_item_id"]), transactions)

    def _fetch_stripe_fees(self, payload: Payload, lease: Lease) -> None:
        """Fetch the fees that Stripe took on a day without an object of ours."""
        created = {"gte": payload["from"], "lt": payload["until"]}
        for type_ in payload["types"]:
            parameters: Any = {"type": type_, "created": created, "limit": 100}

            def look(parameters: Any = parameters) -> list[dict[str, Any]]:
                page = self._stripe.balance_transactions.list(parameters)
                return [as_dict(one, "balance_transaction") for one in page.auto_paging_iter()]

            self._database.record_stripe_fees(self._calls.make(lease, look))

    def _reverse_transfer(self, payload: Payload, lease: Lease) -> None:
        """Reverse a transfer, unless an earlier try did, and record what Stripe then says of it.

        As with refunds, a part can be reversed twice, so look first.
        """
        payout_id = UUID(payload["payout_id"])
        refused: CallFailed | None = None
        try:
            if not self._is_reversed_already(payload, lease):
                self._make_reversal(payload, lease)
        except CallFailed as error:
            if error.failure.outcome is not Outcome.REFUSED:
                raise
            refused = error

        def look() -> dict[str, Any]:
            return as_dict(self._stripe.transfers.retrieve(payload["transfer"]), "transfer")

        transfer = self._calls.make(lease, look)
        self._database.record_transfer(payout_id, None, transfer)
        if refused and not transfer["reversed"]:
            failure = refused.failure
            self._database.record_reversal_failure(payout_id, failure.code, failure.message)
            raise refused

    def _is_reversed_already(self, payload: Payload, lease: Lease) -> bool:
        def look() -> list[dict[str, Any]]:
            page = self._stripe.transfers.reversals.list(payload["transfer"], {"limit": 100})
            return [as_dict(reversal, "transfer_reversal") for reversal in page.auto_paging_iter()]

        made = self._calls.make(lease, look)
        return any(reversal["metadata"] == payload["metadata"] for reversal in made)

    def _make_reversal(self, payload: Payload, lease: Lease) -> None:
        def reverse() -> dict[str, Any]:
            made = self._stripe.transfers.reversals.create(
                payload["transfer"],
                {"amount": payload["amount_cents"], "metadata": payload["metadata"]},
                {"idempotency_key": payload["idempotency_key"]},
            )
            return as_dict(made, "transfer_reversal")

        self._calls.make(lease, reverse)

    def _sync_account(self, payload: Payload, lease: Lease) -> None:
        """Fetch an account that has changed, unless it has cut the platform off."""

        def look() -> dict[str, Any]:
            return retrieve_account(
                self._client, payload["stripe_account_id"], payload["accounts_api"]
            )

        try:
            account = self._calls.make(lease, look)
        except CallFailed as error:
            if error.failure.outcome is not Outcome.REFUSED:
                raise
            account_id = payload["connect_account_id"]
            code = error.failure.code
            self._output.error("account_unreachable", connect_account_id=account_id, code=code)
            return
        account_id = UUID(payload["connect_account_id"])
        self._database.record_connect_account(account_id, account, is_fetched=True)
