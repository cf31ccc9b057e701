"""docs/schema.md shows the schema that the migrations make."""

from __future__ import annotations

import re

import pytest

import hostsdb
from hostsdb.rows import EVENT_COLUMNS
from tests.verifying.damage import raw
from tools.generate_diagram import PAGE, page


def test_the_page_is_what_the_migrations_make(postgres_url: str) -> None:
    text = PAGE.read_text("utf-8")
    assert page(text, postgres_url) == text, "run: make schema"


def test_the_diagram_has_each_column_once() -> None:
    (events,) = re.findall(r"^    host_events \{\n(.*?)^    \}", PAGE.read_text("utf-8"), re.M | re.S)
    assert tuple(line.split()[1] for line in events.splitlines()) == EVENT_COLUMNS


@pytest.mark.parametrize("engine", ["postgres", "duckdb", "sqlite"])
def test_the_statements_work_on_every_engine(engine: str, request: pytest.FixtureRequest) -> None:
    url = request.getfixturevalue(f"current_{engine}_url")
    (block,) = re.findall(r"^```sql\n(.*?)^```$", PAGE.read_text("utf-8"), re.M | re.S)
    read, *writes = (statement for statement in block.split(";\n") if statement.strip())
    with raw(url) as connection:
        for statement in writes:
            connection.execute(statement)
        assert connection.execute(read).fetchall() == [("192.168.1.10", "nas.lan", "[]")]
    with hostsdb.connect(url) as storage:
        assert [host.comment for host in storage.list_all()] == ["4 x 8 TB"]
        assert storage.verify() == []
