"""What the tests of hosts(5) share: bytes that are read, and texts that a line may have in it."""

import io

from hypothesis import strategies as st

from hostsdb.formats.hosts import parse
from hostsdb.formats.record import BadLine, HostRecord, read_lines

line_texts = st.text(st.sampled_from("10.:a-_# \t\r\f\x85\u2028é\udcff\0%")) | st.text(
    st.characters(codec=None)
)


def parse_bytes(data: bytes) -> list[HostRecord | BadLine]:
    return list(parse(read_lines(io.BytesIO(data))))
