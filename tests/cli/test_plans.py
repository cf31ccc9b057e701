"""import with each mode and --dry-run, and import and export in each format."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run

ROOT = Path(__file__).parent.parent.parent
FILES = [
    ROOT / "examples" / "lan.hosts",
    pytest.param(ROOT / "tests" / "data" / "adservers.hosts", marks=pytest.mark.faults),
]

OLD = "10.0.0.1 same # kept\n10.0.0.2 changes old-alias # old\n10.0.0.3 goes\n"
NEW = "10.0.0.1 same # kept\n10.0.0.2 changes new-alias\n10.0.0.4 comes # new\n10.0.0.4 comes\nbad line\n"


def hosts(run: Run) -> dict[str, Any]:
    return {host["hostname"]: host for host in json.loads(run("list", "--json").stdout)}


def events(run: Run, host: dict[str, Any]) -> list[str]:
    return [event["event_type"] for event in json.loads(run("history", host["id"], "--json").stdout)]


def test_skip_adds_only(run: Run) -> None:
    run("import", "-", stdin=OLD)
    planned = run("import", "-", "--dry-run", stdin=NEW, exit_code=2)
    assert planned.stdout.splitlines()[0] == "+ 10.0.0.4 comes"
    assert "<stdin>:5:" in planned.stderr
    assert (
        run("import", "-", stdin=NEW, exit_code=1).stdout
        == "read 5, added 1, identical 1, differing 1, repeated 1, bad 1\n"
    )
    assert hosts(run)["changes"]["aliases"] == ["old-alias"]
    assert run("import", "-", "--dry-run", stdin=NEW, exit_code=1).stdout.startswith("read 5, added 0")


def test_replace_changes_what_is_there(run: Run) -> None:
    run("import", "-", "--tag", "mine", stdin=OLD)
    before = hosts(run)
    words = "read 5, added 1, changed 1, identical 1, repeated 1, bad 1"
    planned = run("import", "-", "--replace", "--dry-run", stdin=NEW, exit_code=2).stdout.splitlines()
    assert planned == [
        "+ 10.0.0.4 comes",
        "~ 10.0.0.2 changes; comment: old -> -; aliases: old-alias -> new-alias",
        words,
    ]
    assert hosts(run) == before
    assert run("import", "-", "--replace", "--by", "me", stdin=NEW, exit_code=1).stdout == words + "\n"
    after = hosts(run)
    assert after["changes"]["aliases"] == ["new-alias"] and after["changes"]["comment"] is None
    assert after["changes"]["tags"] == ["mine"], "a format without tags says nothing of them"
    assert after["same"] == before["same"] and after["goes"] == before["goes"]
    assert events(run, after["changes"]) == ["HostCreated", "CommentUpdated", "AliasesModified"]


def test_mirror_deletes_what_the_file_lacks(run: Run) -> None:
    run("import", "-", stdin=OLD)
    plan = json.loads(run("import", "-", "--mirror", "--dry-run", "--json", stdin=NEW, exit_code=2).stdout)
    assert [(d["kind"], d["hostname"]) for d in plan["differences"]] == [
        ("added", "comes"),
        ("changed", "changes"),
        ("removed", "goes"),
    ]
    assert plan["summary"]["removed"] == 1
    run("import", "-", "--mirror", "--yes", stdin=NEW, exit_code=1)
    assert sorted(hosts(run)) == ["changes", "comes", "same"]
    assert run("import", "-", "--mirror", "--yes", "--dry-run", stdin=NEW, exit_code=1).stdout.startswith(
        "read 5, added 0"
    )


def test_strict_mirror_of_a_bad_file_deletes_nothing(run: Run) -> None:
    run("import", "-", stdin=OLD)
    assert (
        "nothing was imported"
        in run("import", "-", "--mirror", "--yes", "--strict", stdin=NEW, exit_code=1).stderr
    )
    assert sorted(hosts(run)) == ["changes", "goes", "same"]


@pytest.mark.parametrize("file", FILES, ids=["lan", "adservers"])
def test_what_is_exported_imports_without_a_change(run: Run, file: Path, tmp_path: Path) -> None:
    run("import", file, exit_code=1 if file.stem == "lan" else 0)
    for name in ("hosts", "json", "csv"):
        run("export", tmp_path / f"out.{name}", "--format", name)
        again = run("import", tmp_path / f"out.{name}", "--mirror", "--dry-run")
        assert "added 0, changed 0, removed 0" in again.stdout


@pytest.mark.parametrize("name", ["json", "csv"])
def test_json_and_csv_lose_nothing(run: Run, name: str, tmp_path: Path) -> None:
    run(
        "add",
        "10.0.0.1",
        "b\u00fccher.example",
        "alias.lan",
        "--comment",
        '=1+1 "x", y # \u96ea',
        "--tag",
        "a b",
        "--tag",
        "c,d",
    )
    run("add", "2001:db8::1", "plain")
    before = hosts(run)
    run("export", tmp_path / "out", "--format", name)
    for host in before.values():
        run("delete", host["id"])
    assert run("import", tmp_path / "out").stdout.startswith("read 2, added 2")
    after = hosts(run)
    for hostname, host in before.items():
        for field in ("ip_address", "comment", "tags", "aliases"):
            assert after[hostname][field] == host[field]


def test_only_a_tag_and_only_a_block(run: Run, tmp_path: Path) -> None:
    run("add", "10.0.0.1", "one", "--tag", "lan")
    run("add", "10.0.0.2", "two")
    assert run("export", "--tag", "lan").stdout == "10.0.0.1\tone\n"
    file = tmp_path / "hosts"
    file.write_bytes(b"127.0.0.1 localhost\r\n# BEGIN lan\r\nold\r\n# END lan\r\nend")
    run("export", file, "--block", "lan", "--tag", "lan")
    assert file.read_bytes() == b"127.0.0.1 localhost\r\n# BEGIN lan\r\n10.0.0.1\tone\r\n# END lan\r\nend"
    assert run("export", file, "--block", "lan", "--tag", "lan").stdout.startswith("unchanged: 1 hosts")
    assert 'local-data: "one. IN A 10.0.0.1"' in run("export", "--format", "unbound").stdout
    assert "host-record=one,10.0.0.1" in run("export", "--format", "dnsmasq").stdout
