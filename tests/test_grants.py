"""The roles of sql/postgres/grants.sql, held by real login roles: what each may do, and what is refused to each."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlsplit

import psycopg
import pytest
from psycopg import sql

import hostsdb
from hostsdb import HostCreated, HostFilter, QueryFailed, Storage
from hostsdb.hostsfile import HostLine
from hostsdb.statements import resource_folder
from tests.postgres_process import PostgresProcess, postgres_process
from tests.postgres_server import PostgresServer, fresh_database

GRANTS = (resource_folder("sql") / "postgres" / "grants.sql").read_text("utf-8")
NOW = datetime(9999, 1, 1, tzinfo=UTC)
ROLES = ("owner", "writer", "reader")


class Database:
    """A database with the grants, in a schema of any name, and a login role for each part."""

    def __init__(self, admin_url: str, schema: str, logins: dict[str, str]) -> None:
        self.admin_url = admin_url
        self.schema = schema
        self._logins = logins

    def url(self, part: str) -> str:
        parts = urlsplit(with_search_path(self.admin_url, self.schema))
        host = parts.netloc.rpartition("@")[2]
        return parts._replace(netloc=f"{self._logins[part]}:secret@{host}").geturl()

    def connect(self, part: str) -> psycopg.Connection[Any]:
        return psycopg.connect(self.url(part), autocommit=True)


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def with_search_path(url: str, schema: str) -> str:
    options = f"-csearch_path={quoted(schema)}".replace(" ", r"\ ")
    return urlsplit(url)._replace(query=f"options={quote(options)}").geturl()


@contextmanager
def granted(server_url: str, schema: str = "public") -> Iterator[Database]:
    """Make a database, its schema, the roles and a login for each; the logins, and roles that are new, go again."""
    logins = {part: f"hostsdb_test_{part}_{uuid.uuid4().hex[:8]}" for part in ROLES}
    with ExitStack() as stack:
        admin = stack.enter_context(psycopg.connect(server_url, autocommit=True))
        new = {f"hostsdb_{part}" for part in ROLES}
        new -= {name for (name,) in admin.execute("SELECT rolname FROM pg_roles")}
        stack.callback(_drop_roles, admin, new)
        stack.callback(_drop_roles, admin, logins.values())
        url = stack.enter_context(fresh_database(server_url))
        in_schema = with_search_path(url, schema)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(schema)))
        hostsdb.connect(in_schema).close()
        for _ in range(2):  # running it again changes nothing
            with psycopg.connect(in_schema) as connection:
                connection.execute(GRANTS)
        for part, login in logins.items():
            admin.execute(f"CREATE ROLE {login} LOGIN PASSWORD 'secret' IN ROLE hostsdb_{part}")
        yield Database(url, schema, logins)


def _drop_roles(admin: psycopg.Connection[Any], roles: Iterable[str]) -> None:
    for role in roles:
        # Another database on the server may have use for the roles of the cluster.
        with suppress(psycopg.errors.DependentObjectsStillExist):
            admin.execute(f"DROP ROLE IF EXISTS {role}")


@pytest.fixture(scope="module", params=["public", 'Odd "schema"'])
def database(request: pytest.FixtureRequest, postgres_server: PostgresServer) -> Iterator[Database]:
    with granted(postgres_server.url, request.param) as database:
        yield database


@pytest.fixture
def writer(database: Database) -> Iterator[psycopg.Connection[Any]]:
    with database.connect("writer") as connection:
        yield connection


def line(number: int) -> HostLine:
    return HostLine(number, f"10.9.0.{number}", f"imported{number}.lan", (), None)


def read_everything(storage: Storage, host: str, snapshot: str) -> None:
    storage.health_check()
    assert storage.load_events(host) and storage.count_events(host)
    assert storage.get_current_version(host)
    assert storage.events_since(-1)
    entry = storage.get_by_id(host)
    assert storage.find_by_ip_and_hostname(entry.ip_address, entry.hostname) == entry
    assert entry in storage.search(HostFilter(hostname_pattern=entry.hostname))
    assert storage.list_all() == storage.get_at_time(NOW) != []
    assert storage.get_snapshot(snapshot).hosts_content
    assert storage.list_snapshots()


def test_the_writer_can_do_all_that_the_library_does_and_the_reader_all_reading(database: Database) -> None:
    with hostsdb.connect(database.url("writer")) as storage:
        host = storage.add_host("10.8.0.1", "added.lan", comment="c", tags=("t",))
        host = storage.update_host(host.id, comment="other", expected_version=host.event_version)
        storage.append_batch([(f"B{n}", [HostCreated(f"10.7.0.{n}", "batch.lan")], None) for n in (1, 2)])
        assert storage.import_hosts([line(n) for n in (1, 2, 3)]).added == 3
        first = storage.create_snapshot("first")
        storage.delete_host("B1")
        assert storage.restore_snapshot(first.snapshot_id or "")
        assert storage.apply_retention_policy(max_count=1) == 1
        kept = storage.create_snapshot("kept")
        storage.delete_snapshot(storage.list_snapshots()[-1].snapshot_id)
        read_everything(storage, host.id, kept.snapshot_id or "")
    with hostsdb.connect(database.url("reader")) as storage:
        read_everything(storage, host.id, kept.snapshot_id or "")
        for write in (
            lambda: storage.add_host("10.8.0.2", "no.lan"),
            lambda: storage.delete_host(host.id),
            lambda: storage.import_hosts([line(99)]),
            lambda: storage.create_snapshot("no"),
            lambda: storage.delete_snapshot(kept.snapshot_id or ""),
            lambda: storage.apply_retention_policy(max_count=0),
        ):
            with pytest.raises(QueryFailed, match="permission denied"):
                write()
        assert storage.get_by_id(host.id) == host
        assert [s.snapshot_id for s in storage.list_snapshots()] == [kept.snapshot_id]


INSERT = """INSERT INTO host_events (event_id, aggregate_id, event_type, event_version, ip_address, hostname{0})
SELECT 'E' || n, 'A' || n, 'HostCreated', '01ARZ3NDEKTSV4RRFFQ69G5FAV', '10.1.1.1', 'attack' || n{1}
FROM generate_series(1, 2) AS n"""
NEW_ENTRY = """INSERT INTO host_entries
SELECT 'X', '1.1.1.1', 'x', NULL, '[]', '[]', now(), now(), '01ARZ3NDEKTSV4RRFFQ69G5FAV'"""
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
    "SET ROLE hostsdb_owner",
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
        connection.execute(attack)


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
    version = str(uuid.uuid4().int % 10**25).zfill(26)
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
            e.position or 0 for e in storage.events_since(-1)
        )
        assert storage.list_all() == storage.get_at_time(NOW)


def test_the_base_of_positions_cannot_be_forged(database: Database, writer: psycopg.Connection[Any]) -> None:
    forged = INSERT.format(", created_by", ", set_config('hostsdb.position_base', '0', true)")
    with pytest.raises(psycopg.errors.IntegrityError, match="position is given"):
        writer.execute(forged)


def test_a_stranger_may_do_nothing(database: Database) -> None:
    stranger = f"hostsdb_test_{uuid.uuid4().hex[:8]}"
    tables = ("host_events", "host_entries", "host_entries_current", "snapshots", "log_epoch", "_yoyo_log")
    functions = ("log_horizon()", "log_is_restored()", "host_entries_at(now())")
    with psycopg.connect(with_search_path(database.admin_url, database.schema), autocommit=True) as admin:
        admin.execute(f"CREATE ROLE {stranger}")
        admin.execute(f"GRANT USAGE ON SCHEMA {quoted(database.schema)} TO {stranger}")
        try:
            admin.execute(f"SET ROLE {stranger}")
            for what in tables + functions:
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    admin.execute(f"SELECT * FROM {what}")
        finally:
            admin.execute("RESET ROLE")
            admin.execute(f"DROP OWNED BY {stranger}")
            admin.execute(f"DROP ROLE {stranger}")


def test_every_object_is_the_owners_and_nothing_is_for_everybody(database: Database) -> None:
    with psycopg.connect(database.admin_url) as connection:
        objects = connection.execute(
            """
            SELECT c.relname, pg_get_userbyid(c.relowner), coalesce(c.relacl::text, 'default') FROM pg_class AS c
            WHERE c.relkind IN ('r', 'v', 'S') AND c.relnamespace = %(schema)s::regnamespace
            UNION ALL
            SELECT p.proname, pg_get_userbyid(p.proowner), coalesce(p.proacl::text, 'default') FROM pg_proc AS p
            WHERE p.pronamespace = %(schema)s::regnamespace
            """,
            {"schema": quoted(database.schema)},
        ).fetchall()
    assert len(objects) >= 16
    assert {owner for _, owner, _ in objects} == {"hostsdb_owner"}
    # In an access list, an entry for PUBLIC has no name before the equals sign.
    assert [name for name, _, acl in objects if acl == "default" or "{=" in acl or ",=" in acl] == []


@pytest.mark.parametrize("part", ["writer", "reader"])
def test_rebuild_is_refused_in_one_line_that_names_the_owner(database: Database, part: str) -> None:
    done = command("rebuild", database.url(part))
    assert done.returncode == 1 and len(done.stderr.splitlines()) == 1
    assert "have hostsdb_owner run: hostsdb rebuild" in done.stderr


def test_the_owner_rebuilds_and_a_reader_verifies(database: Database) -> None:
    assert command("rebuild", database.url("owner")).returncode == 0
    done = command("verify", database.url("reader"))
    assert (done.returncode, done.stdout[:6]) == (0, "sound:"), done.stderr


def command(name: str, url: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "hostsdb", name],
        env=os.environ | {"HOSTSDB_URL": url},
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.fixture(scope="module")
def own_server() -> Iterator[PostgresProcess]:
    with postgres_process() as process:
        yield process


def test_connecting_leaves_no_error_in_the_servers_log(own_server: PostgresProcess) -> None:
    with granted(own_server.url, "hosts") as database:
        log = own_server.folder / "log"
        before = log.stat().st_size
        for part in ROLES:
            with hostsdb.connect(database.url(part)) as storage:
                assert storage.initialize() == []
        assert b"ERROR" not in log.read_bytes()[before:]


def test_a_dba_who_is_no_superuser_can_run_it(own_server: PostgresProcess) -> None:
    with psycopg.connect(own_server.url, autocommit=True) as admin:
        admin.execute("CREATE ROLE dba LOGIN CREATEROLE CREATEDB PASSWORD 'secret'")
    server = urlsplit(own_server.url)
    as_dba = server._replace(netloc=f"dba:secret@{server.netloc.rpartition('@')[2]}").geturl()
    with fresh_database(as_dba) as url:
        hostsdb.connect(url).close()
        for _ in range(2):
            with psycopg.connect(url) as connection:
                connection.execute(GRANTS)
        with hostsdb.connect(url) as storage:
            assert storage.add_host("10.0.0.1", "a.lan")
