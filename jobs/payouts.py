"""Pays instructors: one Stripe transfer for each payout, made once whatever happens.

Before anything is sent, what Stripe has transferred is compared with the books, because a restored
database has forgotten what it paid.
The database commits a payout as `sending`, with its key, amount and destination frozen, before
Stripe is called, and its outcome together with the ledger posting afterwards. A worker that finds a
payout `sending` looks at Stripe first, and repeats the call under the same key if nothing is there.
"""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict
from typing import Any
from uuid import UUID, uuid4

from jobs.config import Config
from jobs.database import Claim, Database, DueRun
from jobs.failpoints import Failpoints
from jobs.output import Output, Step
from jobs.stripe_calls import CallFailed, Lease, LeaseExpired
from jobs.stripe_failures import Failure, Outcome
from jobs.transfers import Transfers
from lplate.postgres import Refused
from lplate.stripe_client import StripeDict

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.05, 0.5


def preview(database: Database, runs: Sequence[DueRun], output: Output) -> None:
    """Show what the runs would pay. Sends nothing to Stripe and writes nothing."""
    for run in runs:
        payouts = database.preview_payout_run(run)
        output.event("payout_run_previewed", **asdict(run), payouts=len(payouts))
        output.table("payout_previewed", [asdict(payout) for payout in payouts])


