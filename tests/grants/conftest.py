"""A database with the grants, in a plain schema and in an odd one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.grants.granted import Database, granted
from tests.support.postgres_server import PostgresServer


@pytest.fixture(scope="module", params=["public", 'Odd "schema"'])
def database(request: pytest.FixtureRequest, postgres_server: PostgresServer) -> Iterator[Database]:
    with granted(postgres_server.url, request.param) as database:
        yield database


@pytest.fixture
def writer(database: Database) -> Iterator[psycopg.Connection[Any]]:
    with database.connect("writer") as connection:
        yield connection
