"""The controls for saved cards and subscriptions."""

from __future__ import annotations

from . import cards, checkout, customers, invoices, setup_intents, subscriptions
from .remote import Remote, remote
from .world import Json


class BillingControls(Remote):
    """What a customer, or a customer's bank, may do."""

    @remote
    def save_card(self, setup_intent: str, card: str = "pm_card_visa") -> Json:
        """The customer gives a card in the browser, and confirms it at the bank if asked to."""
        said = {"payment_method": card}
        intent = setup_intents.confirm_setup_intent(self.world, said, setup_intent)
        if intent["status"] == "requires_action":
            return setup_intents.authenticate_setup(self.world, setup_intent)
        return intent

    @remote
    def renew_card(self, payment_method: str, last4: str = "4444", year: int = 2040) -> Json:
        """The bank replaces a card, and Stripe hears of it."""
        return customers.renew_card(self.world, payment_method, last4, year)

    @remote
    def spoil_card(self, payment_method: str, card: str) -> None:
        """From now on a saved card behaves as this test card does."""
        self.world.secrets[payment_method] = cards.CARDS[card.removeprefix("pm_card_")]

    @remote
    def complete_checkout(self, session: str, card: str = "pm_card_visa") -> Json:
        """The customer subscribes on Stripe's page; the subscription."""
        return checkout.complete_checkout(self.world, session, card)

    @remote
    def renew_subscription(self, subscription: str) -> Json:
        """The next period begins, whatever the time is."""
        return subscriptions.renew(self.world, subscription)

    @remote
    def retry_invoice(self, subscription: str) -> Json:
        """Stripe tries again to collect what is past due."""
        return subscriptions.retry(self.world, subscription)

    @remote
    def alter_subscription(self, subscription: str, wish: str, **details: object) -> Json:
        """The customer's wish, or the merchant's: see subscriptions.alter."""
        return subscriptions.alter(self.world, subscription, wish, **details)

    @remote
    def pay_invoice_outside(self, invoice: str) -> Json:
        """The merchant records a bank transfer."""
        return invoices.pay_outside(self.world, invoice)

    @remote
    def pay_invoice_in_part(self, invoice: str, payment_method: str, amount: int) -> Json:
        """A part of an invoice, or more than all of it, is paid by a card."""
        method = self.world.get("payment_method", payment_method)
        invoices.collect(self.world, self.world.get("invoice", invoice), method, amount)
        return self.world.get("invoice", invoice)

    @remote
    def close_invoice(self, invoice: str, status: str) -> Json:
        """The merchant gives an invoice up: void or uncollectible."""
        return invoices.close(self.world, invoice, status)
