"""What every fork of a job needs, loaded once: importing it again took longer than most runs."""

import gc
from importlib import import_module

import jobs.cli  # noqa: F401
import tests.jobs.forked  # noqa: F401

# What the program itself imports only when it comes to need it.
for name in (
    "httpcore",
    "netrc",
    "stripe._balance_service",
    "stripe._customer_service",
    "stripe._invoice_payment_service",
    "stripe._invoice_service",
    "stripe._payment_method_service",
    "stripe._price_service",
    "stripe._product_service",
    "stripe._setup_intent_service",
    "stripe._subscription_service",
    "stripe._webhook_endpoint_service",
):
    import_module(name)

# A fork that looks through what it has inherited copies it.
gc.freeze()
