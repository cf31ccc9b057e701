"""The pictures of the documentation show what the commands print."""

from __future__ import annotations

import html
import re

import pytest

from tools.pictures import FOLDER, PICTURES, pictures


def words(svg: str) -> list[tuple[str, str]]:
    """Return the places and the texts of a picture. The rest depends on the version of rich."""
    return [
        (y, html.unescape(text)) for y, text in re.findall(r'<text[^>]* y="(\S+)"[^>]*>(.*?)</text>', svg)
    ]


def test_the_pictures_are_current() -> None:
    drawn = pictures()
    assert {file.stem for file in FOLDER.iterdir()} == set(drawn)
    for name, svg in drawn.items():
        assert words((FOLDER / f"{name}.svg").read_text("utf-8")) == words(svg), "run: make pictures"


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_loads_nothing(name: str) -> None:
    svg = (FOLDER / f"{name}.svg").read_text("utf-8")
    assert "@import" not in svg and "url(http" not in svg and 'href="http' not in svg
    assert PICTURES[name].split()[1] in svg
