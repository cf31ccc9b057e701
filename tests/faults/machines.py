"""The machines that docs/scale-out.md speaks of, and its commands run on them."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.support.ports import free_port
from tests.support.postgres_process import PASSWORD, PostgresProcess, as_unprivileged, give_away
from tests.support.postgres_standby import ask

ROOT = Path(__file__).parent.parent.parent
HOSTS_PASSWORD = "of-the-owner"


def steps() -> dict[str, list[tuple[str, str]]]:
    """Give each step's blocks by its number: who runs it, and the shell text."""
    page = (ROOT / "docs" / "scale-out.md").read_text()
    section = page.split("## One primary with standbys\n")[1].split("\n## ")[0]
    parts = re.split(r"^### (\d)\. .*\n", section, flags=re.M)[1:]
    return {
        number: re.findall(r"^```sh (\w+)\n(.*?)^```$", text, re.M | re.S)
        for number, text in zip(parts[::2], parts[1::2], strict=True)
    }


class Machines:
    """Both machines of the page, on one: what it names differs by port and folder."""

    def __init__(self, primary: PostgresProcess) -> None:
        self.primary = primary
        folder, binaries = primary.folder, primary.binaries / "bin"
        self.settings = {
            "HOST1": "127.0.0.1",
            "PORT1": str(primary.port),
            "DATA1": str(folder / "data"),
            "HOST2": "127.0.0.1",
            "PORT2": str(free_port()),
            "DATA2": str(folder / "data2"),
            "PGUSER": "postgres",
            "PGDATABASE": "postgres",
            "PGPASSFILE": str(folder / "passwords"),
            "REPLICATION_PASSWORD": "of-the-replicator",
        }
        self.steps = steps()
        self.standby_url = primary.url.replace(f":{primary.port}/", f":{self.settings['PORT2']}/")
        ports = [self.settings["PORT1"], self.settings["PORT2"]]
        hosts = ",".join(f"127.0.0.1:{port}" for port in ports)
        self.hosts_url = f"postgres://hosts:{HOSTS_PASSWORD}@{hosts}/hosts"
        path = {"PATH": f"{binaries}:{os.environ['PATH']}", "PSQLRC": os.devnull}
        self._environment = os.environ | self.settings | path
        self._exports: list[str] = []
        self._prepare()

    def _prepare(self) -> None:
        """Bring the cluster to where the page begins, without what initdb lets in by itself."""
        hba = self.primary.folder / "data" / "pg_hba.conf"
        hba.write_text(re.sub(r"^.*\breplication\b.*\n", "", hba.read_text(), flags=re.M))
        with (self.primary.folder / "data" / "postgresql.conf").open("a") as settings:
            settings.write("unix_socket_directories = ''\n")
        passwords = Path(self.settings["PGPASSFILE"])
        passwords.write_text(f"*:*:*:postgres:{PASSWORD}\n*:*:*:hosts:{HOSTS_PASSWORD}\n")
        passwords.chmod(0o600)
        give_away(passwords)
        ask(self.primary.url, f"CREATE ROLE hosts LOGIN PASSWORD '{HOSTS_PASSWORD}'")
        ask(self.primary.url, "CREATE DATABASE hosts OWNER hosts")

    def follow(self, number: str) -> str:
        """Run a step's blocks in order; return what they said. AssertionError when one fails."""
        return "".join(getattr(self, who)(text) for who, text in self.steps[number])

    def server(self, text: str) -> str:
        """Run shell text as the user that runs PostgreSQL."""
        return self._run(text, self.primary.folder, **as_unprivileged())

    def application(self, text: str) -> str:
        """Run shell text as an application's user, with what it exported before."""
        command = f'hostsdb() {{ {shlex.quote(sys.executable)} -m hostsdb "$@"; }}'
        output = self._run("\n".join([command, *self._exports, text]), ROOT)
        self._exports += re.findall(r"^export .*$", text, re.M)
        return output

    def _run(self, text: str, folder: Path, **user: Any) -> str:
        # Into a file: a server that is started here would hold a pipe open.
        with (self.primary.folder / "output").open("w+") as output:
            done = subprocess.run(
                ["bash", "-e", "-o", "pipefail", "-c", text],
                cwd=folder,
                env=self._environment,
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

    def stop(self) -> None:
        """Stop whatever the steps have started."""
        for data in ("DATA1", "DATA2"):
            with suppress(AssertionError):  # it does not run
                self.server(f'pg_ctl stop -D "${data}" -m immediate')
