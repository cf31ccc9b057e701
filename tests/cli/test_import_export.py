"""init, status, import, list and export, on every engine."""

from __future__ import annotations

import json
import os
import pty
import stat
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

import hostsdb
from tests.cli.conftest import Run

ROOT = Path(__file__).parent.parent.parent
LAN = ROOT / "examples" / "lan.hosts"
ADSERVERS = ROOT / "tests" / "data" / "adservers.hosts"


def counts(read: int, added: int, identical: int, repeated: int) -> str:
    return f"read {read}, added {added}, identical {identical}, differing 0, repeated {repeated}, bad 0"


def test_init_prints_the_migrations_and_then_that_the_schema_is_current(run_on_empty: Run) -> None:
    applied = run_on_empty("init").stdout.splitlines()
    assert applied[:2] == ["applied 0001_host_events", "applied 0002_positions"]
    assert run_on_empty("init").stdout == "the schema is current\n"


def test_status_before_and_after(run_on_empty: Run) -> None:
    run = run_on_empty
    run("init")
    run("rollback", "--to", "1")
    before = json.loads(run("status", "--json").stdout)
    assert [migration["id"] for migration in before["applied"]] == ["0001_host_events"]
    assert before["pending"][0] == "0002_positions"
    assert "0002_positions is not applied yet; run hostsdb init first" in run("verify", exit_code=1).stderr
    run("init")
    after = json.loads(run("status", "--json").stdout)
    assert [migration["id"] for migration in after["applied"]][1:] == before["pending"]
    assert all(migration["applied_at"] and migration["by"] for migration in after["applied"])
    assert after["pending"] == after["unknown"] == []
    assert run("status").stdout.startswith("applied  0001_host_events  20")
    assert run("rollback", "--to", "99").stdout == "no migration after 99 is applied\n"


def test_import_reports_bad_lines_and_imports_the_rest(run: Run) -> None:
    done = run("import", LAN, exit_code=1)
    assert (
        done.stdout
        == "read 14, added 11, identical 0, differing 0, repeated 1, bad 2; not kept: 1 comment lines\n"
    )
    assert [line.removeprefix(str(LAN)) for line in done.stderr.splitlines()] == [
        ':14: "not-an-address" is not an IP address',
        ':15: "10.0.0.300" is not an IP address',
    ]
    hosts = {(h["ip_address"], h["hostname"]): h for h in json.loads(run("list", "--json").stdout)}
    assert len(hosts) == 11
    assert hosts["127.0.0.1", "localhost"]["aliases"] == ["localhost.localdomain"]
    assert hosts["192.168.1.10", "nas.lan"]["comment"] == "disks: 4 x 8 TB; backup at 02:00"
    assert ("2001:db8::10", "nas.lan") in hosts


def test_strict_imports_nothing(run: Run) -> None:
    done = run("import", "--strict", LAN, exit_code=1)
    assert done.stdout == ""
    assert "10.0.0.300" in done.stderr and "nothing was imported" in done.stderr
    assert json.loads(run("list", "--json").stdout) == []


@pytest.mark.faults  # takes many seconds
def test_a_published_list_in_and_out(run: Run, tmp_path: Path) -> None:
    assert run("import", ADSERVERS).stdout == counts(42531, 42358, 0, 173) + "; not kept: 10 comment lines\n"
    exported = tmp_path / "exported.hosts"
    assert run("export", exported).stdout == f"wrote 42358 hosts in {exported}\n"
    assert len(exported.read_text().splitlines()) == 42358
    assert run("import", ADSERVERS).stdout == counts(42531, 0, 42358, 173) + "; not kept: 10 comment lines\n"
    assert run("import", exported).stdout == counts(42358, 0, 42358, 0) + "\n"
    written = exported.stat()
    assert run("export", exported).stdout == f"unchanged: 42358 hosts in {exported}\n"
    assert exported.stat().st_mtime_ns == written.st_mtime_ns


