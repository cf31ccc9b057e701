"""No position is given twice by a server that lost a part of the log (PostgreSQL)."""

import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.schema.raw import Raw, created, migrate
from tests.schema.test_dump_and_restore import wait_until_blocked
from tests.schema.test_positions import Reader
from tests.support.postgres_process import PostgresProcess, postgres_process

LOST = 1_000_000
EPOCH = "SELECT xid_offset, timeline, started_at = pg_postmaster_start_time() FROM log_epoch"


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresProcess]:
    with postgres_process() as server:
        with closing(Raw("postgres", server.url)) as raw:
            migrate(raw)
        yield server


@contextmanager
def restarted(server: PostgresProcess) -> Iterator[Raw]:
    """The log, with one more event than before, after a restart of the server."""
    with closing(Raw("postgres", server.url)) as raw:
        raw.insert_event(**created(new_name(raw)))
    server.stop()
    server.start()
    with closing(Raw("postgres", server.url)) as raw:
        yield raw
        raw.assert_consistent()


def new_name(raw: Raw) -> str:
    [(number,)] = raw.run("SELECT count(*) FROM host_events")
    return f"host{number}"


def transactions(raw: Raw) -> list[int]:
    return [number for (number,) in raw.run("SELECT position >> 22 FROM host_events ORDER BY position")]


def test_a_new_database_knows_its_server(server: PostgresProcess) -> None:
    with closing(Raw("postgres", server.url)) as raw:
        assert raw.run("SELECT timeline, started_at = pg_postmaster_start_time() FROM log_epoch") == [
            (1, True)
        ]
        raw.insert_event(**created("first"))
        raw.insert_event(**created("second"))
        assert raw.run(EPOCH) == [(0, 1, True)]


def test_the_first_writer_after_a_start_of_the_server_raises_the_offset(server: PostgresProcess) -> None:
    with restarted(server) as raw:
        reader = Reader(raw)
        before = len(reader.read())
        for name in ("raised", "and-only-once"):
            raw.insert_event(**created(name))
            assert reader.read() == [f"{name}-1"]
        *_, last, raised, next_one = transactions(raw)
        assert raised >= last + LOST
        assert raised < next_one < raised + 100
        assert len(Reader(raw).read()) == before + 2
        assert raw.run(EPOCH.replace("xid_offset", "xid_offset >= 1000000")) == [(True, 1, True)]


@pytest.mark.parametrize("stored", ["timeline = 7", "started_at = NULL", "started_at = now()"])
def test_another_timeline_and_another_start_raise_the_offset(server: PostgresProcess, stored: str) -> None:
    with closing(Raw("postgres", server.url)) as raw:
        raw.insert_event(**created(new_name(raw)))
        raw.run(f"UPDATE log_epoch SET {stored}")
        raw.insert_event(**created(new_name(raw)))
        *_, last, raised = transactions(raw)
        assert raised >= last + LOST
        assert raw.run(EPOCH.replace("xid_offset, ", "")) == [(1, True)]


@pytest.mark.parametrize("outcome", ["COMMIT", "ROLLBACK"])
def test_racing_first_writers_raise_it_once(server: PostgresProcess, outcome: str) -> None:
    with restarted(server) as raw, ThreadPoolExecutor(1) as pool:
        reader = Reader(raw)
        reader.read()
        first, second, third = (raw.connect() for _ in range(3))
        raw.run("BEGIN", on=second)
        raw.run("SELECT pg_current_xact_id()", on=second)  # its place in the log is before the first one's
        raw.run("BEGIN", on=first)
        raw.insert_event(on=first, **created(f"first-{outcome}"))
        assert reader.read() == []
        racing = pool.submit(raw.insert_event, on=second, **created(f"second-{outcome}"))
        wait_until_blocked(raw, second)
        raw.run(outcome, on=first)
        racing.result(20)
        assert reader.read() == []
        if outcome == "ROLLBACK":  # the second one has raised it, so the third one waits
            raw.run("COMMIT", on=second)
        raw.insert_event(on=third, **created(f"third-{outcome}"))
        raw.run("COMMIT", on=second)
        done = ["second", "first", "third"] if outcome == "COMMIT" else ["second", "third"]
        assert reader.read() == [f"{name}-{outcome}-1" for name in done]
        assert transactions(raw)[-1] < transactions(raw)[-2] + 100


def test_a_first_writer_with_an_older_snapshot_is_repeated(server: PostgresProcess) -> None:
    with restarted(server) as raw:
        raw.run("BEGIN ISOLATION LEVEL REPEATABLE READ")
        name = new_name(raw)
        raw.insert_event(on=raw.connect(), **created(f"{name}-first"))
        with pytest.raises(psycopg.errors.SerializationFailure):
            raw.insert_event(**created(name))
        raw.run("ROLLBACK")
        raw.insert_event(**created(name))


def test_a_copy_of_the_disk_gives_no_position_again(server: PostgresProcess, tmp_path: Path) -> None:
    data, copy = server.folder / "data", server.folder / "copy"
    with restarted(server) as raw:
        kept = Reader(raw)
        kept.read()
    server.stop()
    subprocess.run(["cp", "-a", data, copy], check=True)  # it keeps the owner
    server.start()
    with closing(Raw("postgres", server.url)) as raw:
        for _ in range(3):
            raw.insert_event(**created(new_name(raw)))
        lost = set(transactions(raw))
    server.stop()
    shutil.rmtree(data)
    copy.rename(data)
    server.start()
    with closing(Raw("postgres", server.url)) as raw:
        assert max(transactions(raw)) < max(lost)
        for _ in range(3):
            raw.insert_event(**created(new_name(raw)))
        new = transactions(raw)[-3:]
        assert lost.isdisjoint(new) and min(new) > max(lost)


def test_the_offset_has_an_end(server: PostgresProcess) -> None:
    with closing(Raw("postgres", server.url)) as raw:
        with pytest.raises(psycopg.errors.CheckViolation):
            raw.run("UPDATE log_epoch SET xid_offset = 1::bigint << 41")
        raw.run("UPDATE log_epoch SET timeline = 7")
        raw.run("BEGIN")
        raw.run("UPDATE log_epoch SET xid_offset = 2189999999999, timeline = 7")
        with pytest.raises(psycopg.errors.CheckViolation, match="log_epoch_end"):
            raw.insert_event(**created("beyond"))
        raw.run("ROLLBACK")
