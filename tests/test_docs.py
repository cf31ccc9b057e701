"""The pages for administrators and DBAs, run as they are written: ```sh NAME blocks of one name, in order, in a folder.

`tests/cli/test_examples.py` runs the blocks without a name, each in a folder of its own.
"""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from hashlib import md5
from importlib.metadata import entry_points
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest

import hostsdb
from tests.schema.raw import MIGRATIONS
from tests.support.postgres_process import PostgresProcess, postgres_process
from tests.support.postgres_server import fresh_database
from tests.verifying.damage import raw

ROOT = Path(__file__).parent.parent
PAGES = ["getting-started.md", "for-dbas.md", "proof.md", "erasure.md"]
# No shell of DuckDB's version comes with the Python package: its driver runs what the shell would be given.
DUCKDB = """
import sys, duckdb
file, *command = [argument for argument in sys.argv[1:] if argument != "-bail"]
duckdb.connect(file).execute(command[1] if command else sys.stdin.read())
"""
PYTHON = shlex.quote(sys.executable)
FUNCTIONS = f"""
hostsdb() {{ {PYTHON} -m hostsdb "$@"; }}
yoyo() {{ {PYTHON} -m yoyo "$@"; }}
duckdb() {{ {PYTHON} -c {shlex.quote(DUCKDB)} "$@"; }}
"""
NEEDS = {
    "proof": ["sqlite3"],
    "signed": ["openssl"],
    "sqlite": ["sqlite3"],
    "names": ["dnsmasq", "unbound-checkconf"],
}


def groups(page: str) -> dict[str, list[str]]:
    """Give a page's blocks of shell text by their name."""
    found: dict[str, list[str]] = {}
    for name, text in re.findall(
        r"^```sh (\w+)\n(.*?)^```$", (ROOT / "docs" / page).read_text(), re.M | re.S
    ):
        found.setdefault(name, []).append(text)
    return found


ALL = [(page, name) for page in PAGES for name in groups(page)]


@pytest.fixture(scope="module")
def clusters() -> Iterator[list[PostgresProcess]]:
    """A cluster, and another one to restore into, with the programs of the same version."""
    with postgres_process() as one, postgres_process() as other:
        yield [one, other]


@pytest.mark.faults  # two minutes
@pytest.mark.parametrize(("page", "name"), [a for a in ALL if a[1] != "root"], ids=lambda value: value)
def test_blocks(page: str, name: str, tmp_path: Path, clusters: list[PostgresProcess]) -> None:
    path = f"{clusters[0].binaries}/bin:{os.environ['PATH']}:/usr/sbin"
    missing = [program for program in NEEDS.get(name, []) if not shutil.which(program, path=path)]
    if missing:
        pytest.skip(f"{', '.join(missing)} not installed here")
    if name == "yoyo" and not entry_points(group="yoyo.backends", name="duckdb"):
        pytest.skip("hostsdb is not installed here, so yoyo cannot find its DuckDB backend")
    (tmp_path / "hosts").write_text("127.0.0.1 localhost\n192.168.1.10 nas.lan nas # disks\n")
    (tmp_path / "migrations").symlink_to(MIGRATIONS)
    text = "\n".join(groups(page)[name]).replace("/etc/hosts", "hosts")
    with fresh_database(clusters[0].url) as url, fresh_database(clusters[1].url) as other:
        text = text.replace("hostsdb_hosts_public_", f"{role_prefix(url)}_")
        text = text.replace("postgres://me@localhost/hosts", url).replace("postgres://me@other/hosts", other)
        run(
            text.replace("postgresql+psycopg://me@localhost/hosts", url.replace("s:", "sql+psycopg:", 1)),
            tmp_path,
            path,
        )


def role_prefix(url: str) -> str:
    """Return the beginning of the names of the roles: the test's database has a long name."""
    return f"hostsdb_{md5(f'{urlsplit(url).path[1:]}.public'.encode()).hexdigest()}"


def run(text: str, folder: Path, path: str) -> str:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("HOSTSDB_URL")}
    environment |= {"PATH": path, "PYTHONPATH": str(ROOT), "PSQLRC": os.devnull}
    done = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", FUNCTIONS + text],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, f"{text}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.mark.parametrize(("page", "name"), [a for a in ALL if a[1] == "root"], ids=lambda value: value)
