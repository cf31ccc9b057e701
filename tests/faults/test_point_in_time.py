"""docs/point-in-time-recovery.md, run as it is written: a real archive, a base backup, a recovery to a moment."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

import hostsdb
from tests.support.ports import free_port
from tests.support.postgres_process import PASSWORD, PostgresProcess, as_unprivileged, postgres_process
from tests.support.postgres_standby import ask
from tests.test_docs import ROOT, groups
from tests.test_docs import run as run_block

pytestmark = pytest.mark.faults

PAGE = "point-in-time-recovery.md"
BLOCKS = groups(PAGE)


class Shell:
    """Runs blocks of the page as the user that runs PostgreSQL, with the names of this machine."""

    def __init__(self, server: PostgresProcess) -> None:
        self.server, self.port = server, free_port()
        folder = server.folder
        names = {"DATA": "data", "ARCHIVE": "archive", "BASE": "base", "RECOVERED": "recovered"}
        self.environment = os.environ | {name: str(folder / path) for name, path in names.items()}
        self.environment |= {
            "PGHOST": "127.0.0.1",
            "PGPORT": str(server.port),
            "PGUSER": "postgres",
            "PGDATABASE": "postgres",
            "PGPASSWORD": PASSWORD,
            "RECOVERED_PORT": str(self.port),
            "PATH": f"{server.binaries}/bin:{os.environ['PATH']}",
            "LD_LIBRARY_PATH": str(server.binaries / "lib"),
            "PSQLRC": os.devnull,
        }
        with (folder / "data" / "postgresql.conf").open("a") as settings:
            settings.write("unix_socket_directories = ''\n")
            settings.writelines(f"{name} = {value}\n" for name, value in server.settings.items())

    def run(self, text: str, **user: Any) -> str:
        # Into a file: a server that is started here would hold a pipe open.
        with (self.server.folder / "output").open("w+") as output:
            done = subprocess.run(
                ["bash", "-e", "-o", "pipefail", "-c", text],
                cwd=self.server.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=60,
                **user,
            )
            output.seek(0)
            said = output.read()
        assert done.returncode == 0, f"{text}\n{said}"
        return said


def test_postgres() -> None:
    assert set(re.findall(r"(\w+)=", BLOCKS["settings"][0])) >= {"DATA", "ARCHIVE", "BASE", "RECOVERED"}
    with postgres_process() as server:
        shell = Shell(server)
        with hostsdb.connect(server.url) as storage:
            storage.add_host("10.0.0.1", "before.lan")
        shell.run(BLOCKS["archive"][0], **as_unprivileged())
        server.stop()
        server.start()
        shell.run(BLOCKS["base"][0], **as_unprivileged())
        with hostsdb.connect(server.url) as storage:
            kept = storage.add_host("10.0.0.2", "after-the-backup.lan")
            storage.delete_host(kept.id)
            storage.add_host("10.0.0.3", "too-late.lan")
            seen = storage.log_end()
        recovered = server.url.replace(f":{server.port}/", f":{shell.port}/")
        try:
            said = shell.run(BLOCKS["moment"][0] + BLOCKS["recover"][0], **as_unprivileged())
            assert said.startswith("20")
            command = f'hostsdb() {{ {shlex.quote(sys.executable)} -m hostsdb "$@"; }}\n'
            shell.environment |= {"HOSTSDB_URL": recovered, "PYTHONPATH": str(ROOT)}
            said = shell.run(command + BLOCKS["check"][0])
            assert "the schema is current" in said and "sound: " in said
            assert "before.lan" in said and "after-the-backup.lan" in said and "too-late.lan" not in said
            assert_followers_get_new_events(recovered, seen)
        finally:
            with suppress(AssertionError):
                shell.run('pg_ctl stop -D "$RECOVERED" -m immediate', **as_unprivileged())


def assert_followers_get_new_events(url: str, seen: int) -> None:
    """A position of the lost events comes before each new one."""
    assert ask(url, "SELECT pg_is_in_recovery()") == [(False,)]
    with hostsdb.connect(url) as storage:
        assert storage.log_end() < seen
        new = storage.add_host("10.0.0.4", "new.lan")
        assert [event.aggregate_id for event in storage.events_since(seen)] == [new.id]


@pytest.mark.parametrize("name", ["undo", "sqlite", "duckdb"])
def test_other_blocks(name: str, tmp_path: Path) -> None:
    if name == "sqlite" and not shutil.which("sqlite3"):
        pytest.skip("sqlite3 not installed here")
    said = run_block("\n".join(BLOCKS[name]), tmp_path, os.environ["PATH"])
    assert "nas.lan" in said
    if name != "undo":
        assert "printer.lan" not in said.split("sound: ")[1]
