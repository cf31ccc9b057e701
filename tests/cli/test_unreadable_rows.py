"""No command fails because of a row that the schema refuses: it reports the row on standard error and exits with 1."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import hostsdb
from tests.cli.conftest import Run, run_on
from tests.support.unreadable import OF_ENGINE, SKIPPED, store


# The rows are the same on every engine, and read by the same code: on one engine it shows at each `make test`.
@pytest.fixture(
    params=[*(pytest.param(name, marks=pytest.mark.faults) for name in ("postgres", "duckdb")), "sqlite"]
)
def run(request: pytest.FixtureRequest) -> Run:
    """Run a command on a database with the schema."""
    return run_on(request.getfixturevalue(f"current_{request.param}_url"))


@pytest.fixture
def engine(request: pytest.FixtureRequest, run: Run) -> str:
    return str(request.node.callspec.params["run"])


@pytest.fixture
def snapshot(request: pytest.FixtureRequest, engine: str) -> str:
    """Store two good hosts, a snapshot and the bad rows; give the snapshot's id."""
    url = request.getfixturevalue(f"current_{engine}_url")
    with hostsdb.connect(url) as storage:
        for number in (1, 2):
            storage.add_host(f"10.0.0.{number}", f"good{number}.lan", tags=["t"])
        made = storage.create_snapshot("good")
    store(url)
    return made.snapshot_id or ""


def test_lists_and_exports_report_the_rows(run: Run, engine: str, snapshot: str) -> None:
    commands = [("list",), ("list", "--json"), ("search", ""), ("tags",), ("snapshot", "list")]
    commands += [("export", "--format", name) for name in ("hosts", "json", "csv", "dnsmasq", "unbound")]
    for command in commands:
        done = run(*command, exit_code=1)
        reports = done.stderr.splitlines()
        assert reports and len(set(reports)) == len(reports), command
        assert all(" cannot be read: " in line for line in reports), done.stderr
        expected = {"tags": "t", "snapshot": "good"}.get(command[0], "good2.lan")
        assert expected in done.stdout, command
        if command[0] in ("list", "export"):
            assert len(reports) == len(SKIPPED[engine])
    run("search", "good1", "--tag", "t")


def test_the_log_has_the_rows(run: Run, engine: str, snapshot: str) -> None:
    lines = [json.loads(line) for line in run("watch", "--after", "-1", "--timeout", "0").stdout.splitlines()]
    unreadable = {line["event_id"]: line for line in lines if "unreadable" in line}
    assert set(unreadable) == {f"event-{kind}" for kind in OF_ENGINE[engine]}
    assert unreadable["event-unknown_type"]["event_type"] == "HostRenumbered"
    assert unreadable["event-unknown_type"]["columns"]["hostname"] == "unknown_type.bad"
    consumed = run("watch", "--consumer", "c", "--timeout", "0").stdout
    assert len(consumed.splitlines()) == len(lines)
    for kind in OF_ENGINE[engine]:
        assert "unreadable" in run("history", f"bad-{kind}").stdout
    json.loads(run("history", "bad-deep", "--json").stdout)


def test_verify_lists_the_rows(run: Run, engine: str, snapshot: str) -> None:
    done = run("verify", exit_code=4)
    for kind in OF_ENGINE[engine]:
        assert f"bad-{kind}: event event-{kind} at position " in done.stdout
    assert "snapshot badsnapshot cannot be read: created_at is not a time" in done.stdout
    assert len(json.loads(run("verify", "--json", exit_code=4).stdout)) == len(done.stdout.splitlines())


def test_the_other_commands_continue(run: Run, engine: str, snapshot: str, tmp_path: Path) -> None:
    run("at", "now", exit_code=1)
    run("get", "good1.lan")
    assert "cannot be read: " in run("get", "bad-deep", exit_code=1).stderr
    run("add", "10.0.0.3", "good3.lan")
    run("import", "-", stdin="10.0.0.4 good4.lan\n10.66.0.2 other.bad\n")
    run("snapshot", "create", "now", exit_code=1)
    run("snapshot", "restore", snapshot, exit_code=1)
    assert "good3.lan" not in run("list", exit_code=1).stdout
    out = tmp_path / "hosts"
    run("export", out, exit_code=1)
    assert b"good2.lan" in out.read_bytes()
