"""Connection URLs: understood or refused by name, and a password stays what it is and where it is."""

import inspect
import pickle
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from psycopg.conninfo import conninfo_to_dict

import hostsdb
from hostsdb import InvalidConnectionString, StorageError
from hostsdb.url import DatabaseUrl, PoolSettings, parse_url


def refused(url: str) -> str:
    with pytest.raises(InvalidConnectionString) as caught:
        hostsdb.connect(url)
    return str(caught.value)


def libpq(url: str) -> dict:
    """What libpq reads in what we hand to it."""
    return conninfo_to_dict(parse_url(url).conninfo)


@pytest.mark.parametrize(
    ("url", "dialect", "path"),
    [
        ("sqlite:///hosts.db", "sqlite", "hosts.db"),
        ("sqlite:////var/lib/hosts.db", "sqlite", "/var/lib/hosts.db"),
        ("sqlite://:memory:", "sqlite", ":memory:"),
        ("sqlite:///:memory:", "sqlite", ":memory:"),
        ("SQLite:///a", "sqlite", "a"),
        ("duckdb:///dir/hosts.duckdb", "duckdb", "dir/hosts.duckdb"),
        ("duckdb:////a%20b%3Fc%25", "duckdb", "/a b?c%"),
        ("duckdb://:memory:", "duckdb", ":memory:"),
        ("sqlite:///bücher#1+2.db", "sqlite", "bücher#1+2.db"),
    ],
)
def test_a_file(url: str, dialect: str, path: str) -> None:
    assert parse_url(url) == DatabaseUrl(dialect, path)  # type: ignore[arg-type]


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "POSTGRES"])
def test_a_server(scheme: str) -> None:
    url = parse_url(f"{scheme}://me:hush@db.lan:5433/hosts")
    assert (url.dialect, url.path, url.pool) == ("postgres", "", PoolSettings(1, 10, 30, 600))
    assert conninfo_to_dict(url.conninfo) == {
        "user": "me",
        "password": "hush",
        "host": "db.lan",
        "port": "5433",
        "dbname": "hosts",
    }


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgres://", {}),
        ("postgres:///hosts", {"dbname": "hosts"}),
        ("postgres://h", {"host": "h"}),
        ("postgres://me@h/", {"user": "me", "host": "h"}),
        (
            "postgres://a,b:5433,[::1]:1/d?target_session_attrs=any",
            {"host": "a,b,::1", "port": ",5433,1", "dbname": "d", "target_session_attrs": "any"},
        ),
        ("postgres://%2Fvar%2Frun/d", {"host": "/var/run", "dbname": "d"}),
        ("postgres://h/d%40%2F?", {"host": "h", "dbname": "d@/"}),
        ("postgres://h/d?sslmode=require", {"host": "h", "dbname": "d", "sslmode": "require"}),
        (
            "postgres:///d?user=me@srv&password=a+b%26c",
            {"dbname": "d", "user": "me@srv", "password": "a+b&c"},
        ),
        (
            "postgres://h/d?target_session_attrs=read-write&application_name=a%20b&options=-csearch_path%3Dx",
            {
                "host": "h",
                "dbname": "d",
                "target_session_attrs": "read-write",
                "application_name": "a b",
                "options": "-csearch_path=x",
            },
        ),
    ],
)
def test_every_parameter_of_libpq_passes_through(url: str, expected: dict) -> None:
    assert libpq(url) == expected


@pytest.mark.parametrize("hosts", ["a,b:5433", "a,b,c"])
def test_of_several_hosts_the_primary_is_asked_for(hosts: str) -> None:
    assert parse_url(f"postgres://{hosts}/d").has_many_hosts
    assert libpq(f"postgres://{hosts}/d")["target_session_attrs"] == "read-write"
    assert libpq(f"postgres:///d?host={hosts.replace(',', '%2C')}")["target_session_attrs"] == "read-write"
    assert "target_session_attrs" not in libpq("postgres://a/d")


def test_a_standby_is_named_by_an_argument_or_in_the_url() -> None:
    inside = parse_url(
        "postgres://h/d?max_connections=3&read_url=postgres%3A%2F%2Fa%2Cb%2Fd%3Facquire_timeout%3D9"
    )
    assert inside.read == parse_url("postgres://h/d", "postgres://a,b/d?acquire_timeout=9").read
    assert inside.read is not None
    assert "target_session_attrs" not in inside.read.conninfo
    assert inside.read.pool.acquire_timeout == 9
    assert libpq("postgres://h/d?read_url=postgres%3A%2F%2Fa%2Fd") == {"host": "h", "dbname": "d"}
    shorter = parse_url("postgres://h/d", "postgres://a/d").read
    assert shorter is not None and shorter.pool.acquire_timeout == 2


