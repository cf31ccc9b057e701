"""The databases of one run: built when first asked for, durability on, and gone at the end."""

from __future__ import annotations

import itertools
import os
import shutil
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

import duckdb
import psycopg

import hostsdb
from benchmarks import raw, straightforward
from benchmarks.data import Shape, build
from tests.support.postgres_process import postgres_process

ENGINES = ("postgres", "sqlite", "duckdb")


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is measured; `scaled` makes it small for a trial."""

    hosts: int = 100_000
    events: int = 10
    few: int = 1_000
    some: int = 10_000
    many_events: int = 50
    lines: int = 1_000_000
    rounds: int = 7
    calls: int = 400
    clients: int = 8
    seconds: float = 0.7
    chain: int = 10_000

    def scaled(self, scale: float) -> Sizes:
        """Return these sizes times a factor at most 1; few rounds where it is below."""
        if scale >= 1:
            return self
        return Sizes(
            hosts=max(200, round(self.hosts * scale)),
            few=max(100, round(self.few * scale)),
            some=max(150, round(self.some * scale)),
            lines=max(1_000, round(self.lines * scale)),
            rounds=3,
            calls=50,
            seconds=0.3,
            chain=max(100, round(self.chain * scale)),
        )

    @property
    def large(self) -> Shape:
        """The database that most bars are about."""
        return Shape(self.hosts, self.events)

    @property
    def series(self) -> list[Shape]:
        """The databases of growing size for the charts."""
        return [Shape(hosts, self.events) for hosts in (self.few, self.some, self.hosts)]


@dataclass
class Databases:
    """Lends databases by URL. A `with` block ends the server and deletes everything."""

    sizes: Sizes
    _stack: ExitStack = field(default_factory=ExitStack)
    _built: dict[tuple[str, Shape], str] = field(default_factory=dict)
    _straight: set[str] = field(default_factory=set)
    _numbers: Any = field(default_factory=itertools.count)

    def __enter__(self) -> Databases:
        self.folder = Path(self._stack.enter_context(TemporaryDirectory(prefix="hostsdb-bench-")))
        self._server = self._stack.enter_context(postgres_process(fsync=True)).url
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def built(self, engine: str, shape: Shape) -> str:
        """Return the URL of the database of this shape; every bar shares it, so leave it about as it is."""
        if (engine, shape) not in self._built:
            url = self.empty(engine)
            build(url, shape)
            self._built[engine, shape] = url
        return self._built[engine, shape]

    def straight(self, engine: str, shape: Shape) -> str:
        """Return the same, with the straightforward design beside hostsdb's tables, holding the same events."""
        url = self.built(engine, shape)
        if url not in self._straight:
            self._straight.add(url)
            with raw.connected(url) as connection:
                for statement in straightforward.SCHEMA[engine]:
                    connection.execute(statement)
        return url

    def empty(self, engine: str, *, schema: bool = False) -> str:
        """Return the URL of a new database, with hostsdb's schema or with nothing."""
        name = f"bench_{next(self._numbers)}"
        url = f"{engine}:///{self.folder}/{name}"
        if engine == "postgres":
            with psycopg.connect(self._server, autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE {name} TEMPLATE template0 STRATEGY file_copy")
            url = urlsplit(self._server)._replace(path=f"/{name}").geturl()
        if schema:
            hostsdb.connect(url).close()
        return url

    def copied(self, url: str) -> str:
        """Return the URL of a copy of a DuckDB file, for a bar that changes the schema."""
        copy = self.empty("duckdb")
        source, target = raw.path(url), raw.path(copy)
        with duckdb.connect(source) as connection:
            connection.execute("CHECKPOINT")
        shutil.copyfile(source, target)
        return copy

    def drop(self, url: str) -> None:
        """Delete a database before the end, to free the disk."""
        if url.startswith("postgres"):
            with psycopg.connect(self._server, autocommit=True) as connection:
                connection.execute(f"DROP DATABASE {urlsplit(url).path[1:]} WITH (FORCE)")
            return
        for ending in ("", "-wal", "-shm", ".wal"):
            if os.path.exists(raw.path(url) + ending):
                os.unlink(raw.path(url) + ending)
