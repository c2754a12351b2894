"""The webhook endpoints that have to exist at Stripe, and the events that each has to be sent."""

PATHS = {
    "platform": "/stripe/webhooks",
    "connect": "/stripe/connect-webhooks",
    "thin": "/stripe/thin-webhooks",
}

PAYOUTS = ("payout.created", "payout.updated", "payout.paid", "payout.failed", "payout.canceled")

EVENTS = {
    "platform": (
        "payment_intent.succeeded",
        "payment_intent.payment_failed",
        "payment_intent.processing",
        "payment_intent.requires_action",
        "payment_intent.amount_capturable_updated",
        "payment_intent.canceled",
        "charge.succeeded",
        "charge.updated",
        "refund.created",
        "refund.updated",
        "refund.failed",
        "charge.dispute.created",
        "charge.dispute.updated",
        "charge.dispute.closed",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.funds_reinstated",
        "radar.early_fraud_warning.created",
        "transfer.created",
        "transfer.updated",
        "transfer.reversed",
        *PAYOUTS,
        "topup.succeeded",
        "topup.reversed",
    ),
    "connect": (
        "account.updated",
        "account.application.deauthorized",
        "capability.updated",
        *PAYOUTS,
    ),
    # Only where payees' accounts are of Accounts API v2.
    "thin": (
        "v2.core.account.updated",
        "v2.core.account.closed",
        "v2.core.account[configuration.recipient].updated",
        "v2.core.account[configuration.recipient].capability_status_updated",
        "v2.core.account[defaults].updated",
        "v2.core.account[identity].updated",
        "v2.core.account[requirements].updated",
    ),
}
