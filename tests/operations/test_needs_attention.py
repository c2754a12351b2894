"""Whatever waits for somebody is named with what to do about it, until it is done."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from tests.factories import World, account_object
from tests.payouts.paydays import NOON, claim, fail, open_run, payable, transfer
from tests.payouts.transfers import book, made_for

DAY = timedelta(days=1)


def concerns(world: World) -> list[DictRow]:
    return world.serve("jobs", "private.needs_attention")


def named(world: World) -> set[tuple[str, str | None]]:
    return {(row["concern"], row["reference"]) for row in concerns(world)}


def test_a_house_in_order_needs_nobody(world: World) -> None:
    lesson = world.lesson()
    world.onboard(lesson.instructor)
    world.connection.execute("update private.outbox set processed_at = private.clock()")
    world.travel(by=10 * DAY)
    world.run_payouts()
    assert concerns(world) == []


def test_every_concern_has_a_next_step(world: World) -> None:
    account = account_object({"connect_account_id": str(uuid4())}, ready=True)
    world.deliver("account.updated", account, endpoint="connect", account=account["id"])
    [concern] = concerns(world)
    assert concern["detail"] == f"account.updated, {account['id']}, unknown_account"
    assert "admin_replay_event" in concern["next_step"]
    assert concern["since"] == world.now()


def test_a_parked_event_is_named_until_it_is_replayed(world: World) -> None:
    booking, admin = world.booking(), world.admin()
    world.deliver(
        "payment_intent.succeeded", booking.intent(), event_id="evt_1", api_version="2019-01-01"
    )
    assert named(world) == {("event_parked", "evt_1")}
    world.call(admin, "public.admin_replay_event", p_event_id="evt_1", p_reason="Looked at.")
    assert named(world) == set()


def test_a_dead_command_is_named_until_it_is_replayed(world: World) -> None:
    admin = world.admin()
    command_id = world.value(
        "insert into private.outbox (org_id, topic, idempotency_key, payload, dead_at, last_error)"
        " values (private.platform_id(), 'paint', 'x', '{}', private.clock(), 'no brush')"
        " returning id"
    )
    [concern] = concerns(world)
    assert (concern["concern"], concern["reference"]) == ("command_dead", str(command_id))
    assert concern["detail"] == "paint: no brush"
    world.call(admin, "public.admin_replay_command", p_command_id=command_id, p_reason="A brush.")
    assert named(world) == set()


def test_an_outbox_that_nobody_empties_is_named(world: World) -> None:
    world.value("select private.enqueue_command(private.platform_id(), 'sync_account', 'x', '{}')")
    world.travel(by=timedelta(minutes=59))
    assert named(world) == set()
    world.travel(by=timedelta(minutes=2))
    assert named(world) == {("outbox_behind", None)}
    world.serve(
        "jobs",
        "private.claim_commands",
        p_worker_id=uuid4(),
        p_limit=1,
        p_lease=timedelta(minutes=5),
    )
    assert named(world) == set()


def test_commands_that_fail_for_an_hour_are_named_together(world: World) -> None:
    for number in range(3):
        world.value(
            "select private.enqueue_command(private.platform_id(), 'sync_account', %s, '{}')",
            str(number),
        )
    ids = [row["id"] for row in world.rows("select id from private.outbox order by id")]
    world.travel(by=timedelta(minutes=59))
    world.rows("update private.outbox set last_error = 'no permission', attempts = 3")
    assert named(world) == set()
    world.rows("update private.outbox set available_at = private.clock() + interval '1 hour'")
    world.travel(by=timedelta(minutes=2))
    [concern] = concerns(world)
    assert (concern["concern"], concern["reference"]) == ("command_failing", str(ids[0]))
    assert concern["detail"] == "3 of sync_account: no permission"
    world.rows("update private.outbox set processed_at = private.clock(), last_error = null")
    assert named(world) == set()


def test_rows_in_a_default_partition_are_named(world: World) -> None:
    assert named(world) == set()
    world.travel(by=timedelta(days=200))
    world.rows("update public.organizations set fee_bps = 1700 where is_marketplace")
    assert named(world) == {("default_partition_used", "audit_logs_default")}


def test_mails_that_nobody_can_confirm_are_named(world: World) -> None:
    """As with Supabase's own mailer, or a link that leads to 127.0.0.1."""
    people = [world.person() for _ in range(3)]
    world.rows(
        "update auth.users set email_confirmed_at = null,"
        " confirmation_sent_at = private.clock() - interval '23 hours'"
    )
    assert named(world) == set()
    world.travel(by=timedelta(hours=1))
    assert named(world) == {("sign_ups_unconfirmed", None)}
    world.rows(
        "update auth.users set email_confirmed_at = private.clock() where id = %s", people[0]
    )
    assert named(world) == set()


