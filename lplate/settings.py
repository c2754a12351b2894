"""Settings from the environment, checked when a process starts, and how to reach Stripe."""

import re
from collections.abc import Iterable
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

import psycopg
from psycopg.conninfo import conninfo_to_dict
from pydantic import AfterValidator, Field, SecretStr, model_validator
from pydantic import ValidationError as InvalidSettings
from pydantic_settings import BaseSettings, SettingsConfigDict

LOOPBACK_HOSTS = frozenset({"127.0.0.1", "::1", "localhost"})
STRIPE_KEY = re.compile(r"(sk|rk)_(test|live)_\w+", re.ASCII)


class ConfigurationError(Exception):
    """A variable is missing or malformed. The message names it and never shows its value."""


def _stripe_key(value: SecretStr) -> SecretStr:
    if not STRIPE_KEY.fullmatch(value.get_secret_value()):
        raise ValueError("must be a secret or restricted key: sk_test_…, sk_live_… or rk_…")
    return value


def _base_url(value: str) -> str:
    if urlsplit(value).scheme not in {"http", "https"} or not urlsplit(value).hostname:
        raise ValueError("must be a URL that starts with http:// or https://")
    return value.rstrip("/")


def database_url_of(login: str) -> AfterValidator:
    """Accept a Postgres URL that logs in as `login`, also through a pooler (`login.project`)."""

    def validate(value: SecretStr) -> SecretStr:
        try:
            user = conninfo_to_dict(value.get_secret_value()).get("user")
        except psycopg.ProgrammingError:
            raise ValueError("must be a URL: postgresql://user:password@host:port/name") from None
        if str(user).split(".")[0] != login:
            raise ValueError(f"must log in as the role {login}, which may do nothing else")
        return value

    return AfterValidator(validate)


StripeKey = Annotated[SecretStr, AfterValidator(_stripe_key)]
BaseUrl = Annotated[str, AfterValidator(_base_url)]


class Settings(BaseSettings):
    """Settings whose field names are the names of environment variables, in lower case."""

    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", env_ignore_empty=True, hide_input_in_errors=True
    )

    @classmethod
    def load(cls) -> Self:
        """Read the environment; raise ConfigurationError naming every variable that is wrong."""
        try:
            return cls.model_validate({})
        except InvalidSettings as error:
            details = error.errors(include_url=False, include_context=False, include_input=False)
            raise ConfigurationError("\n".join(_sentences(details))) from None


def _sentences(details: Iterable[Any]) -> Iterable[str]:
    for detail in details:
        variable = str(detail["loc"][0]).upper() if detail["loc"] else ""
        if detail["type"] == "missing":
            yield f"{variable} is missing: set it in the environment."
        else:
            yield f"{variable} {detail['msg'].removeprefix('Value error, ')}.".strip()


class StripeSettings(Settings):
    """How to reach Stripe. The key decides between test mode and live mode."""

    stripe_secret_key: StripeKey
    stripe_api_base: BaseUrl | None = None
    stripe_timeout_seconds: float = Field(default=20, gt=0, le=60)

    @property
    def is_live(self) -> bool:
        """Whether the key moves real money."""
        return self.stripe_secret_key.get_secret_value().split("_")[1] == "live"

    @property
    def is_stripe_on_loopback(self) -> bool:
        """Whether Stripe's place is taken by a stand-in on this machine."""
        host = urlsplit(self.stripe_api_base).hostname if self.stripe_api_base else None
        return host in LOOPBACK_HOSTS

    @model_validator(mode="after")
    def _live_key_goes_to_stripe_only(self) -> Self:
        if self.is_live and self.stripe_api_base:
            raise ValueError("STRIPE_API_BASE must not be set with a live STRIPE_SECRET_KEY")
        return self
