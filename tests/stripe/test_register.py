"""Every Stripe id leads to its organization and its row, whoever writes the row."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from tests.factories import MARKETPLACE, World
from tests.ledger.conftest import PLATFORM


def registered(world: World) -> dict[str, tuple[str, UUID]]:
    rows = world.rows("select id, table_name, row_id from private.stripe_objects")
    return {row["id"]: (row["table_name"], row["row_id"]) for row in rows}


def event(world: World) -> DictRow:
    return world.row(
        "select org_id, status::text, note from private.webhook_events"
        " order by received_at desc, id limit 1"
    )


def test_an_intent_and_its_charge_lead_to_the_payment(world: World) -> None:
    booking = world.booking()
    booking.pay()
    payment = booking.payment
    assert registered(world) == {
        payment["stripe_payment_intent_id"]: ("payments", payment["id"]),
        payment["stripe_charge_id"]: ("payments", payment["id"]),
    }


def test_a_refund_a_dispute_an_account_and_a_transfer_lead_to_their_rows(world: World) -> None:
    instructor = world.instructor()
    world.onboard(instructor)
    booking = world.booking(instructor)
    booking.pay()
    booking.refund(100)
    world.dispute(booking.payment)
    tables = {table for table, _ in registered(world).values()}
    assert tables == {"payments", "refunds", "disputes", "stripe_connect_accounts"}
    for table, column in (
        ("refunds", "stripe_refund_id"),
        ("disputes", "stripe_dispute_id"),
        ("stripe_connect_accounts", "stripe_account_id"),
    ):
        row = world.row(f"select id, {column} as stripe_id from public.{table}")
        assert registered(world)[row["stripe_id"]] == (table, row["id"])


def test_an_id_belongs_to_one_row(world: World) -> None:
    first, second = world.booking(), world.booking()
    first.pay()
    second.open_payment()
    with world.unchanged(), world.refusing("23505", "a_stripe_id_belongs_to_one_row"):
        world.connection.execute(
            "update public.payments set stripe_payment_intent_id = %s where id = %s",
            [first.payment["stripe_payment_intent_id"], second.payment["id"]],
        )


def test_an_id_that_a_row_gives_up_is_forgotten(world: World) -> None:
    booking = world.booking()
    booking.open_payment()
    for intent in ("pi_first", "pi_second"):
        world.connection.execute(
            "update public.payments set stripe_payment_intent_id = %s", [intent]
        )
    assert registered(world) == {"pi_second": ("payments", booking.payment["id"])}


def test_a_repeated_id_of_the_same_row_changes_nothing(world: World) -> None:
    booking = world.booking()
    booking.pay()
    before = registered(world)
    world.connection.execute("update public.payments set stripe_charge_id = stripe_charge_id")
    assert registered(world) == before


def test_money_of_an_unknown_payment_gives_its_id_up_to_the_payment(world: World) -> None:
    booking = world.booking()
    booking.open_payment()
    foreign = booking.intent(
        id="pi_foreign", latest_charge="ch_foreign", metadata={"payment_id": "?"}
    )
    world.deliver("payment_intent.succeeded", foreign)
    item_id = world.value("select id from private.suspense_items")
    assert registered(world)["pi_foreign"] == ("suspense_items", item_id)
    assert event(world)["org_id"] == PLATFORM

    world.connection.execute("update public.payments set stripe_payment_intent_id = 'pi_foreign'")
    assert registered(world)["pi_foreign"] == ("payments", booking.payment["id"])


@pytest.mark.parametrize("names", ["payment_intent", "charge"])
def test_what_bears_no_metadata_is_told_by_the_id_that_it_names(world: World, names: str) -> None:
    booking = world.booking()
    booking.pay()
    warning = {"id": "issfr_1", "payment_intent": None, "charge": None} | {
        names: booking.payment[f"stripe_{names}_id"]
    }
    assert world.deliver("radar.early_fraud_warning.created", warning) == "processed"
    assert event(world)["org_id"] == MARKETPLACE


def test_an_intent_whose_creation_was_lost_is_told_by_our_metadata(world: World) -> None:
    booking = world.booking()
    booking.open_payment()
    assert registered(world) == {}
    assert world.deliver("payment_intent.succeeded", booking.intent()) == "processed"
    assert event(world) == {"org_id": MARKETPLACE, "status": "processed", "note": None}


def test_money_of_another_intent_of_a_known_payment_stays_in_its_organization(world: World) -> None:
    """Nothing of it was learned of, so our metadata tell whose it is."""
    booking = world.booking()
    booking.pay()
    foreign = booking.intent(id="pi_second", latest_charge="ch_second")
    assert world.deliver("payment_intent.succeeded", foreign) == "processed"
    assert event(world)["org_id"] == MARKETPLACE
    item = world.row("select org_id, payment_id from private.suspense_items")
    assert item == {"org_id": MARKETPLACE, "payment_id": None}


def test_an_account_whose_creation_was_lost_is_told_by_our_metadata(world: World) -> None:
    instructor = world.instructor()
    world.onboard(instructor)
    assert event(world)["org_id"] == MARKETPLACE


def test_what_is_neither_known_nor_ours_is_ignored(world: World) -> None:
    booking = world.booking()
    booking.open_payment()
    foreign: dict[str, Any] = booking.intent(id="pi_other_business", metadata={})
    with world.unchanged(leaving_out=["private.webhook_events", "private.webhook_event_bodies"]):
        assert world.deliver("payment_intent.succeeded", foreign) == "ignored"
    assert event(world) == {"org_id": PLATFORM, "status": "ignored", "note": "not_ours"}


def test_no_role_reads_or_writes_the_registry(world: World) -> None:
    """Rows are registered for whoever may write them."""
    booking = world.booking()
    booking.open_payment()
    world.serve(
        "webhook_service",
        "private.record_payment_intent",
        p_payment_id=booking.payment["id"],
        p_payment_intent=Jsonb(booking.intent("requires_payment_method")),
    )
    assert len(registered(world)) == 1
