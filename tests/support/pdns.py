"""A PowerDNS server that reads a database of hostsdb, with its default caches."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import dns.message
import dns.query
import dns.rcode

from hostsdb.cli.name_server import PowerDns
from tests.support.ports import free_port
from tests.support.powerdns import PDNS_SERVER, backend, program


@dataclass
class NameServer:
    """A running server.

    Attributes:
        folder: with its configuration and its control socket.
        port: on the loopback address.
    """

    folder: Path
    port: int

    @property
    def socket(self) -> str:
        return str(self.folder / "pdns.controlsocket")

    def ask(self, name: str, kind: str = "A") -> list[str] | str:
        """Return the values of a record, sorted; the name of the response code if it is an error."""
        query = dns.message.make_query(name, kind)
        answer = dns.query.udp(query, "127.0.0.1", port=self.port, timeout=5)
        if answer.rcode() != dns.rcode.NOERROR:
            return dns.rcode.to_text(answer.rcode())
        return sorted(str(value) for rrset in answer.answer for value in rrset)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Start the server, and stop it after the block."""
        with open(self.folder / "pdns.log", "ab") as log:
            process = subprocess.Popen(
                [program(*PDNS_SERVER), f"--config-dir={self.folder}"],
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            self._wait(process)
            yield
        finally:
            process.terminate()
            process.wait(20)

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        end = time.monotonic() + 20
        while process.poll() is None and time.monotonic() < end:
            try:
                PowerDns(self.socket).ask("PING")
                self.ask("lan", "SOA")
                return
            except (OSError, dns.exception.DNSException):
                time.sleep(0.05)
        raise AssertionError((self.folder / "pdns.log").read_text())


def name_server(url: str, folder: Path, *options: str) -> NameServer:
    """Write the configuration of a server for a database. Skip the test if it is not installed.

    Arguments:
        options: further lines of the configuration.
    """
    program(*PDNS_SERVER)
    server = NameServer(folder, free_port())
    lines = [backend(url), f"socket-dir={folder}", "local-address=127.0.0.1", f"local-port={server.port}"]
    lines += ["daemon=no", "guardian=no", "setuid=", "setgid=", *options]
    (folder / "pdns.conf").write_text("\n".join(lines) + "\n")
    return server
