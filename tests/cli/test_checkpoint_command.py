"""The command checkpoint."""

from __future__ import annotations

from pathlib import Path

import pytest

import hostsdb
from tests.support.command import hostsdb_command
from tests.support.keys import new_key


@pytest.fixture
def url(current_sqlite_url: str) -> str:
    with hostsdb.connect(current_sqlite_url) as storage:
        for number in range(3):
            storage.add_host(f"10.0.0.{number}", f"h{number}.lan")
    return current_sqlite_url


def add(url: str) -> str:
    """Add a host, and return the id of its event."""
    with hostsdb.connect(url) as storage:
        host = storage.add_host("10.0.0.9", "later.lan")
        return storage.load_events(host.id)[0].event_id


@pytest.fixture
def keys(tmp_path: Path) -> tuple[str, str]:
    """The files of a private key and its public key."""
    files = tmp_path / "private.pem", tmp_path / "public.pem"
    for file, pem in zip(files, new_key(), strict=True):
        file.write_bytes(pem)
    return str(files[0]), str(files[1])


def checkpoint(url: str, *arguments: str | Path, code: int = 0) -> tuple[str, str]:
    done = hostsdb_command("checkpoint", *arguments, HOSTSDB_URL=url)
    assert done.returncode == code, done.stderr
    return done.stdout, done.stderr


def test_a_file_goes_on(url: str, tmp_path: Path) -> None:
    file = tmp_path / "hosts.checkpoint"
    shown, _ = checkpoint(url, "--origin", "example.com/hosts")
    assert shown.splitlines()[:2] == ["example.com/hosts", "3"]
    assert checkpoint(url, file, "--origin", "example.com/hosts") == (
        f"{file} covers 3 events of example.com/hosts\n",
        "",
    )
    assert file.read_text() == shown
    add(url)
    assert checkpoint(url, file)[0] == f"{file} covers 4 events of example.com/hosts\n"
    assert file.read_text() == checkpoint(url, "--origin", "example.com/hosts")[0]
    before = file.read_text()
    _, error = checkpoint(url, file, "--origin", "other", code=1)
    assert error == "hostsdb: the earlier checkpoint has another origin: example.com/hosts\n"
    assert file.read_text() == before


def test_a_file_that_is_no_checkpoint_is_not_overwritten(url: str, tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    for content in (b"my notes\n", b"\xff"):
        file.write_bytes(content)
        _, error = checkpoint(url, file, code=1)
        assert error.startswith(f"hostsdb: {file}") and len(error.splitlines()) == 1
        assert file.read_bytes() == content


def test_a_checkpoint_of_another_log_is_not_overwritten(url: str, tmp_path: Path) -> None:
    file = tmp_path / "hosts.checkpoint"
    content = f"other\n1\n{'A' * 43}=\n\n"
    file.write_text(content)
    _, error = checkpoint(url, file, code=1)
    assert "the log does not begin with what the checkpoint covers" in error
    assert file.read_text() == content


def test_signatures(url: str, tmp_path: Path, keys: tuple[str, str]) -> None:
    file, (private, public) = tmp_path / "hosts.checkpoint", keys
    checkpoint(url, file, "--key", private, "--origin", "example.com/hosts")
    assert "\n\n\u2014 example.com/hosts " in file.read_text()
    add(url)
    _, error = checkpoint(url, file, code=1)
    assert "is signed; give --key" in error
    checkpoint(url, file, "--key", private, "--public-key", public)
    signed = file.read_text()
    # The signature of an earlier text is not carried on.
    file.write_text(signed.replace("\n4\n", "\n5\n"))
    assert checkpoint(url, file, "--key", private, code=1)[1]
    file.write_text(signed.rpartition("\n\n")[0] + "\n\n")
    _, error = checkpoint(url, file, "--key", private, code=1)
    assert "has no valid signature of the key in" in error
    _, error = checkpoint(url, "--key", tmp_path / "missing", code=1)
    assert error == f"hostsdb: {tmp_path / 'missing'}: No such file or directory\n"


def test_a_proof_is_checked_without_the_database(url: str, tmp_path: Path, keys: tuple[str, str]) -> None:
    private, public = keys
    file, proof = tmp_path / "hosts.checkpoint", tmp_path / "event.tlog-proof"
    event_id = add(url)
    checkpoint(url, file, "--key", private, "--origin", "example.com/hosts")
    proof.write_text(checkpoint(url, file, "--event", event_id)[0])
    nowhere = "sqlite:///nowhere.db"
    for trusted in ([file], ["--public-key", public], [file, "--public-key", public]):
        shown, _ = checkpoint(nowhere, *trusted, "--check", proof)
        assert f"event_id\t{event_id}\n" in shown and "hostname\tlater.lan\n" in shown
        assert shown.endswith("proven: event 4 of 4 in the log example.com/hosts\n")
    assert "give FILE" in checkpoint(nowhere, "--check", proof, code=2)[1]
    proof.write_text(proof.read_text().replace("index 3", "index 2"))
    assert checkpoint(nowhere, file, "--check", proof, code=4)[1].endswith("does not hold\n")
    proof.write_text(checkpoint(url, file, "--event", event_id)[0])
    with hostsdb.connect(url) as storage:
        storage.add_host("10.0.0.8", "more.lan")
    checkpoint(url, file, "--key", private)
    _, error = checkpoint(nowhere, file, "--check", proof, code=4)
    assert error.endswith("does not hold; it is one for 4 events, FILE covers 5\n")


def test_a_proof_without_a_file_has_a_new_checkpoint(url: str, tmp_path: Path, keys: tuple[str, str]) -> None:
    private, public = keys
    shown, _ = checkpoint(url, "--event", add(url), "--key", private, "--origin", "example.com/hosts")
    (tmp_path / "proof").write_text(shown)
    assert "proven: event 4 of 4" in checkpoint(url, "--check", tmp_path / "proof", "--public-key", public)[0]
    assert "no event has the id" in checkpoint(url, "--event", "x", code=1)[1]
