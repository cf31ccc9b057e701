"""The steps of docs/scale-out.md, run as they are written: a primary with a standby, its loss, its return."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

import hostsdb
from tests.faults.machines import Machines
from tests.support.postgres_process import postgres_process
from tests.support.postgres_standby import ask, wait_until

pytestmark = pytest.mark.faults


@pytest.fixture
def machines() -> Iterator[Machines]:
    # As many connections as by default: a standby must not have fewer than its primary.
    with postgres_process(fsync=True, settings={"max_connections": "100"}) as primary:
        machines = Machines(primary)
        try:
            yield machines
        finally:
            machines.stop()


def test_the_page_names_what_the_steps_need(machines: Machines) -> None:
    assert list(machines.steps) == ["1", "2", "3", "4", "5", "6", "7"]
    ((kind, settings),) = machines.steps["1"]
    assert (kind, set(re.findall(r"(\w+)=", settings))) == ("settings", set(machines.settings))


def test_the_steps(machines: Machines) -> None:
    add_a_standby(machines)
    use_both(machines)
    with hostsdb.connect(machines.hosts_url) as storage:
        assert [entry.hostname for entry in storage.list_all()] == ["nas.lan"]
        lose_the_primary(machines)
        replace_it(machines, storage)
        take_it_back(machines, storage)


def replication(url: str) -> list[tuple[Any, ...]]:
    return ask(url, "SELECT application_name, state, sync_state FROM pg_stat_replication")


def names(server_url: str) -> list[str]:
    rows = ask(f"{server_url.rpartition('/')[0]}/hosts", "SELECT hostname FROM host_entries ORDER BY 1")
    return [name for (name,) in rows]


def add_a_standby(machines: Machines) -> None:
    machines.follow("2")
    replicator = "SELECT rolreplication FROM pg_roles WHERE rolname = 'replicator'"
    assert ask(machines.primary.url, replicator) == [(True,)]

    said = machines.follow("3")
    assert re.search(r"pg2 +\| streaming +\| async", said), said
    assert ask(machines.standby_url, "SELECT pg_is_in_recovery()") == [(True,)]

    machines.follow("4")
    wait_until(lambda: replication(machines.primary.url) == [("pg2", "streaming", "quorum")])


def use_both(machines: Machines) -> None:
    assert "nas.lan" in machines.follow("5")
    sessions = "SELECT sessions FROM pg_stat_database WHERE datname = 'hosts'"
    wait_until(lambda: ask(machines.standby_url, sessions) > [(0,)])  # the list was read there
    wait_until(lambda: names(machines.standby_url) == ["nas.lan"])


def lose_the_primary(machines: Machines) -> None:
    """Let it write what nobody else has, and kill it."""
    machines.server('pg_ctl stop -D "$DATA2"')
    with psycopg.connect(machines.primary.url, autocommit=True) as connection:
        connection.execute("SET synchronous_commit = local")
        connection.execute("CREATE TABLE only_here ()")
    machines.primary.kill()
    machines.server('pg_ctl start -D "$DATA2" -o "-p $PORT2" -l "$DATA2.log"')


def replace_it(machines: Machines, storage: hostsdb.Storage) -> None:
    machines.follow("6")
    assert ask(machines.standby_url, "SELECT pg_is_in_recovery()") == [(False,)]
    storage.add_host("192.168.1.12", "tv.lan")  # with connections that were open to the first
    assert names(machines.standby_url) == ["nas.lan", "printer.lan", "tv.lan"]


def take_it_back(machines: Machines, storage: hostsdb.Storage) -> None:
    first, second = machines.primary.url, machines.standby_url
    machines.follow("7")
    wait_until(lambda: replication(second) == [("pg1", "streaming", "quorum")])
    storage.add_host("192.168.1.13", "ups.lan")
    wait_until(lambda: "ups.lan" in names(first))
    assert names(first) == names(second)
    assert ask(first, "SELECT pg_is_in_recovery(), to_regclass('only_here')") == [(True, None)]