def test_an_alert_is_named_until_it_is_resolved(world: World) -> None:
    instructor = world.instructor()
    alert_id = world.insert(
        "public.alerts",
        {
            "org_id": instructor.org_id,
            "instructor_id": instructor.id,
            "code": "payout_held",
            "message": "Look.",
            "related_type": "payouts",
            "related_id": uuid4(),
            "idempotency_key": "x",
        },
    )
    assert named(world) == {("alert_open", str(alert_id))}
    world.call(instructor.user_id, "public.resolve_alert", p_alert_id=alert_id)
    assert named(world) == set()


@pytest.mark.parametrize(
    ("status", "patience"), [("unknown", timedelta(hours=1)), ("held", 3 * DAY)]
)
def test_a_payout_in_doubt_or_held_for_long_is_named(
    world: World, status: str, patience: timedelta
) -> None:
    world.travel(to=NOON)
    payable(world)
    claimed = claim(world, open_run(world))
    payout_id = claimed["payout_id"]
    fail(world, claimed, "unknown" if status == "unknown" else "not_sent")
    if status == "held":
        world.call(
            world.admin(), "public.admin_hold_payout", p_payout_id=payout_id, p_reason="To see."
        )
    named_now = {reference for concern, reference in named(world) if concern.startswith("payout_")}
    assert named_now == set()
    world.travel(by=patience + timedelta(minutes=1))
    assert (f"payout_{status}", str(payout_id)) in named(world)


def test_an_account_that_settles_in_another_currency_is_named(world: World) -> None:
    instructor = world.instructor()
    opened = world.open_account(instructor.user_id, instructor.id)
    account = account_object(opened["metadata"], ready=True, default_currency="eur")
    world.deliver("account.updated", account, endpoint="connect", account=account["id"])
    [concern] = concerns(world)
    assert concern["concern"] == "account_settles_in_another_currency"
    assert (concern["reference"], concern["detail"]) == (account["id"], "eur instead of gbp")


def test_a_platform_endpoint_without_news_of_a_payment_is_named(world: World) -> None:
    booking = world.booking()
    intent = booking.intent("requires_payment_method")
    world.serve(
        "webhook_service",
        "private.record_payment_intent",
        p_payment_id=booking.payment["id"],
        p_payment_intent=Jsonb(intent),
    )
    world.travel(by=DAY)
    assert named(world) == set()
    world.travel(by=timedelta(minutes=1))
    assert named(world) == {("webhooks_silent", "platform")}
    world.deliver("payment_intent.canceled", booking.intent("canceled"))
    assert named(world) == set()


def test_a_connect_endpoint_without_news_after_a_payout_is_named(world: World) -> None:
    world.travel(to=NOON)
    payable(world)
    world.travel(by=timedelta(minutes=1))
    transfer(world, claim(world, open_run(world)))
    world.travel(by=7 * DAY)
    assert ("webhooks_silent", "connect") not in named(world)
    world.travel(by=timedelta(minutes=1))
    assert ("webhooks_silent", "connect") in named(world)
    world.deliver("payout.paid", {"id": "po_1"}, endpoint="connect", account="acct_other")
    assert ("webhooks_silent", "connect") not in named(world)


def test_a_transfer_that_the_books_lack_is_named_until_it_is_adopted(world: World) -> None:
    world.travel(to=NOON)
    world.maintain()  # its partitions
    payable(world)
    open_run(world)
    payout = world.row("select * from public.payouts")
    book(world, made_for(payout, world, id="tr_lost", metadata={"payout_id": str(uuid4())}))
    assert named(world) == {("transfer_not_in_books", "tr_lost")}
    [concern] = concerns(world)
    assert concern["detail"].endswith(": unknown_transfer")
    assert "admin_adopt_transfer" in concern["next_step"]
    world.call(
        world.admin(),
        "public.admin_adopt_transfer",
        p_stripe_transfer_id="tr_lost",
        p_reason="Paid before the restore.",
    )
    assert named(world) == set()


def test_only_the_jobs_ask(world: World) -> None:
    for function in ("needs_attention", "traded_currencies"):
        with world.refusing("42501"), world.serving_as("webhook_service"):
            world.rows(f"select * from private.{function}()")
        with world.refusing("42501"), world.acting_as(world.admin()):
            world.rows(f"select * from private.{function}()")
