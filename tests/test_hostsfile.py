"""hosts(5) in and out: real files, hostile bytes, bounded memory, and the round trip."""

import io
import random
import tracemalloc
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hostsdb.hostsfile import MAX_LINE, BadLine, HostLine, parse, read_lines, render
from hostsdb.names import canonical_ip

LAN_HOSTS = Path(__file__).parents[1] / "examples" / "lan.hosts"
ADSERVERS = Path(__file__).parent / "data" / "adservers.hosts"
MIB = 2**20


@dataclass(frozen=True)
class Entry:
    ip_address: str
    hostname: str
    aliases: Sequence[str] = ()
    comment: str | None = None


def parse_bytes(data: bytes) -> list[HostLine | BadLine]:
    return list(parse(read_lines(io.BytesIO(data))))


def good(line: str) -> HostLine:
    (parsed,) = parse([line])
    assert isinstance(parsed, HostLine), parsed
    return parsed


def bad(line: str) -> BadLine:
    (parsed,) = parse([line])
    assert isinstance(parsed, BadLine), parsed
    return parsed


# Real files


def test_a_small_networks_file() -> None:
    parsed = parse_bytes(LAN_HOSTS.read_bytes())
    lines = [x for x in parsed if isinstance(x, HostLine)]
    assert len(lines) == 12
    assert len({(x.ip_address, x.hostname) for x in lines}) == 11
    assert lines[0] == HostLine(2, "127.0.0.1", "localhost", ("localhost.localdomain",), None)
    assert lines[5] == HostLine(
        7, "192.168.1.10", "nas.lan", ("nas", "media.lan"), "disks: 4 x 8 TB; backup at 02:00"
    )
    assert lines[8] == HostLine(10, "2001:db8::10", "nas.lan", ("nas",), None)
    assert lines[11] == HostLine(13, "10.0.0.3", "k8s-node-3.lan", (), "leading blanks are fine")
    assert [x for x in parsed if isinstance(x, BadLine)] == [
        BadLine(14, "not-an-address\\tbroken.lan", '"not-an-address" is not an IP address'),
        BadLine(15, "10.0.0.300\\talso-broken.lan", '"10.0.0.300" is not an IP address'),
    ]


def test_a_published_blocklist_is_all_good() -> None:
    with ADSERVERS.open("rb") as file:
        parsed = list(parse(read_lines(file)))
    assert len(parsed) == 42_531
    assert not [x for x in parsed if isinstance(x, BadLine)]
    assert len({(x.ip_address, x.hostname) for x in parsed if isinstance(x, HostLine)}) == 42_358


# Reading


@pytest.mark.parametrize(
    "line",
    [
        "::1 a b",
        "::1\ta\tb\n",
        "  ::1 \t a\t b  \r\n",
        "\ufeff::1 a b",
        "::1 a b\r",
        "::1 A. B.\n",
        "::1 a b b a B",
        "0:0::1 a b#",
        "::1\va\fb # \t\n",
    ],
)
def test_the_ways_to_write_a_line(line: str) -> None:
    assert good(line) == HostLine(1, "::1", "a", ("b",), None)


@pytest.mark.parametrize(
    "line", ["", "\n", "\r\n", " \t\r\n", "# 10.0.0.1 a", "  #", "\ufeff", "\ufeff# x\n"]
)
def test_lines_without_a_host_are_skipped(line: str) -> None:
    assert list(parse([line])) == []


@pytest.mark.parametrize(
    ("text", "comment"),
    [
        (" the uplink \r\n", "the uplink"),
        ("#", "#"),
        ("# a # b", "# a # b"),
        (" größe 例え \U0001f600 \u202e ", "größe 例え \U0001f600 \u202e"),
        ("a\tb\0c", "a b c"),
        ("a\x0bb\x85c\u2028d", "a b c d"),
        (" \udcff\udce9 ", "\ufffd\ufffd"),
        ("\x1c\u2029 ", None),
    ],
)
def test_a_comment_is_kept(text: str, comment: str | None) -> None:
    assert good(f"10.0.0.1 a#{text}") == HostLine(1, "10.0.0.1", "a", (), comment)


@pytest.mark.parametrize(
    ("line", "text", "reason"),
    [
        ("10.0.0.1\n", "10.0.0.1", 'the address "10.0.0.1" has no name after it'),
        ("10.0.0.1 # a", "10.0.0.1 # a", 'the address "10.0.0.1" has no name after it'),
        ("nas.lan 10.0.0.1", "nas.lan 10.0.0.1", '"nas.lan" is not an IP address'),
        ("10.0.0.1 a -b", "10.0.0.1 a -b", '"-b" is not a hostname: it has a label that begins or ends'),
        ("10.0.0.1\u00a0a", "10.0.0.1\\xa0a", '"10.0.0.1\\xa0a" is not an IP address'),
        ("10.0.0.1 a\u2028b", "10.0.0.1 a\\u2028b", '"a\\u2028b" is not a hostname: '),
        ("10.0.0.1 a\n10.0.0.2 b", "10.0.0.1 a\\n10.0.0.2 b", '"10.0.0.2" is not a hostname: '),
        ("10.0.0.1 \udcff", "10.0.0.1 \\xff", '"\\xff" is not a hostname: '),
        ("x" * 999, "x" * 60 + "...", '"' + "x" * 60 + '..." is not an IP address'),
    ],
)
def test_a_bad_line_says_why(line: str, text: str, reason: str) -> None:
    parsed = bad(line)
    assert (parsed.number, parsed.text) == (1, text)
    assert parsed.reason.startswith(reason)


