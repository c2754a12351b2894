"""What Stripe tells the webhook service, and what the jobs carry to Stripe."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from tests.factories.database import Database
from tests.factories.stripe_objects import (
    charge_transaction,
    dispute_object,
    filled,
    refund_object,
)

API_VERSION = "test-api-version"


class Payments(Database):
    def saved_card(self, user_id: UUID) -> str:
        """A person's default card, which Stripe has told of; Stripe's id."""
        (customer,) = self.serve(
            "webhook_service", "private.open_customer", p_user_id=user_id, p_livemode=False
        )
        card_id = f"pm_{uuid4().hex}"
        made = filled(
            "customer",
            {
                "id": f"cus_{customer['customer_id'].hex}",
                "metadata": {name: str(value) for name, value in customer["metadata"].items()},
            },
        )
        self.deliver("customer.created", made)
        self.deliver(
            "payment_method.attached",
            filled("payment_method", {"id": card_id, "customer": made["id"], "type": "card"}),
        )
        self.deliver(
            "customer.updated",
            made | {"invoice_settings": {"default_payment_method": card_id}},
            occurred_at=self.value("select private.clock() + interval '2 seconds'"),
        )
        return card_id

    def deliver(
        self,
        type: str,
        object: dict[str, Any],
        *,
        event_id: str | None = None,
        endpoint: str = "platform",
        account: str | None = None,
        livemode: bool = False,
        api_version: str = API_VERSION,
        occurred_at: datetime | None = None,
    ) -> str:
        """Delivers a webhook as the service does, and returns what became of it."""
        payload = json.dumps({"type": type, "data": {"object": object}})
        (row,) = self.serve(
            "webhook_service",
            "private.receive_stripe_event",
            p_endpoint=endpoint,
            p_event_id=event_id or f"evt_{uuid4().hex}",
            p_type=type,
            p_account=account,
            p_livemode=livemode,
            p_api_version=api_version,
            p_created_at=occurred_at or self.now(),
            p_raw=payload.encode(),
            p_payload=payload,
            p_expected_livemode=False,
            p_expected_api_version=API_VERSION,
        )
        status: str = row["receive_stripe_event"]
        return status

    def settle_funds(
        self, payment: DictRow, available_at: datetime | None = None, fee_cents: int = 0
    ) -> None:
        """Lets Stripe say what it keeps, and from when the rest can be transferred."""
        available_at = available_at or self.now()
        self.serve(
            "jobs",
            "private.record_processing_fee",
            p_payment_id=payment["id"],
            p_balance_transactions=Jsonb(
                [
                    charge_transaction(
                        f"txn_{payment['id'].hex}",
                        payment["currency"],
                        payment["captured_cents"],
                        fee_cents,
                        available_at,
                    )
                ]
            ),
        )

    def carry_refunds(self, status: str = "succeeded") -> list[str]:
        """Makes the refunds that wait in the outbox, as Stripe would; what became of the news."""
        waiting = self.rows(
            "select * from public.refunds where status in ('pending', 'requires_action')"
            " order by created_at, id"
        )
        outcomes = []
        for refund in waiting:
            payment = self.row("select * from public.payments where id = %s", refund["payment_id"])
            sent = refund_object(
                payment,
                refund["amount_cents"],
                status,
                id=f"re_{refund['id'].hex}",
                metadata={"refund_id": str(refund["id"])},
            )
            outcomes.append(self.deliver("refund.updated", sent))
        return outcomes

    def dispute(
        self, payment: DictRow, status: str = "needs_response", **fields: Any
    ) -> dict[str, Any]:
        """A dispute over a payment, as Stripe would send it; its id is the payment's."""
        sent = dispute_object(payment, status, **fields)
        assert self.deliver("charge.dispute.updated", sent) == "processed"
        return sent

    def commands(self, topic: str) -> list[DictRow]:
        """The payloads of the outbox's commands of a topic."""
        waiting = self.rows(
            "select payload from private.outbox where topic = %s order by id", topic
        )
        return [command["payload"] for command in waiting]
