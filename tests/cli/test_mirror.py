"""import --mirror, delete --where-tag and their safeguards: scope, questions, messages, closed streams."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import hostsdb
from hostsdb.cli import cli
from tests.cli.conftest import Run

OWN = "10.0.0.1 nas.lan # own\n"
LIST = "0.0.0.0 ads.example\n0.0.0.0 track.example\n"
PAGE = "<!DOCTYPE html>\n<html><head><title>404</title></head>\n<body>Not found</body></html>\n"
QUESTION = b"[y/N]: "


def names(run: Run, *options: str) -> list[str]:
    return [host["hostname"] for host in json.loads(run("list", "--json", *options).stdout)]


def test_a_list_is_replaced_and_switched_off_as_a_whole(run: Run) -> None:
    run("import", "-", stdin=OWN)
    run("import", "-", "--mirror", "--tag", "ads", "--yes", stdin=LIST)
    done = run("import", "-", "--mirror", "--tag", "ads", "--yes", stdin="0.0.0.0 new.example\n" + OWN)
    assert "removed 2" in done.stdout
    assert names(run) == ["new.example", "nas.lan"]
    assert names(run, "--without-tag", "ads") == [] and names(run, "--tag", "ads") == names(run)
    done = run("import", "-", "--mirror", "--tag", "ads", "--yes", stdin=LIST)
    assert "removed 1" in done.stdout and "untagged 1" in done.stdout
    assert run("export", "--without-tag", "ads").stdout == "10.0.0.1\tnas.lan\t# own\n"
    assert names(run, "--without-tag", "ads") == ["nas.lan"]
    found = json.loads(run("search", "example", "--without-tag", "ads", "--json", exit_code=1).stdout)
    assert found == []
    triggers = [snapshot["trigger"] for snapshot in json.loads(run("snapshot", "list", "--json").stdout)]
    assert triggers == ["pre-mirror"] * 3
    run("import", "-", "--mirror", "--tag", "a", "--tag", "b", stdin=LIST, exit_code=2)


def test_a_mirror_of_a_page_changes_nothing(run: Run) -> None:
    run("import", "-", stdin=OWN)
    for options in ([], ["--dry-run"], ["--strict"], ["--tag", "ads"]):
        done = run("import", "-", "--mirror", "--yes", *options, stdin=PAGE, exit_code=1)
        assert "it is a web page, not a file of hosts" in done.stderr
        done = run("import", "-", "--mirror", "--yes", *options, stdin="no host\n", exit_code=1)
        assert "nothing was imported" in done.stderr
    assert names(run) == ["nas.lan"] and json.loads(run("snapshot", "list", "--json").stdout) == []
    assert "--allow-empty" in run("import", "-", "--mirror", "--yes", stdin="", exit_code=1).stderr
    run("import", "-", "--mirror", "--yes", "--allow-empty", stdin="")
    assert names(run) == []


def test_delete_by_tag_prints_the_ids(run: Run) -> None:
    run("import", "-", stdin=OWN)
    run("import", "-", "--tag", "ads", stdin=LIST)
    hosts = json.loads(run("search", "--tag", "ads", "--json").stdout)
    planned = run("delete", "--where-tag", "ads", "--dry-run", exit_code=2)
    assert planned.stdout.splitlines() == [
        f"would delete {host['id']} 0.0.0.0 {host['hostname']}" for host in hosts
    ]
    assert json.loads(run("delete", "--where-tag", "ads", "--dry-run", "--json", exit_code=2).stdout) == hosts
    done = run("delete", "--where-tag", "ads", "--yes", "--reason", "old", "--by", "me")
    assert done.stdout == planned.stdout.replace("would delete", "deleted")
    assert names(run) == ["nas.lan"]
    last = json.loads(run("history", hosts[0]["id"], "--json").stdout)[-1]
    assert (last["event_type"], last["reason"], last["created_by"]) == ("HostDeleted", "old", "me")
    assert run("delete", "--where-tag", "ads").stdout == "no host has the tag\n"
    run("delete", exit_code=2)
    run("delete", "nas.lan", "--where-tag", "ads", exit_code=2)
    assert "would delete" in run("delete", "nas.lan", "--dry-run", exit_code=2).stdout
    assert names(run) == ["nas.lan"]


def test_who_runs_the_command(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = count()

    def who(*options: str) -> str | None:
        add = ["add", f"10.0.0.{next(numbers)}", "nas.lan", "--url", sqlite_url, *options]
        assert CliRunner().invoke(cli, add).exit_code == 0
        with hostsdb.connect(sqlite_url) as storage:
            return storage.events_since(-1)[-1].created_by

    settings = [("USER", "login"), ("SUDO_USER", "sudo"), ("HOSTSDB_BY", "given")]
    for variable, _ in settings:
        monkeypatch.delenv(variable, raising=False)
    assert who() is None
    for variable, value in settings:
        monkeypatch.setenv(variable, value)
        assert who() == value
    assert who("--by", "option") == "option"


def process(url: str, *arguments: str, **options: Any) -> subprocess.Popen[bytes]:
    """Start the command in a session without a terminal."""
    return subprocess.Popen(
        [sys.executable, "-m", "hostsdb", *arguments],
        env=os.environ | {"HOSTSDB_URL": url},
        start_new_session=True,
        **options,
    )


def heed_interrupts() -> None:
    """Undo what a shell does to a process in the background: it ignores SIGINT, and so do its children."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def answered(url: str, answer: bytes, *arguments: str, stdin: bytes) -> tuple[int, str]:
    """Run the command with a terminal that gives an answer, and a pipe as standard input. Return what it shows."""
    reading, writing = os.pipe()
    pid, terminal = pty.fork()
    if pid == 0:
        heed_interrupts()
        os.dup2(reading, 0)
        os.close(writing)
        command = [sys.executable, "-m", "hostsdb", *arguments]
        os.execvpe(sys.executable, command, os.environ | {"HOSTSDB_URL": url})
    os.close(reading)
    os.write(writing, stdin)
    os.close(writing)
    shown, is_answered = b"", False
    try:
        while piece := os.read(terminal, 4096):
            shown += piece
            if QUESTION in shown and not is_answered:  # it may come in two pieces
                is_answered = True
                os.write(terminal, answer)
    except OSError:  # the end of a terminal without a writer
        pass
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown.decode()


