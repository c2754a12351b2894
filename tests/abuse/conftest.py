"""What entitled people try together. Each file is a story: what they do, and that it gains nothing.

Whatever a story does, the books and the calendar agree when it ends.
"""

from tests.health import healthy_committed_world, healthy_world

__all__ = ["healthy_committed_world", "healthy_world"]
