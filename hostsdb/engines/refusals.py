"""What a database says no to, before an operation has put it in the user's words."""

from __future__ import annotations

from hostsdb.errors import QueryFailed


class Refused(QueryFailed):
    """A constraint or a trigger of the schema refused a statement.

    Arguments (and attributes):
        constraint: its name in the schema, the same on every engine.
        message: the engine's words.
    """

    def __init__(self, constraint: str, message: str) -> None:
        self.constraint = constraint
        super().__init__(message)


class Repeatable(QueryFailed):
    """The engine undid the whole transaction because of another one; the same again may well succeed."""
