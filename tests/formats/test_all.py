"""All formats: any bytes are read, any entry is written, the memory is bounded, the output is stable."""

import io
import random
import re
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hostsdb import HostEntry, InvalidData
from hostsdb.formats import READABLE, WRITABLE, BadLine, HostRecord, detect, read, write
from tests.formats.format_samples import (
    MIB,
    any_text,
    entry,
    fields_of,
    giant,
    hosts,
    raw_hosts,
    read_bytes,
    written,
)

ENTRIES = [
    entry("10.0.0.10", "a", (), "ten"),
    entry("9.0.0.1", "b", ("x", "y"), "why", ("t", "u v")),
    entry("10.0.0.2", "b"),
    entry("10.0.0.2", "a"),
    entry("::1", "a", ("b",), "größe 例え \U0001f600"),
]

# A zone has a parameter, so it is tested in test_zone.
UNZONED = [format for format in WRITABLE if format != "zone"]
# The formats whose line, row or object has the whole host.
WHOLE = ["hosts", "json", "csv"]

fragments = st.sampled_from(
    [b"[", b"]", b"{", b"}", b",", b":", b'"', b"\\", b"\n", b"\r\n", b" ", b"#", b"'", b"=", b"\xff", b"\0"]
    + [
        b'"ip_address"',
        b'"hostname"',
        b'"aliases"',
        b'"tags"',
        b'"priority"',
        b"10.0.0.1",
        b"::1",
        b"a",
        b"null",
        b"1e9",
    ]
    + [
        b"ip_address,hostname,aliases,comment,tags,priority\r\n",
        b'{"ip_address":"::1","hostname":"a"}',
        b"9" * 5000,
    ]
)
anything = (
    st.binary()
    | st.lists(fragments).map(b"".join)
    | st.lists(any_text).map("\n".join).map(lambda x: x.encode("utf-8", "surrogatepass"))
)
json_heads = st.sampled_from(
    [b"", b"[", b"\xef\xbb\xbf", b"[{", b"ip_address,hostname,aliases,comment,tags,priority\n"]
)


@pytest.mark.parametrize("format", WHOLE)
@given(json_heads, anything)
def test_any_bytes_give_records_or_bad_lines(format: str, head: bytes, data: bytes) -> None:
    last = 0
    for record in read_bytes(head + data, format):
        assert record.number > last or isinstance(record, BadLine)
        last = record.number
        if isinstance(record, BadLine):
            assert record.text.isprintable() and record.reason.isprintable() and record.reason
            assert len(record.text) < 700 and len(record.reason) < 2000
        else:
            assert read_bytes(written_records([record], format), format) == [
                HostRecord(number_in(format), *fields_of(record))
            ]


def number_in(format: str) -> int:
    return 2 if format == "csv" else 1


def written_records(records: list[HostRecord], format: str) -> bytes:
    return "".join(write(records, format)).encode()


@pytest.mark.parametrize("format", UNZONED)
def test_the_same_entries_give_the_same_bytes(format: str) -> None:
    first = written(ENTRIES, format)
    for seed in range(5):
        assert written(random.Random(seed).sample(ENTRIES, len(ENTRIES)), format) == first
    places = [first.index(address) for address in (b"9.0.0.1", b"10.0.0.2", b"10.0.0.10", b"::1")]
    assert places == sorted(places)


@pytest.mark.parametrize("format", [x for x in UNZONED if x != "json"])
def test_no_ids_and_dates_are_written(format: str) -> None:
    assert not {b"01ID", b"01VERSION", b"2026"} & set(written(ENTRIES, format).split())
    assert b"01" not in written(ENTRIES, format)


@pytest.mark.parametrize("format", UNZONED)
@given(raw_hosts)
def test_any_stored_text_is_written_as_utf8(format: str, entries: list[HostEntry]) -> None:
    data = written(entries, format)
    assert written(entries[::-1], format) == data
    if format in WHOLE:
        good = [x for x in read_bytes(data, format) if isinstance(x, HostRecord)]
        assert len(good) <= len(data.splitlines())
    if format != "csv":
        assert not re.search("[\0-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]", data.decode())
        assert data.count(b"\n") == len(data.decode().split("\n")) - 1


@pytest.mark.parametrize("format", ["json", "csv"])
@given(hosts)
def test_a_round_trip_loses_nothing(format: str, entries: list[HostEntry]) -> None:
    read = read_bytes(written(entries, format), format)
    assert sorted(map(fields_of, read), key=str) == sorted(map(fields_of, entries), key=str)


@given(hosts)
def test_a_round_trip_through_hosts_loses_tags_only(entries: list[HostEntry]) -> None:
    once = [x for x in read_bytes(written(entries, "hosts"), "hosts") if isinstance(x, HostRecord)]
    assert sorted(fields_of(x)[:3] for x in once) == sorted(fields_of(x)[:3] for x in entries)
    assert all(x.tags is None and x.priority is None for x in once)
    again = read_bytes(written_records(once, "hosts"), "hosts")
    assert list(map(fields_of, again)) == list(map(fields_of, once))


