"""A small model of Stripe: what it does with money, and what it has told of that so far."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from psycopg.rows import DictRow

from tests.factories import (
    charge_transaction,
    dispute_object,
    dispute_transaction,
    intent_object,
    refund_object,
    transfer_object,
)

CARD_FEE_CENTS = 20
DECLINED = {"type": "card_error", "code": "card_declined", "message": "No."}
DISPUTE_FEE_CENTS = 2000
AUTHORIZATION_LASTS = timedelta(days=7)
REFUND_RANKS = ("pending", "requires_action", "succeeded", "failed", "canceled")


class Refused(Exception):
    """Stripe will not do that."""


@dataclass(frozen=True)
class Fact:
    """What an object has put into the balance by now; of its facts the highest in rank counts.

    `whose` is the intent whose payer has paid it or has it back, or the account that has received
    it.
    """

    object_id: str
    rank: int
    cents: int
    currency: str
    whose: str


@dataclass(frozen=True)
class News:
    """A webhook, and the facts in it."""

    type: str
    object: dict[str, Any]
    occurred_at: datetime
    facts: tuple[Fact, ...]


@dataclass
class Intent:
    payment_id: UUID
    id: str
    amount_cents: int
    currency: str
    is_manual: bool
    made_at: datetime
    metadata: dict[str, Any]
    status: str = "requires_payment_method"
    received_cents: int = 0
    authorized_at: datetime | None = None
    refunded_cents: int = 0
    disputed_cents: int = 0
    is_touched_by_others: bool = False

    @property
    def is_open(self) -> bool:
        return self.status in ("requires_payment_method", "requires_action", "processing")

    @property
    def rest_cents(self) -> int:
        return self.received_cents - self.refunded_cents - self.disputed_cents


@dataclass
class Refund:
    id: str
    intent: Intent
    amount_cents: int
    status: str
    metadata: dict[str, Any]


@dataclass
class Dispute:
    id: str
    intent: Intent
    amount_cents: int
    status: str
    opened_at: datetime
    transactions: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class Transfer:
    id: str
    payout_id: UUID
    attempt: int
    amount_cents: int
    object: dict[str, Any]
    reversed_cents: int = 0
    reversals: set[str] = field(default_factory=set)

    @property
    def said(self) -> dict[str, Any]:
        return self.object | {"amount_reversed": self.reversed_cents}

    @property
    def fact(self) -> Fact:
        return Fact(
            self.id,
            self.reversed_cents,
            self.reversed_cents - self.amount_cents,
            self.object["currency"],
            self.object["destination"],
        )


class Books:
    """A balance made of facts, in any order and however often each is said."""

    def __init__(self) -> None:
        self._facts: dict[str, Fact] = {}

    def note(self, *facts: Fact) -> None:
        for fact in facts:
            known = self._facts.get(fact.object_id)
            if known is None or known.rank < fact.rank:
                self._facts[fact.object_id] = fact

    @property
    def cents(self) -> Counter[str]:
        """The balance in each currency."""
        cents: Counter[str] = Counter()
        for fact in self._facts.values():
            cents[fact.currency] += fact.cents
        return cents

    @property
    def moved(self) -> Counter[tuple[str, str]]:
        """What came from whom, less what they have received, in each currency."""
        moved: Counter[tuple[str, str]] = Counter()
        for fact in self._facts.values():
            moved[fact.whose, fact.currency] += fact.cents
        return moved


class StripeModel:
    """Stripe: the platform's account in it. Each act returns its news."""

    def __init__(self) -> None:
        self.done = Books()
        self.told = Books()
        self.intents: list[Intent] = []
        self.refunds: list[Refund] = []
        self.disputes: list[Dispute] = []
        self.transfers: list[Transfer] = []
        self._numbers = count(1)

    # Payments

    def intent(self, payment_id: UUID, *, make: dict[str, Any], now: datetime) -> Intent:
        """The intent of a payment, made at the first call with its idempotency key."""
        for intent in self.intents:
            if intent.payment_id == payment_id:
                return intent
        return self.another_intent(payment_id, make=make, now=now)

    def another_intent(self, payment_id: UUID, *, make: dict[str, Any], now: datetime) -> Intent:
        """What a call makes that comes after Stripe has forgotten the idempotency key."""
        intent = Intent(
            payment_id=payment_id,
            id=f"pi_{payment_id.hex}n{next(self._numbers)}",
            amount_cents=make["amount_cents"],
            currency=make["currency"],
            is_manual=make["capture_method"] == "manual",
            made_at=now,
            metadata=make["metadata"],
        )
        self.intents.append(intent)
        return intent

    def confirm(
        self, intent: Intent, outcome: str, now: datetime, received_cents: int | None = None
    ) -> News:
        """The payer's try: succeeded, declined, or that the bank wants or does something first."""
        if not intent.is_open:
            raise Refused("payment_intent_unexpected_state")
        intent.status = outcome
        if outcome == "succeeded" and intent.is_manual:
            intent.status = "requires_capture"
            intent.authorized_at = now
        elif outcome == "succeeded":
            intent.received_cents = received_cents or intent.amount_cents
        return self.say_intent(intent, now)

    def capture(self, intent: Intent, amount_cents: int, now: datetime) -> News:
        if intent.status != "requires_capture":
            raise Refused("payment_intent_unexpected_state")
        intent.status = "succeeded"
        intent.received_cents = amount_cents
        return self.say_intent(intent, now)

    def cancel(self, intent: Intent, now: datetime) -> News:
        if intent.status in ("processing", "succeeded", "canceled"):
            raise Refused("payment_intent_unexpected_state")
        intent.status = "canceled"
        return self.say_intent(intent, now)

    def lapsed(self, now: datetime) -> list[News]:
        """Authorizations that nobody captured in time are gone."""
        ageing = [
            intent
            for intent in self.intents
            if intent.status == "requires_capture"
            and intent.authorized_at is not None
            and intent.authorized_at + AUTHORIZATION_LASTS <= now
        ]
        return [self.cancel(intent, now) for intent in ageing]

    def say_intent(self, intent: Intent, now: datetime) -> News:
        payment = {
            "id": intent.payment_id,
            "amount_cents": intent.amount_cents,
            "currency": intent.currency,
        }
        is_declined = intent.status == "requires_payment_method"
        said = intent_object(
            payment,
            intent.status,
            id=intent.id,
            created=int(intent.made_at.timestamp()),
            amount_received=intent.received_cents,
            latest_charge=f"ch_{intent.id[3:]}" if intent.received_cents else None,
            last_payment_error=DECLINED if is_declined else None,
            metadata=intent.metadata,
        )
        type = "canceled" if intent.status == "canceled" else "updated"
        facts: tuple[Fact, ...] = ()
        if intent.received_cents:
            facts = (Fact(intent.id, 1, intent.received_cents, intent.currency, intent.id),)
        return self._news(f"payment_intent.{type}", said, now, *facts)

    def fee(self, intent: Intent, available_at: datetime) -> tuple[dict[str, Any], Fact]:
        """The balance transaction of a charge."""
        fact = Fact(f"{intent.id}:fee", 1, -CARD_FEE_CENTS, intent.currency, intent.id)
        self.done.note(fact)
        said = charge_transaction(
            f"txn_{intent.id[3:]}",
            intent.currency,
            intent.received_cents,
            CARD_FEE_CENTS,
            available_at,
        )
        return said, fact

    # Refunds

    def refund(
        self,
        intent: Intent,
        amount_cents: int,
        status: str,
        now: datetime,
        metadata: dict[str, Any],
    ) -> News:
        if intent.status != "succeeded" or amount_cents > intent.rest_cents:
            raise Refused("charge_already_refunded")
        if any(d.intent is intent and d.status == "needs_response" for d in self.disputes):
            raise Refused("charge_disputed")
        refund = Refund(
            f"re_{intent.id[3:]}n{next(self._numbers)}",
            intent,
            amount_cents,
            status,
            metadata,
        )
        self.refunds.append(refund)
        if status != "failed":
            intent.refunded_cents += amount_cents
        return self.say_refund(refund, now)

    def settle_refund(self, refund: Refund, status: str, now: datetime) -> News:
        """A refund that is under way succeeds or fails; one that has succeeded may fail later."""
        if REFUND_RANKS.index(status) <= REFUND_RANKS.index(refund.status):
            raise Refused("refund_unexpected_state")
        refund.status = status
        if status in ("failed", "canceled"):
            refund.intent.refunded_cents -= refund.amount_cents
        return self.say_refund(refund, now)

    def say_refund(self, refund: Refund, now: datetime) -> News:
        payment = {
            "currency": refund.intent.currency,
            "stripe_payment_intent_id": refund.intent.id,
            "stripe_charge_id": f"ch_{refund.intent.id[3:]}",
        }
        said = refund_object(
            payment, refund.amount_cents, refund.status, id=refund.id, metadata=refund.metadata
        )
        cents = -refund.amount_cents if refund.status == "succeeded" else 0
        fact = Fact(
            refund.id,
            REFUND_RANKS.index(refund.status),
            cents,
            refund.intent.currency,
            refund.intent.id,
        )
        return self._news("refund.updated", said, now, fact)

    # Disputes

    def dispute(self, intent: Intent, amount_cents: int, now: datetime) -> News:
        """The payer's bank takes the money back, for now."""
        if intent.rest_cents <= 0 or intent.disputed_cents:
            raise Refused("nothing_to_dispute")
        dispute = Dispute(
            f"du_{intent.id[3:]}n{next(self._numbers)}", intent, amount_cents, "needs_response", now
        )
        self.disputes.append(dispute)
        intent.is_touched_by_others = True
        intent.disputed_cents = min(amount_cents, intent.rest_cents)
        self._move(dispute, -amount_cents, DISPUTE_FEE_CENTS)
        return self.say_dispute(dispute, now)

    def close_dispute(self, dispute: Dispute, status: str, now: datetime) -> News:
        """Lost, or won, after an appeal as well: then Stripe gives back all but its fee."""
        if dispute.status != "needs_response" and (dispute.status, status) != ("lost", "won"):
            raise Refused("dispute_closed")
        dispute.status = status
        if status == "won":
            dispute.intent.disputed_cents = 0
            self._move(dispute, dispute.amount_cents, 0)
        return self.say_dispute(dispute, now)

    def say_dispute(self, dispute: Dispute, now: datetime) -> News:
        payment = {
            "id": dispute.intent.payment_id,
            "currency": dispute.intent.currency,
            "stripe_payment_intent_id": dispute.intent.id,
            "stripe_charge_id": f"ch_{dispute.intent.id[3:]}",
        }
        said = dispute_object(
            payment,
            dispute.status,
            id=dispute.id,
            amount=dispute.amount_cents,
            created=int(dispute.opened_at.timestamp()),
            due_by=int(now.timestamp()),
            balance_transactions=list(dispute.transactions),
        )
        facts = [
            Fact(moved["id"], 1, moved["net"], moved["currency"], dispute.intent.id)
            for moved in dispute.transactions
        ]
        return self._news("charge.dispute.updated", said, now, *facts)

    def _move(self, dispute: Dispute, cents: int, fee_cents: int) -> None:
        moved = dispute_transaction(
            f"txn_{dispute.id[3:]}n{len(dispute.transactions)}",
            dispute.intent.currency,
            cents,
            fee_cents=fee_cents,
        )
        dispute.transactions.append(moved)

    # Transfers

    def made_transfer(self, claimed: DictRow) -> Transfer | None:
        """The transfer that an earlier call for this attempt has made."""
        made = (
            transfer
            for transfer in self.transfers
            if (transfer.payout_id, transfer.attempt) == (claimed["payout_id"], claimed["attempt"])
        )
        return next(made, None)

    def transfer(self, claimed: DictRow) -> Transfer:
        """Pays an instructor's account, if there is enough; its news are an answer."""
        if claimed["amount_cents"] > self.done.cents[claimed["currency"]]:
            raise Refused("balance_insufficient")
        made = transfer_object(claimed)
        transfer = Transfer(
            made["id"], claimed["payout_id"], claimed["attempt"], claimed["amount_cents"], made
        )
        self.transfers.append(transfer)
        self.done.note(transfer.fact)
        return transfer

    def reverse(
        self, transfer: Transfer, amount_cents: int, now: datetime, key: str | None = None
    ) -> News:
        """Takes a part of a transfer back, once a key."""
        if key is None or key not in transfer.reversals:
            if not 0 < amount_cents <= transfer.amount_cents - transfer.reversed_cents:
                raise Refused("transfer_reversed")
            transfer.reversed_cents += amount_cents
            transfer.reversals |= {key} if key else set()
        return self._news("transfer.reversed", transfer.said, now, transfer.fact)

    def _news(self, type: str, said: dict[str, Any], now: datetime, *facts: Fact) -> News:
        self.done.note(*facts)
        return News(type, said, now, facts)
