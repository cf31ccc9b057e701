"""The form of a leaf. It never changes: this test must not be changed either."""

from __future__ import annotations

from hashlib import sha256

import pytest

from hostsdb.errors import InvalidData
from hostsdb.proof.leaf import COLUMNS, decode, encode, encode_stored, time_bytes

EVENT: dict[str, bytes | None] = {
    "event_id": b"01JD4V0QF8T5Y7Z3M2N1K0P9RX",
    "aggregate_id": b"01JD4V0QF8T5Y7Z3M2N1K0P9RY",
    "event_type": b"HostCreated",
    "event_version": b"01JD4V0QF8T5Y7Z3M2N1K0P9RZ",
    "ip_address": b"10.0.0.1",
    "hostname": "bücher.lan".encode(),
    "comment": b"",
    "tags": b'["a"]',
    "aliases": b"[]",
    "priority": b"-5",
    "event_timestamp": b"2026-01-31T12:00:00.000001Z",
    "metadata": b"{}",
    "created_at": b"2026-01-31T12:00:00.000001Z",
    "created_by": None,
    "expected_version": None,
}
CONTENT = (
    "01000000000000001a30314a44345630514638543559375a334d324e314b3050395258"
    "01000000000000001a30314a44345630514638543559375a334d324e314b3050395259"
    "01000000000000000b486f737443726561746564"
    "01000000000000001a30314a44345630514638543559375a334d324e314b305039525a"
    "01000000000000000831302e302e302e31"
    "01000000000000000b62c3bc636865722e6c616e"
    "010000000000000000"
    "0100000000000000055b2261225d"
    "0100000000000000025b5d"
    "0100000000000000022d35"
    "01000000000000001b323032362d30312d33315431323a30303a30302e3030303030315a"
    "0100000000000000027b7d"
    "01000000000000001b323032362d30312d33315431323a30303a30302e3030303030315a"
    "0000"
)


def test_the_form_of_a_leaf() -> None:
    assert tuple(EVENT) == COLUMNS
    content = encode(list(EVENT.values()))
    assert content.hex() == CONTENT
    assert decode(content) == {k: None if v is None else v.decode() for k, v in EVENT.items()}
    assert sha256(b"\0" + content).hexdigest() == (
        "97858aacd4e11e8b0851f501ca1dcf60bd8455c37aad5da64541189025d63588"
    )


def test_long_columns() -> None:
    columns = [b"x" * length for length in (0, 255, 256, 65536)] + [None] * 11
    content = encode(columns)
    assert content.count(b"x") == 255 + 256 + 65536
    assert list(decode(content).values())[:4] == ["x" * length for length in (0, 255, 256, 65536)]


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        (b"2026-01-31 12:00:00.123456+00:00", b"2026-01-31T12:00:00.123456Z"),
        (b"2026-01-31T12:00:00.123456+00:00", b"2026-01-31T12:00:00.123456Z"),
        (b"2026-01-31 12:00:00", b"2026-01-31T12:00:00.000000Z"),
        (b"2026-01-31T12:00:00Z", b"2026-01-31T12:00:00.000000Z"),
        (b"2026-01-31 12:00:00+02:00", b"2026-01-31T10:00:00.000000Z"),
        (b"0001-01-02 00:00:00", b"0001-01-02T00:00:00.000000Z"),
        (b"", b""),
        (b"yesterday", b"yesterday"),
        (b"\xff", b"\xff"),
        (None, None),
    ],
)
def test_times_of_sqlite(stored: bytes | None, shown: bytes | None) -> None:
    assert time_bytes(stored) == shown
    columns: list[bytes | None] = list(EVENT.values())
    columns[COLUMNS.index("created_at")] = stored
    expected = [*columns]
    expected[COLUMNS.index("created_at")] = shown
    assert encode_stored(columns) == encode(expected)


@pytest.mark.parametrize("damage", [b"", b"\2", bytes.fromhex(CONTENT)[:-1], bytes.fromhex(CONTENT) + b"\0"])
def test_what_is_not_a_leaf(damage: bytes) -> None:
    with pytest.raises(InvalidData, match="not the content of an event"):
        decode(damage)
