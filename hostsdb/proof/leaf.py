"""The content of a leaf: the columns of an event as bytes. This form never changes."""

from __future__ import annotations

from collections.abc import Sequence

from hostsdb.columns import NOT_READABLE, moment
from hostsdb.errors import InvalidData

COLUMNS = (
    "event_id",
    "aggregate_id",
    "event_type",
    "event_version",
    "ip_address",
    "hostname",
    "comment",
    "tags",
    "aliases",
    "priority",
    "event_timestamp",
    "metadata",
    "created_at",
    "created_by",
    "expected_version",
)
_HAPPENED, _CREATED = map(COLUMNS.index, ("event_timestamp", "created_at"))
_WHOLE, _BLANK = len("2026-01-31 12:00:00.000000+00:00"), ord(" ")
_LENGTH = 8

_NULL = b"\0"


class _Heads(dict[int, bytes]):
    """What comes before the bytes of a column, by their number: a byte 1 and the number."""

    def __missing__(self, length: int) -> bytes:
        return b"\1" + length.to_bytes(_LENGTH, "big")


_heads = _Heads()
_heads.update((length, _heads[length]) for length in range(256))  # most columns are short


def encode(columns: Sequence[bytes | None]) -> bytes:
    """Return the content of a leaf.

    Arguments:
        columns: the values of COLUMNS as UTF-8, with times as time_bytes returns them.
    """
    heads = _heads
    return b"".join([_NULL if value is None else heads[len(value)] + value for value in columns])


def encode_stored(columns: Sequence[bytes | None]) -> bytes:
    """Return the content of a leaf from the stored bytes of COLUMNS: times are as SQLite stores them."""
    values = list(columns)
    created = values[_CREATED]
    values[_CREATED] = written = time_bytes(created)
    # Most events have the same time twice.
    values[_HAPPENED] = written if values[_HAPPENED] == created else time_bytes(values[_HAPPENED])
    return encode(values)


def time_bytes(stored: bytes | None) -> bytes | None:
    """Return a time as `YYYY-MM-DDTHH:MM:SS.ffffffZ`. What is not a time is not changed."""
    if stored is None:
        return None
    if (
        len(stored) == _WHOLE and stored[10] == _BLANK and stored.endswith(b"+00:00")
    ):  # what the schema writes
        return stored[:10] + b"T" + stored[11:26] + b"Z"
    try:
        return moment(stored.decode()).isoformat(timespec="microseconds")[:26].encode() + b"Z"
    except NOT_READABLE:
        return stored


def decode(data: bytes) -> dict[str, str | None]:
    r"""Return the columns of a leaf's content by name. A byte that is not UTF-8 is shown as `\xff`.

    Raises:
        InvalidData: it is not the content of a leaf.
    """
    columns: dict[str, str | None] = {}
    for name in COLUMNS:
        kind, data = data[:1], data[1:]
        if kind == _NULL:
            columns[name] = None
            continue
        length, data = int.from_bytes(data[:_LENGTH], "big"), data[_LENGTH:]
        if kind != b"\1" or len(data) < length:
            break
        columns[name], data = data[:length].decode(errors="backslashreplace"), data[length:]
    if data or len(columns) < len(COLUMNS):
        raise InvalidData("this is not the content of an event")
    return columns
