"""Shared by the tests of the formats: hosts to write, hypothesis strategies, and endless streams."""

import io
from collections.abc import Iterator
from datetime import UTC, datetime

from hypothesis import strategies as st

from hostsdb.formats import BadLine, HostRecord, OtherLine, read, write
from hostsdb.model import HostEntry
from hostsdb.names import canonical_ip

MIB = 2**20
MOMENT = datetime(2026, 1, 2, 3, 4, 5, 678901, UTC)


def entry(
    ip_address: str,
    hostname: str,
    aliases: tuple[str, ...] = (),
    comment: str | None = None,
    tags: tuple[str, ...] = (),
    priority: int = 0,
) -> HostEntry:
    return HostEntry(
        "01ID", ip_address, hostname, comment, tags, aliases, MOMENT, MOMENT, "01VERSION", priority
    )


def read_bytes(data: bytes, format: str) -> list[HostRecord | BadLine]:
    return [x for x in read(io.BytesIO(data), format) if not isinstance(x, OtherLine)]


def written(entries: list[HostEntry], format: str, *, safe: bool = True) -> bytes:
    return "".join(write(entries, format, safe=safe)).encode()


Fields = tuple[str, str, tuple[str, ...], str | None, tuple[str, ...] | None, int | None]


def fields_of(host: HostEntry | HostRecord | BadLine) -> Fields:
    """Return the fields of a host that a file may contain, without the line number."""
    assert not isinstance(host, BadLine), host
    return host.ip_address, host.hostname, host.aliases, host.comment, host.tags, host.priority


ips = st.ip_addresses().map(str).map(canonical_ip) | st.just("fe80::1%eth0")
names = st.from_regex(r"[a-z_]([a-z0-9_-]{0,10}[a-z0-9_])?(\.[a-z]{1,3}){0,2}|[0-9]{1,3}", fullmatch=True)
# Text that every engine can store. Characters with a meaning in CSV, JSON or spreadsheets are frequent.
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1) | st.text(
    st.sampled_from("'\"=+-@,; \t\r\n[]{}\\#ü\u2028\u3000\U0001f600a"), min_size=1
)
priorities = st.just(0) | st.integers(-(2**31), 2**31 - 1)


@st.composite
def entries(draw: st.DrawFn) -> HostEntry:
    hostname, *aliases = draw(st.lists(names, min_size=1, max_size=5, unique=True))
    tags = draw(st.lists(texts, max_size=4, unique=True))
    return entry(draw(ips), hostname, tuple(aliases), draw(st.none() | texts), tuple(tags), draw(priorities))


hosts = st.lists(entries(), unique_by=lambda x: (x.ip_address, x.hostname), max_size=8)
# Raw SQL can store any text in any column.
any_text = texts | st.text(st.characters(codec=None)) | names | ips
raw_hosts = st.lists(
    st.builds(
        entry,
        any_text,
        any_text,
        st.lists(any_text).map(tuple),
        any_text,
        st.lists(any_text).map(tuple),
        priorities,
    ),
    unique_by=lambda x: (x.ip_address, x.hostname),
    max_size=5,
)


class _Endless(io.RawIOBase):
    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        assert isinstance(buffer, memoryview)
        block = next(self._blocks, b"")
        buffer[: len(block)] = block
        return len(block)


def giant(before: bytes, block: bytes, size: int, after: bytes) -> io.BufferedReader:
    """Return a stream that repeats `block` for about `size` bytes. It is never in memory as a whole."""

    def blocks() -> Iterator[bytes]:
        yield before
        repeated = block * (MIB // len(block))
        for _ in range(size // len(repeated)):
            yield repeated
        yield after

    return io.BufferedReader(_Endless(blocks()), buffer_size=MIB)
