"""What is special in DuckDB: temporary objects that stand in for ours, and rules that are triggers."""

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from tests.schema.raw import MIGRATIONS, Raw, changed, created, deleted, refused, version

NAMES = ["erased_events", "erasures", "host_entries", "host_events", "log_head", "refusals", "replica_of"]
MACROS = [
    "error(message) AS 'nothing'",
    "contains(text, part) AS FALSE",
    "concat(a, b, c, d, e, f) AS ''",
    "json_valid(text) AS TRUE",
    "regexp_full_match(text, pattern) AS TRUE",
    "strlen(text) AS 0",
    "greatest(a, b, c, d, e) AS 0",
    "max(x) AS 0",
]
# Creates a database from the migrations, adds an event, and ends without closing the file: all is in the WAL only.
KILLED = """
import os, sys
from tests.schema.raw import Raw, created, migrate
raw = Raw("duckdb", sys.argv[1])
migrate(raw)
raw.run(sys.argv[2])
raw.insert_event(**created("a", tags='["x"]'))
os._exit(9)
"""
COMMENTS = """
    SELECT table_name, '' AS column_name, comment FROM duckdb_tables() WHERE NOT starts_with(table_name, '_yoyo')
    UNION ALL
    SELECT view_name, '', comment FROM duckdb_views() WHERE NOT internal
    UNION ALL
    SELECT function_name, '', comment FROM duckdb_functions() WHERE NOT internal
"""


@pytest.mark.parametrize("kind", ["TABLE", "VIEW"])
@pytest.mark.parametrize("name", NAMES)
def test_a_temporary_table_or_view_replaces_no_table(duckdb_raw: Raw, kind: str, name: str) -> None:
    duckdb_raw.insert_event(**created("a"))
    columns = {"refusals": "message", "log_head": "0::BIGINT AS position"}.get(name, "*")
    source = "(SELECT 'x' AS message)" if name == "refusals" else name
    duckdb_raw.run(f"CREATE TEMPORARY {kind} shadow AS SELECT {columns} FROM {source} WHERE FALSE")
    if kind == "TABLE":
        duckdb_raw.run(f"ALTER TABLE shadow RENAME TO {name}")
    else:
        duckdb_raw.run(f"CREATE TEMPORARY VIEW {name} AS SELECT 1 AS id, 0 AS position")
    statements = [
        "UPDATE host_entries SET comment = 'x'",
        "DELETE FROM host_entries",
        "UPDATE log_head SET position = -1",
        "UPDATE host_events SET comment = 'x'",
        "DELETE FROM host_events",
    ]
    for statement in statements:
        if f" {name} " not in f"{statement} ":  # that one would change the temporary table
            with refused(duckdb_raw):
                duckdb_raw.run(statement)
    if name != "host_events":
        with refused(duckdb_raw):
            duckdb_raw.insert_event(**created("b", ip="10.0.0.2"))
    duckdb_raw.run(f"DROP {kind} temp.{name}")
    assert duckdb_raw.rows("host_events", "event_id") == [("a-1",)]
    duckdb_raw.insert_event(**created("c", ip="10.0.0.3"))
    duckdb_raw.assert_consistent()


@pytest.mark.parametrize("macro", MACROS)
def test_a_temporary_macro_disables_no_rule(duckdb_raw: Raw, macro: str) -> None:
    duckdb_raw.insert_event(**created("a"))
    duckdb_raw.run(f"CREATE TEMPORARY MACRO {macro}")
    for statement in ("UPDATE host_events SET comment = 'x'", "DELETE FROM host_events"):
        with refused(duckdb_raw, "host_events_append_only"):
            duckdb_raw.run(statement)
    for statement in ("UPDATE host_entries SET comment = 'x'", "UPDATE log_head SET position = -1"):
        with refused(duckdb_raw):
            duckdb_raw.run(statement)
    for columns in (
        {"tags": '["a",]'},
        {"comment": "a\0b"},
        {"event_version": "x"},
        {"created_by": "x" * 1001},
    ):
        with refused(duckdb_raw):
            duckdb_raw.insert_event(**created("b", ip="10.0.0.2") | columns)


def test_the_rules_hold_after_the_file_is_opened_again(duckdb_raw: Raw) -> None:
    duckdb_raw.insert_event(**created("a", tags='["x"]'))
    duckdb_raw.close()
    again = Raw("duckdb", duckdb_raw.location)
    again.insert_event(**changed("a", "PriorityChanged", 2, priority=-5))
    for columns, name in (
        (changed("a", "TagsModified", 3, tags="[1]"), "host_events_json"),
        (changed("a", "Unknown", 3), "host_events_columns"),
        (changed("a", "CommentUpdated", 9, comment="x"), "host_events_predecessor"),
        (created("b", event_version="7" + "Z" * 25), "host_events_version_time"),
    ):
        with refused(again, name):
            again.insert_event(**columns)
    assert again.rows("host_entries", "priority, first_position") == [(-5, 1)]
    again.assert_consistent()
    again.close()


