"""The hosts of a file in a temporary table. The statements of an import compare this table with host_entries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from hostsdb import rows
from hostsdb.formats.record import BadLine, HostRecord, Record
from hostsdb.model import ImportSummary
from hostsdb.operations.steps import Load, Operation, run

Mode = Literal["skip", "replace", "mirror"]
Row = tuple[int, str, str, str, str | None, str | None, int | None]

_CHUNK = 10_000


@dataclass
class Staged:
    """The lines of a file, counted. Those of hosts are in the temporary table, each pair once."""

    read: int = 0
    good: int = 0
    bad: int = 0
    comments: int = 0
    blank: int = 0

    def good_rows(self, records: Iterable[Record], tags: list[str]) -> Iterator[Row]:
        """Yield the rows of the hosts. Count all kinds of records."""
        for record in records:
            if isinstance(record, HostRecord):
                self.good += 1
                self.bad += record.problem is not None
                all_tags = None if record.tags is None else rows.texts_to_json(union(record.tags, tags))
                aliases = rows.texts_to_json(record.aliases)
                details = aliases, record.comment, all_tags, record.priority
                yield record.number, record.ip_address, record.hostname, *details
            elif isinstance(record, BadLine):
                self.read += 1
                self.bad += 1
            elif record.kind == "comment":
                self.comments += 1
            else:
                self.blank += 1
        self.read += self.good

    def summary(
        self, added: int, changed: int, removed: int, differing: int, untagged: int
    ) -> Operation[ImportSummary]:
        """Return the summary of an import that adds, changes, removes and untags these numbers of hosts.

        Arguments:
            differing: the number of live hosts that differ from the file, before the import.
        """
        ((pairs,),) = yield from run("count_imported_pairs")
        return ImportSummary(
            read=self.read,
            added=added,
            changed=changed,
            removed=removed,
            untagged=untagged,
            identical=pairs - added - differing,
            differing=differing - changed,
            repeated=self.good - pairs,
            bad=self.bad,
            comments=self.comments,
            blank=self.blank,
        )


def load_lines(records: Iterable[Record], tags: list[str]) -> Operation[Staged]:
    """Load the hosts into the temporary table.

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


def merge_lines() -> Operation[None]:
    """Merge the loaded hosts of one pair, and assign those that are names of a stored host."""
    yield from run("assign_import")
    ((merged,),) = yield from run("merge_import")
    if merged:
        yield from run("drop_repeated")


def union(first: Iterable[str], second: Iterable[str]) -> list[str]:
    """Return the texts of both, each once, in the order of their first occurrence."""
    return list(dict.fromkeys([*first, *second]))
