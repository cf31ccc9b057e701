"""hosts(5) as one of the formats; all that is known of it stands in `hostsdb.hostsfile`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hostsdb.formats.record import HostRecord, in_order
from hostsdb.hostsfile import BadLine, ByteStream, EntryLike, parse, read_lines, render_line


def read(stream: ByteStream) -> Iterator[HostRecord | BadLine]:
    """Read a hosts file; it says nothing of tags."""
    for line in parse(read_lines(stream)):
        if isinstance(line, BadLine):
            yield line
        else:
            yield HostRecord(*line)


def write(entries: Iterable[EntryLike]) -> Iterator[str]:
    """Write a hosts file, which has no place for tags."""
    return map(render_line, in_order(entries))
