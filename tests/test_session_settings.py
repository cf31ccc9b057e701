"""What a database or a role sets changes no result; tests/conformance runs on such a database. Here is the rest."""

import subprocess
import sys
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

import hostsdb
from hostsdb import ConnectionFailed
from tests.conformance.calling import STYLES
from tests.conformance.factories import HOSTILE, set_defaults
from tests.support.pgbouncer import pgbouncer, take_turns
from tests.support.postgres_server import PostgresServer, fresh_database


def hostsdb_command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "hostsdb", *arguments], capture_output=True, text=True)


def test_check_finds_no_drift(postgres_url: str) -> None:
    hostsdb.connect(postgres_url).close()
    set_defaults(postgres_url, HOSTILE)
    done = hostsdb_command("check", "--url", postgres_url)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout


def test_the_schema_is_the_same_if_it_is_made_with_such_settings(postgres_url: str) -> None:
    set_defaults(postgres_url, HOSTILE)
    hostsdb.connect(postgres_url).close()
    assert hostsdb_command("check", "--url", postgres_url).returncode == 0


@pytest.mark.parametrize("style", STYLES)
def test_settings_hold_through_a_pooler(postgres_server: PostgresServer, style: str) -> None:
    with pgbouncer(postgres_server.url) as through, fresh_database(postgres_server.url) as direct:
        set_defaults(direct, HOSTILE)
        hostsdb.connect(direct).close()
        with STYLES[style]() as opened, opened(through(direct), initialize=False) as storage:
            take_turns(through(direct))
            for number in range(6):
                host = storage.add_host("10.0.0.1", f"h{number}", comment="\u0416 \\ '", tags=["\u0416"])
                assert storage.get_by_id(host.id) == host
                assert storage.load_events(host.id)[0].created_at == host.updated_at


@pytest.fixture(params=["LATIN1", "SQL_ASCII"])
def other_encoding(request: pytest.FixtureRequest, postgres_server: PostgresServer) -> Iterator[str]:
    with fresh_database(postgres_server.url) as url, psycopg.connect(url, autocommit=True) as connection:
        name = f"{connection.info.dbname}_{request.param.lower()}"
        create = "CREATE DATABASE {} TEMPLATE template0 ENCODING {} LOCALE_PROVIDER libc LOCALE 'C'"
        connection.execute(sql.SQL(create).format(sql.Identifier(name), sql.Literal(request.param)))
        yield url.replace(connection.info.dbname, name)
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def test_a_database_with_another_encoding_is_refused(other_encoding: str) -> None:
    for style in STYLES.values():
        with (
            style() as opened,
            pytest.raises(ConnectionFailed, match="ENCODING 'UTF8'"),
            opened(other_encoding),
        ):
            pass
    done = hostsdb_command("init", "--url", other_encoding)
    assert done.returncode == 1 and len(done.stderr.splitlines()) == 1 and "needs UTF8" in done.stderr
