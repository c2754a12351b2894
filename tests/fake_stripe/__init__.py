"""A stateful stand-in for Stripe's API, for the unmodified `stripe` package to talk to."""

from .client import Control, ControlError, FakeStripe

__all__ = ["Control", "ControlError", "FakeStripe"]
