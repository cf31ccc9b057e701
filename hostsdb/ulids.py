"""ULIDs: ids, and versions that increase along a host's chain even if the clock does not (github.com/ulid/spec)."""

from __future__ import annotations

import os
import re
from functools import cache
from typing import TYPE_CHECKING

from hostsdb.errors import InvalidData, escaped

if TYPE_CHECKING:
    from ulid import ULID

_ULID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")
_GREATEST = 2**128 - 1


@cache
def _ulid() -> type[ULID]:
    """Return the class. Its module takes as long to import as hostsdb, and readers do not need it."""
    from ulid import ULID

    return ULID


def new_id() -> str:
    """Return a new ULID: 26 characters, the time in the first ten, random bits in the others."""
    return str(_ulid()())


def next_version(expected_version: str | None) -> str:
    """Return a new version above its predecessor.

    Arguments:
        expected_version: the predecessor; None for a host's first event.
    Returns:
        a ULID of the current time, or the predecessor plus one if this machine's clock is behind.
    Raises:
        InvalidData: the predecessor is not a ULID, or it is the greatest one.
    """
    version = new_id()
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
    if not isinstance(version, str) or not _ULID.fullmatch(version):
        raise InvalidData(f'"{escaped(str(version))}" is not a version; a version is a ULID of 26 characters')
    return version


def import_prefix() -> str:
    """Return the first 16 characters of new ULIDs. An engine adds ten characters that count up.

    Six of them are random. new_id only counts up within a millisecond, so its first 16 characters would repeat.
    """
    return str(_ulid().from_bytes(_ulid()().bytes[:6] + os.urandom(10)))[:16]
