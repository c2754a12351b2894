"""What a failed call to Stripe says about money, and whom a refusal is about."""

from __future__ import annotations

from typing import Any

import pytest
from psycopg.types.json import Jsonb

from tests.factories import World

SENT = {"status": None, "type": None, "code": None, "was_sent": True}
NO_ANSWER = SENT
NOT_CONNECTED = SENT | {"was_sent": False}
LIMITED = SENT | {"status": 429, "type": "invalid_request_error", "code": "rate_limit"}
BROKEN = SENT | {"status": 500, "type": "api_error", "code": "api_error"}
CONFLICT = SENT | {"status": 409, "type": "invalid_request_error", "code": "idempotency_key_in_use"}
REFUSED = SENT | {"status": 400, "type": "invalid_request_error", "code": "balance_insufficient"}
REVOKED = SENT | {"status": 401, "type": "invalid_request_error", "code": "api_key_expired"}
FORBIDDEN = SENT | {"status": 403, "type": "invalid_request_error", "code": "secret_key_required"}
CUT_OFF = SENT | {"status": 403, "type": "invalid_request_error", "code": "account_invalid"}


def classify(world: World, *tries: dict[str, Any]) -> tuple[str, bool]:
    [verdict] = world.serve("jobs", "private.classify_stripe_failure", p_tries=Jsonb(list(tries)))
    return verdict["outcome"], verdict["is_systemic"]


@pytest.mark.parametrize(
    ("failed", "outcome"),
    [
        (NOT_CONNECTED, "not_sent"),
        (NO_ANSWER, "unknown"),
        (LIMITED, "not_sent"),
        (SENT | {"status": 400, "code": "rate_limit"}, "not_sent"),
        (REFUSED, "refused"),
        (SENT | {"status": 402, "type": "card_error", "code": "card_declined"}, "refused"),
        (SENT | {"status": 404, "code": "resource_missing"}, "refused"),
        (SENT | {"status": 400, "type": "idempotency_error"}, "unknown"),
        (CUT_OFF, "refused"),
        (CONFLICT, "unknown"),
        (SENT | {"status": 410}, "unknown"),
        (BROKEN, "unknown"),
        (SENT | {"status": 503}, "unknown"),
        (SENT | {"status": 200}, "unknown"),
    ],
)
def test_a_try_says_no_more_than_is_known(
    world: World, failed: dict[str, Any], outcome: str
) -> None:
    assert classify(world, failed) == (outcome, False)


@pytest.mark.parametrize("failed", [REVOKED, FORBIDDEN])
def test_what_the_platform_s_key_may_not_do_would_fail_every_time(
    world: World, failed: dict[str, Any]
) -> None:
    assert classify(world, failed) == ("not_sent", True)


@pytest.mark.parametrize(
    ("tries", "verdict"),
    [
        ([BROKEN, LIMITED], ("unknown", False)),
        ([NO_ANSWER, LIMITED, NOT_CONNECTED], ("unknown", False)),
        ([BROKEN, REVOKED], ("unknown", True)),
        ([LIMITED, LIMITED], ("not_sent", False)),
        ([REVOKED, LIMITED], ("not_sent", False)),
        ([BROKEN, REFUSED], ("refused", False)),
        ([REFUSED, BROKEN], ("unknown", False)),
    ],
)
def test_the_last_try_counts_but_takes_away_no_doubt(
    world: World, tries: list[dict[str, Any]], verdict: tuple[str, bool]
) -> None:
    assert classify(world, *tries) == verdict


@pytest.mark.parametrize(
    ("code", "is_about_it"),
    [
        ("account_closed", True),
        ("account_invalid", True),
        ("transfers_not_allowed", True),
        ("balance_insufficient", False),
        ("", False),
    ],
)
def test_some_refusals_are_about_the_destination(
    world: World, code: str, is_about_it: bool
) -> None:
    assert world.value("select private.is_refusal_of_destination(%s)", code) == is_about_it
