"""sslmode=verify-full: the server with the right certificate is taken, and every other refused with the reason."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme

import hostsdb
from hostsdb import ConnectionFailed
from tests.conformance.calling import STYLES, Open
from tests.support.postgres_process import PASSWORD, postgres_process
from tests.support.tls_server import tls_in_front


@dataclass(frozen=True)
class Server:
    """The ports of a server by TLS and without it, and the files of the authority that signed its certificate."""

    tls_port: int
    plain_port: int
    right_ca: Path
    wrong_ca: Path

    def url(
        self, host: str = "db.example", port: int = 0, ca: Path | None = None, mode: str = "verify-full"
    ) -> str:
        # The name is what is verified; the address spares a resolver.
        server = f"postgres://postgres:{PASSWORD}@{host}:{port or self.tls_port}/postgres?hostaddr=127.0.0.1"
        return f"{server}&sslmode={mode}&sslrootcert={ca or self.right_ca}&acquire_timeout=5"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("tls")
    authority, other = trustme.CA(), trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "right.pem"))
    other.cert_pem.write_to_path(str(folder / "wrong.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("db.example").configure_cert(context)
    with postgres_process() as process, tls_in_front(process.port, context) as port:
        hostsdb.connect(process.url).close()
        yield Server(port, process.port, folder / "right.pem", folder / "wrong.pem")


@pytest.fixture(params=STYLES)
def opened(request: pytest.FixtureRequest) -> Iterator[Open]:
    with STYLES[request.param]() as opened:
        yield opened


def refused(opened: Open, url: str) -> str:
    with pytest.raises(ConnectionFailed) as caught, opened(url):
        pass
    assert caught.value.__cause__ is not None
    assert PASSWORD not in f"{caught.value} {caught.value.__cause__}"
    return str(caught.value)


def test_the_right_certificate(opened: Open, server: Server) -> None:
    with opened(server.url()) as storage:
        host = storage.add_host("10.0.0.1", "by-tls")
        assert storage.get_by_id(host.id) == host
        storage.delete_host(host.id)


def test_a_server_that_lets_nobody_in_without_tls(opened: Open, server: Server) -> None:
    assert "PostgreSQL: connection failed" in refused(opened, server.url(mode="disable"))


def test_another_authority(opened: Open, server: Server) -> None:
    assert "certificate verify failed" in refused(opened, server.url(ca=server.wrong_ca))


def test_another_name(opened: Open, server: Server) -> None:
    words = 'server certificate for "db.example" does not match host name "evil.example"'
    assert words in refused(opened, server.url(host="evil.example"))
    with opened(server.url(host="evil.example", mode="verify-ca"), initialize=False) as storage:
        storage.health_check()


def test_no_file_of_an_authority(opened: Open, server: Server, tmp_path: Path) -> None:
    words = refused(opened, server.url(ca=tmp_path / "none.pem"))
    assert f'root certificate file "{tmp_path}/none.pem" does not exist' in words


@pytest.mark.parametrize("mode", ["require", "verify-ca", "verify-full"])
def test_a_server_without_tls(opened: Open, server: Server, mode: str) -> None:
    words = refused(opened, server.url(port=server.plain_port, mode=mode))
    assert "server does not support SSL, but SSL was required" in words
