"""docs/schema.md shows the schema that the migrations make."""

from __future__ import annotations

import re

from hostsdb.rows import EVENT_COLUMNS
from tools.generate_diagram import PAGE, page


def test_the_page_is_what_the_migrations_make(postgres_url: str) -> None:
    text = PAGE.read_text("utf-8")
    assert page(text, postgres_url) == text, "run: make schema"


def test_the_diagram_has_each_column_once() -> None:
    (events,) = re.findall(r"^    host_events \{\n(.*?)^    \}", PAGE.read_text("utf-8"), re.M | re.S)
    assert tuple(line.split()[1] for line in events.splitlines()) == EVENT_COLUMNS
