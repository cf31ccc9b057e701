"""The hosts of a file in a temporary table. The statements of an import compare this table with host_entries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from hostsdb import rows
from hostsdb.formats.record import BadLine, HostRecord
from hostsdb.model import ImportSummary
from hostsdb.operations.steps import Load, Operation, run

Mode = Literal["skip", "replace", "mirror"]
Row = tuple[int, str, str, str, str | None, str | None, int | None]

_CHUNK = 10_000


@dataclass
class Staged:
    """How many records were read, and how many of them were bad and are not in the temporary table."""

    read: int = 0
    bad: int = 0

    def good_rows(self, records: Iterable[HostRecord | BadLine], tags: list[str]) -> Iterator[Row]:
        """Yield the rows of the good records. Count both kinds."""
        for record in records:
            self.read += 1
            if isinstance(record, BadLine):
                self.bad += 1
                continue
            all_tags = None if record.tags is None else rows.texts_to_json(union(record.tags, tags))
            aliases = rows.texts_to_json(record.aliases)
            details = aliases, record.comment, all_tags, record.priority
            yield record.number, record.ip_address, record.hostname, *details

    def summary(self, mode: Mode, added: int, changed: int, removed: int) -> Operation[ImportSummary]:
        """Return the summary of an import that adds, changes and removes these numbers of hosts."""
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


def stage(records: Iterable[HostRecord | BadLine], tags: list[str]) -> Operation[Staged]:
    """Load the good records into the temporary table, in the current transaction.

    Arguments:
        records: read once, in chunks; memory never holds all of them.
        tags: added to the tags of each record that has tags.
    """
    yield from run("create_import")
    staged = Staged()
    lines = staged.good_rows(records, tags)
    while chunk := list(islice(lines, _CHUNK)):
        yield Load("load_import", chunk)
    return staged


def union(first: Iterable[str], second: Iterable[str]) -> list[str]:
    """Return the texts of both, each once, in the order of their first occurrence."""
    return list(dict.fromkeys([*first, *second]))