OBJECT = b'{"ip_address": "::1", "hostname": "last"}'
GIANTS = [
    ("json", b'[{"ip_address": "', b"a", b'"},\n ' + OBJECT + b"]"),
    ("json", b'[{"aliases": [', b'"alias",', b'"x"]},' + OBJECT + b"]"),
    ("json", b'[{"aliases": ["', b'\\"\\\\', b'x"]},' + OBJECT + b"]"),
    ("json", b"[", b"[{", b""),
    ("json", b"[{", b'"a":{},', b'"b":1},' + OBJECT + b"]"),
    ("json", b'{"ip_address": "', b"a", b'"}\n' + OBJECT),
    ("json", b'{"aliases": [', b'"alias",', b'"x"]}\n' + OBJECT),
    ("json", b"[", b"9", b"," + OBJECT + b"]"),
    ("json", b"[", b"\xff", b"," + OBJECT + b"]"),
    ("csv", b"ip_address,hostname\n::1,", b"a", b"\n::1,last\n"),
    ("csv", b"ip_address,hostname\n::1,", b",", b"\n::1,last\n"),
    ("csv", b'ip_address,hostname\n::1,"', b"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n", b'"\n::1,last\n'),
    ("csv", b"ip_address,hostname\n", b'"aaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n"', b"\n::1,last\n"),
    ("csv", b"ip_address,hostname\n::1,", b"\xff", b"\n::1,last\n"),
    ("hosts", b"::1 ", b"alias ", b"\n::1 last\n"),
]


@pytest.mark.faults
@pytest.mark.parametrize(("format", "before", "block", "after"), GIANTS)
def test_a_giant_element_is_one_bad_element_in_bounded_memory(
    format: str, before: bytes, block: bytes, after: bytes
) -> None:
    stream = giant(before, block, 9 * MIB, after)  # more than may be in memory
    tracemalloc.start()
    try:
        bad, *rest = read(stream, format)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 6 * MIB
    assert isinstance(bad, BadLine) and "longer than 64 KiB" in bad.reason and len(bad.text) < 700
    if after:
        assert [x.hostname for x in rest if isinstance(x, HostRecord)] == ["last"]
        assert len(rest) == 1


@pytest.mark.faults
@pytest.mark.parametrize(
    ("format", "before", "block", "size"),
    [
        ("json", b"[", b"       \n", 8 * MIB),
        ("json", b"", b"       \n", 8 * MIB),
        ("json", b"", b"  ", 8 * MIB),
        ("csv", b"ip_address,hostname\n", b"\n", MIB),
        ("json", b"[", b"1,".ljust(16), MIB),
        ("json", b"[", b"1 ".ljust(16), MIB),
        ("json", b"[1]", b"1 ".ljust(16), MIB),
        ("csv", b"ip_address,hostname\n", b"\xff,aaaaaaaaaaaa\n", MIB),
        ("csv", b"", b"\xff", 8 * MIB),
    ],
)
def test_a_long_file_without_hosts_is_read_in_bounded_memory(
    format: str, before: bytes, block: bytes, size: int
) -> None:
    stream = giant(before, block, size, b"")
    tracemalloc.start()
    try:
        for record in read(stream, format):
            assert isinstance(record, BadLine)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 6 * MIB


@pytest.mark.parametrize(
    ("name", "head", "format"),
    [
        ("x", b"", "hosts"),
        ("-", b"127.0.0.1 localhost\n", "hosts"),
        ("x.json", b"", "json"),
        ("x.JSONL", b" ", "json"),
        ("/a.csv/x.csv", b"127.0.0.1 localhost\n", "csv"),
        ("x.csv", b'[{"a"', "json"),
        ("x.hosts", b'\xef\xbb\xbf\r\n {"a"', "json"),
        ("x.json", b"ip_address,hostname\n", "csv"),
        ("x", b'\xef\xbb\xbf"Tags",hostname,"ip_address"\r\n1,2', "csv"),
        ("x", b"ip_address hostname\n", "hosts"),
        ("x", b"# ip_address,hostname\n", "hosts"),
        ("x.ndjson", b'"\xff\0', "json"),
        ("x.conf", b"# ours\n\nhost-record=a,10.0.0.1\n", "dnsmasq"),
        ("-", b" address = /a/10.0.0.1\n", "dnsmasq"),
        ("x", b"\xef\xbb\xbfserver:\r\n", "unbound"),
        ("x", b'local-data: "a. IN A 10.0.0.1"\n', "unbound"),
    ],
)
def test_the_format_is_detected(name: str, head: bytes, format: str) -> None:
    assert detect(name, head) == format


@given(st.text(), anything)
def test_any_file_has_a_format(name: str, head: bytes) -> None:
    assert detect(name, head) in READABLE


@pytest.mark.parametrize("format", ["", "xml", "zone"])
def test_an_unknown_format_cannot_be_read(format: str) -> None:
    with pytest.raises(InvalidData, match=r"use one of hosts, json, csv, dnsmasq, unbound$"):
        read(io.BytesIO(), format)


def test_an_unknown_format_cannot_be_written() -> None:
    with pytest.raises(
        InvalidData, match=r'unknown format "x\\n"; use one of hosts, json, csv, dnsmasq, unbound'
    ):
        write([], "x\n")
