"""Options that do not go together, or that are missing: exit code 2, and what to give."""

import pytest

import hostsdb
from tests.support.command import hostsdb_command

USAGES = {
    "copy sqlite:///a.db sqlite:///b.db --verify-every 5": "--verify-every needs --follow",
    "delete --where-tag t --expect 01JD4V0QF8T5Y7Z3M2N1K0P9RX": "--expect needs a HOST",
    "erase nas.lan": "give HOST and --reason, or --list",
    "erase --list nas.lan --reason x": "give HOST and --reason, or --list",
    "export - --block lan": "--block needs a FILE in hosts format",
    "snapshot prune": "give --keep, --older-than, or both",
    "update --set-comment x": "give either HOST, or --where-tag, --where-name or --where-ip",
    "update nas.lan --set-comment x --dry-run": "--dry-run needs --where-tag, --where-name or --where-ip",
    "watch --after 1 --consumer audit": "--after and --consumer cannot be used together",
    "zone add lan --mail hostmaster@lan": "Missing option '--ns'",
}


@pytest.mark.parametrize(("given", "words"), [((), "from 99 on"), (("--to", "100"), "from 99 to 100")])
def test_a_script_of_no_migration(given: tuple[str, ...], words: str) -> None:
    done = hostsdb_command("sql", "--dialect", "sqlite", "--from", "99", *given)
    assert done.returncode == 1 and not done.stdout
    assert done.stderr.startswith(f"hostsdb: no migration has a number {words}; the last is ")


@pytest.mark.parametrize("usage", USAGES)
def test_a_wrong_usage_changes_nothing(usage: str, current_sqlite_url: str) -> None:
    with hostsdb.connect(current_sqlite_url, initialize=False) as storage:
        host = storage.add_host("10.0.0.1", "nas.lan", tags=["t"])
        done = hostsdb_command(*usage.split(), HOSTSDB_URL=current_sqlite_url)
        assert done.returncode == 2, done.stderr
        assert f"Error: {USAGES[usage]}" in done.stderr and not done.stdout
        assert storage.list_all() == [host] and len(storage.load_events(host.id)) == 1
