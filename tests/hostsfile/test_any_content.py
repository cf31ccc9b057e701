"""Reading hosts(5): any content gives hosts or bad lines with their numbers, in bounded memory."""

import io
import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hostsdb.formats.hosts import parse
from hostsdb.formats.record import MAX_LINE, BadLine, HostRecord, read_lines, read_pieces
from tests.hostsfile.lines import line_texts, parse_bytes

MIB = 2**20


@given(st.lists(line_texts))
def test_arbitrary_lines_raise_no_error_and_are_independent(lines: list[str]) -> None:
    for parsed in parse(lines):
        alone = [""] * (parsed.number - 1) + [lines[parsed.number - 1]]
        assert list(parse(alone))[-1] == parsed
        if isinstance(parsed, HostRecord):
            assert parsed.problem is None or (parsed.problem.isprintable() and len(parsed.problem) < 6000)
        if isinstance(parsed, BadLine):
            assert parsed.text.isprintable() and parsed.reason.isprintable()
            assert len(parsed.text) < 700 and len(parsed.reason) < 2000


good_ips = st.sampled_from(["10.0.0.1", "255.249.199.99", "0.0.0.0"])
good_names = st.sampled_from(["a", "b", "b.a_-9.lan", "1.2.3.4.5", "1.2.3.4-x", "1.2.3", "x" * 63])
odd_names = st.lists(st.text("az09_-.A\xe9", max_size=4), min_size=1, max_size=4).map(".".join)
odd_names |= st.sampled_from(["1.2.3.4", "x" * 64, ".".join(["x" * 62] * 4), ".".join(["x" * 63] * 4)])
nearly_plain_lines = st.tuples(
    st.sampled_from(["", " \t"]),
    st.tuples(
        good_ips | good_ips | st.sampled_from(["010.0.0.1", "10.0.0", "10.0.0.256", "1.2.3.4.5", "::1"])
    ),
    st.lists(good_names, min_size=1, max_size=4) | st.lists(good_names | odd_names, max_size=4),
    st.sampled_from(["", " \r"]),
    st.just("") | st.text(" a#~").map("#".__add__) | st.text(" a#\t\n~\x7f\xe9").map("#".__add__),
    st.sampled_from(["", "\n", "\r\n"]),
).map(lambda x: x[0] + "\t ".join([*x[1], *x[2]]) + "".join(x[3:]))


@given(nearly_plain_lines)
def test_the_fast_pattern_gives_the_same_result(line: str) -> None:
    # A form feed is a blank too, and the fast pattern does not match it.
    assert list(map(repr, parse([line]))) == list(map(repr, parse(["\f" + line])))


@given(st.binary() | st.lists(line_texts).map(lambda x: "\n".join(x).encode("utf-8", "surrogatepass")))
def test_arbitrary_bytes_keep_their_line_numbers(data: bytes) -> None:
    lines = list(read_lines(read_pieces(io.BytesIO(data))))
    assert "".join(lines).encode("utf-8", "surrogateescape") == data
    marked = data.replace(b"\n", b"\n::1 mark\n") + b"\n::1 mark\n"
    marks = [x.number for x in parse_bytes(marked) if isinstance(x, HostRecord) and x.hostname == "mark"]
    assert marks == list(range(2, 2 * data.count(b"\n") + 3, 2))


# Bounded memory


class Endless(io.RawIOBase):
    """A stream that repeats `block` for `size` bytes and ends with a good line. It is never in memory as a whole."""

    def __init__(self, block: bytes, size: int) -> None:
        self.blocks = self._blocks(block * (MIB // len(block)), size)

    @staticmethod
    def _blocks(block: bytes, size: int) -> Iterator[bytes]:
        yield b"::1 first\n10.0.0.1 "
        for _ in range(size // len(block)):
            yield block
        yield b"\n::1 last\n"

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        assert isinstance(buffer, memoryview)
        block = next(self.blocks, b"")
        buffer[: len(block)] = block
        return len(block)


@pytest.mark.parametrize("block", [b"a", b"alias ", b"# ", "ü ".encode(), b"\xff", b"\0"])
def test_a_giant_line_is_one_bad_line_in_bounded_memory(block: bytes) -> None:
    stream = io.BufferedReader(Endless(block, 200 * MIB), buffer_size=MIB)
    tracemalloc.start()
    try:
        first, giant, last = parse(read_lines(read_pieces(stream)))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 5 * MIB
    assert (first, last) == (HostRecord(1, "::1", "first", (), None), HostRecord(3, "::1", "last", (), None))
    assert isinstance(giant, BadLine)
    assert (giant.number, giant.reason) == (2, "the line is longer than 64 KiB")
    assert giant.text.startswith("10.0.0.1 ") and len(giant.text) < 700


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b""])
@pytest.mark.parametrize("over", [-1, 0, 1, 2, MAX_LINE])
def test_the_longest_line(over: int, end: bytes) -> None:
    line = b"::1 a #".ljust(MAX_LINE + over - len(end), b"x") + end
    parsed, *rest = parse_bytes(line + b"::1 b" * (end != b""))
    assert isinstance(parsed, BadLine if over > 0 else HostRecord)
    assert [x.number for x in rest] == [2] * (end != b"")
