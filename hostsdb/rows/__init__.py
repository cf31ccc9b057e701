"""Rows of the schema as values of the library, and back. Only this package knows the order of columns."""

from hostsdb.columns import moment, tags
from hostsdb.rows.changes import event_change, event_columns
from hostsdb.rows.host_entries import ENTRY_COLUMNS, Row, changeable, entries, entry, made_of, readable
from hostsdb.rows.host_events import EVENT_COLUMNS, appended, stored_event
from hostsdb.rows.pages import all_readable
from hostsdb.rows.records import CONSUMER_COLUMNS, SNAPSHOT_COLUMNS, consumer, snapshot, snapshot_metadata
from hostsdb.rows.values import moment_text, priority, text, texts_to_json, to_json

__all__ = [
    "CONSUMER_COLUMNS",
    "ENTRY_COLUMNS",
    "EVENT_COLUMNS",
    "SNAPSHOT_COLUMNS",
    "Row",
    "all_readable",
    "appended",
    "changeable",
    "consumer",
    "entries",
    "entry",
    "event_change",
    "event_columns",
    "made_of",
    "moment",
    "moment_text",
    "priority",
    "readable",
    "snapshot",
    "snapshot_metadata",
    "stored_event",
    "tags",
    "text",
    "texts_to_json",
    "to_json",
]
