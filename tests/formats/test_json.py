"""JSON: the output of list, JSON Lines, bad elements and their numbers."""

import json
from dataclasses import asdict

import pytest
from hypothesis import given

from hostsdb import HostEntry
from hostsdb.formats import BadLine, HostRecord
from hostsdb.formats.record import MAX_LINE
from tests.formats.format_samples import entry, fields_of, hosts, raw_hosts, read_bytes, written

A = '{"ip_address": "::1", "hostname": "a"}'


def test_every_field_is_written_except_the_first_position() -> None:
    entries = [entry("::1", "a", ("b",), 'x "y" \n ü', ("t",)), entry("9.0.0.1", "c")]
    assert json.loads(written(entries, "json"))[0] == {
        "id": "01ID",
        "ip_address": "9.0.0.1",
        "hostname": "c",
        "comment": None,
        "tags": [],
        "aliases": [],
        "created_at": "2026-01-02T03:04:05.678901+00:00",
        "updated_at": "2026-01-02T03:04:05.678901+00:00",
        "event_version": "01VERSION",
        "priority": 0,
    }
    assert written([], "json") == b"[]\n"


@given(raw_hosts)
def test_any_stored_text_is_written_as_one_array(entries: list[HostEntry]) -> None:
    read = json.loads(written(entries, "json"))
    assert sorted(map(str, read)) == sorted(
        str(json.loads(json.dumps(_fields(x), default=lambda m: m.isoformat()))) for x in entries
    )


def _fields(entry: HostEntry) -> dict[str, object]:
    return {name: value for name, value in asdict(entry).items() if name != "first_position"}


@pytest.mark.parametrize("value", ["true", "1.0", '"1"', "2147483648", "[]", "1e2"])
def test_a_priority_that_is_no_integer_of_32_bits_makes_the_element_bad(value: str) -> None:
    (bad,) = read_bytes(f'{{"ip_address": "::1", "hostname": "a", "priority": {value}}}'.encode(), "json")
    assert isinstance(bad, BadLine) and "priority" in bad.reason


@pytest.mark.parametrize(("value", "priority"), [("null", None), ("-5", -5)])
def test_a_priority_of_null_does_not_say(value: str, priority: int | None) -> None:
    (host,) = read_bytes(f'{{"ip_address": "::1", "hostname": "a", "priority": {value}}}'.encode(), "json")
    assert isinstance(host, HostRecord) and host.priority == priority


@given(hosts)
def test_json_lines_and_any_layout_of_an_array_are_the_same_hosts(entries: list[HostEntry]) -> None:
    values = json.loads(written(entries, "json"))
    expected = sorted(map(fields_of, entries), key=str)
    lines = "".join(json.dumps(value) + "\r\n" for value in values)
    for text in (lines, json.dumps(values), json.dumps(values, indent=2), "\ufeff \n" + json.dumps(values)):
        assert sorted(map(fields_of, read_bytes(text.encode(), "json")), key=str) == expected


def test_values_become_canonical() -> None:
    value = {
        "ip_address": "0:0::1",
        "hostname": "NAS.Lan.",
        "aliases": ["nas", "NAS", "bücher.lan", "nas.lan"],
        "comment": "",
        "tags": ["a b", "a b", "c"],
        "unknown": {"x": [1, {}]},
    }
    assert read_bytes(json.dumps([value]).encode(), "json") == [
        HostRecord(1, "::1", "nas.lan", ("nas", "xn--bcher-kva.lan"), None, ("a b", "c"))
    ]


def test_a_missing_key_is_not_an_empty_value() -> None:
    assert read_bytes(A.encode(), "json") == [HostRecord(1, "::1", "a", (), None, None)]
    assert read_bytes((A[:-1] + ', "tags": [], "aliases": null, "comment": null}').encode(), "json") == [
        HostRecord(1, "::1", "a", (), None, ())
    ]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("1", "it is not an object"),
        ("[[]]", "it is not an object"),
        ("{}", '"ip_address" is missing'),
        ('{"ip_address": "::1"}', '"hostname" is missing'),
        ('{"ip_address": 5, "hostname": "a"}', "an IP address must be text, not int"),
        ('{"ip_address": "x", "hostname": "a"}', '"x" is not an IP address'),
        ('{"ip_address": "::1", "hostname": null}', "a hostname must be text, not NoneType"),
        (A[:-1] + ', "aliases": "b"}', '"aliases" is not an array of strings'),
        (A[:-1] + ', "tags": [1]}', '"tags" is not an array of strings'),
        (A[:-1] + ', "tags": [""]}', "a tag is empty"),
        (A[:-1] + ', "tags": ["\\u0000"]}', "'\\x00' has a NUL character, which cannot be stored"),
        (A[:-1] + ', "comment": 5}', "5 is not a text"),
        (A[:-1] + ', "comment": "\\ud800"}', "'\\ud800' is not Unicode text"),
        (A[:-1] + ', "comment": "\udcff"}', "'\\udcff' is not Unicode text"),
        (A[:-1] + ', "x": ' + "9" * 5000 + "}", "Exceeds the limit"),
        ("[" * 30_000 + "]" * 30_000, "it is nested too deeply"),
        ("{'a': 1}", "it is not JSON: Expecting property name enclosed in double quotes"),
        ('{"a": "b', "it is not JSON: Invalid control character"),
        ("nonsense", "it is not JSON: Expecting value"),
    ],
)
def test_a_bad_object_has_a_reason(value: str, reason: str) -> None:
    data = value.encode("utf-8", "surrogateescape")
    first, bad, *rest = read_bytes(b"[" + A.encode() + b",\n" + data + b",\n" + A.encode() + b"]", "json")
    assert isinstance(first, HostRecord)
    assert isinstance(bad, BadLine) and bad.number == 2
    assert bad.reason.startswith(reason) and bad.reason.endswith("(in line 2)")
    if value.endswith(("}", "]", "1")):
        assert rest == [HostRecord(3, "::1", "a")]
    else:
        assert all(isinstance(x, BadLine) for x in rest) or rest == [HostRecord(3, "::1", "a")]


