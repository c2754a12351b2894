"""The balance, the balance transactions behind it, and the log of events."""

from __future__ import annotations

from .errors import invalid
from .params import flag, strings, text
from .routes import LIST, endpoint, page
from .world import Json, World


@endpoint("GET", "/v1/balance", "BalanceRetrieveParams")
def retrieve_balance(world: World, params: Json) -> Json:
    ledger = world.ledger(world.request.account)
    coins = sorted({world.settings.default_currency, *ledger.available, *ledger.pending})

    def amounts(funds: dict[str, int]) -> list[Json]:
        return [
            {
                "amount": funds.get(coin, 0),
                "currency": coin,
                "source_types": {"card": funds.get(coin, 0)},
            }
            for coin in coins
        ]

    return {
        "object": "balance",
        "available": amounts(ledger.available),
        "connect_reserved": [{"amount": 0, "currency": coin} for coin in coins],
        "livemode": False,
        "pending": amounts(ledger.pending),
    }


@endpoint("GET", "/v1/balance_transactions/<id>", "BalanceTransactionRetrieveParams")
def retrieve_balance_transaction(world: World, params: Json, id: str) -> Json:
    return world.get("balance_transaction", id)


@endpoint(
    "GET",
    "/v1/balance_transactions",
    "BalanceTransactionListParams",
    {**LIST, "currency": text(), "source": text(), "type": text()},
)
def list_balance_transactions(world: World, params: Json) -> Json:
    return page(world.all("balance_transaction"), params, "/v1/balance_transactions")


@endpoint("GET", "/v1/events/<id>", "EventRetrieveParams")
def retrieve_event(world: World, params: Json, id: str) -> Json:
    return world.get("event", id)


@endpoint(
    "GET",
    "/v1/events",
    "EventListParams",
    {**LIST, "delivery_success": flag(), "type": text(), "types": strings()},
)
def list_events(world: World, params: Json) -> Json:
    """The log: kept for 30 days, optionally only what was (or was not yet) delivered."""
    oldest = world.now() - 30 * 24 * 60 * 60
    events = [event for event in world.all("event") if event["created"] >= oldest]
    if "types" in params:
        types = params.pop("types")
        if len(types) > 20:
            raise invalid("Array types exceeded maximum 20 allowed elements.", param="types")
        events = [event for event in events if event["type"] in types]
    if "delivery_success" in params:
        wanted = params.pop("delivery_success")
        events = [it for it in events if world.webhooks.is_delivered(it) == wanted]
    return page(events, params, "/v1/events")
