"""Connected accounts, their onboarding, and transfers to them."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy

from .errors import (
    balance_insufficient,
    destination_restricted,
    invalid,
    missing,
    money,
    no_access,
)
from .params import Spec, currency, flag, integer, metadata, nested, one_of, set_metadata, text
from .routes import LIST, PAGE, endpoint, page
from .shapes import fill, sample
from .world import Json, World

TO_DO = ("business_profile.url", "external_account", "tos_acceptance.date", "tos_acceptance.ip")
# Why a capability is disabled, for the reason that its account is.
CAPABILITY_REASON = {
    "platform_paused": "platform_paused",
    "rejected.fraud": "rejected.other",
    "rejected.other": "rejected.other",
    "requirements.past_due": "requirements.fields_needed",
    "requirements.pending_verification": "pending.review",
    "under_review": "pending.review",
}
COUNTRIES = ("AU", "CA", "CH", "DE", "ES", "FR", "GB", "IE", "IT", "JP", "NZ", "PL", "SG", "US")
PROFILE = ("mcc", "name", "product_description", "support_email", "support_phone", "url")
SCHEDULE: Spec = {"interval": one_of("manual", "daily", "weekly", "monthly")}
CHANGE: Spec = {
    "business_profile": nested(dict.fromkeys(PROFILE, text())),
    "business_type": one_of("company", "government_entity", "individual", "non_profit"),
    "capabilities": nested(
        dict.fromkeys(("card_payments", "transfers"), nested({"requested": flag()}))
    ),
    "default_currency": currency(),
    "email": text(),
    "metadata": metadata(),
    "settings": nested({"payouts": nested({"schedule": nested(SCHEDULE)})}),
}
CONTROLLER: Spec = {
    "fees": nested({"payer": one_of("account", "application")}),
    "losses": nested({"payments": one_of("application", "stripe")}),
    "requirement_collection": one_of("application", "stripe"),
    "stripe_dashboard": nested({"type": one_of("express", "full", "none")}),
}
CREATE: Spec = {
    **CHANGE,
    "controller": nested(CONTROLLER),
    "country": text(),
    "tos_acceptance": nested({"service_agreement": one_of("full", "recipient")}),
    "type": one_of("custom", "express", "standard"),
}


@endpoint("POST", "/v1/accounts", "AccountCreateParams", CREATE)
def create_account(world: World, params: Json) -> Json:
    if "type" in params and "controller" in params:
        raise invalid("You may not provide both `type` and `controller`.", param="controller")
    country = params.get("country", world.settings.country)
    if country not in COUNTRIES:
        raise invalid(f"Country '{country}' is unknown.", "country_unsupported", "country")
    agreement = params.get("tos_acceptance", {})
    if agreement.get("service_agreement") == "recipient" and country == world.settings.country:
        raise invalid(
            f"Accounts in {country} cannot be under the recipient service agreement for platforms"
            f" in {country}.",
            param="tos_acceptance[service_agreement]",
        )
    id = world.new_id("acct_")
    example = sample("account")
    account = world.new(
        "account",
        {
            "id": id,
            "business_profile": dict.fromkeys(example["business_profile"]),
            "capabilities": {},
            "charges_enabled": False,
            "controller": controller(params),
            "country": country,
            "default_currency": world.settings.default_currency,
            "details_submitted": False,
            "external_accounts": page([], {}, f"/v1/accounts/{id}/external_accounts"),
            "future_requirements": requirements(),
            "payouts_enabled": False,
            "requirements": requirements(TO_DO, "requirements.past_due"),
            "settings": example["settings"],
            "tos_acceptance": dict.fromkeys(example["tos_acceptance"]) | agreement,
            "type": params.get("type", "none" if "controller" in params else "standard"),
        },
    )
    apply(world, account, params)
    return account


@endpoint("GET", "/v1/accounts/<id>", "AccountRetrieveParams")
def retrieve_account(world: World, params: Json, id: str) -> Json:
    return world.account(id)


@endpoint("GET", "/v1/accounts", "AccountListParams", LIST)
def list_accounts(world: World, params: Json) -> Json:
    return page(world.all("account"), params, "/v1/accounts")


@endpoint("POST", "/v1/accounts/<id>", "AccountUpdateParams", CHANGE)
def update_account(world: World, params: Json, id: str) -> Json:
    account = world.account(id)
    before = deepcopy(account)
    apply(world, account, params)
    if account != before:
        tell(world, "account.updated", account, before, account)
    return account


@endpoint(
    "POST",
    "/v1/account_links",
    "AccountLinkCreateParams",
    {
        "account": text(required=True),
        "collection_options": nested(
            {
                "fields": one_of("currently_due", "eventually_due"),
                "future_requirements": one_of("include", "omit"),
            }
        ),
        "refresh_url": text(required=True),
        "return_url": text(required=True),
        "type": one_of("account_onboarding", "account_update", required=True),
    },
)
def create_account_link(world: World, params: Json) -> Json:
    account = world.account(params["account"])
    token = world.new_id("")
    world.secrets[token] = params
    return {
        "object": "account_link",
        "created": world.now(),
        "expires_at": world.now() + 300,
        "url": f"{world.url}/setup/e/{account['id']}/{token}",
    }


@endpoint("POST", "/v1/accounts/<id>/login_links", "AccountLoginLinkCreateParams")
def create_login_link(world: World, params: Json, id: str) -> Json:
    account = world.account(id)
    if not account["details_submitted"]:
        raise invalid(
            "Cannot create a login link for an account that has not completed onboarding."
        )
    url = f"https://connect.stripe.com/express/{id}/{world.new_id('')}"
    return {"object": "login_link", "created": world.now(), "url": url}


@endpoint(
    "POST",
    "/v1/transfers",
    "TransferCreateParams",
    {
        "amount": integer(1, required=True),
        "currency": currency(required=True),
        "description": text(),
        "destination": text(required=True),
        "metadata": metadata(),
        "source_transaction": text(),
        "source_type": one_of("bank_account", "card", "fpx"),
        "transfer_group": text(),
    },
)
def create_transfer(world: World, params: Json) -> Json:
    amount, coin, destination = params["amount"], params["currency"], params["destination"]
    account = world.objects.get("account", {}).get(destination)
    if account is None:
        raise missing("destination", destination, "destination", 400)
    if world.secrets.get(destination) == "deauthorized":
        raise no_access(destination)
    if account["capabilities"].get("transfers") != "active":
        raise destination_restricted()
    wait = 0
    if "source_transaction" in params:
        wait = wait_for_source(world, params)
    elif world.ledger().available[coin] < amount:
        raise balance_insufficient()
    id = world.new_id("tr_")
    payment = world.new_id("py_")
    transfer = world.new(
        "transfer",
        {
            "id": id,
            "amount_reversed": 0,
            "balance_transaction": world.post("transfer", -amount, coin, id, available_in=wait),
            "destination_payment": payment,
            "reversals": page([], {}, f"/v1/transfers/{id}/reversals"),
            "reversed": False,
            "source_type": "card",
        }
        | params,
    )
    world.post(
        "payment",
        amount,
        coin,
        payment,
        category="charge",
        available_in=wait,
        account=destination,
    )
    world.emit("transfer.created", transfer)
    return transfer


def wait_for_source(world: World, params: Json) -> int:
    """Seconds until a charge's funds are there: a transfer from it need not wait, and Stripe caps
    the sum of its transfers at the charge."""
    charge = world.get("charge", params["source_transaction"], "source_transaction")
    taken = sum(
        transfer["amount"] - transfer["amount_reversed"]
        for transfer in world.all("transfer")
        if transfer["source_transaction"] == charge["id"]
    )
    left = charge["amount_captured"] - charge["amount_refunded"] - taken
    if params["amount"] > left:
        raise invalid(
            f"The transfer amount ({money(params['amount'], params['currency'])}) exceeds what is"
            f" left of the source transaction ({money(left, charge['currency'])}).",
            param="amount",
        )
    settled = charge["balance_transaction"]
    funds = world.get("balance_transaction", settled) if settled else None
    return max(0, funds["available_on"] - world.now()) if funds else 0


@endpoint("GET", "/v1/transfers/<id>", "TransferRetrieveParams")
def retrieve_transfer(world: World, params: Json, id: str) -> Json:
    return world.get("transfer", id)


@endpoint(
    "GET",
    "/v1/transfers",
    "TransferListParams",
    {**LIST, "destination": text(), "transfer_group": text()},
)
def list_transfers(world: World, params: Json) -> Json:
    return page(world.all("transfer"), params, "/v1/transfers")


@endpoint(
    "POST",
    "/v1/transfers/<id>/reversals",
    "TransferReversalCreateParams",
    {
        "amount": integer(1),
        "metadata": metadata(),
    },
)
def create_reversal(world: World, params: Json, id: str) -> Json:
    transfer = world.get("transfer", id)
    left = transfer["amount"] - transfer["amount_reversed"]
    amount, coin = params.get("amount", left), transfer["currency"]
    if left == 0:
        raise invalid(f"Transfer {id} is already fully reversed.")
    if amount > left:
        raise invalid(
            f"Reversal amount ({money(amount, coin)}) is greater than unreversed amount on"
            f" transfer ({money(left, coin)})",
            param="amount",
        )
    if world.ledger(transfer["destination"]).available[coin] < amount:
        raise balance_insufficient()
    before = deepcopy(transfer)
    reversal_id = world.new_id("trr_")
    reversal = world.new(
        "transfer_reversal",
        {
            "id": reversal_id,
            "amount": amount,
            "balance_transaction": world.post(
                "transfer_refund", amount, coin, reversal_id, category="transfer_reversal"
            ),
            "currency": coin,
            "destination_payment_refund": world.new_id("pyr_"),
            "metadata": params.get("metadata", {}),
            "transfer": id,
        },
    )
    world.post(
        "payment_refund",
        -amount,
        coin,
        reversal["destination_payment_refund"],
        category="refund",
        account=transfer["destination"],
    )
    transfer["amount_reversed"] += amount
    transfer["reversed"] = transfer["amount_reversed"] == transfer["amount"]
    transfer["reversals"]["data"].insert(0, reversal)
    world.emit("transfer.reversed", transfer, before)
    return reversal


@endpoint("GET", "/v1/transfers/<id>/reversals", "TransferReversalListParams", PAGE)
def list_reversals(world: World, params: Json, id: str) -> Json:
    world.get("transfer", id)
    mine = [it for it in world.all("transfer_reversal") if it["transfer"] == id]
    return page(mine, params, f"/v1/transfers/{id}/reversals")


def open_account(world: World) -> Json:
    """An account as after its onboarding, of which nobody is told."""
    account = create_account(world, {"type": "express"})
    account |= {
        "capabilities": {"transfers": "active"},
        "details_submitted": True,
        "payouts_enabled": True,
        "requirements": requirements(),
    }
    return account


def set_account(
    world: World,
    id: str,
    *,
    status: str,
    due: Sequence[str] = (),
    disabled_reason: str | None = None,
    details_submitted: bool = True,
) -> Json:
    """Stripe's view of an account changes: every capability gets `status`, and what may be done
    follows. Emits an event for each capability that changed, and one for the account."""
    account = world.account(id)
    before = deepcopy(account)
    is_active = status == "active"
    account |= {
        "charges_enabled": is_active and "card_payments" in account["capabilities"],
        "payouts_enabled": is_active,
        "details_submitted": details_submitted,
        "requirements": requirements(due, disabled_reason),
    }
    if details_submitted:
        account["tos_acceptance"] |= {"date": world.now(), "ip": "192.0.2.1", "user_agent": None}
    for name in account["capabilities"]:
        set_capability(world, account, name, status)
    if account != before:
        tell(world, "account.updated", account, before, account)
    return account


def set_capability(world: World, account: Json, name: str, status: str) -> None:
    previous = account["capabilities"].get(name)
    if previous == status:
        return
    account["capabilities"][name] = status
    needs = account["requirements"]
    reason = CAPABILITY_REASON.get(needs["disabled_reason"])
    capability = fill(
        "capability",
        {
            "id": name,
            "object": "capability",
            "account": account["id"],
            "future_requirements": requirements(),
            "requested": True,
            "requested_at": account["created"],
            "requirements": needs | {"disabled_reason": reason},
            "status": status,
        },
    )
    before = capability | {"status": previous or "unrequested"}
    tell(world, "capability.updated", capability, before, account)


# What is told of an account that was made by v2, instead of v1's snapshot.
THIN = {
    "account.updated": "v2.core.account[requirements].updated",
    "capability.updated": "v2.core.account[configuration.recipient].capability_status_updated",
}


def tell(world: World, type: str, thing: Json, before: Json, account: Json) -> None:
    """Emits an event of a connected account, in the way of the API that made it."""
    if account["id"] in world.objects.get("v2.core.account", {}):
        world.notify(THIN[type], account["id"])
    else:
        world.emit(type, thing, before, account=account["id"])


def apply(world: World, account: Json, params: Json) -> None:
    """What the platform may say about an account, at its creation and later."""
    set_metadata(account, params.get("metadata"))
    account["business_profile"] |= params.get("business_profile", {})
    plain = ("business_type", "default_currency", "email")
    account |= {key: params[key] for key in plain if key in params}
    payouts = params.get("settings", {}).get("payouts", {})
    account["settings"]["payouts"]["schedule"] |= payouts.get("schedule", {})
    for name, wish in params.get("capabilities", {}).items():
        if wish.get("requested") and name not in account["capabilities"]:
            status = "active" if account["payouts_enabled"] else "inactive"
            set_capability(world, account, name, status)


def deauthorize(world: World, id: str) -> None:
    """The account's owner disconnects it: the platform can no longer reach it."""
    world.account(id)
    world.secrets[id] = "deauthorized"
    application = {"id": "ca_fake", "object": "application", "name": None}
    world.emit("account.application.deauthorized", application, account=id)


def requirements(due: Sequence[str] = (), disabled_reason: str | None = None) -> Json:
    lists: Json = {name: [] for name in ("alternatives", "errors", "past_due")}
    return lists | {
        "current_deadline": None,
        "currently_due": list(due),
        "disabled_reason": disabled_reason,
        "eventually_due": list(due),
        "pending_verification": [],
    }


def controller(params: Json) -> Json:
    """Who pays fees, bears losses and collects requirements: as asked, or as the type has it."""
    type = params.get("type", "standard")
    by_type: Json = {
        "fees": {"payer": "account" if type == "standard" else f"application_{type}"},
        "losses": {"payments": "stripe" if type == "standard" else "application"},
        "requirement_collection": "application" if type == "custom" else "stripe",
        "stripe_dashboard": {"type": {"standard": "full", "custom": "none"}.get(type, type)},
    }
    asked: Json = params.get("controller", {})
    return by_type | asked | {"is_controller": True, "type": "application"}