def test_what_only_root_may_do_is_good_shell(page: str, name: str) -> None:
    for text in groups(page)[name]:
        subprocess.run(["bash", "-n", "-c", text], check=True)


@pytest.mark.parametrize("unit", sorted(file.name for file in (ROOT / "examples").glob("hostsdb-*.*")))
def test_a_unit_is_good(unit: str) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not installed here")
    done = subprocess.run(
        ["systemd-analyze", "verify", ROOT / "examples" / unit], check=False, capture_output=True, text=True
    )
    words = [line for line in done.stderr.splitlines() if unit.partition(".")[0] in line]
    assert [
        line for line in words if "is not executable" not in line
    ] == []  # hostsdb is not in /usr/local/bin


@pytest.mark.parametrize("engine", ["postgres", "duckdb"])
def test_the_sql_that_erases(engine: str, request: pytest.FixtureRequest) -> None:
    url = request.getfixturevalue(f"current_{engine}_url")
    page = (ROOT / "docs" / "erasure.md").read_text()
    (statements,) = re.findall(r"^```sql postgres duckdb\n(.*?)^```$", page, re.M | re.S)
    with hostsdb.connect(url) as storage:
        host = storage.add_host("10.0.0.1", "nas.lan", comment="x" * 200, aliases=["n.lan"])
        storage.delete_host(host.id)
        before = storage.checkpoint()
    with raw(url) as connection:
        connection.execute(statements.replace("HOST_ID", host.id))
    with hostsdb.connect(url) as storage:
        assert storage.load_events(host.id) == []
        assert storage.verify(before) == [] and storage.checkpoint() == before
        assert [erasure.aggregate_id for erasure in storage.list_erasures()] == [host.id]


def test_the_tests_of_an_application(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "for-applications.md").read_text()
    files = dict(re.findall(r"^```python (\w+\.py)\n(.*?)^```$", page, re.M | re.S))
    assert set(files) == {"conftest.py", "test_hosts.py"}
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", tmp_path, tmp_path],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0 and "1 passed" in done.stdout, done.stdout + done.stderr


def python_blocks(page: str) -> dict[str, str]:
    """Give a page's blocks of Python by their name."""
    text = (ROOT / "docs" / page).read_text()
    return dict(re.findall(r"^```python ([\w.]+)\n(.*?)^```$", text, re.M | re.S))


def test_the_hooks_of_gunicorn(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOSTSDB_URL", sqlite_url)
    hooks: dict[str, Any] = {}
    exec(python_blocks("processes.md")["gunicorn.conf.py"], hooks)
    worker = SimpleNamespace()
    hooks["post_fork"](None, worker)
    assert worker.storage.list_all() == []
    hooks["worker_exit"](None, worker)
    with pytest.raises(hostsdb.ConnectionFailed, match="closed"):
        worker.storage.list_all()


def test_the_signals_of_celery(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    handlers: list[Any] = []
    signal = SimpleNamespace(connect=handlers.append)
    signals = SimpleNamespace(worker_process_init=signal, worker_process_shutdown=signal)
    monkeypatch.setitem(sys.modules, "celery", SimpleNamespace(signals=signals))
    monkeypatch.setitem(sys.modules, "celery.signals", signals)
    module: dict[str, Any] = {}
    code = python_blocks("processes.md")["celery"]
    exec(code.replace("postgres://me@localhost/hosts", sqlite_url), module)
    handlers[0](sender=None)
    assert module["storage"].list_all() == []
    handlers[1](sender=None)


def test_asyncio_on_windows(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(main: Any, loop_factory: Any) -> None:  # as asyncio.run of Python 3.12
        with asyncio.Runner(loop_factory=loop_factory) as runner:
            runner.run(main)

    monkeypatch.setattr(asyncio, "run", run)
    exec(python_blocks("platforms.md")["windows"].replace("postgres://me@localhost/hosts", postgres_url), {})


@pytest.mark.parametrize(
    "page", sorted((ROOT / "docs" / "decisions").glob("*.md")), ids=lambda page: page.stem
)
def test_a_decision_names_files_that_are_there(page: Path) -> None:
    text = page.read_text()
    named = re.findall(r"`((?:tests|hostsdb|sql|migrations)/[\w./-]+)`", text)
    assert [path for path in named if not (ROOT / path).exists()] == []
    assert page.stem == "README" or any(path.startswith("tests/") for path in named)
    assert page.stem == "README" or f"({page.name})" in (page.parent / "README.md").read_text()
