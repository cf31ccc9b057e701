"""I4: host_entries equals host_entries_current after every commit, and nobody writes it but the database itself."""

import random
from typing import Any

import pytest

from tests.schema.raw import ERRORS, Raw, changed, created, deleted, refused, version

ROW = "'{id}', '10.0.0.7', 'new', NULL, '[]', '[]', 0, {time}, {time}, '{version}', 1"
WRITES = [
    "INSERT INTO host_entries VALUES ({row})",
    "INSERT OR REPLACE INTO host_entries VALUES ({row})",
    "INSERT INTO host_entries VALUES ({row}) ON CONFLICT (id) DO UPDATE SET comment = 'x'",
    "INSERT INTO host_entries SELECT * FROM host_entries_current",
    "UPDATE host_entries SET comment = 'x'",
    "UPDATE host_entries SET id = 'other'",
    "UPDATE host_entries SET event_version = '01J00000000000000000000002' WHERE id = 'a'",
    "UPDATE host_entries SET updated_at = {time} WHERE id = 'a'",
    "DELETE FROM host_entries",
    "DELETE FROM host_entries WHERE id = 'a'",
    "TRUNCATE host_entries",
    "MERGE INTO host_entries AS h USING (SELECT 'a' AS id) AS s ON s.id = h.id WHEN MATCHED THEN DELETE",
]


@pytest.fixture
def state(raw: Raw) -> Raw:
    """Host a was changed, b was only created, c was deleted."""
    for event in (created("a"), changed("a", "CommentUpdated", 2, comment="x"), created("b"), created("c")):
        raw.insert_event(**event)
    raw.insert_event(**deleted("c", 2))
    return raw


@pytest.mark.parametrize("statement", WRITES)
@pytest.mark.parametrize("begin", [True, False])
def test_a_direct_write_is_refused(state: Raw, statement: str, begin: bool) -> None:
    before = state.rows("host_entries")
    time = "'2026-01-01 00:00:00.000000+00:00'"
    # The other engines may find a duplicate key first, or do not know such a statement here.
    guarded = state.dialect == "postgres" and "ON CONFLICT" not in statement and "OR" not in statement
    for host in ("a", "b", "c", "nobody"):
        if begin:
            state.run("BEGIN")
            state.insert_event(**created("mine"))
        with refused(state, "host_entries_guard" if guarded else ""):
            state.run(statement.format(row=ROW.format(id=host, version=version(1), time=time), time=time))
        if begin:
            state.run("ROLLBACK")
        assert state.rows("host_entries") == before
        state.assert_consistent()


@pytest.mark.parametrize("pragma", ["recursive_triggers", "foreign_keys"])
@pytest.mark.parametrize("clause", ["REPLACE", "IGNORE", "FAIL", "ROLLBACK", "ABORT"])
def test_sqlite_conflict_clauses_do_not_pass_the_guard(sqlite: Raw, clause: str, pragma: str) -> None:
    sqlite.run(f"PRAGMA {pragma} = ON")
    for event in (created("a"), created("b"), deleted("b", 2), created("c")):
        sqlite.insert_event(**event)
    before = sqlite.rows("host_entries", "rowid, *")
    row = "ip_address, hostname, comment, tags, aliases, priority, created_at, updated_at"
    for statement in (
        f"INSERT OR {clause} INTO host_entries SELECT * FROM host_entries",
        f"INSERT OR {clause} INTO host_entries SELECT 'b', {row}, event_version, first_position FROM host_entries",
        f"INSERT OR {clause} INTO host_entries (rowid, id, {row}, event_version, first_position)"
        f" SELECT rowid, 'b', {row}, event_version, first_position FROM host_entries",
        f"UPDATE OR {clause} host_entries SET ip_address = '10.0.0.1', hostname = 'a'",
        f"UPDATE OR {clause} host_entries SET rowid = 3 - rowid",
        f"UPDATE OR {clause} host_entries SET event_version = '{version(9)}'",
    ):
        with refused(sqlite, "host_entries_guard"):
            sqlite.run(statement)
        assert sqlite.rows("host_entries", "rowid, *") == before


