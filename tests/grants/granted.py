"""A database with the roles of sql/postgres/grants.sql, held by real login roles."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlsplit

import psycopg
from psycopg import sql

import hostsdb
from hostsdb.sql_files import resource_folder
from tests.support.postgres_server import fresh_database

GRANTS = (resource_folder("sql") / "postgres" / "grants.sql").read_text("utf-8")
NOW = datetime(9999, 1, 1, tzinfo=UTC)
ROLES = ("owner", "writer", "reader")


class Database:
    """A database with the grants, in a schema of any name, and a login role for each part."""

    def __init__(self, admin_url: str, schema: str, roles: dict[str, str], logins: dict[str, str]) -> None:
        self.admin_url = admin_url
        self.schema = schema
        self.roles = roles
        self._logins = logins

    def url(self, part: str) -> str:
        parts = urlsplit(with_search_path(self.admin_url, self.schema))
        host = parts.netloc.rpartition("@")[2]
        return parts._replace(netloc=f"{self._logins[part]}:secret@{host}").geturl()

    def connect(self, part: str) -> psycopg.Connection[Any]:
        return psycopg.connect(self.url(part), autocommit=True)


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def with_search_path(url: str, schema: str) -> str:
    options = f"-csearch_path={quoted(schema)}".replace(" ", r"\ ")
    return urlsplit(url)._replace(query=f"options={quote(options)}").geturl()


@contextmanager
def granted(server_url: str, schema: str = "public") -> Iterator[Database]:
    """Make a database, its schema, the roles and a login for each; the logins, and roles that are new, go again."""
    logins = {part: f"hostsdb_test_{part}_{uuid.uuid4().hex[:8]}" for part in ROLES}
    with ExitStack() as stack:
        admin = stack.enter_context(psycopg.connect(server_url, autocommit=True))
        roles: dict[str, str] = {}
        stack.callback(_drop_roles, admin, roles)
        stack.callback(_drop_roles, admin, logins.values())
        url = stack.enter_context(fresh_database(server_url))
        in_schema = with_search_path(url, schema)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(schema)))
        hostsdb.connect(in_schema).close()
        for _ in range(2):  # running it again changes nothing
            with psycopg.connect(in_schema) as connection:
                connection.execute(GRANTS)
                names = {part: role_name(connection, part) for part in ROLES}
                roles |= {name: part for part, name in names.items()}
        for part, login in logins.items():
            admin.execute(f"CREATE ROLE {login} LOGIN PASSWORD 'secret' IN ROLE {quoted(names[part])}")
        yield Database(url, schema, names, logins)


def role_name(connection: psycopg.Connection[Any], part: str) -> str:
    """Return the role of a part, after the grants ran on the connection."""
    row = connection.execute("SELECT current_setting(%s)", [f"hostsdb.{part}"]).fetchone()
    assert row is not None
    return str(row[0])


def _drop_roles(admin: psycopg.Connection[Any], roles: Iterable[str]) -> None:
    for role in roles:
        admin.execute(f"DROP ROLE IF EXISTS {quoted(role)}")
