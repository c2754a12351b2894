from __future__ import annotations

import subprocess
import sys

import pytest

from lplate.settings import ConfigurationError
from tests.webhook_service.settings import ENVIRONMENT, THIN_SECRET
from webhook_service.config import Config


def refusal() -> str:
    with pytest.raises(ConfigurationError) as caught:
        Config.load()
    return str(caught.value)


def test_a_complete_environment_is_accepted(environment: pytest.MonkeyPatch) -> None:
    config = Config.load()
    assert not config.is_live
    assert config.stripe_webhook_secrets[0].get_secret_value().startswith("whsec_")


@pytest.mark.parametrize("variable", sorted(ENVIRONMENT))
@pytest.mark.parametrize("value", [None, ""], ids=["missing", "empty"])
def test_a_missing_variable_is_named(
    environment: pytest.MonkeyPatch, variable: str, value: str | None
) -> None:
    if value is None:
        environment.delenv(variable)
    else:
        environment.setenv(variable, value)
    assert variable in refusal()


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("STRIPE_SECRET_KEY", "pk_test_0123456789"),
        ("STRIPE_SECRET_KEY", "sk_prod_0123456789"),
        ("STRIPE_SECRET_KEY", "sk_test_0123456789\nX-Header: 1"),
        ("STRIPE_PUBLISHABLE_KEY", "sk_test_0123456789"),
        ("STRIPE_PUBLISHABLE_KEY", "pk_live_0123456789"),
        ("STRIPE_WEBHOOK_SECRETS", "whsec_short"),
        ("STRIPE_WEBHOOK_SECRETS", "0123456789012345678901234567890"),
        ("STRIPE_WEBHOOK_SECRETS", "whsec_platform_0123456789,other"),
        ("STRIPE_CONNECT_WEBHOOK_SECRETS", " "),
        ("STRIPE_THIN_WEBHOOK_SECRETS", "whsec_short"),
        ("STRIPE_ACCOUNTS_API", "v3"),
        ("SUPABASE_JWT_SECRET", "too-short"),
        ("SUPABASE_JWKS_URL", "ftp://example.com/jwks.json"),
        ("STRIPE_API_BASE", "localhost:12111"),
        ("WEBHOOK_SERVICE_DATABASE_URL", "mysql://webhook_service@localhost/x"),
        ("WEBHOOK_SERVICE_DATABASE_URL", "postgresql://postgres:hidden-word@localhost/x"),
        ("CORS_ORIGINS", "*"),
        ("CORS_ORIGINS", "https://app.example.com/path"),
        ("CORS_ORIGINS", "https://app.example.com:*"),
        ("CORS_ORIGINS", "http://localhost*"),
        ("WEBHOOK_SERVICE_THREADS", "many"),
        ("STRIPE_PLATFORM_COUNTRY", "England"),
        ("STRIPE_PLATFORM_COUNTRY", "gb"),
    ],
)
def test_a_malformed_variable_is_named_and_its_value_is_not_shown(
    environment: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    environment.setenv(variable, value)
    message = refusal()
    assert variable in message
    assert value.strip() == "" or value == "*" or value not in message


def test_accounts_of_v2_need_an_endpoint_that_is_told_of_them(
    environment: pytest.MonkeyPatch,
) -> None:
    assert Config.load().stripe_accounts_api == "v1"
    environment.setenv("STRIPE_ACCOUNTS_API", "v2")
    assert "STRIPE_THIN_WEBHOOK_SECRETS" in refusal()
    environment.setenv("STRIPE_THIN_WEBHOOK_SECRETS", THIN_SECRET)
    assert Config.load().stripe_accounts_api == "v2"


def test_a_live_key_goes_to_stripe_only(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("STRIPE_SECRET_KEY", "rk_live_0123456789")
    assert Config.load().is_live
    environment.setenv("STRIPE_API_BASE", "http://127.0.0.1:12111")
    assert "STRIPE_API_BASE" in refusal()


def test_the_publishable_key_is_of_the_same_mode(environment: pytest.MonkeyPatch) -> None:
    assert Config.load().stripe_publishable_key is None
    environment.setenv("STRIPE_PUBLISHABLE_KEY", "pk_test_0123456789")
    assert Config.load().stripe_publishable_key == "pk_test_0123456789"
    environment.setenv("STRIPE_SECRET_KEY", "rk_live_0123456789")
    assert "STRIPE_PUBLISHABLE_KEY" in refusal()


def test_any_port_of_this_machine_is_for_tests(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("CORS_ORIGINS", "http://localhost:*,http://127.0.0.1:*")
    assert len(Config.load().cors_origins) == 2
    environment.setenv("STRIPE_SECRET_KEY", "rk_live_0123456789")
    environment.delenv("STRIPE_API_BASE", raising=False)
    assert "CORS_ORIGINS" in refusal()


def test_secrets_can_be_several_for_rotation(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("STRIPE_WEBHOOK_SECRETS", "whsec_old_0123456789abc, whsec_new_0123456789abc")
    assert len(Config.load().stripe_webhook_secrets) == 2


def test_there_is_one_way_to_verify_users(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("SUPABASE_JWKS_URL", "https://project.supabase.co/auth/v1/jwks.json")
    assert "SUPABASE_JWKS_URL" in refusal()


def test_a_pooler_s_user_name_is_accepted(environment: pytest.MonkeyPatch) -> None:
    url = "postgresql://webhook_service.project:x@pooler.example.com:6543/postgres"
    environment.setenv("WEBHOOK_SERVICE_DATABASE_URL", url)
    assert Config.load().webhook_service_database_url.get_secret_value() == url


def test_no_secret_appears_when_the_configuration_is_printed(
    environment: pytest.MonkeyPatch,
) -> None:
    shown = repr(Config.load())
    assert not [name for name, value in ENVIRONMENT.items() if value in shown]


def test_the_configuration_is_frozen(environment: pytest.MonkeyPatch) -> None:
    config = Config.load()
    with pytest.raises(ValueError, match="frozen"):
        config.stripe_api_base = "http://127.0.0.1:1"


@pytest.mark.slow
def test_the_service_refuses_to_start_and_says_why() -> None:
    environment = {
        name: value for name, value in ENVIRONMENT.items() if name != "STRIPE_SECRET_KEY"
    }
    finished = subprocess.run(
        [sys.executable, "-m", "webhook_service"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 1
    assert finished.stderr == (
        "webhook_service cannot start.\nSTRIPE_SECRET_KEY is missing: set it in the environment.\n"
    )
