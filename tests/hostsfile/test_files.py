"""Real hosts files and the samples: import and export keep the pairs, their order, and what resolvers answer."""

from io import BytesIO
from itertools import chain
from pathlib import Path

import pytest

import hostsdb
from hostsdb import Storage
from hostsdb.formats import write
from hostsdb.formats.hosts import parse
from hostsdb.formats.record import HostRecord, read_lines, read_pieces
from tests.formats.name_server import dnsmasq, unbound
from tests.hostsfile.samples import FILES, LONG, ORDER
from tests.support.resolvers import resolver

ROOT = Path(__file__).parents[2]
REAL = {
    path.stem: path for path in (ROOT / "examples" / "lan.hosts", ROOT / "tests" / "data" / "adservers.hosts")
}
Hosts = list[HostRecord]


def hosts_of(content: bytes) -> Hosts:
    lines = parse(read_lines(read_pieces(BytesIO(content))))
    return [line for line in lines if isinstance(line, HostRecord)]


def imported(storage: Storage, content: bytes) -> bytes:
    """Return what is exported after an import of the file."""
    storage.import_hosts(parse(read_lines(read_pieces(BytesIO(content)))))
    return "".join(write(storage.list_all(), "hosts")).encode()


def pairs(hosts: Hosts) -> list[tuple[str, str]]:
    return [(host.ip_address, name) for host in hosts for name in (host.hostname, *host.aliases)]


def first_names(hosts: Hosts) -> dict[str, str]:
    return dict(reversed(pairs(hosts)))


def first_addresses(hosts: Hosts) -> dict[str, str]:
    return {name: address for address, name in reversed(pairs(hosts))}


@pytest.mark.parametrize("name", [*FILES, *REAL])
def test_an_exported_file_has_the_same_pairs_and_order(name: str) -> None:
    content = FILES[name] if name in FILES else REAL[name].read_bytes()
    with hostsdb.connect("sqlite://:memory:") as storage:
        exported = imported(storage, content)
        given, found = hosts_of(content), hosts_of(exported)
        assert set(pairs(found)) == set(pairs(given))
        assert first_names(found) == first_names(given)
        assert first_addresses(found) == first_addresses(given)
        assert max(map(len, exported.splitlines(keepends=True))) < 512
        assert imported(storage, exported) == exported


@pytest.mark.parametrize("compiler", ["cc", "musl-gcc"])
def test_a_c_library_finds_the_same(compiler: str, tmp_path: Path) -> None:
    resolve = resolver(compiler, tmp_path)
    for name in ("repeated", "order", "sections", "one bad"):
        before, after, asked = written(tmp_path, FILES[name])
        assert resolve(after, asked) == resolve(before, asked)
    # musl finds neither all names nor the right ones in the original file.
    _, after, asked = written(tmp_path, LONG)
    wanted = {name: [address] for address, name in pairs(hosts_of(LONG))}
    assert resolve(after, asked) == wanted | {"10.20.0.20": ["router.lan"], "10.20.0.21": ["quiet.lan"]}


def written(folder: Path, content: bytes) -> tuple[Path, Path, list[str]]:
    """Write a file and what is exported after its import; return both, and its addresses and names."""
    before, after = folder / "before", folder / "after"
    before.write_bytes(content)
    with hostsdb.connect("sqlite://:memory:") as storage:
        after.write_bytes(imported(storage, content))
    return before, after, sorted(set(chain(*pairs(hosts_of(content)))))


REVERSE = {
    "127.0.0.1": "localhost",
    "192.168.50.10": "nas.lan",
    "127.0.1.1": "web1.corp.example",
}


@pytest.mark.parametrize("reader", ["cc", "musl-gcc", "dnsmasq", "unbound"])
def test_another_host_changes_no_other_reverse_name(reader: str, tmp_path: Path) -> None:
    file = tmp_path / "hosts"
    with hostsdb.connect("sqlite://:memory:") as storage:
        imported(storage, ORDER)
        storage.add_host("192.168.50.10", "aaa.lan")
        first = storage.add_host("127.0.1.1", "aaa.lan")
        assert_reverse_names(reader, storage, file, REVERSE)
        storage.update_host(first.id, priority=-1)
        assert_reverse_names(reader, storage, file, REVERSE | {"127.0.1.1": "aaa.lan"})


def assert_reverse_names(reader: str, storage: Storage, file: Path, wanted: dict[str, str]) -> None:
    servers = {"dnsmasq": dnsmasq, "unbound": unbound}
    file.write_text("".join(write(storage.list_all(), reader if reader in servers else "hosts")))
    if reader not in servers:
        found = resolver(reader, file.parent)(file, wanted)
        assert found == {address: [name] for address, name in wanted.items()}
        return
    with servers[reader](file) as server:
        assert {address: server.pointer(address) for address in wanted} == {
            address: {name} for address, name in wanted.items()
        }
