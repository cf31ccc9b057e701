"""CSV: RFC 4180, lists in cells, formulas, bad rows and their line numbers."""

import csv
import io

import pytest
from hypothesis import given

from hostsdb import HostEntry
from hostsdb.formats import BadLine, HostRecord
from tests.formats.format_samples import entry, fields_of, hosts, raw_hosts, read_bytes, written

WRITTEN = b"ip_address,hostname,aliases,comment,tags,priority\r\n"
HEADER = b"ip_address,hostname,aliases,comment,tags\r\n"  # of a file from elsewhere


@pytest.mark.parametrize(
    ("host", "row"),
    [
        (entry("::1", "a"), "::1,a,,,,0"),
        (entry("::1", "a", ("b", "c"), "x", ("t", "ü")), "::1,a,b c,x,t ü,0"),
        (entry("::1", "a", (), 'say "hi", you', ("u v",)), '::1,a,,"say ""hi"", you","[""u v""]",0'),
        (entry("::1", "a", (), "x\r\ny\nz"), '::1,a,,"x\r\ny\nz",,0'),
        (entry("::1", "a", (), None, ("[", "b")), '::1,a,,,"[""["",""b""]",0'),
        (entry("::1", "a", (), None, ("a[",)), "::1,a,,,a[,0"),
        (entry("::1", "a", (), None, ("\u3000",)), '::1,a,,,"[""\u3000""]",0'),
        (entry("::1", "a", (), "=1+1", ("@home",)), "::1,a,,'=1+1,'@home,0"),
        (entry("::1", "a", (), "'=1", ("-x", "y z")), '::1,a,,\'\'=1,"[""-x"",""y z""]",0'),
        (entry("::1", "a", (), "'quoted'"), "::1,a,,'quoted',,0"),
        (entry("::1", "a", (), "\t=1"), "::1,a,,'\t=1,,0"),
        (entry("::1", "a", priority=-7), "::1,a,,,,-7"),
        (entry("::1", "a", (), "\udcff"), "::1,a,,?,,0"),
    ],
)
def test_rows(host: HostEntry, row: str) -> None:
    assert written([host], "csv") == WRITTEN + row.encode() + b"\r\n"


@pytest.mark.parametrize("first", list("=+-@\t\r\n\0＝＋－＠"))
def test_no_cell_begins_a_formula(first: str) -> None:
    evil = f"{first}cmd|' /C calc'!A0"
    data = written([entry(evil, evil, (evil,), evil, (evil,))], "csv").decode()
    row = list(csv.reader(io.StringIO(data, newline="")))[1]
    assert all(cell[0] in "'[" for cell in row[:-1])
    unsafe = written([entry("::1", "a", (), f"{first}1+1")], "csv", safe=False).decode()
    assert list(csv.reader(io.StringIO(unsafe, newline="")))[1][3] == f"{first}1+1"


@given(raw_hosts)
def test_python_reads_what_is_written(entries: list[HostEntry]) -> None:
    data = written(entries, "csv").decode()
    rows = list(csv.reader(io.StringIO(data, newline=""), strict=True))
    assert len(rows) == len(entries) + 1
    assert {len(row) for row in rows} == {6}


@pytest.mark.parametrize(
    ("cell", "priority"), [("", None), (" ", None), ("+5", 5), (" -2147483648 ", -(2**31)), ("'-3", -3)]
)
def test_a_priority_is_an_integer(cell: str, priority: int | None) -> None:
    (host,) = read_bytes(f"ip_address,hostname,priority\n::1,a,{cell}\n".encode(), "csv")
    assert isinstance(host, HostRecord) and host.priority == priority


@pytest.mark.parametrize(
    "cell", ["1.0", "x", "2147483648", "-2147483649", "1" * 5000, "0x1", "1e2", "\u0663", "--1"]
)
def test_another_priority_makes_the_row_bad(cell: str) -> None:
    (bad,) = read_bytes(f"ip_address,hostname,priority\n::1,a,{cell}\n".encode(), "csv")
    assert isinstance(bad, BadLine) and "priority" in bad.reason


