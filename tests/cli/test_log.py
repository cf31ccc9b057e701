"""hostsdb log: the whole log as Parquet, CSV and JSON."""

from __future__ import annotations

import csv
import io
import json
import sys
from datetime import UTC
from pathlib import Path
from typing import Any

import duckdb
import pytest

import hostsdb
from hostsdb import HostDeleted, StoredEvent
from hostsdb.rows import EVENT_COLUMNS, event_columns
from tests.cli.conftest import Run
from tests.support.command import hostsdb_command
from tests.support.unreadable import OF_ENGINE, store


@pytest.fixture
def url(request: pytest.FixtureRequest, run: Run) -> str:
    return str(request.getfixturevalue(f"current_{request.node.callspec.params['run']}_url"))


def fill(url: str) -> list[StoredEvent]:
    """Store an event of each type; return all of them."""
    with hostsdb.connect(url) as storage:
        host = storage.add_host(
            "10.0.0.1", "nas.lan", aliases=["a.lan"], tags=["lan", 'a "b"'], created_by="me"
        )
        for fields in (
            {"ip_address": "10.0.0.2", "hostname": "box.lan", "comment": "=1+1 ä\n, 'x'"},
            {"comment": None, "tags": [], "aliases": ["b.lan", "c.lan"], "priority": -5},
        ):
            storage.update_host(host.id, created_by="you", **fields)
        storage.delete_host(host.id, reason="it's gone")
        events = storage.events_since(-1)
    assert len({type(stored.event) for stored in events}) == 8 and isinstance(events[-1].event, HostDeleted)
    return events


def rows(events: list[StoredEvent]) -> list[dict[str, Any]]:
    """Return what the file must have, times and lists as Python has them."""
    found = []
    for stored in events:
        row: dict[str, Any] = dict.fromkeys(EVENT_COLUMNS)
        row |= {name: getattr(stored, name) for name in EVENT_COLUMNS if hasattr(stored, name)}
        row |= event_columns(stored.event)
        row |= {name: json.loads(row[name]) for name in ("tags", "aliases", "metadata") if row[name]}
        found.append(row)
    return found


def as_text(row: dict[str, Any]) -> dict[str, Any]:
    times = ("created_at", "event_timestamp")
    return row | {name: f"{row[name]:%Y-%m-%dT%H:%M:%S.%fZ}" for name in times}


def test_parquet(run: Run, url: str, tmp_path: Path) -> None:
    events = fill(url)
    file = tmp_path / "log.parquet"
    assert run("log", file).stdout == f"wrote {len(events)} events to {file}\n"
    with duckdb.connect() as connection:
        read = connection.execute(f"SELECT * FROM '{file}'")
        types = {column[0]: str(column[1]) for column in read.description}
        found = [dict(zip(types, row, strict=True)) for row in read.fetchall()]
    assert types == dict.fromkeys(EVENT_COLUMNS, "VARCHAR") | {
        "tags": "VARCHAR[]",
        "aliases": "VARCHAR[]",
        "priority": "INTEGER",
        "position": "BIGINT",
        "created_at": "TIMESTAMP WITH TIME ZONE",
        "event_timestamp": "TIMESTAMP WITH TIME ZONE",
    }
    for row in found:
        row["metadata"] = json.loads(row["metadata"])
        row |= {name: row[name].astimezone(UTC) for name in ("created_at", "event_timestamp")}
    assert found == rows(events)


def test_json(run: Run, url: str, tmp_path: Path) -> None:
    events = fill(url)
    run("log", tmp_path / "log.json")
    assert json.loads((tmp_path / "log.json").read_text()) == [as_text(row) for row in rows(events)]


def test_csv(run: Run, url: str, tmp_path: Path) -> None:
    events = fill(url)
    run("log", tmp_path / "log.csv")
    piped = run("log", "-", "--format", "csv").stdout
    assert piped == (tmp_path / "log.csv").read_text()
    for options, comment in (((), "'=1+1 ä\n, 'x'"), (("--plain-cells",), "=1+1 ä\n, 'x'")):
        text = run("log", "-", "--format", "csv", *options).stdout
        found = list(csv.DictReader(io.StringIO(text, newline="")))
        assert [row["comment"] for row in found if row["comment"]] == [comment]
        for row, wanted in zip(found, map(as_text, rows(events)), strict=True):
            assert row["created_at"] == wanted["created_at"]
            assert {json.dumps(row[name]) for name in ("hostname", "created_by")} == {
                json.dumps(wanted[name] or "") for name in ("hostname", "created_by")
            }
            assert row["tags"] == (
                "" if wanted["tags"] is None else json.dumps(wanted["tags"]).replace(", ", ",")
            )


