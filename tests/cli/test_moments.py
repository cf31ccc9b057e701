"""The moments that `hostsdb at` understands."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

import hostsdb
from hostsdb.cli import cli
from hostsdb.cli.moments import parse_moment
from hostsdb.errors import InvalidData

ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Kiritimati", "EST5EDT"]
NOW = datetime(2026, 3, 29, 6, 0, tzinfo=UTC)  # the clocks in Berlin went forward five hours ago


@contextmanager
def zone(name: str) -> Iterator[None]:
    before = os.environ.get("TZ")
    os.environ["TZ"] = name
    time.tzset()
    try:
        yield
    finally:
        os.environ.pop("TZ") if before is None else os.environ.update(TZ=before)
        time.tzset()


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("6 hours ago", utc(2026, 3, 29, 0)),
        ("6h ago", utc(2026, 3, 29, 0)),
        ("an hour and 30 minutes ago", utc(2026, 3, 29, 4, 30)),
        ("1.5 hours ago", utc(2026, 3, 29, 4, 30)),
        ("90 sec", utc(2026, 3, 29, 5, 58, 30)),
        ("now", NOW),
        ("in 2 hours", utc(2026, 3, 29, 8)),
        ("1 day ago", utc(2026, 3, 28, 7)),  # 08:00 in Berlin on both days
        ("yesterday", utc(2026, 3, 28, 7)),
        ("1 day 6 hours ago", utc(2026, 3, 28, 1)),
        ("a week ago", utc(2026, 3, 22, 7)),
        ("yesterday 12:00", utc(2026, 3, 28, 11)),
        ("2026-01-31", utc(2026, 1, 30, 23)),
        ("2026-1-31 7pm", utc(2026, 1, 31, 18)),
        ("2026-07-31 12:00", utc(2026, 7, 31, 10)),
        ("2026-07-31T12:00:00.123456+05:30", utc(2026, 7, 31, 6, 30, 0, 123456)),
        ("31 July 2025 12:00", utc(2025, 7, 31, 10)),
        ("monday", utc(2026, 3, 22, 23)),
        ("12:00 UTC", utc(2026, 3, 28, 12)),
    ],
)
def test_a_moment(text: str, expected: datetime) -> None:
    with zone("Europe/Berlin"):
        assert parse_moment(text, NOW) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "when pigs fly",
        "10",
        "2026",
        "2026-01",
        "may",
        "a",
        "year 1",
        "ago",
        "2 hours ago UTC",
        "2 days ago EST",
    ]
    + [
        "9" * 400 + " hours ago",
        "99999999 years ago",
        "31 February",
        "0000-01-01",
        "1e9 hours ago",
        "2026-13-01",
        "2026-31-01 12:00",
        "2026/13/01",
        "2026.13.01",
        "26-13-01",
        "noon 2026-13-01",
        "2026-13",
        "01/02/2026",
        "\0",
        "\x1b[2J",
    ],
)
def test_a_text_that_names_no_moment_is_one_line(text: str) -> None:
    with pytest.raises(InvalidData) as caught:
        parse_moment(text, NOW)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "text", "word"),
    [
        ("Europe/Nowhere", "yesterday", "is not a time zone"),
        ("Nonsense", "2026-01-01", "is not a time zone"),
        ("../../etc/passwd", "yesterday", "is not a time zone"),
        ("/etc/passwd", "yesterday", "is not a time zone"),
        ("/none/Berlin", "yesterday", "is not a time zone"),
        ("AAA-24:30", "2026-01-01", "out of range in the time zone AAA-24:30"),
        ("AAA+24:30", "yesterday", "out of range"),
        ("Pacific/Kiritimati", "0001-01-01", "out of range"),
        ("America/New_York", "9999-12-31T23:59:59", "out of range"),
        ("UTC", "0001-01-01T00:00+14:00", "out of range"),
    ],
)
def test_time_zones_and_distant_dates_give_one_line(name: str, text: str, word: str) -> None:
    with zone(name), pytest.raises(InvalidData, match=word):
        parse_moment(text, NOW)


def test_elapsed_time_needs_no_time_zone() -> None:
    for name in ("Europe/Nowhere", "AAA+24:30"):
        with zone(name):
            assert parse_moment("2 hours ago", NOW) == NOW - timedelta(hours=2)


_times = st.integers(631_000_000, 2_208_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from(ZONES), _times, st.integers(0, 10_000), st.sampled_from(["hours", "minutes", "seconds"])
)
def test_hours_minutes_and_seconds_are_elapsed_time(name: str, now: datetime, count: int, unit: str) -> None:
    with zone(name):
        assert parse_moment(f"{count} {unit} ago", now) == now - timedelta(**{unit: count})


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(ZONES), _times, st.integers(1, 400))
def test_days_keep_the_time_of_the_day(name: str, now: datetime, days: int) -> None:
    local = now.astimezone(ZoneInfo(name)).replace(tzinfo=None) - timedelta(days=days)
    with zone(name):
        assert parse_moment(f"{days} days ago", now) == local.astimezone(UTC)


_WORDS = """1 2 10 99 9999 999999 1.5 a an last next hour hours day week months year decade century second ago in
now today yesterday monday jan feb 31 12:00 25:61 am pm UTC EST +0100 +9900 -2359 0001 9999 - / : . T Z GMT+14 1e9"""


@settings(deadline=None, max_examples=200)
@given(
    st.sampled_from([*ZONES, "Europe/Nowhere", "AAA+24:30"]),
    st.lists(st.sampled_from(_WORDS.split()), max_size=6).map(" ".join) | st.text(max_size=12),
)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_any_text_is_a_moment_or_one_error(name: str, text: str) -> None:
    with zone(name):
        try:
            assert parse_moment(text, NOW).utcoffset() == timedelta(0)
        except InvalidData as error:
            assert str(error).isprintable()


def test_the_command_prints_the_moment_that_it_understood(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOSTSDB_URL", f"sqlite:///{tmp_path}/hosts.db")
    with hostsdb.connect(f"sqlite:///{tmp_path}/hosts.db"), zone("Europe/Berlin"):
        done = CliRunner().invoke(cli, ["at", "2026-07-31T12:00Z", "--json"])
    assert (done.stdout, done.stderr) == ("[]\n", "the hosts at 2026-07-31 14:00:00+0200\n")
