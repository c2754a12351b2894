"""What a restricted key may do: per resource, read it or write it."""

from __future__ import annotations

from collections.abc import Mapping

from .errors import StripeError, invalid

# Resources that share a permission with another, as on the form for restricted keys.
SHARED = {
    "balance_transactions": "balance",
    "charges": "charges and refunds",
    "refunds": "charges and refunds",
}


def resource_of(path: str) -> str:
    """The resource of `/v1/accounts/<id>/login_links` is login_links; ids are left out.

    That of `/v2/core/account_links` is `v2 account links`.
    """
    parts = [part for part in path.split("/")[2:] if "<" not in part]
    if path.startswith("/v2/"):
        return f"v2 {parts[1].replace('_', ' ')}"
    if parts[-1] in ("login_links", "account_links"):
        return parts[-1]
    return SHARED.get(parts[0], parts[0])


def refuse_without(permissions: Mapping[str, str], method: str, path: str) -> None:
    """Raises Stripe's 403 where a key has no permission for this call. Writing includes reading."""
    resource = resource_of(path)
    needed = "read" if method == "GET" else "write"
    if permissions.get(resource) not in (needed, "write"):
        raise lacks_permission(resource, needed)


def lacks_permission(resource: str, needed: str) -> StripeError:
    return invalid(
        "The provided key 'rk_test_***' does not have the required permissions for this endpoint."
        f" Having {needed} access to '{resource}' would allow this request to continue.",
        status=403,
    )
