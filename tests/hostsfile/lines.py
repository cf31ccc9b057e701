"""Shared by the tests of hosts(5): a reader of bytes, and texts that may occur in a line."""

import io
from collections.abc import Iterable

from hypothesis import strategies as st

from hostsdb.formats.hosts import parse
from hostsdb.formats.record import BadLine, HostRecord, OtherLine, read_lines, read_pieces

line_texts = st.text(st.sampled_from("10.:a-_# \t\r\f\x85\u2028é\udcff\0%")) | st.text(
    st.characters(codec=None)
)


def parse_all(lines: Iterable[str]) -> list[HostRecord | BadLine]:
    """Return the hosts and the bad lines, without the comment lines and blank lines."""
    return [x for x in parse(lines) if not isinstance(x, OtherLine)]


def parse_bytes(data: bytes) -> list[HostRecord | BadLine]:
    return parse_all(read_lines(read_pieces(io.BytesIO(data))))
