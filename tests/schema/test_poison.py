"""Statements of a client that may only INSERT. Each one made every list, export and feed fail for all users."""

import pytest

from tests.schema.contents import says
from tests.schema.raw import ERRORS, Raw, created

INSERT = "INSERT INTO host_events (event_id, aggregate_id, event_type, event_version, ip_address, hostname"
ULID = "01JD4V0QF8T5Y7Z3M2N1K0P9R"
POISON = [
    (
        f"{INSERT}, tags) VALUES ('p1', 'p1', 'HostCreated', '{ULID}1', '10.9.0.1', 'p1.lan', '[1, null]')",
        "json",
    ),
    (
        f"{INSERT}, aliases) VALUES ('p2', 'p2', 'HostCreated', '{ULID}2', '10.9.0.2', 'p2', '[{{\"a\": 1}}]')",
        "json",
    ),
    (
        f"{INSERT}, aliases) VALUES ('p3', 'p3', 'HostCreated', '{ULID}3', '10.9.0.3', 'p3', '[\"a\\u0000b\"]')",
        "json",
    ),
    (
        f"{INSERT}, aliases) VALUES ('p4', 'p4', 'HostCreated', '{ULID}4', '10.9.0.4', 'p4', '[\"\\ud800\"]')",
        "json",
    ),
    (
        f"{INSERT}) VALUES ('p5', 'p5', 'HostCreated', '{'7' + 'Z' * 25}', '10.9.0.5', 'p5.lan')",
        "version_time",
    ),
    (
        "INSERT INTO host_events (event_id, aggregate_id, event_type, event_version, expected_version, tags, metadata) "
        "SELECT 'p6', id, 'TagsModified', '01ZZZZZZZZ' || substr(event_version, 11), event_version, '[\"x\"]', "
        "'{\"old_tags\": 5}' FROM host_entries LIMIT 1",
        "json|host_events_version_time",
    ),
    (
        f"{INSERT}, created_at) VALUES ('p7', 'p7', 'HostCreated', '{ULID}7', '10.9.0.7', 'p7.lan', "
        "'9999-12-31 23:59:59+00')",
        "time",
    ),
    (
        "INSERT INTO snapshots (snapshot_id, created_at, hosts_content, entry_count, trigger) "
        f"VALUES ('{ULID}8', 'infinity', '', 0, 'x')",
        "",
    ),
]


@pytest.mark.parametrize(("statement", "rule"), POISON)
def test_each_statement_that_broke_every_reader_is_refused(raw: Raw, statement: str, rule: str) -> None:
    raw.insert_event(**created("h"))
    names = f"host_events_{rule}" if rule else "snapshots_time"
    raw.run("BEGIN")
    with pytest.raises(ERRORS) as caught:
        raw.run(statement)
    raw.run("ROLLBACK")
    assert says(raw, caught.value, names), caught.value
    assert len(raw.rows("host_events")) == 1
