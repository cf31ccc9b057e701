"""Whether the database is there and answers."""

from __future__ import annotations

from hostsdb.operations.steps import Operation, run


def health_check() -> Operation[bool]:
    """Return True when the database answers and has its tables; for any other case there is an error that says why.

    Raises:
        ConnectionFailed, QueryFailed: it does not, or has not; the message says why.
    """
    yield from run("health_check")
    return True
