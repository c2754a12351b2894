"""Configuration of the webhook service: one frozen object, read once when a process starts."""

import re
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    DirectoryPath,
    Field,
    SecretStr,
    model_validator,
)
from pydantic_settings import NoDecode

from lplate.settings import BaseUrl, StripeSettings, database_url_of

WEBHOOK_SECRET = re.compile(r"whsec_.{16,}")
PUBLISHABLE_KEY = re.compile(r"pk_(test|live)_\w+", re.ASCII)
ORIGIN = re.compile(r"https?://[^/\s*]+|http://(localhost|127\.0\.0\.1):\*")


def _split(value: object) -> object:
    """Split a list written as one variable, at commas and white space."""
    return re.split(r"[\s,]+", value.strip()) if isinstance(value, str) else value


def _webhook_secrets(value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
    if not all(WEBHOOK_SECRET.fullmatch(secret.get_secret_value()) for secret in value):
        raise ValueError("must list signing secrets: whsec_… and at least 16 more characters each")
    return value


def _country_code(value: str) -> str:
    if not re.fullmatch(r"[A-Z]{2}", value, re.ASCII):
        raise ValueError("must be a country as two capital letters, such as GB")
    return value


def _jwt_secret(value: SecretStr) -> SecretStr:
    if len(value.get_secret_value()) < 32:
        raise ValueError("must have at least 32 characters")
    return value


def _publishable_key(value: str) -> str:
    if not PUBLISHABLE_KEY.fullmatch(value):
        raise ValueError("must be a publishable key: pk_test_… or pk_live_…")
    return value


def _origins(value: tuple[str, ...]) -> tuple[str, ...]:
    if not all(ORIGIN.fullmatch(origin) for origin in value):
        raise ValueError(
            "must list origins such as https://app.example.com, without a path;"
            " * stands for a port of this machine only: http://localhost:*"
        )
    return value


AnyWebhookSecrets = Annotated[
    tuple[SecretStr, ...], NoDecode, BeforeValidator(_split), AfterValidator(_webhook_secrets)
]
WebhookSecrets = Annotated[AnyWebhookSecrets, Field(min_length=1)]
CountryCode = Annotated[str, AfterValidator(_country_code)]
JwtSecret = Annotated[SecretStr, AfterValidator(_jwt_secret)]
PublishableKey = Annotated[str, AfterValidator(_publishable_key)]
Origins = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split), AfterValidator(_origins)]


class Config(StripeSettings):
    """What the webhook service needs to know."""

    webhook_service_database_url: Annotated[SecretStr, database_url_of("webhook_service")]
    webhook_service_threads: int = Field(default=8, ge=1, le=64)
    database_pool_timeout_seconds: float = Field(default=1.5, gt=0, le=30)
    stripe_timeout_seconds: float = Field(default=10, gt=0, le=60)
    stripe_webhook_secrets: WebhookSecrets
    stripe_connect_webhook_secrets: WebhookSecrets
    stripe_thin_webhook_secrets: AnyWebhookSecrets = ()
    stripe_accounts_api: Literal["v1", "v2"] = "v1"
    stripe_publishable_key: PublishableKey | None = None
    stripe_platform_country: CountryCode = "GB"
    supabase_jwks_url: BaseUrl | None = None
    supabase_jwt_secret: JwtSecret | None = None
    cors_origins: Origins = ()
    twilio_auth_token: SecretStr | None = None
    service_url: BaseUrl | None = None
    statement_fonts_dir: DirectoryPath | None = None

    @model_validator(mode="after")
    def _one_way_to_verify_users(self) -> Self:
        if (self.supabase_jwks_url is None) == (self.supabase_jwt_secret is None):
            raise ValueError("SUPABASE_JWKS_URL or SUPABASE_JWT_SECRET must be set, and not both")
        return self

    @model_validator(mode="after")
    def _accounts_of_v2_tell_by_thin_events(self) -> Self:
        if self.stripe_accounts_api == "v2" and not self.stripe_thin_webhook_secrets:
            raise ValueError(
                "STRIPE_ACCOUNTS_API=v2 needs STRIPE_THIN_WEBHOOK_SECRETS, of the endpoint that is"
                " told of such accounts"
            )
        return self

    @model_validator(mode="after")
    def _keys_of_one_mode(self) -> Self:
        key = self.stripe_publishable_key
        if key is not None and key.startswith("pk_live_") != self.is_live:
            raise ValueError("STRIPE_PUBLISHABLE_KEY must be of the mode of STRIPE_SECRET_KEY")
        return self

    @model_validator(mode="after")
    def _twilio_signs_the_public_address(self) -> Self:
        if self.twilio_auth_token is not None and self.service_url is None:
            raise ValueError("TWILIO_AUTH_TOKEN needs SERVICE_URL, which Twilio signs")
        return self

    @model_validator(mode="after")
    def _any_port_is_for_tests(self) -> Self:
        if self.is_live and any(origin.endswith("*") for origin in self.cors_origins):
            raise ValueError("CORS_ORIGINS must name every port with a live STRIPE_SECRET_KEY")
        return self
