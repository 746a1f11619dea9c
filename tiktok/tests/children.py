"""The memory of the child processes that have ended."""

import resource

import pytest


def greediest_child_kb() -> int:
    """Return the largest resident size that a child of this process has had, in kB (Linux)."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss


@pytest.fixture
def greediest_before() -> int:
    """The same before the test: children of other tests count as well."""
    return greediest_child_kb()
