import pytest

from tests.cache.processes import environment_in


@pytest.fixture
def environment(tmp_path):
    """Variables for a process that keeps its drivers in a folder of its own."""
    return environment_in(tmp_path)
