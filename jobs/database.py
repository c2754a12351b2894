"""The database: one method for each SQL function that the login `jobs` may call."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar, Literal
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from jobs.stripe_failures import Failure, Try
from lplate.postgres import Postgres
from lplate.stripe_client import StripeDict

PayoutStatus = Literal[
    "pending", "sending", "paid", "failed", "unknown", "held", "cancelled", "reversed"
]


@dataclass(frozen=True, slots=True)
class Collection:
    """A lesson to charge to a saved card: its payment, and what charging it needs."""

    payment_id: UUID
    stripe_payment_intent_id: str | None
    intent: dict[str, Any]
    intent_key: str
    stripe_customer_id: str
    stripe_payment_method_id: str
    receipt_email: str | None


@dataclass(frozen=True, slots=True)
class DueRun:
    """A payday of an organization and schedule."""

    org_id: UUID
    org_name: str
    schedule: str
    period_on: date


@dataclass(frozen=True, slots=True)
class OverduePayday:
    """A payday without a run, or with one that nobody has worked on since `heartbeat_at`."""

    org_id: UUID
    org_name: str
    schedule: str
    period_on: date
    heartbeat_at: datetime | None


@dataclass(frozen=True, slots=True)
class PayoutRunDecision:
    """Whether a run may be paid, and why not: what Stripe's balance lacks, or the books do.

    A shortfall is {currency, needed_cents, available_cents, shortfall_cents}, in the minor unit;
    an unbooked transfer {stripe_transfer_id, amount_cents, currency, destination, cause}.
    """

    is_payable: bool
    shortfalls: list[dict[str, Any]]
    unbooked_transfers: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class BookedTransfer:
    """Whether a transfer is in the books now: `booked`, or `unbooked` and why it could not be."""

    outcome: str
    note: str | None


@dataclass(frozen=True, slots=True)
class PreviewedPayout:
    """What a run would do for an instructor, and why."""

    instructor_id: UUID
    display_name: str
    currency: str
    amount_cents: int
    outcome: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class Claim:
    """A payout whose state `sending` is committed, with everything about it frozen."""

    payout_id: UUID
    attempt: int
    idempotency_key: str
    amount_cents: int
    currency: str
    destination: str
    transfer_group: str
    metadata: dict[str, str]
    must_look_up: bool


@dataclass(frozen=True, slots=True)
class RunProgress:
    """How many payouts of a run are where."""

    total: int
    paid: int
    claimable: int
    leased: int
    failed: int
    held: int


@dataclass(frozen=True, slots=True)
class ClosedRun:
    """The result of a run after its last payout. It is settled if nothing is left to look at."""

    is_completed: bool
    is_settled: bool
    total: int
    paid: int
    held: int
    failed: int
    unknown: int
    amount_paid_cents: int


@dataclass(frozen=True, slots=True)
class Command:
    """Something that SQL decided and Stripe must be told."""

    command_id: int
    org_id: UUID
    topic: str
    payload: dict[str, Any]
    attempts: int


@dataclass(frozen=True, slots=True)
class Message:
    """A message to send now, with everything about it frozen.

    `calendar` is {uid, sequence, method, start, end, summary, location, stamp}; `mail_key` makes
    the Message-ID of a mail one that nobody but its recipient knows; a message with an
    `unsubscribe_token` is one that its recipient may switch off. `must_look_up`: an earlier worker
    may have sent it, and it is not to be sent now.
    """

    message_id: UUID
    channel: Literal["email", "sms", "whatsapp"]
    to_address: str
    sender_name: str
    subject: str | None
    body: str
    html: str | None
    calendar: dict[str, Any] | None
    mail_key: str
    unsubscribe_token: UUID | None
    content_sid: str | None
    content_variables: dict[str, str] | None
    must_look_up: bool
    is_marketing: bool
    first_tried_at: datetime
    attempts: int


@dataclass(frozen=True, slots=True)
class MailReport:
    """What a mail server reports of a mail: its Message-ID, and a bounce's RFC 3463 status."""

    message_id: str
    type: Literal["bounce", "complaint"]
    status: str | None


@dataclass(frozen=True, slots=True)
class PreviewedMessage:
    """What would be sent of a kind over a channel."""

    channel: str
    locale: str
    subject: str | None
    body: str
    html: str | None


