"""A database file is replaced or removed while a storage has it open (SQLite and DuckDB)."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

import hostsdb
from hostsdb import ConnectionFailed, HostCreated, Storage, StoredEvent
from tests.conformance.calling import STYLES, Open
from tests.support.template import Template


@pytest.fixture(params=STYLES)
def opened(request: pytest.FixtureRequest) -> Iterator[Open]:
    with STYLES[request.param]() as opened:
        yield opened


@pytest.fixture(params=["sqlite", "sqlite-wal", "duckdb"])
def url(request: pytest.FixtureRequest, tmp_path: Path, migrated: Template) -> Iterator[str]:
    """The URL of a database with one host, `old`. Another one, `new.db`, has no host yet."""
    engine, _, mode = request.param.partition("-")
    with migrated.copied(engine, tmp_path / "hosts.db") as url, migrated.copied(engine, tmp_path / "new.db"):
        with hostsdb.connect(url, initialize=False) as storage:
            storage.add_host("10.0.0.1", "old")
        if mode:
            with sqlite3.connect(file_of(url)) as connection:
                connection.execute("PRAGMA journal_mode = WAL")
            connection.close()
        yield url


def name(event: StoredEvent) -> str:
    assert isinstance(event.event, HostCreated)
    return event.event.hostname


def file_of(url: str) -> Path:
    return Path(url.partition("://")[2][1:])


def names(storage: Storage) -> list[str]:
    return [entry.hostname for entry in storage.list_all()]


def replace(url: str, *hosts: str) -> Path:
    """Put another database with these hosts in the place of the file. Return where the old one is."""
    file = file_of(url)
    other = file.with_name("new.db")
    with hostsdb.connect(url.replace("hosts.db", "new.db"), initialize=False) as storage:
        for host in hosts:
            storage.add_host("10.0.0.1", host)
    kept = file.with_name("kept.db")
    os.link(file, kept)
    os.replace(other, file)
    return kept


def stored(url: str, file: Path) -> list[str]:
    with hostsdb.connect(f"{url.partition(':')[0]}:///{file}", initialize=False) as storage:
        return names(storage)


def test_reads_and_writes_go_to_the_new_file(opened: Open, url: str) -> None:
    with opened(url) as storage:
        storage.add_host("10.0.0.1", "older")
        kept = replace(url, "new")
        assert names(storage) == ["new"]
        storage.add_host("10.0.0.1", "newer")
        assert names(storage) == ["new", "newer"]
    assert stored(url, file_of(url)) == ["new", "newer"]
    assert stored(url, kept) == ["old", "older"]


def test_the_first_call_after_it_may_be_a_write(opened: Open, url: str) -> None:
    with opened(url) as storage:
        storage.add_host("10.0.0.1", "older")
        kept = replace(url, "new")
        storage.add_host("10.0.0.1", "newer")
    assert stored(url, file_of(url)) == ["new", "newer"]
    assert stored(url, kept) == ["old", "older"]


def test_a_transaction_on_the_old_file_is_not_stored(opened: Open, url: str) -> None:
    with opened(url) as storage:
        with (
            pytest.raises(ConnectionFailed, match=r"hosts\.db was replaced by another file"),
            storage.transaction() as inside,
        ):
            inside.add_host("10.0.0.1", "lost")
            replace(url, "new")
            inside.list_all()
        storage.add_host("10.0.0.1", "newer")
        assert names(storage) == ["new", "newer"]


def test_a_consumer_on_the_old_file_does_not_move(opened: Open, url: str) -> None:
    with opened(url) as storage:
        with pytest.raises(ConnectionFailed, match="was replaced"), storage.consuming("c") as batch:
            assert [name(event) for event in batch.events] == ["old"]
            replace(url, "new")
        with storage.consuming("c") as batch:
            assert [name(event) for event in batch.events] == ["new"]


def test_a_removed_file_is_an_error_and_is_not_created(opened: Open, url: str) -> None:
    file = file_of(url)
    with opened(url) as storage:
        storage.add_host("10.0.0.1", "older")
        away = file.rename(file.with_name("away.db"))
        for call in (storage.list_all, lambda: storage.add_host("10.0.0.1", "lost")):
            with pytest.raises(ConnectionFailed, match=r"hosts\.db was removed or renamed while it was open"):
                call()
        assert not file.exists()
        away.rename(file)
        assert names(storage) == ["old", "older"]
    assert stored(url, file) == ["old", "older"]


def test_a_new_file_that_is_no_database_is_an_error_until_it_is_replaced(opened: Open, url: str) -> None:
    file = file_of(url)
    good = shutil.copy(file, file.with_name("good.db"))
    with opened(url) as storage:
        names(storage)
        bad = file.with_name("bad.db")
        bad.write_text("no database, but long enough to be none of either engine")
        os.replace(bad, file)
        for _ in range(2):
            with pytest.raises(ConnectionFailed, match="use another file"):
                storage.list_all()
        os.replace(good, file)
        assert names(storage) == ["old"]


def test_a_relative_path_names_the_same_file_in_another_folder(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    engine = url.partition(":")[0]
    with hostsdb.connect(f"{engine}:///hosts.db") as storage:
        (tmp_path / "elsewhere").mkdir()
        monkeypatch.chdir(tmp_path / "elsewhere")
        storage.add_host("10.0.0.1", "older")
        replace(url, "new")
        assert names(storage) == ["new"]


def test_a_write_ahead_log_of_the_old_file_is_not_applied_to_the_new_one(url: str) -> None:
    file = file_of(url)
    with hostsdb.connect(url) as reader:
        names(reader)
        with hostsdb.connect(url) as writer:
            for number in range(20):
                writer.add_host("10.0.0.2", f"old{number}")
        names(reader)
        kept = replace(url, "new")
        assert names(reader) == ["new"]
        reader.add_host("10.0.0.1", "newer")
    assert stored(url, file) == ["new", "newer"]
    assert len(stored(url, kept)) == 21
    with hostsdb.connect(url) as storage:
        assert storage.verify() == []
