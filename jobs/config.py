"""Configuration of the jobs: one frozen object, read once when a command starts."""

from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import DirectoryPath, Field, SecretStr, field_validator, model_validator

from jobs.failpoints import Failpoint
from lplate.settings import LOOPBACK_HOSTS, BaseUrl, StripeSettings, database_url_of


class Config(StripeSettings):
    """What the jobs need to know."""

    jobs_database_url: Annotated[SecretStr, database_url_of("jobs")]
    database_pool_timeout_seconds: float = Field(default=10, gt=0, le=60)
    payout_lease_seconds: float = Field(default=120, gt=0, le=3600)
    outbox_lease_seconds: float = Field(default=300, gt=0, le=3600)
    outbox_poll_seconds: float = Field(default=1, gt=0, le=300)
    stripe_requests_per_second: int = Field(default=20, ge=1, le=1000)
    stripe_backoff_seconds: float = Field(default=0.5, gt=0, le=10)
    message_lease_seconds: float = Field(default=120, gt=0, le=3600)
    smtp_host: str | None = None
    smtp_port: int = Field(default=587, ge=1, le=65535)
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    smtp_username: str | None = None
    smtp_password: SecretStr | None = None
    smtp_timeout_seconds: float = Field(default=20, gt=0, le=60)
    mail_from: str | None = Field(default=None, pattern=r"^[^@\s<>]+@[^@\s<>]+$")
    twilio_account_sid: str | None = Field(default=None, pattern=r"^AC[0-9a-f]{32}$")
    twilio_auth_token: SecretStr | None = None
    twilio_api_base: BaseUrl = "https://api.twilio.com"
    twilio_content_base: BaseUrl = "https://content.twilio.com"
    twilio_timeout_seconds: float = Field(default=20, gt=0, le=60)
    twilio_sms_from: str | None = Field(default=None, pattern=r"^(\+[1-9]\d{6,14}|\w{1,11})$")
    twilio_whatsapp_from: str | None = Field(default=None, pattern=r"^\+[1-9]\d{6,14}$")
    service_url: BaseUrl | None = None
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

    @property
    def message_lease(self) -> timedelta:
        """How long a message belongs to the worker that claimed it."""
        return timedelta(seconds=self.message_lease_seconds)

    @model_validator(mode="after")
    def _mail_has_a_sender(self) -> Self:
        if (self.smtp_host is None) != (self.mail_from is None):
            raise ValueError("SMTP_HOST and MAIL_FROM must be set together")
        if self.smtp_security == "none" and self.smtp_host not in {None, *LOOPBACK_HOSTS}:
            raise ValueError("SMTP_SECURITY may be none only for a server on this machine")
        return self

    @model_validator(mode="after")
    def _twilio_is_known_as_a_whole(self) -> Self:
        if (self.twilio_account_sid is None) != (self.twilio_auth_token is None):
            raise ValueError("TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN must be set together")
        if self.twilio_account_sid is None and (self.twilio_sms_from or self.twilio_whatsapp_from):
            raise ValueError("TWILIO_SMS_FROM and TWILIO_WHATSAPP_FROM need TWILIO_ACCOUNT_SID")
        return self

    @field_validator("lplate_failpoint", mode="before")
    @classmethod
    def _parse_failpoint(cls, value: object) -> object:
        return Failpoint.parse(value) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _failpoints_are_for_tests(self) -> Self:
        if self.lplate_failpoint and not self.is_stripe_on_loopback:
            raise ValueError("LPLATE_FAILPOINT needs a STRIPE_API_BASE on this machine")
        return self
