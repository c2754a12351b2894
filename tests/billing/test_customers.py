"""A person is one customer at Stripe, and nobody else's."""

from __future__ import annotations

from uuid import uuid4

import pytest

from tests.billing.conftest import CUSTOMERS, Shop
from tests.webhook_service.conftest import code_of


def test_a_person_is_one_customer_however_often_they_come(shop: Shop) -> None:
    ben = shop.world.person("Ben")
    for _ in range(2):
        assert shop.post("/setup-intents", ben).status_code == 200
    [customer] = shop.fake.objects("customer")
    row = shop.world.row(CUSTOMERS)
    assert (row["stripe_customer_id"], row["user_id"]) == (customer["id"], ben)
    assert customer["metadata"] == {"customer_id": str(row["id"])}
    assert set(shop.hear()) == {"processed"}


def test_a_customer_whose_answer_was_lost_is_not_made_twice(shop: Shop) -> None:
    ben = shop.world.person("Ben")
    shop.fake.fault("POST", "/v1/customers", "html", "after")
    assert code_of(shop.post("/setup-intents", ben)) == "stripe_unavailable"
    assert shop.post("/setup-intents", ben).status_code == 200
    assert len(shop.fake.objects("customer")) == 1


def test_an_event_finds_the_customer_whose_answer_was_lost(shop: Shop) -> None:
    ben = shop.world.person("Ben")
    shop.fake.fault("POST", "/v1/customers", "html", "after")
    shop.post("/setup-intents", ben)
    assert shop.hear() == ["processed"]
    [customer] = shop.fake.objects("customer")
    assert shop.world.row(CUSTOMERS)["stripe_customer_id"] == customer["id"]


def test_a_login_that_is_gone_gets_no_customer(shop: Shop) -> None:
    refused = shop.post("/setup-intents", uuid4())
    assert (refused.status_code, code_of(refused)) == (404, "person_not_found")
    assert shop.fake.objects("customer") == []


def test_a_customer_of_other_business_is_ignored(shop: Shop) -> None:
    shop.fake.stripe().v1.customers.create({"email": "stranger@example.org"})
    assert shop.hear() == ["ignored"]
    assert shop.world.count("public.stripe_customers") == 0


def test_the_mode_has_customers_of_its_own(shop: Shop) -> None:
    ben = shop.world.person("Ben")
    for livemode in (False, True):
        shop.world.serve(
            "webhook_service", "private.open_customer", p_user_id=ben, p_livemode=livemode
        )
    assert shop.world.count("public.stripe_customers") == 2


def test_a_customer_that_was_deleted_stays_so_and_the_next_is_another(shop: Shop) -> None:
    ben = shop.world.person("Ben")
    shop.save_card(ben)
    first = shop.world.row(CUSTOMERS)
    shop.fake.stripe().v1.customers.delete(first["stripe_customer_id"])
    shop.hear(backwards=True)
    assert shop.world.count("public.payment_methods") == 0
    shop.save_card(ben)
    living = shop.world.row(f"{CUSTOMERS} where deleted_at is null")
    assert living["id"] != first["id"]
    assert shop.world.count("public.payment_methods") == 1


def test_who_is_erased_is_deleted_at_stripe(shop: Shop) -> None:
    ben = shop.world.person("Ben")
    shop.save_card(ben)
    shop.world.call(ben, "public.erase_person", p_user_id=ben)
    assert shop.world.count("public.payment_methods") == 0
    shop.carry_out()
    assert shop.fake.objects("customer") == []
    assert shop.world.row(CUSTOMERS)["deleted_at"] is not None
    assert shop.world.violations() == []


def test_who_is_erased_before_the_answer_came_is_deleted_at_stripe_too(shop: Shop) -> None:
    ben = shop.world.person("Ben")
    shop.fake.fault("POST", "/v1/customers", "html", "after")
    shop.post("/setup-intents", ben)
    shop.world.call(ben, "public.erase_person", p_user_id=ben)
    shop.hear()
    shop.carry_out()
    assert shop.fake.objects("customer") == []


def test_a_customer_whom_stripe_does_not_delete_is_not_forgotten(shop: Shop) -> None:
    ben = shop.world.person("Ben")
    shop.save_card(ben)
    shop.world.call(ben, "public.erase_person", p_user_id=ben)
    shop.fake.fault("DELETE", "/v1/customers/*", "destination_restricted")
    ended = shop.office.run("outbox")
    assert ended.status == 1
    assert ended.events("command_failed")


@pytest.mark.parametrize("table", ["stripe_customers", "payment_methods", "setup_intents"])
def test_a_person_reads_only_their_own(shop: Shop, table: str) -> None:
    ben, cleo = shop.world.person("Ben"), shop.world.person("Cleo")
    shop.save_card(ben)
    for reader, seen in ((ben, 1), (cleo, 0)):
        with shop.world.acting_as(reader):
            assert shop.world.count(f"public.{table}") == seen
