"""How many examples of Hypothesis a slow test tries: a few in `make test`, and all of them in `make test-faults`."""

import pytest


def examples(few: int, all: int) -> pytest.MarkDecorator:
    """Give a test the argument `examples`, for the `settings` of a function inside it."""
    slow = pytest.param(all, id="all", marks=pytest.mark.faults)
    return pytest.mark.parametrize("examples", [pytest.param(few, id="few"), slow])
