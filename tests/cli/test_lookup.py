"""The hosts and the snapshots that a user names, in each command."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import hostsdb
from hostsdb import HostCreated, Storage
from hostsdb.cli import cli


@pytest.fixture
def storage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Storage]:
    monkeypatch.setenv("HOSTSDB_URL", f"sqlite:///{tmp_path}/hosts.db")
    with hostsdb.connect(f"sqlite:///{tmp_path}/hosts.db") as storage:
        yield storage


def run(*arguments: str, exit_code: int = 0) -> Any:
    """Run a command that succeeds, and return its JSON; of one that fails, return standard error."""
    done = CliRunner().invoke(cli, arguments if exit_code else [*arguments, "--json"])
    if exit_code:
        assert done.exit_code == exit_code and done.stdout == ""
        return done.stderr + (str(done.exception) if done.exception else "")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    "text", ["{id}", "{id:.25}", "bücher.lan", "xn--bcher-kva.LAN", "NAS", "2001:DB8:0::1"]
)
def test_each_command_takes_each_name_of_a_host(storage: Storage, text: str) -> None:
    nas = storage.add_host("2001:db8::1", "bücher.lan", aliases=["nas"])
    storage.add_host("2001:db8::10", "other.lan")
    text = text.format(id=nas.id)
    assert run("get", text)["id"] == nas.id
    assert run("update", text, "--set-comment", "new")["comment"] == "new"
    assert len(run("history", text)) == 2
    assert run("delete", text)[0]["id"] == nas.id


def test_a_name_of_no_host_is_one_line(storage: Storage) -> None:
    storage.add_host("10.0.0.1", "only.lan")
    for command in ("get", "update", "delete", "history"):
        for text in ("", "unknown", "only", "10.0.0.2"):
            assert "no host has" in run(command, text, exit_code=1)


def test_a_name_of_several_hosts_lists_them_and_changes_nothing(storage: Storage) -> None:
    one, two = (storage.add_host(f"10.0.0.{n}", "web.lan") for n in (1, 2))
    three = storage.add_host("10.0.0.3", "x.lan", aliases=["web.lan"])
    position = storage.log_end()
    for command in (("get",), ("update", "--set-comment", "x"), ("delete",), ("history",)):
        message = run(command[0], "web.lan", *command[1:], exit_code=1)
        assert all(host.id in message and host.ip_address in message for host in (one, two, three)), command
        assert one.id in run(command[0], one.id[:5], *command[1:], exit_code=1)
        assert "no host has" in run(command[0], "web.lan", "--ip", "10.0.0.9", *command[1:], exit_code=1)
        assert "is not an IP address" in run(command[0], "web.lan", "--ip", "x", *command[1:], exit_code=1)
    assert storage.log_end() == position
    assert run("get", "web.lan", "--ip", "10.0.0.2")["id"] == two.id
    assert run("update", "web.lan", "--ip", "10.0.0.2", "--set-comment", "x")["id"] == two.id
    assert len(run("history", "web.lan", "--ip", "10.0.0.2")) == 2
    assert run("delete", "web.lan", "--ip", "10.0.0.2")[0]["id"] == two.id
    many = storage.append_batch((f"m{n}", [HostCreated("10.1.0.1", f"{n}")], None) for n in range(50))
    assert len(many) == 50
    message = run("get", "10.1.0.1", exit_code=1)
    assert "50 hosts match" in message and "and 30 more" in message
    assert len(message.splitlines()) == 1 + 20 + 1 + 1  # and the exit code


def test_history_finds_deleted_hosts(storage: Storage) -> None:
    def life(address: str) -> str:
        host = storage.add_host(address, "first.lan")
        storage.update_host(host.id, hostname="last.lan")
        storage.delete_host(host.id)
        return host.id

    one = life("10.0.0.1")
    assert (
        len(run("history", "LAST.lan"))
        == len(run("history", "10.0.0.1"))
        == len(run("history", one[:20]))
        == 3
    )
    assert "no host has" in run("history", "first.lan", exit_code=1)
    two = life("10.0.0.2")
    message = run("history", "last.lan", exit_code=1)
    assert one in message and two in message and "deleted 2" in message
    assert len(run("history", "last.lan", "--ip", "10.0.0.2")) == 3
    live = storage.add_host("10.0.0.1", "last.lan")
    done = CliRunner().invoke(cli, ["history", "last.lan", "--json"])
    assert len(json.loads(done.stdout)) == 1
    assert done.stderr.count("earlier host: ") == 2 and one in done.stderr and live.id not in done.stderr
    for command in ("get", "update", "delete"):
        assert "no host has" in run(command, two, exit_code=1)


def test_a_snapshot_has_an_id_and_a_name(storage: Storage) -> None:
    storage.add_host("10.0.0.1", "a")
    first = storage.create_snapshot("before the move").snapshot_id or ""
    for text in (first, first[:20], "before the move"):
        assert run("snapshot", "show", text)["snapshot_id"] == first
        assert run("snapshot", "diff", text) == {"removed": [], "added": []}
        assert run("snapshot", "diff", text, text) == {"removed": [], "added": []}
        assert run("snapshot", "restore", text) == []
    second = storage.create_snapshot("before the move").snapshot_id or ""
    for command in ("show", "diff", "restore", "delete"):
        message = run("snapshot", command, "before the move", exit_code=1)
        assert "2 snapshots match" in message and first in message and second in message
        assert "no snapshot has" in run("snapshot", command, "", exit_code=1)
    assert CliRunner().invoke(cli, ["snapshot", "delete", first]).exit_code == 0
    assert run("snapshot", "show", "before the move")["snapshot_id"] == second


def test_search_takes_names_addresses_and_networks(storage: Storage) -> None:
    for address, name in (
        ("10.0.0.1", "a.lan"),
        ("10.0.0.10", "bücher.lan"),
        ("10.1.0.1", "c"),
        ("fd00::1", "d"),
    ):
        storage.add_host(
            address, name, aliases=[f"alias-{name[0]}"] if name.isascii() else [], tags=[name[0]]
        )

    def found(*arguments: str) -> list[str]:
        return [host["hostname"][0] for host in run("search", *arguments)]

    assert (found("bücher.lan"), found("BÜCHER"), found("alias-A")) == (["x"], ["x"], ["a"])
    assert (found("10.0.0.1"), found("FD00:0::1"), found("--ip", "10.0.0.1")) == (["a"], ["d"], ["a"])
    assert (found("--ip", "10.0.0.0/16"), found("--ip", "fd00::/8"), found("--ip", "10.0.")) == (
        ["a", "x"],
        ["d"],
        ["a", "x"],
    )
    assert (found("lan", "--ip", "10.0.0.0/8", "--tag", "a"), found("--ip", "FD00:")) == (["a"], ["d"])
    for bad in (".", "x", "10.0.0.0/99", "10.0.0.1 "):
        assert "is not a" in run("search", "--ip", bad, exit_code=1)
        assert "is not a" in run("update", "--where-ip", bad, "--set-comment", "x", exit_code=1)
    changes = CliRunner().invoke(cli, ["update", "--where-ip", "10.0.0.0/16", "--set-comment", "x", "--json"])
    assert [change["hostname"][0] for change in json.loads(changes.stdout)] == ["a", "x"]
    assert [host["hostname"] for host in run("list", "--tag", "a")] == ["a.lan"]


def test_update_adds_and_removes_aliases(storage: Storage) -> None:
    storage.append_event("h", HostCreated("10.0.0.1", "a", aliases=("one", "Bad Name!")))
    assert "is not a hostname" in run("update", "a", "--add-alias", "two", exit_code=1)
    update = run("update", "a", "--add-alias", "TWO", "--add-alias", "one", "--remove-alias", "Bad Name!")
    assert update["aliases"] == ["one", "two"]
    assert run("update", "a", "--remove-alias", "ONE", "--priority", "5")["aliases"] == ["two"]
    assert run("update", "a", "--no-aliases", "--add-alias", "x")["aliases"] == ["x"]
    assert run("update", "a", "--set-alias", "y", "--add-alias", "z", "--remove-alias", "y")["aliases"] == [
        "z"
    ]
    assert run("get", "a")["priority"] == 5
    assert "need a HOST" in run("update", "--where-name", "a", "--add-alias", "x", exit_code=2)