def test_export_in_the_order_of_the_import_or_of_the_addresses(run: Run) -> None:
    windows = "\ufeff10.0.0.10\tten\r\n10.0.0.9 nine # ninth\r\n::1 six\r\n9.0.0.1 first\r\n"
    assert run("import", "-", stdin=windows).stdout == counts(4, 4, 0, 0) + "\n"
    imported = "10.0.0.10\tten\n10.0.0.9\tnine\t# ninth\n::1\tsix\n9.0.0.1\tfirst\n"
    assert run("export").stdout == imported
    by_address = "9.0.0.1\tfirst\n10.0.0.9\tnine\t# ninth\n10.0.0.10\tten\n::1\tsix\n"
    assert run("export", "--sort", "address").stdout == by_address
    run("add", "10.0.0.10", "aaa.lan")
    assert run("export").stdout == imported + "10.0.0.10\taaa.lan\n"
    run("update", "aaa.lan", "--priority", "-1")
    assert run("export").stdout == "10.0.0.10\taaa.lan\n" + imported
    run("update", "--where-name", "t", "--priority", "-2")
    assert run("export").stdout.startswith("10.0.0.10\tten\n9.0.0.1\tfirst\n10.0.0.10\taaa.lan\n")
    run("update", "--where-ip", "0.0.0.0/0", "--add-tag", "t")
    tagged = run("export", "--tag", "t").stdout
    assert tagged == "10.0.0.10\tten\n9.0.0.1\tfirst\n10.0.0.10\taaa.lan\n10.0.0.9\tnine\t# ninth\n"


def test_export_keeps_the_mode_and_a_link(run: Run, tmp_path: Path) -> None:
    run("import", "-", stdin="10.0.0.1 a\n")
    target, link = tmp_path / "real.hosts", tmp_path / "link.hosts"
    target.write_text("old\n")
    target.chmod(0o640)
    link.symlink_to(target)
    run("export", link)
    assert link.is_symlink() and target.read_text() == "10.0.0.1\ta\n"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert sorted(p.name for p in tmp_path.iterdir() if "hosts" in p.name and "db" not in p.name) == [
        "link.hosts",
        "real.hosts",
    ]


def test_list_shows_a_table(run: Run) -> None:
    run("import", LAN, exit_code=1)
    lines = run("list").stdout.splitlines()
    assert lines[0].split("\t") == ["address", "hostname", "aliases", "tags", "comment", "priority"]
    assert len(lines) == 1 + 11
    assert lines[1].split()[:2] == ["10.0.0.2", "k8s-node-2.lan"]


def test_list_shows_a_table_on_a_terminal(current_sqlite_url: str) -> None:
    with hostsdb.connect(current_sqlite_url) as storage:
        storage.add_host("10.0.0.1", "a", comment="[bold]not markup[/bold] \x1b[31m")
    terminal, inner = pty.openpty()
    command = [sys.executable, "-m", "hostsdb", "list", "--url", current_sqlite_url]
    with subprocess.Popen(command, stdout=inner, env=os.environ | {"COLUMNS": "120"}):
        os.close(inner)
        shown = b""
        with suppress(OSError):  # a terminal without a writer ends with an error
            while piece := os.read(terminal, 4096):
                shown += piece
    os.close(terminal)
    assert (
        shown.decode().splitlines()[1] == "10.0.0.1  a                        [bold]not markup[/bold] �[31m"
    )


