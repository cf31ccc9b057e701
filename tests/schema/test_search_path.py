"""The schema works in any schema, for writers with any search_path (PostgreSQL)."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.schema.raw import Raw, changed, created, deleted, migrate, refused, version

HOSTILE_PATHS = [
    "",
    "pg_temp",
    "pg_temp, public",
    "evil, pg_catalog",
    "evil, pg_temp, pg_catalog, app",
    "pg_catalog",
]
TEMPORARY = ["host_entries", "host_events", "log_epoch", "new_events"]
EVIL = [
    "CREATE SCHEMA evil",
    "CREATE FUNCTION evil.always(int, int) RETURNS boolean LANGUAGE sql AS 'SELECT false'",
    "CREATE OPERATOR evil.< (LEFTARG = int, RIGHTARG = int, FUNCTION = evil.always)",
    "CREATE FUNCTION evil.pg_trigger_depth() RETURNS int LANGUAGE sql AS 'SELECT 9'",
    "CREATE FUNCTION evil.log_is_restored() RETURNS boolean LANGUAGE sql AS 'SELECT true'",
    "CREATE FUNCTION evil.pg_current_xact_id() RETURNS xid8 LANGUAGE sql AS $$SELECT '1'::xid8$$",
    "CREATE FUNCTION evil.nextval(regclass) RETURNS bigint LANGUAGE sql AS 'SELECT 0::bigint'",
    "CREATE FUNCTION evil.coalesce(text, text) RETURNS text LANGUAGE sql AS $$SELECT 'evil'$$",
    "CREATE FUNCTION evil.substr(text, int) RETURNS text LANGUAGE sql AS $$SELECT 'evil'$$",
]


@pytest.fixture(params=["app", 'Odd "Schema"'])
def app(request: pytest.FixtureRequest, postgres_url: str) -> Iterator[tuple[Raw, str]]:
    """The schema, installed in a schema of its own; and that one's name, quoted."""
    quoted = '"' + str(request.param).replace('"', '""') + '"'
    with closing(Raw("postgres", postgres_url)) as raw:
        raw.run(f"CREATE SCHEMA {quoted}")
        raw.run(f"SET search_path = {quoted}")
        migrate(raw)
        for statement in EVIL:
            raw.run(statement)
        yield raw, quoted


@pytest.mark.parametrize("path", HOSTILE_PATHS)
def test_a_hostile_search_path_catches_nothing(app: tuple[Raw, str], path: str) -> None:
    raw, schema = app
    for table in TEMPORARY:
        like = f"(LIKE {schema}.{table})" if table != "new_events" else "(event_type text)"
        raw.run(f"CREATE TEMPORARY TABLE {table} {like}")
    raw.run(f"SET search_path = {path}" if path else "SELECT set_config('search_path', '', false)")
    for event in (
        created("a"),
        changed("a", "CommentUpdated", 2, comment="x"),
        created("b"),
        deleted("b", 2),
    ):
        insert(raw, schema, event)
    assert raw.run(f"SELECT id, comment FROM {schema}.host_entries") == [("a", "x")]
    for table in TEMPORARY:
        assert raw.run(f"SELECT * FROM pg_temp.{table}") == []
    [(safe,)] = raw.run(
        f"SELECT bool_and(position < {schema}.log_horizon() AND position > 0) FROM {schema}.host_events"
    )
    assert safe
    assert raw.run(f"SELECT id, comment FROM {schema}.host_entries_at('infinity')") == [("a", "x")]


@pytest.mark.parametrize("path", HOSTILE_PATHS)
def test_the_guards_hold_under_a_hostile_search_path(app: tuple[Raw, str], path: str) -> None:
    raw, schema = app
    raw.run(f"SET search_path = {path}" if path else "SELECT set_config('search_path', '', false)")
    insert(raw, schema, created("a"))
    for table, guard in (("host_entries", "host_entries_guard"), ("host_events", "host_events_append_only")):
        for statement in (f"DELETE FROM {schema}.{table}", f"TRUNCATE {schema}.{table} CASCADE"):
            with refused(raw, guard):
                raw.run(statement)
    with refused(raw, "host_events_position_given"):
        insert(raw, schema, created("b", position=7))
    with refused(raw, "host_events_version_is_ulid"):
        insert(raw, schema, created("b", event_version=version(1).lower()))


def insert(raw: Raw, schema: str, event: dict[str, object]) -> None:
    names, values = ", ".join(event), ", ".join("?" * len(event))
    raw.run(f"INSERT INTO {schema}.host_events ({names}) VALUES ({values})", list(event.values()))


def test_every_function_is_pinned_or_bound_when_it_was_created(app: tuple[Raw, str]) -> None:
    raw, schema = app
    functions = raw.run(
        "SELECT p.proname, p.prosqlbody IS NOT NULL, array_to_string(p.proconfig, ';') FROM pg_catalog.pg_proc AS p"
        " WHERE p.pronamespace = ?::regnamespace ORDER BY 1",
        [schema],
    )
    assert len(functions) >= 6
    for name, bound, settings in functions:
        assert bound or (settings or "").startswith("search_path=pg_catalog, "), name
        assert bound or settings.endswith("pg_temp"), name
