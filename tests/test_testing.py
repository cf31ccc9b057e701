"""hostsdb.testing gives a user's tests a fresh database each, on the engine that they name, and leaves nothing."""

import asyncio
import subprocess
import sys
import tempfile
from pathlib import Path

import psycopg
import pytest

import hostsdb
from hostsdb.testing import fresh_storage, fresh_storage_async, fresh_url

pytest_plugins = ["pytester"]

A_USERS_TESTS = """
import hostsdb

def test_one(hostsdb_storage):
    assert hostsdb_storage.backend_name == {backend!r}
    hostsdb_storage.add_host("10.0.0.1", "one")
    assert [entry.hostname for entry in hostsdb_storage.list_all()] == ["one"]

def test_the_next_sees_nothing_of_it(hostsdb_storage):
    assert hostsdb_storage.list_all() == []

def test_an_application_connects_to_the_same_database(hostsdb_storage, hostsdb_url):
    with hostsdb.connect(hostsdb_url) as application:
        application.add_host("10.0.0.2", "two")
    assert [entry.hostname for entry in hostsdb_storage.list_all()] == ["two"]
"""


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files, empty."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture(params=["postgres", "duckdb", "sqlite"])
def engine(request: pytest.FixtureRequest) -> str:
    """What HOSTSDB_TEST_URL may say."""
    if request.param == "postgres":
        return str(request.getfixturevalue("postgres_url"))
    return f"{request.param}://:memory:"


def databases(server: str) -> set[str]:
    with psycopg.connect(server) as connection:
        return {name for (name,) in connection.execute("SELECT datname FROM pg_database")}


@pytest.mark.faults  # takes many seconds
def test_fixtures_in_a_users_suite(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, engine: str
) -> None:
    monkeypatch.setenv("HOSTSDB_TEST_URL", engine)
    monkeypatch.setenv("PYTHONPATH", str(Path(hostsdb.__file__).parent.parent))
    backend = engine.partition(":")[0]
    pytester.makeconftest('pytest_plugins = ["hostsdb.testing"]')
    pytester.makepyfile(A_USERS_TESTS.format(backend=backend))
    # A process of its own: in this one, hostsdb.testing has been imported as a module.
    done = pytester.runpytest_subprocess("-W", "error", "-p", "no:asyncio")
    done.assert_outcomes(passed=3)


def test_the_database_goes_when_the_test_does(engine: str, temporary: Path, postgres_url: str) -> None:
    before = databases(postgres_url)
    with fresh_url(engine) as url:
        lingering = hostsdb.connect(url)  # a client that does not close
        lingering.add_host("10.0.0.1", "one")
        assert (
            url.startswith("postgres")
            == (databases(postgres_url) > before)
            != bool(list(temporary.iterdir()))
        )
    lingering.close()
    assert databases(postgres_url) == before and list(temporary.iterdir()) == []


def test_the_database_goes_when_the_test_fails(engine: str, temporary: Path, postgres_url: str) -> None:
    before = databases(postgres_url)
    with pytest.raises(ZeroDivisionError), fresh_storage(engine) as storage:
        storage.add_host("10.0.0.1", str(1 / 0))
    assert databases(postgres_url) == before and list(temporary.iterdir()) == []


def test_asyncio(engine: str) -> None:
    async def main() -> list[hostsdb.HostEntry]:
        async with fresh_storage_async(engine) as storage:
            await storage.add_host("10.0.0.1", "one")
            return await storage.list_all()

    assert [entry.hostname for entry in asyncio.run(main())] == ["one"]


@pytest.mark.parametrize("dialect", ["sqlite", "duckdb"])
def test_a_file_that_the_url_names_is_left_alone(dialect: str, tmp_path: Path) -> None:
    mine = f"{dialect}:///{tmp_path}/mine.db"
    with hostsdb.connect(mine) as storage:
        storage.add_host("10.0.0.1", "precious")
    with fresh_storage(mine) as storage:
        assert storage.list_all() == []
        storage.add_host("10.0.0.2", "passing")
    with hostsdb.connect(mine) as storage:
        assert [entry.hostname for entry in storage.list_all()] == ["precious"]


def test_sqlite_unless_something_else_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("HOSTSDB_TEST_URL", raising=False)
    monkeypatch.setenv("HOSTSDB_URL", f"duckdb:///{tmp_path}/production.duckdb")
    with fresh_storage() as storage:
        assert storage.backend_name == "sqlite"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("parameter", ["dbname=postgres", "read_url=postgres://replica/d"])
def test_a_url_in_which_a_new_database_has_no_place(parameter: str) -> None:
    with pytest.raises(hostsdb.InvalidConnectionString, match="must not contain dbname= or read_url="):
        fresh_url(f"postgres://nobody:hush@h/d?{parameter}").__enter__()


def test_a_server_that_refuses_says_why(postgres_url: str) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("CREATE ROLE hostsdb_test_poor LOGIN PASSWORD 'hush'")
        server = f"{connection.info.host}:{connection.info.port}/{connection.info.dbname}"
        try:
            with pytest.raises(
                hostsdb.QueryFailed, match="permission denied to create database; ask"
            ) as caught:
                fresh_url(f"postgres://hostsdb_test_poor:hush@{server}").__enter__()
            assert "hush" not in str(caught.value)
        finally:
            connection.execute("DROP ROLE hostsdb_test_poor")


@pytest.mark.parametrize(("missing", "url"), [("pytest", "sqlite://:memory:"), ("psycopg", "postgres://h/d")])
def test_without_pytest_and_without_the_driver(missing: str, url: str) -> None:
    program = f"""
import sys
sys.modules[{missing!r}] = None  # stands for one that is not installed
import hostsdb
from hostsdb.testing import fresh_storage
try:
    with fresh_storage({url!r}) as storage:
        print(storage.backend_name)
except hostsdb.ConnectionFailed as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True)
    wanted = (
        "sqlite\n"
        if missing == "pytest"
        else "PostgreSQL needs its driver: pip install 'hostsdb[postgres]'\n"
    )
    assert (done.stdout, done.stderr) == (wanted, "")