def test_a_bom_belongs_to_the_first_line_only() -> None:
    assert [type(x) for x in parse(["\ufeff::1 a", "\ufeff::1 b"])] == [HostLine, BadLine]


def test_lines_of_bytes_end_at_a_newline_only() -> None:
    data = "\ufeff::1 a # x\x85\u2028\x0c\r y\r\n\n::1 b".encode()
    assert parse_bytes(data) == [
        HostLine(1, "::1", "a", (), "x     y"),
        HostLine(3, "::1", "b", (), None),
    ]


def test_bytes_that_are_not_utf8() -> None:
    names, comment = parse_bytes(b"::1 b\xfcro\n::1 buero # B\xfcro\n")
    assert isinstance(names, BadLine) and names.text == "::1 b\\xfcro"
    assert comment == HostLine(2, "::1", "buero", (), "B\ufffdro")


line_texts = st.text(st.sampled_from("10.:a-_# \t\r\f\x85\u2028é\udcff\0%")) | st.text(
    st.characters(codec=None)
)


@given(st.lists(line_texts))
def test_arbitrary_lines_never_raise_and_do_not_touch_each_other(lines: list[str]) -> None:
    for parsed in parse(lines):
        alone = [""] * (parsed.number - 1) + [lines[parsed.number - 1]]
        assert list(parse(alone)) == [parsed]
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
def test_a_plain_line_is_read_as_any_other(line: str) -> None:
    # A form feed is a blank too, and keeps a line from being taken for a plain one.
    assert list(map(repr, parse([line]))) == list(map(repr, parse(["\f" + line])))


@given(st.binary() | st.lists(line_texts).map(lambda x: "\n".join(x).encode("utf-8", "surrogatepass")))
def test_arbitrary_bytes_keep_their_line_numbers(data: bytes) -> None:
    lines = list(read_lines(io.BytesIO(data)))
    assert "".join(lines).encode("utf-8", "surrogateescape") == data
    marked = data.replace(b"\n", b"\n::1 mark\n") + b"\n::1 mark\n"
    marks = [x.number for x in parse_bytes(marked) if isinstance(x, HostLine) and x.hostname == "mark"]
    assert marks == list(range(2, 2 * data.count(b"\n") + 3, 2))


# Bounded memory


class Endless(io.RawIOBase):
    """A stream of `size` bytes that repeats `block`, then a good line; it is never in memory."""

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
        first, giant, last = parse(read_lines(stream))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 5 * MIB
    assert (first, last) == (HostLine(1, "::1", "first", (), None), HostLine(3, "::1", "last", (), None))
    assert isinstance(giant, BadLine)
    assert (giant.number, giant.reason) == (2, "the line is longer than 64 KiB")
    assert giant.text.startswith("10.0.0.1 ") and len(giant.text) < 700


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b""])
@pytest.mark.parametrize("over", [-1, 0, 1, 2, MAX_LINE])
def test_the_longest_line(over: int, end: bytes) -> None:
    line = b"::1 a #".ljust(MAX_LINE + over - len(end), b"x") + end
    parsed, *rest = parse_bytes(line + b"::1 b" * (end != b""))
    assert isinstance(parsed, BadLine if over > 0 else HostLine)
    assert [x.number for x in rest] == [2] * (end != b"")


# Writing


def test_lines_are_in_numeric_order_and_always_the_same() -> None:
    entries = [
        Entry("9.0.0.1", "b", ["x", "y"], "why"),
        Entry("10.0.0.2", "Z"),
        Entry("10.0.0.2", "a"),
        Entry("10.0.0.10", "a", (), ""),
        Entry("::1", "a"),
        Entry("fe80::1%eth0", "a", ["b"]),
    ]
    expected = "9.0.0.1\tb x y\t# why\n10.0.0.2\tZ\n10.0.0.2\ta\n10.0.0.10\ta\n::1\ta\nfe80::1%eth0\ta b\n"
    for seed in range(5):
        assert "".join(render(random.Random(seed).sample(entries, len(entries)))) == expected


