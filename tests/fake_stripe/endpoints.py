"""The webhook endpoints that the controls have registered, as the API lists them."""

from __future__ import annotations

from .routes import PAGE, endpoint, page
from .webhooks import Endpoint
from .world import Json, World


def as_object(receiver: Endpoint) -> Json:
    """A receiver as Stripe shows it: without its secret, and without whose events it gets."""
    return {
        "id": receiver.id,
        "object": "webhook_endpoint",
        "api_version": receiver.api_version,
        "application": None,
        "created": receiver.created,
        "description": None,
        "enabled_events": receiver.enabled_events,
        "livemode": False,
        "metadata": {},
        "status": receiver.status,
        "url": receiver.url,
    }


@endpoint("GET", "/v1/webhook_endpoints", "WebhookEndpointListParams", PAGE)
def list_webhook_endpoints(world: World, params: Json) -> Json:
    receivers = [as_object(one) for one in world.webhooks.endpoints.values() if not one.thin]
    return page(receivers, params, "/v1/webhook_endpoints")
