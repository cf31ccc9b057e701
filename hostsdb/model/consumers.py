"""A named reader of the log, and the events that it is given."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hostsdb.model.events import StoredEvent


@dataclass(frozen=True, slots=True)
class Consumer:
    """A named reader of the log: the position of the last event that it has handled, and when it moved there."""

    name: str
    position: int
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Batch:
    """Events for a consumer to handle, within a transaction.

    Attributes:
        events: the next events, in the order of the log; empty if all are handled.
        connection: the connection of psycopg, sqlite3 or duckdb, in the transaction that moves the consumer.
        position: the consumer's position before these events; -1 for a new one.
    """

    events: list[StoredEvent]
    connection: Any
    position: int