@given(hosts)
def test_a_round_trip_without_the_guard(entries: list[HostEntry]) -> None:
    read = read_bytes(written(entries, "csv", safe=False), "csv")
    assert sorted(map(fields_of, read), key=str) == sorted(map(fields_of, entries), key=str)


@pytest.mark.parametrize(
    "data",
    [
        b"hostname,ip_address\na,::1\n",
        b"\xef\xbb\xbfhostname,ip_address\r\na,::1\r\n",
        b'"Hostname", IP_ADDRESS \na,::1',
        b"x,hostname,x,ip_address\n1,A.,2,0::1\n",
        b'hostname,ip_address\n\n\r\n,\n"a","::1"\n',
    ],
)
def test_ways_to_write_the_same(data: bytes) -> None:
    (record,) = read_bytes(data, "csv")
    assert fields_of(record) == ("::1", "a", (), None, None, None)


def test_a_number_is_the_first_line_of_its_row() -> None:
    data = HEADER + b'::1,a,,"x\n\ny",\n::1,b,,,\nnope,c,,"\n",\n::1,d,,,[]\n'
    assert read_bytes(data, "csv") == [
        HostRecord(2, "::1", "a", (), "x\n\ny", ()),
        HostRecord(5, "::1", "b", (), None, ()),
        BadLine(6, 'nope,c,,"\\n",', '"nope" is not an IP address'),
        HostRecord(8, "::1", "d", (), None, ()),
    ]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (b"::1,a", "it has 2 cells, the header has 5"),
        (b"::1,a,,x, y,", "it has 6 cells, the header has 5"),
        (b",a,,,", '"" is not an IP address'),
        (b"::1,a b,,,", '"a b" is not a hostname: '),
        (b"::1,-b,a,,", '"-b" is not a hostname: '),
        (b'::1,a,"[""b"",1]",,', '"["b",1]" is not an array of strings'),
        (b"::1,a,[b],,", '"[b]" begins with "[" but is not a JSON array'),
        (b"::1,a," + b"[" * 9000 + b",,", '"[[['),
        (b'::1,a,,,"[""""]"', "a tag is empty"),
        (b"::1,a,,\0,", "'\\x00' has a NUL character"),
        (b"::1,a,,B\xfcro,", "'B\\udcfcro' is not Unicode text"),
        (b'::1,a,,"x"y,', "it is not CSV: "),
        (b"::1,a,,x\ry,", "it is not CSV: "),
    ],
)
def test_a_bad_row_has_a_reason(row: bytes, reason: str) -> None:
    bad, good = read_bytes(HEADER + row + b"\n::1,a,,,\n", "csv")
    assert isinstance(bad, BadLine) and bad.number == 2
    assert bad.reason.startswith(reason)
    assert isinstance(good, HostRecord) and good.number == 3


def test_a_missing_quote_makes_the_rest_one_bad_row() -> None:
    (bad,) = read_bytes(HEADER + b'::1,a,,"x,\n::1,b,,,\n', "csv")
    assert isinstance(bad, BadLine) and bad.reason == "it is not CSV: unexpected end of data"
    (bad,) = read_bytes(HEADER + b'::1,a,,"x,\n' + b"::1,b,,,\n" * 9999, "csv")
    assert isinstance(bad, BadLine) and bad.number == 2
    assert bad.reason == "the row is longer than 64 KiB; a closing quote may be missing"


@pytest.mark.parametrize(
    "data",
    [
        b"::1,a,,,\n",
        b"ip_address;hostname\n",
        b"hostname\n",
        b"ip_address,hostname,hostname\n",
        b'"ip_address,',
    ],
)
def test_without_a_valid_header_nothing_is_read(data: bytes) -> None:
    (bad,) = read_bytes(data + b"::1,a\n", "csv")
    assert isinstance(bad, BadLine) and bad.number == 1
    assert bad.reason == "the header must name the columns ip_address and hostname, and no column twice"


def test_an_empty_file_has_no_hosts() -> None:
    assert read_bytes(b"", "csv") == read_bytes(HEADER, "csv") == []
