"""The reference page names every public member, and documentation tools see what a caller gets."""

import inspect
import re
from collections.abc import Callable
from typing import Any

import pytest

from hostsdb import AsyncStorage, Storage, api
from tools.generate_reference import PAGE, page, site_page


def public(kind: type) -> set[str]:
    return {name for name in dir(kind) if not name.startswith("_")}


def test_the_page_is_generated() -> None:
    assert PAGE.read_text() == page(), "run make reference"


def test_the_page_has_every_public_name_once() -> None:
    listed = re.findall(r"^\| `([\w.]+)` \| (.+) \|$", PAGE.read_text(), re.M)
    assert all(summary.endswith(".") for _, summary in listed)
    names = [name for name, _ in listed]
    assert sorted(name for name in names if "." not in name) == sorted(api.__all__)
    assert (
        {name.partition(".")[2] for name in names if "." in name} == public(Storage) == public(AsyncStorage)
    )


def test_the_site_has_the_docstring_of_every_public_name() -> None:
    sections = site_page().split("\n::: hostsdb.api.")[1:]
    names = {section.split("\n")[0]: section for section in sections}
    assert sorted(names) == sorted(api.__all__) and len(sections) == len(names)
    members = re.findall(r"^        - (\w+)$", names["Storage"], re.M)
    assert set(members) == public(Storage)


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
