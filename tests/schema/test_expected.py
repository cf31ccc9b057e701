"""The checked-in catalogues are what our migrations make, on the server under test too."""

import pytest

from hostsdb.schema.catalogue import differences
from hostsdb.schema.sqlite_text import parts_of_table
from hostsdb.url import parse_url
from tools.generate_schema import FOLDER, expected_file


@pytest.mark.parametrize("dialect", ["postgres", "duckdb", "sqlite"])
def test_file_is_what_the_migrations_make(request: pytest.FixtureRequest, dialect: str) -> None:
    url = request.getfixturevalue(f"{dialect}_url")
    checked_in = (FOLDER / f"{parse_url(url).dialect}.json").read_text("utf-8")
    assert expected_file(url) == checked_in, "run: make schema"


def test_differences_are_said_in_words() -> None:
    long = "CREATE VIEW v AS SELECT " + ", ".join(f"column_{i}" for i in range(30))
    expected = {"table t": "", "column t.a": "text", "index i": "i ON t (a)", "view v": long}
    assert differences(expected, dict(expected)) == []
    actual = expected | {"column t.a": "integer", "view v": long.replace("column_7,", "lower(column_7),")}
    assert differences(expected, actual) == [
        "column t.a has `integer`, expected `text`",
        "view v differs: it has `lower(column_7),` where `column_7,` is expected",
    ]


def test_white_space_is_no_difference() -> None:
    assert differences({"view v": "SELECT a\n  FROM t"}, {"view v": "SELECT  a\r\nFROM t\r\n"}) == []


def test_a_missing_table_stands_for_what_was_in_it() -> None:
    expected = {"column t.a": "text", "constraint t.c": "CHECK (a)", "table t": "", "trigger t.g": "g"}
    assert differences(expected, {}) == ["table t is missing"]


def test_only_columns_and_constraints_of_ours_can_be_too_many() -> None:
    actual = {"table t": "", "index i": "", "trigger t.g": "", "view v": "", "table u": "", "column u.a": ""}
    assert differences({"table t": ""}, actual) == []
    assert differences({"table t": ""}, actual | {"column t.a": "", "constraint t.c": ""}) == [
        "column t.a does not belong there",
        "constraint t.c does not belong there",
    ]


def test_the_text_of_a_table_comes_apart() -> None:
    text = """CREATE TABLE t ( -- a comment, with a comma (and this
        a TEXT DEFAULT ('x, y' || ')') NOT NULL, "b" INTEGER,
        CONSTRAINT c CHECK (a <> ',' AND (b - 1 > 0))
    , d) STRICT"""
    assert [
        (kind, name, " ".join(words.split())) for kind, name, words in parts_of_table("table", "t", text)
    ] == [
        ("table", "t", "STRICT"),
        ("column", "t.a", "TEXT DEFAULT ('x, y' || ')') NOT NULL"),
        ("column", "t.b", "INTEGER"),
        ("constraint", "t.c", "CHECK (a <> ',' AND (b - 1 > 0))"),
        ("column", "t.d", ""),
    ]
