"""A forked child that uses its parent's storage gets an error at once, and the parent notices nothing."""

import json
import re
import subprocess
import sys

import pytest

from tests.support.forking import CALLS

# DuckDB 2.0.0 lists what a child keeps of its parent; 2.0.1 does not.
KEPT = re.compile(r"(?:nanobind: | - leaked | - \.\.\. skipped|See https://nanobind).*\n?")


@pytest.mark.parametrize("style", ["sync", "async"])
def test_a_child_cannot_use_its_parents_storage(url: str, style: str) -> None:
    # Python 3.12 warns of a fork of a process with threads.
    program = [sys.executable, "-W", "ignore::DeprecationWarning", "-m", "tests.support.forking", style, url]
    done = subprocess.run(program, capture_output=True, text=True, timeout=60)
    assert (done.returncode, KEPT.sub("", done.stderr)) == (0, "")
    seen = json.loads(done.stdout)
    for child in ("outside", "inside"):
        answers, code = seen.pop(child)
        assert code == 0
        expected = CALLS.keys() | ({"watched"} if style == "sync" else set())
        assert answers == dict.fromkeys(expected, "fails")
    anew, code = seen.pop("anew")
    assert code == 0 and (anew == "anew" or ("duckdb" in url and "spawn instead of fork" in anew))
    names = ["anew", "first", "last"][anew != "anew" :]
    assert sorted(seen.pop("watched")) == seen["listed"] == seen["stored"] == names
    assert (seen["consumers"], seen["multiprocessing"], seen["verified"]) == (1, 7, 0)
