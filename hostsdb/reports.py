"""What the library reports to the logger `hostsdb`. A command prints reports about rows instead."""

from __future__ import annotations

from collections.abc import Callable

from hostsdb.errors import escaped


def warn(message: str) -> None:
    """Log a warning: something failed, and the library goes on. No stored values, no passwords."""
    _log("WARNING", message)


def inform(message: str) -> None:
    """Log information, as `warn` does."""
    _log("INFO", message)


def _log(level: str, message: str) -> None:
    import logging  # slow to import, and rarely needed

    logging.getLogger("hostsdb").log(getattr(logging, level), "%s", message)


# Called with each message that is no failure of the library, for example that the log was rewound. The command replaces
# it.
notices: list[Callable[[str], None]] = [warn]


def notify(message: str) -> None:
    """Report what a user should know, in one line. No stored values, no passwords."""
    for notice in notices:
        notice(message)


# Called with the message about each unreadable row. The command replaces it.
listeners: list[Callable[[str], None]] = [warn]


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