@pytest.mark.parametrize("value", ["{}", "1", '{"a": "b', "nonsense", A + ",", "[" * 60000, "\udcff", "{\n}"])
def test_a_bad_line_of_json_lines_touches_no_other(value: str) -> None:
    lines = ["", A, "  \t", *value.split("\n"), A]
    read = read_bytes("\r\n".join(lines).encode("utf-8", "surrogateescape"), "json")
    numbers = [x.number for x in read if isinstance(x, HostRecord)]
    assert numbers == [2, len(lines)]
    assert [x.number for x in read] == [2, *range(4, len(lines) + 1)]


@pytest.mark.parametrize(
    ("text", "kinds", "reason"),
    [
        ("[]", "", ""),
        ("[", "x", "the array is not closed (in line 1)"),
        (f"[{A}", "ox", "the array is not closed (in line 1)"),
        (f"[{A},\n\n", "ox", "the array is not closed (in line 3)"),
        (f"[{A},]", "ox", "it is not JSON: Expecting value (in line 1)"),
        (f"[,{A}]", "xo", "it is not JSON: Expecting value (in line 1)"),
        (f"[{A}\n{A}, {A}]", "xo", "a comma is missing after it (in line 1)"),
        (f"[{A}]\nx", "ox", "there is text after the array (in line 2)"),
        (f'[{{"a": "x]", nope, [{{]}}, "\n}}, {A}]', "xo", "it is not JSON: "),
        (f'[{{"a": "\\"]", nope}}, {A}]', "xo", "it is not JSON: "),
    ],
)
def test_a_broken_array(text: str, kinds: str, reason: str) -> None:
    read = read_bytes(text.encode(), "json")
    assert "".join("x" if isinstance(record, BadLine) else "o" for record in read) == kinds
    assert [x.number for x in read] == list(range(1, len(read) + 1))
    assert all(x.reason.startswith(reason) for x in read if isinstance(x, BadLine))


def test_a_line_that_is_too_long_is_bad() -> None:
    long, host = read_bytes(f"{A[:-1]}{' ' * MAX_LINE}}}\n{A}\n".encode(), "json")
    assert isinstance(long, BadLine) and "the line is longer than" in long.reason
    assert isinstance(host, HostRecord) and host.number == 2


@pytest.mark.parametrize("over", [-1, 0, 1, 2])
def test_the_longest_element(over: int) -> None:
    value = A[:-1] + ', "comment": "'
    value = value.ljust(MAX_LINE - 2 + over, "x") + '"}'
    first, second, third = read_bytes(f"[{value}, {A}, {value}]".encode(), "json")
    assert isinstance(first, BadLine if over > 0 else HostRecord)
    assert isinstance(second, HostRecord)
    assert isinstance(third, BadLine if over > 0 else HostRecord)


def test_the_text_in_memory_may_end_anywhere() -> None:
    """Good and bad elements of many lengths, so that the text in memory ends at any kind of character."""
    good = [{"ip_address": "::1", "hostname": "a", "comment": 'ü"\\\n' * (n % 97)} for n in range(3000)]
    elements = [json.dumps(value, ensure_ascii=n % 2 == 0) for n, value in enumerate(good)]
    elements[1::7] = [
        '{"x": "\\\\\\"]}' + "\\\\" * (n % 5) + '" nope, [{}]}' for n in range(len(elements[1::7]))
    ]
    read = read_bytes(("[" + ",\n".join(elements) + "]").encode(), "json")
    assert [x.number for x in read] == list(range(1, 3001))
    assert [x.number for x in read if isinstance(x, BadLine)] == list(range(2, 3001, 7))
    assert all(x.reason.endswith(f"(in line {x.number})") for x in read if isinstance(x, BadLine))
