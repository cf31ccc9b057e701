"""What only PostgreSQL needs: the order of positions, schemas of any name, channels, and migrations on a live log."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import psycopg
import pytest

import hostsdb
from hostsdb.sql_files import load_text
from tests.grants.granted import with_search_path
from tests.schema.raw import MIGRATIONS, Raw, changed, created, deleted, migrate, refused, run_file, version

NUMBERS = [0, 4194302, 4194303, 2**62 - 2, 2**62 - 1]
MOVE = [deleted("old", 2), created("new", hostname="old")]


def replay(raw: Raw) -> list[str]:
    """Apply the events in the order of position, and return their ids. No step may violate I2 or I3."""
    live: dict[str, tuple[str, str]] = {}
    versions: dict[str, str | None] = {}
    columns = (
        "position, event_id, aggregate_id, event_type, event_version, expected_version, ip_address, hostname"
    )
    order = []
    for _, event_id, host, kind, new, expected, ip, name in raw.rows("host_events", columns):
        assert versions.get(host) == expected
        versions[host] = new
        if kind == "HostDeleted":
            del live[host]
        else:
            before = live.pop(host, ("", ""))
            pair = ip or before[0], name or before[1]
            assert pair not in live.values(), event_id
            live[host] = pair
        order.append(event_id)
    return order


def insert_until_stored(raw: Raw, statements: list[list[dict[str, Any]]]) -> int:
    """Insert in one transaction, again after each serialization failure; return the number of failures."""
    for failures in range(3):
        raw.run("BEGIN")
        try:
            for statement in statements:
                raw.insert_events(statement)
            raw.run("COMMIT")
        except psycopg.errors.SerializationFailure:
            raw.run("ROLLBACK")
        else:
            return failures
    raise AssertionError("refused three times")


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("statements", [[MOVE], [[event] for event in MOVE]], ids=["together", "apart"])
def test_a_pair_moves_where_the_numbers_start_again(
    postgres: Raw, number: int, statements: list[list[dict[str, Any]]]
) -> None:
    postgres.insert_event(**created("old"))
    postgres.run("SELECT setval('host_events_number', ?)", [number])
    failures = insert_until_stored(postgres, statements)
    assert failures == 0 or number > 2**61
    assert replay(postgres) == ["old-1", "old-2", "new-1"]


def test_the_numbers_of_other_transactions_do_not_count(postgres: Raw) -> None:
    postgres.run("BEGIN")
    postgres.insert_event(**created("a"))
    postgres.run("SELECT setval('host_events_number', 40000000)")
    postgres.insert_event(**created("b"))
    postgres.run("SELECT setval('host_events_number', 7)")
    postgres.insert_event(**created("c"))
    postgres.run("COMMIT")
    [(first, last)] = postgres.run("SELECT min(position), max(position) FROM host_events")
    assert last - first == 2
    assert replay(postgres) == ["a-1", "b-1", "c-1"]


def test_a_transaction_has_at_most_so_many_events(postgres: Raw) -> None:
    with pytest.raises(psycopg.errors.SerializationFailure):
        postgres.run(
            "INSERT INTO host_events (event_id, aggregate_id, event_type, event_version, ip_address, hostname)"
            " SELECT n, n, 'HostCreated', ?, '10.0.0.1', n"
            " FROM (SELECT i::text FROM generate_series(1, 2) AS i WHERE"
            " nextval('host_events_number') + setval('host_events_number', 2200000 * i) > 0) AS n (n)",
            [version(1)],
        )
    assert postgres.rows("host_events") == []


@pytest.mark.parametrize("within", [False, True])
def test_a_setting_of_the_client_changes_no_order(postgres: Raw, within: bool) -> None:
    """Within a statement it may have the statement refused."""
    postgres.insert_event(**created("old"))
    [(first,)] = postgres.run("SELECT min(position) FROM host_events")
    for base in (first, first - 5, 0):
        postgres.run("BEGIN")
        postgres.run("SELECT set_config('hostsdb.position_base', ?, true)", [str(base)])
        postgres.insert_event(**changed("old", "CommentUpdated", 2, comment="c"))
        extra = f", set_config('hostsdb.position_base', '{base}', true)" if within else ", NULL"
        values = f"'n', 'n', 'HostCreated', '{version(9)}', '10.0.0.3', 'n'"
        columns = "event_id, aggregate_id, event_type, event_version, ip_address, hostname, created_by"
        try:
            postgres.run(f"INSERT INTO host_events ({columns}) SELECT {values}{extra}")
        except (psycopg.errors.IntegrityError, psycopg.errors.SerializationFailure):
            assert within
            postgres.run("ROLLBACK")
        replay(postgres)
        postgres.run("ROLLBACK")


def test_an_older_transaction_does_not_take_a_pair_that_a_later_one_released(postgres: Raw) -> None:
    other = postgres.connect()
    postgres.run("BEGIN")
    postgres.insert_event(**created("first", ip="10.0.0.9"))  # takes its place in the log
    postgres.insert_event(on=other, **created("old"))
    postgres.insert_event(on=other, **deleted("old", 2))
    with pytest.raises(psycopg.errors.SerializationFailure):
        postgres.insert_event(**created("new", hostname="old"))
    postgres.run("ROLLBACK")
    postgres.insert_event(on=other, **created("moved"))
    postgres.run("BEGIN")
    postgres.insert_event(**created("first", ip="10.0.0.9"))
    postgres.insert_event(on=other, **changed("moved", "IpAddressChanged", 2, ip_address="10.0.0.2"))
    postgres.insert_event(**created("unrelated", ip="10.0.0.7"))
    with pytest.raises(psycopg.errors.SerializationFailure):
        postgres.insert_event(**created("new", hostname="moved"))
    postgres.run("ROLLBACK")
    postgres.insert_event(**created("new", hostname="moved"))
    replay(postgres)


def test_an_older_transaction_does_not_follow_a_later_event(postgres: Raw) -> None:
    other = postgres.connect()
    postgres.run("BEGIN")
    postgres.insert_event(**created("first"))
    postgres.insert_event(on=other, **created("h"))
    with pytest.raises(psycopg.errors.SerializationFailure):
        postgres.insert_event(**changed("h", "CommentUpdated", 2, comment="x"))
    postgres.run("ROLLBACK")


def test_a_missing_row_of_log_epoch_stops_nobody(postgres: Raw) -> None:
    postgres.insert_event(**created("a"))
    postgres.run("DELETE FROM log_epoch")
    assert postgres.run("SELECT count(*) FROM host_events WHERE position < log_horizon()") == [(1,)]
    postgres.insert_event(**created("b"))
    assert replay(postgres) == ["a-1", "b-1"]
    assert postgres.run("SELECT count(*) FROM log_epoch") == [(1,)]


def test_the_last_position_is_not_used_again_after_an_erasure(postgres: Raw) -> None:
    postgres.insert_event(**created("a"))
    postgres.insert_event(**deleted("a", 2))
    [(last,)] = postgres.run("SELECT max(position) FROM host_events")
    postgres.run("INSERT INTO erasures (aggregate_id, reason) VALUES ('a', 'asked')")
    postgres.run(
        "INSERT INTO erased_events (position, event_id, leaf)"
        " SELECT position, event_id, repeat('0', 64) FROM host_events"
    )
    postgres.run("BEGIN")
    postgres.run("DELETE FROM host_events")
    postgres.insert_event(**created("b"))
    postgres.run("COMMIT")
    [(next_,)] = postgres.run("SELECT max(position) FROM host_events")
    assert next_ > last


def test_a_renamed_schema_goes_on(postgres_url: str) -> None:
    with closing(Raw("postgres", postgres_url)) as raw:
        raw.run("CREATE SCHEMA before")
        raw.run("SET search_path = before")
        migrate(raw)
        raw.insert_event(**created("a"))
        raw.run("ALTER SCHEMA before RENAME TO after")
        raw.run("CREATE SCHEMA before")  # of somebody else
        raw.run("SET search_path = before")
        migrate(raw)
        raw.run("SET search_path = after")
        raw.insert_event(**changed("a", "CommentUpdated", 2, comment="x"))
        raw.insert_event(**deleted("a", 3))
        assert raw.rows("before.host_entries") == []
        assert len(replay(raw)) == 3


DEFINERS = "SELECT proname FROM pg_proc WHERE prosecdef AND proconfig IS NULL AND pronamespace = 'public'::regnamespace"


def test_no_function_with_the_owners_rights_lacks_its_search_path(postgres_url: str) -> None:
    files = sorted(file for file in (MIGRATIONS / "postgres").glob("*.sql") if "rollback" not in file.name)
    with closing(Raw("postgres", postgres_url)) as raw:
        for file in files:
            run_file(raw, file)
            assert raw.run(DEFINERS) == []


def test_a_migration_waits_for_the_writer_that_it_must_not_miss(postgres_url: str) -> None:
    with closing(Raw("postgres", postgres_url)) as raw:
        migrate(raw)
        for file in (
            "0009_leaves",
            "0008_compatibility",
            "0007_replicas",
            "0006_consumers",
            "0005_snapshots",
            "0004_views",
        ):
            run_file(raw, MIGRATIONS / "postgres" / f"{file}.rollback.sql")
        run_file(raw, MIGRATIONS / "postgres" / "0003_host_entries.rollback.sql")
        writer = raw.connect()
        raw.run("BEGIN", on=writer)
        raw.insert_event(on=writer, **created("a"))
        migration = threading.Thread(
            target=run_file, args=(raw, MIGRATIONS / "postgres" / "0003_host_entries.sql")
        )
        migration.start()
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'host_events'::regclass"
        while raw.run(waiting, on=writer) == [(0,)]:
            pass
        raw.run("COMMIT", on=writer)
        migration.join()
        assert raw.rows("host_entries", "id") == [("a",)]


@pytest.fixture
def two_schemas(postgres_url: str) -> Iterator[list[str]]:
    """The URLs of two schemas of one database."""
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        for schema in ("one", "two"):
            admin.execute(f"CREATE SCHEMA {schema}")
    urls = [with_search_path(postgres_url, schema) for schema in ("one", "two")]
    for url in urls:
        hostsdb.connect(url).close()
    yield urls


def test_each_schema_wakes_its_own_listeners(two_schemas: list[str]) -> None:
    listeners = [psycopg.connect(url, autocommit=True) for url in two_schemas]
    for listener in listeners:
        listener.execute(load_text("postgres", "listen"))
    with hostsdb.connect(two_schemas[1]) as storage:
        storage.add_host("10.0.0.1", "a.lan")
    assert [len(list(listener.notifies(timeout=0.5, stop_after=1))) for listener in listeners] == [0, 1]
    for listener in listeners:
        listener.close()


def test_consumers_and_migrations_of_two_schemas_do_not_wait_for_each_other(two_schemas: list[str]) -> None:
    one, two = (hostsdb.connect(url) for url in two_schemas)
    migrating, other = (psycopg.connect(url) for url in two_schemas)
    for connection in (migrating, other):
        connection.execute("SET lock_timeout = '2s'")
        connection.execute(load_text("postgres", "lock_migrations"))
    with one.consuming("same"), two.consuming("same") as batch:
        assert batch.events == []
    for opened in (one, two, migrating, other):
        opened.close()


def test_a_lock_of_another_program_does_not_block_a_consumer_for_long(two_schemas: list[str]) -> None:
    with (
        hostsdb.connect(two_schemas[0]) as storage,
        storage.consuming("name"),
        hostsdb.connect(two_schemas[0]) as other,
        pytest.raises(hostsdb.QueryFailed, match="another session has the turn"),
        other.consuming("name", timeout=0.3),
    ):
        pass
    with hostsdb.connect(two_schemas[0]) as storage, storage.consuming("name") as batch:
        assert batch.connection.execute("SHOW lock_timeout").fetchone() == ("0",)


def test_init_uses_the_first_schema_and_never_a_later_one(postgres_url: str) -> None:
    hostsdb.connect(postgres_url).close()
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        admin.execute("CREATE SCHEMA tenant")
    with hostsdb.connect(f"{postgres_url}?options=-csearch_path%3Dtenant,public") as storage:
        storage.add_host("10.0.0.1", "a.lan")
    with hostsdb.connect(postgres_url) as storage:
        assert storage.list_all() == []


def test_only_the_owner_copies(postgres: Raw) -> None:
    ahead = created("a", event_version="7" + "Z" * 25)
    postgres.run("INSERT INTO replica_of (origin) VALUES ('elsewhere')")
    with refused(postgres, "host_events_replica"):
        postgres.insert_event(**created("b"))
    postgres.run("BEGIN")
    postgres.run("SET LOCAL hostsdb.copy = 'on'")
    postgres.insert_event(**ahead)
    postgres.run("CREATE ROLE hostsdb_test_no_owner")
    postgres.run("GRANT INSERT ON host_events TO hostsdb_test_no_owner")
    postgres.run("GRANT USAGE ON SEQUENCE host_events_number TO hostsdb_test_no_owner")
    postgres.run("SET LOCAL ROLE hostsdb_test_no_owner")
    with refused(postgres, "host_events_replica"):
        postgres.insert_event(**created("b"))
    postgres.run("ROLLBACK")