@dataclass(frozen=True, slots=True)
class ComparedText:
    """A text that Twilio lists: 'known', 'settled' now, an 'answer', or 'unknown'."""

    provider_id: str
    outcome: str


@dataclass(frozen=True, slots=True)
class WhatsAppTemplate:
    """A text that WhatsApp approves, and what is known of that."""

    content_sid: str
    content_status: str


@dataclass(frozen=True, slots=True)
class MaintenanceTask:
    """A task of maintenance and how many rows it changed."""

    task: str
    affected: int


@dataclass(frozen=True, slots=True)
class Violation:
    """An invariant that does not hold, and where."""

    invariant: str
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Concern:
    """Something that waits for somebody, and what to do about it."""

    concern: str
    reference: str | None
    since: datetime | None
    detail: str
    next_step: str


@dataclass(frozen=True, slots=True)
class LateCommand:
    """A scheduled command that has not run to its end for longer than `patience`."""

    command: str
    ran_at: datetime
    patience: timedelta


@dataclass(frozen=True, slots=True)
class BalanceDifference:
    """A currency in which Stripe does not hold what the books say, in the minor unit."""

    currency: str
    stripe_cents: int
    ledger_cents: int
    on_the_way_cents: int


@dataclass(frozen=True, slots=True)
class MissingFunds:
    """A currency in which less is held than is owed, in the minor unit."""

    currency: str
    stripe_cents: int
    bank_cents: int
    owed_cents: int


@dataclass(frozen=True, slots=True)
class ReconciledCurrency:
    """What Stripe holds and the ledger says of a currency, in the minor unit.

    `waiting_cents` is on its way and `exceptions_cents` written down; the remainder has no name.
    """

    currency: str
    stripe_cents: int
    mirrored_cents: int
    ledger_cents: int
    waiting_cents: int
    exceptions_cents: int
    remainder_cents: int


@dataclass(frozen=True, slots=True)
class ReconciliationReport:
    """A new version of a day's report."""

    report_date: date
    currency: str
    version: int
    opening_cents: int
    closing_cents: int
    content_hash: str


@dataclass(frozen=True, slots=True)
class ImportedLine:
    """What became of a line of a file: `imported`, `known` or `refused`, then where and why."""

    line: int
    outcome: str
    column_name: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class SellerReport:
    """What a payee was paid in a year, by quarter, in one currency: a line of the yearly report.

    Amounts are in the minor unit. The consideration is what was credited to the payee, net of fees
    and of what was refunded; the fees are those that the payee bore; an activity is a lesson that
    was paid. `missing` names what the payee has not said.
    """

    year: int
    org_id: UUID
    organization: str
    payee_id: UUID
    kind: str | None
    legal_name: str
    address_line: str | None
    city: str | None
    postal_code: str | None
    country: str | None
    birth_date: date | None
    registration_number: str | None
    tax_ids: str | None
    vat_number: str | None
    stripe_account_id: str | None
    currency: str
    q1_consideration_cents: int
    q2_consideration_cents: int
    q3_consideration_cents: int
    q4_consideration_cents: int
    q1_fees_cents: int
    q2_fees_cents: int
    q3_fees_cents: int
    q4_fees_cents: int
    q1_activities: int
    q2_activities: int
    q3_activities: int
    q4_activities: int
    missing: str | None


@dataclass(frozen=True, slots=True)
class StripeVerdict:
    """What became of a call to Stripe that failed; systemic if every other call fails as well."""

    outcome: str
    is_systemic: bool


def created_at(event: StripeDict) -> datetime:
    """Return when an event happened: seconds in a snapshot event, a date in a thin one."""
    created = event["created"]
    if isinstance(created, str):
        return datetime.fromisoformat(created)
    return datetime.fromtimestamp(created, UTC)


