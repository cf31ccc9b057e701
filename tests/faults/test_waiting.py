"""A server that is not there yet, and a host of the URL that hangs."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest

import hostsdb
from tests.conformance.calling import STYLES
from tests.support.command import hostsdb_command
from tests.support.postgres_process import PostgresProcess, postgres_process

pytestmark = pytest.mark.faults


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresProcess]:
    with postgres_process() as server:
        hostsdb.connect(server.url).close()
        yield server


@contextmanager
def starting_later(server: PostgresProcess, seconds: float) -> Iterator[None]:
    server.stop()
    timer = threading.Timer(seconds, server.start)
    timer.start()
    began = time.monotonic()
    try:
        yield
        assert time.monotonic() - began > seconds
    finally:
        timer.join()


@pytest.mark.parametrize("style", STYLES)
def test_connect_waits_for_a_server(style: str, server: PostgresProcess) -> None:
    with STYLES[style]() as opened, starting_later(server, 1.5), opened(server.url) as storage:
        assert storage.list_all() == []


@pytest.mark.parametrize("command", ["list", "init", "status"])
def test_a_command_waits_for_a_server(
    command: str, server: PostgresProcess, caplog: pytest.LogCaptureFixture
) -> None:
    with starting_later(server, 3):
        done = hostsdb_command(command, HOSTSDB_URL=server.url)
    assert done.returncode == 0, done.stderr
    (line,) = [line for line in caplog.messages if "waiting for the database" in line]
    assert f"port {server.port}" in line


@pytest.mark.parametrize("style", STYLES)
def test_a_host_that_hangs_costs_little_once_it_is_known(style: str, server: PostgresProcess) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=100) as hanging, STYLES[style]() as opened:
        both = urlsplit(server.url)
        ports = f"127.0.0.1:{hanging.getsockname()[1]},127.0.0.1:{server.port}"
        url = both._replace(netloc=f"{both.netloc.rpartition('@')[0]}@{ports}").geturl()
        durations = []
        for _ in range(3):
            began = time.monotonic()
            with opened(f"{url}?acquire_timeout=9") as storage:
                storage.list_all()
            durations.append(time.monotonic() - began)
        assert durations[0] > 2.9  # a third of acquire_timeout
        assert max(durations[1:]) < 2
        began = time.monotonic()  # each attempt, also when the others are not there
        only = url.replace(f":{server.port}", ":1")
        with (
            pytest.raises(hostsdb.ConnectionFailed, match=r"127\.0\.0\.1:1: .*refused"),
            opened(f"{only}?acquire_timeout=2.5"),
        ):
            pass
        assert time.monotonic() - began < 7