def test_a_question_is_asked_on_the_terminal(sqlite_url: str) -> None:
    mirror, new = ("import", "-", "--mirror"), b"y\n10.0.0.9 new\n"
    with hostsdb.connect(sqlite_url) as storage:
        storage.add_host("10.0.0.1", "a", tags=["t"])
        for answer, code, words in (
            (b"n\n", 1, "nothing was changed"),
            (b"\x03", 130, "interrupted; nothing was changed"),
        ):
            done = answered(sqlite_url, answer, *mirror, stdin=new)
            assert done[0] == code and words in done[1], done
        delete = ("delete", "--where-tag", "t")
        assert answered(sqlite_url, b"\n", *delete, stdin=b"y\n")[0] == 1
        assert [entry.hostname for entry in storage.list_all()] == ["a"]
        assert answered(sqlite_url, b"yes\n", *delete, stdin=b"n\n")[0] == 0
        assert storage.list_all() == []
        done = answered(sqlite_url, b"y\n", *mirror, stdin=new[2:])
        assert done[0] == 0 and "added 1" in done[1]


def test_without_a_terminal_yes_is_needed(sqlite_url: str, tmp_path: Path) -> None:
    (tmp_path / "new.hosts").write_text("10.0.0.1 a\n")
    with process(
        sqlite_url,
        "import",
        f"{tmp_path}/new.hosts",
        "--mirror",
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as asking:
        _, error = asking.communicate(b"y\n")
    assert asking.returncode == 2 and b"use --yes" in error
    assert not (tmp_path / "hosts.db").exists()


def test_ctrl_c_while_the_file_is_read_imports_nothing(sqlite_url: str) -> None:
    pipes = {"stdin": subprocess.PIPE, "stderr": subprocess.PIPE, "bufsize": 0}
    with process(sqlite_url, "import", "-", preexec_fn=heed_interrupts, **pipes) as importing:
        assert importing.stdin is not None and importing.stderr is not None
        importing.stdin.write(b"bad line\n" + b"10.0.0.1 a\n" * 100_000)  # more than the pipe holds
        importing.send_signal(signal.SIGINT)
        error = importing.stderr.read()
    assert importing.returncode == 130
    assert error.endswith(b"hostsdb: interrupted; nothing was imported\n"), error


@pytest.mark.parametrize("how", ["closed", "broken pipe", "full"])
def test_an_import_completes_when_nobody_reads_standard_error(sqlite_url: str, how: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    options: dict[str, Any] = {"stderr": writing}
    if how == "closed":
        options = {"preexec_fn": lambda: os.close(2)}
    elif how == "full":
        options = {"stderr": os.open("/dev/full", os.O_WRONLY)}
    content = b"bad line\n10.0.0.1 a\nalso bad\n10.0.0.2 b\n"
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with process(sqlite_url, "import", "-", **pipes, **options) as importing:
        shown, _ = importing.communicate(content)
    assert importing.returncode == 1 and re.match(rb"read 4, added 2", shown)
    with hostsdb.connect(sqlite_url) as storage:
        assert [entry.hostname for entry in storage.list_all()] == ["a", "b"]
