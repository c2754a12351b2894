"""Whatever a test does here, the books and the calendar agree when it ends."""

from tests.health import healthy_committed_world, healthy_world
from tests.schools.conftest import school

__all__ = ["healthy_committed_world", "healthy_world", "school"]
