"""Writing hosts(5): no stored text breaks its line, and the file is read back unchanged."""

import random
import re
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hostsdb.formats.hosts import MAX_BYTES, file_comment, parse, write
from hostsdb.formats.record import MAX_LINE, HostRecord
from hostsdb.names import canonical_ip
from tests.hostsfile.lines import line_texts, parse_bytes

Entry = partial(HostRecord, 0)


def test_lines_are_in_numeric_order_and_always_the_same() -> None:
    entries = [
        Entry("9.0.0.1", "b", ("x", "y"), "why"),
        Entry("10.0.0.2", "Z"),
        Entry("10.0.0.2", "a"),
        Entry("10.0.0.10", "a", (), ""),
        Entry("::1", "a"),
        Entry("fe80::1%eth0", "a", ("b",)),
    ]
    expected = "9.0.0.1\tb x y\t# why\n10.0.0.2\tZ\n10.0.0.2\ta\n10.0.0.10\ta\n::1\ta\nfe80::1%eth0\ta b\n"
    for seed in range(5):
        assert "".join(write(random.Random(seed).sample(entries, len(entries)))) == expected


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
def test_a_comment_stays_in_its_line(comment: str, written: str) -> None:
    assert list(write([Entry("::1", "a", (), comment)])) == [f"::1\ta{written}\n"]


@pytest.mark.parametrize(
    ("entry", "note"),
    [
        (Entry("nowhere", "a"), "its address is not an IP address: nowhere a"),
        (Entry("", "a"), "its address is not an IP address:  a"),
        (Entry("::1\n::2", "a"), "its address is not an IP address: ::1\\n::2 a"),
        (Entry("::1%x\n", "a"), "its address is not an IP address: ::1%x\\n a"),
        (Entry("::1", ""), "its hostname is not valid in a hosts file: ::1 "),
        (Entry("::1", "a b"), "its hostname is not valid in a hosts file: ::1 a b"),
        (Entry("::1", "a\n::2 b"), "its hostname is not valid in a hosts file: ::1 a\\n::2 b"),
        (Entry("::1", "a\u2028b"), "its hostname is not valid in a hosts file: ::1 a\\u2028b"),
        (Entry("::1", "a", ("b#",)), "an alias is not valid in a hosts file: ::1 a b#"),
        (Entry("::1", "a", ("\udcff",)), "an alias is not valid in a hosts file: ::1 a \\xff"),
        (Entry("::1", "a" * MAX_LINE), "a name is too long for one line: ::1 " + "a" * 196 + "..."),
        (
            Entry("::1", "a", ("b", "c" * 506)),
            "a name is too long for one line: ::1 a b " + "c" * 192 + "...",
        ),
        (Entry("::1", "ü" * 505), "a name is too long for one line: ::1 " + "ü" * 196 + "..."),
    ],
)
def test_an_entry_that_is_not_valid_becomes_a_comment(entry: HostRecord, note: str) -> None:
    assert list(write([entry])) == [f"# left out, {note}\n"]


def test_a_long_comment_is_cut() -> None:
    for length in range(1, 5):
        entry = Entry("::1", "a" * length, ("b" * 63,) * 1000, "ü" * MAX_LINE)
        first, *others = write([entry])
        assert MAX_BYTES - 1 <= len(first.encode()) <= MAX_BYTES
        assert all(len(line) <= MAX_BYTES and "#" not in line for line in others)
        (parsed,) = parse_bytes(first.encode())
        assert isinstance(parsed, HostRecord) and parsed.comment == file_comment(entry)
        assert set(parsed.comment or "") == {"ü"} and parsed.aliases == ()


def test_aliases_go_on_further_lines() -> None:
    long = Entry("10.0.0.1", "h." + "h" * 60, tuple(f"{n}{'a' * 59}" for n in range(10)), "why")
    lines = list(write([long]))
    assert [len(line.split()) - 1 for line in lines] == [10, 4]
    assert lines[0].endswith("\t# why\n") and "#" not in lines[1]
    assert {line.split()[1] for line in lines} == {long.hostname}
    lines = list(write([long], names_per_line=4))
    assert [line.split("#")[0].split()[1] for line in lines] == [long.hostname] * 4
    assert [len(line.split("#")[0].split()) for line in lines] == [5, 5, 5, 3]


def test_an_alias_that_does_not_fit_beside_the_hostname_is_alone() -> None:
    host, alias, another, end = (f"{x * 60}.{x * 60}.{x * 60}.{x * 60}.{x * 9}" for x in "habx")
    entry = Entry("10.0.0.1", host, (alias, another, "short", end), "why")
    assert list(write([entry])) == [
        f"10.0.0.1\t{host}\t# why\n",
        f"10.0.0.1\t{alias}\n",
        f"10.0.0.1\t{another}\n",
        f"10.0.0.1\t{host} short\n",
        f"10.0.0.1\t{end}\n",
    ]


raw_entries = st.lists(
    st.builds(
        Entry,
        line_texts | st.just("::1"),
        line_texts | st.just("a"),
        st.lists(line_texts).map(tuple),
        line_texts,
    ),
    unique_by=lambda x: (x.ip_address, x.hostname),
)


@given(raw_entries)
def test_any_stored_entry_is_written_in_safe_lines(entries: list[HostRecord]) -> None:
    lines = list(write(entries))
    assert len(lines) >= len(entries)
    text = "".join(lines)
    assert text.encode("utf-8").count(b"\n") == len(text.splitlines()) == len(lines)
    assert all(len(line.encode()) <= MAX_BYTES for line in lines)
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]", text)
    assert list(write(reversed(entries))) == lines
    live = [line.split()[:2] for line in lines if not line.startswith("# left out, ")]
    assert all(pair in [[x.ip_address, x.hostname] for x in entries] for pair in live)


ips = st.ip_addresses().map(str).map(canonical_ip) | st.just("fe80::1%eth0")
names = st.from_regex(r"[a-z_]([a-z0-9_-]{0,10}[a-z0-9_])?(\.[a-z]{1,3}){0,2}", fullmatch=True)
comments = st.none() | st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1).filter(
    lambda x: x.strip(" ") == x
)


@st.composite
def canonical_entries(draw: st.DrawFn) -> HostRecord:
    hostname, *aliases = draw(st.lists(names, min_size=1, max_size=5, unique=True))
    return Entry(draw(ips), hostname, tuple(aliases), draw(comments))


@given(st.lists(canonical_entries(), unique_by=lambda x: (x.ip_address, x.hostname)))
def test_a_written_file_is_read_back(entries: list[HostRecord]) -> None:
    data = "".join(write(entries)).encode()
    parsed = parse_bytes(data)
    read = {
        Entry(x.ip_address, x.hostname, x.aliases, x.comment) for x in parsed if isinstance(x, HostRecord)
    }
    assert read == set(entries)
    assert [x.number for x in parsed] == list(range(1, len(entries) + 1))
    assert "".join(write(x for x in parsed if isinstance(x, HostRecord))).encode() == data


@given(st.lists(st.tuples(ips, names, line_texts)))
def test_importing_an_exported_file_changes_nothing(fields: list[tuple[str, str, str]]) -> None:
    lines = [
        x for x in parse(f"{ip} {name} # {text}" for ip, name, text in fields) if isinstance(x, HostRecord)
    ]
    exported = list(write(lines))
    assert len(exported) == len(lines)
    again = [x for x in parse(exported) if isinstance(x, HostRecord)]
    assert {(x.ip_address, x.hostname, x.comment) for x in again} == {
        (x.ip_address, x.hostname, x.comment) for x in lines
    }