@pytest.mark.parametrize(
    ("url", "read_url"),
    [
        ("sqlite:///x", "postgres://h/d"),
        ("postgres://h/d", "sqlite:///x"),
        ("postgres://h/d", "postgres://h/d?read_url=postgres%3A%2F%2Fa%2Fd"),
        ("postgres://h/d", "postgres://me:hush@h:x/d"),
    ],
)
def test_a_bad_read_url_is_refused(url: str, read_url: str) -> None:
    with pytest.raises(InvalidConnectionString) as caught:
        parse_url(url, read_url)
    assert "hush" not in str(caught.value)


def test_the_pools_settings_are_ours_alone() -> None:
    url = "postgres://h/d?min_connections=0&sslmode=prefer&max_connections=3&acquire_timeout=0.5&idle_timeout=60"
    assert parse_url(url).pool == PoolSettings(0, 3, 0.5, 60)
    assert libpq(url) == {"host": "h", "dbname": "d", "sslmode": "prefer"}
    assert parse_url("postgres://h/d?idle_timeout=%39").pool == PoolSettings(1, 10, 30, 9)


@pytest.mark.parametrize(("text", "expected"), [("none", None), ("0", 0), ("1", 1), ("%36", 6)])
def test_when_statements_are_prepared_is_psycopgs_alone(text: str, expected: int | None) -> None:
    url = f"postgres://h/d?prepare_threshold={text}&sslmode=prefer"
    assert parse_url(url).pool == PoolSettings(prepare_threshold=expected)
    assert libpq(url) == {"host": "h", "dbname": "d", "sslmode": "prefer"}


@pytest.mark.parametrize("value", ["", "-1", "x", "None", "1.5", "1e3", "99999999999"])
def test_a_bad_prepare_threshold_is_refused_by_name(value: str) -> None:
    assert refused(f"postgres://me:hush@h/d?prepare_threshold={value}") == (
        f'prepare_threshold must be 0, a positive number or none, not "{value}"'
    )


def test_without_a_prepare_threshold_psycopg_does_as_it_is_used_to() -> None:
    default = inspect.signature(psycopg.Connection.connect).parameters["prepare_threshold"].default
    assert parse_url("postgres://h/d").pool.prepare_threshold == default


@pytest.mark.parametrize("name", ["min_connections", "max_connections", "acquire_timeout", "idle_timeout"])
@pytest.mark.parametrize("value", ["", "-1", "x", "nan", "inf", "1e99", "0x1", "1,5"])
def test_a_bad_setting_is_refused_by_name(name: str, value: str) -> None:
    assert name in refused(f"postgres://me:hush@h/d?{name}={value}")


@pytest.mark.parametrize("name", ["max_connections", "acquire_timeout", "idle_timeout"])
def test_a_pool_of_nothing_is_refused(name: str) -> None:
    assert name in refused(f"postgres://h/d?{name}=0")


def test_more_connections_at_least_than_at_most_are_refused() -> None:
    assert refused("postgres://h/d?min_connections=5&max_connections=4") == (
        "min_connections=5 is greater than max_connections=4"
    )
    assert "max_connections=10" in refused("postgres://h/d?min_connections=11")


@pytest.mark.parametrize(
    "url",
    [
        *(
            "",
            "hosts.db",
            "/var/lib/hosts.db",
            "mysql://me:hush@h/d",
            "me:hush@h",
            "postgres:/me:hush@h",
            "://hush",
        ),
        *(
            "sqlite://hosts.db",
            "sqlite:///",
            "sqlite://",
            "duckdb://h/d",
            "sqlite:///a?b",
            "sqlite:///a?password=hush",
        ),
        *(
            "sqlite:///a\0b",
            "sqlite:///a%00b",
            "duckdb:///\ud800",
            "postgres://me:hush%00@h",
            "postgres://\ud800@h",
        ),
        *("postgres://me:hush/x@h/d", "postgres://me:hush?x@h/d", "postgres://me:hush?x=y@h/d"),
        *("postgres://me:a@hush/x@h/d", "postgres://me:hush@h/d?x", "postgres://me:hush@h/d?=x"),
        *("postgres://me:hush@h/d?a=b&", "postgres://me:hush@h/d?&a=b"),
        *(
            "postgres://me:hush@[::1/d",
            "postgres://me:hush@[]/d",
            "postgres://me:hush@h:x/d",
            "postgres://me:hush@::1",
        ),
    ],
)
def test_what_is_no_url_is_refused(url: str) -> None:
    assert "hush" not in refused(url)


