"""The fuzz targets. Each one takes any bytes and fails if a reader breaks a promise."""

import io
import json
from collections.abc import Callable
from contextlib import ExitStack
from itertools import pairwise
from unittest.mock import patch

from hostsdb.errors import InvalidData, StorageError
from hostsdb.formats import BadLine, HostRecord, OtherLine, detect, read, replace_block, write
from hostsdb.names import canonical_hostname, canonical_ip, ip_sort_key
from hostsdb.url import parse_url

Record = HostRecord | BadLine

# Small limits, so that the short inputs of a fuzzer reach them.
_SMALL = 96
_BOUNDS = {
    "hostsdb.formats.hosts.MAX_LINE": _SMALL,
    "hostsdb.formats.hosts._PLAIN_LENGTH": _SMALL,
    "hostsdb.formats.json.MAX_LINE": _SMALL,
    "hostsdb.formats.json_array.MAX_LINE": _SMALL,
    "hostsdb.formats.csv.MAX_LINE": _SMALL,
    "hostsdb.formats.record.MAX_LINE": _SMALL,
}


def hosts(data: bytes) -> None:
    """A hosts file: each line is read independently of the others."""
    records = _checked(data, "hosts")
    lines = data.split(b"\n")
    for record in records:
        alone = b"\n" * (record.number - 1) + lines[record.number - 1]
        if not (record.number > 1 and alone.lstrip(b"\n").startswith(b"\xef\xbb\xbf")):
            assert _read(alone, "hosts") == [record]
    _bounded(data, "hosts")


def json_(data: bytes) -> None:
    """JSON: if the standard library reads an array, each of its elements is one record."""
    records = _checked(data, "json")
    _bounded(data, "json")
    try:
        value = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return
    if isinstance(value, list):
        assert [record.number for record in records] == list(range(1, len(value) + 1))
        for element, record in zip(value, records, strict=True):
            if isinstance(record, HostRecord):
                assert record.comment == (element.get("comment") or None)
                assert record.hostname == canonical_hostname(element["hostname"])


def csv(data: bytes) -> None:
    """CSV, with and without a valid header before the input."""
    _checked(data, "csv")
    data = b"hostname,comment,ip_address,tags,aliases\n" + data
    _checked(data, "csv")
    _bounded(data, "csv")


def block(data: bytes) -> None:
    """A block of a file: replacing it a second time changes nothing."""
    old, _, content = data.partition(b"\xff\xfe")
    try:
        once = replace_block(old, "lan", content)
        assert replace_block(once, "lan", content) == once
        assert once.startswith(old.partition(b"# BEGIN lan")[0])
    except InvalidData as error:
        assert str(error).isprintable()


def url(data: bytes) -> None:
    """Connection URLs: a result or an error of one line; a password is never in the message."""
    text = data.decode("utf-8", "surrogateescape")
    for odd in (text, f"postgres://{text}", f"duckdb:///{text}"):
        _result_or_error(parse_url, odd)
    _result_or_error(parse_url, "postgres://h/d", text)
    secret = "hush-hush"
    inner = "postgres%3A%2F%2Fme%3A{}%40h%3A1%2Fd"
    for place in (
        "postgres://me:{}@h:1/d{}",
        "postgres://h/d?password={}&{}",
        f"postgres://h/d?read_url={inner}{{}}",
    ):
        assert secret not in _result_or_error(parse_url, place.format(secret, text))
    assert secret not in _result_or_error(parse_url, f"postgres://me:{text}{secret}@h:1/d")
    assert secret not in _result_or_error(parse_url, "postgres://h/d", f"postgres://me:{text}{secret}@h:1/d")


def names(data: bytes) -> None:
    """Addresses and hostnames: a canonical name does not change."""
    text = data.decode("utf-8", "surrogateescape")
    for canonical in (canonical_ip, canonical_hostname):
        try:
            name = canonical(text)
        except InvalidData as error:
            assert str(error).isprintable()
        else:
            assert canonical(name) == name and " " not in name and "#" not in name and name.isprintable()
    assert ip_sort_key(text)[0] in (4, 6, 7)


TARGETS: dict[str, Callable[[bytes], None]] = {
    "hosts": hosts,
    "json": json_,
    "csv": csv,
    "block": block,
    "url": url,
    "names": names,
}


def _read(data: bytes, format: str) -> list[Record]:
    return [x for x in read(io.BytesIO(data), format) if not isinstance(x, OtherLine)]


def _checked(data: bytes, format: str) -> list[Record]:
    """Read and check the rules for the records of all readers."""
    detect("-", data[:4096])
    records = _read(data, format)
    assert all(one.number <= other.number for one, other in pairwise(records))
    assert len(records) <= 2 + data.count(b"\n") + data.count(b",")
    for record in records:
        if isinstance(record, BadLine):
            assert record.reason and record.text.isprintable() and record.reason.isprintable()
            assert len(record.text) < 700 and len(record.reason) < 2000
        else:
            _check_good(record, format)
    return records


def _check_good(record: HostRecord, format: str) -> None:
    """A record is written and read back unchanged, in hosts format without tags."""
    values = (record.ip_address, record.hostname, record.aliases, record.comment)
    (again,) = _read("".join(write([record], format)).encode(), format)
    assert isinstance(again, HostRecord)
    assert (again.ip_address, again.hostname, again.aliases, again.comment) == values
    assert again.tags == record.tags or (again.tags == () and record.tags is None)


def _bounded(data: bytes, format: str) -> None:
    """Read with small limits: each record equals a record that is read without them."""
    at_large = {(type(record), record.number): record for record in _read(data, format)}
    with ExitStack() as stack:
        for name, bound in _BOUNDS.items():
            stack.enter_context(patch(name, bound))
        small = _read(data, format)
    for record in small:
        if isinstance(record, HostRecord):
            assert at_large[HostRecord, record.number] == record


def _result_or_error(call: Callable[..., object], *arguments: str) -> str:
    try:
        return repr(call(*arguments))
    except StorageError as error:
        assert len(str(error).splitlines()) == 1
        return f"{error!r} {error.__cause__!r}"
