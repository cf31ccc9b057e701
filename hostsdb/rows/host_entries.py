"""Rows of host_entries as hosts."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import fields, make_dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from hostsdb.columns import NOT_READABLE, Unreadable, moment, storable, tags, texts, version
from hostsdb.model import HostEntry
from hostsdb.reports import cannot_be_read, report
from hostsdb.unreadable import find_reason

Row = tuple[Any, ...]
T = TypeVar("T")

ENTRY_COLUMNS = (
    "id",
    "ip_address",
    "hostname",
    "comment",
    "tags",
    "aliases",
    "priority",
    "created_at",
    "updated_at",
    "event_version",
    "first_position",
)

# A class with the slots of HostEntry that is not frozen. The constructor of a frozen class calls a function for each
# field and takes 1.5 times as long. The slots are the same, so an object of this class can become a HostEntry.
_Draft: Any = make_dataclass("_Draft", [field.name for field in fields(HostEntry)], slots=True)
_new = _Draft.__new__
_parsed = datetime.fromisoformat


def entry(row: Row) -> HostEntry:
    """Return the HostEntry of a row of host_entries.

    Raises:
        Unreadable: the row cannot be read.
    """
    try:
        return _entry(row)
    except NOT_READABLE as error:
        raise Unreadable(cannot_be_read("host", row[0], find_reason(ENTRY_COLUMNS, row, error))) from error


def _entry(row: Row) -> HostEntry:
    made = _new(_Draft)
    (
        made.id,
        made.ip_address,
        made.hostname,
        made.comment,
        tags_,
        aliases,
        made.priority,
        created,
        updated,
        made.event_version,
        made.first_position,
    ) = row
    made.tags, made.aliases = tags(tags_), texts(aliases)
    # What `moment` does with text, without a call for each of the two.
    if type(created) is str:
        created, updated = _parsed(created), _parsed(updated)
    is_utc = created.tzinfo is UTC is updated.tzinfo
    made.created_at, made.updated_at = (created, updated) if is_utc else (moment(created), moment(updated))
    made.__class__ = HostEntry
    return made  # type: ignore[no-any-return]


def made_of(values: Iterable[Any]) -> HostEntry:
    """Return the HostEntry with these values, in the order of its fields, in a fifth of the constructor's time."""
    made = _new(_Draft)
    (
        made.id,
        made.ip_address,
        made.hostname,
        made.comment,
        made.tags,
        made.aliases,
        made.created_at,
        made.updated_at,
        made.event_version,
        made.priority,
        made.first_position,
    ) = values
    made.__class__ = HostEntry
    return made  # type: ignore[no-any-return]


def entries(rows: Sequence[Row], concerns: Callable[[Row], bool] = lambda row: True) -> list[HostEntry]:
    """Return the HostEntry of each row of host_entries, in their order. Report rows that cannot be read.

    Arguments:
        rows: the rows.
        concerns: says whether to report a row that cannot be read.
    """
    # The garbage collector would traverse the new values again and again, and none of them is garbage. It took a
    # quarter of the time for 100,000 rows. Of concurrent threads, the first one enables it again.
    was_on = gc.isenabled()
    gc.disable()
    try:
        return list(map(_entry, rows))
    except NOT_READABLE:
        return list(readable(rows, _entry, "host", ENTRY_COLUMNS, concerns))
    finally:
        if was_on:
            gc.enable()


def readable(
    rows: Iterable[Row],
    read: Callable[[Row], T],
    kind: str,
    columns: Sequence[str],
    concerns: Callable[[Row], bool] = lambda row: True,
) -> Iterator[T]:
    """Yield the values of rows. Report rows that cannot be read.

    Arguments:
        rows: rows of one table.
        read: returns the value of a row.
        kind: what a row is, for the report.
        columns: the columns of a row; the first one identifies it.
        concerns: says whether to report a row that cannot be read.
    """
    for row in rows:
        try:
            yield read(row)
        except NOT_READABLE as error:
            if concerns(row):
                report(kind, row[0], find_reason(columns, row, error))


def changeable(entries: Iterable[HostEntry]) -> list[HostEntry]:
    """Return the hosts whose chain an event can follow. Report the others: their rows break a rule of the schema."""
    found = []
    for entry in entries:
        try:
            version(entry.event_version)
            storable(entry.id + entry.ip_address + entry.hostname + (entry.comment or ""))
            found.append(entry)
        except NOT_READABLE as error:
            report("host", entry.id, str(error))
    return found
