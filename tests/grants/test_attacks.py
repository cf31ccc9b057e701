"""What the roles of sql/postgres/grants.sql are refused, whatever SQL they think of."""

from __future__ import annotations

import uuid
from typing import Any

import psycopg
import pytest
from psycopg import sql

import hostsdb
from tests.grants.granted import NOW, Database, quoted

INSERT = """INSERT INTO host_events (event_id, aggregate_id, event_type, event_version, ip_address, hostname{0})
SELECT 'E' || n, 'A' || n, 'HostCreated', '01ARZ3NDEKTSV4RRFFQ69G5FAV', '10.1.1.1', 'attack' || n{1}
FROM generate_series(1, 2) AS n"""
NEW_ENTRY = """INSERT INTO host_entries
SELECT 'X', '1.1.1.1', 'x', NULL, '[]', '[]', 0, now(), now(), '01ARZ3NDEKTSV4RRFFQ69G5FAV', 1"""
ATTACKS = [
    "UPDATE host_events SET comment = 'x'",
    "DELETE FROM host_events",
    "TRUNCATE host_events CASCADE",
    "MERGE INTO host_events AS e USING host_entries AS h ON e.aggregate_id = h.id WHEN MATCHED THEN DELETE",
    INSERT.format("", "") + " ON CONFLICT (event_id) DO UPDATE SET comment = 'x'",
    INSERT.format(", position", ", n"),
    "COPY host_events FROM STDIN",
    "BEGIN; LOCK TABLE host_events IN SHARE MODE",
    "SELECT 1 FROM host_events FOR UPDATE",
    "ALTER TABLE host_events DISABLE TRIGGER ALL",
    "ALTER TABLE host_events DROP CONSTRAINT host_events_one_successor",
    "CREATE TRIGGER mine BEFORE INSERT ON host_events FOR EACH ROW EXECUTE FUNCTION refuse_change()",
    "CREATE RULE mine AS ON INSERT TO host_events DO INSTEAD NOTHING",
    NEW_ENTRY,
    "UPDATE host_entries SET comment = 'x'",
    "DELETE FROM host_entries",
    "TRUNCATE host_entries",
    "ALTER TABLE host_entries DISABLE TRIGGER host_entries_guard",
    "DELETE FROM host_entries_history",
    "UPDATE log_epoch SET xid_offset = 0",
    "DELETE FROM log_epoch",
    "INSERT INTO log_epoch (xid_offset, singleton) VALUES (0, FALSE)",
    "UPDATE snapshots SET hosts_content = ''",
    "TRUNCATE snapshots",
    "DELETE FROM _yoyo_migration",
    "INSERT INTO _yoyo_version (version) VALUES (99)",
    "SELECT setval('host_events_number', 1)",
    "SET session_replication_role = replica",
    "SET ROLE {owner}",
    "DELETE FROM erasures",
    "INSERT INTO erasures (aggregate_id, reason) VALUES ('A1', 'x')",
    "INSERT INTO erased_events (position, event_id, leaf) VALUES (1, 'E1', repeat('0', 64))",
    "INSERT INTO replica_of (origin) VALUES ('x')",
    "INSERT INTO compatible_migrations (migration_id) VALUES ('0009_x')",
    INSERT.format(", created_at", ", now()"),
    "CREATE TABLE mine (a int)",
    "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE OR REPLACE FUNCTION log_horizon() RETURNS bigint LANGUAGE sql AS 'SELECT 0::bigint'",
    "ALTER FUNCTION host_events_before_insert() RESET search_path",
    "CREATE TEMP TABLE mine (a int);"
    " CREATE TRIGGER mine BEFORE INSERT ON mine FOR EACH STATEMENT EXECUTE FUNCTION host_events_before_insert()",
]


@pytest.mark.parametrize("part", ["writer", "reader"])
@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack[:60])
def test_raw_attacks_are_refused(database: Database, part: str, attack: str) -> None:
    with database.connect(part) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(attack.replace("{owner}", quoted(database.roles["owner"])))


