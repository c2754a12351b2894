"""The database: one method for each SQL function that the login `webhook_service` may call."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar, Literal
from uuid import UUID

from psycopg.types.json import Jsonb

from lplate.postgres import Postgres
from lplate.stripe_client import StripeDict


@dataclass(frozen=True, slots=True)
class StripeEvent:
    """A verified event: its envelope, the bytes that were signed, and the same as text."""

    id: str
    type: str
    account: str | None
    livemode: bool
    api_version: str | None
    created_at: datetime
    raw: bytes
    payload: str


@dataclass(frozen=True, slots=True)
class OpenPayment:
    """A payment to be collected: `amount_cents` in the minor unit of `currency`."""

    payment_id: UUID
    amount_cents: int
    currency: str
    stripe_payment_intent_id: str | None
    idempotency_key: str
    capture_method: Literal["automatic", "manual"]
    description: str
    transfer_group: str
    metadata: dict[str, str]
    hold_expires_at: datetime
    receipt_email: str | None


@dataclass(frozen=True, slots=True)
class OpenConnectAccount:
    """A payee's account at Stripe, made or still to be made."""

    connect_account_id: UUID
    stripe_account_id: str | None
    idempotency_key: str
    accounts_api: Literal["v1", "v2"]
    country: str
    email: str | None
    metadata: dict[str, str]


@dataclass(frozen=True, slots=True)
class AccountSync:
    """A payee's account that is to be fetched from Stripe."""

    connect_account_id: UUID
    stripe_account_id: str
    accounts_api: Literal["v1", "v2"]


@dataclass(frozen=True, slots=True)
class OpenCustomer:
    """A person's customer at Stripe, made or still to be made."""

    customer_id: UUID
    stripe_customer_id: str | None
    idempotency_key: str
    email: str | None
    name: str | None
    metadata: dict[str, str]


@dataclass(frozen=True, slots=True)
class SavedCard:
    """A saved card, as Stripe knows it."""

    stripe_customer_id: str
    stripe_payment_method_id: str


@dataclass(frozen=True, slots=True)
class OpenSubscription:
    """What a person wants to subscribe to; `trial_days` are free at the beginning."""

    stripe_price_id: str
    trial_days: int
    metadata: dict[str, str]


@dataclass(frozen=True, slots=True)
class Caller:
    """The user who makes the current request, and whether the session has a second factor."""

    user_id: UUID
    has_second_factor: bool


@dataclass(frozen=True, slots=True)
class OpenSetupIntent:
    """An attempt to save a card, whose SetupIntent is still to be made."""

    setup_intent_id: UUID
    stripe_customer_id: str
    idempotency_key: str
    metadata: dict[str, str]


