"""New databases with the schema. The migrations run once in the session on each engine, and the rest are copies."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import hostsdb
from tests.support.postgres_server import PostgresServer, fresh_database


class Migrated:
    """Makes the databases; `stack` drops the first one of PostgreSQL at the end."""

    def __init__(self, server: Callable[[], PostgresServer], folder: Path, stack: ExitStack) -> None:
        self._server = server
        self._folder = folder
        self._stack = stack
        self._first: dict[str, str] = {}

    @contextmanager
    def database(self, engine: str, file: Path) -> Iterator[str]:
        """Give the URL of a new database; on DuckDB and SQLite it is in the file, which must not exist."""
        url = self._first.get(engine) or self._migrate(engine)
        if engine == "postgres":
            with fresh_database(self._server().url, urlsplit(url).path.removeprefix("/")) as copy:
                yield copy
        else:
            shutil.copy(url.removeprefix(f"{engine}:///"), file)
            yield f"{engine}:///{file}"

    def _migrate(self, engine: str) -> str:
        if engine == "postgres":
            url = self._stack.enter_context(fresh_database(self._server().url))
        else:
            url = f"{engine}:///{self._folder}/{engine}"
        hostsdb.connect(url).close()
        return self._first.setdefault(engine, url)
