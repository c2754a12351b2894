"""A stand-in that is started again goes on where it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from .. import FakeStripe

DAY = 24 * 3600


def test_what_was_paid_is_still_there_and_can_be_refunded(tmp_path: Path) -> None:
    state = tmp_path / "stripe.state"
    with FakeStripe(state=state) as fake:
        fake.configure(funds_delay=2 * DAY)
        fake.add_webhook("http://127.0.0.1:9/stripe/webhooks", "whsec_kept")
        fake.advance(days=3)
        before = fake.now()
        paid = fake.stripe().v1.payment_intents.create(
            {
                "amount": 5340,
                "currency": "gbp",
                "payment_method": "pm_card_visa",
                "confirm": True,
            },
            {"idempotency_key": "payment-1"},
        )
        assert (fake.funds(part="pending"), fake.funds()) == (5240, 0)
        waiting = fake.pending()

    with FakeStripe(state=state) as fake:
        assert before <= fake.now() < before + 3600
        assert fake.pending() == waiting != []
        again = fake.stripe().v1.payment_intents.create(
            {
                "amount": 5340,
                "currency": "gbp",
                "payment_method": "pm_card_visa",
                "confirm": True,
            },
            {"idempotency_key": "payment-1"},
        )
        assert again.id == paid.id
        refund = fake.stripe().v1.refunds.create({"payment_intent": paid.id, "amount": 1000})
        fake.advance(days=2)
        assert (fake.funds(part="pending"), fake.funds()) == (0, 4240)
        assert fake.objects("refund")[0]["id"] == refund.id


@pytest.mark.slow
def test_a_process_of_its_own_keeps_its_state(tmp_path: Path) -> None:
    state = tmp_path / "stripe.state"
    with FakeStripe(process=True, state=state) as fake:
        made = fake.stripe().v1.payment_intents.create({"amount": 1000, "currency": "gbp"})
        assert fake._process
        fake._process.terminate()
        fake._process.wait()
    with FakeStripe(state=state) as fake:
        assert [intent["id"] for intent in fake.objects("payment_intent")] == [made.id]
