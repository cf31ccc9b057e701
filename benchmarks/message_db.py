"""Bar 21: appends per second, against write_message of message-db: an event store of functions in PostgreSQL.

Nothing of message-db is stored here. `HOSTSDB_BENCH_MESSAGE_DB` names a checkout of github.com/message-db/message-db.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg

from hostsdb.model import HostEvent
from hostsdb.rows import event_columns, to_json

VARIABLE = "HOSTSDB_BENCH_MESSAGE_DB"
BAR = 21
# In the order of its install.sh. Without the views, the privileges of a role, and pgcrypto: gen_random_uuid() is
# PostgreSQL's own since 13.
_FOLDERS = ("schema", "tables", "types", "functions", "indexes")
# Its functions find each other by the search_path.
_OPTIONS = "-c search_path=message_store,public -c client_min_messages=warning"
_WRITE = "SELECT write_message(%s, %s, %s, %s::jsonb, NULL, %s)"


def checkout() -> Path | None:
    """Return the folder with message-db's SQL; None if the caller has named no checkout.

    Raises:
        SystemExit: the named folder is no checkout of message-db.
    """
    named = os.environ.get(VARIABLE)
    if not named:
        return None
    folder = Path(named) / "database"
    if not (folder / "functions" / "write-message.sql").exists():
        raise SystemExit(f"{VARIABLE}={named} is no checkout of message-db: it has no database/functions")
    return folder


def install(url: str, folder: Path) -> None:
    """Create message-db's tables, functions and indexes in a database."""
    with psycopg.connect(url, autocommit=True, options=_OPTIONS) as connection:
        for name in _FOLDERS:
            for file in sorted((folder / name).glob("*.sql")):
                connection.execute(file.read_bytes())


def writer(url: str, events: Callable[[int], Iterator[HostEvent]]) -> Callable[[int], None]:
    """Return a call that writes the events of one host: a stream, each message with the expected version."""
    connection = psycopg.connect(url, autocommit=True, options=_OPTIONS)

    def host(number: int) -> None:
        stream = f"host-{uuid.uuid4()}"
        for version, event in enumerate(events(number), -1):
            # The same texts that hostsdb stores in columns, as one JSON object.
            data = to_json(event_columns(event))
            parameters = (str(uuid.uuid4()), stream, type(event).__name__, data, version)
            connection.execute(_WRITE, parameters).fetchone()

    return host
