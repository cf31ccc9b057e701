"""The role that sql/postgres/grants.sql makes for PowerDNS."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

import hostsdb
from tests.dns.databases import with_zones
from tests.grants.granted import GRANTS, role_name

PARTS = ("dns", "writer", "reader", "owner")


@pytest.fixture
def granted(postgres_url: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection after the grants; the roles are dropped at the end."""
    with hostsdb.connect(postgres_url) as storage:
        with_zones(storage)
        storage.add_host("192.168.1.5", "nas.lan")
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        for _ in range(2):  # running it again changes nothing
            connection.execute(GRANTS)
        connection.execute("SET search_path = dns")
        roles = [role_name(connection, part) for part in PARTS]
        yield connection
        connection.execute("RESET ROLE")
        for role in roles:
            connection.execute(f'DROP OWNED BY "{role}" CASCADE')
        for role in roles:
            connection.execute(f'DROP ROLE "{role}"')


def test_it_reads_and_writes_records_and_nothing_else(
    granted: psycopg.Connection[Any], postgres_url: str
) -> None:
    granted.execute(f'SET ROLE "{role_name(granted, "dns")}"')
    assert granted.execute("SELECT count(*) FROM records WHERE type = 'A'").fetchone() == (1,)
    granted.execute("UPDATE domains SET notified_serial = 1")
    granted.execute("DELETE FROM records WHERE name = 'nas.lan' AND type = 'A'")
    for forbidden in (
        "SELECT * FROM public.host_events",
        "DELETE FROM dns.names",
        "INSERT INTO dns.pending VALUES ('x', 'A', '10.0.0.1', 1, TRUE)",
        "DELETE FROM dns.zones",
        "CREATE TABLE dns.other ()",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            granted.execute(forbidden)
    with hostsdb.connect(postgres_url) as storage:
        assert storage.list_all() == [] and storage.verify() == []


def test_the_writer_adds_zones_and_hosts(granted: psycopg.Connection[Any], postgres_url: str) -> None:
    granted.execute(f'SET ROLE "{role_name(granted, "writer")}"')
    granted.execute("INSERT INTO dns.zones (name, ns, mail) VALUES ('home', 'ns.lan', 'a@lan')")
    granted.execute("DELETE FROM dns.zones WHERE name = 'home'")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        granted.execute("DELETE FROM dns.names")
    granted.execute(f'SET ROLE "{role_name(granted, "reader")}"')
    assert granted.execute("SELECT * FROM names EXCEPT SELECT * FROM names_current").fetchall() == []
