"""A test run without PgBouncer says at its end what it did not run."""

from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

CONFTEST = """
import shutil
from tests.conftest import pytest_terminal_summary

which = shutil.which
shutil.which = lambda program, **where: None if program == "pgbouncer" else which(program, **where)
"""
TESTS = """
import pytest
from tests.support.pgbouncer import pgbouncer_program

@pytest.mark.parametrize("number", range(3))
def test_through_pgbouncer(number):
    pgbouncer_program()

def test_another():
    pytest.skip("for another reason")
"""


@pytest.mark.faults
@pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["one process", "two workers"])
def test_the_last_lines_say_what_did_not_run(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, workers: list[str]
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent.parent))
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(TESTS)
    done = pytester.runpytest_subprocess("-ra", *workers)
    done.assert_outcomes(skipped=4)
    assert done.outlines[-2] == (
        "PgBouncer is not installed, so 3 tests through PgBouncer did not run; to run them: "
        "apt-get install pgbouncer"
    )
