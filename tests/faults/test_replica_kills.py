"""copy --follow while its origin, its copy and the command itself are killed: afterwards both are equal."""

from __future__ import annotations

import random
import threading
import time
from itertools import count
from pathlib import Path

import pytest

import hostsdb
from hostsdb import StorageError
from tests.support.copies import assert_same
from tests.support.postgres_process import PostgresProcess, postgres_process
from tests.support.replicas import Follower

pytestmark = pytest.mark.faults

KILLS = 20


class Writer(threading.Thread):
    """Adds, changes and deletes hosts until it is stopped. It ignores errors: a server may be down."""

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        self._url, self._stopped = url, threading.Event()
        self.written = 0
        self.start()

    def run(self) -> None:
        with hostsdb.connect(self._url) as storage:
            for number in count():
                if self._stopped.is_set():
                    return
                try:
                    host = storage.add_host("10.0.0.1", f"h{number}.lan")
                    storage.update_host(host.id, comment="x", tags=["t"])
                    if number % 3:
                        storage.delete_host(host.id)
                    if number % 20 == 0:
                        storage.create_snapshot(name=str(number))
                    self.written += 1
                except StorageError:
                    time.sleep(0.05)
                time.sleep(0.01)

    def stop(self) -> None:
        self._stopped.set()
        self.join(60)
        assert not self.is_alive()


def kill_again_and_again(
    source_url: str, destination_url: str, server: PostgresProcess, folder: Path, seed: int
) -> None:
    chance = random.Random(seed)
    hostsdb.connect(source_url).close()
    with Follower(folder, source_url, destination_url, "--verify-every", "0.02") as follower:
        follower.follows()
        writer = Writer(source_url)
        for number in range(KILLS):
            time.sleep(chance.uniform(0.05, 0.4))
            if number % 2:
                server.kill()
                server.start()
            else:
                follower.kill()
                follower.start()
        writer.stop()
        with hostsdb.connect(source_url) as source, hostsdb.connect(destination_url) as destination:
            newest = source.events_since(source.log_end() - 1)[-1]
            follower.until(
                lambda: destination.get_current_version(newest.aggregate_id) == newest.event_version
            )
            follower.until(lambda: len(destination.list_snapshots()) == len(source.list_snapshots()))
        assert follower.process.poll() is None
    assert writer.written > 20
    assert all(
        "waiting for the database" in line or "trying again" in line for line in follower.errors.splitlines()
    )
    assert_same(source_url, destination_url)


def test_the_server_of_the_origin_and_the_command(tmp_path: Path) -> None:
    with postgres_process(fsync=True) as server:
        kill_again_and_again(server.url, f"sqlite:///{tmp_path}/replica.db", server, tmp_path, 1)


def test_the_server_of_the_copy_and_the_command(tmp_path: Path) -> None:
    with postgres_process(fsync=True) as server:
        kill_again_and_again(f"sqlite:///{tmp_path}/origin.db", server.url, server, tmp_path, 2)
