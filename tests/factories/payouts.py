"""Payees' accounts at Stripe, and paydays."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from tests.factories.payments import Payments
from tests.factories.people import Instructor
from tests.factories.stripe_objects import account_object, transfer_object


class Payouts(Payments):
    def open_account(
        self, user_id: UUID | None, instructor_id: UUID | None = None, accounts_api: str = "v1"
    ) -> DictRow:
        """Asks for the Stripe account of an instructor, which is still to be made at Stripe."""
        (opened,) = self.serve(
            "webhook_service",
            "private.open_connect_account",
            p_user_id=user_id,
            p_instructor_id=instructor_id,
            p_org_id=None,
            p_country="GB",
            p_platform_country="GB",
            p_accounts_api=accounts_api,
        )
        return opened

    def onboard(self, instructor: Instructor) -> str:
        """Gives an instructor a Stripe account that can be paid; returns its id."""
        opened = self.open_account(instructor.user_id, instructor.id)
        account = account_object(opened["metadata"], ready=True)
        self.deliver("account.updated", account, endpoint="connect", account=account["id"])
        account_id: str = account["id"]
        return account_id

    def run_payouts(self) -> list[DictRow]:
        """Runs every due payday with a Stripe that always says yes; returns how each run closed."""
        started_at = self.now()
        closed = []
        for due in self.serve("jobs", "private.due_payout_runs", p_date=None, p_org_id=None):
            (run,) = self.serve(
                "jobs",
                "private.open_payout_run",
                p_org_id=due["org_id"],
                p_schedule=due["schedule"],
                p_period_on=due["period_on"],
            )
            run_id = run["open_payout_run"]
            while claimed := self.claim_payout(run_id, started_at):
                self.serve(
                    "jobs",
                    "private.record_transfer",
                    p_payout_id=claimed["payout_id"],
                    p_attempt=claimed["attempt"],
                    p_transfer=Jsonb(transfer_object(claimed)),
                )
            closed += self.serve("jobs", "private.close_payout_run", p_run_id=run_id)
        return closed

    def claim_payout(self, run_id: UUID, started_at: datetime) -> DictRow | None:
        claimed = self.serve(
            "jobs",
            "private.claim_payout",
            p_run_id=run_id,
            p_worker_id=uuid4(),
            p_lease=timedelta(minutes=1),
            p_started_at=started_at,
        )
        return claimed[0] if claimed else None