def test_csv_has_null_and_the_empty_text(run: Run, url: str, tmp_path: Path) -> None:
    events = fill(url)
    run("log", tmp_path / "log.csv", "--plain-cells")
    with duckdb.connect() as connection:
        source = f"read_csv('{tmp_path}/log.csv', allow_quoted_nulls = false)"
        found = connection.execute(f"SELECT comment FROM {source} ORDER BY position")
        assert [comment for (comment,) in found.fetchall()] == [row["comment"] for row in rows(events)]


def test_an_empty_log(run: Run, tmp_path: Path) -> None:
    for name in ("log.parquet", "log.csv", "log.json"):
        assert run("log", tmp_path / name).stdout.startswith("wrote 0 events")
    assert json.loads((tmp_path / "log.json").read_text()) == []
    assert (tmp_path / "log.csv").read_text() == ",".join(EVENT_COLUMNS) + "\n"
    with duckdb.connect() as connection:
        found = connection.execute(f"SELECT * FROM '{tmp_path}/log.parquet'")
        assert len(found.description) == len(EVENT_COLUMNS) and found.fetchall() == []


def test_events_that_cannot_be_read_are_reported(run: Run, url: str, tmp_path: Path) -> None:
    events = fill(url)
    store(url)
    done = run("log", tmp_path / "log.json", exit_code=1)
    kinds = OF_ENGINE[url.partition(":")[0]]
    reported = [line for line in done.stderr.splitlines() if " cannot be read: " in line]
    assert len(reported) == min(len(kinds), 20) and reported[0].startswith("hostsdb: event event-")
    assert json.loads((tmp_path / "log.json").read_text()) == [as_text(row) for row in rows(events)]


def test_the_file_stays_if_the_export_fails(
    current_sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(current_sqlite_url)
    file = tmp_path / "log.parquet"
    file.write_text("old")
    before = set(tmp_path.iterdir())
    with monkeypatch.context() as patched:
        patched.setattr("hostsdb.cli.commands.log.copyfileobj", _full)
        done = hostsdb_command("log", file, HOSTSDB_URL=current_sqlite_url)
    assert (done.returncode, done.stderr) == (1, f"hostsdb: {file}: No space left on device\n")
    monkeypatch.setattr("hostsdb.cli.log_file._spool", _full)
    done = hostsdb_command("log", file, HOSTSDB_URL=current_sqlite_url)
    assert done.returncode == 1 and "TMPDIR can name another folder" in done.stderr
    assert file.read_text() == "old" and set(tmp_path.iterdir()) == before


def _full(*arguments: object) -> None:
    raise OSError(28, "No space left on device")


def test_without_duckdb(current_sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)
    done = hostsdb_command("log", tmp_path / "log.parquet", HOSTSDB_URL=current_sqlite_url)
    assert (done.returncode, done.stderr) == (
        1,
        "hostsdb: hostsdb log needs DuckDB: pip install 'hostsdb[duckdb]'\n",
    )
    assert not (tmp_path / "log.parquet").exists()


def test_the_ending_names_the_format(current_sqlite_url: str, tmp_path: Path) -> None:
    done = hostsdb_command("log", tmp_path / "log.txt", HOSTSDB_URL=current_sqlite_url)
    assert done.returncode == 2 and "must end with .parquet, .csv or .json" in done.stderr
    assert (
        hostsdb_command(
            "log", "log.txt", "--format", "json", cwd=tmp_path, HOSTSDB_URL=current_sqlite_url
        ).returncode
        == 0
    )


def test_the_log_is_read_in_pages(
    current_sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = fill(current_sqlite_url)
    monkeypatch.setattr("hostsdb.cli.log_file._PAGE", 2)
    done = hostsdb_command("log", tmp_path / "log.json", HOSTSDB_URL=current_sqlite_url)
    assert done.returncode == 0
    assert json.loads((tmp_path / "log.json").read_text()) == [as_text(row) for row in rows(events)]
