"""The commands add, update, delete, get, search, history, at, tags and snapshot."""

from __future__ import annotations

import json
from typing import Any

from tests.cli.conftest import Run


def shown(run: Run, *arguments: str, exit_code: int = 0) -> Any:
    return json.loads(run(*arguments, "--json", exit_code=exit_code).stdout)


def test_a_host_through_its_life(run: Run) -> None:
    added = shown(
        run, "add", "192.168.1.10", "NAS.lan", "nas", "--comment", "4 x 8 TB", "--tag", "a b", "--by", "me"
    )
    assert added["hostname"] == "nas.lan" and added["aliases"] == ["nas"] and added["tags"] == ["a b"]
    assert (
        "another host already has 192.168.1.10 nas.lan"
        in run("add", "192.168.1.10", "nas.lan", exit_code=1).stderr
    )
    updated = shown(run, "update", "nas.lan", "--set-ip", "192.168.1.11", "--set-comment", "", "--by", "you")
    assert (updated["ip_address"], updated["comment"], updated["id"]) == ("192.168.1.11", None, added["id"])
    assert shown(run, "get", added["id"]) == updated
    stale = run("update", "nas.lan", "--set-ip", "::1", "--expect", added["event_version"], exit_code=1)
    assert "another writer changed host" in stale.stderr and len(stale.stderr.splitlines()) == 1
    run("delete", "nas.lan", "--reason", "gone", "--by", "us")
    assert 'no host has the id, name or address "nas.lan"' in run("get", "nas.lan", exit_code=1).stderr
    history = shown(run, "history", added["id"])
    assert [(e["event_type"], e["created_by"]) for e in history] == [
        ("HostCreated", "me"),
        ("IpAddressChanged", "you"),
        ("CommentUpdated", "you"),
        ("HostDeleted", "us"),
    ]
    assert history[1]["changes"] == {"ip_address": {"from": "192.168.1.10", "to": "192.168.1.11"}}
    assert history[-1]["reason"] == "gone"
    table = run("history", added["id"]).stdout
    assert "IpAddressChanged" in table and "192.168.1.10" in table


def test_a_past_moment(run: Run) -> None:
    run("add", "10.0.0.1", "one")
    then = shown(run, "add", "10.0.0.2", "two")["updated_at"]
    run("delete", "one")
    assert [host["hostname"] for host in shown(run, "list")] == ["two"]
    assert [host["hostname"] for host in shown(run, "at", then)] == ["one", "two"]
    assert run("at", then, "export").stdout == "10.0.0.1\tone\n10.0.0.2\ttwo\n"
    assert shown(run, "at", "2 hours ago") == []
    assert "is not a moment" in run("at", "when pigs fly", exit_code=1).stderr


def test_the_past_has_the_order_and_the_form_of_the_present(run: Run) -> None:
    lines = '10.0.0.10 ten.lan t # "é"\n10.0.0.9 nine.lan\n10.0.0.9 b.lan\n10.0.0.9 a.lan\n'
    run("import", "-", "--tag", "x", stdin=lines)
    run("update", "b.lan", "--priority", "-1")
    for present, past in (("list",), ()), (("list", "--json"), ("--json",)), (("export",), ("export",)):
        assert run("at", "now", *past).stdout == run(*present).stdout


def test_search_takes_text_literally(run: Run) -> None:
    run("add", "10.0.0.1", "a_b.lan", "other", "--tag", "x")
    run("add", "10.0.0.2", "aXb.lan", "--tag", "x y")
    assert [host["ip_address"] for host in shown(run, "search", "A_B")] == ["10.0.0.1"]
    assert [host["ip_address"] for host in shown(run, "search", "OTH")] == ["10.0.0.1"]
    assert [host["ip_address"] for host in shown(run, "search", "--tag", "x")] == ["10.0.0.1"]
    assert shown(run, "search", "%", exit_code=1) == []
    assert run("search", "nothing", exit_code=1).stderr == "no hosts\n"


def test_many_hosts_at_once(run: Run) -> None:
    for number in range(3):
        run("add", f"10.0.0.{number}", f"h{number}", "--tag", "old")
    change = (
        "update",
        "--where-tag",
        "old",
        "--set-comment",
        "to go",
        "--add-tag",
        "new",
        "--remove-tag",
        "old",
    )
    planned = shown(run, *change, "--dry-run", exit_code=2)
    assert len(planned) == 6 and planned[0]["field"] == "comment"
    assert shown(run, "tags") == {"old": 3}
    assert shown(run, *change) == planned
    assert shown(run, "tags") == {"new": 3}
    assert shown(run, *change, "--dry-run") == []
    failed = run(
        "update", "--where-tag", "new", "--set-hostname", "same", "--set-ip", "10.0.0.9", exit_code=1
    )
    assert "another host already has 10.0.0.9 same" in failed.stderr
    assert {host["hostname"] for host in shown(run, "list")} == {"h0", "h1", "h2"}


def test_snapshots(run: Run) -> None:
    run("add", "10.0.0.1", "one", "--tag", "kept")
    snapshot = shown(run, "snapshot", "create", "first")
    assert snapshot["entry_count"] == 1 and snapshot["name"] == "first"
    assert run("snapshot", "show", snapshot["snapshot_id"]).stdout == "10.0.0.1\tone\n"
    assert run("snapshot", "diff", snapshot["snapshot_id"]).stdout == ""
    run("delete", "one")
    run("add", "10.0.0.2", "two")
    difference = shown(run, "snapshot", "diff", snapshot["snapshot_id"], exit_code=2)
    assert difference == {"removed": ["10.0.0.1\tone"], "added": ["10.0.0.2\ttwo"]}
    planned = shown(run, "snapshot", "restore", snapshot["snapshot_id"], "--dry-run", exit_code=2)
    assert [step["event_type"] for step in planned] == ["HostDeleted", "HostCreated"]
    restored = shown(run, "snapshot", "restore", snapshot["snapshot_id"], "--by", "me")
    assert [step["event_type"] for step in restored] == ["HostDeleted", "HostCreated"]
    assert [(host["hostname"], host["tags"]) for host in shown(run, "list")] == [("one", ["kept"])]
    run("update", "one", "--set-comment", "new")
    table = run("snapshot", "restore", snapshot["snapshot_id"], "--dry-run", exit_code=2).stdout.splitlines()
    assert [row.split("\t")[1:] for row in table] == [["event", "from", "to"], ["CommentUpdated", "new", ""]]
    assert [s["trigger"] for s in shown(run, "snapshot", "list")] == ["pre-rollback", "manual"]
    assert run("snapshot", "prune", "--keep", "1").stdout == "deleted 1 snapshots\n"
    assert run("snapshot", "delete", snapshot["snapshot_id"], exit_code=1).stderr.startswith(
        "hostsdb: no snapshot"
    )
