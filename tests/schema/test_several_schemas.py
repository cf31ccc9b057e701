"""Several schemas in one PostgreSQL database: `init` uses the first existing one of the search_path, and no other."""

import asyncio
import secrets
from collections.abc import Iterator
from urllib.parse import quote, urlsplit

import psycopg
import pytest
from psycopg import sql

import hostsdb
from hostsdb.cli.commands.check import check_command
from hostsdb.cli.commands.schema import init_command
from tests.schema.commands import check, execute, run


def with_path(url: str, path: str) -> str:
    """Return the URL with a search_path."""
    return f"{url}?options={quote(f'-c search_path={path}')}"


@pytest.fixture
def url(postgres_url: str) -> str:
    """The URL of a database with hostsdb's schema and a host in public, and an empty schema of a tenant."""
    with hostsdb.connect(postgres_url) as storage:
        storage.add_host("10.0.0.1", "public.lan")
    execute(postgres_url, "CREATE SCHEMA tenant")
    return postgres_url


@pytest.fixture
def tenant_url(url: str) -> str:
    """The URL with the tenant's search_path."""
    return with_path(url, "tenant,public")


def names(url: str) -> list[str]:
    with hostsdb.connect(url) as storage:
        return [host.hostname for host in storage.list_all()]


def test_check_does_not_see_the_schema_of_another(tenant_url: str) -> None:
    found = check(tenant_url, 3)
    assert found["pending"] and found["differences"] == []


def test_init_creates_the_tenants_objects(url: str, tenant_url: str) -> None:
    assert "applied 0001_host_events\n" in run(init_command, tenant_url).stdout
    check(tenant_url, 0)
    with hostsdb.connect(tenant_url) as storage:
        storage.add_host("10.0.0.2", "tenant.lan")
    assert names(tenant_url) == names(with_path(url, "tenant")) == ["tenant.lan"]
    assert names(url) == ["public.lan"]
    check(url, 0)


def test_connect_creates_the_tenants_objects(tenant_url: str, url: str) -> None:
    assert names(tenant_url) == [] and names(url) == ["public.lan"]


def test_connect_without_migrations_refuses_the_schema_of_another(tenant_url: str) -> None:
    expected = "the first schema of the search_path has no host_events, and a later one, public, has"
    with pytest.raises(hostsdb.MigrationFailed, match=expected):
        hostsdb.connect(tenant_url, initialize=False)
    with pytest.raises(hostsdb.MigrationFailed, match=expected):
        asyncio.run(hostsdb.connect_async(tenant_url, initialize=False))


def test_a_schema_that_does_not_exist_is_passed_over(url: str) -> None:
    assert names(with_path(url, "missing,public")) == ["public.lan"]
    assert run(check_command, with_path(url, "missing,public")).stdout == "the schema is current\n"


def test_without_any_schema_the_error_is_clear(url: str) -> None:
    with pytest.raises(hostsdb.MigrationFailed, match="no schema has been selected to create in"):
        hostsdb.connect(with_path(url, "missing"))


@pytest.fixture
def guest_url(url: str) -> Iterator[str]:
    """The URL of the tenant for a role that can use both schemas, and create objects in none."""
    name, password = f"guest_{secrets.token_hex(8)}", secrets.token_hex(8)
    role = sql.Identifier(name)
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(role, password))
        owner.execute(sql.SQL("GRANT SELECT ON ALL TABLES IN SCHEMA public TO {}").format(role))
        owner.execute(sql.SQL("GRANT USAGE ON SCHEMA tenant TO {}").format(role))
        parts = urlsplit(url)
        netloc = f"{name}:{password}@{parts.netloc.rpartition('@')[2]}"
        yield with_path(parts._replace(netloc=netloc).geturl(), "tenant,public")
        owner.execute(sql.SQL("DROP OWNED BY {}").format(role))
        owner.execute(sql.SQL("DROP ROLE {}").format(role))


def test_a_role_that_may_not_create_objects_gets_a_clear_error(guest_url: str) -> None:
    with pytest.raises(hostsdb.MigrationFailed, match="0001_host_events is pending and this role may not"):
        hostsdb.connect(guest_url)


def test_a_role_that_may_not_use_the_first_schema_gets_a_clear_error(guest_url: str, url: str) -> None:
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute(f"REVOKE USAGE ON SCHEMA tenant FROM {urlsplit(guest_url).username}")
    for initialize in (True, False):
        with pytest.raises(hostsdb.MigrationFailed, match="may not use the schema tenant"):
            hostsdb.connect(guest_url, initialize=initialize)