def test_a_trigger_function_on_a_table_of_ones_own_is_refused(
    database: Database, writer: psycopg.Connection[Any]
) -> None:
    writer.execute("CREATE TEMP TABLE mine (LIKE host_events)")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        writer.execute(
            "CREATE TRIGGER mine AFTER INSERT ON mine REFERENCING NEW TABLE AS new_events"
            " FOR EACH STATEMENT EXECUTE FUNCTION host_events_after_insert()"
        )


def test_temporary_tables_do_not_stand_in_for_ours(
    database: Database, writer: psycopg.Connection[Any]
) -> None:
    ours = sql.Identifier(database.schema, "host_events")
    for table in ("host_events", "host_entries", "log_epoch"):
        writer.execute(
            sql.SQL("CREATE TEMP TABLE {0} AS SELECT * FROM {1} LIMIT 0").format(
                sql.Identifier(table), sql.Identifier(database.schema, table)
            )
        )
    version = f"01J{uuid.uuid4().int % 10**23:023d}"
    insert = sql.SQL(
        "INSERT INTO {} (event_id, aggregate_id, event_type, event_version, ip_address, hostname)"
        " VALUES (%(id)s, %(id)s, 'HostCreated', %(id)s, '10.1.1.9', %(id)s)"
    )
    writer.execute(insert.format(ours), {"id": version})
    assert writer.execute("SELECT count(*) FROM pg_temp.host_entries").fetchone() == (0,)
    with hostsdb.connect(database.url("reader")) as storage:
        assert storage.get_by_id(version).hostname == version


def test_functions_and_operators_on_the_search_path_do_not_stand_in(
    database: Database, writer: psycopg.Connection[Any]
) -> None:
    mine = f"evil_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(database.admin_url, autocommit=True) as admin:
        admin.execute(f"CREATE SCHEMA {mine} AUTHORIZATION {writer.info.user}")
    writer.execute(f"SET search_path = {mine}, pg_catalog, {quoted(database.schema)}")
    for function in (
        "log_is_restored() RETURNS boolean LANGUAGE sql AS 'SELECT true'",
        "nullif(a text, b text) RETURNS text LANGUAGE sql AS $$SELECT 'evil'$$",
        "set_config(a text, b text, c boolean) RETURNS text LANGUAGE sql AS $$SELECT 'evil'$$",
        "equal(a text, b text) RETURNS boolean LANGUAGE sql AS $$SELECT true$$",
        "distinct_(a bigint, b bigint) RETURNS boolean LANGUAGE sql AS $$SELECT false$$",
    ):
        writer.execute(f"CREATE FUNCTION {mine}.{function}")
    writer.execute(f"CREATE OPERATOR {mine}.= (LEFTARG = text, RIGHTARG = text, FUNCTION = {mine}.equal)")
    writer.execute(
        f"CREATE OPERATOR {mine}.<> (LEFTARG = bigint, RIGHTARG = bigint, FUNCTION = {mine}.distinct_)"
    )
    writer.execute(
        INSERT.format("", "").replace("'E'", "'P'").replace("'A'", "'P'").replace("attack", "path")
    )
    with hostsdb.connect(database.url("reader")) as storage:
        entry = storage.get_by_id("P1")
        assert (entry.hostname, entry.comment) == ("path1", None)
        assert [e.position for e in storage.events_since(-1)] == sorted(
            e.position for e in storage.events_since(-1)
        )
        assert storage.list_all() == storage.get_at_time(NOW)


def test_the_base_of_positions_cannot_be_forged(database: Database, writer: psycopg.Connection[Any]) -> None:
    forged = INSERT.format(", created_by", ", set_config('hostsdb.position_base', '0', true)")
    with pytest.raises(psycopg.errors.IntegrityError, match="position is given"):
        writer.execute(forged)
