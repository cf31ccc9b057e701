"""Read the moment that a user names."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hostsdb.errors import InvalidData, escaped

_NUMBER = r"(?<![\w.])(?P<number>[0-9]+(?:\.[0-9]+)?|an?)\s*"
# Units of elapsed time. A day is not one: "1 day ago" is the same time of yesterday, also if the clocks were changed.
_ELAPSED = re.compile(
    _NUMBER + r"(?:(?P<hours>h|hrs?|hours?)|(?P<minutes>m|mins?|minutes?)|(?P<seconds>s|secs?|seconds?))\b",
    re.IGNORECASE,
)
_SEPARATORS = re.compile(r"(?:\s|,|\band\b)+", re.IGNORECASE)
# Without one of these, dateparser takes the day or the month that a text lacks from today.
_HAS_DAY = re.compile(
    r"[0-9]:[0-9]|[0-9]\s*[ap]m\b|noon|midnight|(?:mon|tues?|wed|thu|fri|sat|sun)", re.IGNORECASE
)
# A date in numbers.
_NUMBERS = re.compile(r"(?<![\w:.])([0-9]+)(?:[-/]([0-9]+)(?:[-/]([0-9]+))?|\.([0-9]+)\.([0-9]+))(?![0-9])")
_POSIX_ZONE = re.compile(r"(?:<[A-Za-z0-9+-]+>|[A-Za-z]{3,})[+-]?[0-9]{1,3}(?![0-9]).*")


def parse_moment(text: str, now: datetime | None = None) -> datetime:
    """Return the moment that a text names.

    Arguments:
        text: ISO 8601, or English text such as "2 hours ago" or "yesterday 12:00". Without an offset it is in the local
            time zone. Hours, minutes and seconds are elapsed time.
        now: the current time; None: the time of this machine.
    Raises:
        InvalidData: the text names no moment, or a moment that cannot be shown in the local time zone.
    """
    try:
        return _parse(text, now or datetime.now(UTC))
    except (OverflowError, OSError, ValueError) as error:  # ValueError: an offset of more than a day
        raise InvalidData(
            f'"{escaped(text)}" is out of range in the time zone {escaped(os.environ.get("TZ") or "of this machine")}; '
            "write a time in UTC from the years 1 to 9999, such as 2026-01-31T12:00:00Z"
        ) from error


def _parse(text: str, now: datetime) -> datetime:
    found = None
    with suppress(ValueError):
        found = datetime.fromisoformat(text)
    found = found or _parse_english(text, now)
    if found is None:
        raise InvalidData(
            f'"{escaped(text)}" is not a moment; write 2026-01-31, 2026-01-31T12:00:00+01:00, or "2 hours ago"'
        )
    return _in_zone(found)


def _parse_english(text: str, now: datetime) -> datetime | None:
    """Return the moment, without an offset if it is in the local time zone."""
    durations = [_duration(match) for match in _ELAPSED.finditer(text)]
    elapsed = sum(durations, timedelta())
    rest = _SEPARATORS.sub(" ", _ELAPSED.sub(" ", text)).strip().lower()
    if rest == "now" or (durations and rest in ("ago", "")):
        return now - elapsed
    if durations and rest == "in":
        return now + elapsed
    ago = "ago" in rest.split()
    found = _parse_date(rest if durations and ago else text, now)
    if found is None or (ago and found.tzinfo):  # dateparser counts "2 days ago UTC" from the local time
        return None
    return _in_zone(found) - elapsed if ago else found


def _duration(match: re.Match[str]) -> timedelta:
    number = match["number"]
    unit = next(name for name in ("hours", "minutes", "seconds") if match[name])
    return timedelta(**{unit: float(number) if number[0].isdigit() else 1})


def _parse_date(text: str, now: datetime) -> datetime | None:
    import dateparser  # slow to import

    # Without TIMEZONE dateparser reads TZ, and fails for some of its values.
    settings: dict[str, Any] = {
        "PREFER_DATES_FROM": "past",
        "RELATIVE_BASE": _local(now),
        "TIMEZONE": "UTC",
        "PARSERS": ["relative-time", "absolute-time"],
    }
    if not _HAS_DAY.search(text):
        settings["REQUIRE_PARTS"] = ["day"]
    found = dateparser.parse(text, languages=["en"], settings=settings)
    return found if found and _in_order(text, found) else None


def _in_order(text: str, found: datetime) -> bool:
    """Return whether a date in numbers is year, month, day. dateparser tries the other orders too."""
    numbers = _NUMBERS.search(text)
    return not numbers or [int(part) for part in numbers.groups() if part] == [
        found.year,
        found.month,
        found.day,
    ]


def _local(moment: datetime) -> datetime:
    _check_zone()
    return moment.astimezone().replace(tzinfo=None)


def _in_zone(moment: datetime) -> datetime:
    """Return a moment with an offset; without one it is in the local time zone."""
    if moment.tzinfo is None:
        _check_zone()
    return moment.astimezone(UTC)


def _check_zone() -> None:
    """Check TZ, because the C library takes an unknown zone for UTC."""
    name = os.environ.get("TZ", "").removeprefix(":")
    if not name or _POSIX_ZONE.fullmatch(name):
        return
    try:
        if os.path.isabs(name):
            with open(name, "rb") as file:
                ZoneInfo.from_file(file)
        else:
            ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise InvalidData(
            f'TZ="{escaped(name)}" is not a time zone; set it to a name such as Europe/Berlin'
        ) from error
