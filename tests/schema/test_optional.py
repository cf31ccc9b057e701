"""A migration that only a newer PostgreSQL can run is optional: `init` applies it, and no application waits for it."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

import hostsdb
from hostsdb.cli.commands.check import adopt_command, check_command
from hostsdb.cli.commands.schema import init_command, status_command
from hostsdb.schema import catalogue, files
from hostsdb.schema.catalogue import read_expected, run_file
from hostsdb.schema.files import migrations_for
from hostsdb.sql_files import resource_folder
from tests.schema.commands import check, execute, initialize, run

OPTIONAL = "0004_faster_view"
CHANGE = "ALTER VIEW host_entries_history SET (security_barrier = true);\n"
UNDO = "ALTER VIEW host_entries_history RESET (security_barrier);\n"


@pytest.fixture
def newer_server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """From now on the server counts as a newer one, for which there is an optional migration."""
    own = resource_folder("migrations") / "postgres"
    (tmp_path / "postgres").symlink_to(str(own))
    (tmp_path / "newer").mkdir()
    (tmp_path / "newer" / f"{OPTIONAL}.sql").write_text(CHANGE)
    (tmp_path / "newer" / f"{OPTIONAL}.rollback.sql").write_text(UNDO)
    view = "view host_entries_history"
    expected = read_expected()
    before = next(changes[view] for changes in expected.values() if view in changes)
    assert isinstance(before, list)
    with_it: dict[str, dict[str, str | list[str] | None]] = {}
    for id, changes in expected.items():
        with_it[id] = changes
        if id.startswith("0004"):
            with_it[OPTIONAL] = {view: [*before, "security_barrier=true"]}
    with monkeypatch.context() as patch:
        patch.setattr(files, "resource_folder", lambda name: tmp_path)
        patch.setattr(files, "_EXTRA_FOLDERS", {"postgres": {15: "newer"}})
        patch.setattr(files, "_FEATURE_FOLDERS", {"dns": {}})
        patch.setattr(catalogue, "read_expected", lambda: with_it)
        migrations_for.cache_clear()
        yield
    migrations_for.cache_clear()


def restored(request: pytest.FixtureRequest, url: str) -> str:
    """Initialise a database on the older server, and then make the server a newer one: as dump and restore do."""
    with pytest.MonkeyPatch.context() as older_server:
        older_server.setattr(files, "_EXTRA_FOLDERS", {})
        migrations_for.cache_clear()
        initialize(url)
    request.getfixturevalue("newer_server")
    return url


@pytest.fixture
def url(request: pytest.FixtureRequest, postgres_url: str) -> str:
    """The URL of a database that was restored from an older server."""
    return restored(request, postgres_url)


def test_no_application_waits_for_it(url: str) -> None:
    with hostsdb.connect(url) as storage:
        assert storage.initialize() == []
        storage.add_host("10.0.0.1", "nas.lan")
    found = check(url, 0)
    assert (found["state"], found["pending"], found["optional"]) == ("current", [], [OPTIONAL])
    assert run(check_command, url).stdout == f"optional {OPTIONAL}\nthe schema is current\n"
    assert f"\noptional {OPTIONAL}\n" in run(status_command, url).stdout


def test_init_applies_it(url: str) -> None:
    assert run(init_command, url).stdout == f"applied {OPTIONAL}\n"
    assert check(url, 0)["optional"] == []
    execute(url, UNDO)
    assert check(url, 4)["differences"][0].startswith("view host_entries_history differs")


@pytest.mark.usefixtures("newer_server")
def test_a_new_database_gets_it(postgres_url: str) -> None:
    with hostsdb.connect(postgres_url, initialize=False) as storage:
        assert OPTIONAL in storage.initialize()
    assert check(postgres_url, 0)["optional"] == []


def test_it_is_not_applied_after_a_newer_migration(url: str) -> None:
    execute(url, "INSERT INTO _yoyo_migration (migration_hash, migration_id) VALUES ('x', '0099_later')")
    execute(url, "CREATE TABLE IF NOT EXISTS compatible_migrations (migration_id text PRIMARY KEY)")
    execute(url, "INSERT INTO compatible_migrations VALUES ('0099_later')")
    assert run(init_command, url).stdout == "the schema is current\n"


@pytest.mark.usefixtures("newer_server")
@pytest.mark.parametrize("with_it", [True, False])
def test_adopt_a_schema_with_it_or_without_it(postgres_url: str, with_it: bool) -> None:
    created = [m for m in migrations_for("postgres", 15) if with_it or not m.optional]
    with psycopg.connect(postgres_url) as connection:
        for migration in created:
            run_file("postgres", connection, migration)
    assert run(adopt_command, postgres_url).stdout.splitlines() == [f"adopted {m.id}" for m in created]
    assert check(postgres_url, 0)["optional"] == ([] if with_it else [OPTIONAL])
