"""Configuration of the jobs: one frozen object, read once when a command starts."""

from datetime import timedelta
from typing import Annotated, Self

from pydantic import DirectoryPath, Field, SecretStr, field_validator, model_validator

from jobs.failpoints import Failpoint
from lplate.settings import StripeSettings, database_url_of


class Config(StripeSettings):
    """What the jobs need to know."""

    jobs_database_url: Annotated[SecretStr, database_url_of("jobs")]
    database_pool_timeout_seconds: float = Field(default=10, gt=0, le=60)
    payout_lease_seconds: float = Field(default=120, gt=0, le=3600)
    outbox_lease_seconds: float = Field(default=300, gt=0, le=3600)
    outbox_poll_seconds: float = Field(default=1, gt=0, le=300)
    stripe_requests_per_second: int = Field(default=20, ge=1, le=1000)
    stripe_backoff_seconds: float = Field(default=0.5, gt=0, le=10)
    statement_fonts_dir: DirectoryPath | None = None
    lplate_failpoint: Failpoint | None = None

    @property
    def payout_lease(self) -> timedelta:
        """How long a payout belongs to the worker that claimed it."""
        return timedelta(seconds=self.payout_lease_seconds)

    @property
    def outbox_lease(self) -> timedelta:
        """How long a command belongs to the worker that claimed it."""
        return timedelta(seconds=self.outbox_lease_seconds)

    @field_validator("lplate_failpoint", mode="before")
    @classmethod
    def _parse_failpoint(cls, value: object) -> object:
        return Failpoint.parse(value) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _failpoints_are_for_tests(self) -> Self:
        if self.lplate_failpoint and not self.is_stripe_on_loopback:
            raise ValueError("LPLATE_FAILPOINT needs a STRIPE_API_BASE on this machine")
        return self
