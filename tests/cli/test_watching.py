"""The commands watch and export --follow, as processes that run until they are stopped."""

import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import hostsdb
from tests.support.command import hostsdb_command
from tests.support.postgres_process import postgres_process


@pytest.fixture(params=["postgres", "duckdb", "sqlite"])
def url(request: pytest.FixtureRequest) -> str:
    """The URL of a new database with the schema."""
    return str(request.getfixturevalue(f"current_{request.param}_url"))


@contextmanager
def running(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run a command until the block ends."""
    with subprocess.Popen(
        [sys.executable, "-m", "hostsdb", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)


def lines(*arguments: str) -> list[dict]:
    run = hostsdb_command(*arguments)
    assert run.returncode == 0, run.stderr
    return [json.loads(line) for line in run.stdout.splitlines()]


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def test_watch_prints_a_line_for_each_event_after_a_position(url: str) -> None:
    with hostsdb.connect(url) as storage:
        host = storage.add_host("10.0.0.1", "a", tags=["x"])
        storage.update_host(host.id, comment="c", created_by="me")
        log = storage.events_since(-1)
    first, second = lines("watch", "--url", url, "--after", "-1", "--timeout", "0")
    assert [first["position"], second["position"]] == [event.position for event in log]
    assert first["aggregate_id"] == host.id and first["changes"]["tags"] == {"from": None, "to": ["x"]}
    assert second["event_type"] == "CommentUpdated" and second["created_by"] == "me"
    assert lines("watch", "--url", url, "--after", str(first["position"]), "--timeout", "0") == [second]
    assert first["position_text"] == str(first["position"])
    tagged = ("watch", "--url", url, "--after", "-1", "--timeout", "0", "--tag", "x")
    assert lines(*tagged, "--type", "CommentUpdated") == [second]
    assert lines("watch", "--url", url, "--timeout", "0") == []


def test_a_consumer_of_the_command_continues_at_its_position(url: str) -> None:
    consume = ("watch", "--url", url, "--consumer", "audit", "--timeout", "0")
    for number in range(2):
        with hostsdb.connect(url) as storage:
            storage.add_host("10.0.0.1", f"h{number}")
        (event,) = lines(*consume)
        assert event["changes"]["hostname"]["to"] == f"h{number}"
        assert lines(*consume) == []


def test_watch_prints_what_another_process_adds(tmp_path: Path, postgres_url: str) -> None:
    sqlite = f"sqlite:///{tmp_path}/hosts.db"
    for url in (sqlite, postgres_url):
        with hostsdb.connect(url) as storage, running("watch", "--url", url, "--after", "-1") as process:
            for number in range(3):
                storage.add_host("10.0.0.1", f"h{number}")
                assert json.loads(line(process))["changes"]["hostname"]["to"] == f"h{number}"


SCRIPT = """#!/bin/sh
cp "$1" "$1.seen"
echo run >> "$2"
exit 7
"""


def test_export_follow_writes_only_changes_and_continues_after_a_failing_command(
    tmp_path: Path, postgres_url: str
) -> None:
    script, file, runs = tmp_path / "reload it", tmp_path / "lan.hosts", tmp_path / "runs"
    script.write_text(SCRIPT)
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    command = f"'{script}' {file} {runs}"
    seen = Path(f"{file}.seen")
    for url in (f"sqlite:///{tmp_path}/hosts.db", postgres_url):
        file.unlink(missing_ok=True)
        runs.unlink(missing_ok=True)
        with hostsdb.connect(url) as storage:
            storage.add_host("10.0.0.1", "a")
            with running("export", str(file), "--url", url, "--follow", "--exec", command) as process:
                assert line(process) == f"wrote 1 hosts in {file}\n"
                b = storage.add_host("10.0.0.2", "b")
                assert line(process) == f"wrote 2 hosts in {file}\n"
                storage.update_host(b.id, tags=["no line of the file"])
                assert line(process) == f"unchanged: 2 hosts in {file}\n"
                storage.append_batch(
                    (f"many{n}", [hostsdb.HostCreated(f"10.1.0.{n}", "n")], None) for n in range(50)
                )
                assert line(process) == f"wrote 52 hosts in {file}\n"
                awaited(lambda: seen.exists() and seen.read_text().count("\n") == 52)
                awaited(lambda: runs.read_text().count("run\n") >= 3)  # it is retried
                assert process.stderr is not None
                failures = {process.stderr.readline() for _ in range(3)}
                assert failures == {f"hostsdb: {script} failed with exit code 7\n"}
        assert file.read_text() == seen.read_text()
        assert len(file.read_text().splitlines()) == 52


def awaited(condition) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_command_is_killed_after_its_timeout_with_its_children(tmp_path: Path) -> None:
    hostsdb.connect(f"sqlite:///{tmp_path}/hosts.db").close()
    command = f"sh -c 'sleep 1000 & echo $! > {tmp_path}/child; wait'"
    run = subprocess.run(
        [
            sys.executable,
            "-m",
            "hostsdb",
            "export",
            f"{tmp_path}/out",
            "--exec",
            command,
            "--exec-timeout",
            "0.5",
        ]
        + ["--url", f"sqlite:///{tmp_path}/hosts.db"],
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert (run.returncode, run.stderr) == (1, "hostsdb: sh took more than 0.5 s and was killed\n")
    child = int((tmp_path / "child").read_text())
    awaited(lambda: not os.path.exists(f"/proc/{child}") or "Z" in Path(f"/proc/{child}/stat").read_text())


@pytest.mark.parametrize("command", ["", "'unclosed", "no-such-program-anywhere"])
def test_a_command_that_cannot_run_is_reported(tmp_path: Path, command: str) -> None:
    hostsdb.connect(f"sqlite:///{tmp_path}/hosts.db").close()
    run = subprocess.run(
        [sys.executable, "-m", "hostsdb", "export", f"{tmp_path}/out", "--exec", command]
        + ["--url", f"sqlite:///{tmp_path}/hosts.db"],
        capture_output=True,
        text=True,
    )
    code, words = (1, "cannot run no-such-program") if command.startswith("no") else (2, "--exec")
    assert run.returncode == code and words in run.stderr


@pytest.mark.faults  # takes many seconds
def test_watch_and_export_go_on_when_the_server_was_away(tmp_path: Path) -> None:
    file = tmp_path / "lan.hosts"
    with postgres_process(fsync=True) as server:
        url = f"{server.url}?acquire_timeout=1"
        with (
            hostsdb.connect(url) as storage,
            running("watch", "--url", url, "--after", "-1") as watch,
            running("export", str(file), "--url", url, "--follow") as export,
        ):
            storage.add_host("10.0.0.1", "before")
            assert '"before"' in line(watch)
            while "before" not in file.read_text() if file.exists() else True:
                line(export)
            server.kill()
            time.sleep(3)
            server.start()
            storage.add_host("10.0.0.2", "after")
            assert '"after"' in line(watch)
            while "after" not in file.read_text():
                line(export)
            watch.kill()
            assert watch.stderr is not None and watch.stderr.read() == "hostsdb: waiting for the database\n"
