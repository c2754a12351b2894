"""A stateful stand-in for Stripe's API, for the unmodified `stripe` package to talk to."""

from .client import FakeStripe
from .control import Control
from .remote import ControlError

__all__ = ["Control", "ControlError", "FakeStripe"]
