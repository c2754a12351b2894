"""A parked event is applied again once what it is about is known, or when an admin says so."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.factories import Booking, Instructor, World, account_object, refund_object


def replay(world: World, user_id: UUID, event_id: str, reason: str = "Known by now.") -> None:
    world.call(user_id, "public.admin_replay_event", p_event_id=event_id, p_reason=reason)


def maintain(world: World) -> int:
    """How many events the next maintenance applies."""
    return world.maintain()["events_applied"]


def park(world: World, instructor: Instructor) -> str:
    """An event of an account came before anybody knew the account; now it is known."""
    made_up = account_object({"connect_account_id": str(uuid4())}, ready=True)
    deliver_account(world, made_up, "evt_early")
    opened = world.open_account(instructor.user_id, instructor.id)
    world.connection.execute(
        "update public.stripe_connect_accounts set stripe_account_id = %s where id = %s",
        [made_up["id"], opened["connect_account_id"]],
    )
    return "evt_early"


def deliver_account(world: World, account: dict[str, Any], event_id: str, **fields: Any) -> None:
    assert (
        world.deliver(
            "account.updated",
            account,
            event_id=event_id,
            endpoint="connect",
            account=account["id"],
            **fields,
        )
        == "parked"
    )


def event(world: World, event_id: str) -> dict[str, Any]:
    return world.row(
        "select status::text, note, attempts from private.webhook_events where event_id = %s",
        event_id,
    )


def test_a_parked_event_is_applied_once_its_cause_is_gone(world: World) -> None:
    event_id = park(world, world.instructor())
    replay(world, world.admin(), event_id)
    assert event(world, event_id)["status"] == "received"
    assert maintain(world) == 1
    assert event(world, event_id) == {"status": "processed", "note": None, "attempts": 2}
    account = world.row("select status::text from public.stripe_connect_accounts")
    assert account == {"status": "ready"}


def test_an_event_whose_cause_is_still_there_stays_parked(world: World) -> None:
    account = account_object({"connect_account_id": str(uuid4())}, ready=True)
    deliver_account(world, account, "evt_1")
    replay(world, world.admin(), "evt_1")
    assert maintain(world) == 0
    assert event(world, "evt_1") == {"status": "parked", "note": "unknown_account", "attempts": 2}


def test_an_admin_vouches_for_an_event_of_another_version(world: World) -> None:
    booking = world.booking()
    delivered = world.deliver(
        "payment_intent.succeeded",
        booking.intent(),
        event_id="evt_old",
        api_version="2019-01-01",
    )
    assert (delivered, booking.status) == ("parked", "held")
    replay(world, world.admin(), "evt_old")
    assert maintain(world) == 1
    assert booking.status == "confirmed"


def test_an_event_that_is_resent_meanwhile_is_applied_once(world: World) -> None:
    booking = world.booking()
    intent = booking.intent()
    world.deliver("payment_intent.succeeded", intent, event_id="evt_old", api_version="2019-01-01")
    replay(world, world.admin(), "evt_old")
    with world.unchanged():
        again = world.deliver("payment_intent.succeeded", intent, event_id="evt_old")
    assert again == "duplicate"
    assert (maintain(world), booking.status) == (1, "confirmed")


def test_an_event_moves_to_its_organization_once_that_is_known(world: World) -> None:
    instructor = world.instructor(org_id=world.organization())
    park(world, instructor)
    owner = "select org_id from private.webhook_events where event_id = 'evt_early'"
    assert world.value(owner) == world.value("select private.platform_id()")
    world.travel(by=timedelta(minutes=3))
    done = world.maintain()
    assert (done["events_assigned"], done["events_applied"]) == (1, 1)
    assert world.value(owner) == instructor.org_id
    assert world.value("select org_id from private.webhook_event_bodies") == instructor.org_id
    assert event(world, "evt_early")["status"] == "processed"


def test_the_maintenance_of_another_organization_applies_nothing(world: World) -> None:
    park(world, world.instructor(org_id=world.organization()))
    world.travel(by=timedelta(minutes=3))
    world.serve("jobs", "private.maintain_platform")
    others = (world.organization(), world.value("select private.platform_id()"))
    with world.unchanged():
        for org_id in others:
            world.serve("jobs", "private.maintain_organization", p_org_id=org_id)
    assert event(world, "evt_early")["status"] == "parked"


def test_who_replayed_it_and_why_is_in_the_audit_log(world: World) -> None:
    event_id, admin = park(world, world.instructor()), world.admin()
    replay(world, admin, event_id, "The account is linked.")
    noted = world.row(
        "select entity_id, user_id, reason, old_values, new_values from public.audit_logs"
        " where entity_type = 'webhook_events'"
    )
    assert noted == {
        "entity_id": event_id,
        "user_id": admin,
        "reason": "The account is linked.",
        "old_values": {"status": "parked", "note": "unknown_account"},
        "new_values": {"status": "received"},
    }


def test_an_event_is_replayed_once(world: World) -> None:
    event_id, admin = park(world, world.instructor()), world.admin()
    replay(world, admin, event_id)
    for known in (event_id, "evt_unknown"):
        with world.unchanged(), world.refusing("PT404", "event_not_found"):
            replay(world, admin, known)


def test_only_admins_of_the_platform_replay(world: World) -> None:
    instructor = world.instructor()
    event_id = park(world, instructor)
    for person in (instructor.user_id, world.member(world.organization(), "owner")):
        with world.unchanged(), world.refusing("42501", "not_an_admin"):
            replay(world, person, event_id)


@pytest.mark.parametrize("reason", ["", "no"])
def test_a_reason_is_required(world: World, reason: str) -> None:
    event_id, admin = park(world, world.instructor()), world.admin()
    with world.unchanged(), world.refusing("PT422", "reason_required"):
        replay(world, admin, event_id, reason)


def test_an_event_whose_body_is_gone_is_to_be_resent(world: World) -> None:
    event_id, admin = park(world, world.instructor()), world.admin()
    world.connection.execute("delete from private.webhook_event_bodies")
    with world.unchanged(), world.refusing("PT409", "event_body_is_gone"):
        replay(world, admin, event_id)


MINUTE = timedelta(minutes=1)


def park_refund(world: World, booking: Booking) -> None:
    """Stripe tells of a refund before it tells of the payment."""
    booking.open_payment()
    intent = booking.intent()
    refund = refund_object(booking.payment, 1000) | {"payment_intent": intent["id"]}
    assert world.deliver("refund.updated", refund, event_id="evt_refund") == "parked"


def test_an_account_that_is_known_by_now_gets_its_news(world: World) -> None:
    event_id = park(world, world.instructor())
    world.travel(by=2 * MINUTE)
    assert maintain(world) == 1
    assert event(world, event_id)["status"] == "processed"
    with world.unchanged():
        assert maintain(world) == 0


def test_a_refund_that_came_before_its_payment_is_booked(world: World) -> None:
    booking = world.booking()
    park_refund(world, booking)
    assert booking.pay() == "processed"
    world.travel(by=2 * MINUTE)
    assert maintain(world) == 1
    assert booking.payment["refunded_cents"] == 1000


def test_it_is_tried_later_and_later_for_three_days(world: World) -> None:
    account = account_object({"connect_account_id": str(uuid4())}, ready=True)
    deliver_account(world, account, "evt_1")
    attempts = []
    for _ in range(24):
        world.travel(by=timedelta(hours=4))
        assert maintain(world) == 0
        attempts.append(event(world, "evt_1")["attempts"])
    assert attempts[:9] == [2, 3, 4, 5, 6, 7, 8, 8, 9]
    assert attempts[16:] == [attempts[16]] * 8


def test_an_event_is_not_tried_again_at_once(world: World) -> None:
    park(world, world.instructor())
    with world.unchanged():
        assert maintain(world) == 0


def test_what_needs_a_person_is_left_alone(world: World) -> None:
    """Another version may mean something else."""
    maintain(world)
    world.deliver("charge.succeeded", {"id": "ch_1"}, api_version="2019-01-01")
    world.travel(by=5 * MINUTE)
    with world.unchanged():
        assert maintain(world) == 0


def test_one_whose_body_is_gone_is_left_alone(world: World) -> None:
    park(world, world.instructor())
    world.connection.execute("delete from private.webhook_event_bodies")
    world.travel(by=2 * MINUTE)
    with world.unchanged():
        assert maintain(world) == 0


@pytest.mark.parametrize(
    ("type", "metadata", "status"),
    [
        ("refund.updated", {}, "ignored"),
        ("refund.updated", {"refund_id": str(uuid4())}, "parked"),
        ("charge.dispute.created", {}, "ignored"),
    ],
)
def test_what_nobody_knows_after_three_days_is_other_business_or_stays_parked(
    world: World, type: str, metadata: dict[str, str], status: str
) -> None:
    ended = "succeeded" if type == "refund.updated" else "lost"
    foreign = {"id": "re_1", "status": ended, "payment_intent": "pi_x", "metadata": metadata}
    assert world.deliver(type, foreign, event_id="evt_1") == "parked"
    world.travel(by=timedelta(days=3) - timedelta(minutes=1))
    maintain(world)
    assert event(world, "evt_1")["status"] == "parked"
    world.travel(by=timedelta(minutes=1))
    maintain(world)
    assert event(world, "evt_1")["status"] == status


def dismiss(world: World, user_id: UUID, event_id: str = "evt_1", reason: str = "A test.") -> None:
    world.call(user_id, "public.admin_dismiss_event", p_event_id=event_id, p_reason=reason)


def test_a_parked_event_is_dismissed_with_a_reason(world: World) -> None:
    admin = world.admin()
    world.deliver("charge.succeeded", {}, event_id="evt_1", api_version="2019-01-01")
    dismiss(world, admin)
    event = world.row("select status::text, note from private.webhook_events")
    assert event == {"status": "ignored", "note": "dismissed"}
    kept = world.row("select * from public.audit_logs where entity_id = 'evt_1'")
    assert (kept["reason"], kept["user_id"]) == ("A test.", admin)
    assert kept["old_values"] == {"status": "parked", "note": "api_version_differs"}
    assert world.serve("jobs", "private.needs_attention") == []
    with world.refusing("PT404", "event_not_found"):
        dismiss(world, admin)


def test_only_admins_dismiss_and_only_with_a_reason(world: World) -> None:
    admin = world.admin()
    world.deliver("charge.succeeded", {}, event_id="evt_1", api_version="2019-01-01")
    with world.unchanged():
        with world.refusing("PT422", "reason_required"):
            dismiss(world, admin, reason="")
        with world.refusing("PT404", "event_not_found"):
            dismiss(world, admin, "evt_2")
        with world.refusing("42501", "not_an_admin"):
            dismiss(world, world.person("Eve"))
