"""An import into DuckDB runs under a memory limit, and restores the user's."""

import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import pytest

import hostsdb
from hostsdb import QueryFailed, Storage
from hostsdb.engines.duckdb import DuckDBConnection
from hostsdb.formats import HostRecord
from hostsdb.operations.steps import Load, Rows, Statement

HOSTS = [HostRecord(n, f"10.0.{n >> 8}.{n & 255}", f"h{n}", (), None) for n in range(5000)]
LIMIT = "429.1 MiB"  # as DuckDB shows 450 MB


@pytest.fixture
def storage(current_duckdb_url: str) -> Iterator[Storage]:
    with hostsdb.connect(current_duckdb_url) as storage:
        yield storage


def raw(storage: Storage) -> Any:
    return storage._database.engine._connection.raw  # type: ignore[attr-defined]


def limit(storage: Storage) -> str:
    return str(raw(storage).execute("SELECT current_setting('memory_limit')").fetchone()[0])


def at(monkeypatch: pytest.MonkeyPatch, name: str, action: Callable[[Any], None]) -> None:
    """Run an action with the driver's connection before each statement of this name."""
    perform = DuckDBConnection.perform

    def perform_after(self: DuckDBConnection, step: Statement | Load) -> Rows:
        if step.name == name:
            action(self.raw)
        return perform(self, step)

    monkeypatch.setattr(DuckDBConnection, "perform", perform_after)


def limits_at(monkeypatch: pytest.MonkeyPatch, name: str) -> list[str]:
    """Return a list that gets the limit before each statement of this name."""
    seen: list[str] = []
    query = "SELECT current_setting('memory_limit')"
    at(monkeypatch, name, lambda connection: seen.append(connection.execute(query).fetchone()[0]))
    return seen


def fail(error: BaseException) -> Callable[[Any], None]:
    def action(_connection: Any) -> None:
        raise error

    return action


def test_the_limit_applies_to_one_statement(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    former = limit(storage)
    before, during, after = (
        limits_at(monkeypatch, name) for name in ("merge_import", "import_hosts", "commit")
    )
    assert storage.import_hosts(HOSTS).added == len(HOSTS)
    assert during == [LIMIT] and limit(storage) == former
    assert before == [former] and after == [LIMIT]  # it is restored before the engine runs the commit


@pytest.mark.parametrize("error", [QueryFailed("no"), KeyboardInterrupt()])
def test_after_an_error_the_limit_is_restored(
    storage: Storage, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    former = limit(storage)
    with monkeypatch.context() as patched:
        at(patched, "import_hosts", fail(error))
        with pytest.raises(type(error)):
            storage.import_hosts(HOSTS)
    assert limit(storage) == former and storage.count() == 0
    assert storage.import_hosts(HOSTS).added == len(HOSTS)


def test_a_limit_of_the_user_is_kept(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    during = limits_at(monkeypatch, "import_hosts")
    for own in ("256.1 MiB", "953.3 MiB"):
        raw(storage).execute(f"SET memory_limit = '{own[:-4]}7 MiB'")
        storage.import_hosts(HOSTS[:10])
        assert limit(storage) == own
    assert during == ["256.1 MiB", LIMIT]


def test_no_limit_while_another_connection_needs_memory(
    storage: Storage, current_duckdb_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    former, during = limit(storage), limits_at(monkeypatch, "import_hosts")
    with closing(duckdb.connect(current_duckdb_url.removeprefix("duckdb:///"))):
        storage.import_hosts(HOSTS)
    with storage.transaction() as inside:  # no second attempt is possible there
        inside.import_hosts([])
    assert during == [former, former]


def test_without_enough_memory_it_runs_again_without_the_limit(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []

    def lower(connection: Any) -> None:
        seen.append(connection.execute("SELECT count(*) FROM host_events").fetchone()[0])
        if len(seen) == 1:
            ((used,),) = connection.execute("SELECT sum(memory_usage_bytes) FROM duckdb_memory()").fetchall()
            connection.execute(f"SET memory_limit = '{used + 300_000}B'")

    former = limit(storage)
    at(monkeypatch, "import_hosts", lower)
    lines = (record for record in HOSTS)  # read once
    summary = storage.import_hosts(lines)
    assert len(seen) == 2 and (summary.read, summary.added) == (len(HOSTS), len(HOSTS))
    assert limit(storage) == former and storage.count() == len(HOSTS)
    assert raw(storage).execute("SELECT count(*) FROM duckdb_tables() WHERE temporary").fetchone() == (0,)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
def test_only_the_owner_can_read_what_is_written_to_disk(
    current_duckdb_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path(f"{current_duckdb_url.removeprefix('duckdb:///')}.tmp")
    modes: list[int] = []
    at(monkeypatch, "import_hosts", lambda _: modes.append(stat.S_IMODE(folder.stat().st_mode)))
    with hostsdb.connect(current_duckdb_url) as storage:
        storage.import_hosts(HOSTS)
    assert modes == [0o700] and not folder.exists()


@pytest.mark.faults
def test_the_memory_of_a_large_import(current_duckdb_url: str, tmp_path: Path) -> None:
    # Without a limit it takes 900 MiB.
    file = tmp_path / "hosts"
    with file.open("w") as text:
        for n in range(400_000):
            text.write(
                f"10.{n >> 16}.{n >> 8 & 255}.{n & 255} host-{n:07}.example.net h{n}  # a comment {n}\n"
            )
    arguments = ["import", str(file), "--url", current_duckdb_url]
    result = tmp_path / "peak"
    subprocess.run([sys.executable, "-m", "benchmarks.peak", str(result), *arguments], check=True)
    assert int(result.read_text()) < 620 * 2**20