def test_postgres_guards_the_table_inside_other_statements(postgres: Raw) -> None:
    postgres.insert_event(**created("a"))
    for statement in (
        "WITH e AS (INSERT INTO host_events (event_id, aggregate_id, event_type, event_version, ip_address, hostname)"
        f" VALUES ('n', 'n', 'HostCreated', '{version(1)}', '1', 'n')) DELETE FROM host_entries",
        "WITH gone AS (DELETE FROM host_entries RETURNING *) SELECT * FROM gone",
        "DO $$ BEGIN DELETE FROM host_entries; END $$",
    ):
        with refused(postgres, "host_entries_guard"):
            postgres.run(statement)
    with postgres.first.cursor() as cursor, refused(postgres, "host_entries_guard"):  # noqa: SIM117
        with cursor.copy("COPY host_entries (id) FROM STDIN") as copy:
            copy.write_row(["x"])
    postgres.assert_consistent()


@pytest.mark.parametrize("table", ["log_head", "refusals"])
def test_duckdb_guards_what_its_guards_stand_on(duckdb_raw: Raw, table: str) -> None:
    for number in range(2):  # with an empty log too
        for statement in (
            f"INSERT INTO {table} SELECT * FROM (VALUES (7)) AS v (x)",
            "UPDATE log_head SET position = 99",
            "UPDATE log_head SET position = 0",
            "DELETE FROM log_head",
            "TRUNCATE log_head",
        ):
            with refused(duckdb_raw):
                duckdb_raw.run(statement)
        assert duckdb_raw.run("SELECT count(*) FROM refusals") == [(0,)]
        duckdb_raw.insert_event(**created(f"host{number}"))
    assert duckdb_raw.run("SELECT position FROM log_head") == duckdb_raw.run(
        "SELECT max(position) FROM host_events"
    )


def random_event(chance: random.Random, live: dict[str, int], number: int) -> dict[str, Any]:
    """One more event of a host that lives, or a new host; now and then one that is refused."""
    if not live or chance.random() < 0.3:
        return created(f"h{number}", ip=f"10.0.0.{chance.randrange(4)}", hostname=chance.choice("abc"))
    host = chance.choice(sorted(live))
    kind = chance.choice(
        ["IpAddressChanged", "HostnameChanged", "CommentUpdated", "TagsModified", "HostDeleted"]
    )
    values = {
        "IpAddressChanged": {"ip_address": f"10.0.0.{chance.randrange(4)}"},
        "HostnameChanged": {"hostname": chance.choice("abc")},
        "CommentUpdated": {"comment": chance.choice(["", "c"])},
        "TagsModified": {"tags": chance.choice(["[]", '["t"]'])},
        "HostDeleted": {"ip_address": "any", "hostname": "any"},
    }
    return changed(host, kind, live[host] + 1, **values[kind])


@pytest.mark.parametrize("seed", [0, *(pytest.param(n, marks=pytest.mark.faults) for n in (1, 2))])
def test_it_equals_the_fold_after_every_commit_of_a_random_history(raw: Raw, seed: int) -> None:
    chance = random.Random(seed)
    live: dict[str, int] = {}
    for number in range(40):
        before, attempt = raw.rows("host_entries"), dict(live)
        raw.run("BEGIN")
        try:
            for step in range(chance.randrange(1, 4)):
                event = random_event(chance, attempt, number * 10 + step)
                raw.insert_event(**event)
                attempt[event["aggregate_id"]] = int(event["event_version"][3:])
                if event["event_type"] == "HostDeleted":
                    del attempt[event["aggregate_id"]]
                raw.assert_consistent()
            keep = chance.random() < 0.8
        except ERRORS:
            keep = False
        raw.run("COMMIT" if keep else "ROLLBACK")
        live = attempt if keep else live
        raw.assert_consistent()
        assert keep or raw.rows("host_entries") == before
        assert {row[0] for row in raw.rows("host_entries", "id")} == live.keys()


@pytest.mark.parametrize("dialect", ["postgres", "sqlite"])
def test_what_a_savepoint_takes_back_is_gone_from_both(request: pytest.FixtureRequest, dialect: str) -> None:
    raw: Raw = request.getfixturevalue(dialect)
    raw.run("BEGIN")
    raw.insert_event(**created("a"))
    raw.run("SAVEPOINT s")
    raw.insert_event(**deleted("a", 2))
    raw.insert_event(**created("b", hostname="a"))
    raw.run("ROLLBACK TO s")
    raw.assert_consistent()
    with refused(raw, "host_entries_ip_address_hostname"):
        raw.insert_event(**created("c", hostname="a"))
    raw.run("ROLLBACK TO s")
    raw.insert_event(**changed("a", "CommentUpdated", 2, comment="kept"))
    raw.run("COMMIT")
    assert raw.rows("host_entries", "id, comment") == [("a", "kept")]
    raw.assert_consistent()
