"""Whether a server answers: one that does, one that is silent, one that is not there; on TCP and on a Unix socket."""

import asyncio
import errno
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hostsdb.engines import postgres_probe
from hostsdb.engines.postgres_probe import Address


@pytest.fixture(params=["sync", "async"])
def answers(request: pytest.FixtureRequest) -> Callable[[Address, float], bool]:
    """What asks a server, in the call style."""
    if request.param == "sync":
        return postgres_probe.answers
    return lambda server, seconds: asyncio.run(postgres_probe.answers_async(server, seconds))


@pytest.fixture(params=["tcp", "unix"])
def listener(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[socket.socket, Address]]:
    """A socket that listens, and where."""
    if request.param == "tcp":
        with socket.create_server(("127.0.0.1", 0)) as listening:
            yield listening, Address("127.0.0.1", str(listening.getsockname()[1]))
    else:
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(f"{tmp_path}/.s.PGSQL.5433")
            listening.listen()
            yield listening, Address(str(tmp_path), "5433")


def test_one_letter_is_an_answer(
    answers: Callable[[Address, float], bool], listener: tuple[socket.socket, Address]
) -> None:
    listening, address = listener
    asked: list[bytes] = []

    def serve() -> None:
        session, _ = listening.accept()
        with session:
            asked.append(session.recv(100))
            session.sendall(b"N")

    server = threading.Thread(target=serve)
    server.start()
    assert answers(address, 10)
    server.join()
    assert asked == [
        bytes([0, 0, 0, 8, 0x04, 0xD2, 0x16, 0x2F])
    ]  # SSLRequest, as the protocol's manual has it


def test_silence_is_none(
    answers: Callable[[Address, float], bool], listener: tuple[socket.socket, Address]
) -> None:
    began = time.monotonic()
    assert not answers(listener[1], 0.2)
    assert 0.1 < time.monotonic() - began < 5


def test_nobody_there_is_none(answers: Callable[[Address, float], bool], tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closing:
        port = str(closing.getsockname()[1])
    assert not postgres_probe.answers(Address("127.0.0.1", port), 5)
    assert not postgres_probe.answers(Address(str(tmp_path), "5433"), 5)


def test_a_name_that_begins_with_an_at_sign_is_abstract() -> None:
    assert Address("@pg", "5432").path == "\0pg/.s.PGSQL.5432"


def test_not_being_able_to_ask_says_nothing_of_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object) -> None:
        raise OSError(errno.EMFILE, "too many open files")

    monkeypatch.setattr(postgres_probe, "_connected", refuse)
    assert postgres_probe.answers(Address("127.0.0.1", "1"), 1)
