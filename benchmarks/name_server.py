"""PowerDNS on the database: what its migrations cost, how soon it answers, and how many queries a second.

`python -m benchmarks.name_server PORT SECONDS NAME...` is the client that asks. It keeps 64 queries on the way.
"""

from __future__ import annotations

import random
import socket
import statistics
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import hostsdb
from benchmarks import processes
from benchmarks.databases import Databases
from benchmarks.measuring import Figure, Record, p50s, seconds, slower
from hostsdb.cli.options import open_url
from tests.support.powerdns import NO_CACHES, PowerDNS, backend

_ZONES = ("example.net", "10.in-addr.arpa")
_ADD = {"postgres": 1.25, "sqlite": 1.4}
_ON_THE_WAY = 64


def dns(databases: Databases) -> Iterator[Record]:
    """Yield bar 20."""
    for engine in ("postgres", "sqlite"):
        yield from _cost(databases, engine)
        yield from _served(databases, engine)


def _with_dns(databases: Databases, engine: str) -> str:
    url = databases.empty(engine)
    with open_url(url, "nothing") as database:
        database.initialize(features=("dns",))
    with hostsdb.connect(url) as storage:
        for zone in _ZONES:
            storage.add_zone(zone, ["ns.example.net"], "hostmaster@example.net")
    return url


def _cost(databases: Databases, engine: str) -> Iterator[Record]:
    """Yield what an add and an import cost with the migrations, against without."""
    sizes = databases.sizes
    urls = _with_dns(databases, engine), databases.empty(engine, schema=True)
    with hostsdb.connect(urls[0]) as one, hostsdb.connect(urls[1]) as other:
        adds = [partial(_add, storage, iter(range(10**6))) for storage in (one, other)]
        times = p50s(sizes.calls, *adds)
    yield slower(20, engine, "add_host with the migrations of dns", "the same without", times, _ADD[engine])
    file = databases.folder / "served"
    processes.write_hosts_file(file, sizes.hosts)
    imports: list[list[float]] = [[], []]
    for _ in range(min(sizes.rounds, 3)):
        for side, url in enumerate((_with_dns(databases, engine), databases.empty(engine, schema=True))):
            imports[side].append(seconds(partial(processes.hostsdb, "import", str(file), "--url", url)))
            databases.drop(url)
    times = [statistics.median(each) for each in imports]
    what = f"import of {sizes.hosts:,} hosts with the migrations of dns"
    yield slower(20, engine, what, "the same without", times, 1.6)


def _add(storage: hostsdb.Storage, numbers: Iterator[int]) -> None:
    n = next(numbers)
    storage.add_host(f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}", f"new-{n}.example.net")


def _served(databases: Databases, engine: str) -> Iterator[Record]:
    """Yield how soon a commit is answered, and the queries a second beside the bind backend with the same names."""
    sizes = databases.sizes
    url = _with_dns(databases, engine)
    file = databases.folder / f"names-{engine}"
    processes.write_hosts_file(file, sizes.some)
    processes.hostsdb("import", str(file), "--url", url)
    names = [f"host-{random.randrange(sizes.some):07}.example.net" for _ in range(5000)]
    bind = _bind(databases.folder, url, engine)
    for caches, settings in (("off", NO_CACHES), ("on", "")):
        rates: list[float] = []
        for launch in (backend(url), bind):
            folder = databases.folder / f"pdns-{engine}-{caches}-{len(rates)}"
            folder.mkdir()
            server = PowerDNS(folder, launch + settings)
            with server.running():
                if caches == "off" and launch != bind:
                    # Each thread of PowerDNS prepares its queries, and the first five of each are planned one by one.
                    _rate(server.port, sizes.seconds, names)
                    answered = _answered(url, server.port, sizes.calls // 4)
                    what = "from a commit to PowerDNS's answer, caches off"
                    yield Figure(20, engine, what, "", answered, None, "s", answered, 0.005)
                rates.append(_rate(server.port, sizes.seconds * 4, names))
        what, against = f"PowerDNS, caches {caches}", "its bind backend with the same names"
        ratio = rates[0] / rates[1]
        yield Figure(20, engine, what, against, rates[0], rates[1], "queries/s", ratio, None, at_least=True)


def _bind(folder: Path, url: str, engine: str) -> str:
    """Write the zone as a file; return the settings of the bind backend."""
    zone = folder / f"{engine}.zone"
    server = ("--ns", "ns.example.net", "--mail", "hostmaster@example.net")
    processes.hostsdb("export", str(zone), "--format", "zone", "--origin", _ZONES[0], *server, "--url", url)
    names = folder / f"{engine}.named"
    names.write_text(f'zone "{_ZONES[0]}" {{ type master; file "{zone}"; }};\n')
    return f"launch=bind\nbind-config={names}\n"


def _answered(url: str, port: int, calls: int) -> float:
    """Return the median seconds from a commit until the answer has the new host."""
    times = []
    with hostsdb.connect(url) as storage, socket.socket(type=socket.SOCK_DGRAM) as asking:
        asking.connect(("127.0.0.1", port))
        asking.settimeout(5)
        for n in range(calls):
            storage.add_host(f"10.200.{n >> 8}.{n & 255}", f"answered-{n}.example.net")
            begun = time.perf_counter()
            while True:
                asking.send(_query(n, f"answered-{n}.example.net"))
                if asking.recv(512)[7]:  # the number of answers
                    break
            times.append(time.perf_counter() - begun)
    return statistics.median(times)


def _rate(port: int, seconds: float, names: list[str]) -> float:
    command = [sys.executable, "-m", "benchmarks.name_server", str(port), str(seconds), *names]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def _query(number: int, name: str) -> bytes:
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return struct.pack(">6H", number & 0xFFFF, 0x0100, 1, 0, 0, 0) + labels + b"\0\0\1\0\1"


def _ask(port: int, duration: float, names: list[str]) -> float:
    """Return the answers a second. A lost query is asked again after a second."""
    queries = [_query(n, name) for n, name in enumerate(names)]
    answered = number = 0
    with socket.socket(type=socket.SOCK_DGRAM) as asking:
        asking.connect(("127.0.0.1", port))
        asking.settimeout(1)
        for _ in range(_ON_THE_WAY):
            asking.send(queries[(number := number + 1) % len(queries)])
        begun = time.perf_counter()
        while time.perf_counter() - begun < duration:
            with suppress(TimeoutError):
                answered += asking.recv(512)[7] > 0
            asking.send(queries[(number := number + 1) % len(queries)])
        return answered / (time.perf_counter() - begun)


if __name__ == "__main__":
    print(_ask(int(sys.argv[1]), float(sys.argv[2]), sys.argv[3:]))
