"""I6 as a table: values of each column, and the constraint that refuses each of them."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from tests.schema.raw import ERRORS, Raw, created, deleted, names_constraint

SMALL, LARGE = 1_000, 65_536


class Case(NamedTuple):
    """A value of a column; the constraint is empty if every engine accepts the value."""

    column: str
    value: Any
    constraint: str


# The columns of text, with the limit in bytes; None: no limit.
TEXTS: dict[str, dict[str, int | None]] = {
    "host_events": {
        **dict.fromkeys(["event_id", "aggregate_id", "ip_address", "hostname", "created_by"], SMALL),
        "comment": LARGE,
    },
    "snapshots": {**dict.fromkeys(["snapshot_id", '"trigger"', "name"], SMALL), "hosts_content": None},
    "consumers": {"name": SMALL},
    "erasures": {"erased_by": SMALL, "reason": SMALL},
}
NOT_EMPTY = {
    "host_events": ["event_id", "aggregate_id", "ip_address", "hostname"],
    "snapshots": ["snapshot_id", '"trigger"'],
    "consumers": ["name"],
    "erasures": ["reason"],
}
# A surrogate, no byte of UTF-8, an overlong NUL, an overlong slash, above U+10FFFF, a cut and a lone trailing byte.
NOT_UTF8 = [b"a\xed\xa0\x80b", b"\xff", b"\xc0\x80", b"\xe0\x80\xaf", b"\xf4\x90\x80\x80", b"a\xc3", b"\x80"]
NOT_UTF8 += [
    b"\xc3\xa9" * 40 + b"\xc3",
    b"\xf0\x9f\x98",
    b"\xef\xbf\xbd\xed\xbf\xbf",
    b"\xf8\x88\x80\x80\x80",
]
UTF8 = [" ", "a\tb\nc\x7f", "\x80", "é", "\ud7ff\ue000\ufffd\ufffe\uffff", "\U00010000😀\U0010ffff"]

TIMES = {
    "host_events": ["event_timestamp", "created_at"],
    "snapshots": ["created_at"],
    "consumers": ["updated_at"],
    "erasures": ["erased_at"],
}
BAD_TIMES = ["9999-12-31 00:00:00.000000+00:00", "9999-12-31 23:59:59.999999+00:00", "infinity", "-infinity"]
BAD_TIMES += ["no day", "2026-02-30 00:00:00.000000+00:00", "10000-01-01 00:00:00.000000+00:00"]
TIME_STARTS = [
    ("0001-01-01 23:59:59.999999+00:00", "0001-01-02 00:00:00.000000+00:00"),
    ("1969-12-31 23:59:59.999999+00:00", "1970-01-01 00:00:00.000000+00:00"),
]
TIME_END = "9999-12-30 23:59:59.999999+00:00"

BASES: dict[str, dict[str, Any]] = {
    "host_events": created("h"),
    "snapshots": {"snapshot_id": "s", "hosts_content": "", "entry_count": 0, '"trigger"': "t"},
    "consumers": {"name": "c", "position": 0},
    "erasures": {"aggregate_id": "gone", "reason": "asked for"},
}

# What an engine says itself, before any constraint of ours: by engine and the rule, the constraint without the table.
OWN_WORDS = {
    ("postgres", "no_nul"): "NUL",
    ("postgres", "text"): "invalid byte sequence",
    ("postgres", "time"): "invalid input syntax for type timestamp|out of range",
    ("postgres", "json"): "invalid input syntax for type json|unsupported Unicode escape sequence",
    ("postgres", "size"): "out of range",
    ("duckdb", "text"): "(?i)utf-?8",
    ("duckdb", "time"): "Conversion Error",
    ("duckdb", "size"): "Conversion Error",
}
FROM_BYTES = {"postgres": "convert_from(?, 'UTF8')", "duckdb": "decode(?)", "sqlite": "CAST(? AS TEXT)"}


def text_cases(table: str) -> Iterator[Case]:
    """Give the values of the columns of text."""
    for column, limit in TEXTS[table].items():
        yield Case(column, "a\0b", f"{table}_no_nul")
        yield from (Case(column, data, f"{table}_text") for data in NOT_UTF8)
        yield from (Case(column, text, "") for text in UTF8)
        if column in NOT_EMPTY.get(table, []):
            yield Case(column, "", f"{table}_not_empty")
        if limit is not None:
            for text in ("x" * limit, "é" * (limit // 2), "😀" * (limit // 4)):
                yield Case(column, text, "")
                yield Case(column, text + "x", f"{table}_size")


def time_cases(table: str) -> Iterator[Case]:
    """Give the values of the columns of time."""
    for column in TIMES[table]:
        too_early, first = TIME_STARTS[column != "event_timestamp"]
        yield from (Case(column, text, f"{table}_time") for text in [too_early, *BAD_TIMES])
        yield from (Case(column, text, "") for text in (first, TIME_END))


def number_cases(table: str) -> Iterator[Case]:
    """Give the values of the columns of numbers."""
    if table == "host_events":
        yield from (Case("priority", number, "") for number in (0, 1, -1, 2**31 - 1, -(2**31)))
        yield from (Case("priority", number, "host_events_size") for number in (2**31, -(2**31) - 1, 2**62))
    elif table == "snapshots":
        yield from (Case("entry_count", number, "") for number in (1, 2**62))
        yield Case("entry_count", -1, "snapshots_entry_count")
    elif table == "consumers":
        yield from (Case("position", number, "") for number in (-1, 2**62))
        yield Case("position", -2, "consumers_position")


def prepare(raw: Raw, table: str) -> None:
    """Store what a row of the table needs."""
    if table == "erasures":
        raw.insert_event(**created("gone"))
        raw.insert_event(**deleted("gone", 2))


def insert(raw: Raw, table: str, columns: dict[str, Any]) -> None:
    """Insert a row; bytes become text."""
    values = [FROM_BYTES[raw.dialect] if isinstance(value, bytes) else "?" for value in columns.values()]
    raw.run(
        f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join(values)})", list(columns.values())
    )


def decision(raw: Raw, table: str, case: Case) -> str:
    """Return what an engine does with a row that has the value: "" or what differs from the expectation."""
    raw.run("BEGIN")
    try:
        insert(raw, table, BASES[table] | {case.column: case.value})
        stored = raw.run(f"SELECT {case.column} FROM {table}")[0][0]
    except ERRORS as error:
        return "" if case.constraint and says(raw, error, case.constraint) else f"{error!r:.300}"
    finally:
        raw.run("ROLLBACK")
    if case.constraint:
        return "accepted"
    is_time = case.column in TIMES[table]
    return "" if is_time or stored == case.value else f"read back as {stored!r:.100}"


def says(raw: Raw, error: BaseException, constraint: str) -> bool:
    """Return whether an error names one of the constraints (a|b), or is the engine's own for one of these rules."""
    for name in constraint.split("|"):
        rule = re.sub(r"^(host_events|snapshots|consumers|erasures)_", "", name)
        words = OWN_WORDS.get((raw.dialect, rule))
        if names_constraint(error, name) or (words and re.search(words, str(error))):
            return True
    return False
