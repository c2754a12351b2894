"""Fees, invoices and sellers. Whatever a test does here, the books agree when it ends."""

from __future__ import annotations

from tests.health import healthy_committed_world, healthy_world

__all__ = ["healthy_committed_world", "healthy_world"]
