"""docs/guarantees.md promises nothing without a test."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROWS = [
    row
    for row in (ROOT / "docs" / "guarantees.md").read_text().splitlines()
    if row.startswith("|") and not row.startswith(("| promise", "|---"))
]


@pytest.mark.parametrize("row", ROWS)
def test_a_promise_names_its_tests(row: str) -> None:
    _, promise, engines, tests, _ = row.split("|")
    assert promise.strip() and set(engines.split()) <= {"P", "D", "S"} and engines.strip()
    named = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", tests)
    assert named
    for file, test in named:
        assert re.search(rf"^(?:async )?def {test}\(", (ROOT / file).read_text(), re.M), (
            f"{file} has no {test}"
        )


def test_there_are_promises() -> None:
    assert len(ROWS) > 30
