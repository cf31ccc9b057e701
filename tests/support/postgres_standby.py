"""A standby of a PostgreSQL server of our own, by streaming replication: a test may pause, kill and promote it."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from tests.support.ports import free_port
from tests.support.postgres_process import PostgresProcess, running

WAIT_SECONDS = 30


class PostgresStandby(PostgresProcess):
    """A copy of a running server, in an empty folder, that replays what the server writes."""

    def __init__(self, primary: PostgresProcess, folder: Path, port: int) -> None:
        self.primary = primary
        # Else it would wait five seconds before it looks for a restarted server.
        settings = primary.settings | {"wal_retrieve_retry_interval": "100ms"}
        super().__init__(primary.binaries, folder, port, settings)

    def _make(self) -> None:
        options = [f"--dbname={self.primary.url}", "--checkpoint=fast", "--no-sync", "--write-recovery-conf"]
        self.run("pg_basebackup", f"--pgdata={self.folder}/data", *options)

    def make_synchronous(self) -> None:
        """Let the primary confirm a commit only when this standby has it on its disk as well."""
        ask(self.primary.url, "ALTER SYSTEM SET synchronous_standby_names = '*'")
        ask(self.primary.url, "ALTER SYSTEM SET synchronous_commit = 'on'")
        ask(self.primary.url, "SELECT pg_reload_conf()")
        sync = "SELECT sync_state = 'sync' AND state = 'streaming' FROM pg_stat_replication"
        wait_until(lambda: ask(self.primary.url, sync) == [(True,)])

    def hold_commits(self, writers: int) -> None:
        """Let the primary confirm no commit any more; come back when so many writers wait for that.

        What they committed is on this standby then. Only for a primary that is lost afterwards.
        """
        ask(self.primary.url, "ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
        ask(self.primary.url, "SELECT pg_reload_conf()")
        held = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
        wait_until(lambda: ask(self.primary.url, held) == [(writers,)])
        [(written,)] = ask(self.primary.url, "SELECT pg_current_wal_flush_lsn()")
        wait_until(lambda: self._is_at(written, "pg_last_wal_replay_lsn"))

    def pause(self) -> None:
        """Stop replaying: from now on readers see no change, while the log goes on arriving."""
        ask(self.url, "SELECT pg_wal_replay_pause()")
        wait_until(lambda: ask(self.url, "SELECT pg_get_wal_replay_pause_state()") == [("paused",)])

    def resume(self) -> None:
        """Replay what arrived meanwhile, and go on."""
        ask(self.url, "SELECT pg_wal_replay_resume()")

    def catch_up(self) -> None:
        """Come back when readers see what the primary has written until now."""
        self._reach("pg_last_wal_replay_lsn")

    def receive(self) -> None:
        """Come back when what the primary has written until now has arrived, replayed or not."""
        self._reach("pg_last_wal_receive_lsn")

    def _reach(self, function: str) -> None:
        # A commit that is waited for: what was committed before with synchronous_commit=off is on the disk then, too.
        ask(self.primary.url, "SELECT pg_logical_emit_message(true, '', '')")
        [(written,)] = ask(self.primary.url, "SELECT pg_current_wal_flush_lsn()")
        wait_until(lambda: self._is_at(written, function))

    def _is_at(self, written: str, function: str) -> bool:
        return ask(self.url, f"SELECT {function}() >= %s::pg_lsn", written) == [(True,)]

    def promote(self) -> None:
        """Make it a primary; come back when it takes writes."""
        assert ask(self.url, f"SELECT pg_promote(true, {WAIT_SECONDS})") == [(True,)]


@contextmanager
def postgres_standby(primary: PostgresProcess) -> Iterator[PostgresStandby]:
    """Run a standby of a running server, with its settings, in a temporary folder, and end both at the end.

    Raises:
        RuntimeError: the server could not be copied, or the standby not be started.
    """
    with running(lambda folder: PostgresStandby(primary, folder, free_port())) as standby:
        yield standby


def ask(url: str, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
    """Send one statement with the bare driver; give its rows, if it has any."""
    with psycopg.connect(url, autocommit=True, connect_timeout=10) as connection:
        cursor = connection.execute(query, parameters or None)
        return cursor.fetchall() if cursor.description else []


def wait_until(condition: Callable[[], bool], seconds: float = WAIT_SECONDS) -> None:
    """Come back when the condition holds; TimeoutError when it never does."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds:g} s")
        time.sleep(0.02)
