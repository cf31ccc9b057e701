"""Every error that hostsdb raises on purpose; all of them are a `StorageError`.

A message is one line in the user's words, safe to print and to log: control
characters of the values it names are escaped, long values are shortened.
"""

from __future__ import annotations

import re
from typing import Any, Literal

_LINE_BREAKS = re.compile(r" *[\x00-\x1f\x7f-\x9f\u2028\u2029]+ *")


def escaped(text: str, limit: int = 60) -> str:
    r"""Return `text` fit for a one-line message.

    Arguments:
        text: any text, of any length.
        limit: how many characters of it to keep, before escaping.
    Returns:
        the text with what cannot be printed as `\n`, `\x00`, `\u2028` (a byte that was not
        UTF-8 as `\xff`); `...` at the end says that it was cut.
    """
    head = text[:limit]
    if not head.isprintable():
        head = "".join(c if c.isprintable() else _escape(c) for c in head)
    return head if len(text) <= limit else head + "..."


def _escape(char: str) -> str:
    if "\udc80" <= char <= "\udcff":  # how `surrogateescape` carries an undecodable byte
        return f"\\x{ord(char) - 0xDC00:02x}"
    return char.encode("unicode_escape").decode("ascii")


def _rebuild(kind: type[StorageError], args: tuple[Any, ...], state: dict[str, Any]) -> StorageError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    return error


class StorageError(Exception):
    """What every error of hostsdb is; the driver's own error is its `__cause__`.

    Arguments:
        message: what happened and the way out; line breaks in it become one blank.
    """

    def __init__(self, message: str) -> None:
        # A driver's text may hold line breaks and lone surrogates, which no terminal prints.
        line = _LINE_BREAKS.sub(" ", message).strip()
        super().__init__(line.encode("utf-8", "backslashreplace").decode("utf-8"))

    def __reduce__(self) -> tuple[Any, ...]:
        # Exception would call the class with the message, which keyword arguments refuse.
        return _rebuild, (type(self), self.args, self.__dict__)


class ConcurrentWriteConflict(StorageError):
    """Somebody else changed the host since the writer read it.

    Arguments (and attributes):
        aggregate_id: the host's id.
        expected_version: the version the writer believed current; None: it expected no such host.
        current_version: the version that is current; None: there is no such host.
    """

    def __init__(
        self, *, aggregate_id: str, expected_version: str | None, current_version: str | None
    ) -> None:
        self.aggregate_id = aggregate_id
        self.expected_version = expected_version
        self.current_version = current_version
        super().__init__(f"{self._cause()}; read the host again and repeat the change")

    def _cause(self) -> str:
        host = f"host {escaped(self.aggregate_id)}"
        current = escaped(self.current_version or "")
        if self.expected_version is None:
            return f"{host} exists already, at version {current}, where no host was expected"
        expected = f"version {escaped(self.expected_version)} was expected"
        if self.current_version is None:
            return f"{host} does not exist, where {expected}"
        return f"{host} was changed by another writer: {expected}, {current} is current"


class DuplicateEntry(StorageError):
    """Another live host has the same address and hostname.

    Arguments (and attributes):
        ip_address: the address both would have.
        hostname: the hostname both would have.
    """

    def __init__(self, *, ip_address: str, hostname: str) -> None:
        self.ip_address = ip_address
        self.hostname = hostname
        pair = f"{escaped(ip_address)} {escaped(hostname)}"
        super().__init__(f"another host is {pair} already; change or delete that one first")


class NotFound(StorageError):
    """Nothing is stored under the id that was asked for.

    Arguments (and attributes):
        kind: what was looked for, `host` or `snapshot`.
        id: the id it was looked for by.
    """

    def __init__(self, *, kind: Literal["host", "snapshot"], id: str) -> None:
        self.kind = kind
        self.id = id
        super().__init__(f'no {kind} has the id "{escaped(id)}"; list the {kind}s to see their ids')


class InvalidData(StorageError):
    """A value that cannot be stored: no address, no hostname, empty text, NUL."""


class ConnectionFailed(StorageError):
    """The database cannot be reached or opened, or the connection was lost."""


class QueryFailed(StorageError):
    """The database refused a statement for a reason that has no error of its own."""


class MigrationFailed(StorageError):
    """The schema cannot be brought to, or is not at, the version this library needs."""


class InvalidConnectionString(StorageError):
    """A connection URL that cannot be understood; its password is never in the message."""
