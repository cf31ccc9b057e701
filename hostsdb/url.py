"""Connection URLs: which engine, where, and how its pool is set up."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import quote, unquote, unquote_to_bytes

from hostsdb.errors import InvalidConnectionString, escaped

DEFAULT_URL = "sqlite:///hosts.db"

Dialect = Literal["postgres", "duckdb", "sqlite"]
_DIALECTS: dict[str, Dialect] = {
    "postgres": "postgres",
    "postgresql": "postgres",
    "duckdb": "duckdb",
    "sqlite": "sqlite",
}


@dataclass(frozen=True, slots=True)
class PoolSettings:
    """The pool of a PostgreSQL storage: numbers of connections, times in seconds."""

    min_connections: int = 1
    max_connections: int = 10
    acquire_timeout: float = 30
    idle_timeout: float = 600


@dataclass(frozen=True, slots=True)
class DatabaseUrl:
    """A connection URL, understood. Its repr has no password.

    Attributes:
        dialect: which engine.
        path: the file of an embedded engine, or `:memory:`; empty on PostgreSQL.
        conninfo: what libpq connects with, a URI without the pool's parameters; empty on embedded engines.
        pool: the pool's settings, PostgreSQL only.
    """

    dialect: Dialect
    path: str = ""
    conninfo: str = field(default="", repr=False)
    pool: PoolSettings = PoolSettings()


def parse_url(url: str | None = None) -> DatabaseUrl:
    """Read a connection URL.

    Arguments:
        url: `sqlite:///relative`, `sqlite:////absolute`, `sqlite://:memory:`, the same with `duckdb:`, or
            `postgres://user:password@host:5432/dbname?sslmode=require&max_connections=5`; None takes
            HOSTSDB_URL, else `sqlite:///hosts.db`.
    Raises:
        InvalidConnectionString: it is none of these; the message says what is wrong, never the password.
    """
    url = url if url is not None else os.environ.get("HOSTSDB_URL") or DEFAULT_URL
    scheme, separator, rest = url.partition("://")
    dialect = _DIALECTS.get(scheme.lower())
    if not separator or dialect is None:
        # Without a scheme, anything may stand in the text, a password too: it is not repeated.
        shown = f'"{escaped(scheme)}://"' if separator and scheme.isalnum() else "a text without one"
        raise InvalidConnectionString(
            f"a connection URL begins with postgres://, duckdb:// or sqlite://, not with {shown}"
        )
    if "\0" in unquote(url) or not _is_unicode(url):
        raise InvalidConnectionString("a connection URL is Unicode text without NUL characters")
    return _postgres_url(rest) if dialect == "postgres" else _file_url(dialect, rest)


def _file_url(dialect: Dialect, rest: str) -> DatabaseUrl:
    if rest == ":memory:" or rest == "/:memory:":
        return DatabaseUrl(dialect, path=":memory:")
    location, mark, _ = rest.partition("?")
    if mark:
        raise InvalidConnectionString(f"{dialect} URLs have no parameters; write a ? in a file's name as %3F")
    if not location.startswith("/") or location == "/":
        raise InvalidConnectionString(
            f"a file stands after three slashes: {dialect}:///hosts.db, or four for an absolute path"
        )
    return DatabaseUrl(dialect, path=unquote(location[1:]))


def _postgres_url(rest: str) -> DatabaseUrl:
    location, _, query = rest.partition("?")
    authority, slash, database = location.partition("/")
    credentials, at, hosts = authority.rpartition("@")
    if "@" in database or ("@" in query and not slash):
        # A password with a / or a ?: libpq would take pieces of it for a host, and print them in its errors.
        raise InvalidConnectionString(
            "write / and ? in a user name or password as %2F and %3F, and @ in a database's name as %40"
        )
    if not all(map(_HOST.fullmatch, hosts.split(","))):
        raise InvalidConnectionString(
            "a server is written host, host:port or [IPv6 address]:port, more with commas"
        )
    user, colon, password = credentials.partition(":")
    parameters = [_parameter(text) for text in query.split("&")] if query else []
    pool = _pool_settings({name: value for name, value in parameters if name in _POOL_PARAMETERS})
    others = "&".join(
        f"{_quoted(name)}={_quoted(value)}" for name, value in parameters if name not in _POOL_PARAMETERS
    )
    conninfo = f"postgresql://{_quoted(user)}{colon}{_quoted(password)}{at}{hosts}{slash}{_quoted(database)}"
    return DatabaseUrl("postgres", conninfo=conninfo + (others and f"?{others}"), pool=pool)


def _parameter(text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not separator or not name:
        raise InvalidConnectionString("parameters stand after a ? as name=value&name=value")
    return (unquote(name), unquote(value)) if name in _POOL_PARAMETERS else (name, value)


def _quoted(text: str) -> str:
    """Return a piece of a URL so that libpq has nothing to complain of, for it would print it."""
    return quote(unquote_to_bytes(text), safe="")


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


# Whatever else libpq finds there it refuses, and prints the whole URL.
_HOST = re.compile(r"(?:\[[^\[\]]+\]|[^\[\]:]*)(?::[0-9]*)?")
_POOL_PARAMETERS = {
    "min_connections": int,
    "max_connections": int,
    "acquire_timeout": float,
    "idle_timeout": float,
}


def _pool_settings(given: dict[str, str]) -> PoolSettings:
    values: dict[str, float] = {}
    for name, text in given.items():
        try:
            values[name] = _POOL_PARAMETERS[name](text)
        except ValueError:
            values[name] = -1
        if not 0 <= values[name] < 2**31 or (values[name] == 0 and name != "min_connections"):
            raise InvalidConnectionString(f'{name}="{escaped(text)}": a positive number belongs there')
    pool = PoolSettings(**values)  # type: ignore[arg-type]  # each value has the type of its field
    if pool.min_connections > pool.max_connections:
        raise InvalidConnectionString(
            f"min_connections={pool.min_connections} is above max_connections={pool.max_connections}"
        )
    return pool
