"""Rows that the schema does not allow: from an older file, or stored while a guard was missing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any

from hostsdb.columns import NOT_READABLE, Unreadable, integer, metadata, moment, storable, texts, version
from hostsdb.errors import escaped

Row = tuple[Any, ...]


class Undecodable(tuple[Any, ...]):
    """A row with a text that is not UTF-8. Only SQLite can store one.

    Each byte that is not UTF-8 is a lone surrogate, as `surrogateescape` makes it. Unpacking the row raises Unreadable,
    so that reading other rows costs no check.
    """

    __slots__ = ()

    def __iter__(self) -> Iterator[Any]:
        raise Unreadable("a text is not UTF-8")

    def __getitem__(self, key: Any) -> Any:
        found = super().__getitem__(key)
        return Undecodable(found) if isinstance(key, slice) else found


def plain(row: Row) -> Row:
    """Return the columns of a row, also of an Undecodable."""
    return tuple.__getitem__(row, slice(None))


def _text(value: str) -> None:
    if not isinstance(value, str):
        raise Unreadable("it is not a text")
    storable(value)


_IS_NOT: list[tuple[Callable[[Any], Any], str, set[str]]] = [
    (texts, "a JSON array of strings", {"tags", "aliases"}),
    (metadata, "a JSON object of previous values", {"metadata"}),
    (version, "a ULID", {"event_version"}),
    (moment, "a time", {"event_timestamp", "created_at", "updated_at"}),
    (integer, "an integer", {"position", "priority", "first_position", "entry_count", "event_log_position"}),
]
_CHECKS = {name: (check, words) for check, words, names in _IS_NOT for name in names}
_TEXT = (_text, "Unicode text without NUL characters")


def find_reason(names: Iterable[str], row: Row, error: Exception | None = None) -> str:
    """Return why a row cannot be read, without its values; an empty text if every column can be read.

    Arguments:
        names: the names of the columns.
        row: a row, also an Undecodable.
        error: what reading the row raised.
    """
    for name, value in zip(names, plain(row), strict=True):
        check, words = _CHECKS.get(name, _TEXT)
        try:
            if value is not None:
                check(value)
        except NOT_READABLE:
            return f"{name} is not {words}"
    if error is None:
        return ""
    return str(error) if isinstance(error, Unreadable) else "its columns do not fit together"


def shown(value: object) -> str | None:
    r"""Return the value of a column as text that every program can store: a NUL becomes `\x00`; None for NULL."""
    if value is None:
        return None
    text = value.isoformat(" ") if isinstance(value, datetime) else str(value)
    return "".join(escaped(c) if c == "\0" or "\ud800" <= c <= "\udfff" else c for c in text)
