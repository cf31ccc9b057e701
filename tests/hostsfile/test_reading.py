"""Reading hosts(5): real files, good lines and bad lines."""

from pathlib import Path

import pytest

from hostsdb.formats.hosts import parse
from hostsdb.formats.record import BadLine, HostRecord, OtherLine
from tests.hostsfile.lines import parse_bytes

LAN_HOSTS = Path(__file__).parents[2] / "examples" / "lan.hosts"
ADSERVERS = Path(__file__).parents[1] / "data" / "adservers.hosts"


def good(line: str) -> HostRecord:
    (parsed,) = parse([line])
    assert isinstance(parsed, HostRecord), parsed
    return parsed


def bad(line: str) -> BadLine:
    (parsed,) = parse([line])
    assert isinstance(parsed, BadLine), parsed
    return parsed


# Real files


def test_a_small_networks_file() -> None:
    parsed = parse_bytes(LAN_HOSTS.read_bytes())
    lines = [x for x in parsed if isinstance(x, HostRecord)]
    assert len(lines) == 12
    assert len({(x.ip_address, x.hostname) for x in lines}) == 11
    assert lines[0] == HostRecord(2, "127.0.0.1", "localhost", ("localhost.localdomain",), None)
    assert lines[5] == HostRecord(
        7, "192.168.1.10", "nas.lan", ("nas", "media.lan"), "disks: 4 x 8 TB; backup at 02:00"
    )
    assert lines[8] == HostRecord(10, "2001:db8::10", "nas.lan", ("nas",), None)
    assert lines[11] == HostRecord(13, "10.0.0.3", "k8s-node-3.lan", (), "leading blanks are fine")
    assert [x for x in parsed if isinstance(x, BadLine)] == [
        BadLine(14, "not-an-address\\tbroken.lan", '"not-an-address" is not an IP address'),
        BadLine(15, "10.0.0.300\\talso-broken.lan", '"10.0.0.300" is not an IP address'),
    ]


def test_a_published_blocklist_has_no_bad_line() -> None:
    parsed = parse_bytes(ADSERVERS.read_bytes())
    assert len(parsed) == 42_531
    assert not [x for x in parsed if isinstance(x, BadLine) or x.problem]
    assert len({(x.ip_address, x.hostname) for x in parsed if isinstance(x, HostRecord)}) == 42_358


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
def test_forms_of_a_line(line: str) -> None:
    assert good(line) == HostRecord(1, "::1", "a", ("b",), None)


@pytest.mark.parametrize(
    "line", ["", "\n", "\r\n", " \t\r\n", "# 10.0.0.1 a", "  #", "\ufeff", "\ufeff# x\n"]
)
def test_lines_without_a_host_are_counted(line: str) -> None:
    assert list(parse([line])) == [OtherLine(1, "comment" if "#" in line else "blank")]


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
    assert good(f"10.0.0.1 a#{text}") == HostRecord(1, "10.0.0.1", "a", (), comment)


@pytest.mark.parametrize(
    ("line", "text", "reason"),
    [
        ("10.0.0.1\n", "10.0.0.1", 'there is no hostname after the address "10.0.0.1"'),
        ("10.0.0.1 # a", "10.0.0.1 # a", 'there is no hostname after the address "10.0.0.1"'),
        ("nas.lan 10.0.0.1", "nas.lan 10.0.0.1", '"nas.lan" is not an IP address'),
        ("10.0.0.1 -b", "10.0.0.1 -b", '"-b" is not a hostname: it has a label that begins or ends'),
        ("10.0.0.1\u00a0a", "10.0.0.1\\xa0a", '"10.0.0.1\\xa0a" is not an IP address'),
        ("10.0.0.1 -a a-", "10.0.0.1 -a a-", '"-a" is not a hostname: it has a label that begins'),
        ("10.0.0.1 a\u2028b", "10.0.0.1 a\\u2028b", '"a\\u2028b" is not a hostname: '),
        ("10.0.0.1 \udcff", "10.0.0.1 \\xff", '"\\xff" is not a hostname: '),
        ("x" * 999, "x" * 60 + "...", '"' + "x" * 60 + '..." is not an IP address'),
    ],
)
def test_a_bad_line_has_a_reason(line: str, text: str, reason: str) -> None:
    parsed = bad(line)
    assert (parsed.number, parsed.text) == (1, text)
    assert parsed.reason.startswith(reason)


def test_a_bom_is_allowed_in_the_first_line_only() -> None:
    assert [type(x) for x in parse(["\ufeff::1 a", "\ufeff::1 b"])] == [HostRecord, BadLine]


def test_lines_of_bytes_end_at_a_newline_only() -> None:
    data = "\ufeff::1 a # x\x85\u2028\x0c\r y\r\n\n::1 b".encode()
    assert parse_bytes(data) == [
        HostRecord(1, "::1", "a", (), "x     y"),
        HostRecord(3, "::1", "b", (), None),
    ]


def test_bytes_that_are_not_utf8() -> None:
    names, comment = parse_bytes(b"::1 b\xfcro\n::1 buero # B\xfcro\n")
    assert isinstance(names, BadLine) and names.text == "::1 b\\xfcro"
    assert comment == HostRecord(2, "::1", "buero", (), "B\ufffdro")


@pytest.mark.parametrize("bad", ["b-", "b.-c", "b.c-", "b..", "1.2.3.4", "-b", "*.lan"])
@pytest.mark.parametrize(
    "line", ["{} nas.lan nas", "nas.lan {} nas", "nas.lan nas {} # why", "{} nas.lan {} nas"]
)
def test_an_invalid_name_costs_only_itself(bad: str, line: str) -> None:
    record = good(f"10.0.0.1 {line.format(bad, bad)}")
    assert (record.hostname, record.aliases) == ("nas.lan", ("nas",))
    assert record.problem and record.problem.startswith(f'"{bad}" is not a hostname: ')
    assert record.problem.count("is not a hostname") == line.count("{}")


def test_the_first_invalid_names_of_a_line_are_named() -> None:
    record = good("10.0.0.1 a " + " ".join(f"b{n}-" for n in range(9)))
    assert record.problem and record.problem.endswith("; and 6 more invalid names")
    assert [f'"b{n}-"' in record.problem for n in range(4)] == [True, True, True, False]