def killed(path: Path, statement: str) -> None:
    """Create a database in a process that ends at once after a statement and an event."""
    command = [sys.executable, "-c", KILLED, str(path), statement]
    done = subprocess.run(command, cwd=MIGRATIONS.parent, capture_output=True, text=True, timeout=120)
    assert done.returncode == 9, done.stderr
    assert path.with_name(path.name + ".wal").stat().st_size > 0


def test_a_file_opens_after_its_first_process_was_killed(tmp_path: Path) -> None:
    killed(tmp_path / "hosts.duckdb", "SELECT 1")
    again = Raw("duckdb", str(tmp_path / "hosts.duckdb"))
    assert again.rows("host_events", "event_id") == [("a-1",)]
    again.insert_event(**changed("a", "PriorityChanged", 2, priority=-5))
    with refused(again, "host_events_json"):
        again.insert_event(**changed("a", "TagsModified", 3, tags="[1]"))
    again.assert_consistent()
    again.close()


def test_duckdb_cannot_replay_a_comment_on_a_column(tmp_path: Path) -> None:
    """The reason why our columns have no comments. If it fails, DuckDB has fixed this, and they can have comments."""
    killed(tmp_path / "hosts.duckdb", "COMMENT ON COLUMN host_events.event_id IS 'the id'")
    with pytest.raises(duckdb.Error, match="replaying WAL"):
        Raw("duckdb", str(tmp_path / "hosts.duckdb"))


def test_one_statement_adds_events_of_many_hosts(duckdb_raw: Raw) -> None:
    duckdb_raw.insert_events([created(f"h{n}", ip=f"10.0.0.{n}", priority=n) for n in range(9)])
    duckdb_raw.insert_events(
        [changed("h0", "CommentUpdated", 2, comment="x"), deleted("h1", 2, "10.0.0.1")]
        + [changed("h2", "IpAddressChanged", 2, ip_address="10.0.1.2"), created("new", ip="10.0.2.0")]
    )
    assert len(duckdb_raw.rows("host_entries")) == 9
    duckdb_raw.assert_consistent()


@pytest.mark.parametrize(
    "taker",
    [
        created("new", ip="10.0.0.1", hostname="a"),
        changed("b", "IpAddressChanged", 2, ip_address="10.0.0.1") | {"hostname": None},
    ],
)
@pytest.mark.parametrize("free_first", [True, False])
def test_a_statement_moves_no_pair_from_host_to_host(
    duckdb_raw: Raw, taker: dict[str, object], free_first: bool
) -> None:
    duckdb_raw.insert_event(**created("a"))
    duckdb_raw.insert_event(**created("b", ip="10.0.0.2", hostname="a"))
    for free in (deleted("a", 2), changed("a", "IpAddressChanged", 2, ip_address="10.0.0.9")):
        with refused(duckdb_raw):
            duckdb_raw.insert_events([free, taker] if free_first else [taker, free])
    duckdb_raw.assert_consistent()


def test_a_version_may_be_1_ms_after_one_that_is_far_ahead(duckdb_raw: Raw) -> None:
    """A copy can bring such a version; each digit of its time can be the last one of the alphabet."""
    ahead = {"0": "03ZZZZZZZZ", "1": "0400000000", "2": "0400000001"}
    later = {n: first + "0" * 16 for n, first in ahead.items()}
    guard = duckdb_raw.run(
        "SELECT sql FROM duckdb_triggers() WHERE trigger_name = 'host_events_9_position_version_time'"
    )[0][0]
    duckdb_raw.run("DROP TRIGGER host_events_9_position_version_time ON host_events")
    duckdb_raw.insert_event(**created("a", event_version=later["0"]))
    duckdb_raw.run("DROP TRIGGER log_head_no_update ON log_head")
    duckdb_raw.run("UPDATE log_head SET position = 1")
    duckdb_raw.run(guard)
    step = {"aggregate_id": "a", "event_type": "CommentUpdated", "comment": "x"}
    with refused(duckdb_raw, "host_events_version_time"):
        duckdb_raw.insert_event(**step, event_id="2", event_version=later["2"], expected_version=later["0"])
    duckdb_raw.insert_event(**step, event_id="1", event_version=later["1"], expected_version=later["0"])
    duckdb_raw.insert_event(**step, event_id="2", event_version=later["2"], expected_version=later["1"])
    assert version(1) < later["0"]


def test_everything_has_a_comment(duckdb_raw: Raw) -> None:
    assert [row for row in duckdb_raw.run(COMMENTS) if not row[2]] == []
