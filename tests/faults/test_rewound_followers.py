"""Followers of a PostgreSQL server that is lost with its newest events: a standby without them takes over."""

import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

import pytest

import hostsdb
from hostsdb import HostCreated, StoredEvent
from tests.faults.test_rewound_positions import disconnect
from tests.support.postgres_process import PASSWORD, PostgresProcess, postgres_process
from tests.support.postgres_standby import PostgresStandby, ask, postgres_standby, wait_until

pytestmark = pytest.mark.faults


@pytest.fixture
def servers() -> Iterator[tuple[PostgresProcess, PostgresStandby]]:
    with postgres_process() as primary, postgres_standby(primary) as standby:
        yield primary, standby


def name(event: StoredEvent) -> str:
    assert isinstance(event.event, HostCreated)
    return event.event.hostname


def test_followers_continue_on_the_standby(
    servers: tuple[PostgresProcess, PostgresStandby], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    primary, standby = servers
    ports = f"127.0.0.1:{primary.port},127.0.0.1:{standby.port}"
    url = f"postgres://postgres:{PASSWORD}@{ports}/postgres"
    file = tmp_path / "lan.hosts"
    export = [sys.executable, "-m", "hostsdb", "export", str(file), "--follow", "--url", url]
    with hostsdb.connect(url) as storage:
        storage.add_host("10.0.0.1", "kept")
        disconnect(standby)
        with (
            subprocess.Popen(export, stdout=subprocess.PIPE, text=True) as exporting,
            ThreadPoolExecutor(1) as pool,
        ):
            events = iter(storage.watch(-1, timeout=60))
            for number in range(3):
                storage.add_host("10.0.0.1", f"lost{number}")
            seen = [name(event) for event in islice(events, 4)]
            assert seen == ["kept", "lost0", "lost1", "lost2"]
            wait_until(lambda: file.exists() and "lost2" in file.read_text())
            last = pool.submit(next, events)
            time.sleep(1.5)  # the iterator waits
            primary.kill()
            standby.promote()
            wait_until(lambda: ask(standby.url, "SELECT pg_is_in_recovery()") == [(False,)])
            promoted = time.monotonic()
            wait_until(lambda: "lost" not in file.read_text() and "kept" in file.read_text())
            file_after = time.monotonic() - promoted
            storage.add_host("10.0.0.1", "new")
            assert name(last.result(30)) == "new"
            new_after = time.monotonic() - promoted
            storage.add_host("10.0.0.1", "newer")
            assert name(next(events)) == "newer"
            wait_until(lambda: "newer" in file.read_text())
            exporting.terminate()
    print(
        f"the file was correct {file_after:.1f} s after the promotion, the new event came after {new_after:.1f} s"
    )
    assert max(file_after, new_after) < 10
    assert sum("the log was rewound" in record.getMessage() for record in caplog.records) == 1
