"""A standby that lacks the newest events is promoted, and a backup is recovered: no position is given twice."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import hostsdb
from tests.support.ports import free_port
from tests.support.postgres_process import PostgresProcess, postgres_process, running
from tests.support.postgres_standby import PostgresStandby, ask, postgres_standby, wait_until

pytestmark = pytest.mark.faults

LOG = "SELECT position, event_id FROM host_events ORDER BY position"


class RecoveredBackup(PostgresProcess):
    """A base backup of a running server, recovered as by point-in-time recovery to its end."""

    def __init__(self, source: PostgresProcess, folder: Path, port: int) -> None:
        self.source = source
        super().__init__(source.binaries, folder, port, source.settings)

    def _make(self) -> None:
        options = [f"--dbname={self.source.url}", "--checkpoint=fast", "--no-sync"]
        self.run("pg_basebackup", f"--pgdata={self.folder}/data", *options)
        self.settings |= {
            "restore_command": "false",
            "recovery_target": "immediate",
            "recovery_target_action": "promote",
        }
        (self.folder / "data" / "recovery.signal").touch()


@pytest.fixture(scope="module")
def primary() -> Iterator[PostgresProcess]:
    with postgres_process(settings={"wal_level": "logical"}) as primary:
        hostsdb.connect(primary.url).close()
        add(primary, "before")
        yield primary


def add(server: PostgresProcess, *names: str) -> None:
    with hostsdb.connect(server.url, initialize=False) as storage:
        for name in names:
            storage.add_host("10.0.0.1", name)


def disconnect(standby: PostgresStandby) -> None:
    """Let the standby receive nothing from now on."""
    standby.catch_up()
    ask(standby.url, "ALTER SYSTEM SET primary_conninfo = ''")
    ask(standby.url, "SELECT pg_reload_conf()")
    wait_until(lambda: ask(standby.url, "SELECT count(*) FROM pg_stat_wal_receiver") == [(0,)])


def timeline(server: PostgresProcess) -> int:
    [(number,)] = ask(server.url, "SELECT log_timeline()")
    return int(number)


@contextmanager
def promoted(primary: PostgresProcess, name: str) -> Iterator[PostgresProcess]:
    """A promoted standby that lacks the newest event of the primary."""
    with postgres_standby(primary) as standby:
        disconnect(standby)
        add(primary, f"lost-by-{name}")
        standby.promote()
        wait_until(lambda: ask(standby.url, "SELECT pg_is_in_recovery()") == [(False,)])
        yield standby


def test_a_promoted_standby_gives_no_position_again(primary: PostgresProcess) -> None:
    with promoted(primary, "standby") as standby:
        seen = ask(primary.url, LOG)
        kept = ask(standby.url, LOG)
        assert kept == seen[:-1]
        with hostsdb.connect(standby.url, initialize=False) as storage:
            assert [event.position for event in storage.events_since(-1)] == [
                position for position, _ in kept
            ]
        add(standby, "new", "newer")
        new = ask(standby.url, LOG)[len(kept) :]
        assert min(new) > max(seen) and len(new) == 2
        assert timeline(standby) == 2


def test_two_standbys_of_which_none_knows_the_other(primary: PostgresProcess) -> None:
    # The second one is promoted when the first one is lost, and with it what the first one wrote.
    with promoted(primary, "first") as first, promoted(primary, "second") as second:
        add(first, *(f"first-{number}" for number in range(50)))
        seen = {position for position, _ in ask(first.url, LOG)}
        kept = len(ask(second.url, LOG))
        add(second, *(f"second-{number}" for number in range(3)))
        new = [position for position, _ in ask(second.url, LOG)[kept:]]
        assert timeline(first) == timeline(second) == 2
        assert seen.isdisjoint(new) and min(new) > max(seen)


def test_a_recovered_backup_gives_no_position_again(primary: PostgresProcess) -> None:
    with running(lambda folder: RecoveredBackup(primary, folder, free_port())) as recovered:
        wait_until(lambda: ask(recovered.url, "SELECT pg_is_in_recovery()") == [(False,)])
        add(primary, "lost-1", "lost-2", "lost-3")
        seen = ask(primary.url, LOG)
        kept = ask(recovered.url, LOG)
        assert kept == seen[:-3]
        assert timeline(recovered) == 2
        add(recovered, "new", "newer")
        new = ask(recovered.url, LOG)[len(kept) :]
        assert min(new) > max(seen) and len(new) == 2
