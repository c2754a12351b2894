"""One performance of the demo, for all tests of a worker."""

from __future__ import annotations

import pytest

from tests.demo.recording import Performance


@pytest.fixture(scope="session")
def performance(tmp_path_factory: pytest.TempPathFactory) -> Performance:
    performance = Performance(tmp_path_factory.mktemp("demo"))
    performance.play()
    return performance