@pytest.mark.parametrize("query", ["nonsense=1", "port=x", "sslmode=no", "host=%zz", "connect_timeout=x"])
def test_what_libpq_refuses_is_refused_without_the_password(query: str) -> None:
    with pytest.raises(StorageError) as caught:
        hostsdb.connect(f"postgres://me:hush@127.0.0.1:1/d?{query}&acquire_timeout=0.5")
    assert "hush" not in f"{caught.value} {caught.value.__cause__}"


def test_without_a_url_the_environment_says_where(monkeypatch: pytest.MonkeyPatch) -> None:
    assert parse_url() == DatabaseUrl("sqlite", "hosts.db")
    monkeypatch.setenv("HOSTSDB_URL", "duckdb:///env.db")
    assert parse_url() == DatabaseUrl("duckdb", "env.db")
    assert parse_url("sqlite:///given.db") == DatabaseUrl("sqlite", "given.db")
    monkeypatch.setenv("HOSTSDB_URL", "")
    with pytest.raises(InvalidConnectionString, match="HOSTSDB_URL is empty"):
        hostsdb.connect()
    done = subprocess.run([sys.executable, "-m", "hostsdb", "list"], capture_output=True, text=True)
    assert (done.returncode, done.stderr.splitlines()) == (
        1,
        ["hostsdb: HOSTSDB_URL is empty; set it to a URL, or unset it"],
    )


def test_a_url_of_sqlalchemy_is_refused_with_the_url_to_write() -> None:
    for scheme in ("postgresql+psycopg", "postgres+psycopg2", "PostgreSQL+asyncpg"):
        assert "begin the URL with postgresql://" in refused(f"{scheme}://me:hush@db.lan/hosts")


def test_a_storage_shows_where_its_database_is(tmp_path: Path) -> None:
    assert parse_url("postgres://me:hush@a.lan:1,[::1]/d%20b?application_name=x").place == "a.lan:1,[::1]/d b"
    with hostsdb.connect(f"sqlite:///{tmp_path}/h.db") as storage:
        assert repr(storage) == f"<Storage sqlite {tmp_path}/h.db>"
        assert storage.pool_stats() == hostsdb.PoolStats(1, 1, 1, 0)


passwords = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1)


@given(passwords)
@example("a/b?c#d@e:f%g h+i&j=k[l]")
def test_an_encoded_password_is_what_libpq_gets(password: str) -> None:
    for encoded in (quote(password, safe=""), "".join(f"%{byte:02x}" for byte in password.encode())):
        assert libpq(f"postgres://me:{encoded}@h/d?sslmode=disable")["password"] == password
        assert libpq(f"postgres://me@h/d?password={encoded}")["password"] == password


@given(passwords)
@example("a@b@c")
@example("50% off")
@example("[x] #1\n")
def test_a_raw_password_is_what_libpq_gets_or_is_refused(password: str) -> None:
    url = f"postgres://me:{password}@h/d"
    if "/" in password or "?" in password:
        with pytest.raises(InvalidConnectionString):
            parse_url(url)
    elif "%" not in password:
        assert libpq(url)["password"] == password
    else:
        assert libpq(url)["host"] == "h"


@given(st.text(st.characters(codec=None), max_size=20))
def test_no_password_is_seen(odd: str) -> None:
    url = f"postgres://me:hush{odd}hush@h:1/d"
    try:
        parsed = parse_url(url)
    except InvalidConnectionString as error:
        assert "hush" not in str(error) and error.__cause__ is None
    else:
        assert "hush" not in f"{parsed} {parsed!r} {parsed.pool!r}"
        assert pickle.loads(pickle.dumps(parsed)) == parsed


@given(st.text(st.characters(codec=None)))
def test_any_text_is_understood_or_refused(text: str) -> None:
    for url in (text, f"postgres://{text}", f"sqlite:///{text}", f"duckdb://{text}"):
        try:
            parse_url(url)
        except InvalidConnectionString:
            continue
