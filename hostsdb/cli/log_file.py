"""The log as a file for analysis, written by DuckDB."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

from hostsdb.copying.queries import Erased, read_page
from hostsdb.database.open import Database
from hostsdb.errors import InvalidData
from hostsdb.formats.csv import guarded
from hostsdb.model import UnknownEvent
from hostsdb.operations.events import log_end
from hostsdb.reports import report
from hostsdb.rows import EVENT_COLUMNS, Row, stored_event, to_json
from hostsdb.sql_files import load

_STATEMENTS = {"parquet": "export_log_parquet", "csv": "export_log_csv", "json": "export_log_json"}
FORMATS = tuple(_STATEMENTS)

_PAGE = 1000
# The types of the columns that are not text.
_TYPES = {"priority": "INTEGER", "position": "BIGINT"}
_JSON = dict.fromkeys(["tags", "aliases", "metadata"], "JSON")
_TYPES_OF = {
    "parquet": dict.fromkeys(["tags", "aliases"], "VARCHAR[]")
    | dict.fromkeys(["created_at", "event_timestamp"], "TIMESTAMPTZ"),
    "csv": _JSON,
    "json": _JSON,
}


@contextmanager
def written_log(database: Database, format_: str, plain_cells: bool) -> Iterator[tuple[BinaryIO, int]]:
    """Write all events that the log has now to a temporary file. Give this file, and the number of its events.

    Events that cannot be read are reported and left out. The events first go to another temporary file. The memory
    does not grow with the log.

    Arguments:
        database: the log.
        format_: one of FORMATS.
        plain_cells: do not guard the cells of CSV that a spreadsheet takes for formulas.
    Raises:
        InvalidData: DuckDB is not installed.
        OSError: a temporary file cannot be written.
    """
    _require_duckdb()
    with TemporaryDirectory(prefix="hostsdb-log-") as folder:
        spool, written = Path(folder, "events.jsonl"), Path(folder, "written")
        is_guarded = format_ == "csv" and not plain_cells
        try:
            count = _spool(_events(database), spool, is_guarded)
        except OSError as error:
            words = f"{error.strerror}; TMPDIR can name another folder for temporary files"
            raise OSError(error.errno, words, folder) from error
        columns = {name: (_TYPES | _TYPES_OF[format_]).get(name, "VARCHAR") for name in EVENT_COLUMNS}
        _convert(format_, folder, spool=str(spool), columns=columns, target=str(written))
        with open(written, "rb") as file:
            yield file, count


def _spool(events: Iterable[dict[str, Any]], path: Path, is_guarded: bool) -> int:
    count = 0
    with open(path, "w", encoding="utf-8") as file:
        for event in events:
            cells = {name: _guarded(value) for name, value in event.items()} if is_guarded else event
            file.write(to_json(cells) + "\n")
            count += 1
    return count


def _events(database: Database) -> Iterator[dict[str, Any]]:
    """Yield the columns of each event as they are stored, the lists and the metadata as JSON values."""
    end = database.run(log_end)
    after = -1
    while page := database.run(lambda: read_page(after, end, _PAGE)):  # noqa: B023  # called at once
        stored = (row for row in page if not isinstance(row, Erased))
        yield from filter(None, map(_columns, stored))
        after = page[-1][-1]


def _columns(row: Row) -> dict[str, Any] | None:
    stored = stored_event(row)
    if isinstance(stored.event, UnknownEvent):
        report("event", stored.event_id, stored.event.reason)
        return None
    columns = dict(zip(EVENT_COLUMNS, row, strict=True))
    for name in _JSON:
        columns[name] = None if columns[name] is None else json.loads(columns[name])
    for name in ("created_at", "event_timestamp"):
        columns[name] = f"{getattr(stored, name).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"
    return columns


def _guarded(value: Any) -> Any:
    return guarded(value) if isinstance(value, str) else value


def _require_duckdb() -> None:
    try:
        import_module("duckdb")
    except ImportError as error:
        raise InvalidData("hostsdb log needs DuckDB: pip install 'hostsdb[duckdb]'") from error


def _convert(format_: str, folder: str, **parameters: Any) -> None:
    """Let DuckDB read the spool file and write the other one."""
    import duckdb

    from hostsdb.engines.duckdb_errors import storage_error

    # Each thread reads the spool file with a buffer of 32 MB.
    options: dict[str, Any] = {"temp_directory": folder, "autoinstall_known_extensions": False, "threads": 2}
    try:
        with duckdb.connect(config=options) as connection:
            connection.execute(load("duckdb", "set_memory_limit").text)
            connection.execute(load("duckdb", _STATEMENTS[format_]).text, parameters)
    except duckdb.Error as error:
        raise storage_error(error, "a temporary file") from error
