"""A database restored to a point of a payday pays and refunds nobody twice.

A payday is played once, with a refund on the way, and its database is kept at seven points. Each
test goes on from one of them, with a Stripe that has done everything, at once or 25 hours later,
when Stripe has forgotten the idempotency keys.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from tests.factories import Instructor, World
from tests.fake_stripe import FakeStripe
from tests.jobs.payday import INSTRUCTORS, PRESENT, Payday, a_payday, connect, finish
from tests.jobs.test_outbox import pay_at_stripe
from tools.cluster import Cluster

pytestmark = pytest.mark.slow

REFUND = 1000
DELAYS = {"at once": timedelta(0), "25 hours later": timedelta(hours=25)}
POINTS = (
    "before the refund",
    "with the refund decided",
    "before the run",
    "with the run open",
    "with the first payout sending",
    "with the first transfer made",
    "between two payouts",
)
# One worker, so that the nth payout is the nth; a lease that is worth waiting for.
ENVIRONMENT = {"PAYOUT_LEASE_SECONDS": "1"}


@dataclass(frozen=True)
class History:
    """What has happened: the databases on the way, and Stripe at the end."""

    cluster: Cluster
    fake: FakeStripe
    admin: UUID
    payment_id: UUID
    snapshots: dict[str, str]

    @contextmanager
    def restored(self, point: str) -> Iterator[Payday]:
        """The database as it was at that point; it is the present nevertheless."""
        name = "restored"
        self.cluster.create_database(name, self.snapshots[point])
        payday = Payday(World(connect(self.cluster, name)), self.fake, self.cluster, name)
        try:
            payday.world.travel(to=datetime.fromtimestamp(self.fake.now(), UTC))
            self.fake.clear_requests()
            yield payday
        finally:
            payday.world.connection.close()
            self.cluster.drop_database(name)


@pytest.fixture(scope="module")
def stripe_of_history() -> Iterator[FakeStripe]:
    with FakeStripe() as fake:
        yield fake


@pytest.fixture(scope="module", params=DELAYS)
def history(
    cluster: Cluster,
    payday_template: str,
    stripe_of_history: FakeStripe,
    request: pytest.FixtureRequest,
) -> Iterator[History]:
    # On a Friday, so that 25 hours later it is the same weekly payday still.
    until_friday = timedelta(days=(4 - PRESENT.weekday()) % 7)
    with a_payday(cluster, payday_template, "history", stripe_of_history) as payday:
        payday.world.travel(by=until_friday)
        stripe_of_history.advance(seconds=until_friday.total_seconds())
        played = play(payday)
        payday.world.connection.close()
        stripe_of_history.advance(seconds=DELAYS[request.param].total_seconds())
        yield played
        for snapshot in played.snapshots.values():
            cluster.drop_database(snapshot)


def play(payday: Payday) -> History:
    """A lesson is paid with a card, and a part of it refunded; then everybody is paid."""
    admin = payday.world.admin()
    payment_id = give_lesson(payday)
    snapshots: dict[str, str] = {}

    def keep(point: str) -> None:
        payday.world.connection.close()
        snapshots[point] = f"snapshot_{len(snapshots)}"
        payday.cluster.create_database(snapshots[point], payday.database)
        payday.reconnect()

    def pay_until(failpoint: str) -> None:
        job = payday.start("payouts", "--workers", "1", **ENVIRONMENT, LPLATE_FAILPOINT=failpoint)
        assert finish(job).status == 137

    keep("before the refund")
    refund(payday, admin, payment_id)
    keep("with the refund decided")
    assert payday.run("outbox").status == 0
    keep("before the run")
    pay_until("run_opened")
    keep("with the run open")
    pay_until("before_transfer")
    keep("with the first payout sending")
    pay_until("after_transfer")
    keep("with the first transfer made")
    pay_until("transfer_recorded:3")
    keep("between two payouts")
    assert payday.pay().status == 0
    assert payday.statuses() == {"paid": INSTRUCTORS}
    assert_books_agree_with_stripe(payday)
    assert tuple(snapshots) == POINTS
    return History(payday.cluster, payday.fake, admin, payment_id, snapshots)


def give_lesson(payday: Payday) -> UUID:
    """Gives a lesson that was paid at Stripe; goes on until it can be paid out."""
    world = payday.world
    booking = world.booking(
        Instructor(
            **world.row("select id, user_id, org_id from public.instructors order by id limit 1")
        )
    )
    pay_at_stripe(payday, booking)
    assert payday.run("outbox").status == 0
    booking.complete()
    world.travel(by=timedelta(days=9))
    payday.fake.advance(seconds=world.now().timestamp() - payday.fake.now())
    payment_id: UUID = booking.payment["id"]
    return payment_id


def refund(payday: Payday, admin: UUID, payment_id: UUID) -> None:
    payday.world.call(
        admin,
        "public.admin_refund",
        p_payment_id=payment_id,
        p_amount_cents=REFUND,
        p_reason="The car was late.",
    )


def assert_books_agree_with_stripe(payday: Payday) -> None:
    payday.assert_books_agree_with_stripe()
    refunded = payday.world.rows("select stripe_refund_id, amount_cents from public.refunds")
    assert [tuple(row.values()) for row in refunded] == [
        (made["id"], made["amount"]) for made in payday.fake.objects("refund")
    ]


@pytest.mark.parametrize("point", POINTS)
def test_nobody_is_paid_or_refunded_twice(history: History, point: str) -> None:
    with history.restored(point) as payday:
        assert payday.pay().status == 0
        if point == "before the refund":
            refund(payday, history.admin, history.payment_id)
        assert payday.run("outbox").status == 0
        assert payday.pay().status == 0

        assert payday.fake.count("POST") == 0
        assert payday.statuses() == {"paid": INSTRUCTORS}
        assert_books_agree_with_stripe(payday)


@pytest.mark.parametrize("point", POINTS[:1] + POINTS[3:])
def test_the_doctor_sees_what_the_books_have_forgotten(history: History, point: str) -> None:
    with history.restored(point) as payday:
        assert transfers_check(payday) is False
        payday.pay()
        assert transfers_check(payday) is True


def test_what_was_earned_otherwise_since_the_restore_is_evened_out(history: History) -> None:
    """The refund is never asked for again, so the payee has been sent less than is owed now."""
    with history.restored("before the refund") as payday:
        assert payday.pay().status == 0
        world = payday.world
        [owed] = world.rows(
            "select amount_cents from public.earnings"
            " where status = 'available' and payout_id is null"
        )
        share = world.value(
            "select earning.amount_cents from public.earnings earning"
            " join public.payments payment on payment.id = earning.payment_id"
            " where payment.id = %s",
            history.payment_id,
        )
        assert 0 < owed["amount_cents"] < share
        assert world.violations() == []
        assert payday.fake.count("POST") == 0


def transfers_check(payday: Payday) -> bool:
    [check] = [
        event for event in payday.run("doctor").events("check") if event["check"] == "transfers"
    ]
    is_ok: bool = check["ok"]
    return is_ok
