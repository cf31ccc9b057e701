"""The hosts of a file in a temporary table, where the statements of an import compare them with what is there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Literal, Protocol

from hostsdb import rows
from hostsdb.formats.record import BadLine
from hostsdb.model import ImportSummary
from hostsdb.operations.steps import Load, Operation, run

Mode = Literal["skip", "replace", "mirror"]

_CHUNK = 10_000


class Record(Protocol):
    """A host as a file tells of it, in canonical form; it may have `tags` too, where its format has them."""

    @property
    def number(self) -> int:
        """The line or the element, from 1."""

    @property
    def ip_address(self) -> str:
        """The address."""

    @property
    def hostname(self) -> str:
        """The name."""

    @property
    def aliases(self) -> tuple[str, ...]:
        """Its other names."""

    @property
    def comment(self) -> str | None:
        """The comment."""


@dataclass
class Staged:
    """How many records were read, and how many of them were bad and did not go into the temporary table."""

    read: int
    bad: int

    def summary(self, mode: Mode, added: int, changed: int, removed: int) -> Operation[ImportSummary]:
        """Return what an import that has added, changed and removed so many hosts tells its caller."""
        good = self.read - self.bad
        pairs = added
        if mode != "skip":
            ((pairs,),) = yield from run("count_imported_pairs")
        return ImportSummary(
            read=self.read,
            added=added,
            changed=changed,
            removed=removed,
            unchanged=pairs - added - changed,
            skipped=good - pairs,
            bad=self.bad,
        )


def stage(records: Iterable[Record | BadLine], tags: list[str]) -> Operation[Staged]:
    """Bring the good records into the temporary table, in the transaction that is open.

    Arguments:
        records: read once, and never held as a whole.
        tags: what each host that tells of its tags gets beside them.
    """
    yield from run("create_import")
    counted = _Counted(records, tags)
    while chunk := list(islice(counted, _CHUNK)):
        yield Load("load_import", chunk)
    return Staged(counted.read, counted.bad)


class _Counted:
    """The rows of the good records, counting both kinds on the way."""

    def __init__(self, records: Iterable[Record | BadLine], tags: list[str]) -> None:
        self.read = 0
        self.bad = 0
        self._tags = tags
        self._rows = self._each(records)

    def __iter__(self) -> Iterator[tuple[int, str, str, str, str | None, str | None]]:
        return self._rows

    def _each(
        self, records: Iterable[Record | BadLine]
    ) -> Iterator[tuple[int, str, str, str, str | None, str | None]]:
        for record in records:
            self.read += 1
            if isinstance(record, BadLine):
                self.bad += 1
                continue
            aliases = rows.texts_to_json(record.aliases)
            told = getattr(record, "tags", None)
            tags = None if told is None else rows.texts_to_json(union(told, self._tags))
            yield record.number, record.ip_address, record.hostname, aliases, record.comment, tags


def union(first: Iterable[str], second: Iterable[str]) -> list[str]:
    """Return the texts of both, each once, in the order in which they come first."""
    return list(dict.fromkeys([*first, *second]))
