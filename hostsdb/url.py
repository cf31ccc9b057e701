"""Connection URLs: the engine, the location, the settings of the pool."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal, get_args
from urllib.parse import quote, unquote, unquote_to_bytes

from hostsdb.errors import InvalidConnectionString, escaped

DEFAULT_URL = "sqlite:///hosts.db"

Dialect = Literal["postgres", "duckdb", "sqlite"]
_DIALECTS: dict[str, Dialect] = {kind: kind for kind in get_args(Dialect)} | {"postgresql": "postgres"}


@dataclass(frozen=True, slots=True)
class PoolSettings:
    """The pool of a PostgreSQL storage: numbers of connections, timeouts in seconds.

    `prepare_threshold`: after how many executions psycopg prepares a statement; 0: at the first; None: never, for a
    pooler in transaction mode.
    """

    min_connections: int = 1
    max_connections: int = 10
    acquire_timeout: float = 30
    idle_timeout: float = 600
    prepare_threshold: int | None = 5  # psycopg's own default


@dataclass(frozen=True, slots=True)
class DatabaseUrl:
    """A parsed connection URL. Its repr has no password.

    Attributes:
        dialect: the engine.
        path: the file of an embedded engine, or `:memory:`; empty for PostgreSQL.
        conninfo: the URI for libpq, without the pool's parameters; empty for embedded engines.
        pool: the pool's settings, for PostgreSQL only.
        has_many_hosts: whether the URL names several servers.
        read: the URL of a standby for reads of the projection.
    """

    dialect: Dialect
    path: str = ""
    conninfo: str = field(default="", repr=False)
    pool: PoolSettings = PoolSettings()
    has_many_hosts: bool = False
    read: DatabaseUrl | None = None

    @property
    def place(self) -> str:
        """The file, or the servers and the database, without user and password."""
        if self.dialect != "postgres":
            return self.path
        return unquote(self.conninfo.partition("?")[0].removeprefix("postgresql://").rpartition("@")[2])


def parse_url(url: str | None = None, read_url: str | None = None) -> DatabaseUrl:
    """Parse a connection URL.

    Arguments:
        url: `sqlite:///relative`, `sqlite:////absolute`, `sqlite://:memory:`, the same with `duckdb:`, or
            `postgres://user:password@host:5432/dbname?sslmode=require&max_connections=5`; None takes
            HOSTSDB_URL, or the first line of the file HOSTSDB_URL_FILE, else `sqlite:///hosts.db`.
        read_url: the URL of a PostgreSQL standby. It may also be the parameter read_url of the URL, percent-encoded.
    Raises:
        InvalidConnectionString: the URL is invalid. The message never contains the password.
    """
    parsed = _parse(url)
    if read_url is None:
        return parsed
    if parsed.dialect != "postgres":
        raise InvalidConnectionString(
            f"read_url is the URL of a PostgreSQL standby; {parsed.dialect} has none"
        )
    return replace(parsed, read=_standby(read_url))


def _parse(url: str | None, *, standby: bool = False) -> DatabaseUrl:
    url = url if url is not None else environment_url() or DEFAULT_URL
    scheme, separator, rest = url.partition("://")
    dialect = _DIALECTS.get(scheme.lower())
    if not separator or dialect is None:
        if separator and scheme.lower().startswith(("postgresql+", "postgres+")):
            raise InvalidConnectionString(
                "this is a URL of SQLAlchemy; hostsdb always uses psycopg, so begin the URL with postgresql://"
            )
        # Without a scheme the text may contain anything, such as a password. It is not repeated.
        shown = f', not with "{escaped(scheme)}://"' if separator and scheme.isalnum() else ""
        raise InvalidConnectionString(
            f"a connection URL must begin with postgres://, duckdb:// or sqlite://{shown}"
        )
    if _NO_TEXT.search(unquote(url)):
        raise InvalidConnectionString("a connection URL must be Unicode text without NUL characters")
    return _postgres_url(rest, standby) if dialect == "postgres" else _file_url(dialect, rest)


def _file_url(dialect: Dialect, rest: str) -> DatabaseUrl:
    if rest == ":memory:" or rest == "/:memory:":
        return DatabaseUrl(dialect, path=":memory:")
    location, mark, _ = rest.partition("?")
    if mark:
        raise InvalidConnectionString(f"a {dialect} URL has no parameters; write ? in a file name as %3F")
    if not location.startswith("/") or location == "/":
        raise InvalidConnectionString(
            f"write a file after three slashes: {dialect}:///hosts.db, or after four for an absolute path"
        )
    return DatabaseUrl(dialect, path=unquote(location[1:]))


def _postgres_url(rest: str, standby: bool) -> DatabaseUrl:
    location, _, query = rest.partition("?")
    authority, slash, database = location.partition("/")
    credentials, at, hosts = authority.rpartition("@")
    if "@" in database or ("@" in query and not slash):
        # A password with / or ?: libpq would take a part of it for the host, and print it in its errors.
        raise InvalidConnectionString(
            "write / and ? in a user name or password as %2F and %3F, and @ in a database name as %40"
        )
    if not all(map(_HOST.fullmatch, hosts.split(","))):
        raise InvalidConnectionString(
            "write a server as host, host:port or [IPv6 address]:port, several with commas"
        )
    user, colon, password = credentials.partition(":")
    parameters = [_parameter(text) for text in query.split("&")] if query else []
    ours = _STANDBY_DEFAULTS if standby else {}
    ours = ours | {name: value for name, value in parameters if name in _OURS}
    libpq = {name: value for name, value in parameters if name not in _OURS}
    if not re.fullmatch("[0-9,]*", libpq.get("port", "")):
        raise InvalidConnectionString("the parameter port must be a number, or several with commas")
    many = any("," in unquote(text) for text in (hosts, libpq.get("host", ""), libpq.get("hostaddr", "")))
    if many and not standby:
        libpq.setdefault("target_session_attrs", "read-write")  # the current primary
    read_url = ours.pop("read_url", None)
    others = "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in libpq.items())
    conninfo = f"postgresql://{_quoted(user)}{colon}{_quoted(password)}{at}{hosts}{slash}{_quoted(database)}"
    return DatabaseUrl(
        "postgres",
        conninfo=conninfo + (others and f"?{others}"),
        pool=_pool_settings(ours, shown="@" not in query),
        has_many_hosts=many,
        read=None if read_url is None else _standby(read_url),
    )


def _standby(read_url: str) -> DatabaseUrl:
    parsed = _parse(read_url, standby=True)
    if parsed.dialect != "postgres" or parsed.read is not None:
        raise InvalidConnectionString(
            "read_url must be the URL of a PostgreSQL standby, without another read_url"
        )
    return parsed


def _parameter(text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not separator or not name:
        raise InvalidConnectionString("write parameters after a ? as name=value&name=value")
    return (name, unquote(value)) if name in _OURS else (name, value)


def _quoted(text: str) -> str:
    """Quote a part of a URL, so that libpq never prints it in an error."""
    return quote(unquote_to_bytes(text), safe="")


_NO_TEXT = re.compile("[\0\ud800-\udfff]")
# libpq refuses anything else, and prints the whole URL.
_HOST = re.compile(r"(?:\[[^\[\]]+\]|[^\[\]:]*)(?::[0-9]*)?")
_POOL_PARAMETERS: dict[str, Callable[[str], float | None]] = {
    "min_connections": int,
    "max_connections": int,
    "acquire_timeout": float,
    "idle_timeout": float,
    "prepare_threshold": lambda text: None if text == "none" else int(text),
}
_OURS = {*_POOL_PARAMETERS, "read_url"}
# A short timeout: the primary can answer in place of the standby.
_STANDBY_DEFAULTS = {"acquire_timeout": "2"}
_MAY_BE_ZERO = {"min_connections", "prepare_threshold"}


def _setting(name: str, text: str, shown: bool) -> float | None:
    try:
        value = _POOL_PARAMETERS[name](text)
    except ValueError:
        value = -1
    if value is not None and (not 0 <= value < 2**31 or (value == 0 and name not in _MAY_BE_ZERO)):
        wanted = "0, a positive number or none" if name == "prepare_threshold" else "a positive number"
        given = f', not "{escaped(text)}"' if shown else ""
        raise InvalidConnectionString(f"{name} must be {wanted}{given}")
    return value


def _pool_settings(given: dict[str, str], shown: bool) -> PoolSettings:
    """Return the settings. `shown`: whether messages may show a value; it may be a part of a password with / and ?."""
    values = {name: _setting(name, text, shown) for name, text in given.items()}
    pool = PoolSettings(**values)  # type: ignore[arg-type]  # each value has the type of its field
    if pool.min_connections > pool.max_connections:
        raise InvalidConnectionString(
            f"min_connections={pool.min_connections} is greater than max_connections={pool.max_connections}"
        )
    return pool


# Bytes: far more than any URL, so that a wrong file, even a device, is detected at once.
_MAX_URL = 65536


def environment_url() -> str | None:
    """Return HOSTSDB_URL, or the first line of the file that HOSTSDB_URL_FILE names; None where neither is set.

    Raises:
        InvalidConnectionString: HOSTSDB_URL is empty, both are set, the file cannot be read, or its first line is
            empty.
    """
    url, file = os.environ.get("HOSTSDB_URL"), os.environ.get("HOSTSDB_URL_FILE")
    if url == "":
        raise InvalidConnectionString("HOSTSDB_URL is empty; set it to a URL, or unset it")
    if not file:
        return url
    if url:
        raise InvalidConnectionString("HOSTSDB_URL and HOSTSDB_URL_FILE are both set; unset one of them")
    try:
        with open(file, "rb") as opened:
            line = opened.readline(_MAX_URL)
    except OSError as error:
        raise _unreadable(file, error.strerror or str(error)) from error
    url = line.decode("utf-8", "replace").removeprefix("\ufeff").rstrip("\r\n")
    if "\ufffd" in url:  # an error of the decoder would contain the text
        raise _unreadable(file, "not UTF-8")
    if not url:
        raise _unreadable(file, "its first line is empty")
    return url


def _unreadable(file: str, why: str) -> InvalidConnectionString:
    return InvalidConnectionString(
        f"HOSTSDB_URL_FILE={file}: {why}; set it to a file whose first line is the URL"
    )
