"""A real PowerDNS server that reads a database of hostsdb, and the programs that ask it and write to it."""

import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

import dns.message
import dns.query
import dns.rcode
import pytest

from tests.support.ports import free_port

START_SECONDS = 20
_PATH = "/usr/local/sbin:/usr/sbin:/usr/local/bin:/usr/bin:/bin"
# The program and Debian's packages that it is in, with the backends.
PDNS_SERVER = "pdns_server", "pdns-server pdns-backend-pgsql pdns-backend-sqlite3"
NO_CACHES = "cache-ttl=0\nquery-cache-ttl=0\nnegquery-cache-ttl=0\nzone-cache-refresh-interval=0\n"


def program(name: str, package: str) -> str:
    """Where a program is; skips the test where it is not."""
    found = shutil.which(name, path=_PATH)
    if found is None:
        pytest.skip(f"{name} is not installed; apt-get install {package}")
    return found


def backend(url: str) -> str:
    """Return the lines of PowerDNS's configuration that name the database."""
    if url.startswith("sqlite"):
        return f"launch=gsqlite3\ngsqlite3-database={url.removeprefix('sqlite:///')}\n"
    parts = urlsplit(url)
    return (
        f"launch=gpgsql\ngpgsql-host={parts.hostname}\ngpgsql-port={parts.port}\ngpgsql-dbname={parts.path[1:]}\n"
        f"gpgsql-user={parts.username}\ngpgsql-password={unquote(parts.password or '')}\n"
        "gpgsql-extra-connection-parameters=options=-csearch_path=dns\n"
    )


def dig(port: int, *question: str) -> list[str]:
    """Return the answers of a server on 127.0.0.1 in the short form of dig, sorted."""
    return sorted(_dig(port, "+short", *question).splitlines())


def _dig(port: int, *arguments: str) -> str:
    command = [program("dig", "bind9-dnsutils"), "@127.0.0.1", "-p", str(port), "+tries=1", "+time=5"]
    return subprocess.run([*command, *arguments], capture_output=True, text=True, timeout=30).stdout


class PowerDNS:
    """A PowerDNS server on 127.0.0.1, which can be started again.

    Attributes:
        folder: its configuration, its log and its control socket.
        port: of DNS.
        api_port: of the HTTP API, with the key `secret`.
    """

    def __init__(self, folder: Path, settings: str) -> None:
        """Write the configuration with these settings. Skip the test if PowerDNS is not installed."""
        program(*PDNS_SERVER)
        self.folder = folder
        self.port = free_port()
        self.api_port = free_port()
        (folder / "pdns.conf").write_text(
            f"{settings}\nlocal-address=127.0.0.1\nlocal-port={self.port}\nsocket-dir={folder}\nguardian=no\ndaemon=no\n"
            "setuid=\nsetgid=\nsecurity-poll-suffix=\nprimary=yes\nallow-axfr-ips=127.0.0.1\ndnsupdate=yes\n"
            "allow-dnsupdate-from=127.0.0.1\napi=yes\napi-key=secret\nwebserver=yes\nwebserver-address=127.0.0.1\n"
            f"webserver-port={self.api_port}\n"
        )

    @property
    def socket(self) -> str:
        """Its control socket."""
        return str(self.folder / "pdns.controlsocket")

    @contextmanager
    def running(self) -> Iterator[None]:
        """Run the server until the end of the block.

        Raises:
            RuntimeError: it did not start; with its log.
        """
        log = self.folder / "pdns.log"
        with log.open("w") as output:
            process = subprocess.Popen(
                [program(*PDNS_SERVER), f"--config-dir={self.folder}"],
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        try:
            deadline = time.monotonic() + START_SECONDS
            while "ready to distribute questions" not in log.read_text():
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"PowerDNS did not start:\n{log.read_text()[-2000:]}")
                time.sleep(0.02)
            yield
        finally:
            process.kill()
            process.wait()

    def ask(self, name: str, kind: str = "A") -> list[str] | str:
        """Return the values of a record, sorted; the name of the response code if it is an error."""
        query = dns.message.make_query(name, kind)
        answer = dns.query.udp(query, "127.0.0.1", port=self.port, timeout=5)
        if answer.rcode() != dns.rcode.NOERROR:
            return dns.rcode.to_text(answer.rcode())
        return sorted(str(value) for rrset in answer.answer for value in rrset)

    def dig(self, *question: str) -> list[str]:
        """Return the answers in the short form of dig, sorted."""
        return dig(self.port, *question)

    def status(self, *question: str) -> str:
        """Return the status of an answer, as NOERROR."""
        found = re.search(r"status: (\w+)", _dig(self.port, *question))
        return found[1] if found else ""

    def transfer(self, zone: str) -> set[tuple[str, str, str]]:
        """Return the records of a zone transfer: name, type, content; names without the root dot."""
        lines = _dig(self.port, "+noall", "+answer", zone, "AXFR").splitlines()
        records = [line.split(maxsplit=4) for line in lines if line[:1] not in ";"]
        return {(name.rstrip("."), kind, content.rstrip(".")) for name, _, _, kind, content in records}

    def update(self, zone: str, *changes: str) -> int:
        """Send a DNS UPDATE; return the exit code of nsupdate."""
        lines = [f"server 127.0.0.1 {self.port}", f"zone {zone}", *(f"update {x}" for x in changes), "send\n"]
        command = [program("nsupdate", "bind9-dnsutils"), "-t", "10"]
        return subprocess.run(command, input="\n".join(lines), text=True, capture_output=True).returncode

    def util(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run pdnsutil."""
        command = [program("pdnsutil", "pdns-server"), f"--config-dir={self.folder}"]
        return subprocess.run([*command, *arguments], capture_output=True, text=True, timeout=30)
