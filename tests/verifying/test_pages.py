"""A page of events is read column by column. Where a row cannot be read, its page is read row by row."""

from datetime import UTC, datetime
from typing import Any

import pytest

from hostsdb.model import UnknownEvent
from hostsdb.rows import EVENT_COLUMNS, all_readable, stored_event
from hostsdb.unreadable import Undecodable

VERSION = "01JQ0000000000000000000000"
TIME = "2026-01-01 00:00:00.000000+00:00"
VALID: dict[str, Any] = dict.fromkeys(EVENT_COLUMNS) | {
    "event_id": "E",
    "aggregate_id": "H",
    "event_type": "HostCreated",
    "event_version": VERSION,
    "ip_address": "10.0.0.1",
    "hostname": "h",
    "comment": "é",
    "tags": '["lan"]',
    "event_timestamp": TIME,
    "metadata": "{}",
    "created_at": datetime(2026, 1, 1, tzinfo=UTC),
    "position": 1,
}
VALUES: dict[str, list[Any]] = {
    "event_id": ["", None, 1, "a\0", "\udcff"],
    "event_type": ["HostDeleted", "Other", "", None, "TagsModified", "AliasesModified", "CommentUpdated"],
    "event_version": ["x", None, "", VERSION.lower(), 1, f"{VERSION}\n"],
    "ip_address": [None, "", 0, "a\0"],
    "hostname": [None, 0, "\ud800"],
    "comment": [None, "", 0, "\0"],
    "tags": [None, "", "[]", "[1]", "{}", "x", '["a"] ', '["\\u0000"]', '["\\ud800"]', "[" * 100_000, 1],
    "aliases": ['["a", "b"]', '"a"', "null", "\0"],
    "event_timestamp": ["x", None, 1, "infinity", datetime.max],  # noqa: DTZ901
    "metadata": [
        None,
        "",
        "[]",
        '{"a": 1, "a": 2}',
        '{"old_tags": 1}',
        '{"old_comment": "\\u0000"}',
        '{"x": "\0"}',
    ],
    "created_at": ["2026-01-01", "99999-01-01"],
    "created_by": ["me", 1, "\0"],
    "expected_version": ["x", "\udcff", 0],
}


def row(**values: Any) -> tuple[Any, ...]:
    return tuple((VALID | values).values())


def is_readable(row: tuple[Any, ...]) -> bool:
    return not isinstance(stored_event(row).event, UnknownEvent)


@pytest.mark.parametrize(("column", "value"), [(name, value) for name in VALUES for value in VALUES[name]])
def test_a_page_with_an_unreadable_row(column: str, value: Any) -> None:
    changed = row(**{column: value})
    # A row that is readable may be left to the slower way.
    assert is_readable(changed) or not all_readable([row(), changed, row()])


def test_a_page_without_one() -> None:
    page = [
        row(),
        row(event_type="CommentUpdated", comment="", metadata='{"old_comment":"a"}', created_by="me"),
        row(event_type="TagsModified", tags="[]", metadata='{"old_tags":["x"]}', expected_version=VERSION),
        row(event_type="HostDeleted", comment=None, tags=None),
    ]
    assert all(map(is_readable, page))
    assert all_readable(page)


def test_a_text_that_is_not_utf8() -> None:
    broken = Undecodable(row(comment="\udcff"))
    assert not is_readable(broken)
    assert not all_readable([row(), broken])
