"""requirements-dev.lock satisfies pyproject.toml, and has hashes; both are compared offline."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent
LOCK = (ROOT / "requirements-dev.lock").read_text()
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
EXTRAS = PYPROJECT["project"]["optional-dependencies"]
REQUIRED = [
    *PYPROJECT["build-system"]["requires"],
    *PYPROJECT["project"]["dependencies"],
    *EXTRAS["postgres"],
    *EXTRAS["duckdb"],
    *EXTRAS["octodns"],
    *PYPROJECT["dependency-groups"]["dev"],
]


@pytest.mark.parametrize("text", REQUIRED)
def test_the_lock_satisfies_a_requirement(text: str) -> None:
    requirement = Requirement(text)
    # A package can have one version for older Pythons and another for newer ones.
    versions = re.findall(rf"^{re.escape(requirement.name)}==(\S+)", LOCK, re.M)
    assert versions and all(version in requirement.specifier for version in versions), "run: make update"


def test_each_package_in_the_lock_has_a_version_and_hashes() -> None:
    entries = [entry for entry in re.split(r"\n(?=\S)", LOCK.strip()) if not entry.startswith("#")]
    assert len(entries) > len(REQUIRED)
    wrong = [e for e in entries if not re.match(r"[\w.-]+==\S+ (?:;[^\n]*)?\\\n +--hash=sha256:", e)]
    assert wrong == []


def test_the_lock_is_made_for_the_lowest_python() -> None:
    lowest = PYPROJECT["project"]["requires-python"].removeprefix(">=")
    assert f"--python-version {lowest} " in (ROOT / "Makefile").read_text()