@pytest.mark.parametrize(
    ("comment", "written"),
    [
        ("a\nb", "\t# a b"),
        ("a\r\n10.0.0.1 evil", "\t# a  10.0.0.1 evil"),
        ("a\x0bb\x0cc\x1cd\x85e\u2028f\u2029g\0h", "\t# a b c d e f g h"),
        ("\n \t", ""),
        ("#", "\t# #"),
        ("\ud800", "\t# \ufffd"),
    ],
)
def test_a_comment_cannot_break_out(comment: str, written: str) -> None:
    assert list(render([Entry("::1", "a", (), comment)])) == [f"::1\ta{written}\n"]


@pytest.mark.parametrize(
    ("entry", "note"),
    [
        (Entry("nowhere", "a"), "its address is not an IP address: nowhere a"),
        (Entry("", "a"), "its address is not an IP address:  a"),
        (Entry("::1\n::2", "a"), "its address is not an IP address: ::1\\n::2 a"),
        (Entry("::1%x\n", "a"), "its address is not an IP address: ::1%x\\n a"),
        (Entry("::1", ""), "its hostname cannot stand in a hosts file: ::1 "),
        (Entry("::1", "a b"), "its hostname cannot stand in a hosts file: ::1 a b"),
        (Entry("::1", "a\n::2 b"), "its hostname cannot stand in a hosts file: ::1 a\\n::2 b"),
        (Entry("::1", "a\u2028b"), "its hostname cannot stand in a hosts file: ::1 a\\u2028b"),
        (Entry("::1", "a", ["b#"]), "an alias of it cannot stand in a hosts file: ::1 a b#"),
        (Entry("::1", "a", ["\udcff"]), "an alias of it cannot stand in a hosts file: ::1 a \\xff"),
        (Entry("::1", "a" * MAX_LINE), "its names are too long for one line: ::1 " + "a" * 196 + "..."),
    ],
)
def test_what_cannot_stand_in_a_hosts_file_is_left_out_and_said(entry: Entry, note: str) -> None:
    assert list(render([entry])) == [f"# left out, {note}\n"]


def test_a_comment_gives_way_to_the_length_of_the_line() -> None:
    entry = Entry("::1", "a", ["b" * 63] * 1000, "ü" * MAX_LINE)
    (line,) = render([entry])
    assert MAX_LINE - 1 <= len(line.encode()) <= MAX_LINE
    (parsed,) = parse_bytes(line.encode())
    assert isinstance(parsed, HostLine) and parsed.comment and set(parsed.comment) == {"ü"}


raw_entries = st.lists(
    st.builds(
        Entry, line_texts | st.just("::1"), line_texts | st.just("a"), st.lists(line_texts), line_texts
    ),
    unique_by=lambda x: (x.ip_address, x.hostname),
)


@given(raw_entries)
def test_whatever_is_stored_one_entry_is_one_safe_line(entries: list[Entry]) -> None:
    lines = list(render(entries))
    assert len(lines) == len(entries)
    text = "".join(lines)
    assert text.encode("utf-8").count(b"\n") == len(text.splitlines()) == len(entries)
    assert list(render(reversed(entries))) == lines
    live = [line.split()[:2] for line in lines if not line.startswith("# left out, ")]
    assert all(pair in [[x.ip_address, x.hostname] for x in entries] for pair in live)


ips = st.ip_addresses().map(str).map(canonical_ip) | st.just("fe80::1%eth0")
names = st.from_regex(r"[a-z_]([a-z0-9_-]{0,10}[a-z0-9_])?(\.[a-z]{1,3}){0,2}", fullmatch=True)
comments = st.none() | st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1).filter(
    lambda x: x.strip(" ") == x
)


@st.composite
def canonical_entries(draw: st.DrawFn) -> Entry:
    hostname, *aliases = draw(st.lists(names, min_size=1, max_size=5, unique=True))
    return Entry(draw(ips), hostname, tuple(aliases), draw(comments))


@given(st.lists(canonical_entries(), unique_by=lambda x: (x.ip_address, x.hostname)))
def test_what_is_written_is_read_back(entries: list[Entry]) -> None:
    data = "".join(render(entries)).encode()
    parsed = parse_bytes(data)
    read = {Entry(x.ip_address, x.hostname, x.aliases, x.comment) for x in parsed if isinstance(x, HostLine)}
    assert read == set(entries)
    assert [x.number for x in parsed] == list(range(1, len(entries) + 1))
    assert "".join(render(x for x in parsed if isinstance(x, HostLine))).encode() == data


@given(st.lists(st.tuples(ips, names, line_texts)))
def test_importing_what_was_exported_changes_nothing(fields: list[tuple[str, str, str]]) -> None:
    lines = [
        x for x in parse(f"{ip} {name} # {text}" for ip, name, text in fields) if isinstance(x, HostLine)
    ]
    exported = list(render(lines))
    assert len(exported) == len(lines)
    again = [x for x in parse(exported) if isinstance(x, HostLine)]
    assert {(x.ip_address, x.hostname, x.comment) for x in again} == {
        (x.ip_address, x.hostname, x.comment) for x in lines
    }
