"""Account sessions: what Stripe's embedded components need in a payee's browser."""

from __future__ import annotations

import stripe

from .params import flag, nested, text
from .routes import endpoint
from .world import Json, World

DECLARED = stripe.AccountSession.Components.__annotations__
COMPONENT = nested({"enabled": flag(required=True)})


@endpoint(
    "POST",
    "/v1/account_sessions",
    "AccountSessionCreateParams",
    {
        "account": text(required=True),
        "components": nested({"account_onboarding": COMPONENT, "notification_banner": COMPONENT}),
    },
)
def create_account_session(world: World, params: Json) -> Json:
    account = world.account(params["account"])
    asked = {name: component["enabled"] for name, component in params["components"].items()}
    return {
        "object": "account_session",
        "account": account["id"],
        "client_secret": f"accs_secret__{world.new_id('')}",
        "components": {
            name: {"enabled": asked.get(name, False), "features": features(name)}
            for name in DECLARED
        },
        "expires_at": world.now() + 3600,
        "livemode": False,
    }


def features(component: str) -> Json:
    """A component's features, none of which was asked for."""
    return dict.fromkeys(DECLARED[component].Features.__annotations__, False)
