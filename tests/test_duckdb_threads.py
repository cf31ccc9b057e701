"""Threads of one process that write to a DuckDB file: the loser learns of the conflict, not of a key."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Barrier
from time import sleep

import duckdb
import pytest

import hostsdb
from hostsdb import CommentUpdated, ConcurrentWriteConflict, HostCreated, InvalidData

INSERT = (
    "INSERT INTO host_events (event_id, aggregate_id, event_type, event_version, comment, expected_version) "
    "VALUES ('other', 'H', 'CommentUpdated', left(?, 10) || 'ZZZZZZZZZZZZZZZZ', 'other', ?)"
)


@pytest.mark.parametrize("end", ["COMMIT", "ROLLBACK"])
def test_the_other_transaction_ends_after_the_attempt(current_duckdb_url: str, end: str) -> None:
    path = current_duckdb_url.removeprefix("duckdb:///")
    with hostsdb.connect(current_duckdb_url) as storage, closing(duckdb.connect(path)) as other:
        version = storage.append_event("H", HostCreated("10.0.0.1", "h")).event_version
        other.execute("BEGIN")
        other.execute(INSERT, [version, version])
        with ThreadPoolExecutor(1) as pool:
            attempt = pool.submit(storage.append_event, "H", CommentUpdated(None, "mine"), version)
            sleep(0.3)
            assert not attempt.done()
            other.execute(end)
            if end == "COMMIT":
                with pytest.raises(ConcurrentWriteConflict):
                    attempt.result(30)
            else:
                assert attempt.result(30).event_version == storage.get_current_version("H")


def test_of_racing_threads_one_wins(current_duckdb_url: str) -> None:
    with hostsdb.connect(current_duckdb_url) as first, hostsdb.connect(current_duckdb_url) as second:
        version: str | None = first.append_event("H", HostCreated("10.0.0.1", "h")).event_version
        barrier = Barrier(2)

        def attempt(storage: hostsdb.Storage, expected: str | None) -> bool:
            barrier.wait()
            try:
                storage.append_event("H", CommentUpdated(None, "x"), expected)
            except ConcurrentWriteConflict:
                return False
            return True

        with ThreadPoolExecutor(2) as pool:
            for _ in range(5):
                assert sorted(pool.map(attempt, (first, second), [version] * 2)) == [False, True]
                version = first.get_current_version("H")
        assert first.count_events("H") == 6


def test_a_batch_that_forks_a_host_is_not_retried(current_duckdb_url: str) -> None:
    with hostsdb.connect(current_duckdb_url) as storage:
        version = storage.append_event("H", HostCreated("10.0.0.1", "h")).event_version
        with pytest.raises(InvalidData):
            storage.append_batch([("H", [CommentUpdated(None, text)], version) for text in "ab"])


@pytest.mark.parametrize(
    "opened_first", [hostsdb.connect, lambda url: duckdb.connect(url.removeprefix("duckdb:///"))]
)
def test_a_second_storage_keeps_the_lock_on_the_file(current_duckdb_url: str, opened_first) -> None:
    other = f"import duckdb; duckdb.connect({current_duckdb_url.removeprefix('duckdb:///')!r})"
    with closing(opened_first(current_duckdb_url)):
        hostsdb.connect(current_duckdb_url).close()
        done = subprocess.run([sys.executable, "-c", other], capture_output=True, text=True)
        assert "Could not set lock on file" in done.stderr
    assert subprocess.run([sys.executable, "-c", other]).returncode == 0
