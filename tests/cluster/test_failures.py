"""A cluster with Patroni fails while programs write and follow the log."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cluster.conftest import lines
from tests.cluster.load import Load
from tests.cluster.machines import Cluster
from tests.cluster.nodes import Node, wait_until
from tests.cluster.report import STORED, Report, report
from tests.support.pgbouncer import pgbouncer

pytestmark = pytest.mark.cluster

# How long followers and the file may take after the last write, in seconds.
CATCH_UP = 10

Undo = Callable[[], None]


def switchover(cluster: Cluster, leader: Node) -> Undo:
    cluster.switch_over()
    return lambda: None


def killed(cluster: Cluster, leader: Node) -> Undo:
    leader.kill()
    return leader.start


def paused(cluster: Cluster, leader: Node) -> Undo:
    leader.freeze()
    return leader.thaw


def killed_without_replication(cluster: Cluster, leader: Node) -> Undo:
    """No standby receives what is written in these two seconds: without synchronous_mode it is lost."""
    for (pid,) in cluster.ask(leader, "SELECT pid FROM pg_stat_replication"):
        os.kill(pid, signal.SIGSTOP)
    time.sleep(2)
    return killed(cluster, leader)


CASES = [switchover, killed, paused, killed_without_replication]


@pytest.mark.parametrize("fail", CASES)
def test_a_failure(cluster: Cluster, fail: Callable[[Cluster, Node], Undo], tmp_path: Path) -> None:
    found = run(cluster, fail, tmp_path)
    lines.append(found.line())
    print(found.line())
    assert (found.doubled, found.missed) == (0, 0), found.line()
    assert found.without_writer < 60, found.line()  # else calls would have failed
    if cluster.synchronous or fail is switchover:
        assert (found.lost, found.missed, found.repeated, found.errors) == (0, 0, 0, 0), found.line()


@pytest.fixture(params=["PgBouncer", "a URL with all servers"])
def other_address(request: pytest.FixtureRequest, cluster: Cluster) -> Iterator[tuple[str, str]]:
    """Another address than HAProxy's, and its name."""
    if not cluster.synchronous:
        pytest.skip("the address has nothing to do with the mode")
    query = "acquire_timeout=60"
    if request.param == "PgBouncer":
        with pgbouncer(cluster.url) as through:
            yield through(cluster.url, f"prepare_threshold=none&{query}"), request.param
    else:
        ports = ",".join(f"127.0.0.1:{node.port}" for node in cluster.nodes)
        yield f"{cluster.url.replace(f'127.0.0.1:{cluster.port}', ports)}?{query}", request.param


@pytest.mark.parametrize("fail", [switchover, paused])
def test_through_another_address(
    cluster: Cluster,
    fail: Callable[[Cluster, Node], Undo],
    tmp_path: Path,
    other_address: tuple[str, str],
) -> None:
    found = run(cluster, fail, tmp_path, *other_address)
    lines.append(found.line())
    assert (found.lost, found.doubled, found.missed) == (0, 0, 0), found.line()
    assert (found.repeated, found.errors) == (0, 0), found.line()


def run(
    cluster: Cluster,
    fail: Callable[[Cluster, Node], Undo],
    folder: Path,
    url: str | None = None,
    through: str = "HAProxy",
) -> Report:
    """Run programs while the leader fails.

    Arguments:
        url: the address that they use; None: that of HAProxy.
        through: its name.
    """
    cluster.wait_until_whole()
    leader = cluster.leader()
    assert leader is not None
    cluster.ask(leader, "CREATE TABLE IF NOT EXISTS consumed (consumer text, event_id text)")
    cluster.ask(leader, "GRANT ALL ON consumed TO hosts")
    before = {event_id for event_id, *_ in cluster.ask(leader, STORED)}
    case = f"{fail.__name__.replace('_', ' ')}, {through}"
    load = Load(url or f"{cluster.url}?acquire_timeout=60", re.sub("[^a-z]+", "-", case.lower()), folder)
    load.begin()
    try:
        fail_under(load, cluster, fail, leader)
        load.stop_writers()
        wait_for_followers(cluster, load, before)
    finally:
        load.stop()
        print(*load.errors, load.export_log(), sep="\n")
    log = cluster.ask(cluster.leader(), STORED)
    name = f"{case}, {'synchronous' if cluster.synchronous else 'asynchronous'}"
    return report(name, load, log, before, consumed(cluster, load))


def fail_under(load: Load, cluster: Cluster, fail: Callable[[Cluster, Node], Undo], leader: Node) -> None:
    """Let the leader fail and come back while the programs run."""
    load.wait_for_writes(30)
    time.sleep(3)
    undo = fail(cluster, leader)
    wait_until(lambda: cluster.leader() not in (None, leader), 60, "another leader")
    promoted = time.monotonic()
    load.wait_for_writes(90)
    left = promoted + CATCH_UP - time.monotonic()
    wait_until(lambda: is_followed(cluster, load, promoted), left, "followers and the file are right")
    time.sleep(3)
    undo()
    time.sleep(3)  # a leader that resumes
    load.wait_for_writes(60)


def is_followed(cluster: Cluster, load: Load, promoted: float) -> bool:
    """Return whether the watcher and the file have a host that was added since then, and no host that was lost."""
    stored = {text: event_id for event_id, kind, text in cluster.ask(cluster.leader(), STORED)}
    added = {text: at for (_, text), at in load.acknowledged.copy().items() if text.endswith(".lan")}
    fresh = min(text for text, at in added.items() if at > promoted)
    in_file = set(load.file.read_text().split())
    lost = added.keys() - stored.keys()
    return stored.get(fresh) in load.watched and fresh in in_file and not lost & in_file


def wait_for_followers(cluster: Cluster, load: Load, before: set[str]) -> None:
    """Wait until the watcher and the consumer have every event, and the file every host. They may take CATCH_UP."""
    stored = {row[0] for row in cluster.ask(cluster.leader(), STORED)} - before
    until = time.monotonic() + CATCH_UP
    while not (stored <= set(load.watched) and stored <= set(consumed(cluster, load))):
        if time.monotonic() > until:
            break  # the report says how many are missing
        time.sleep(0.2)
    right = exported(cluster)
    while load.file.read_text() != right:
        assert time.monotonic() < until, "the exported file is wrong"
        time.sleep(0.2)


def consumed(cluster: Cluster, load: Load) -> list[str]:
    """Return the ids of the events that the consumer has stored."""
    query = f"SELECT event_id FROM consumed WHERE consumer = '{load.name}'"
    return [event_id for (event_id,) in cluster.ask(cluster.leader(), query)]


def exported(cluster: Cluster) -> str:
    command = [sys.executable, "-m", "hostsdb", "export", "-", "--url", cluster.url]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout
