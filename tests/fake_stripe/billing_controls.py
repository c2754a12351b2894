"""The controls for saved cards and subscriptions."""

from __future__ import annotations

from . import cards, customers, setup_intents
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
