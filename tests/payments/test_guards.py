"""A payment keeps its parties and its amounts, whoever writes it."""

from __future__ import annotations

import pytest

from tests.factories import World


@pytest.mark.parametrize(
    "change",
    [
        "id = gen_random_uuid()",
        "org_id = gen_random_uuid()",
        "kind = 'credits'",
        "order_id = gen_random_uuid()",
        "payer_id = gen_random_uuid()",
        "learner_id = gen_random_uuid()",
        "instructor_id = gen_random_uuid()",
        "currency = 'eur'",
        "list_cents = 1",
        "discount_cents = 1, amount_cents = amount_cents - 1",
        "fee_cents = 0, amount_cents = share_cents",
        "share_cents = 0, amount_cents = fee_cents",
        "is_fee_refundable = false",
        "minutes = 1",
    ],
)
def test_what_was_asked_for_is_frozen_in_studio_too(world: World, change: str) -> None:
    world.booking().open_payment()
    with world.unchanged(), world.refusing("PT409", "payment_is_frozen"), world.in_studio():
        world.connection.execute(f"update public.payments set {change}")


@pytest.mark.parametrize("status", ["succeeded", "cancelled", "processing"])
def test_an_admin_in_studio_cannot_say_that_money_came(world: World, status: str) -> None:
    world.booking().open_payment()
    with world.unchanged(), world.refusing("PT409", "illegal_transition"), world.in_studio():
        world.connection.execute(
            "update public.payments set status = %s, captured_cents = amount_cents", [status]
        )
