"""Errors in the shape that Stripe's API answers with."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

DOCS = "https://stripe.com/docs/error-codes/"


class StripeError(Exception):
    """An answer other than 200: `{"error": {"type", "message", "code"?, "param"?, …}}`."""

    def __init__(
        self,
        status: int,
        type: str,
        message: str,
        code: str | None = None,
        param: str | None = None,
        **more: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.error: dict[str, Any] = {"type": type, "message": message, **more}
        if code:
            self.error |= {"code": code, "doc_url": DOCS + code.replace("_", "-")}
        if param:
            self.error["param"] = param

    def body(self, request_id: str) -> dict[str, Any]:
        log_url = f"https://dashboard.stripe.com/test/logs/{request_id}"
        return {"error": self.error | {"request_log_url": log_url}}


def invalid(
    message: str,
    code: str | None = None,
    param: str | None = None,
    status: int = 400,
    **more: Any,
) -> StripeError:
    return StripeError(status, "invalid_request_error", message, code, param, **more)


def missing(label: str, id: str, param: str, status: int = 404) -> StripeError:
    """Stripe answers 404 for an unknown id in the path, 400 for one in a parameter."""
    return invalid(f"No such {label}: '{id}'", "resource_missing", param, status)


def unexpected_state(intent: dict[str, Any], message: str) -> StripeError:
    return invalid(message, "payment_intent_unexpected_state", payment_intent=deepcopy(intent))


def no_access(account: str) -> StripeError:
    return invalid(
        f"The provided key 'sk_test_***' does not have access to account '{account}' (or that"
        " account does not exist). Application access may have been revoked.",
        "account_invalid",
        status=403,
    )


def card_error(code: str, decline_code: str | None, message: str, **more: Any) -> StripeError:
    extra = {"decline_code": decline_code} if decline_code else {}
    return StripeError(402, "card_error", message, code, **extra, **more)


def key_mismatch(key: str, first: str, now: str) -> StripeError:
    only = "with the same parameters they were first used with"
    if first != now:
        only = f"for the same endpoint they were first used for ('{now}' vs '{first}')"
    return StripeError(
        400,
        "idempotency_error",
        f"Keys for idempotent requests can only be used {only}. Try using a key other than"
        f" '{key}' if you meant to execute a different request.",
    )


def key_in_use(key: str) -> StripeError:
    return invalid(
        "There is currently another in-progress request using this Idempotent Key (that probably"
        " means you submitted twice, and the other request is still going through):"
        f" {key}. Please try again later.",
        "idempotency_key_in_use",
        status=409,
    )


def rate_limit() -> StripeError:
    return invalid("Request rate limit exceeded.", "rate_limit", status=429)


def balance_insufficient() -> StripeError:
    return invalid(
        "You have insufficient available funds in your Stripe account. Try adding funds directly"
        " to your available balance by creating Charges using the 4000000000000077 test card.",
        "balance_insufficient",
    )


def destination_restricted() -> StripeError:
    return invalid(
        "Your destination account needs to have at least one of the following capabilities"
        " enabled: transfers, crypto_transfers, legacy_payments",
        "insufficient_capabilities_for_transfer",
    )


def server_error(status: int = 500) -> StripeError:
    return StripeError(status, "api_error", "An unknown error occurred")


def money(amount: int, currency: str) -> str:
    """An amount as Stripe's messages print it: $40.00, £12.30, 40.00 SEK."""
    symbol = {"gbp": "£", "usd": "$", "eur": "€"}.get(currency)
    figure = f"{amount / 100:.2f}"
    return f"{symbol}{figure}" if symbol else f"{figure} {currency.upper()}"
