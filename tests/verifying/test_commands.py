"""verify reports faults, and rebuild repairs host_entries."""

from __future__ import annotations

import json

from tests.verifying.damage import command, forced


def test_verify_reports_a_fault_and_rebuild_repairs_it(filled: str) -> None:
    done = command(filled, "verify")
    assert (done.returncode, done.stdout.partition(":")[0], done.stderr) == (0, "sound", "")
    assert command(filled, "verify", "--json").stdout == "[]\n"
    with forced(filled) as connection:
        connection.execute("DELETE FROM host_entries WHERE id = 'h1'")
    done = command(filled, "verify")
    assert (done.returncode, done.stderr) == (4, "")
    assert done.stdout == "h1: is live in the log and missing in host_entries\n"
    (fault,) = json.loads(command(filled, "verify", "--json").stdout)
    assert fault == {
        "kind": "entry_missing",
        "id": "h1",
        "words": "is live in the log and missing in host_entries",
    }
    assert command(filled, "rebuild").stdout == "host_entries has 10 hosts, rebuilt from the log\n"
    assert command(filled, "verify").returncode == 0


def test_a_database_without_the_schema_is_an_error_that_names_init(url: str) -> None:
    for name in ("verify", "rebuild"):
        done = command(url, name)
        assert (done.returncode, done.stdout) == (1, "")
        assert "create it with hostsdb init" in done.stderr and len(done.stderr.splitlines()) == 1