class PayoutJob:
    """Carries out payout runs with several workers, until done or told to stop."""

    def __init__(
        self,
        config: Config,
        database: Database,
        transfers: Transfers,
        output: Output,
        stop: threading.Event,
    ) -> None:
        self._config = config
        self._database = database
        self._transfers = transfers
        self._output = output
        self._stop = stop
        self._failpoints = Failpoints(config.lplate_failpoint)
        self._started_at = database.clock()

    def run(self, runs: Sequence[DueRun], workers: int) -> bool:
        """Carry out the runs; return whether every payout of theirs is settled."""
        self._failpoints.reach("started")
        if not runs:
            self._output.event("nothing_to_pay")
        opened = [(run, self._open(run)) for run in runs]
        unbooked = self._compare([run_id for _, run_id in opened if run_id])
        may_pay = unbooked is not None
        outcomes = [
            run_id is not None and self._carry_out(run, run_id, workers, may_pay=may_pay)
            for run, run_id in opened
        ]
        return unbooked == 0 and all(outcomes)

    def _open(self, run: DueRun) -> UUID | None:
        if self._is_stopped(run):
            return None
        try:
            run_id = self._database.open_payout_run(run)
        except Refused as refusal:
            self._output.error(
                "payout_run_refused", **asdict(run), code=refusal.code, hint=refusal.hint
            )
            return None
        self._failpoints.reach("run_opened")
        self._output.event("payout_run_opened", run_id=run_id, **asdict(run))
        return run_id

    def _is_stopped(self, run: DueRun) -> bool:
        if self._stop.is_set():
            self._output.error("payout_run_not_started", **asdict(run))
        return self._stop.is_set()

    def _compare(self, run_ids: Sequence[UUID]) -> int | None:
        """Have every transfer that Stripe has made booked; return how many could not be.

        None means that Stripe did not say what it has made, so that nothing may be sent.
        """
        known_until = self._database.transfers_known_until()
        if known_until is None or not any(self._left(run_id) for run_id in run_ids):
            return 0
        try:
            newest_first = [
                transfer
                for page in self._transfers.since(known_until)
                for transfer in self._database.find_unbooked_transfers(page)
            ]
        except CallFailed as error:
            self._tell_failure("transfers_unknown", error.failure)
            return None
        # Oldest first: of two that bear one payout's id, the first has paid it.
        outcomes = [self._book(transfer) for transfer in reversed(newest_first)]
        self._failpoints.reach("compared")
        return outcomes.count(False)

    def _book(self, transfer: StripeDict) -> bool:
        """Have a transfer that the books lack booked, as far as that is possible."""
        booked = self._database.book_transfer(transfer)
        is_booked = booked.outcome == "booked"
        tell = self._output.event if is_booked else self._output.error
        tell(
            f"transfer_{booked.outcome}",
            transfer=transfer["id"],
            amount_cents=transfer["amount"],
            currency=transfer["currency"],
            note=booked.note,
        )
        return is_booked

    def _carry_out(self, run: DueRun, run_id: UUID, workers: int, *, may_pay: bool) -> bool:
        if self._is_stopped(run):
            return False
        left = self._left(run_id)
        if left and may_pay and self._is_payable(run_id):
            self._pay(run, run_id, left, workers)
        self._failpoints.reach("before_close")
        result = self._database.close_payout_run(run_id)
        self._failpoints.reach("after_close")
        self._output.table("payout_run_closed", [{"run_id": run_id, **asdict(result)}])
        return result.is_settled

    def _left(self, run_id: UUID) -> int:
        progress = self._database.payout_run_progress(run_id, self._started_at)
        return progress.claimable + progress.leased

    def _is_payable(self, run_id: UUID) -> bool:
        """Ask Stripe for its balance and the database whether the run may be paid from it."""
        available = None
        try:
            available = self._transfers.available_funds()
        except CallFailed as error:
            self._tell_failure("balance_unknown", error.failure, run_id=run_id)
        decision = self._database.decide_payout_run(run_id, available)
        for shortfall in decision.shortfalls:
            self._output.error("payout_shortfall", run_id=run_id, **shortfall)
        for transfer in decision.unbooked_transfers:
            self._output.error("transfer_not_in_books", run_id=run_id, **transfer)
        return decision.is_payable

    def _tell_failure(self, name: str, failure: Failure, **fields: object) -> None:
        if failure.is_systemic:
            self._stop.set()
        self._output.error(name, code=failure.code, reason=failure.message, **fields)

    def _pay(self, run: DueRun, run_id: UUID, left: int, workers: int) -> None:
        with (
            self._output.progress(run.org_name, left) as step,
            ThreadPoolExecutor(workers) as pool,
        ):
            working = [pool.submit(self._work, run_id, step) for _ in range(workers)]
            try:
                for worker in as_completed(working):
                    worker.result()
            except BaseException:
                self._stop.set()
                raise

    def _work(self, run_id: UUID, step: Step) -> None:
        worker_id = uuid4()
        pause = FIRST_PAUSE_SECONDS
        while not self._stop.is_set():
            lease = Lease(self._config.payout_lease_seconds)
            claim = self._database.claim_payout(
                run_id, worker_id, self._config.payout_lease, self._started_at
            )
            if claim:
                self._failpoints.reach("payout_claimed")
                try:
                    self._settle(claim, worker_id, lease)
                except LeaseExpired:
                    # Too slow to go on: the payout may be another worker's by now.
                    self._output.error("payout_abandoned", payout_id=claim.payout_id)
                    return
                step()
            elif self._is_over(run_id):
                return
            else:
                # A payout may become claimable: another worker returns it, or its lease runs out.
                self._stop.wait(pause)
                pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    def _is_over(self, run_id: UUID) -> bool:
        """Whether no worker holds a payout of the run and none can be claimed.

        A payout that another worker is claiming at this moment counts as claimable.
        """
        progress = self._database.payout_run_progress(run_id, self._started_at)
        return not (progress.leased or progress.claimable)

    def _settle(self, claim: Claim, worker_id: UUID, lease: Lease) -> None:
        try:
            transfer = self._find_or_make(claim, lease)
        except CallFailed as error:
            self._record_failure(claim, worker_id, error.failure)
            return
        self._failpoints.reach("after_transfer")
        try:
            status = self._database.record_transfer(claim.payout_id, claim.attempt, transfer)
        except Refused as refusal:
            # A transfer bears this payout's id but is not the one asked for: a person has to look.
            reason = f"{transfer['id']}: {refusal.message}"
            self._record_failure(claim, worker_id, Failure(Outcome.UNKNOWN, refusal.code, reason))
            return
        self._failpoints.reach("transfer_recorded")
        self._output.event(
            f"payout_{status}",
            payout_id=claim.payout_id,
            amount_cents=claim.amount_cents,
            currency=claim.currency,
            transfer=transfer["id"],
        )

    def _find_or_make(self, claim: Claim, lease: Lease) -> dict[str, Any]:
        if claim.must_look_up:
            found = self._transfers.find(claim, lease)
            self._failpoints.reach("looked_up")
            if found:
                return found
        self._failpoints.reach("before_transfer")
        try:
            return self._transfers.create(claim, lease)
        except CallFailed as error:
            # After a refusal the attempt number rises, so make sure that this one did nothing.
            if error.failure.outcome is not Outcome.REFUSED:
                raise
            found = self._transfers.find(claim, lease)
            if found is None:
                raise
            return found

    def _record_failure(self, claim: Claim, worker_id: UUID, failure: Failure) -> None:
        if failure.is_systemic:
            self._stop.set()
        status = self._database.record_transfer_failure(
            claim.payout_id, claim.attempt, worker_id, failure
        )
        self._output.error(
            "payout_not_paid",
            payout_id=claim.payout_id,
            outcome=failure.outcome,
            code=failure.code,
            reason=failure.message,
            payout_status=status,
        )