class Database(Postgres):
    """What the login `jobs` may do."""

    # They read or write the rows of a whole payday, or of all there are.
    slow: ClassVar[frozenset[str]] = frozenset(
        {
            "check_invariants",
            "compare_stripe_balance",
            "close_payout_run",
            "decide_payout_run",
            "find_missing_funds",
            "maintain_organization",
            "maintain_platform",
            "month_report",
            "needs_attention",
            "open_payout_run",
            "overdue_paydays",
            "platform_message",
            "platform_report",
            "preview_payout_run",
            "require_due_payout_runs",
        }
    )

    def clock(self) -> datetime:
        """Return the database's present."""
        now: datetime = self._scalar("clock")
        return now

    def check_invariants(self) -> list[Violation]:
        """Return what is wrong with the books: nothing, in health."""
        return self._rows(Violation, "check_invariants")

    def list_organizations(self) -> list[UUID]:
        """Return the organizations to maintain, the platform's own among them."""
        return self._scalars("list_organizations")

    def maintain_platform(self) -> list[MaintenanceTask]:
        """Do what belongs to no organization."""
        return self._rows(MaintenanceTask, "maintain_platform")

    def maintain_organization(self, org_id: UUID) -> list[MaintenanceTask]:
        """Expire what has expired in an organization, and release what is due."""
        return self._rows(MaintenanceTask, "maintain_organization", org_id=org_id)

    def require_due_payout_runs(self, on: date | None, org_id: UUID | None) -> list[DueRun]:
        """Return the paydays to work on; None means the latest of each schedule, and all.

        Refuses with not_a_payday, payday_in_future, payday_too_old or organization_not_found, and
        with invariants_are_broken while nobody may be paid.
        """
        return self._rows(DueRun, "require_due_payout_runs", date=on, org_id=org_id)

    def overdue_paydays(self) -> list[OverduePayday]:
        """Return the paydays that should have been settled by now: none, in health."""
        return self._rows(OverduePayday, "overdue_paydays")

    def needs_attention(self) -> list[Concern]:
        """Return what waits for somebody although the books are in order."""
        return self._rows(Concern, "needs_attention")

    def record_heartbeat(self, command: str) -> None:
        """Record that a scheduled command has run to its end."""
        self._scalar("record_heartbeat", command=command)

    def late_commands(self) -> list[LateCommand]:
        """Return the scheduled commands that have not run for too long: none, in health."""
        return self._rows(LateCommand, "late_commands")

    def list_privileges(self) -> list[str]:
        """Return what each role may do in our schemas, as sentences."""
        return self._scalars("list_privileges")

    def schema_version(self) -> str | None:
        """Return the version of the newest migration, if migrations are recorded."""
        version: str | None = self._scalar("schema_version")
        return version

    def latest_livemode(self) -> bool | None:
        """Return the mode of the newest event that was applied; None if there is none."""
        is_live: bool | None = self._scalar("latest_livemode")
        return is_live

    def traded_currencies(self) -> list[str]:
        """Return the currencies that the platform's Stripe account has to settle in."""
        return self._scalars("traded_currencies")

    def compare_stripe_balance(self, balance: StripeDict) -> list[BalanceDifference]:
        """Return where Stripe's balance is not that of the books: nowhere, in health."""
        return self._rows(BalanceDifference, "compare_stripe_balance", balance=Jsonb(balance))

    def find_missing_funds(self, balance: StripeDict) -> list[MissingFunds]:
        """Return where Stripe and the bank hold less than is owed: nowhere, in health."""
        return self._rows(MissingFunds, "find_missing_funds", balance=Jsonb(balance))

    def balance_transactions_listed_until(self) -> datetime | None:
        """Return from when on Stripe's balance transactions are to be listed; None means all."""
        until: datetime | None = self._scalar("balance_transactions_listed_until")
        return until

    def record_balance_transactions(self, balance_transactions: Sequence[StripeDict]) -> int:
        """Copy balance transactions, and return how many are new."""
        new_count: int = self._scalar(
            "record_balance_transactions", balance_transactions=Jsonb(balance_transactions)
        )
        return new_count

    def movements_recorded_until(self) -> int:
        """Return the ledger id after which movements are to be collected."""
        last_id: int = self._scalar("movements_recorded_until")
        return last_id

    def record_stripe_movements(self, after: int) -> int | None:
        """Collect the ledger's next movements; return the id to go on from, None at the end."""
        last_id: int | None = self._scalar("record_stripe_movements", after=after)
        return last_id

    def match_balance_transactions(self, after: str) -> str | None:
        """Match the next objects; return the key to go on from, None at the end."""
        last_key: str | None = self._scalar("match_balance_transactions", after=after)
        return last_key

    def raise_reconciliation_exceptions(self) -> int:
        """Write down what has waited too long, and return how many exceptions are open."""
        open_count: int = self._scalar("raise_reconciliation_exceptions")
        return open_count

    def days_to_report(self, until: date) -> list[date]:
        """Return the days whose reports are missing or may have changed, in order."""
        return self._scalars("days_to_report", until=until)

    def write_reconciliation_reports(self, day: date) -> list[ReconciliationReport]:
        """Write a day's reports and return those that are new."""
        return self._rows(ReconciliationReport, "write_reconciliation_reports", day=day)

    def finish_reconciliation(
        self, balance: StripeDict, listed_until: datetime
    ) -> list[ReconciledCurrency]:
        """Compare Stripe's balance with the ledger, and note that the run is complete."""
        return self._rows(
            ReconciledCurrency,
            "finish_reconciliation",
            balance=Jsonb(balance),
            listed_until=listed_until,
        )

    def preview_payout_run(self, run: DueRun) -> list[PreviewedPayout]:
        """Return what a run would pay, writing nothing."""
        return self._rows(
            PreviewedPayout,
            "preview_payout_run",
            org_id=run.org_id,
            schedule=run.schedule,
            period_on=run.period_on,
        )

    def open_payout_run(self, run: DueRun) -> UUID:
        """Create the run with all its payouts, or find it to go on with it."""
        run_id: UUID = self._scalar(
            "open_payout_run", org_id=run.org_id, schedule=run.schedule, period_on=run.period_on
        )
        return run_id

    def transfers_known_until(self) -> datetime | None:
        """Return from when on Stripe's transfers have to be compared; None if there can be none."""
        known_until: datetime | None = self._scalar("transfers_known_until")
        return known_until

    def find_unbooked_transfers(self, transfers: Sequence[StripeDict]) -> list[StripeDict]:
        """Return those transfers that are ours and not booked as they are, in their order."""
        unbooked = set(self._scalars("find_unbooked_transfers", transfers=Jsonb(transfers)))
        return [transfer for transfer in transfers if transfer["id"] in unbooked]

    def book_transfer(self, transfer: StripeDict) -> BookedTransfer:
        """Book a transfer that Stripe has made and the books lack, as far as that is possible."""
        return self._one(BookedTransfer, "book_transfer", transfer=Jsonb(transfer))

    def decide_payout_run(
        self, run_id: UUID, available: Sequence[StripeDict] | None
    ) -> PayoutRunDecision:
        """Return whether a run may be paid from Stripe's `available` funds, and what is missing.

        None means that Stripe did not say what is available.
        """
        return self._one(
            PayoutRunDecision,
            "decide_payout_run",
            run_id=run_id,
            available=None if available is None else Jsonb(available),
        )

    def claim_payout(
        self, run_id: UUID, worker_id: UUID, lease: timedelta, started_at: datetime
    ) -> Claim | None:
        """Commit the next payout of the run as being sent by this worker; None if there is none.

        A payout that was tried since `started_at` is not offered again.
        """
        claims = self._rows(
            Claim,
            "claim_payout",
            run_id=run_id,
            worker_id=worker_id,
            lease=lease,
            started_at=started_at,
        )
        return claims[0] if claims else None

    def record_transfer(
        self, payout_id: UUID, attempt: int | None, transfer: StripeDict
    ) -> PayoutStatus:
        """Record what Stripe says of a payout's transfer, with its ledger posting."""
        status: PayoutStatus = self._scalar(
            "record_transfer", payout_id=payout_id, attempt=attempt, transfer=Jsonb(transfer)
        )
        return status

    def record_transfer_failure(
        self, payout_id: UUID, attempt: int, worker_id: UUID, failure: Failure
    ) -> PayoutStatus:
        """Record that a payout was not settled, and how sure that is.

        Nothing changes if another worker has the try by now, or if it was settled meanwhile.
        """
        status: PayoutStatus = self._scalar(
            "record_transfer_failure",
            payout_id=payout_id,
            attempt=attempt,
            worker_id=worker_id,
            outcome=failure.outcome,
            code=failure.code,
            message=failure.message,
        )
        return status

    def record_reversal_failure(self, payout_id: UUID, code: str, message: str) -> None:
        """Record that Stripe refused to take a transfer back, for good."""
        self._scalar("record_reversal_failure", payout_id=payout_id, code=code, message=message)

    def payout_run_progress(self, run_id: UUID, started_at: datetime) -> RunProgress:
        """Return how far a run is."""
        return self._one(RunProgress, "payout_run_progress", run_id=run_id, started_at=started_at)

    def close_payout_run(self, run_id: UUID) -> ClosedRun:
        """Complete a run if nothing of it is left to do; return its books either way."""
        return self._one(ClosedRun, "close_payout_run", run_id=run_id)

    def classify_stripe_failure(self, tries: Sequence[Try]) -> StripeVerdict:
        """Return what the tries of a call, oldest first, say about money."""
        return self._one(
            StripeVerdict,
            "classify_stripe_failure",
            tries=Jsonb(
                [
                    {
                        "status": made.status,
                        "type": made.type,
                        "code": made.code,
                        "was_sent": made.was_sent,
                    }
                    for made in tries
                ]
            ),
        )

    def claim_commands(
        self, worker_id: UUID, limit: int, lease: timedelta, after_org_id: UUID | None
    ) -> list[Command]:
        """Lease commands to this worker: of each subject the oldest.

        They are of the organizations after the given one, if any of these has some.
        """
        return self._rows(
            Command,
            "claim_commands",
            worker_id=worker_id,
            limit=limit,
            lease=lease,
            after_org_id=after_org_id,
        )

    def finish_command(self, command_id: int, worker_id: UUID) -> None:
        """Mark a command as carried out."""
        self._scalar("finish_command", command_id=command_id, worker_id=worker_id)

    def fail_command(
        self, command_id: int, worker_id: UUID, error: str, *, is_final: bool
    ) -> Literal["retry", "dead"]:
        """Give a command back for a later try; 'dead' means that nobody will try again."""
        outcome: Literal["retry", "dead"] = self._scalar(
            "fail_command",
            command_id=command_id,
            worker_id=worker_id,
            error=error,
            is_final=is_final,
        )
        return outcome

    def postpone_commands(self, command_id: int, worker_id: UUID, error: str) -> None:
        """Let a command and all of its topic rest for a minute, without counting the try."""
        self._scalar("postpone_commands", command_id=command_id, worker_id=worker_id, error=error)

    def record_payment_intent(
        self, payment_id: UUID, payment_intent: StripeDict, settles_at: datetime | None = None
    ) -> None:
        """Record what Stripe says of a payment's PaymentIntent.

        A fetch that settles what the news of one second have left open counts as of that second.
        """
        self._scalar(
            "record_payment_intent",
            payment_id=payment_id,
            payment_intent=Jsonb(payment_intent),
            settles_at=settles_at,
        )

    def record_dispute(self, dispute_id: UUID, dispute: StripeDict, settles_at: datetime) -> None:
        """Record a dispute that was fetched to settle the news of one second."""
        self._scalar(
            "record_dispute",
            dispute_id=dispute_id,
            dispute=Jsonb(dispute),
            settles_at=settles_at,
        )

    def record_billing_object(self, fetched: StripeDict, settles_at: datetime) -> None:
        """Record a customer, card or the like that was fetched to settle the news of a second."""
        self._scalar("record_billing_object", object=Jsonb(fetched), settles_at=settles_at)

    def open_collection(self, booking_id: UUID, number: int) -> Collection | None:
        """Open the payment of a lesson for its first or second charge; None: do not charge."""
        rows = self._rows(Collection, "open_collection", booking_id=booking_id, number=number)
        return rows[0] if rows else None

    def record_collection(
        self, booking_id: UUID, number: int, payment_id: UUID, payment_intent: StripeDict
    ) -> None:
        """Record what Stripe says of charging a lesson."""
        self._scalar(
            "record_collection",
            booking_id=booking_id,
            number=number,
            payment_id=payment_id,
            payment_intent=Jsonb(payment_intent),
        )

    def record_invoice_fee(
        self, invoice_payment_id: UUID, balance_transactions: Sequence[StripeDict]
    ) -> None:
        """Record Stripe's fee of what was paid for an invoice."""
        self._scalar(
            "record_invoice_fee",
            invoice_payment_id=invoice_payment_id,
            balance_transactions=Jsonb(balance_transactions),
        )

    def compare_refund(
        self, refund_id: UUID, made: Sequence[StripeDict]
    ) -> Literal["send", "made", "settled", "refused"]:
        """Record what Stripe has refunded already; 'send' if this refund is still to be made."""
        decision: Literal["send", "made", "settled", "refused"] = self._scalar(
            "compare_refund", refund_id=refund_id, made=Jsonb(made)
        )
        return decision

    def record_refund(self, refund_id: UUID, refund: StripeDict) -> None:
        """Record the refund that Stripe made."""
        self._scalar("record_refund", refund_id=refund_id, refund=Jsonb(refund))

    def record_refund_failure(self, refund_id: UUID, code: str, message: str) -> None:
        """Record that Stripe refused a refund for good."""
        self._scalar("record_refund_failure", refund_id=refund_id, code=code, message=message)

    def record_processing_fee(
        self, payment_id: UUID, balance_transactions: Sequence[StripeDict]
    ) -> None:
        """Record what Stripe kept of a payment."""
        self._scalar(
            "record_processing_fee",
            payment_id=payment_id,
            balance_transactions=Jsonb(balance_transactions),
        )

    def record_suspense_fee(
        self, suspense_item_id: UUID, balance_transactions: Sequence[StripeDict]
    ) -> None:
        """Record what Stripe kept of money that matches no payment."""
        self._scalar(
            "record_suspense_fee",
            suspense_item_id=suspense_item_id,
            balance_transactions=Jsonb(balance_transactions),
        )

    def record_stripe_fees(self, balance_transactions: Sequence[StripeDict]) -> None:
        """Record fees that Stripe took without an object of ours."""
        self._scalar("record_stripe_fees", balance_transactions=Jsonb(balance_transactions))

    def record_connect_account(
        self, connect_account_id: UUID, account: StripeDict, *, is_fetched: bool
    ) -> None:
        """Record what Stripe says of a payee's account; fetched means that it says so now."""
        self._scalar(
            "record_connect_account",
            connect_account_id=connect_account_id,
            account=Jsonb(account),
            is_fetched=is_fetched,
        )

    def events_known_until(self, endpoint: str) -> datetime | None:
        """Return from when on Stripe's log of events has to be read; None if nothing is stored."""
        known_until: datetime | None = self._scalar("events_known_until", endpoint=endpoint)
        return known_until

    def find_unstored_events(self, event_ids: Sequence[str]) -> list[str]:
        """Return those of the events that were never stored."""
        return self._scalars("find_unstored_events", event_ids=list(event_ids))

    def list_stripe_accounts(self) -> list[str]:
        """Return the ids of the accounts that are connected."""
        return self._scalars("list_stripe_accounts")

    def uses_accounts_v2(self) -> bool:
        """Return whether there are accounts whose events are thin."""
        is_so: bool = self._scalar("uses_accounts_v2")
        return is_so

    def receive_stripe_event(
        self,
        endpoint: str,
        event: StripeDict,
        payload: str,
        *,
        expected_livemode: bool,
        expected_api_version: str,
    ) -> str:
        """Store and apply an event; return 'processed', 'ignored', 'parked' or 'duplicate'.

        A thin event has no version, and its account is named by the caller as well.
        """
        outcome: str = self._scalar(
            "receive_stripe_event",
            endpoint=endpoint,
            event_id=event["id"],
            type=event["type"],
            account=event.get("account"),
            livemode=event["livemode"],
            api_version=event.get("api_version"),
            created_at=created_at(event),
            raw=payload.encode(),
            payload=payload,
            expected_livemode=expected_livemode,
            expected_api_version=expected_api_version,
        )
        return outcome

    def month_report(self, month: date) -> dict[str, Any]:
        """Return a month's figures as {month, is_closed, minor_digits, tables: {name: [rows]}}.

        Amounts are in the minor unit. Refuses with month_not_begun.
        """
        report: dict[str, Any] = self._scalar("month_report", month=month)
        return report

    def platform_report(self, year: int) -> list[SellerReport]:
        """Return what each seller was paid in a calendar year; refuses with bad_year."""
        return self._rows(SellerReport, "platform_report", year=year)

    def platform_message(self, year: int) -> dict[str, Any]:
        """Return what HMRC is told of a year as {year, operator, sellers: [{…}]}.

        `operator` is None where the platform has not said where it is established. Amounts are in
        whole units. Refuses with bad_year.
        """
        message: dict[str, Any] = self._scalar("platform_message", year=year)
        return message

    def payout_statement_document(self, payout_id: UUID) -> dict[str, Any]:
        """Return a payout and its lines as one document; refuses with payout_not_found."""
        statement: dict[str, Any] = self._scalar("payout_statement_document", payout_id=payout_id)
        return statement

    def dispute_evidence(self, dispute: str) -> dict[str, Any]:
        """Return what answers a dispute as one document; refuses with dispute_not_found."""
        evidence: dict[str, Any] = self._scalar("dispute_evidence", dispute=dispute)
        return evidence

    @contextmanager
    def importing(self, *, is_dry_run: bool) -> Iterator["Importing"]:
        """Hold the one transaction of an import, which a dry run undoes."""
        with self._transaction(force_rollback=is_dry_run) as connection:
            yield Importing(connection)

    def claim_messages(
        self, worker_id: UUID, channels: Sequence[str], limit: int, lease: timedelta
    ) -> list[Message]:
        """Lease due messages to this worker that are still true; the app's need no worker."""
        return self._rows(
            Message,
            "claim_messages",
            worker_id=worker_id,
            channels=list(channels),
            limit=limit,
            lease=lease,
        )

    def record_message_sent(self, message_id: UUID, provider_id: str) -> None:
        """Record that a message was sent, and its id at the provider."""
        self._scalar("record_message_sent", message_id=message_id, provider_id=provider_id)

    def fail_message(
        self,
        message_id: UUID,
        worker_id: UUID,
        outcome: str,
        error: str,
        suppress: str | None,
    ) -> str:
        """Record that a message was not sent; return its status.

        The outcome is 'not_sent', 'channel_down', 'not_found', 'refused' or 'unknown'; suppress is
        'hard_bounce' or 'stop' if the address takes nothing more.
        """
        status: str = self._scalar(
            "fail_message",
            message_id=message_id,
            worker_id=worker_id,
            outcome=outcome,
            error=error,
            suppress=suppress,
        )
        return status

    def record_mail_report(self, report: MailReport) -> str:
        """Record a bounce or a complaint: 'recorded', 'duplicate' or 'unknown_message'."""
        outcome: str = self._scalar(
            "record_mail_report",
            provider_id=report.message_id,
            type=report.type,
            status=report.status,
        )
        return outcome

    def preview_message(
        self, kind: str, org_id: UUID | None, locale: str
    ) -> list[PreviewedMessage]:
        """Return what would be sent of a kind; refuses with kind_not_found."""
        return self._rows(
            PreviewedMessage, "preview_message", kind=kind, org_id=org_id, locale=locale
        )

    def whatsapp_templates(self) -> list[WhatsAppTemplate]:
        """Return the texts that WhatsApp approves."""
        return self._rows(WhatsAppTemplate, "whatsapp_templates")

    def compare_texts(self, texts: list[dict[str, Any]]) -> list[ComparedText]:
        """Settle what callbacks have not told, and return what became of each text."""
        return self._rows(ComparedText, "compare_texts", texts=Jsonb(texts))

    def record_template_status(self, content_sid: str, status: str) -> None:
        """Record what WhatsApp says of a text."""
        self._scalar("record_template_status", content_sid=content_sid, status=status)


class Importing:
    """An import under way."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection

    def lines(self, org_id: UUID, kind: str, lines: list[dict[str, Any]]) -> list[ImportedLine]:
        """Import lines as {line, cells}, and return what became of each.

        Refuses with organization_not_found.
        """
        return Database._rows_in(
            self._connection,
            ImportedLine,
            "import_lines",
            org_id=org_id,
            kind=kind,
            lines=Jsonb(lines),
        )

    def undo(self) -> None:
        """Take everything back. To be called last."""
        raise psycopg.Rollback
