"""What monitoring reads: status, the queries for postgres_exporter, HOT updates of host_entries."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
import yaml

import hostsdb
from hostsdb import HostFilter, NewHost
from tests.support.command import hostsdb_command

QUERIES: dict[str, Any] = yaml.safe_load(
    (Path(__file__).parents[1] / "examples" / "monitoring" / "postgres_exporter.yaml").read_text()
)


def status(url: str) -> Any:
    done = hostsdb_command("status", "--json", "--url", url)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["log"]


@pytest.mark.parametrize("engine", ["postgres", "sqlite", "duckdb"])
def test_status_has_the_lag_of_consumers(engine: str, request: pytest.FixtureRequest) -> None:
    url: str = request.getfixturevalue(f"current_{engine}_url")
    assert status(url) == {
        "end": -1,
        "newest": None,
        "hidden_events": 0,
        "horizon": status(url)["horizon"],
        "held_by": None,
        "consumers": [],
        "replica_of": None,
    }
    with hostsdb.connect(url) as storage:
        storage.add_host("10.0.0.1", "a.lan")
        with storage.consuming("audit"):
            pass
        storage.add_host("10.0.0.2", "b.lan")
        storage.add_host("10.0.0.3", "c.lan")
        last = storage.log_end()
    log = status(url)
    assert log["end"] == log["newest"] == last
    (consumer,) = log["consumers"]
    assert (consumer["name"], consumer["events_behind"]) == ("audit", 2)
    assert consumer["oldest_unhandled"] and consumer["updated_at"]
    if engine == "sqlite":
        with sqlite3.connect(url.removeprefix("sqlite:///")) as raw:
            raw.execute("INSERT INTO replica_of (origin) VALUES ('sqlite:////srv/origin.db')")
        raw.close()
        assert status(url)["replica_of"]["origin"] == "sqlite:////srv/origin.db"
    lines = hostsdb_command("status", "--url", url).stdout.splitlines()
    assert any(line.startswith("replica  of sqlite:////srv") for line in lines) == (engine == "sqlite")
    assert f"log      ends at {last}" in lines
    assert any(line.startswith("consumer audit  2 events behind, the oldest from 20") for line in lines)


def test_status_names_the_session_that_holds_readers_back(current_postgres_url: str) -> None:
    url = current_postgres_url
    with hostsdb.connect(url) as storage, psycopg.connect(url, application_name="late") as late:
        storage.add_host("10.0.0.1", "a.lan")
        late.execute("CREATE TEMPORARY TABLE mine ()")
        storage.add_host("10.0.0.2", "b.lan")
        log = status(url)
        assert log["hidden_events"] == 1 and log["end"] < log["horizon"] <= log["newest"]
        held = log["held_by"]
        assert (held["pid"], held["application_name"], held["state"]) == (
            late.info.backend_pid,
            "late",
            "idle in transaction",
        )
        assert held["since"] and held["gid"] is None
        shown = hostsdb_command("status", "--url", url).stdout
        assert f"held by  session {late.info.backend_pid}, application late" in shown
        assert "hidden   1 events" in shown
        late.rollback()
        assert status(url)["held_by"] is None


def test_what_a_role_without_rights_sees(current_postgres_url: str) -> None:
    """The pid and the application_name, but not the state."""
    url = current_postgres_url
    database = urlsplit(url).path[1:]
    role = f"probe_{database}"
    with psycopg.connect(url, autocommit=True) as dba:
        dba.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'probe'")
        try:
            dba.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}")
            parts = urlsplit(url)
            probing = parts._replace(netloc=f"{role}:probe@{parts.hostname}:{parts.port}").geturl()
            with psycopg.connect(url, application_name="late") as late:
                late.execute("CREATE TEMPORARY TABLE mine ()")
                held = status(probing)["held_by"]
                assert (held["pid"], held["application_name"]) == (late.info.backend_pid, "late")
                assert held["state"] is held["since"] is None
        finally:
            dba.execute(f"DROP OWNED BY {role}; DROP ROLE {role}")


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_for_postgres_exporter(name: str, current_postgres_url: str) -> None:
    url = current_postgres_url
    query = QUERIES[name]
    columns = [column for metric in query["metrics"] for column in metric]
    with hostsdb.connect(url) as storage:
        storage.add_host("10.0.0.1", "a.lan")
        with storage.consuming("audit"):
            pass
        storage.add_host("10.0.0.2", "b.lan")
    role = f"exporter_{urlsplit(url).path[1:]}"
    with psycopg.connect(url) as dba:  # rolled back at the end
        dba.execute(f"CREATE ROLE {role}; GRANT pg_monitor TO {role}")
        dba.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}; SET LOCAL ROLE {role}")
        cursor = dba.execute(query["query"])
        assert [column.name for column in cursor.description or []] == columns
        rows = cursor.fetchall()
        assert rows and all(value is not None for row in rows for value in row)
        if name == "hostsdb_consumer":
            assert [row[:2] for row in rows] == [("audit", 1)]
        dba.rollback()
    for metric in query["metrics"]:
        ((_, described),) = metric.items()
        assert described["usage"] in {"GAUGE", "COUNTER", "LABEL"} and described["description"]


def test_an_update_of_every_host_is_hot(current_postgres_url: str) -> None:
    """No new index entries: the new row versions fit on the pages of the old ones."""
    updates = "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = 'host_entries'"
    with (
        hostsdb.connect(current_postgres_url) as storage,
        psycopg.connect(current_postgres_url, autocommit=True) as dba,
    ):
        storage.add_hosts([NewHost(f"10.0.{n // 250}.{n % 250}", f"h{n}.lan") for n in range(500)])
        storage.update_hosts(HostFilter(), comment="another one", all_hosts=True)
        dba.execute("SELECT pg_stat_force_next_flush()")
        storage.close()  # its session sends its numbers
        ((all_updates, hot),) = wait_for(dba, updates)
    assert all_updates == 500 and hot / all_updates > 0.95


def wait_for(dba: psycopg.Connection[Any], query: str) -> list[tuple[Any, ...]]:
    """Return the rows when the server has the numbers of a closed session."""
    for _ in range(500):
        found = dba.execute(query).fetchall()
        if found[0][0] >= 500:
            return found
        dba.execute("SELECT pg_sleep(0.02)")
    raise TimeoutError
