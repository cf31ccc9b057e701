"""The errors of hostsdb. Each of them is a `StorageError`.

A message is one line, safe to print and to log: control characters of values are escaped, long values are cut.
"""

from __future__ import annotations

import copyreg
import re
from typing import Any, Literal

_LINE_BREAKS = re.compile(r" *[\x00-\x1f\x7f-\x9f\u2028\u2029]+ *")


def escaped(text: str, limit: int = 60) -> str:
    r"""Return a text for a one-line message.

    Arguments:
        text: any text, of any length.
        limit: how many characters of it to keep, before escaping.
    Returns:
        the text with unprintable characters as `\n`, `\x00`, `\u2028` (a byte that is not UTF-8 as `\xff`), and with
        `...` at the end if it was cut.
    """
    head = text[:limit]
    if not head.isprintable():
        head = "".join(c if c.isprintable() else _escape(c) for c in head)
    return head if len(text) <= limit else head + "..."


def _escape(char: str) -> str:
    if "\udc80" <= char <= "\udcff":  # an undecodable byte after `surrogateescape`
        return f"\\x{ord(char) - 0xDC00:02x}"
    return char.encode("unicode_escape").decode("ascii")


class StorageError(Exception):
    """The base class of all errors of hostsdb. The driver's error is its `__cause__`.

    Arguments:
        message: what failed and what to do. Line breaks in it become one blank.
    """

    def __init__(self, message: str) -> None:
        # A driver's message may have line breaks and lone surrogates. A terminal cannot print these.
        line = _LINE_BREAKS.sub(" ", message).strip()
        super().__init__(line.encode("utf-8", "backslashreplace").decode("utf-8"))

    def __reduce__(self) -> tuple[Any, ...]:
        # Exception would call the class with the message, but subclasses have keyword arguments.
        return copyreg.__newobj__, (type(self), *self.args), self.__dict__  # type: ignore[attr-defined]


class ConcurrentWriteConflict(StorageError):
    """Another writer changed the host after this one had read it.

    Arguments (and attributes):
        aggregate_id: the host's id.
        expected_version: the version that the writer expected; None: it expected no such host.
        current_version: the current version; None: there is no such host.
    """

    def __init__(
        self, *, aggregate_id: str, expected_version: str | None, current_version: str | None
    ) -> None:
        self.aggregate_id = aggregate_id
        self.expected_version = expected_version
        self.current_version = current_version
        super().__init__(f"{self._cause()}; read the host again and retry the change")

    def _cause(self) -> str:
        host = f"host {escaped(self.aggregate_id)}"
        current = escaped(self.current_version or "")
        if self.expected_version is None:
            return f"{host} already exists, at version {current}; no host was expected"
        expected = f"expected version {escaped(self.expected_version)}"
        if self.current_version is None:
            return f"{host} does not exist, {expected}"
        return f"another writer changed {host}: {expected}, current version {current}"


class DuplicateEntry(StorageError):
    """Another live host has the same address and hostname.

    Arguments (and attributes):
        ip_address, hostname: the pair that both would have.
    """

    def __init__(self, *, ip_address: str, hostname: str) -> None:
        self.ip_address = ip_address
        self.hostname = hostname
        pair = f"{escaped(ip_address)} {escaped(hostname)}"
        super().__init__(f"another host already has {pair}; change or delete it first")


class NotFound(StorageError):
    """There is no host, snapshot or event with this id, or no consumer or zone with this name.

    Arguments (and attributes):
        kind: `host`, `snapshot`, `consumer`, `zone` or `event`.
        id: the id; the name of a consumer or zone.
    """

    def __init__(self, *, kind: Literal["host", "snapshot", "consumer", "zone", "event"], id: str) -> None:
        self.kind = kind
        self.id = id
        key = "name" if kind in ("consumer", "zone") else "id"
        super().__init__(f'no {kind} has the {key} "{escaped(id)}"; list the {kind}s to see their {key}s')


class InvalidData(StorageError):
    """A value cannot be stored: an invalid address or hostname, an empty text, a NUL character."""


class ConnectionFailed(StorageError):
    """The database cannot be reached or opened, or the connection was lost."""


class QueryFailed(StorageError):
    """The database refused a statement for another reason."""


class MigrationFailed(StorageError):
    """A migration failed, or the schema does not have the version that this library needs."""


class InvalidConnectionString(StorageError):
    """A connection URL is invalid. The message never contains its password."""
