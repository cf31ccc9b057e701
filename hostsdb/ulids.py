"""ULIDs: ids, and versions that increase along a host's chain even if the clock does not (github.com/ulid/spec)."""

from __future__ import annotations

import os
import re
import threading
import time
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from hostsdb.errors import InvalidData, escaped

if TYPE_CHECKING:
    from ulid import ULID

_ULID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")
_GREATEST = 2**128 - 1
_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PAIRS = [first + second for first in _DIGITS for second in _DIGITS]
_SHIFTS = range(100, -1, -10)

_lock = threading.Lock()
_latest = 0


@cache
def _ulid() -> type[ULID]:
    """Return the class. Its module takes as long to import as hostsdb, and readers do not need it."""
    from ulid import ULID

    return ULID


def new_id(milliseconds: int | None = None) -> str:
    """Return a new ULID: 26 characters, the time in the first ten, random bits in the others.

    Arguments:
        milliseconds: the time since 1970; None: the time of this machine. Then ids of one millisecond count up.
    """
    global _latest
    if milliseconds is not None:
        return _text(milliseconds << 80 | int.from_bytes(os.urandom(10), "big"))
    number = time.time_ns() // 1_000_000 << 80
    with _lock:
        # Only half of the random numbers are used as the first one, so that they can count up.
        _latest = (
            _latest + 1
            if _latest >> 80 == number >> 80
            else number | int.from_bytes(os.urandom(10), "big") >> 1
        )
        return _text(_latest)


def _begin_again() -> None:
    """Forget the latest id in a forked process, which would count up as its parent does."""
    global _latest, _lock
    _latest, _lock = 0, threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_again)


def _text(number: int) -> str:
    # Ids that count up differ in the last digits only. A batch has two for each event.
    return _first_digits(number >> 20) + _PAIRS[number >> 10 & 1023] + _PAIRS[number & 1023]


@lru_cache(maxsize=8)
def _first_digits(number: int) -> str:
    # A tenth of the time of python-ulid.
    return "".join([_PAIRS[number >> shift & 1023] for shift in _SHIFTS])


def next_version(expected_version: str | None, milliseconds: int | None = None) -> str:
    """Return a new version above its predecessor.

    Arguments:
        expected_version: the predecessor; None for a host's first event.
        milliseconds: as in new_id.
    Returns:
        a ULID of the current time, or the predecessor plus one if this machine's clock is behind.
    Raises:
        InvalidData: the predecessor is not a ULID, or it is the greatest one.
    """
    version = new_id(milliseconds)
    if expected_version is None or version > expected_version:
        return version
    number = int(_ulid().from_str(checked(expected_version)))
    if number == _GREATEST:
        raise InvalidData(f"there is no version above {expected_version}")
    return str(_ulid().from_int(number + 1))


def checked(version: str) -> str:
    """Return a version of a caller, if it is a ULID in upper case.

    Raises:
        InvalidData: it is not.
    """
    if not is_ulid(version):
        raise InvalidData(f'"{escaped(str(version))}" is not a version; a version is a ULID of 26 characters')
    return version


def is_ulid(value: object) -> bool:
    """Return whether a value is a ULID in upper case."""
    return isinstance(value, str) and _ULID.fullmatch(value) is not None


def import_prefix(milliseconds: int | None = None) -> str:
    """Return the first 16 characters of new ULIDs. An engine adds ten characters that count up.

    Six of them are random. new_id only counts up within a millisecond, so its first 16 characters would repeat.

    Arguments:
        milliseconds: the time since 1970; None: the time of this machine.
    """
    return new_id(time.time_ns() // 1_000_000 if milliseconds is None else milliseconds)[:16]
