"""The roles of sql/postgres/grants.sql, held by real login roles: what each may do."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from urllib.parse import urlsplit

import psycopg
import pytest

import hostsdb
from hostsdb import EventEnvelope, HostCreated, HostFilter, QueryFailed, Storage
from hostsdb.formats.record import HostRecord
from tests.grants.granted import GRANTS, NOW, ROLES, Database, granted, quoted, role_name, with_search_path
from tests.schema.commands import check
from tests.support.command import hostsdb_command
from tests.support.postgres_process import PostgresProcess, postgres_process
from tests.support.postgres_server import fresh_database


def line(number: int) -> HostRecord:
    return HostRecord(number, f"10.9.0.{number}", f"imported{number}.lan", (), None)


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


def test_a_writer_that_gives_created_at_is_told_who_may(database: Database) -> None:
    given = [
        EventEnvelope(HostCreated(f"10.6.0.{n}", "then.lan"), created_at=NOW.replace(2020)) for n in (1, 2)
    ]
    with hostsdb.connect(database.url("writer")) as storage:
        for call in (
            lambda: storage.append_event("T1", given[0]),
            lambda: storage.append_batch([("T1", given[:1], None), ("T2", given[1:], None)]),
        ):
            with pytest.raises(QueryFailed, match="only the owner of the schema may give created_at"):
                call()
    with hostsdb.connect(database.url("owner")) as storage:
        assert storage.append_event("T1", given[0]).created_at == given[0].created_at


def test_readers_make_checkpoints_and_only_the_owner_erases(database: Database) -> None:
    with hostsdb.connect(database.url("writer")) as storage:
        host = storage.add_host("10.5.0.1", "erased.lan")
        storage.delete_host(host.id)
        event_id = storage.load_events(host.id)[0].event_id
        with pytest.raises(QueryFailed, match="only the owner of the tables may erase a host"):
            storage.erase_host(host.id, reason="x")
    with hostsdb.connect(database.url("reader")) as storage:
        checkpoint = storage.checkpoint()
        assert storage.prove_event(event_id, checkpoint).holds(checkpoint)
    with hostsdb.connect(database.url("owner")) as storage:
        assert storage.erase_host(host.id, reason="x") == 2
    with hostsdb.connect(database.url("reader")) as storage:
        assert storage.checkpoint() == checkpoint
        assert [erasure.aggregate_id for erasure in storage.list_erasures()] == [host.id]


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
    assert {owner for _, owner, _ in objects} == {database.roles["owner"]}
    # In an access list, an entry for PUBLIC has no name before the equals sign.
    assert [name for name, _, acl in objects if acl == "default" or "{=" in acl or ",=" in acl] == []


@pytest.mark.parametrize("part", ROLES)
def test_check_finds_no_difference_after_the_grants(database: Database, part: str) -> None:
    found = check(database.url(part), 0)
    assert (found["state"], found["differences"]) == ("current", [])


@pytest.mark.parametrize("part", ["writer", "reader"])
def test_rebuild_is_refused_in_one_line_that_names_the_owner(database: Database, part: str) -> None:
    done = hostsdb_command("rebuild", HOSTSDB_URL=database.url(part))
    assert done.returncode == 1 and len(done.stderr.splitlines()) == 1
    assert f"have {database.roles['owner']} run: hostsdb rebuild" in done.stderr


def test_the_owner_rebuilds_and_a_reader_verifies(database: Database) -> None:
    assert hostsdb_command("rebuild", HOSTSDB_URL=database.url("owner")).returncode == 0
    done = hostsdb_command("verify", HOSTSDB_URL=database.url("reader"))
    assert (done.returncode, done.stdout[:6]) == (0, "sound:"), done.stderr


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


def names_of_roles(
    own_server: PostgresProcess, schema: str, prefix: str | None = None, name: str = "team"
) -> list[str]:
    """Run the grants in a schema of a new database, and return the names of the roles."""
    options = [] if prefix is None else ["--role-prefix", prefix]
    grants = hostsdb_command("sql", "--grants", *options).stdout
    url = urlsplit(own_server.url)._replace(path=f"/{name}").geturl()
    with psycopg.connect(own_server.url, autocommit=True) as admin:
        admin.execute(f"DROP DATABASE IF EXISTS {name}")
        admin.execute(f"CREATE DATABASE {name}")
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
    in_schema = with_search_path(url, schema)
    hostsdb.connect(in_schema).close()
    with psycopg.connect(in_schema) as connection:
        connection.execute(grants)
        return [role_name(connection, part) for part in ROLES]


def test_roles_are_of_one_database_and_schema(own_server: PostgresProcess) -> None:
    assert names_of_roles(own_server, "app") == [f"hostsdb_team_app_{part}" for part in ROLES]
    assert names_of_roles(own_server, "app", "o'dd") == [f"o'dd_{part}" for part in ROLES]
    long = names_of_roles(own_server, "s" * 63)
    assert all(len(name) <= 63 for name in long) and {name[:8] for name in long} == {"hostsdb_"}
    assert long != names_of_roles(own_server, "s" * 62 + "t")


def test_no_two_schemas_have_the_same_roles(own_server: PostgresProcess) -> None:
    plain = names_of_roles(own_server, "c", name="a_b")
    assert plain == [f"hostsdb_a_b_c_{part}" for part in ROLES]
    hashed = names_of_roles(own_server, "b_c", name="a")
    assert all(re.fullmatch(r"hostsdb_[0-9a-f]{32}_(owner|writer|reader)", name) for name in hashed)
    assert (
        hashed != names_of_roles(own_server, "c_b", name="a") != names_of_roles(own_server, "c_b", name="a_b")
    )


def test_a_role_that_may_not_create_roles_is_told_what_to_ask_for(own_server: PostgresProcess) -> None:
    with psycopg.connect(own_server.url, autocommit=True) as admin:
        admin.execute("CREATE ROLE plain LOGIN CREATEDB PASSWORD 'secret'")
    server = urlsplit(own_server.url)
    as_plain = server._replace(netloc=f"plain:secret@{server.netloc.rpartition('@')[2]}").geturl()
    with fresh_database(as_plain) as url:
        hostsdb.connect(url).close()
        with (
            psycopg.connect(url) as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege) as caught,
        ):
            connection.execute(GRANTS)
    assert "may not create the role hostsdb_" in str(caught.value)
    assert "ALTER ROLE plain CREATEROLE" in (caught.value.diag.message_hint or "")
