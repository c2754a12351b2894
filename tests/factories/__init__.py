"""The marketplace in a line each: people, lessons, bookings and money, made as the real roles.

Everything works on one superuser's connection, in a transaction that is rolled back or committed,
and takes each step as the role that takes it in production: a signed-in person, the webhook
service, the jobs, or an admin in Studio.
"""

from __future__ import annotations

from tests.factories.bookings import Booking, Bookings, Credit
from tests.factories.database import Refusal, Service, refusal
from tests.factories.payments import API_VERSION
from tests.factories.payouts import Payouts
from tests.factories.people import MARKETPLACE, Instructor
from tests.factories.stripe_objects import (
    account_object,
    charge_transaction,
    dispute_object,
    dispute_transaction,
    intent_object,
    refund_object,
    transfer_object,
)

__all__ = [
    "API_VERSION",
    "MARKETPLACE",
    "Booking",
    "Credit",
    "Instructor",
    "Refusal",
    "Service",
    "World",
    "account_object",
    "charge_transaction",
    "dispute_object",
    "dispute_transaction",
    "intent_object",
    "refund_object",
    "refusal",
    "transfer_object",
]


class World(Bookings, Payouts):
    """A marketplace in one database."""
