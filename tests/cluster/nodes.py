"""A node of the cluster: Patroni and the PostgreSQL server that it runs."""

import json
import os
import sys
import time
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from tests.cluster.page import block
from tests.cluster.programs import Program
from tests.support.ports import free_port
from tests.support.postgres_process import PASSWORD, give_away, server_binaries

# Shorter than those of the page, so that the tests end. 20 is Patroni's minimum. In seconds.
TTL, LOOP_WAIT, RETRY_TIMEOUT = 20, 2, 5


class Node:
    """One machine of the page, on a port of its own."""

    def __init__(self, name: str, folder: Path, etcd_port: int, synchronous: bool) -> None:
        self.name = name
        self.port, self.rest_port = free_port(), free_port()
        self.data = folder / name
        self.file = folder / f"{name}.yml"
        self.file.write_text(json.dumps(self._configuration(etcd_port, synchronous)))  # JSON is YAML
        self.file.chmod(0o600)
        give_away(self.file)
        binaries = server_binaries()
        self._patroni = Program(
            [sys.executable, "-m", "patroni", str(self.file)],
            folder / f"{name}.log",
            LD_LIBRARY_PATH=str(binaries / "lib"),
            PATH=f"{binaries / 'bin'}:{os.environ['PATH']}",
        )

    def _configuration(self, etcd_port: int, synchronous: bool) -> dict[str, Any]:
        import yaml  # comes with Patroni

        page: dict[str, Any] = yaml.safe_load(block("patroni"))
        page["name"] = self.name
        page["restapi"] = dict.fromkeys(page["restapi"], f"127.0.0.1:{self.rest_port}")
        page["etcd3"]["hosts"] = f"127.0.0.1:{etcd_port}"
        dcs = page["bootstrap"]["dcs"]
        dcs |= {"ttl": TTL, "loop_wait": LOOP_WAIT, "retry_timeout": RETRY_TIMEOUT}
        dcs["synchronous_mode"] = synchronous
        server = page["postgresql"]
        server["listen"] = server["connect_address"] = f"127.0.0.1:{self.port}"
        server["bin_dir"] = str(server_binaries() / "bin")
        server["data_dir"] = str(self.data)
        server["authentication"]["superuser"]["password"] = PASSWORD
        server["pg_hba"] = [line.replace("10.0.0.0/24", "127.0.0.1/32") for line in server["pg_hba"]]
        # Not of the page: no socket in a folder of the system, and a small server.
        server["parameters"] = {"unix_socket_directories": "", "shared_buffers": "32MB"}
        server["pgpass"] = str(self.data.with_name(f"{self.name}.pgpass"))
        return page

    def start(self) -> None:
        self._patroni.start()

    def processes(self) -> list[psutil.Process]:
        """Return Patroni, the server and its backends; Patroni first, or it would start the server again."""
        patroni = self._patroni.process()
        found = [patroni]
        with suppress(OSError, IndexError, psutil.NoSuchProcess):
            # The number is negative while Patroni runs a server for one user, to recover it.
            pid = abs(int((self.data / "postmaster.pid").read_text().split()[0]))
            found.append(psutil.Process(pid))
        return [*found, *(child for each in found for child in each.children(recursive=True))]

    def freeze(self) -> None:
        """Stop everything where it is, as a virtual machine that pauses."""
        for process in self.processes():
            with suppress(psutil.NoSuchProcess):
                process.suspend()

    def thaw(self) -> None:
        """Let everything go on."""
        for process in self.processes():
            with suppress(psutil.NoSuchProcess):
                process.resume()

    def kill(self) -> None:
        """End everything at once, as a loss of power."""
        with suppress(psutil.NoSuchProcess):
            self.freeze()
            processes = self.processes()
            for process in processes:
                with suppress(psutil.NoSuchProcess):
                    process.kill()
            self._patroni.reap()
            psutil.wait_procs(processes, 10)

    def members(self) -> list[dict[str, Any]]:
        """Return what Patroni says about the members of the cluster; none if it does not answer."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.rest_port}/cluster", timeout=2) as answer:
                members: list[dict[str, Any]] = json.load(answer)["members"]
                return members
        except (OSError, ValueError, KeyError):
            return []

    def log_end(self) -> str:
        text = self._patroni.log.read_text() if self._patroni.log.exists() else ""
        return text[-2000:]


def wait_until(condition: Any, seconds: float, what: str) -> None:
    """Return when the condition holds; TimeoutError if it does not within this time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {seconds:g} s")
        time.sleep(0.1)
