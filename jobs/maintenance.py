"""Periodic maintenance, organization by organization, each in a transaction of its own."""

from collections import Counter
from collections.abc import Callable
from functools import partial
from uuid import UUID

from jobs.database import Database, MaintenanceTask
from jobs.output import Output
from lplate.postgres import DatabaseError, DatabaseUnavailable, Refused


class Maintenance:
    """One round: what belongs to no organization, and then one organization after the other."""

    def __init__(self, database: Database, output: Output) -> None:
        self._database = database
        self._output = output
        self._affected: Counter[str] = Counter()

    def run(self) -> bool:
        """Do what is due and show how much it was; return whether nothing failed.

        A failure is reported and keeps no other organization from its maintenance. Raises
        DatabaseUnavailable if the database does not answer any more.
        """
        org_ids = self._database.list_organizations()
        done = [self._attempt(self._database.maintain_platform, None)]
        done += [
            self._attempt(partial(self._database.maintain_organization, org_id), org_id)
            for org_id in org_ids
        ]
        self._output.table(
            "task_done",
            [{"task": task, "affected": affected} for task, affected in self._affected.items()],
        )
        return all(done)

    def _attempt(self, maintain: Callable[[], list[MaintenanceTask]], org_id: UUID | None) -> bool:
        try:
            tasks = maintain()
        except DatabaseError as error:
            if isinstance(error, DatabaseUnavailable):
                self._database.ping()
            self._output.error("maintenance_failed", org_id=org_id, reason=_reason(error))
            return False
        for task in tasks:
            self._affected[task.task] += task.affected
        return True


def _reason(error: DatabaseError) -> str:
    """Return what went wrong as a code, or for an unexpected error as its SQLSTATE and place."""
    if isinstance(error, Refused):
        return error.code
    if isinstance(error, DatabaseUnavailable):
        return f"the database {error.reason}"
    return str(error)
