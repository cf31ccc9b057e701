"""A cluster on loopback: etcd, three nodes and HAProxy, with the configuration of docs/clusters.md."""

import os
import re
import shlex
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.cluster.nodes import Node, wait_until
from tests.cluster.page import block
from tests.cluster.programs import Program, run, unprivileged_prefix
from tests.support.ports import free_port
from tests.support.postgres_process import (
    PASSWORD,
    give_away,
    server_binaries,
    temporary_folder,
)
from tests.support.postgres_standby import ask

_START_SECONDS = 120


class Cluster:
    """The cluster, and its one address."""

    def __init__(self, folder: Path, synchronous: bool) -> None:
        self.synchronous = synchronous
        self._folder = folder
        etcd_port, peer_port, self.port = free_port(), free_port(), free_port()
        peer = f"http://127.0.0.1:{peer_port}"
        self._etcd = Program(
            [
                "etcd",
                f"--data-dir={folder}/etcd",
                "--name=etcd1",
                *(f"--{kind}-client-urls=http://127.0.0.1:{etcd_port}" for kind in ("listen", "advertise")),
                f"--listen-peer-urls={peer}",
                f"--initial-advertise-peer-urls={peer}",
                f"--initial-cluster=etcd1={peer}",
                "--log-level=warn",
            ],
            folder / "etcd.log",
        )
        self.nodes = [Node(f"pg{number}", folder, etcd_port, synchronous) for number in (1, 2, 3)]
        self._haproxy = Program(["haproxy", "-db", "-f", str(self._haproxy_file())], folder / "haproxy.log")
        self.url = f"postgres://hosts:its-password@127.0.0.1:{self.port}/hosts"

    def _haproxy_file(self) -> Path:
        text = block("haproxy").replace("*:5000", f"127.0.0.1:{self.port}")
        text = text.replace("*:5001", f"127.0.0.1:{free_port()}")
        for number, node in enumerate(self.nodes, 1):
            text = re.sub(
                rf"10\.0\.0\.{number}:5432 check port 8008",
                f"127.0.0.1:{node.port} check port {node.rest_port}",
                text,
            )
        file = self._folder / "haproxy.cfg"
        file.write_text(text)
        give_away(file)
        return file

    def start(self) -> None:
        """Start everything, and create the database as the page says."""
        self._etcd.start()
        for node in self.nodes:
            node.start()
        self._haproxy.start()
        self.wait_until_whole()
        wait_until(self._leads_to_a_server, 30, "HAProxy leads to the leader")
        binaries = server_binaries()
        hostsdb = f'hostsdb() {{ {shlex.quote(sys.executable)} -m hostsdb "$@"; }}\n'
        text = block("setup").replace("-h db.lan -p 5000", f"-h 127.0.0.1 -p {self.port}")
        text = hostsdb + text.replace("db.lan:5000", f"127.0.0.1:{self.port}")
        environment = {"PATH": f"{binaries / 'bin'}:{os.environ['PATH']}", "PGPASSWORD": PASSWORD}
        run(["bash", "-e", "-c", text], env=os.environ | environment)

    def _leads_to_a_server(self) -> bool:
        try:
            return ask(self._superuser(self.port), "SELECT 1") == [(1,)]
        except Exception:
            return False

    def _superuser(self, port: int, database: str = "postgres") -> str:
        return f"postgres://postgres:{PASSWORD}@127.0.0.1:{port}/{database}"

    def ask(self, node: Node | None, query: str) -> list[tuple]:
        """Run a query on one server, as superuser, in the database hosts."""
        assert node is not None, "the cluster has no leader"
        return ask(self._superuser(node.port, "hosts"), query)

    def wait_until_whole(self) -> None:
        """Return when there is a leader and two standbys stream from it."""
        wait_until(self._is_whole, _START_SECONDS, "the cluster is whole")

    def _is_whole(self) -> bool:
        members = [node.members() for node in self.nodes]
        if not all(members):
            return False
        roles = sorted(member["role"] for member in members[0])
        states = [member["state"] for member in members[0] if member["role"] != "leader"]
        standbys = ["replica", "sync_standby"] if self.synchronous else ["replica", "replica"]
        return roles == ["leader", *standbys] and states == ["streaming", "streaming"]

    def leader(self) -> Node | None:
        """Return the node that is the leader, as it says itself; None: there is none."""
        for node in self.nodes:
            if (node.name, "leader") in [(member["name"], member["role"]) for member in node.members()]:
                return node
        return None

    def switch_over(self) -> None:
        """Make another node the leader, as the page says."""
        command = block("switchover").replace("/etc/patroni.yml", str(self.nodes[0].file))
        environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
        shell = [*unprivileged_prefix(), "bash", "-e", "-c", command]
        output = run(shell, cwd=self._folder, env=environment)
        assert "Successfully switched over" in output, output

    def stop(self) -> None:
        self._haproxy.stop()
        for node in self.nodes:
            with suppress(AssertionError):  # it was not started
                node.kill()
        self._etcd.stop()

    def logs(self) -> str:
        """Return the end of each node's log."""
        return "\n".join(f"{node.name}:\n{node.log_end()}" for node in self.nodes)


@contextmanager
def running_cluster(synchronous: bool) -> Iterator[Cluster]:
    """Give a cluster in a temporary folder, and end both."""
    folder = temporary_folder()
    try:
        cluster = Cluster(folder, synchronous)
        try:
            cluster.start()
            yield cluster
        except BaseException:
            print(cluster.logs())
            raise
        finally:
            cluster.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
