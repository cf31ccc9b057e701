"""Run Debian's dnsmasq and unbound on loopback and send them DNS queries."""

import os
import pwd
import shutil
import socket
import struct
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from ipaddress import ip_address
from pathlib import Path

import pytest

from tests.support.ports import free_port

A, PTR, AAAA = 1, 12, 28


def program(name: str, package: str) -> str:
    """Return the path of a program; skip the test if it is not installed."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if found is None:
        pytest.skip(f"{name} is not installed; run apt-get install {package}")
    return found


def check(command: list[str], file: Path) -> str:
    """Check a configuration file with the program itself; return its output, fail on an error."""
    done = subprocess.run([*command, str(file)], capture_output=True, text=True, errors="replace", timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


class NameServer:
    def __init__(self, port: int) -> None:
        self._port = port

    def ask(self, name: str, kind: int) -> set[str]:
        """Return the answers to a query: addresses, or names without the root dot."""
        query = struct.pack(">6H", 7, 0x0100, 1, 0, 0, 0) + _wire(name) + struct.pack(">2H", kind, 1)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(1)
            client.connect(("127.0.0.1", self._port))
            client.send(query)
            reply = client.recv(4096)
        answers, place = struct.unpack_from(">H", reply, 6)[0], len(query)
        found = set()
        for _ in range(answers):
            _, place = _name(reply, place)
            answered, _, _, length = struct.unpack_from(">2HIH", reply, place)
            place += 10
            if answered == kind:
                data = reply[place : place + length]
                found.add(_name(reply, place)[0] if kind == PTR else str(ip_address(data)))
            place += length
        return found

    def pointer(self, address: str) -> set[str]:
        return self.ask(ip_address(address).reverse_pointer, PTR)


def _wire(name: str) -> bytes:
    labels = [label.encode() for label in name.rstrip(".").split(".")]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def _name(reply: bytes, place: int) -> tuple[str, int]:
    labels, end = [], 0
    while length := reply[place]:
        if length >= 0xC0:  # RFC 1035, 4.1.4: a pointer to the rest of the name
            end = end or place + 2
            place = struct.unpack_from(">H", reply, place)[0] & 0x3FFF
            continue
        labels.append(reply[place + 1 : place + 1 + length].decode())
        place += 1 + length
    return ".".join(labels), end or place + 1


@contextmanager
def dnsmasq(file: Path) -> Iterator[NameServer]:
    command = [program("dnsmasq", "dnsmasq-base"), "--keep-in-foreground", f"--conf-file={file}"]
    command += ["--no-hosts", "--no-resolv", "--bind-interfaces", "--listen-address=127.0.0.1", "--pid-file"]
    command += [f"--user={pwd.getpwuid(os.getuid()).pw_name}", "--log-facility=-"]
    port = free_port()
    with _running([*command, f"--port={port}"], port) as server:
        yield server


@contextmanager
def unbound(file: Path) -> Iterator[NameServer]:
    port = free_port()
    main = file.with_name("main.conf")
    options = ["do-daemonize: no", "use-syslog: no", 'chroot: ""', 'username: ""', 'pidfile: ""']
    options += (
        f"port: {port}",
        "interface: 127.0.0.1",
        'module-config: "iterator"',
        f'directory: "{file.parent}"',
    )
    main.write_text("server:\n" + "".join(f"{option}\n" for option in options) + f'include: "{file}"\n')
    with _running([program("unbound", "unbound"), "-d", "-c", str(main)], port) as server:
        yield server


@contextmanager
def _running(command: list[str], port: int) -> Iterator[NameServer]:
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    server = NameServer(port)
    try:
        deadline = time.monotonic() + 20
        while process.poll() is None and time.monotonic() < deadline:
            with suppress(OSError):
                server.ask("localhost", A)
                break
            time.sleep(0.05)
        else:
            process.kill()
            pytest.fail(f"{command[0]} does not answer: {process.communicate()[0]}")
        yield server
    finally:
        process.terminate()
        process.communicate(timeout=20)
