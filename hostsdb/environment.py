"""The connection URL that the environment gives: itself, or the file that holds it, as secrets are mounted."""

from __future__ import annotations

import os

from hostsdb.errors import InvalidConnectionString

# Bytes: far more than any URL, so that a wrong name, of a device even, is told at once.
_MOST = 65536


def environment_url() -> str | None:
    """Return HOSTSDB_URL, or the first line of the file that HOSTSDB_URL_FILE names; None where neither is set.

    Raises:
        InvalidConnectionString: both are set, so that nobody can say which is meant; or the file cannot be read, or
            has no first line.
    """
    url, file = os.environ.get("HOSTSDB_URL"), os.environ.get("HOSTSDB_URL_FILE")
    if not file:
        return url or None
    if url:
        raise InvalidConnectionString("HOSTSDB_URL and HOSTSDB_URL_FILE are both set; unset one of them")
    try:
        with open(file, "rb") as opened:
            line = opened.readline(_MOST)
    except OSError as error:
        raise _unreadable(file, error.strerror or str(error)) from error
    url = line.decode("utf-8", "replace").removeprefix("\ufeff").rstrip("\r\n")
    if "\ufffd" in url:  # not by an error of the decoder, which would carry what it read
        raise _unreadable(file, "it is not UTF-8")
    if not url:
        raise _unreadable(file, "its first line is empty")
    return url


def _unreadable(file: str, why: str) -> InvalidConnectionString:
    return InvalidConnectionString(
        f"HOSTSDB_URL_FILE={file}: {why}; it names a file whose first line is the URL"
    )
