"""A safeguard of export: no hosts over a file that contains hosts is probably a mistake."""

from __future__ import annotations

import io
import re

from hostsdb.errors import StorageError, escaped
from hostsdb.formats import HostRecord, detect, read

# Zone files cannot be read, and a file of dnsmasq or unbound is not recognised behind a comment.
_HOST_LINE = re.compile(rb"^[ \t]*(?:host-record=|local-data:)|\sIN\s+(?:A|AAAA|PTR)\s", re.M)


class WouldBeEmptied(StorageError):
    """An export would replace a file that contains hosts by a file without hosts."""

    def __init__(self, file: str) -> None:
        super().__init__(
            f"there is no host to export, and {escaped(file, 1000)} contains hosts; it is unchanged; "
            "check the database and the tags, or use --allow-empty"
        )


def contains_hosts(content: bytes, name: str) -> bool:
    """Return whether a file of any format contains a host.

    Arguments:
        content: the content of the file.
        name: its name.
    """
    if _HOST_LINE.search(content):
        return True
    records = read(io.BytesIO(content), detect(name, content[:4096]))
    return any(isinstance(record, HostRecord) for record in records)
