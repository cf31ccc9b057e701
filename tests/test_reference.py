"""The reference page names every public member, and documentation tools see what a caller gets."""

import inspect
from collections.abc import Callable
from typing import Any

import pytest

from hostsdb import AsyncStorage, Storage, api
from tools.generate_reference import PAGE, page


def public(kind: type) -> set[str]:
    return {name for name in dir(kind) if not name.startswith("_")}


def test_the_page_is_generated() -> None:
    assert PAGE.read_text() == page(), "run make reference"


def test_the_page_has_every_public_member() -> None:
    sections = PAGE.read_text().split("\n::: hostsdb.api.")[1:]
    names = {section.split("\n")[0]: section for section in sections}
    assert set(names) == set(api.__all__)
    for kind in (Storage, AsyncStorage):
        members = {
            line.strip(" -") for line in names[kind.__name__].split("\n") if line.startswith("        - ")
        }
        assert members == public(kind)


@pytest.mark.parametrize("kind", [Storage, AsyncStorage])
def test_a_method_shows_what_a_caller_gets(kind: type) -> None:
    methods: list[Callable[..., Any]] = [getattr(kind, name) for name in public(kind) - {"backend_name"}]
    for method in methods:
        signature = inspect.signature(method)
        assert "Operation" not in str(signature.return_annotation), method
        assert (method.__module__, method.__qualname__) == (
            kind.__module__,
            f"{kind.__name__}.{method.__name__}",
        )
        assert inspect.getdoc(method)
