"""What the commands write to a terminal, and what they write to a pipe."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest
from click import UsageError
from click.testing import CliRunner

import hostsdb
from hostsdb import HostCreated
from hostsdb.cli import cli
from hostsdb.cli.terminal import RowReports, cut, width
from tests.support.terminal import on_terminal, on_terminal_process

# C0, DEL, C1, the characters that change the direction of text, and separators of lines.
CONTROLS = "".join(
    map(
        chr, [*range(1, 32), *range(127, 160), 0x200E, 0x200F, *range(0x2028, 0x202F), *range(0x2066, 0x206A)]
    )
)
HOSTILE = f"before {CONTROLS} \x1b]0;title\x07 after"
FILE = "10.9.9.9\tx.lan\t# " + HOSTILE.replace("\n", "") + "\n"
# What a command itself may write.
LAYOUT = "\n\t"


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    url = f"sqlite:///{tmp_path}/hosts.db"
    monkeypatch.setenv("HOSTSDB_URL", url)
    with hostsdb.connect(url):
        yield url


def piped(*arguments: str) -> str:
    return CliRunner().invoke(cli, arguments, catch_exceptions=False).stdout


VALUES = {
    "address": "2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff",
    "hostname": "a-rather-long-name.of-a-host.in-some-domain.example.org",
    "aliases": "one two three.example.org four-four-four-four-four",
    "tags": "服务器 storage",
    "comment": "4 x 8 TB " * 20 + "end",
}


@pytest.mark.parametrize("columns", [30, 31, 40, 57, 80, 81, 100, 120, 132, 160, 199, 200])
def test_no_value_is_cut_without_a_mark(url: str, columns: int) -> None:
    with hostsdb.connect(url) as storage:
        storage.add_host("10.0.0.1", "nas.lan")
        storage.add_host(
            VALUES["address"],
            VALUES["hostname"],
            aliases=VALUES["aliases"].split(),
            tags=VALUES["tags"].split(),
            comment=VALUES["comment"],
        )
    for command in (("list",), ("list", "--ids"), ("search", "rather")):
        shown = on_terminal(columns, *command)
        assert all(width(line) <= columns for line in shown.splitlines())
        header, *_, row = shown.splitlines()
        if "hostname" in header:
            starts = [header.index(name) for name in VALUES] + [columns]
            if row.isascii():
                for (name, value), start, end in zip(VALUES.items(), starts, starts[1:], strict=False):
                    cell = row[start:end].rstrip()
                    assert cell == value or (cell.endswith("…") and value.startswith(cell[:-1])), name
        joined = "".join(line[10:] for line in shown.splitlines())
        assert VALUES["address"] in shown or VALUES["address"] in joined
        assert "end" in shown or "…" in shown
    whole = "".join(line[10:] for line in on_terminal(columns, "get", VALUES["address"]).splitlines())
    assert all(value in whole for value in VALUES.values())


def test_a_narrow_terminal_gets_records(url: str) -> None:
    assert on_terminal(40, "list") == "no hosts\n"
    with hostsdb.connect(url) as storage:
        storage.add_host("2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff", "b", comment="x" * 60_000)
        storage.add_host("10.0.0.1", "a.lan")
    shown = on_terminal(40, "list")
    assert shown.startswith("address   10.0.0.1\nhostname  a.lan\n\naddress   2001:db8:aaaa:bbbb:")
    assert len(shown.splitlines()) < 12 and shown.endswith("…\n")
    assert len(on_terminal(30, "history", "b").splitlines()) > 60_000 // 30


def test_a_log_is_not_written_to_a_terminal(url: str) -> None:
    with pytest.raises(UsageError, match="standard output is a terminal; give a FILE"):
        on_terminal(80, "log", "-", "--format", "csv")


def test_history_is_a_table_if_it_fits(url: str) -> None:
    with hostsdb.connect(url) as storage:
        host = storage.add_host("10.0.0.1", "a", created_by="me")
        storage.update_host(host.id, comment="old")
        storage.update_host(host.id, comment="new")
    assert "  CommentUpdated  comment     old   new\n" in on_terminal(100, "history", "a")
    assert on_terminal(60, "history", "a").endswith("what     CommentUpdated\ncomment  old -> new\n")
    assert "\t-\tCommentUpdated\tcomment\told\tnew\n" in piped("history", "a")


@pytest.fixture
def hostile(url: str) -> str:
    """Store control characters wherever a client can store them."""
    with hostsdb.connect(url) as storage:
        storage.append_event(
            "h" + HOSTILE, HostCreated(f"1{HOSTILE}", f"n{HOSTILE}", HOSTILE, (HOSTILE,), (HOSTILE,))
        )
        storage.append_event("two", HostCreated(f"2{HOSTILE}", f"n{HOSTILE}"))
        envelope = hostsdb.EventEnvelope(hostsdb.CommentUpdated(None, "x"), created_by=HOSTILE)
        version = storage.get_by_id("two").event_version
        storage.append_event("two", envelope, version)
        storage.save_snapshot(
            hostsdb.Snapshot(FILE, 1, snapshot_id="s" + HOSTILE, trigger=HOSTILE, name=HOSTILE)
        )
    return url


COMMANDS = [
    *(
        ("list",),
        ("list", "--ids"),
        ("search", "before"),
        ("get", "h" + HOSTILE),
        ("history", "two"),
        ("tags",),
    ),
    *(("at", "now"), ("at", "now", "export"), ("watch", "--after", "-1", "--timeout", "0")),
    *(("snapshot", "list"), ("snapshot", "show", HOSTILE), ("snapshot", "diff", HOSTILE)),
    ("snapshot", "restore", HOSTILE, "--dry-run"),
    *(("export", "--format", name) for name in ("hosts", "json", "csv", "dnsmasq", "unbound")),
    ("update", "--where-name", "before", "--set-comment", "new", "--dry-run"),
]
WITH_JSON = [command for command in COMMANDS if command[0] not in ("watch", "export")]


@pytest.mark.parametrize("columns", [30, 200])
def test_no_control_character_reaches_a_terminal(
    hostile: str, columns: int, capsys: pytest.CaptureFixture[str]
) -> None:
    for command in COMMANDS + [(*command, "--json") for command in WITH_JSON]:
        shown = on_terminal(columns, *command)
        controls = {char for char in shown if not char.isprintable() and char not in LAYOUT}
        assert shown and not controls, (command, controls)
    with pytest.raises(SystemExit):
        cli.main(["get", f"n{HOSTILE}"], standalone_mode=False)
    messages = capsys.readouterr().err
    assert "before" in messages and not [c for c in messages if not c.isprintable() and c != "\n"]


def test_json_on_a_terminal_has_the_same_values(hostile: str) -> None:
    for command in (("list", "--json"), ("snapshot", "show", HOSTILE, "--json")):
        assert json.loads(on_terminal(80, *command)) == json.loads(piped(*command))
    assert json.loads(piped("list", "--json"))[0]["comment"] == HOSTILE


def test_a_pipe_gets_the_stored_text(hostile: str) -> None:
    show = [sys.executable, "-m", "hostsdb", "snapshot", "show", "s" + HOSTILE]
    assert subprocess.run(show, capture_output=True, check=True).stdout == FILE.encode()
    done = subprocess.run(
        [sys.executable, "-m", "hostsdb", "export", "--format", "csv"], capture_output=True, check=True
    )
    assert HOSTILE.encode() in done.stdout
    lines = [line for line in piped("list").split("\n") if line]
    assert len(lines) == 3 and {line.count("\t") for line in lines} == {5}


def test_one_long_comment_costs_no_padding(url: str) -> None:
    with hostsdb.connect(url) as storage:
        storage.append_batch(
            (f"h{n}", [HostCreated("10.0.0.1", f"h{n}", "x" * 60_000 if n == 0 else None)], None)
            for n in range(3000)
        )
    with open(os.devnull, "w") as null, patch.object(sys, "stdout", null):
        tracemalloc.start()
        try:
            cli.main(["list"], standalone_mode=False)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert peak < 10_000_000
    assert len(piped("list")) < 60_000 + 3000 * 40


def test_rows_that_cannot_be_read_are_reported_up_to_a_limit(capsys: pytest.CaptureFixture[str]) -> None:
    reports = RowReports()
    for number in range(50):
        for _ in range(2):
            reports.show(f"host h{number}\x1b cannot be read")
    reports.end()
    lines = capsys.readouterr().err.splitlines()
    assert reports.count == 50 and len(lines) == 21 and lines[0] == "hostsdb: host h0\ufffd cannot be read"
    assert lines[-1] == "hostsdb: 30 more rows cannot be read; hostsdb verify lists them"


def test_an_error_is_printed_above_the_progress_bar(url: str, tmp_path: Path) -> None:
    (tmp_path / "hosts").write_text("10.0.0.300 bad\n10.0.0.1 good\n")
    shown = on_terminal_process(sys.executable, "-m", "hostsdb", "import", str(tmp_path / "hosts"))
    # The line of the bar is cleared before the error is printed.
    assert re.search(r'━[^\n]*\x1b\[2K[^━]*"10\.0\.0\.300" is not an IP address', shown)


def test_a_plan_is_printed_below_the_progress_bar(url: str, tmp_path: Path) -> None:
    (tmp_path / "hosts").write_text("10.0.0.1 good\n")
    shown = on_terminal_process(
        sys.executable, "-m", "hostsdb", "import", "--dry-run", str(tmp_path / "hosts")
    )
    assert re.search(r"━[^\n]*\r\n.*\x1b\[2K\+ 10\.0\.0\.1 good\r\n", shown, re.S)
    assert "+ 10.0.0.1" not in next(line for line in shown.split("\n") if "━" in line)


def test_wide_characters_take_two_columns() -> None:
    assert width("服务器") == 6 and width("e\u0301") == 1
    assert (cut("服务器", 6), cut("服务器", 5), cut("abc", 2)) == ("服务器", "服务…", "a…")


def test_a_locale_without_a_character_is_no_error(url: str) -> None:
    with hostsdb.connect(url) as storage:
        storage.add_host("10.0.0.1", "a", comment="größer")
    done = subprocess.run(
        [sys.executable, "-m", "hostsdb", "list"],
        env=os.environ | {"PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=True,
    )
    assert b"gr\\xf6\\xdfer" in done.stdout
