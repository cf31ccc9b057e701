"""ULIDs: ids, and versions that grow along a host's chain whatever the clock says (github.com/ulid/spec)."""

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
    """Return the class: its module takes as long to import as all of ours together, and a reader needs none."""
    from ulid import ULID

    return ULID


def new_id() -> str:
    """Return a new ULID: 26 characters, the time in the first ten, chance in the others."""
    return str(_ulid()())


def next_version(expected_version: str | None) -> str:
    """Return a new version above the one it follows.

    Arguments:
        expected_version: the predecessor's version, None for a host's first event.
    Returns:
        a ULID of now; or the predecessor's plus one, where this machine's clock is behind.
    Raises:
        InvalidData: the predecessor is no ULID, or no ULID is above it.
    """
    version = new_id()
    if expected_version is None or version > expected_version:
        return version
    number = int(_ulid().from_str(checked(expected_version)))
    if number == _GREATEST:
        raise InvalidData(f"no version is above {expected_version}")
    return str(_ulid().from_int(number + 1))


def checked(version: str) -> str:
    """Return a version that was given, if it is a ULID in its one written form.

    Raises:
        InvalidData: it is not.
    """
    if not isinstance(version, str) or not _ULID.fullmatch(version):
        raise InvalidData(f'"{escaped(str(version))}" is not a version: a version is a ULID of 26 characters')
    return version


def import_prefix() -> str:
    """Return the first 16 characters of new ULIDs, for an engine to add ten that count.

    Six of them are chance: unlike new_id's, which counts on within a millisecond and would change at the end alone.
    """
    return str(_ulid().from_bytes(_ulid()().bytes[:6] + os.urandom(10)))[:16]