class Database(Postgres):
    """What the login `webhook_service` may do."""

    # It reads a month of everybody.
    slow: ClassVar[frozenset[str]] = frozenset({"report_for"})

    def receive_stripe_event(
        self,
        endpoint: str,
        event: StripeEvent,
        *,
        expected_livemode: bool,
        expected_api_version: str,
    ) -> str:
        """Store and apply an event; return 'processed', 'ignored', 'parked' or 'duplicate'."""
        outcome: str = self._scalar(
            "receive_stripe_event",
            endpoint=endpoint,
            event_id=event.id,
            type=event.type,
            account=event.account,
            livemode=event.livemode,
            api_version=event.api_version,
            created_at=event.created_at,
            raw=event.raw,
            payload=event.payload,
            expected_livemode=expected_livemode,
            expected_api_version=expected_api_version,
        )
        return outcome

    def open_payment(self, user_id: UUID, ordered_id: UUID) -> OpenPayment:
        """Open the payment of an order, or of the order of a booking or purchase of hours.

        Finds the open one if there is one. Refuses with order_not_found, order_not_payable or
        hold_expired.
        """
        return self._one(OpenPayment, "open_payment", user_id=user_id, ordered_id=ordered_id)

    def record_payment_intent(self, payment_id: UUID, payment_intent: StripeDict) -> None:
        """Record the PaymentIntent that Stripe made for a payment."""
        self._scalar(
            "record_payment_intent", payment_id=payment_id, payment_intent=Jsonb(payment_intent)
        )

    def open_connect_account(
        self,
        user_id: UUID,
        instructor_id: UUID | None,
        org_id: UUID | None,
        country: str,
        platform_country: str,
        *,
        has_second_factor: bool,
        accounts_api: Literal["v1", "v2"],
    ) -> OpenConnectAccount:
        """Open the account of a payee, or find it; two None mean the caller as an instructor.

        `accounts_api` is for an account that Stripe is still to make. Refuses with
        not_an_instructor, second_factor_required, too_many_links, country_not_served or
        country_is_an_iso_code.
        """
        return self._one(
            OpenConnectAccount,
            "open_connect_account",
            user_id=user_id,
            instructor_id=instructor_id,
            org_id=org_id,
            country=country,
            platform_country=platform_country,
            has_second_factor=has_second_factor,
            accounts_api=accounts_api,
        )

    def record_connect_account(
        self, connect_account_id: UUID, account: StripeDict, *, is_fetched: bool
    ) -> None:
        """Record what Stripe says of a payee's account; fetched means that it says so now.

        Refuses with wrong_account or another_account_is_known.
        """
        self._scalar(
            "record_connect_account",
            connect_account_id=connect_account_id,
            account=Jsonb(account),
            is_fetched=is_fetched,
        )

    def open_dashboard_link(
        self,
        user_id: UUID,
        instructor_id: UUID | None,
        org_id: UUID | None,
        *,
        has_second_factor: bool,
    ) -> str:
        """Return the Stripe account whose dashboard the caller may open.

        Refuses with not_an_instructor, no_account, second_factor_required or
        onboarding_not_finished.
        """
        account_id: str = self._scalar(
            "open_dashboard_link",
            user_id=user_id,
            instructor_id=instructor_id,
            org_id=org_id,
            has_second_factor=has_second_factor,
        )
        return account_id

    def open_account_sync(
        self, user_id: UUID, instructor_id: UUID | None, org_id: UUID | None
    ) -> AccountSync:
        """Return the account that the caller wants to have fetched, at most once a minute.

        Refuses with not_an_instructor, no_account or too_soon.
        """
        return self._one(
            AccountSync,
            "open_account_sync",
            user_id=user_id,
            instructor_id=instructor_id,
            org_id=org_id,
        )

    def record_message_status(
        self,
        message_id: UUID | None,
        provider_id: str,
        status: str,
        error_code: str | None,
        payload: dict[str, str],
    ) -> str:
        """Record what Twilio says of a message; 'recorded', 'duplicate' or 'unknown_message'."""
        outcome: str = self._scalar(
            "record_message_status",
            message_id=message_id,
            provider_id=provider_id,
            status=status,
            error_code=error_code,
            payload=Jsonb(payload),
        )
        return outcome

    def record_inbound_message(
        self,
        provider_id: str,
        channel: Literal["sms", "whatsapp"],
        sender: str,
        body: str,
        payload: dict[str, str],
    ) -> str:
        """Record an answer; 'stop', 'start', 'help', 'other' or 'duplicate'."""
        meaning: str = self._scalar(
            "record_inbound_message",
            provider_id=provider_id,
            channel=channel,
            sender=sender,
            body=body,
            payload=Jsonb(payload),
        )
        return meaning

    def receipt_for(self, caller: Caller, payment_id: UUID) -> dict[str, Any]:
        """Return what the receipt of a payment says.

        Refuses with payment_not_found or payment_not_succeeded.
        """
        document: dict[str, Any] = self._scalar(
            "receipt_for",
            user_id=caller.user_id,
            has_second_factor=caller.has_second_factor,
            payment_id=payment_id,
        )
        return document

    def statement_for(self, caller: Caller, payout_id: UUID) -> dict[str, Any]:
        """Return the statement of a payout. Refuses with payout_not_found."""
        document: dict[str, Any] = self._scalar(
            "statement_for",
            user_id=caller.user_id,
            has_second_factor=caller.has_second_factor,
            payout_id=payout_id,
        )
        return document

    def fee_invoice_for(self, caller: Caller, invoice_id: UUID) -> dict[str, Any]:
        """Return what an invoice or credit note for a fee says.

        Refuses with fee_invoice_not_found.
        """
        document: dict[str, Any] = self._scalar(
            "fee_invoice_for",
            user_id=caller.user_id,
            has_second_factor=caller.has_second_factor,
            invoice_id=invoice_id,
        )
        return document

    def report_for(self, caller: Caller, org_id: UUID | None, month: date) -> dict[str, Any]:
        """Return a month's figures, of the whole platform if no organization is named.

        Refuses with not_an_admin, second_factor_required, organization_not_found or
        month_not_begun.
        """
        document: dict[str, Any] = self._scalar(
            "report_for",
            user_id=caller.user_id,
            has_second_factor=caller.has_second_factor,
            org_id=org_id,
            month=month,
        )
        return document

    def evidence_for(self, caller: Caller, dispute_id: UUID) -> dict[str, Any]:
        """Return what answers a dispute.

        Refuses with not_an_admin, second_factor_required or dispute_not_found.
        """
        document: dict[str, Any] = self._scalar(
            "evidence_for",
            user_id=caller.user_id,
            has_second_factor=caller.has_second_factor,
            dispute_id=dispute_id,
        )
        return document

    def calendar_of_feed(self, token: str) -> list[dict[str, Any]] | None:
        """Return the entries of the calendar behind a secret; None if nobody has it."""
        entries: list[dict[str, Any]] | None = self._scalar("calendar_of_feed", token=token)
        return entries

    def unsubscribe(self, token: UUID) -> bool:
        """Switch off what the link in a message names; False for a link that nobody was sent."""
        is_known: bool = self._scalar("unsubscribe", token=token)
        return is_known

    def open_customer(self, user_id: UUID, *, livemode: bool) -> OpenCustomer:
        """Open a person's customer, or find it."""
        return self._one(OpenCustomer, "open_customer", user_id=user_id, livemode=livemode)

    def record_customer(self, customer_id: UUID, customer: StripeDict) -> None:
        """Record the customer that Stripe made. Refuses with wrong_customer."""
        self._scalar("record_customer", customer_id=customer_id, customer=Jsonb(customer))

    def open_setup_intent(self, customer_id: UUID) -> OpenSetupIntent:
        """Open an attempt to save a card. Refuses with too_many_cards."""
        return self._one(OpenSetupIntent, "open_setup_intent", customer_id=customer_id)

    def record_setup_intent(self, setup_intent_id: UUID, setup_intent: StripeDict) -> None:
        """Record the SetupIntent that Stripe made. Refuses with wrong_setup_intent."""
        self._scalar(
            "record_setup_intent",
            setup_intent_id=setup_intent_id,
            setup_intent=Jsonb(setup_intent),
        )

    def open_saved_card(self, user_id: UUID, payment_method_id: UUID) -> SavedCard:
        """Return a saved card of a person's. Refuses with payment_method_not_found."""
        return self._one(
            SavedCard, "open_saved_card", user_id=user_id, payment_method_id=payment_method_id
        )

    def next_payment_step(self, payment_intent: StripeDict) -> str:
        """Return what the payer has to do next.

        'pay', 'authenticate', 'another_card', 'wait', 'start_again' or 'none'.
        """
        step: str = self._scalar("next_payment_step", payment_intent=Jsonb(payment_intent))
        return step

    def open_subscription(
        self, user_id: UUID, customer_id: UUID, plan_id: UUID, organization_id: UUID | None
    ) -> OpenSubscription:
        """Return what a person needs to subscribe to a plan, for themselves or an organization.

        Refuses with plan_not_found, already_subscribed or not_an_instructor.
        """
        return self._one(
            OpenSubscription,
            "open_subscription",
            user_id=user_id,
            customer_id=customer_id,
            plan_id=plan_id,
            organization_id=organization_id,
        )

    def open_portal(self, customer_id: UUID) -> None:
        """Count a page of Stripe's for its customer. Refuses with too_many_portal_pages."""
        self._scalar("open_portal", customer_id=customer_id)
