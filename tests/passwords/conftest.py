"""A database whose password is the secret, and both call styles."""

from __future__ import annotations

import os
from collections.abc import Iterator
from urllib.parse import urlsplit

import psycopg
import pytest

import hostsdb
from tests.conformance.calling import STYLES, Open
from tests.passwords.secret import ENCODED, SECRET
from tests.support.postgres_server import PostgresServer, fresh_database


@pytest.fixture(scope="module")
def url(postgres_server: PostgresServer) -> Iterator[str]:
    """A database with the schema, owned by a role whose password is the secret."""
    role = f"with_a_secret_{os.getpid()}"
    with fresh_database(postgres_server.url) as url, psycopg.connect(url, autocommit=True) as owner:
        owner.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{SECRET}'")
        owner.execute(f"GRANT ALL ON SCHEMA public TO {role}")
        parts = urlsplit(url)
        own = parts._replace(netloc=f"{role}:{ENCODED}@{parts.netloc.rpartition('@')[2]}").geturl()
        try:
            hostsdb.connect(own).close()
            yield own
        finally:
            owner.execute(f"DROP OWNED BY {role}")
            owner.execute(f"DROP ROLE {role}")


@pytest.fixture(params=STYLES)
def opened(request: pytest.FixtureRequest) -> Iterator[Open]:
    with STYLES[request.param]() as opened:
        yield opened
