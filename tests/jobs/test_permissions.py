"""The jobs do their work with a key that has the rights which the guide gives it, and no other."""

from __future__ import annotations

import pytest

from tests.docs.test_stripe_permissions import KEY, listed
from tests.jobs.payday import Payday
from tests.jobs.test_outbox import a_refund

pytestmark = pytest.mark.slow


def test_a_payday_is_paid(payday: Payday) -> None:
    payday.fake.restrict_key(KEY, listed(1))
    assert payday.pay(STRIPE_SECRET_KEY=KEY).status == 0
    payday.assert_everybody_is_paid_once()
    assert payday.run("replay-events", STRIPE_SECRET_KEY=KEY).status == 0


def test_a_payment_is_cancelled_and_refunded_and_its_fee_fetched(office: Payday) -> None:
    a_refund(office)
    office.fake.restrict_key(KEY, listed(1))
    finished = office.run("outbox", STRIPE_SECRET_KEY=KEY)
    assert (finished.status, finished.events("topic_postponed")) == (0, [])
    assert len(office.fake.objects("refund")) == 1


def test_the_doctor_may_look_at_everything(office: Payday) -> None:
    office.fake.restrict_key(KEY, listed(1))
    assert "permission" not in office.run("doctor", STRIPE_SECRET_KEY=KEY).stdout
