"""Reports about rows that a reader leaves out: to the logger `hostsdb`, or to the command."""

from __future__ import annotations

from collections.abc import Callable

from hostsdb.errors import escaped


def _log(message: str) -> None:
    import logging  # slow to import, and rarely needed

    logging.getLogger("hostsdb").warning(message)


# Called with the message about each unreadable row. The command replaces it.
listeners: list[Callable[[str], None]] = [_log]


def report(kind: str, id: object, reason: str) -> None:
    """Report a row that a reader leaves out.

    Arguments:
        kind: `host`, `snapshot` or `consumer`.
        id: its id or name.
        reason: why it cannot be read, without its values.
    """
    for listener in listeners:
        listener(cannot_be_read(kind, id, reason))


def cannot_be_read(kind: str, id: object, reason: str) -> str:
    """Return the message about a row that cannot be read."""
    return f"{kind} {escaped(str(id))} cannot be read: {reason}; hostsdb verify lists all such rows"
