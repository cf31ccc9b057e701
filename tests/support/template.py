"""New databases with the schema. The migrations run once in the session on each engine, and the rest are copies."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import hostsdb
from hostsdb import Storage
from tests.support.postgres_server import PostgresServer, fresh_database

Fill = Callable[[Storage], object]


class Template:
    """A database of each engine, made when it is needed; `stack` drops the one on PostgreSQL at the end."""

    def __init__(
        self, server: Callable[[], PostgresServer], folder: Path, stack: ExitStack, fill: Fill
    ) -> None:
        self._server = server
        self._folder = folder
        self._stack = stack
        self._fill = fill
        self._made: dict[str, str] = {}

    @contextmanager
    def copied(self, engine: str, file: Path) -> Iterator[str]:
        """Give the URL of a new database; on DuckDB and SQLite it is in the file, which must not exist."""
        url = self._made.get(engine) or self._make(engine)
        if engine == "postgres":
            with fresh_database(self._server().url, urlsplit(url).path.removeprefix("/")) as copy:
                yield copy
        else:
            shutil.copy(url.removeprefix(f"{engine}:///"), file)
            yield f"{engine}:///{file}"

    def _make(self, engine: str) -> str:
        if engine == "postgres":
            url = self._stack.enter_context(fresh_database(self._server().url))
        else:
            url = f"{engine}:///{self._folder}/{engine}"
        with hostsdb.connect(url) as storage:
            self._fill(storage)
        return self._made.setdefault(engine, url)