def test_errors_are_one_line(run: Run, tmp_path: Path) -> None:
    done = run("import", tmp_path / "missing", exit_code=2)
    assert "No such file" in done.stderr
    done = run("list", "--url", "mysql://u:secret@host/db", exit_code=1)
    assert done.stderr.startswith("hostsdb: a connection URL must begin with") and "secret" not in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_closed_pipe_is_not_an_error(current_sqlite_url: str) -> None:
    environment = os.environ | {"HOSTSDB_URL": current_sqlite_url}
    subprocess.run(
        [sys.executable, "-m", "hostsdb", "import", str(ADSERVERS)],
        env=environment,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    command = f"{sys.executable} -m hostsdb export | head -n 1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], env=environment, capture_output=True, text=True)
    assert done.stdout.splitlines()[1] == "0" and done.stderr == ""


def test_a_full_disk_for_standard_output_is_reported(current_sqlite_url: str) -> None:
    with hostsdb.connect(current_sqlite_url) as storage:
        storage.add_host("10.0.0.1", "a")
    with open("/dev/full", "w") as full:
        listing = subprocess.run(
            [sys.executable, "-m", "hostsdb", "list", "--url", current_sqlite_url],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
        )
    assert listing.returncode == 1
    assert listing.stderr == "hostsdb: standard input or output: No space left on device\n"


def test_the_summary_counts_each_kind_of_line(run: Run, tmp_path: Path) -> None:
    bad = "".join(f"10.0.0.{n} name{n}.lan bad{n}-\n" for n in range(23))
    file = tmp_path / "hosts"
    file.write_text(f"# servers\n\n10.0.0.1 name1.lan nas\n#\n{bad}10.0.0.1 name1.lan\n")
    done = run("import", file, "--json", exit_code=1)
    assert json.loads(done.stdout) == {
        "read": 25,
        "added": 23,
        "changed": 0,
        "removed": 0,
        "identical": 0,
        "differing": 0,
        "repeated": 2,
        "bad": 23,
        "comments": 2,
        "blank": 1,
        "untagged": 0,
    }
    reported = done.stderr.splitlines()
    assert len(reported) == 21 and reported[-1] == f"{file}: 3 more bad lines"
    assert (
        reported[0]
        == f'{file}:5: "bad0-" is not a hostname: it has a label that begins or ends with a hyphen'
    )
    planned = run("import", file, "--dry-run", exit_code=1).stdout
    assert planned == (
        "read 25, added 0, identical 23, differing 0, repeated 2, bad 23; "
        "not kept: 2 comment lines, 1 blank lines\n"
    )


def test_strict_accepts_repeated_lines(run: Run) -> None:
    repeated = "127.0.0.1 localhost\n127.0.0.1 localhost localhost.localdomain\n"
    assert run("import", "-", "--strict", stdin=repeated).stdout.startswith("read 2, added 1, ")
    assert run("export").stdout == "127.0.0.1\tlocalhost localhost.localdomain\n"


def test_other_formats_are_written_and_refused(run: Run, tmp_path: Path) -> None:
    names = " ".join(f"alias{n}" for n in range(9))
    run("import", "-", stdin=f"10.0.0.1 ns.lan {names}\n")
    lines = run("export", "--names-per-line", "9").stdout.splitlines()
    assert [len(line.split()) - 1 for line in lines] == [9, 2]
    zone = run("export", "--format", "zone", "--origin", "lan", "--ns", "ns.lan", "--mail", "a@lan").stdout
    assert "ns 3600 IN A 10.0.0.1\n" in zone and " IN SOA ns a " in zone
    assert run("export", "--format", "zone", exit_code=2).stdout == ""
    assert run("export", "--ns", "ns.lan", exit_code=2).stdout == ""
    for format in ("dnsmasq", "unbound"):
        run("export", tmp_path / "file", "--format", format)
        done = run("import", tmp_path / "file", "--mirror", "--yes")
        assert "added 0, changed 0, removed 0, identical 1" in done.stdout
    page = run("import", "-", "--mirror", "--yes", stdin="<!DOCTYPE html>\n<html>\n", exit_code=1)
    assert page.stderr == (
        "hostsdb: <stdin>: it is a web page, not a file of hosts; check the address that it was downloaded from\n"
    )
    assert len(json.loads(run("list", "--json").stdout)) == 1
